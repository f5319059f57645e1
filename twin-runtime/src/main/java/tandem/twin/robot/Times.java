package tandem.twin.robot;

import java.time.Instant;

/** Nanoseconds since 1970 as text for people. */
final class Times {
  private Times() {}

  /** ISO-8601 UTC to the microsecond. */
  static String iso(long nanos) {
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L),
            Math.floorMod(nanos, 1_000_000_000L) / 1000 * 1000)
        .toString();
  }
}
