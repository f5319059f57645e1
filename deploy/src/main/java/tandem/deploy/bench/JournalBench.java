package tandem.deploy.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Events a second that a node makes durable (each on disk before it is acknowledged), one in flight
 * per twin.
 */
final class JournalBench implements Bench {
  private static final int[] TWINS = {1, 10, 100};
  private final Map<String, AtomicLong> numbers = new ConcurrentHashMap<>();

  @Override
  public String name() {
    return "journal";
  }

  @Override
  public String about() {
    return "durable events a second with 1, 10 and 100 twins writing";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    Path data = Files.createTempDirectory("tandem-bench-journal-");
    try {
      try (var node = BenchNode.start(data)) {
        write(node, 1, seconds / 2, null); // warms up
        for (int twins : TWINS) write(node, twins, seconds, report);
      }
    } finally {
      BenchNode.delete(data);
    }
  }

  private void write(
      BenchNode node, int twins, double seconds, Consumer<Map<String, Object>> report)
      throws Exception {
    for (int i = 0; i < twins; i++) node.admit("bench" + i);
    var nanos = new ConcurrentLinkedQueue<Long>();
    var failures = new ConcurrentLinkedQueue<String>();
    var running = new Phaser(1);
    long begin = System.nanoTime(), end = begin + (long) (seconds * 1e9);
    for (int i = 0; i < twins; i++) {
      running.register();
      next(node, "bench" + i, end, nanos, failures, running);
    }
    running.arriveAndAwaitAdvance();
    double took = (System.nanoTime() - begin) / 1e9;
    if (!failures.isEmpty())
      throw new IllegalStateException("an event was not written: " + failures.peek());
    if (report != null) {
      long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
      report.accept(
          line(
              "twins",
              twins,
              "events",
              sorted.length,
              "eventsPerSecond",
              Math.rint(sorted.length / took),
              "p50Micros",
              sorted[sorted.length / 2] / 1000.0,
              "p99Micros",
              sorted[sorted.length * 99 / 100] / 1000.0));
    }
  }

  private void next(
      BenchNode node,
      String robot,
      long end,
      ConcurrentLinkedQueue<Long> nanos,
      ConcurrentLinkedQueue<String> failures,
      Phaser running) {
    long start = System.nanoTime();
    if (start >= end) {
      running.arriveAndDeregister();
      return;
    }
    long number = numbers.computeIfAbsent(robot, name -> new AtomicLong()).incrementAndGet();
    node.runtime()
        .robots()
        .guardLog(robot, List.of(BenchNode.record(number)))
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                failures.add(String.valueOf(failure));
                running.arriveAndDeregister();
                return;
              }
              nanos.add(System.nanoTime() - start);
              next(node, robot, end, nanos, failures, running);
            });
  }
}
