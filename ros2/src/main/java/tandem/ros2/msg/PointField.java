package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/**
 * {@code sensor_msgs/msg/PointField}: where a value lies in a point.
 *
 * @param offset bytes from the begin of the point
 * @param datatype 1 int8, 2 uint8, 3 int16, 4 uint16, 5 int32, 6 uint32, 7 float32, 8 float64
 */
public record PointField(String name, long offset, int datatype, long count) {
  public static final MessageType<PointField> TYPE =
      new MessageType<>(
          "sensor_msgs/msg/PointField", PointField::read, (out, message) -> message.write(out));
  public static final int FLOAT32 = 7;
  public static final int FLOAT64 = 8;

  static PointField read(CdrReader in) {
    return new PointField(
        in.string("name"), in.uint32("offset"), in.uint8("datatype"), in.uint32("count"));
  }

  void write(CdrWriter out) {
    out.string(name);
    out.int32((int) offset);
    out.int8(datatype);
    out.int32((int) count);
  }
}
