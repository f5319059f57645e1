package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float64s;

/**
 * {@code sensor_msgs/msg/Imu}: rad/s, m/s2; covariances 3x3 row by row, first element -1: not
 * measured.
 */
public record Imu(
    Header header,
    Quaternion orientation,
    Float64s orientationCovariance,
    Vector3 angularVelocity,
    Float64s angularVelocityCovariance,
    Vector3 linearAcceleration,
    Float64s linearAccelerationCovariance) {
  public static final MessageType<Imu> TYPE =
      new MessageType<>("sensor_msgs/msg/Imu", Imu::read, (out, message) -> message.write(out));

  public Imu {
    Nested.expectSize(
        "sensor_msgs/msg/Imu.orientation_covariance", 9, orientationCovariance.size());
    Nested.expectSize(
        "sensor_msgs/msg/Imu.angular_velocity_covariance", 9, angularVelocityCovariance.size());
    Nested.expectSize(
        "sensor_msgs/msg/Imu.linear_acceleration_covariance",
        9,
        linearAccelerationCovariance.size());
  }

  static Imu read(CdrReader in) {
    return new Imu(
        Header.nested(in, "header"),
        Quaternion.nested(in, "orientation"),
        in.float64s("orientation_covariance", 9),
        Vector3.nested(in, "angular_velocity"),
        in.float64s("angular_velocity_covariance", 9),
        Vector3.nested(in, "linear_acceleration"),
        in.float64s("linear_acceleration_covariance", 9));
  }

  void write(CdrWriter out) {
    header.write(out);
    orientation.write(out);
    out.float64Array(orientationCovariance);
    angularVelocity.write(out);
    out.float64Array(angularVelocityCovariance);
    linearAcceleration.write(out);
    out.float64Array(linearAccelerationCovariance);
  }
}
