package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/Point}, metres. */
public record Point(double x, double y, double z) {
  public static final MessageType<Point> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/Point", Point::read, (out, message) -> message.write(out));

  static Point read(CdrReader in) {
    return new Point(in.float64("x"), in.float64("y"), in.float64("z"));
  }

  static Point nested(CdrReader in, String field) {
    in.begin(field);
    Point read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    out.float64(x);
    out.float64(y);
    out.float64(z);
  }
}
