package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/Vector3}. */
public record Vector3(double x, double y, double z) {
  public static final MessageType<Vector3> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/Vector3", Vector3::read, (out, message) -> message.write(out));
  public static final Vector3 ZERO = new Vector3(0, 0, 0);

  static Vector3 read(CdrReader in) {
    return new Vector3(in.float64("x"), in.float64("y"), in.float64("z"));
  }

  static Vector3 nested(CdrReader in, String field) {
    in.begin(field);
    Vector3 read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    out.float64(x);
    out.float64(y);
    out.float64(z);
  }
}
