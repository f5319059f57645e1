package tandem.ros2.msg;

import java.util.List;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.cdr.Float64s;

/**
 * {@code sensor_msgs/msg/JointState}: rad or m, rad/s or m/s, Nm or N; each array is empty or as
 * long as {@code name}.
 */
public record JointState(
    Header header, List<String> name, Float64s position, Float64s velocity, Float64s effort) {
  public static final MessageType<JointState> TYPE =
      new MessageType<>(
          "sensor_msgs/msg/JointState", JointState::read, (out, message) -> message.write(out));

  public JointState {
    name = List.copyOf(name);
  }

  static JointState read(CdrReader in) {
    return new JointState(
        Header.nested(in, "header"),
        in.strings("name"),
        in.float64s("position"),
        in.float64s("velocity"),
        in.float64s("effort"));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.strings(name);
    out.float64s(position);
    out.float64s(velocity);
    out.float64s(effort);
  }

  /**
   * As {@code TYPE.read}, for a stream whose joint names rarely change: they are not decoded again
   * while their bytes stay the same.
   */
  public static JointState read(CdrReader in, CdrReader.StringCache names) {
    return new JointState(
        Header.nested(in, "header"),
        in.strings("name", names),
        in.float64s("position"),
        in.float64s("velocity"),
        in.float64s("effort"));
  }
}
