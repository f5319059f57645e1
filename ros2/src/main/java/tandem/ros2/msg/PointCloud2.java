package tandem.ros2.msg;

import java.util.List;
import tandem.ros2.cdr.Bytes;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code sensor_msgs/msg/PointCloud2}; steps in bytes. */
public record PointCloud2(
    Header header,
    long height,
    long width,
    List<PointField> fields,
    boolean isBigEndian,
    long pointStep,
    long rowStep,
    Bytes data,
    boolean isDense) {
  public static final MessageType<PointCloud2> TYPE =
      new MessageType<>(
          "sensor_msgs/msg/PointCloud2", PointCloud2::read, (out, message) -> message.write(out));

  public PointCloud2 {
    fields = List.copyOf(fields);
  }

  static PointCloud2 read(CdrReader in) {
    return new PointCloud2(
        Header.nested(in, "header"),
        in.uint32("height"),
        in.uint32("width"),
        Nested.list(in, "fields", 13, PointField::read),
        in.bool("is_bigendian"),
        in.uint32("point_step"),
        in.uint32("row_step"),
        in.bytes("data"),
        in.bool("is_dense"));
  }

  void write(CdrWriter out) {
    header.write(out);
    out.int32((int) height);
    out.int32((int) width);
    Nested.write(out, fields, PointField::write);
    out.bool(isBigEndian);
    out.int32((int) pointStep);
    out.int32((int) rowStep);
    out.bytes(data);
    out.bool(isDense);
  }
}
