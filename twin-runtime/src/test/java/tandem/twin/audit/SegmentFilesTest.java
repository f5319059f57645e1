package tandem.twin.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.Json;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.twin.Refused;
import tandem.twin.SampleReader;
import tandem.twin.recorder.RecordedStream;
import tandem.twin.recorder.Recorder;
import tandem.twin.recorder.RecorderSettings;
import tandem.twin.recorder.StreamCounts;
import tandem.twin.recorder.mcap.McapReader;
import tandem.twin.recorder.mcap.McapRecord;

class SegmentFilesTest {
  private static final int SAMPLES = 3_000;

  @TempDir Path data;

  private final SegmentFiles archive = new SegmentFiles(true);
  private final List<SealedEvent> journal = Collections.synchronizedList(new ArrayList<>());

  @Test
  void shouldFindAllWellAfterACleanStop() throws IOException {
    record();

    var verdict = archive.verify(data, "ada", journal);

    assertThat(verdict.firstBad()).isNull();
    assertThat(verdict.samples()).isEqualTo(2 * SAMPLES);
    assertThat(verdict.segments()).isGreaterThan(2);
    assertThat(verdict.tornBytes()).isZero();
  }

  @Test
  void shouldNameASegmentWithOneByteFlippedAnywhere() throws IOException {
    record();
    var random = new Random(5);
    for (var segment : sealed()) {
      Path file = data.resolve(segment.file());
      byte[] bytes = Files.readAllBytes(file);
      int at = random.nextInt(bytes.length);
      bytes[at] ^= 1;
      Files.write(file, bytes);

      var verdict = archive.verify(data, "ada", journal);
      assertThat(verdict.firstBad().why()).contains(segment.file(), "expected SHA-256");

      bytes[at] ^= 1;
      Files.write(file, bytes);
    }
    assertThat(archive.verify(data, "ada", journal).firstBad()).isNull();
  }

  @Test
  void shouldNameASegmentThatIsMissingOrShortened() throws IOException {
    record();
    var segment = sealed().get(1);
    Path file = data.resolve(segment.file());
    byte[] bytes = Files.readAllBytes(file);

    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 1));
    assertThat(archive.verify(data, "ada", journal).firstBad().why())
        .isEqualTo(
            "%s: expected %d bytes, found %d"
                .formatted(segment.file(), bytes.length, bytes.length - 1));

    Files.delete(file);
    var bad = archive.verify(data, "ada", journal).firstBad();
    assertThat(bad.why()).contains(segment.file(), "found none");
    assertThat(bad.sequence()).isPositive();
  }

  @Test
  void shouldCountAsOutOfReachWhatLiesOnAnotherNode() throws IOException {
    record();
    Path other = Files.createDirectory(data.resolve("other"));
    new Recorder(settings(other), (robot, event) -> CompletableFuture.completedFuture(1L)).close();
    var site = new SegmentFiles(false);

    var verdict = site.verify(other, "ada", journal);
    assertThat(verdict.firstBad()).isNull();
    assertThat(verdict.unreachable()).isEqualTo(sealed().size());
    assertThat(verdict.samples()).isZero();
    assertThat(archive.verify(other, "ada", journal).firstBad().why()).contains("found none");

    Files.delete(data.resolve(sealed().getFirst().file()));
    assertThat(site.verify(data, "ada", journal).firstBad().why()).contains("found none");
  }

  @Test
  void shouldNameASegmentThatNoEventNames() throws IOException {
    record();
    Files.copy(data.resolve(sealed().getFirst().file()), data.resolve("segments/ada/more.mcap"));
    Files.createDirectories(data.resolve("segments/eve"));
    Files.copy(data.resolve(sealed().getFirst().file()), data.resolve("segments/eve/x.mcap"));

    assertThat(archive.verify(data, "ada", journal).firstBad().why())
        .contains("segments/ada/more.mcap", "expected an event");
    assertThat(SegmentFiles.unclaimed(data, Set.of("ada"))).containsExactly("segments/eve/x.mcap");
  }

  @Test
  void shouldCountATornTailOfAnOpenSegmentAndNotCallItBad() throws IOException {
    record();
    var last = sealed().getLast();
    journal.removeIf(
        entry ->
            entry.event() instanceof Event.SegmentSealed sealed
                && sealed.file().equals(last.file()));
    Path file = data.resolve(last.file());
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 100));

    var verdict = archive.verify(data, "ada", journal);

    assertThat(verdict.firstBad()).isNull();
    assertThat(verdict.tornBytes()).isPositive();
  }

  @Test
  void shouldGiveTheStateAtAnyInstantFromTheSegments() throws IOException {
    record();

    for (long at : new long[] {0, 1, 500, 1_499, 2_999}) {
      var sensed = archive.at(data, "ada", journal, 1_000 * at, new NumberReader());
      assertThat(sensed.joints().positionsRad()).containsExactly(at);
      assertThat(sensed.joints().origin().sequence()).isEqualTo(at);
      assertThat(sensed.joints().origin().receivedWallNanos()).isEqualTo(1_000 * at);
    }
    assertThat(archive.at(data, "ada", journal, -1, new NumberReader()).joints()).isNull();
  }

  @Test
  void shouldGiveTheSameStateWithoutAnIndex() throws IOException {
    record();
    var last = sealed().getLast();
    Path file = data.resolve(last.file());
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 20));

    var sensed = archive.at(data, "ada", journal, Long.MAX_VALUE, new NumberReader());

    assertThat(sensed.joints().positionsRad()).containsExactly(SAMPLES - 1);
  }

  @Test
  void shouldPlayWhatWasRecordedInEvenSteps() throws IOException {
    record();

    var view =
        Playback.of(
            data, "ada", journal, null, at(1_000_500), at(2_000_500), 10_000, new NumberReader());

    assertThat(view.getNamesList()).containsExactly("x");
    assertThat(view.getPosturesList())
        .extracting(posture -> posture.getPositionsRad(0))
        .hasSize(11)
        .first()
        .isEqualTo(1_000.0);
    assertThat(view.getPostures(3).getPositionsRad(0)).isEqualTo(1_300);
    assertThat(view.getPostures(3).getSequence()).isEqualTo(1_300);
    assertThat(view.getPostures(3).getAgeMs()).isEqualTo(0.0005);
    assertThat(view.getPostures(10).getPositionsRad(0)).isEqualTo(2_000);
  }

  @Test
  void shouldPlayAnOpenSegmentAsFarAsItIsWhole() throws IOException {
    record();
    var last = sealed().getLast();
    journal.removeIf(
        entry ->
            entry.event() instanceof Event.SegmentSealed sealed
                && sealed.file().equals(last.file()));
    long whole = Files.size(data.resolve(last.file()));

    var view =
        Playback.of(
            data,
            "ada",
            journal,
            new Recorder.OpenSegment(last.file(), whole),
            at(last.lastNanos() - 2_000),
            at(last.lastNanos()),
            1_000_000,
            new NumberReader());

    assertThat(view.getPosturesList())
        .extracting(posture -> posture.getPositionsRad(0))
        .containsExactly(SAMPLES - 3.0, SAMPLES - 2.0, SAMPLES - 1.0);
  }

  @Test
  void shouldPlayNothingWhereNothingIsRecordedAndRefuseASpanThatIsNone() throws IOException {
    record();

    assertThat(play(10_000_000_000L, 11_000_000_000L).getPosturesList())
        .as("half a second of lead finds nothing that far away")
        .isEmpty();
    for (long to : new long[] {0, -1, 200_000_000_000L})
      assertThatThrownBy(() -> play(0, to))
          .isInstanceOf(Refused.class)
          .hasMessageContaining("expected a span of 1..3000 steps");
  }

  private tandem.proto.v1.PlaybackView play(long fromNanos, long toNanos) {
    return Playback.of(
        data, "ada", journal, null, at(fromNanos), at(toNanos), 25, new NumberReader());
  }

  private static Instant at(long nanos) {
    return Instant.ofEpochSecond(0, nanos);
  }

  @Test
  void shouldExportEveryPayloadByteForByteWithTheEvents() throws IOException {
    record();
    Path out = data.resolve("out/export.mcap");
    var all =
        new AuditExport.Selection(
            AuditExport.Format.MCAP, Long.MIN_VALUE, Long.MAX_VALUE, Set.of());

    var summary = AuditExport.export(data, journal, null, all, out);

    assertThat(summary.samples()).isEqualTo(2 * SAMPLES);
    assertThat(summary.events()).isEqualTo(journal.size());
    List<byte[]> joints = new ArrayList<>();
    List<Object> events = new ArrayList<>();
    java.util.Map<Integer, String> topics = new java.util.HashMap<>();
    try (var reader = McapReader.open(out)) {
      for (var record = reader.next(); record != null; record = reader.next()) {
        if (record instanceof McapRecord.Channel channel) {
          topics.put(channel.id(), channel.topic());
        } else if (record instanceof McapRecord.Message message) {
          switch (topics.get(message.channelId())) {
            case "/ada/joint_states" -> joints.add(message.data());
            case AuditExport.EVENTS -> events.add(Json.parse(new String(message.data())));
            default -> {}
          }
        }
      }
      assertThat(reader.end().complete()).isTrue();
    }
    assertThat(topics.values())
        .containsExactlyInAnyOrder("/ada/joint_states", "/ada/scan", AuditExport.EVENTS);
    assertThat(events).hasSize(journal.size());
    assertThat(joints).hasSize(SAMPLES);
    for (int i = 0; i < SAMPLES; i++) {
      assertThat(joints.get(i)).isEqualTo(payload(i));
    }
  }

  @Test
  void shouldExportTheTimesAndTopicsAskedForAsLines() throws IOException {
    record();
    Path out = data.resolve("export.jsonl");
    var some =
        new AuditExport.Selection(
            AuditExport.Format.JSONL, 10_000, 20_000, Set.of("/ada/joint_states"));

    AuditExport.export(data, journal, null, some, out);

    assertThat(Files.readAllLines(out)).hasSize(11).allMatch(line -> Json.parse(line) != null);
  }

  @Test
  void shouldExportTheOpenSegmentUpToTheCall() throws Exception {
    try (var recorder = new Recorder(settings(), this::journaled)) {
      var inlet =
          recorder.open(
              new RecordedStream("ada", "/ada/joint_states", "a/msg/B", "", "", ""),
              () -> StreamCounts.ZERO);
      for (int i = 0; i < 10; i++) {
        inlet.record(payload(i), "g", i, i, i);
      }
      var open =
          recorder.flush("ada").toCompletableFuture().get(30, TimeUnit.SECONDS).orElseThrow();
      for (int i = 10; i < 500; i++) {
        inlet.record(payload(i), "g", i, i, i);
      }
      var all =
          new AuditExport.Selection(
              AuditExport.Format.MCAP, Long.MIN_VALUE, Long.MAX_VALUE, Set.of());

      var summary = AuditExport.export(data, journal, open, all, data.resolve("e.mcap"));

      assertThat(summary.samples()).isEqualTo(10);
    }
  }

  private void record() throws IOException {
    try (var recorder = new Recorder(settings(), this::journaled)) {
      var joints =
          recorder.open(
              new RecordedStream("ada", "/ada/joint_states", "a/msg/B", "", "float64 x\n", ""),
              () -> StreamCounts.ZERO);
      var scan =
          recorder.open(
              new RecordedStream("ada", "/ada/scan", "a/msg/C", "", "", ""),
              () -> StreamCounts.ZERO);
      for (int i = 0; i < SAMPLES; i++) {
        joints.record(payload(i), "g1", i, 1_000L * i, 1_000L * i);
        scan.record(new byte[100], "g2", i, -1, 1_000L * i);
      }
    }
  }

  private RecorderSettings settings() {
    return settings(data);
  }

  private static RecorderSettings settings(Path data) {
    return new RecorderSettings(
        data,
        1 << 17,
        Duration.ofMinutes(1),
        Duration.ofMillis(20),
        1 << 14,
        64 << 20,
        64 << 20,
        1);
  }

  private CompletableFuture<Long> journaled(String robot, Event.OfSegment event) {
    synchronized (journal) {
      long sequence = journal.size() + 1;
      var previous = journal.isEmpty() ? SealedEvent.NO_HASH : journal.getLast().hash();
      journal.add(SealedEvent.seal(robot, 1, sequence, 1_000 * sequence, previous, event));
      return CompletableFuture.completedFuture(sequence);
    }
  }

  private List<Event.SegmentSealed> sealed() {
    return journal.stream()
        .map(SealedEvent::event)
        .filter(event -> event instanceof Event.SegmentSealed)
        .map(event -> (Event.SegmentSealed) event)
        .toList();
  }

  private static byte[] payload(int number) {
    return ByteBuffer.allocate(8).putDouble(number).array();
  }

  private static final class NumberReader implements SampleReader {
    @Override
    public Optional<Reading> read(String topic, String type, String schemaText, byte[] payload) {
      return type.equals("a/msg/B")
          ? Optional.of(
              new Reading.Joints(
                  0,
                  List.of("x"),
                  new double[] {ByteBuffer.wrap(payload).getDouble()},
                  new double[0],
                  new double[0]))
          : Optional.empty();
    }
  }
}
