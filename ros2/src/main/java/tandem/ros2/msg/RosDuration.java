package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/** {@code builtin_interfaces/msg/Duration}: seconds may be negative, nanoseconds are not. */
public record RosDuration(int sec, long nanosec) {
  public static final MessageType<RosDuration> TYPE =
      new MessageType<>(
          "builtin_interfaces/msg/Duration",
          RosDuration::read,
          (out, message) -> message.write(out));
  public static final RosDuration ZERO = new RosDuration(0, 0);
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  static RosDuration read(CdrReader in) {
    return new RosDuration(in.int32("sec"), in.uint32("nanosec"));
  }

  static RosDuration nested(CdrReader in, String field) {
    in.begin(field);
    RosDuration read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    out.int32(sec);
    out.int32((int) nanosec);
  }

  public static RosDuration ofNanos(long nanos) {
    return new RosDuration(
        Math.toIntExact(Math.floorDiv(nanos, NANOS_PER_SECOND)),
        Math.floorMod(nanos, NANOS_PER_SECOND));
  }

  public long toNanos() {
    return sec * NANOS_PER_SECOND + nanosec;
  }
}
