package tandem.deploy.bench;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a condition with a deadline. */
final class Waiting {
  private Waiting() {}

  static void until(String what, double seconds, BooleanSupplier condition) {
    long deadline = System.nanoTime() + (long) (seconds * 1e9);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline)
        throw new IllegalStateException("not within %s s: %s".formatted(seconds, what));
      LockSupport.parkNanos(1_000_000);
    }
  }
}
