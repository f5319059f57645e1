package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code diagnostic_msgs/msg/KeyValue}. */
public record KeyValue(String key, String value) {
  public static final MessageType<KeyValue> TYPE =
      new MessageType<>(
          "diagnostic_msgs/msg/KeyValue", KeyValue::read, (out, message) -> message.write(out));

  static KeyValue read(CdrReader in) {
    return new KeyValue(in.string("key"), in.string("value"));
  }

  void write(CdrWriter out) {
    out.string(key);
    out.string(value);
  }
}
