package tandem.twin.stream;

/**
 * Samples and bytes per second over the last five seconds, in ten buckets. Not thread-safe; times
 * are monotonic ns.
 */
final class RateMeter {
  private static final int BUCKETS = 10;
  private static final long BUCKET_NANOS = 500_000_000L;

  private final long[] samples = new long[BUCKETS];
  private final long[] bytes = new long[BUCKETS];
  private long newest = Long.MIN_VALUE; // number of the newest bucket
  private long firstNanos;

  void record(long payloadBytes, long nowNanos) {
    advance(nowNanos);
    int slot = (int) Math.floorMod(newest, (long) BUCKETS);
    samples[slot]++;
    bytes[slot] += payloadBytes;
  }

  double perSecond(long nowNanos) {
    return rate(samples, nowNanos);
  }

  double bytesPerSecond(long nowNanos) {
    return rate(bytes, nowNanos);
  }

  private double rate(long[] counts, long nowNanos) {
    if (newest == Long.MIN_VALUE) {
      return 0;
    }
    advance(nowNanos);
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    long windowStart = (newest - BUCKETS + 1) * BUCKET_NANOS;
    long span = nowNanos - Math.max(windowStart, firstNanos);
    return sum * 1e9 / Math.max(span, 1_000_000_000L);
  }

  private void advance(long nowNanos) {
    long bucket = Math.floorDiv(nowNanos, BUCKET_NANOS);
    if (newest == Long.MIN_VALUE) {
      newest = bucket;
      firstNanos = nowNanos;
      return;
    }
    long steps = Math.min(bucket - newest, BUCKETS);
    for (long step = 1; step <= steps; step++) {
      int slot = (int) Math.floorMod(newest + step, (long) BUCKETS);
      samples[slot] = 0;
      bytes[slot] = 0;
    }
    newest = Math.max(newest, bucket);
  }
}
