package tandem.deploy.bench;

import java.util.ArrayList;
import java.util.Map;
import java.util.function.Consumer;
import tandem.proto.v1.LeaseRequest;

/**
 * The lease from a person to autonomy and back: the one wishes, the other hands over. Measured is
 * the hand-over, from before its request is sent until the node has answered that the new holder's
 * lease was acknowledged by the guard and is in the journal (one clock, ms).
 *
 * <p>Twenty hand-overs a second. The syncs are those of journal and guard during hand-over and wish
 * together.
 */
final class HandOverBench implements Bench {
  private static final String AUTONOMY = "autonomy/bench";

  @Override
  public String name() {
    return "hand-over";
  }

  @Override
  public String about() {
    return "the lease from a person to autonomy and back, embedded journal, real guard process";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    try (var edge = new CommandedEdge()) {
      CommandedEdge.warm(
          i -> {
            toAutonomy(edge);
            back(edge);
          });
      measure(edge, Math.max(seconds, CommandedEdge.AT_LEAST_SECONDS), report);
    }
  }

  private void measure(CommandedEdge edge, double seconds, Consumer<Map<String, Object>> report) {
    var before = edge.syncs();
    var stolen = new StolenTime();
    var toAutonomy = new ArrayList<Double>();
    var back = new ArrayList<Double>();
    CommandedEdge.paced(
        seconds,
        i -> {
          if (i % 2 == 0) toAutonomy.add(toAutonomy(edge));
          else back.add(back(edge));
        });
    var syncs = edge.syncs().since(before);
    var both = new ArrayList<>(toAutonomy);
    both.addAll(back);
    var line =
        line(
            "handOvers",
            both.size(),
            "perSecond",
            CommandedEdge.PER_SECOND,
            "handOverP50Ms",
            CommandedEdge.percentile(both, 0.5),
            "handOverP99Ms",
            CommandedEdge.percentile(both, 0.99),
            "toAutonomyP99Ms",
            CommandedEdge.percentile(toAutonomy, 0.99),
            "backP99Ms",
            CommandedEdge.percentile(back, 0.99),
            "journalSyncsEach",
            CommandedEdge.each(syncs.journal(), both.size()),
            "guardStateSyncsEach",
            CommandedEdge.each(syncs.guardState(), both.size()),
            "guardLogSyncsEach",
            CommandedEdge.each(syncs.guardLog(), both.size()));
    stolen.tell(line);
    report.accept(line);
  }

  private static double toAutonomy(CommandedEdge edge) {
    return handOver(edge, CommandedEdge.PERSON, AUTONOMY);
  }

  private static double back(CommandedEdge edge) {
    return handOver(edge, AUTONOMY, CommandedEdge.PERSON);
  }

  private static double handOver(CommandedEdge edge, String from, String to) {
    edge.lease(LeaseRequest.newBuilder().setAction("request").setBy(to).setReason("its turn"));
    long begin = System.nanoTime();
    var lease =
        edge.lease(
            LeaseRequest.newBuilder()
                .setAction("hand-over")
                .setBy(from)
                .setTo(to)
                .setForSeconds(600));
    double millis = (System.nanoTime() - begin) / 1e6;
    if (!to.equals(lease.get("holder")))
      throw new IllegalStateException(
          "hand-over of the lease to %s: answered that %s holds it"
              .formatted(to, lease.get("holder")));
    return millis;
  }
}
