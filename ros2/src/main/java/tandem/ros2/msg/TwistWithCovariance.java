package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float64s;

/** {@code geometry_msgs/msg/TwistWithCovariance}; covariance 6x6, row by row. */
public record TwistWithCovariance(Twist twist, Float64s covariance) {
  public static final MessageType<TwistWithCovariance> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/TwistWithCovariance",
          TwistWithCovariance::read,
          (out, message) -> message.write(out));

  public TwistWithCovariance {
    Nested.expectSize("geometry_msgs/msg/TwistWithCovariance.covariance", 36, covariance.size());
  }

  static TwistWithCovariance read(CdrReader in) {
    return new TwistWithCovariance(Twist.nested(in, "twist"), in.float64s("covariance", 36));
  }

  static TwistWithCovariance nested(CdrReader in, String field) {
    in.begin(field);
    TwistWithCovariance read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    twist.write(out);
    out.float64Array(covariance);
  }
}
