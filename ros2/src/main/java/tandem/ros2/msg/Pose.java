package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/Pose}. */
public record Pose(Point position, Quaternion orientation) {
  public static final MessageType<Pose> TYPE =
      new MessageType<>("geometry_msgs/msg/Pose", Pose::read, (out, message) -> message.write(out));

  static Pose read(CdrReader in) {
    return new Pose(Point.nested(in, "position"), Quaternion.nested(in, "orientation"));
  }

  static Pose nested(CdrReader in, String field) {
    in.begin(field);
    Pose read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    position.write(out);
    orientation.write(out);
  }
}
