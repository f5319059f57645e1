package tandem.twin.recorder;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.event.Event;

/**
 * The segment events of one robot on their way to its journal: in order, each offered again until
 * it is durable. Thread-safe; never blocks.
 */
final class JournalQueue {
  private static final Logger LOG = LoggerFactory.getLogger(JournalQueue.class);
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS);

  private record Entry(Event.OfSegment event, Runnable durable) {}

  private final String robot;
  private final SegmentLog log;
  private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private boolean offered;
  private boolean closing;
  private long refusals;

  JournalQueue(String robot, SegmentLog log) {
    this.robot = robot;
    this.log = log;
  }

  /**
   * @param durable run once, when the event is durable
   */
  void add(Event.OfSegment event, Runnable durable) {
    synchronized (this) {
      waiting.add(new Entry(event, durable));
      if (offered) {
        return;
      }
      offered = true;
    }
    offerHead();
  }

  /** Completes when nothing waits; nothing may be added after. */
  CompletionStage<Void> close() {
    synchronized (this) {
      closing = true;
      if (waiting.isEmpty()) {
        closed.complete(null);
      }
    }
    return closed;
  }

  synchronized int waiting() {
    return waiting.size();
  }

  private void offerHead() {
    Entry head;
    synchronized (this) {
      head = waiting.element();
    }
    CompletionStage<?> stage;
    try {
      stage = log.journal(robot, head.event);
    } catch (RuntimeException refused) {
      stage = CompletableFuture.failedFuture(refused);
    }
    stage.whenComplete(
        (position, failure) -> {
          if (failure == null) {
            durable(head);
          } else {
            refused(head, failure);
          }
        });
  }

  private void durable(Entry head) {
    head.durable.run();
    synchronized (this) {
      refusals = 0;
      waiting.remove();
      if (waiting.isEmpty()) {
        offered = false;
        if (closing) {
          closed.complete(null);
        }
        return;
      }
    }
    offerHead();
  }

  private void refused(Entry head, Throwable failure) {
    synchronized (this) {
      refusals++;
      if (refusals == 1) {
        LOG.warn(
            "robot {}: {} of {} is not in the journal yet, retried every 0.5 s: {}",
            robot,
            head.event.getClass().getSimpleName(),
            head.event.file(),
            failure.toString());
      }
    }
    LATER.execute(this::offerHead);
  }
}
