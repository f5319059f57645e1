package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/Quaternion}; not normalised by us. */
public record Quaternion(double x, double y, double z, double w) {
  public static final MessageType<Quaternion> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/Quaternion", Quaternion::read, (out, message) -> message.write(out));
  public static final Quaternion IDENTITY = new Quaternion(0, 0, 0, 1);

  static Quaternion read(CdrReader in) {
    return new Quaternion(in.float64("x"), in.float64("y"), in.float64("z"), in.float64("w"));
  }

  static Quaternion nested(CdrReader in, String field) {
    in.begin(field);
    Quaternion read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    out.float64(x);
    out.float64(y);
    out.float64(z);
    out.float64(w);
  }
}
