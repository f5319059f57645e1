package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/TwistStamped}. */
public record TwistStamped(Header header, Twist twist) {
  public static final MessageType<TwistStamped> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/TwistStamped",
          TwistStamped::read,
          (out, message) -> message.write(out));

  static TwistStamped read(CdrReader in) {
    return new TwistStamped(Header.nested(in, "header"), Twist.nested(in, "twist"));
  }

  void write(CdrWriter out) {
    header.write(out);
    twist.write(out);
  }
}
