package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code rosgraph_msgs/msg/Clock}: simulated time. */
public record Clock(Time clock) {
  public static final MessageType<Clock> TYPE =
      new MessageType<>(
          "rosgraph_msgs/msg/Clock", Clock::read, (out, message) -> message.write(out));

  static Clock read(CdrReader in) {
    return new Clock(Time.nested(in, "clock"));
  }

  void write(CdrWriter out) {
    clock.write(out);
  }
}
