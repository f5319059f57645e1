package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/WrenchStamped}. */
public record WrenchStamped(Header header, Wrench wrench) {
  public static final MessageType<WrenchStamped> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/WrenchStamped",
          WrenchStamped::read,
          (out, message) -> message.write(out));

  static WrenchStamped read(CdrReader in) {
    return new WrenchStamped(Header.nested(in, "header"), Wrench.nested(in, "wrench"));
  }

  void write(CdrWriter out) {
    header.write(out);
    wrench.write(out);
  }
}
