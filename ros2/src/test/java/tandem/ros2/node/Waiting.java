package tandem.ros2.node;

import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken;

/** Waits for what other threads bring, with a deadline, and says what was there instead. */
final class Waiting {
  private static final int DEADLINE_SECONDS = 30;

  private Waiting() {}

  static <T> T next(BlockingQueue<T> queue, String what) throws InterruptedException {
    T next = queue.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
    return next != null ? next : fail("no " + what + " within " + DEADLINE_SECONDS + " s");
  }

  static <T> List<T> next(BlockingQueue<T> queue, int count, String what)
      throws InterruptedException {
    List<T> all = new ArrayList<>();
    while (all.size() < count) all.add(next(queue, what + " " + all.size() + " behind " + all));
    return all;
  }

  /** Until the graph is as wanted. */
  static void until(Graph graph, String what, Predicate<Graph> condition)
      throws InterruptedException {
    CompletableFuture<Void> met = new CompletableFuture<>();
    Graph.Listener listener =
        new Graph.Listener() {
          @Override
          public void appeared(LivelinessToken entity) {
            check();
          }

          @Override
          public void vanished(LivelinessToken entity) {
            check();
          }

          private void check() {
            if (condition.test(graph)) met.complete(null);
          }
        };
    Graph.Listening listening = graph.listen(listener);
    try {
      if (condition.test(graph)) return;
      met.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException e) {
      fail("not so in %d s: %s; there is %s".formatted(DEADLINE_SECONDS, what, graph.entities()));
    } finally {
      listening.close();
    }
  }
}
