package tandem.deploy.demo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tandem.deploy.client.Out;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.StreamView;
import tandem.sim.robot.Topic;

/**
 * What a headless run found out about one robot, as the line of the outside contract, and what is
 * wrong with it.
 *
 * @param seconds of the window
 * @param realTimeFactor simulated by measured time, over the window
 * @param before streams at the window's begin
 * @param after streams at its end
 * @param reach null where no reach was issued
 * @param guardCounters of the guard's status, by name
 */
record Summary(
    String robot,
    double seconds,
    double realTimeFactor,
    List<StreamView> before,
    List<StreamView> after,
    CommandView reach,
    Map<String, Long> guardCounters,
    long falls,
    Journal journal,
    Replay replay) {
  static final double SLOWEST = 0.98;

  record Journal(long events, long segments, String digest) {}

  record Replay(String digest, boolean equal) {}

  /** The line, without line end. */
  String line() {
    var streams = new ArrayList<Map<String, Object>>();
    for (var stream : sorted(after)) {
      streams.add(
          Out.fields(
              "topic", stream.getTopic(),
              "type", stream.getType(),
              "hz", hz(stream),
              "offered", stream.getOffered(),
              "delivered", stream.getDelivered(),
              "dropped", stream.getDropped(),
              "late", stream.getLate(),
              "duplicate", stream.getDuplicate()));
    }
    var latency =
        after.stream()
            .filter(stream -> stream.getTopic().equals(Topic.JOINT_STATES.nameFor(robot)))
            .map(StreamView::getLatencyMs)
            .findFirst();
    return Out.toJson(
        Out.fields(
            "event",
            "summary",
            "robot",
            robot,
            "seconds",
            seconds,
            "realTimeFactor",
            realTimeFactor,
            "streams",
            streams,
            "sampleToTwinMs",
            Out.fields(
                "p50", latency.map(l -> (Object) l.getP50()).orElse(null),
                "p99", latency.map(l -> (Object) l.getP99()).orElse(null)),
            "command",
            reach == null
                ? null
                : Out.fields(
                    "id", reach.getId(),
                    "state", reach.getState(),
                    "acceptToGuardMs",
                        reach.hasAcceptToGuardMs() ? reach.getAcceptToGuardMs() : null),
            "safety",
            Out.fields(
                "deadmanTrips", counter("deadmanTrips"),
                "lateRefused", counter("lateRefused"),
                "staleEpochRefused", counter("staleEpochRefused"),
                "limitClamped", counter("limitClamped"),
                "falls", falls),
            "journal",
            Out.fields(
                "events", journal.events,
                "segments", journal.segments,
                "digest", journal.digest),
            "replay",
            Out.fields("digest", replay.digest, "equal", replay.equal)));
  }

  /** What makes the run a failure; empty where nothing does. */
  List<String> problems() {
    var problems = new ArrayList<String>();
    var byTopic =
        after.stream().collect(Collectors.toMap(StreamView::getTopic, s -> s, (a, b) -> a));
    for (var topic : Topic.values()) {
      var stream = byTopic.get(topic.nameFor(robot));
      if (stream == null || stream.getDelivered() == 0)
        problems.add("stream " + topic.nameFor(robot) + " is missing");
    }
    for (var stream : after) {
      long sum =
          stream.getDelivered() + stream.getDropped() + stream.getLate() + stream.getDuplicate();
      if (sum != stream.getOffered())
        problems.add(
            "stream %s: offered %d, but delivered + dropped + late + duplicate = %d"
                .formatted(stream.getTopic(), stream.getOffered(), sum));
    }
    if (reach == null || !reach.getState().equals("done"))
      problems.add(
          "reach is %s: %s"
              .formatted(
                  reach == null ? "not issued" : reach.getState(),
                  reach == null ? "no guard or no live twin in time" : reach.getWhy()));
    if (!replay.equal)
      problems.add(
          "replay gives digest %s, the live twin had %s".formatted(replay.digest, journal.digest));
    if (!(realTimeFactor >= SLOWEST))
      problems.add("real-time factor %.4f is below %.2f".formatted(realTimeFactor, SLOWEST));
    return problems;
  }

  private double hz(StreamView stream) {
    long early =
        before.stream()
            .filter(s -> s.getTopic().equals(stream.getTopic()))
            .mapToLong(StreamView::getOffered)
            .findFirst()
            .orElse(0);
    long during = stream.getOffered() - early;
    return Math.round(during / seconds * 100) / 100.0;
  }

  private long counter(String name) {
    return guardCounters.getOrDefault(name, 0L);
  }

  private static List<StreamView> sorted(List<StreamView> streams) {
    var byTopic = new TreeMap<String, StreamView>();
    for (var stream : streams) byTopic.put(stream.getTopic(), stream);
    return List.copyOf(new LinkedHashMap<>(byTopic).values());
  }
}
