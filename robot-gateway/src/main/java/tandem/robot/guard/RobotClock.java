package tandem.robot.guard;

import java.util.OptionalLong;

/**
 * The robot's clock as its answers show it: an answer that carries the robot's time was made
 * between the asking and the receipt, so the offset lies in an interval as wide as that took. What
 * several answers allow is what all of them allow, each interval growing by 50 ppm for the drift;
 * where two contradict each other the clock was set, and the newer counts. Known while the interval
 * is at most 20 ms wide. Thread-safe.
 */
final class RobotClock {
  static final long WIDEST_NANOS = 20_000_000;
  private static final double DRIFT = 50e-6;

  private boolean seen;
  private double lowNanos;
  private double highNanos;
  private long seenNanos;

  /**
   * An answer came.
   *
   * @param askedNanos guard's monotonic clock
   * @param receivedNanos guard's monotonic clock
   * @param stampNanos the robot's clock when it answered, since its epoch
   */
  synchronized void answered(long askedNanos, long receivedNanos, long stampNanos) {
    if (stampNanos <= 0) {
      return; // it does not say
    }
    double low = (double) (stampNanos - receivedNanos);
    double high = (double) (stampNanos - askedNanos);
    if (seen) {
      double drift = DRIFT * (receivedNanos - seenNanos);
      double both = Math.max(low, lowNanos - drift);
      double either = Math.min(high, highNanos + drift);
      if (both <= either) {
        low = both;
        high = either;
      }
    }
    seen = true;
    lowNanos = low;
    highNanos = high;
    seenNanos = receivedNanos;
  }

  /** The robot's time at an instant of the guard's monotonic clock; empty where it is not known. */
  synchronized OptionalLong at(long nowNanos) {
    double width = highNanos - lowNanos + 2 * DRIFT * (nowNanos - seenNanos);
    return seen && width <= WIDEST_NANOS
        ? OptionalLong.of(nowNanos + Math.round(lowNanos + (highNanos - lowNanos) / 2))
        : OptionalLong.empty();
  }
}
