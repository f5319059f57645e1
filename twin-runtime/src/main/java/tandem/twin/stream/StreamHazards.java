package tandem.twin.stream;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.event.Event;
import tandem.twin.robot.TwinInlet;

/**
 * Turns the faults of a robot's streams into events of its journal, few enough for a journal: a
 * hazard is raised once per episode and kind, and cleared when nothing of its kind was seen for a
 * second (an instant: for ten); a clock step that shows in many streams is told once. Used by one
 * actor; an event that the journal refused is offered again a second later.
 */
final class StreamHazards {
  private static final Logger LOG = LoggerFactory.getLogger(StreamHazards.class);
  private static final long CALM_NANOS = 1_000_000_000L;
  private static final long CALM_AFTER_INSTANT_NANOS = 10_000_000_000L;
  private static final long RETRY_NANOS = 1_000_000_000L;
  private static final long SAME_STEP_WITHIN_NANOS = 5_000_000_000L;

  private final String robot;
  private final TwinInlet twin;
  private final LongSupplier nanos;
  private final Map<String, Episode> raised = new HashMap<>();
  private final Map<String, Long> told = new HashMap<>(); // fault counts that led to an episode
  private long lastStepNanos;
  private long lastStepToldNanos;
  private boolean anyStepTold;

  private static final class Episode {
    final AtomicBoolean refused = new AtomicBoolean();
    boolean instant;
    long lastSeenNanos;
    long offeredNanos;
    long count;
  }

  StreamHazards(String robot, TwinInlet twin, LongSupplier nanos) {
    this.robot = robot;
    this.twin = twin;
    this.nanos = nanos;
  }

  /**
   * Compares the faults with what was told.
   *
   * @param recorderTrouble why samples are not written; empty where they are
   */
  void tick(SensedState state, String recorderTrouble, List<StreamSense.Step> clockSteps) {
    long now = nanos.getAsLong();
    if (!recorderTrouble.isEmpty()) {
      kind(
          StreamFault.NOT_RECORDED,
          List.of(new StreamFault(StreamFault.NOT_RECORDED, "", recorderTrouble, 0, -1, 1)),
          now);
    }
    state.faults().stream()
        .collect(Collectors.groupingBy(StreamFault::kind))
        .forEach((kind, faults) -> kind(kind, faults, now));
    raised.entrySet().removeIf(entry -> calm(entry.getKey(), entry.getValue(), now));
    clockSteps.forEach(step -> clockStep(step, now));
  }

  private void kind(String kind, List<StreamFault> faults, long now) {
    long count = faults.stream().mapToLong(StreamFault::count).sum();
    boolean lasts = faults.stream().anyMatch(StreamFault::lasts);
    var episode = raised.get(kind);
    if (episode == null) {
      episode = new Episode();
      episode.count = told.getOrDefault(kind, 0L);
      if (count == episode.count && !lasts) {
        return;
      }
      raised.put(kind, episode);
      episode.refused.set(true);
      episode.offeredNanos = now - RETRY_NANOS;
    }
    if (count != episode.count || lasts) {
      episode.lastSeenNanos = now;
      episode.instant = !lasts && kind.equals(StreamFault.JOINT_NAMES_CHANGED);
      episode.count = count;
      told.put(kind, count);
    }
    if (episode.refused.get() && now - episode.offeredNanos >= RETRY_NANOS) {
      episode.offeredNanos = now;
      var newest =
          faults.stream()
              .max(
                  Comparator.comparing(StreamFault::lasts)
                      .thenComparingLong(StreamFault::sinceWallNanos))
              .orElseThrow();
      offer(episode, new Event.HazardRaised(kind, "error", newest.text()));
    }
  }

  private boolean calm(String kind, Episode episode, long now) {
    long calm = episode.instant ? CALM_AFTER_INSTANT_NANOS : CALM_NANOS;
    if (episode.refused.get() || now - episode.lastSeenNanos < calm) {
      return false;
    }
    if (now - episode.offeredNanos < RETRY_NANOS) {
      return false;
    }
    episode.offeredNanos = now;
    offer(episode, new Event.HazardCleared(kind, "%s: not seen since".formatted(kind)));
    return true;
  }

  private void offer(Episode episode, Event event) {
    episode.refused.set(false);
    CompletionStage<Long> durable = twin.journal(robot, event);
    durable.whenComplete((sequence, failure) -> episode.refused.set(failure != null));
  }

  private void clockStep(StreamSense.Step step, long now) {
    boolean same =
        anyStepTold
            && now - lastStepToldNanos < SAME_STEP_WITHIN_NANOS
            && Math.abs(step.stepNanos() - lastStepNanos) < ClockWatch.STEP_NANOS;
    if (same) {
      return;
    }
    anyStepTold = true;
    lastStepNanos = step.stepNanos();
    lastStepToldNanos = now;
    twin.journal(
        robot,
        new Event.ClockStepped(step.topic(), step.publisher(), step.stepNanos(), step.sequence()));
  }
}
