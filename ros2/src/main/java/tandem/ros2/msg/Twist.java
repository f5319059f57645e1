package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/Twist}: m/s and rad/s. */
public record Twist(Vector3 linear, Vector3 angular) {
  public static final MessageType<Twist> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/Twist", Twist::read, (out, message) -> message.write(out));

  static Twist read(CdrReader in) {
    return new Twist(Vector3.nested(in, "linear"), Vector3.nested(in, "angular"));
  }

  static Twist nested(CdrReader in, String field) {
    in.begin(field);
    Twist read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    linear.write(out);
    angular.write(out);
  }
}
