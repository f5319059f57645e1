package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/TransformStamped}: pose of the child frame in the header's frame. */
public record TransformStamped(Header header, String childFrameId, Transform transform) {
  public static final MessageType<TransformStamped> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/TransformStamped",
          TransformStamped::read,
          (out, message) -> message.write(out));

  static TransformStamped read(CdrReader in) {
    return new TransformStamped(
        Header.nested(in, "header"),
        in.string("child_frame_id"),
        Transform.nested(in, "transform"));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.string(childFrameId);
    transform.write(out);
  }
}
