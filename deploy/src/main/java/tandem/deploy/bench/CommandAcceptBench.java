package tandem.deploy.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.function.Consumer;

/**
 * From an operator's request to the guard's acceptance: an edge with its embedded journal, its
 * guard process and a demo robot, twenty commands a second under one lease, through the API.
 *
 * <p>{@code operatorToGuard} begins before the request is sent, {@code acceptToGuard} with the
 * event of the twin's acceptance; both end where the node has the guard's answer (wall clock of one
 * machine, ms). {@code wishToAccept} is the twin's own part, up to its decision; {@code answer} the
 * operator's wait for the API's word. The syncs are those of journal and guard for each command,
 * its log and end included.
 *
 * <p>{@code rawSync} is the disk by itself: half way to the next command a record is written and
 * synced beside the journal. {@code stolenPercent} is of the same seconds.
 */
final class CommandAcceptBench implements Bench {
  private static final double[] POSITIONS_RAD = {0.3, 0.4};
  private static final long HALF_WAY_NANOS = 500_000_000L / CommandedEdge.PER_SECOND;

  @Override
  public String name() {
    return "command-accept";
  }

  @Override
  public String about() {
    return "operator's command to the guard's acceptance, embedded journal, real guard process";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    try (var edge = new CommandedEdge()) {
      CommandedEdge.warm(i -> edge.move(POSITIONS_RAD[i % 2]));
      try (var raw = new RawSync(edge.journal())) {
        measure(edge, raw, Math.max(seconds, CommandedEdge.AT_LEAST_SECONDS), report);
      }
    }
  }

  private void measure(
      CommandedEdge edge, RawSync raw, double seconds, Consumer<Map<String, Object>> report) {
    var before = edge.syncs();
    var stolen = new StolenTime();
    var operator = new ArrayList<Double>();
    var wish = new ArrayList<Double>();
    var accept = new ArrayList<Double>();
    var answer = new ArrayList<Double>();
    var refused = new ArrayList<String>();
    CommandedEdge.paced(
        seconds,
        i -> {
          Instant asked = Instant.now();
          long begun = System.nanoTime();
          var view = edge.move(POSITIONS_RAD[i % 2]);
          double answered = (System.nanoTime() - begun) / 1e6;
          Waiting.until("half way", 1, () -> System.nanoTime() - begun >= HALF_WAY_NANOS);
          raw.once();
          if (!(view.get("times") instanceof Map<?, ?> times)
              || times.get("guardAccepted") == null) {
            // a busy machine's newest sample may be too old to decide by
            refused.add(view.get("state") + ": " + view.get("why"));
            return;
          }
          answer.add(answered);
          operator.add(millis(asked, times.get("guardAccepted")));
          wish.add(millis(asked, times.get("accepted")));
          accept.add(
              millis(Instant.parse(times.get("accepted").toString()), times.get("guardAccepted")));
        });
    if (operator.isEmpty())
      throw new IllegalStateException("no command was accepted; last: " + refused.getLast());
    var syncs = edge.syncs().since(before);
    var line =
        line(
            "commands",
            operator.size(),
            "perSecond",
            CommandedEdge.PER_SECOND,
            "refused",
            refused.size(),
            "operatorToGuardP50Ms",
            CommandedEdge.percentile(operator, 0.5),
            "operatorToGuardP99Ms",
            CommandedEdge.percentile(operator, 0.99),
            "acceptToGuardP50Ms",
            CommandedEdge.percentile(accept, 0.5),
            "acceptToGuardP99Ms",
            CommandedEdge.percentile(accept, 0.99),
            "wishToAcceptP50Ms",
            CommandedEdge.percentile(wish, 0.5),
            "wishToAcceptP99Ms",
            CommandedEdge.percentile(wish, 0.99),
            "answerP50Ms",
            CommandedEdge.percentile(answer, 0.5),
            "answerP99Ms",
            CommandedEdge.percentile(answer, 0.99),
            "rawSyncs",
            raw.millis().size(),
            "rawSyncP50Ms",
            CommandedEdge.percentile(raw.millis(), 0.5),
            "rawSyncP99Ms",
            CommandedEdge.percentile(raw.millis(), 0.99),
            "rawSyncMaxMs",
            CommandedEdge.percentile(raw.millis(), 1),
            "journalSyncsEach",
            CommandedEdge.each(syncs.journal(), operator.size()),
            "guardStateSyncsEach",
            CommandedEdge.each(syncs.guardState(), operator.size()),
            "guardLogSyncsEach",
            CommandedEdge.each(syncs.guardLog(), operator.size()));
    stolen.tell(line);
    report.accept(line);
  }

  private static double millis(Instant from, Object to) {
    return Duration.between(from, Instant.parse(to.toString())).toNanos() / 1e6;
  }
}
