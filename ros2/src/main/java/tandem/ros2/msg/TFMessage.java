package tandem.ros2.msg;

import java.util.List;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code tf2_msgs/msg/TFMessage}. */
public record TFMessage(List<TransformStamped> transforms) {
  public static final MessageType<TFMessage> TYPE =
      new MessageType<>(
          "tf2_msgs/msg/TFMessage", TFMessage::read, (out, message) -> message.write(out));

  public TFMessage {
    transforms = List.copyOf(transforms);
  }

  static TFMessage read(CdrReader in) {
    return new TFMessage(Nested.list(in, "transforms", 72, TransformStamped::read));
  }

  void write(CdrWriter out) {
    Nested.write(out, transforms, TransformStamped::write);
  }
}
