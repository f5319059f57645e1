package tandem.ros2.msg;

import java.util.List;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code diagnostic_msgs/msg/DiagnosticStatus}. */
public record DiagnosticStatus(
    int level, String name, String message, String hardwareId, List<KeyValue> values) {
  public static final MessageType<DiagnosticStatus> TYPE =
      new MessageType<>(
          "diagnostic_msgs/msg/DiagnosticStatus",
          DiagnosticStatus::read,
          (out, message) -> message.write(out));
  public static final int OK = 0;
  public static final int WARN = 1;
  public static final int ERROR = 2;
  public static final int STALE = 3;

  public DiagnosticStatus {
    values = List.copyOf(values);
  }

  static DiagnosticStatus read(CdrReader in) {
    return new DiagnosticStatus(
        in.uint8("level"),
        in.string("name"),
        in.string("message"),
        in.string("hardware_id"),
        Nested.list(in, "values", 8, KeyValue::read));
  }

  void write(CdrWriter out) {
    out.int8(level);
    out.string(name);
    out.string(message);
    out.string(hardwareId);
    Nested.write(out, values, KeyValue::write);
  }
}
