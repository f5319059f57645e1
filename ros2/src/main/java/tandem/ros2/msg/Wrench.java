package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/Wrench}: N and Nm. */
public record Wrench(Vector3 force, Vector3 torque) {
  public static final MessageType<Wrench> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/Wrench", Wrench::read, (out, message) -> message.write(out));

  static Wrench read(CdrReader in) {
    return new Wrench(Vector3.nested(in, "force"), Vector3.nested(in, "torque"));
  }

  static Wrench nested(CdrReader in, String field) {
    in.begin(field);
    Wrench read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    force.write(out);
    torque.write(out);
  }
}
