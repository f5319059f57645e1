package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code std_msgs/msg/MultiArrayDimension}. */
public record MultiArrayDimension(String label, long size, long stride) {
  public static final MessageType<MultiArrayDimension> TYPE =
      new MessageType<>(
          "std_msgs/msg/MultiArrayDimension",
          MultiArrayDimension::read,
          (out, message) -> message.write(out));

  static MultiArrayDimension read(CdrReader in) {
    return new MultiArrayDimension(in.string("label"), in.uint32("size"), in.uint32("stride"));
  }

  void write(CdrWriter out) {
    out.string(label);
    out.int32((int) size);
    out.int32((int) stride);
  }
}
