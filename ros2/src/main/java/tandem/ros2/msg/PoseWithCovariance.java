package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float64s;

/** {@code geometry_msgs/msg/PoseWithCovariance}; covariance 6x6, row by row. */
public record PoseWithCovariance(Pose pose, Float64s covariance) {
  public static final MessageType<PoseWithCovariance> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/PoseWithCovariance",
          PoseWithCovariance::read,
          (out, message) -> message.write(out));

  public PoseWithCovariance {
    Nested.expectSize("geometry_msgs/msg/PoseWithCovariance.covariance", 36, covariance.size());
  }

  static PoseWithCovariance read(CdrReader in) {
    return new PoseWithCovariance(Pose.nested(in, "pose"), in.float64s("covariance", 36));
  }

  static PoseWithCovariance nested(CdrReader in, String field) {
    in.begin(field);
    PoseWithCovariance read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    pose.write(out);
    out.float64Array(covariance);
  }
}
