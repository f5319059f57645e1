package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code nav_msgs/msg/Odometry}: pose in the header's frame, twist in the child frame. */
public record Odometry(
    Header header, String childFrameId, PoseWithCovariance pose, TwistWithCovariance twist) {
  public static final MessageType<Odometry> TYPE =
      new MessageType<>(
          "nav_msgs/msg/Odometry", Odometry::read, (out, message) -> message.write(out));

  static Odometry read(CdrReader in) {
    return new Odometry(
        Header.nested(in, "header"),
        in.string("child_frame_id"),
        PoseWithCovariance.nested(in, "pose"),
        TwistWithCovariance.nested(in, "twist"));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.string(childFrameId);
    pose.write(out);
    twist.write(out);
  }
}
