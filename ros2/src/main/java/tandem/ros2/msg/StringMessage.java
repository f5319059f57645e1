package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code std_msgs/msg/String}. */
public record StringMessage(String data) {
  public static final MessageType<StringMessage> TYPE =
      new MessageType<>(
          "std_msgs/msg/String", StringMessage::read, (out, message) -> message.write(out));

  static StringMessage read(CdrReader in) {
    return new StringMessage(in.string("data"));
  }

  void write(CdrWriter out) {
    out.string(data);
  }
}
