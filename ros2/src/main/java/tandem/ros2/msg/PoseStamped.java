package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/PoseStamped}. */
public record PoseStamped(Header header, Pose pose) {
  public static final MessageType<PoseStamped> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/PoseStamped", PoseStamped::read, (out, message) -> message.write(out));

  static PoseStamped read(CdrReader in) {
    return new PoseStamped(Header.nested(in, "header"), Pose.nested(in, "pose"));
  }

  void write(CdrWriter out) {
    header.write(out);
    pose.write(out);
  }
}
