package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float64s;

/** {@code sensor_msgs/msg/CameraInfo}; matrices row by row: k and r 3x3, p 3x4. */
public record CameraInfo(
    Header header,
    long height,
    long width,
    String distortionModel,
    Float64s d,
    Float64s k,
    Float64s r,
    Float64s p,
    long binningX,
    long binningY,
    RegionOfInterest roi) {
  public static final MessageType<CameraInfo> TYPE =
      new MessageType<>(
          "sensor_msgs/msg/CameraInfo", CameraInfo::read, (out, message) -> message.write(out));

  public CameraInfo {
    Nested.expectSize("sensor_msgs/msg/CameraInfo.k", 9, k.size());
    Nested.expectSize("sensor_msgs/msg/CameraInfo.r", 9, r.size());
    Nested.expectSize("sensor_msgs/msg/CameraInfo.p", 12, p.size());
  }

  static CameraInfo read(CdrReader in) {
    return new CameraInfo(
        Header.nested(in, "header"),
        in.uint32("height"),
        in.uint32("width"),
        in.string("distortion_model"),
        in.float64s("d"),
        in.float64s("k", 9),
        in.float64s("r", 9),
        in.float64s("p", 12),
        in.uint32("binning_x"),
        in.uint32("binning_y"),
        RegionOfInterest.nested(in, "roi"));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.int32((int) height);
    out.int32((int) width);
    out.string(distortionModel);
    out.float64s(d);
    out.float64Array(k);
    out.float64Array(r);
    out.float64Array(p);
    out.int32((int) binningX);
    out.int32((int) binningY);
    roi.write(out);
  }
}
