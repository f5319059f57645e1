package tandem.twin;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.v1.TwinView;

/**
 * Tells listeners of a twin's changes, at most 50 times a second each; a slow listener gets fewer,
 * always the newest. Thread-safe.
 */
final class TwinWatches implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TwinWatches.class);
  private static final long LEAST_MILLIS = 20;
  private static final int IDLE = 0;
  private static final int BUSY = 1;
  private static final int BUSY_AND_CHANGED = 2;

  private final Map<String, List<Watch>> watches = new ConcurrentHashMap<>();
  private final Function<String, CompletionStage<TwinView>> show;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("tandem-twin-watches").unstarted(task));

  TwinWatches(Function<String, CompletionStage<TwinView>> show) {
    this.show = show;
  }

  AutoCloseable add(String robot, Consumer<TwinView> listener) {
    var watch = new Watch(robot, listener);
    watches.computeIfAbsent(robot, name -> new CopyOnWriteArrayList<>()).add(watch);
    watch.changed();
    return () ->
        watches.computeIfPresent(
            robot,
            (name, all) -> {
              all.remove(watch);
              return all.isEmpty() ? null : all;
            });
  }

  void changed(String robot) {
    List<Watch> all = watches.get(robot);
    if (all != null) all.forEach(Watch::changed);
  }

  private final class Watch {
    private final String robot;
    private final Consumer<TwinView> listener;
    private final AtomicInteger state = new AtomicInteger(IDLE);

    private Watch(String robot, Consumer<TwinView> listener) {
      this.robot = robot;
      this.listener = listener;
    }

    private void changed() {
      if (state.getAndUpdate(s -> s == IDLE ? BUSY : BUSY_AND_CHANGED) == IDLE) tell();
    }

    private void tell() {
      show.apply(robot)
          .whenComplete(
              (view, failure) -> {
                if (failure == null) give(view);
                if (!clock.isShutdown()) {
                  clock.schedule(this::rested, LEAST_MILLIS, TimeUnit.MILLISECONDS);
                }
              });
    }

    private void give(TwinView view) {
      try {
        listener.accept(view);
      } catch (RuntimeException e) {
        LOG.warn("a watcher of {} failed: {}", robot, e.toString());
      }
    }

    private void rested() {
      if (state.compareAndSet(BUSY, IDLE)) return;
      state.set(BUSY);
      tell();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    watches.clear();
  }
}
