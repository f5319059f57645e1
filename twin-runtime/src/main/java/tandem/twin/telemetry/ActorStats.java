package tandem.twin.telemetry;

import akka.dispatch.MessageQueue;

/**
 * Counters of one actor. Written by the actor's own thread, one at a time; read by any.
 *
 * <p>{@code processed} counts messages taken from the mailbox; handling times are those of watched
 * behaviors only.
 */
final class ActorStats {
  final String path;
  private final MessageQueue mailbox;
  private final LatencyHistogram handling = new LatencyHistogram();
  private volatile String kind = "";
  private volatile String lastFailure = "";
  private volatile long processed;
  private volatile long starts;
  private boolean watched;
  private long lookedNanos = System.nanoTime();
  private long lookedProcessed;
  private double perSecond;

  /**
   * @param mailbox null where its depth is not known
   */
  ActorStats(String path, MessageQueue mailbox) {
    this.path = path;
    this.mailbox = mailbox;
  }

  // The mailbox has one consumer at a time, with a happens-before between them.
  @SuppressWarnings("NonAtomicOperationOnVolatileField")
  void taken() {
    processed = processed + 1;
  }

  synchronized void started(String kindOfActor) {
    kind = kindOfActor;
    watched = true;
    starts++;
  }

  synchronized void handled(long startNanos, long endNanos) {
    handling.record(endNanos - startNanos, endNanos);
  }

  void failed(Throwable failure) {
    lastFailure = failure.toString();
  }

  /** As shown by {@code /tandem/actors}. */
  synchronized ActorView view(long nowNanos) {
    long elapsed = nowNanos - lookedNanos;
    if (elapsed >= 1_000_000_000L) {
      perSecond = (processed - lookedProcessed) * 1e9 / elapsed;
      lookedNanos = nowNanos;
      lookedProcessed = processed;
    }
    return new ActorView(
        path,
        kind,
        mailbox == null ? -1 : mailbox.numberOfMessages(),
        processed,
        perSecond,
        watched ? handling.percentileNanos(0.50, nowNanos) / 1e3 : Double.NaN,
        watched ? handling.percentileNanos(0.99, nowNanos) / 1e3 : Double.NaN,
        Math.max(0, starts - 1),
        lastFailure);
  }
}
