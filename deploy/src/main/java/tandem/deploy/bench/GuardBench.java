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
 * then, while node and demo robot run at full rate, a line a minute: the lateness of its tick (ms)
 * and its heap, and beside them the lateness of {@link BareTicks}, a process with the same schedule
 * and nothing to do. What both have is the machine's; {@code stolenPercent} is of that minute.
 *
 * <p>{@code P9999} is over the newest {@code ticks}, of which there are too few for it to be
 * anything but the worst; {@code SinceStart} has the process's own first seconds in it.
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
    report.accept(
        line(
            "starts",
            starts.size(),
            "startP50Ms",
            CommandedEdge.percentile(starts, 0.5),
            "startMaxMs",
            CommandedEdge.percentile(starts, 1)));
    try (var edge = new CommandedEdge()) {
      var scheduling = Scheduling.of(edge.guardPid());
      try (var control =
          TickControl.start(scheduling.map(Scheduling::launcher).orElse(List.of()))) {
        control.lateness();
        pass(CommandedEdge.WARM_SECONDS);
        for (double left = Math.max(seconds, MINUTE); left >= MINUTE; left -= MINUTE)
          report.accept(minute(edge, control));
      }
    }
  }

  private static void pass(double seconds) {
    long until = System.nanoTime() + (long) (seconds * 1e9);
    Waiting.until("the time", 2 * seconds, () -> System.nanoTime() - until >= 0);
  }

  private Map<String, Object> minute(CommandedEdge edge, TickControl control) throws Exception {
    var stolen = new StolenTime();
    pass(MINUTE);
    var status = edge.guardStatus();
    var bare = control.lateness();
    var line =
        line(
            "tickP9999Ms",
            status.getTickP9999Millis(),
            "controlTickP9999Ms",
            bare.p9999Millis(),
            "ticks",
            bare.ticks(),
            "tickWorstSinceStartMs",
            status.getTickWorstMillis(),
            "controlTickWorstSinceStartMs",
            bare.worstMillis(),
            "heapMiB",
            status.getHeapBytes() / (double) (1 << 20));
    Scheduling.of(edge.guardPid()).ifPresent(how -> line.put("scheduling", how.toString()));
    Scheduling.of(control.pid()).ifPresent(how -> line.put("controlScheduling", how.toString()));
    stolen.tell(line);
    return line;
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
