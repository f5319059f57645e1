package tandem.twin.audit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.PlaybackView;
import tandem.proto.v1.PostureView;
import tandem.proto.v1.QuaternionView;
import tandem.proto.v1.Vector3View;
import tandem.twin.Refused;
import tandem.twin.SampleReader;
import tandem.twin.recorder.Recorder.OpenSegment;
import tandem.twin.recorder.SegmentNames;
import tandem.twin.recorder.SegmentReader;
import tandem.twin.stream.RawSample;
import tandem.twin.stream.SensedState;

/**
 * The postures of a span of time, from the recorded samples alone: the same fold of {@link
 * SensedState} that the running twin makes, looked at in even steps. Times are the gateway's wall
 * clock at receipt. Reads only; one thread.
 */
final class Playback {
  /** Steps of one answer. */
  static final int MOST_POSTURES = 3_000;

  /** Samples so long before the span are folded too, so that its first step knows the body. */
  private static final long LEAD_NANOS = 500_000_000;

  private final PlaybackView.Builder view;
  private final SampleReader reader;
  private final long fromNanos;
  private final long toNanos;
  private final long stepNanos;
  private SensedState state = SensedState.UNSEEN;
  private long nextNanos;
  private List<String> names = List.of();

  private Playback(String robot, SampleReader reader, long fromNanos, long toNanos, int perSecond) {
    this.view =
        PlaybackView.newBuilder()
            .setRobot(robot)
            .setFrom(instant(fromNanos).toString())
            .setTo(instant(toNanos).toString());
    this.reader = reader;
    this.fromNanos = fromNanos;
    this.toNanos = toNanos;
    this.stepNanos = 1_000_000_000L / perSecond;
    this.nextNanos = fromNanos;
  }

  /**
   * @param open how far the open segment was whole at the call; null where none is being written
   * @param perSecond steps
   * @throws Refused {@code tandem.audit.span} where the span is empty or has more than {@link
   *     #MOST_POSTURES} steps
   */
  static PlaybackView of(
      Path data,
      String robot,
      List<SealedEvent> events,
      OpenSegment open,
      Instant from,
      Instant to,
      int perSecond,
      SampleReader reader) {
    double steps = (to.getEpochSecond() - from.getEpochSecond()) * (double) perSecond;
    steps += (to.getNano() - from.getNano()) / 1e9 * perSecond;
    if (!(steps > 0 && steps <= MOST_POSTURES))
      throw new Refused(
          "tandem.audit.span",
          "playback: expected a span of 1..%d steps, found %.0f (%s to %s, %d a second); nothing read"
              .formatted(MOST_POSTURES, steps, from, to, perSecond));
    var playback = new Playback(robot, reader, nanos(from), nanos(to), perSecond);
    playback.segments(data, events, open);
    return playback.view.build();
  }

  private void segments(Path data, List<SealedEvent> events, OpenSegment open) {
    Map<String, Event.OfSegment> newest = new LinkedHashMap<>();
    for (var sealed : events)
      if (sealed.event() instanceof Event.OfSegment segment) newest.put(segment.file(), segment);
    for (var segment : newest.values()) {
      if (!overlaps(segment)) continue;
      try {
        Path path = SegmentNames.find(data, segment.file());
        boolean written = open != null && open.file().equals(segment.file());
        read(path, written ? open.bytes() : Files.size(path));
      } catch (IOException bad) {
        throw new UncheckedIOException(
            "robot %s from %s: %s: %s; not played"
                .formatted(view.getRobot(), view.getFrom(), segment.file(), bad.getMessage()),
            bad);
      }
    }
    stepsBefore(toNanos + 1);
  }

  private boolean overlaps(Event.OfSegment segment) {
    return switch (segment) {
      case Event.SegmentSealed sealed -> overlaps(sealed);
      case Event.SegmentRecovered recovered -> overlaps(recovered.sealed());
      case Event.SegmentOpened opened -> true; // its samples say when
      case Event.SegmentLost lost -> false;
      case Event.SegmentOrphaned orphaned -> false;
    };
  }

  private boolean overlaps(Event.SegmentSealed sealed) {
    return sealed.samples() > 0
        && sealed.firstNanos() <= toNanos
        && sealed.lastNanos() >= fromNanos - LEAD_NANOS;
  }

  private void read(Path path, long bytes) throws IOException {
    try (var segment = new SegmentReader(path, bytes)) {
      for (var sample = segment.next(); sample != null; sample = segment.next())
        if (sample.logNanos() >= fromNanos - LEAD_NANOS && sample.logNanos() <= toNanos)
          take(sample);
    }
  }

  private void take(SegmentReader.Sample sample) {
    var channel = sample.channel();
    try {
      var reading =
          reader.read(channel.topic(), channel.type(), channel.schemaText(), sample.payload());
      if (reading.isEmpty()) return;
      stepsBefore(sample.logNanos());
      var raw =
          new RawSample(
              sample.payload(),
              channel.publisher(),
              sample.sequence(),
              sample.sourceNanos(),
              sample.logNanos(),
              sample.logNanos(),
              false);
      state = state.after(reading.get(), SensedState.origin(channel.topic(), raw));
    } catch (IllegalArgumentException malformed) {
      view.setMalformed(view.getMalformed() + 1); // set aside when it came; the one before counts
    }
  }

  /** What was known at each step that lies before this instant. */
  private void stepsBefore(long nanos) {
    for (; nextNanos < nanos && nextNanos <= toNanos; nextNanos += stepNanos) {
      var joints = state.joints();
      if (joints == null) continue;
      if (!joints.names().equals(names)) {
        if (!names.isEmpty()) continue; // another layout: not this body
        names = List.copyOf(joints.names());
        view.addAllNames(names);
      }
      var posture =
          PostureView.newBuilder()
              .setAt(instant(nextNanos).toString())
              .setSequence(joints.origin().sequence())
              .setAgeMs((nextNanos - joints.origin().receivedWallNanos()) / 1e6);
      for (double position : joints.positionsRad()) posture.addPositionsRad(position);
      var base = state.base();
      var attitude = state.attitude();
      if (base != null) {
        posture.setPosition(Vector3View.newBuilder().setX(base.x()).setY(base.y()).setZ(base.z()));
        posture.setOrientation(
            QuaternionView.newBuilder()
                .setX(base.qx())
                .setY(base.qy())
                .setZ(base.qz())
                .setW(base.qw()));
      }
      if (attitude != null)
        posture.setOrientation(
            QuaternionView.newBuilder()
                .setX(attitude.qx())
                .setY(attitude.qy())
                .setZ(attitude.qz())
                .setW(attitude.qw()));
      view.addPostures(posture);
    }
  }

  private static long nanos(Instant at) {
    return Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano());
  }

  private static Instant instant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
  }
}
