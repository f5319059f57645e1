package tandem.ros2.msg;

import java.util.List;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code trajectory_msgs/msg/JointTrajectory}; stamp zero: at once. */
public record JointTrajectory(
    Header header, List<String> jointNames, List<JointTrajectoryPoint> points) {
  public static final MessageType<JointTrajectory> TYPE =
      new MessageType<>(
          "trajectory_msgs/msg/JointTrajectory",
          JointTrajectory::read,
          (out, message) -> message.write(out));

  public JointTrajectory {
    jointNames = List.copyOf(jointNames);
    points = List.copyOf(points);
  }

  static JointTrajectory read(CdrReader in) {
    return new JointTrajectory(
        Header.nested(in, "header"),
        in.strings("joint_names"),
        Nested.list(in, "points", 24, JointTrajectoryPoint::read));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.strings(jointNames);
    Nested.write(out, points, JointTrajectoryPoint::write);
  }
}
