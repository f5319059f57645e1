package tandem.twin.stream;

import java.util.ArrayDeque;
import java.util.List;
import java.util.function.LongSupplier;
import tandem.proto.v1.ClockOffsetView;
import tandem.proto.v1.LatencyView;
import tandem.proto.v1.StreamView;
import tandem.twin.recorder.RecorderInlet;
import tandem.twin.recorder.StreamCounts;
import tandem.twin.telemetry.LatencyHistogram;

/**
 * One stream where its samples come in: counts, newest sample, rates, clock. Thread-safe; its lock
 * is held for a few hundred nanoseconds, so that the order in the segment is the order of receipt.
 *
 * <p>A sample the recorder has no room for is shown as newest all the same (a full disk must not
 * blind the operator) but is counted dropped at {@code recorder}, not delivered.
 */
final class Inlet implements StreamInlet {
  /** Samples that wait for the decoder; beyond, the oldest of them are recorded but not decoded. */
  static final int MAX_UNREAD = 64;

  /** Poisoned samples kept aside, the newest ones. */
  static final int MAX_POISON = 16;

  private static final int MAX_POISON_BYTES = 64 << 10;

  /**
   * A sample that could not be understood.
   *
   * @param sample with at most the first 64 KiB of its payload
   */
  record Poison(RawSample sample, String why) {}

  private final LongSupplier nanos;
  private final Runnable activity;
  private final StreamCounting counting = new StreamCounting();
  private final RateMeter rate = new RateMeter();
  private final LatencyHistogram latency = new LatencyHistogram();
  private final ClockWatch clock = new ClockWatch();
  private final ArrayDeque<RawSample> unread = new ArrayDeque<>();
  private final ArrayDeque<Poison> poison = new ArrayDeque<>();
  private StreamDeclaration declaration;
  private RecorderInlet recorder;
  private RawSample newest;
  private long newestLiveNanos = Long.MIN_VALUE;
  private boolean decoded = true;
  private long unreadSkipped;
  private long poisoned;
  private long clockSteps;
  private ClockSteps newestStep = new ClockSteps(0, 0, "", -1);
  private String lastFailure = "";

  /**
   * @param activity called after each sample, outside of the lock; cheap
   * @param nanos monotonic clock
   */
  Inlet(
      StreamDeclaration declaration,
      RecorderInlet recorder,
      Runnable activity,
      LongSupplier nanos) {
    this.declaration = declaration;
    this.recorder = recorder;
    this.activity = activity;
    this.nanos = nanos;
  }

  @Override
  public void receive(RawSample sample) {
    synchronized (this) {
      var fate = counting.receive(sample.publisher(), sample.sequence());
      if (fate == PublisherCount.Fate.DUPLICATE) {
        return;
      }
      boolean kept =
          recorder.record(
              sample.payload(),
              sample.publisher(),
              sample.sequence(),
              sample.sourceNanos(),
              sample.receivedWallNanos());
      if (kept) {
        counting.kept(fate);
      } else {
        counting.lost(StreamCounts.RECORDER);
      }
      long now = nanos.getAsLong();
      rate.record(sample.payload().length, now);
      if (fate == PublisherCount.Fate.NEW && !isOldHistory(sample)) {
        offerToTwin(sample, now);
      }
    }
    activity.run();
  }

  private boolean isOldHistory(RawSample sample) {
    return sample.history() && sample.sequence() < 0 && newest != null && !newest.history();
  }

  private void offerToTwin(RawSample sample, long now) {
    newest = sample;
    if (!sample.history()) {
      newestLiveNanos = Math.max(newestLiveNanos, sample.receivedNanos());
    }
    if (decoded) {
      if (unread.size() == MAX_UNREAD) {
        unread.removeFirst();
        unreadSkipped++;
      }
      unread.addLast(sample);
    }
    if (sample.sourceNanos() >= 0 && !sample.history()) {
      long step =
          clock.observe(sample.sourceNanos(), sample.receivedNanos(), sample.receivedWallNanos());
      if (step != 0) {
        clockSteps++;
        newestStep = new ClockSteps(clockSteps, step, sample.publisher(), sample.sequence());
      }
    }
    latency.record(now - sample.receivedNanos(), now);
  }

  @Override
  public synchronized void dropped(String place, long samples) {
    counting.dropped(place, samples);
  }

  @Override
  public synchronized void publisherGone(String publisher) {
    counting.gone(publisher);
  }

  @Override
  public synchronized void reject(RawSample sample, String place, String why) {
    if (counting.receive(sample.publisher(), sample.sequence()) != PublisherCount.Fate.DUPLICATE) {
      counting.lost(place);
    }
    poison(sample, why);
  }

  /** Keeps aside what the decoder could not read. */
  synchronized void poison(RawSample sample, String why) {
    poisoned++;
    lastFailure = why;
    if (poison.size() == MAX_POISON) {
      poison.removeFirst();
    }
    poison.addLast(new Poison(bounded(sample), why));
  }

  private static RawSample bounded(RawSample sample) {
    if (sample.payload().length <= MAX_POISON_BYTES) {
      return sample;
    }
    return new RawSample(
        java.util.Arrays.copyOf(sample.payload(), MAX_POISON_BYTES),
        sample.publisher(),
        sample.sequence(),
        sample.sourceNanos(),
        sample.receivedNanos(),
        sample.receivedWallNanos(),
        sample.history());
  }

  synchronized void redeclare(StreamDeclaration newer, RecorderInlet newRecorder) {
    if (!newer.type().equals(declaration.type())) {
      lastFailure =
          "type of %s: was %s, is now %s; both are recorded"
              .formatted(newer.topic(), declaration.type(), newer.type());
      decoded = true;
    }
    declaration = newer;
    recorder = newRecorder;
  }

  synchronized StreamDeclaration declaration() {
    return declaration;
  }

  /** The next sample that waits for the decoder, oldest first; null where there is none. */
  synchronized RawSample nextUnread() {
    return unread.pollFirst();
  }

  synchronized boolean hasUnread() {
    return !unread.isEmpty();
  }

  /** The type says nothing about the body: no sample waits for the decoder from now on. */
  synchronized void opaque() {
    decoded = false;
    unread.clear();
  }

  synchronized void failed(String why) {
    lastFailure = why;
  }

  /** Newest sample given to the twin; null where there is none. */
  synchronized RawSample newest() {
    return newest;
  }

  synchronized StreamCounts counts() {
    return counting.counts();
  }

  synchronized List<Poison> poisoned() {
    return List.copyOf(poison);
  }

  synchronized long poisonCount() {
    return poisoned;
  }

  /** Samples given to the twin that were passed over by the decoder because newer ones came. */
  synchronized long unreadSkipped() {
    return unreadSkipped;
  }

  /**
   * Steps of the sender's clock so far.
   *
   * @param count 0: none, and the others say nothing
   * @param stepNanos of the newest one, positive where it was set forward
   * @param sequence of the sample that showed it
   */
  record ClockSteps(long count, long stepNanos, String publisher, long sequence) {}

  synchronized ClockSteps clockSteps() {
    return newestStep;
  }

  /**
   * Monotonic receive time of the newest live sample; {@link Long#MIN_VALUE} where there is none.
   */
  synchronized long newestLiveNanos() {
    return newestLiveNanos;
  }

  static String stampBy(RawSample sample) {
    return sample.sourceNanos() >= 0 ? "sender" : "gateway";
  }

  synchronized StreamView view() {
    long now = nanos.getAsLong();
    var counts = counting.counts();
    var view =
        StreamView.newBuilder()
            .setRobot(declaration.robot())
            .setTopic(declaration.topic())
            .setType(declaration.type())
            .setQos(declaration.qos())
            .setHz(rate.perSecond(now))
            .setBytesPerSecond(rate.bytesPerSecond(now))
            .setOffered(counts.offered())
            .setDelivered(counts.delivered())
            .setDropped(counts.dropped())
            .putAllDroppedBy(counts.droppedBy())
            .setLate(counts.late())
            .setDuplicate(counts.duplicate())
            .setGaps(counts.gaps())
            .setSequenced(counting.sequenced())
            .setPublishers(counting.publishers())
            .setLatencyMs(
                LatencyView.newBuilder()
                    .setP50(latency.percentileNanos(0.50, now) / 1e6)
                    .setP99(latency.percentileNanos(0.99, now) / 1e6))
            .setLastFailure(lastFailure);
    if (newest != null) {
      view.setStampBy(stampBy(newest)).setAgeMs((now - newest.receivedNanos()) / 1e6);
    }
    if (clock.known()) {
      view.setClockOffsetMs(
          ClockOffsetView.newBuilder()
              .setLow(clock.lowNanos() / 1e6)
              .setHigh(clock.highNanos() / 1e6));
    }
    return view.build();
  }
}
