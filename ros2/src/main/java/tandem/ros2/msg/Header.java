package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code std_msgs/msg/Header}: when and in which frame. */
public record Header(Time stamp, String frameId) {
  public static final MessageType<Header> TYPE =
      new MessageType<>("std_msgs/msg/Header", Header::read, (out, message) -> message.write(out));

  static Header read(CdrReader in) {
    return new Header(Time.nested(in, "stamp"), in.string("frame_id"));
  }

  static Header nested(CdrReader in, String field) {
    in.begin(field);
    Header read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    stamp.write(out);
    out.string(frameId);
  }
}
