package tandem.robot.schedule;

import java.util.SplittableRandom;

/**
 * The way between one home and the guard, and back: delays, loses, doubles, reorders, holds and
 * releases; cut in one direction or both. Times are ns of the schedule.
 */
final class Wire {
  private static final long MILLI = 1_000_000;

  private final SplittableRandom random;
  private long thereCutUntil;
  private long backCutUntil;
  private boolean calm;

  Wire(SplittableRandom random) {
    this.random = random;
  }

  void cut(boolean there, boolean back, long until) {
    if (there) thereCutUntil = Math.max(thereCutUntil, until);
    if (back) backCutUntil = Math.max(backCutUntil, until);
  }

  /** From now on it is a good network. */
  void calm() {
    calm = true;
    thereCutUntil = 0;
    backCutUntil = 0;
  }

  boolean isCutBack(long now) {
    return now < backCutUntil;
  }

  boolean isWhole(long now) {
    return now >= thereCutUntil && now >= backCutUntil;
  }

  /** When each copy arrives; empty where it is lost. */
  long[] arrivals(boolean there, long now) {
    if (calm) return new long[] {now + (2 + random.nextInt(8)) * MILLI};
    long until = there ? thereCutUntil : backCutUntil;
    if (now < until) {
      // A stalled link gives out later what it took, in whatever order.
      return random.nextInt(3) == 0 ? new long[] {until + random.nextInt(50) * MILLI} : new long[0];
    }
    if (random.nextInt(40) == 0) return new long[0];
    long first = now + delay();
    return random.nextInt(20) == 0 ? new long[] {first, now + delay()} : new long[] {first};
  }

  private long delay() {
    int kind = random.nextInt(40);
    long millis =
        kind < 34
            ? 1 + random.nextInt(20)
            : kind < 38 ? 20 + random.nextInt(300) : 300 + random.nextInt(3_500);
    return millis * MILLI + random.nextInt(1_000) * 1_000L;
  }
}
