package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float64s;

/**
 * {@code trajectory_msgs/msg/JointTrajectoryPoint}: each array is empty or as long as the joint
 * names.
 */
public record JointTrajectoryPoint(
    Float64s positions,
    Float64s velocities,
    Float64s accelerations,
    Float64s effort,
    RosDuration timeFromStart) {
  public static final MessageType<JointTrajectoryPoint> TYPE =
      new MessageType<>(
          "trajectory_msgs/msg/JointTrajectoryPoint",
          JointTrajectoryPoint::read,
          (out, message) -> message.write(out));

  static JointTrajectoryPoint read(CdrReader in) {
    return new JointTrajectoryPoint(
        in.float64s("positions"),
        in.float64s("velocities"),
        in.float64s("accelerations"),
        in.float64s("effort"),
        RosDuration.nested(in, "time_from_start"));
  }

  void write(CdrWriter out) {
    out.float64s(positions);
    out.float64s(velocities);
    out.float64s(accelerations);
    out.float64s(effort);
    timeFromStart.write(out);
  }
}
