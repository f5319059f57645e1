package tandem.ros2.msg;

import java.util.List;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code std_msgs/msg/MultiArrayLayout}. */
public record MultiArrayLayout(List<MultiArrayDimension> dim, long dataOffset) {
  public static final MessageType<MultiArrayLayout> TYPE =
      new MessageType<>(
          "std_msgs/msg/MultiArrayLayout",
          MultiArrayLayout::read,
          (out, message) -> message.write(out));
  public static final MultiArrayLayout NONE = new MultiArrayLayout(List.of(), 0);

  public MultiArrayLayout {
    dim = List.copyOf(dim);
  }

  static MultiArrayLayout read(CdrReader in) {
    return new MultiArrayLayout(
        Nested.list(in, "dim", 12, MultiArrayDimension::read), in.uint32("data_offset"));
  }

  static MultiArrayLayout nested(CdrReader in, String field) {
    in.begin(field);
    MultiArrayLayout read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    Nested.write(out, dim, MultiArrayDimension::write);
    out.int32((int) dataOffset);
  }
}
