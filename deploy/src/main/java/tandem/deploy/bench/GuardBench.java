package tandem.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tandem.deploy.node.Child;
import tandem.robot.guard.Guard;

/**
 * The guard by itself and beside a busy node: from the start of its process until it serves (ms),
 * the lateness of its own tick while node and demo robot run at full rate (ms, over the last
 * minute), and its heap.
 */
final class GuardBench implements Bench {
  private static final int STARTS = 7;
  private static final Duration START = Duration.ofSeconds(30);
  private static final double MINUTE = 60;

  @Override
  public String name() {
    return "guard";
  }

  @Override
  public String about() {
    return "start of the guard's process; its tick and heap beside a node and a robot at full rate";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    var starts = new ArrayList<Double>();
    for (int i = 0; i < STARTS; i++) starts.add(start());
    try (var edge = new CommandedEdge()) {
      long until =
          System.nanoTime()
              + (long) ((CommandedEdge.WARM_SECONDS + Math.max(seconds, MINUTE)) * 1e9);
      Waiting.until(
          "a minute of ticks",
          2 * (CommandedEdge.WARM_SECONDS + Math.max(seconds, MINUTE)),
          () -> System.nanoTime() > until);
      var status = edge.guardStatus();
      report.accept(
          line(
              "starts",
              starts.size(),
              "startP50Ms",
              CommandedEdge.percentile(starts, 0.5),
              "startMaxMs",
              CommandedEdge.percentile(starts, 1),
              "tickP9999Ms",
              status.getTickP9999Millis(),
              "tickWorstMs",
              status.getTickWorstMillis(),
              "heapMiB",
              status.getHeapBytes() / (double) (1 << 20)));
    }
  }

  private static double start() throws IOException {
    Path state = Files.createTempDirectory("tandem-bench-guard-");
    long begin = System.nanoTime();
    try (var guard =
        Child.start(
            "guard",
            Guard.jvmFlags(),
            List.of(
                "guard",
                "--robot",
                "bench",
                "--zenoh-listen",
                "tcp/127.0.0.1:0",
                "--state",
                state.toString()),
            line -> {})) {
      guard.awaitReady(START);
      return (System.nanoTime() - begin) / 1e6;
    } finally {
      try (var files = Files.walk(state)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
      }
    }
  }
}
