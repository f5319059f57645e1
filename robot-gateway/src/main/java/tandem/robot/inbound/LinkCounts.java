package tandem.robot.inbound;

import java.util.concurrent.atomic.AtomicLong;

/** What the links of a gateway did not take, for its metrics. Thread-safe. */
public final class LinkCounts {
  final AtomicLong refused = new AtomicLong();
  final AtomicLong unreadable = new AtomicLong();

  /** Samples of senders whose claim was refused, and of streams that could not be opened. */
  public long refused() {
    return refused.get();
  }

  /** Samples on keys of a ROS domain that are no ROS samples. */
  public long unreadable() {
    return unreadable.get();
  }
}
