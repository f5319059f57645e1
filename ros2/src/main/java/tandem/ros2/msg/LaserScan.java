package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float32s;

/** {@code sensor_msgs/msg/LaserScan}: rad, s, m. */
public record LaserScan(
    Header header,
    float angleMin,
    float angleMax,
    float angleIncrement,
    float timeIncrement,
    float scanTime,
    float rangeMin,
    float rangeMax,
    Float32s ranges,
    Float32s intensities) {
  public static final MessageType<LaserScan> TYPE =
      new MessageType<>(
          "sensor_msgs/msg/LaserScan", LaserScan::read, (out, message) -> message.write(out));

  static LaserScan read(CdrReader in) {
    return new LaserScan(
        Header.nested(in, "header"),
        in.float32("angle_min"),
        in.float32("angle_max"),
        in.float32("angle_increment"),
        in.float32("time_increment"),
        in.float32("scan_time"),
        in.float32("range_min"),
        in.float32("range_max"),
        in.float32s("ranges"),
        in.float32s("intensities"));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.float32(angleMin);
    out.float32(angleMax);
    out.float32(angleIncrement);
    out.float32(timeIncrement);
    out.float32(scanTime);
    out.float32(rangeMin);
    out.float32(rangeMax);
    out.float32s(ranges);
    out.float32s(intensities);
  }
}
