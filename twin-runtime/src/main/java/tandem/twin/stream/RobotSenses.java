package tandem.twin.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import tandem.twin.robot.Sensed;

/**
 * The streams of one robot on this node, and what they say together. Thread-safe.
 *
 * <p>{@link #newest} decodes what has come in since, so that a question is answered with the newest
 * sample, not with the newest tick.
 */
final class RobotSenses {
  final String robot;
  final ConcurrentSkipListMap<String, StreamSense> streams = new ConcurrentSkipListMap<>();
  private final AtomicLong samples = new AtomicLong();
  private SensedState state = SensedState.UNSEEN;

  private final Supplier<String> recorderTrouble;

  RobotSenses(String robot, Supplier<String> recorderTrouble) {
    this.robot = robot;
    this.recorderTrouble = recorderTrouble;
  }

  /** Why its samples are not written now; empty where they are. */
  String recorderTrouble() {
    return recorderTrouble.get();
  }

  /** Told by the inlets after each sample. */
  void active() {
    samples.getAndIncrement();
  }

  /** Grows with each sample of any stream. */
  long activity() {
    return samples.get();
  }

  synchronized void change(UnaryOperator<SensedState> step) {
    state = step.apply(state);
  }

  /** As decoded so far. */
  synchronized SensedState state() {
    return state;
  }

  /** With everything decoded that has come in. */
  SensedState newest() {
    for (var stream : streams.values()) {
      stream.tryLook();
    }
    return state();
  }

  /** A state as the twin sees it. */
  Sensed sensed(SensedState decoded) {
    long newestNanos = Long.MIN_VALUE;
    for (var stream : streams.values()) {
      newestNanos = Math.max(newestNanos, stream.inlet().newestLiveNanos());
    }
    return decoded.sensed(newestNanos);
  }

  /** Clock steps not yet told, oldest stream name first. */
  List<StreamSense.Step> untoldClockSteps() {
    List<StreamSense.Step> steps = new ArrayList<>();
    streams.values().forEach(stream -> stream.untoldClockStep().ifPresent(steps::add));
    return steps;
  }
}
