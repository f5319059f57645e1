package tandem.ros2.msg;

import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;

/**
 * {@code builtin_interfaces/msg/Time}: an instant of the sender's clock.
 *
 * @param sec seconds since the epoch of that clock
 * @param nanosec unsigned, 0..999_999_999
 */
public record Time(int sec, long nanosec) {
  public static final MessageType<Time> TYPE =
      new MessageType<>(
          "builtin_interfaces/msg/Time", Time::read, (out, message) -> message.write(out));
  public static final Time ZERO = new Time(0, 0);
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  static Time read(CdrReader in) {
    return new Time(in.int32("sec"), in.uint32("nanosec"));
  }

  static Time nested(CdrReader in, String field) {
    in.begin(field);
    Time read = read(in);
    in.end();
    return read;
  }

  void write(CdrWriter out) {
    out.int32(sec);
    out.int32((int) nanosec);
  }

  /** Of nanoseconds since the epoch, -2^31..2^31-1 seconds. */
  public static Time ofNanos(long nanos) {
    return new Time(
        Math.toIntExact(Math.floorDiv(nanos, NANOS_PER_SECOND)),
        Math.floorMod(nanos, NANOS_PER_SECOND));
  }

  /** Nanoseconds since the epoch. */
  public long toNanos() {
    return sec * NANOS_PER_SECOND + nanosec;
  }
}
