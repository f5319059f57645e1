package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code sensor_msgs/msg/RegionOfInterest}, pixels. */
public record RegionOfInterest(
    long xOffset, long yOffset, long height, long width, boolean doRectify) {
  public static final MessageType<RegionOfInterest> TYPE =
      new MessageType<>(
          "sensor_msgs/msg/RegionOfInterest",
          RegionOfInterest::read,
          (out, message) -> message.write(out));

  /** The whole image. */
  public static final RegionOfInterest WHOLE = new RegionOfInterest(0, 0, 0, 0, false);

  static RegionOfInterest read(CdrReader in) {
    return new RegionOfInterest(
        in.uint32("x_offset"),
        in.uint32("y_offset"),
        in.uint32("height"),
        in.uint32("width"),
        in.bool("do_rectify"));
  }

  static RegionOfInterest nested(CdrReader in, String field) {
    in.begin(field);
    RegionOfInterest read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    out.int32((int) xOffset);
    out.int32((int) yOffset);
    out.int32((int) height);
    out.int32((int) width);
    out.bool(doRectify);
  }
}
