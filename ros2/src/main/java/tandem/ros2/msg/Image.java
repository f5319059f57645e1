package tandem.ros2.msg;

import tandem.ros2.cdr.Bytes;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code sensor_msgs/msg/Image}; step = bytes of a row. */
public record Image(
    Header header,
    long height,
    long width,
    String encoding,
    int isBigEndian,
    long step,
    Bytes data) {
  public static final MessageType<Image> TYPE =
      new MessageType<>("sensor_msgs/msg/Image", Image::read, (out, message) -> message.write(out));

  static Image read(CdrReader in) {
    return new Image(
        Header.nested(in, "header"),
        in.uint32("height"),
        in.uint32("width"),
        in.string("encoding"),
        in.uint8("is_bigendian"),
        in.uint32("step"),
        in.bytes("data"));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.int32((int) height);
    out.int32((int) width);
    out.string(encoding);
    out.int8(isBigEndian);
    out.int32((int) step);
    out.bytes(data);
  }
}
