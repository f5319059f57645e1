package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float64s;

/** {@code std_msgs/msg/Float64MultiArray}. */
public record Float64MultiArray(MultiArrayLayout layout, Float64s data) {
  public static final MessageType<Float64MultiArray> TYPE =
      new MessageType<>(
          "std_msgs/msg/Float64MultiArray",
          Float64MultiArray::read,
          (out, message) -> message.write(out));

  static Float64MultiArray read(CdrReader in) {
    return new Float64MultiArray(MultiArrayLayout.nested(in, "layout"), in.float64s("data"));
  }

  void write(CdrWriter out) {
    layout.write(out);
    out.float64s(data);
  }
}
