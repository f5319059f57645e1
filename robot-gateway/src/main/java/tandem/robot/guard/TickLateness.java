package tandem.robot.guard;

import java.util.Arrays;

/**
 * How late the guard's ticks come: over the newest 3,000 (a minute at 50 a second), and the worst
 * since its start. For one thread.
 */
final class TickLateness {
  static final int KEPT = 3_000;

  private final long[] newest = new long[KEPT];
  private int count;
  private int next;
  private long worstNanos;
  private double p9999Millis;

  /** A tick that came so long after its time. */
  void late(long nanos) {
    newest[next] = nanos;
    next = (next + 1) % KEPT;
    count = Math.min(KEPT, count + 1);
    worstNanos = Math.max(worstNanos, nanos);
  }

  /** Sorts anew what {@link #p9999Millis} tells. */
  void summarise() {
    if (count == 0) {
      return;
    }
    long[] sorted = Arrays.copyOf(newest, count);
    Arrays.sort(sorted);
    // Nearest rank: of fewer than 10,000 it is the highest.
    int rank = (int) Math.ceil(0.9999 * count);
    p9999Millis = sorted[rank - 1] / 1e6;
  }

  double p9999Millis() {
    return p9999Millis;
  }

  double worstMillis() {
    return worstNanos / 1e6;
  }
}
