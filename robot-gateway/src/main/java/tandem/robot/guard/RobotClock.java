package tandem.robot.guard;

import java.util.OptionalLong;

/**
 * The robot's clock as its answers show it: an answer that carries the robot's time was made
 * between the asking and the receipt, so the offset lies in an interval as wide as that took. What
 * several answers allow is what all of them allow, each interval growing by 50 ppm for the drift;
 * where two contradict each other the clock was set, and the newer counts. Known while the interval
 * is at most 20 ms wide.
 *
 * <p>A robot that answers nothing is known by its samples: each was sent before it came, so the
 * robot's clock is ahead of ours by at least the largest (stamp - receipt) of the last 10 to 20 s.
 * That is too little by the fastest way a sample took: what is stamped by it looks older to the
 * robot than it is, never newer. Thread-safe.
 */
final class RobotClock {
  static final long WIDEST_NANOS = 20_000_000;
  private static final double DRIFT = 50e-6;

  private static final long WINDOW_NANOS = 10_000_000_000L;
  private static final int LEAST_SAMPLES = 50;

  private boolean seen;
  private int heard;
  private long windowNanos;
  private long leadNanos = Long.MIN_VALUE;
  private long leadBeforeNanos = Long.MIN_VALUE;
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

  /**
   * A sample came.
   *
   * @param receivedNanos guard's monotonic clock
   * @param stampNanos the robot's clock when it was sent, since its epoch
   */
  synchronized void heard(long receivedNanos, long stampNanos) {
    if (heard == 0 || receivedNanos - windowNanos > WINDOW_NANOS) {
      windowNanos = receivedNanos;
      leadBeforeNanos = leadNanos;
      leadNanos = Long.MIN_VALUE;
    }
    leadNanos = Math.max(leadNanos, stampNanos - receivedNanos);
    heard = Math.min(heard + 1, LEAST_SAMPLES);
  }

  /** The robot's time at an instant of the guard's monotonic clock; empty where it is not known. */
  synchronized OptionalLong at(long nowNanos) {
    double width = highNanos - lowNanos + 2 * DRIFT * (nowNanos - seenNanos);
    if (seen && width <= WIDEST_NANOS) {
      return OptionalLong.of(nowNanos + Math.round(lowNanos + (highNanos - lowNanos) / 2));
    }
    return heard < LEAST_SAMPLES
        ? OptionalLong.empty()
        : OptionalLong.of(nowNanos + Math.max(leadNanos, leadBeforeNanos));
  }
}
