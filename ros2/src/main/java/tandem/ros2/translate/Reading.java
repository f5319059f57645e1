package tandem.ros2.translate;

import java.util.List;

/**
 * What one sample says about a body: rad, rad/s, N m, m, m/s, m/s2; stamps are the sender's, ns
 * since the epoch of its clock.
 */
public sealed interface Reading {
  /** When, by the clock of the sender; 0 where the type has no stamp. */
  long stampNanos();

  /** Of JointState; each array is empty or as long as {@code names}. */
  record Joints(
      long stampNanos,
      List<String> names,
      double[] positions,
      double[] velocities,
      double[] efforts)
      implements Reading {}

  /** Of Imu: orientation of the sensor in the world, motion in its own frame; vectors x, y, z. */
  record Attitude(
      long stampNanos,
      String frame,
      double qx,
      double qy,
      double qz,
      double qw,
      double[] angularVelocity,
      double[] linearAcceleration)
      implements Reading {}

  /** Of Odometry: pose of the child frame in the frame, motion in the child frame. */
  record BasePose(
      long stampNanos,
      String frame,
      String childFrame,
      double x,
      double y,
      double z,
      double qx,
      double qy,
      double qz,
      double qw,
      double[] linearVelocity,
      double[] angularVelocity)
      implements Reading {}

  /** Of a text topic: a URDF on {@code robot_description}. */
  record Text(long stampNanos, String text) implements Reading {}

  /** Of simulated time. */
  record ClockTime(long stampNanos) implements Reading {}
}
