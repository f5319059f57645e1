package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code geometry_msgs/msg/Transform}. */
public record Transform(Vector3 translation, Quaternion rotation) {
  public static final MessageType<Transform> TYPE =
      new MessageType<>(
          "geometry_msgs/msg/Transform", Transform::read, (out, message) -> message.write(out));

  static Transform read(CdrReader in) {
    return new Transform(Vector3.nested(in, "translation"), Quaternion.nested(in, "rotation"));
  }

  static Transform nested(CdrReader in, String field) {
    in.begin(field);
    Transform read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    translation.write(out);
    rotation.write(out);
  }
}
