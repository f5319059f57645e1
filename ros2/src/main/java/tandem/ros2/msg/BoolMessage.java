package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code std_msgs/msg/Bool}. */
public record BoolMessage(boolean data) {
  public static final MessageType<BoolMessage> TYPE =
      new MessageType<>(
          "std_msgs/msg/Bool", BoolMessage::read, (out, message) -> message.write(out));

  static BoolMessage read(CdrReader in) {
    return new BoolMessage(in.bool("data"));
  }

  void write(CdrWriter out) {
    out.bool(data);
  }
}
