package tandem.zenoh.transport;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Says how often to complain about one peer: the 1st, 2nd, 4th, 8th time and so on, so that a peer
 * that floods us does not fill the log. Thread-safe.
 */
final class Complaints {
  private final AtomicLong count = new AtomicLong();

  /** Counts one more; whether it is to be logged. */
  boolean next() {
    long now = count.incrementAndGet();
    return (now & now - 1) == 0;
  }

  long count() {
    return count.get();
  }
}
