package tandem.twin.stream;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/**
 * The streams of one robot on this node, and what they say together. Thread-safe.
 *
 * <p>{@link #sensed} decodes what has come in since, so that a question is answered with the newest
 * sample, not with the newest tick.
 */
final class RobotSenses {
  final String robot;
  final ConcurrentSkipListMap<String, StreamSense> streams = new ConcurrentSkipListMap<>();
  private final AtomicLong samples = new AtomicLong();
  private final LongSupplier nanos;
  private SensedState sensed;

  RobotSenses(String robot, LongSupplier nanos) {
    this.robot = robot;
    this.nanos = nanos;
    this.sensed = SensedState.unseen(robot);
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
    sensed = step.apply(sensed);
  }

  synchronized SensedState last() {
    return sensed;
  }

  SensedState sensed() {
    for (var stream : streams.values()) {
      stream.tryLook();
    }
    return last();
  }

  /** Newest values as they stand, with the progress of each stream. */
  Observation observation() {
    List<Observation.Progress> progress = new ArrayList<>();
    long newestNanos = Long.MIN_VALUE;
    for (var entry : streams.entrySet()) {
      var inlet = entry.getValue().inlet();
      var newest = inlet.newest();
      if (newest == null) {
        continue;
      }
      newestNanos = Math.max(newestNanos, newest.receivedNanos());
      var counts = inlet.counts();
      progress.add(
          new Observation.Progress(
              entry.getKey(),
              newest.publisher(),
              newest.sequence(),
              counts.delivered(),
              counts.dropped()));
    }
    return new Observation(
        robot, last(), progress, newestNanos == Long.MIN_VALUE ? nanos.getAsLong() : newestNanos);
  }
}
