package tandem.ros2.msg;

import java.util.List;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code diagnostic_msgs/msg/DiagnosticArray}. */
public record DiagnosticArray(Header header, List<DiagnosticStatus> status) {
  public static final MessageType<DiagnosticArray> TYPE =
      new MessageType<>(
          "diagnostic_msgs/msg/DiagnosticArray",
          DiagnosticArray::read,
          (out, message) -> message.write(out));

  public DiagnosticArray {
    status = List.copyOf(status);
  }

  static DiagnosticArray read(CdrReader in) {
    return new DiagnosticArray(
        Header.nested(in, "header"), Nested.list(in, "status", 17, DiagnosticStatus::read));
  }

  void write(CdrWriter out) {
    header.write(out);
    Nested.write(out, status, DiagnosticStatus::write);
  }
}
