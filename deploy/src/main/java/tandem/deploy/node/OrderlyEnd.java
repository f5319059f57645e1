package tandem.deploy.node;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a process in order, once: the steps run newest first, each whatever the others did; then the
 * process exits with the code that was asked for, 0 after SIGTERM. Steps that take longer than the
 * limit are left behind, saying so, and the code is 1. Thread-safe.
 */
public final class OrderlyEnd {
  private static final Logger LOG = LoggerFactory.getLogger(OrderlyEnd.class);
  private static final AtomicInteger CODE = new AtomicInteger();

  /** One thing to close; may throw. */
  public interface Step {
    void run() throws Exception;
  }

  private record Named(String name, Step step) {}

  private final Deque<Named> steps = new ArrayDeque<>();
  private final AtomicBoolean begun = new AtomicBoolean();
  private final CountDownLatch done = new CountDownLatch(1);

  /** Takes over the end of this JVM: SIGTERM, SIGINT and {@code System.exit} all run the steps. */
  public static OrderlyEnd ofThisProcess(Duration limit) {
    var end = new OrderlyEnd();
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("orderly-end")
                .unstarted(
                    () -> {
                      boolean whole = end.runWithin(limit);
                      System.out.flush();
                      // A hook cannot choose the exit code of a signal; halt can, and all is
                      // closed.
                      Runtime.getRuntime().halt(whole ? CODE.get() : 1);
                    }));
    return end;
  }

  /** Adds a step, to be run before those that are there. */
  public synchronized void first(String name, Step step) {
    steps.push(new Named(name, step));
  }

  /** The code with which a signal ends the process; 0 where nobody says otherwise. */
  public static void code(int value) {
    CODE.set(value);
  }

  /** Ends the process now, with this code; does not return. */
  public static void exit(int value) {
    CODE.set(value);
    System.exit(value);
  }

  /** Runs the steps, at most once, and waits for them. */
  boolean runWithin(Duration limit) {
    if (begun.compareAndSet(false, true)) {
      Thread.ofPlatform().daemon().name("closing").start(this::runAll);
    }
    try {
      if (done.await(limit.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)) return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    LOG.error("not everything closed within {}; the rest is left to the next start", limit);
    return false;
  }

  private void runAll() {
    try {
      for (var next = take(); next != null; next = take()) {
        long from = System.nanoTime();
        try {
          next.step().run();
          LOG.info("{} closed in {} ms", next.name(), (System.nanoTime() - from) / 1_000_000);
        } catch (Exception e) {
          LOG.error("{} did not close cleanly", next.name(), e);
        }
      }
    } finally {
      done.countDown();
    }
  }

  private synchronized Named take() {
    return steps.poll();
  }
}
