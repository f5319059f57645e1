package tandem.twin.stream;

/**
 * The sender's clock as seen from the gateway: how far it is off, and whether it was stepped. Pure;
 * not thread-safe.
 *
 * <p>Offset = gateway's wall clock at receipt - sender's stamp = true offset + path delay. One-way,
 * so only an interval over the last ten to twenty seconds: its low end has the least delay.
 *
 * <p>A step forward makes stamp and monotonic receive time come closer than the least delay allows,
 * and is known at once. A step back looks like a delay; it is one only if later samples are fast
 * again, so it is called a step when all samples of one second, at least three, are late by more
 * than 100 ms. A stalled link, whose samples come in a burst, is therefore no step.
 *
 * <p>The first samples may have waited (for their link, for their robot's admission): until the
 * least delay of ten seconds is known, only what no such wait explains, 5 s, is a step forward.
 */
final class ClockWatch {
  static final long STEP_NANOS = 100_000_000L;
  private static final long LONGEST_WAIT_NANOS = 5_000_000_000L;
  private static final long WINDOW_NANOS = 10_000_000_000L;
  private static final long SUSTAINED_NANOS = 1_000_000_000L;
  private static final int SUSTAINED_SAMPLES = 3;

  private long windowStartNanos = Long.MIN_VALUE;
  private long low = Long.MAX_VALUE;
  private long high = Long.MIN_VALUE;
  private long lowBefore = Long.MAX_VALUE;
  private long highBefore = Long.MIN_VALUE;
  private boolean known;
  private long firstReceivedNanos;
  private long baseline; // least (monotonic receive - stamp) of this window and the one before
  private long least = Long.MAX_VALUE; // of this window
  private long lateSinceNanos = Long.MIN_VALUE;
  private long lateLeast;
  private int lateSamples;

  /**
   * Takes one stamp in.
   *
   * @param sourceNanos sender's stamp, ns since 1970
   * @param receivedNanos monotonic
   * @param receivedWallNanos gateway's wall clock, ns since 1970
   * @return 0, or the step of the sender's clock in ns, positive where it was set forward
   */
  long observe(long sourceNanos, long receivedNanos, long receivedWallNanos) {
    long step = step(receivedNanos - sourceNanos, receivedNanos);
    if (step != 0) {
      windowStartNanos = Long.MIN_VALUE;
    }
    window(receivedNanos);
    least = Math.min(least, receivedNanos - sourceNanos);
    long offset = receivedWallNanos - sourceNanos;
    low = Math.min(low, offset);
    high = Math.max(high, offset);
    return step;
  }

  private long step(long difference, long receivedNanos) {
    if (!known) {
      known = true;
      firstReceivedNanos = receivedNanos;
      baseline = difference;
      return 0;
    }
    boolean learning = receivedNanos - firstReceivedNanos < WINDOW_NANOS;
    if (difference < baseline - (learning ? LONGEST_WAIT_NANOS : STEP_NANOS)) {
      long step = baseline - difference;
      restart(difference);
      return step;
    }
    if (difference <= baseline + STEP_NANOS) {
      baseline = Math.min(baseline, difference);
      lateSinceNanos = Long.MIN_VALUE;
      return 0;
    }
    if (lateSinceNanos == Long.MIN_VALUE) {
      lateSinceNanos = receivedNanos;
      lateLeast = difference;
      lateSamples = 1;
      return 0;
    }
    lateLeast = Math.min(lateLeast, difference);
    lateSamples++;
    if (lateSamples >= SUSTAINED_SAMPLES && receivedNanos - lateSinceNanos >= SUSTAINED_NANOS) {
      long step = baseline - lateLeast;
      restart(lateLeast);
      return step;
    }
    return 0;
  }

  private void restart(long difference) {
    baseline = difference;
    lateSinceNanos = Long.MIN_VALUE;
  }

  private void window(long nowNanos) {
    if (windowStartNanos == Long.MIN_VALUE) {
      windowStartNanos = nowNanos;
      low = lowBefore = Long.MAX_VALUE;
      high = highBefore = Long.MIN_VALUE;
      least = Long.MAX_VALUE;
    } else if (nowNanos - windowStartNanos >= WINDOW_NANOS) {
      lowBefore = low;
      highBefore = high;
      low = Long.MAX_VALUE;
      high = Long.MIN_VALUE;
      baseline = Math.min(least, baseline + STEP_NANOS); // follows drift, not a stall
      least = Long.MAX_VALUE;
      windowStartNanos = nowNanos;
    }
  }

  boolean known() {
    return known;
  }

  /** Low end of the offset, ns; only where {@link #known}. */
  long lowNanos() {
    return Math.min(low, lowBefore);
  }

  /** High end of the offset, ns; only where {@link #known}. */
  long highNanos() {
    return Math.max(high, highBefore);
  }
}
