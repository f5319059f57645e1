package tandem.twin.telemetry;

/**
 * Percentiles of durations over the last ten to twenty seconds: log-linear buckets, eight per power
 * of two, so a figure is at most 12.5 % above the true one. Not thread-safe.
 */
public final class LatencyHistogram {
  private static final int SUB_BITS = 3;
  private static final int SUB = 1 << SUB_BITS;
  private static final int BUCKETS = SUB * (64 - SUB_BITS);
  private static final long WINDOW_NANOS = 10_000_000_000L;

  private int[] now = new int[BUCKETS];
  private int[] before = new int[BUCKETS];
  private int count;
  private int countBefore;
  private long turnedNanos = Long.MIN_VALUE;

  /**
   * @param durationNanos negative counts as 0
   * @param nowNanos monotonic
   */
  public void record(long durationNanos, long nowNanos) {
    turn(nowNanos);
    now[bucket(Math.max(0, durationNanos))]++;
    count++;
  }

  /**
   * The duration that {@code quantile} (0..1) of the recorded ones do not exceed, ns; 0 where there
   * are none.
   */
  public long percentileNanos(double quantile, long nowNanos) {
    turn(nowNanos);
    long total = (long) count + countBefore;
    if (total == 0) {
      return 0;
    }
    long wanted = Math.max(1, (long) Math.ceil(quantile * total));
    long seen = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      seen += now[bucket] + before[bucket];
      if (seen >= wanted) {
        return upper(bucket);
      }
    }
    throw new IllegalStateException("buckets hold " + seen + " of " + total + " durations");
  }

  /** Durations in the window. */
  public long samples(long nowNanos) {
    turn(nowNanos);
    return (long) count + countBefore;
  }

  private void turn(long nowNanos) {
    if (turnedNanos == Long.MIN_VALUE) {
      turnedNanos = nowNanos;
    }
    long elapsed = nowNanos - turnedNanos;
    if (elapsed < WINDOW_NANOS) {
      return;
    }
    boolean stale = elapsed >= 2 * WINDOW_NANOS;
    var empty = before;
    java.util.Arrays.fill(empty, 0);
    before = now;
    countBefore = count;
    now = empty;
    count = 0;
    if (stale) {
      java.util.Arrays.fill(before, 0);
      countBefore = 0;
    }
    turnedNanos = nowNanos;
  }

  private static int bucket(long nanos) {
    if (nanos < SUB) {
      return (int) nanos;
    }
    int exponent = 63 - Long.numberOfLeadingZeros(nanos);
    int sub = (int) (nanos >>> (exponent - SUB_BITS)) & (SUB - 1);
    return SUB * (exponent - SUB_BITS + 1) + sub;
  }

  private static long upper(int bucket) {
    if (bucket < SUB) {
      return bucket;
    }
    int exponent = bucket / SUB + SUB_BITS - 1;
    long sub = bucket % SUB;
    long width = 1L << (exponent - SUB_BITS);
    return (SUB + sub) * width + width - 1;
  }
}
