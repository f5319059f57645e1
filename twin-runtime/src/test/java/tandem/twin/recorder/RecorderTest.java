package tandem.twin.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.event.Event;

class RecorderTest {
  private static final RecordedStream JOINTS =
      new RecordedStream(
          "ada",
          "/ada/joint_states",
          "sensor_msgs/msg/JointState",
          "RIHS01_00",
          "std_msgs/Header header\n",
          "- history: 1\n");
  private static final RecordedStream IMAGES =
      new RecordedStream("ada", "/ada/image", "sensor_msgs/msg/Image", "", "uint8[] data\n", "");

  @TempDir Path data;

  private final List<Event.OfSegment> journal = Collections.synchronizedList(new ArrayList<>());

  @Test
  void shouldRecordEverySampleByteForByteInTheOrderOfReceipt() throws Exception {
    var random = new Random(7);
    List<byte[]> sent = new ArrayList<>();
    try (var recorder = new Recorder(settings(1 << 20), this::journaled)) {
      var inlet = recorder.open(JOINTS, () -> StreamCounts.ZERO);
      for (int i = 0; i < 5_000; i++) {
        byte[] payload = new byte[random.nextInt(1_000)];
        random.nextBytes(payload);
        sent.add(payload);
        assertThat(inlet.record(payload, "g1", (1L << 40) + i, 1_000 + i, 2_000 + i)).isTrue();
      }
    }

    List<SegmentReader.Sample> read = samples();
    assertThat(read).hasSize(sent.size());
    for (int i = 0; i < sent.size(); i++) {
      var sample = read.get(i);
      assertThat(sample.payload()).isEqualTo(sent.get(i));
      assertThat(sample.sequence()).isEqualTo((1L << 40) + i);
      assertThat(sample.sourceNanos()).isEqualTo(1_000 + i);
      assertThat(sample.logNanos()).isEqualTo(2_000 + i);
      assertThat(sample.channel().publisher()).isEqualTo("g1");
    }
  }

  @Test
  void shouldJournalEachSegmentWithTheHashOfTheWholeFile() throws Exception {
    try (var recorder = new Recorder(settings(1 << 17), this::journaled)) {
      var inlet = recorder.open(JOINTS, () -> StreamCounts.ZERO);
      for (int i = 0; i < 2_000; i++) {
        inlet.record(new byte[500], "g1", i, i, i);
      }
    }

    var sealed = sealed();
    assertThat(sealed).hasSizeGreaterThan(2);
    assertThat(sealed.stream().mapToLong(Event.SegmentSealed::samples).sum()).isEqualTo(2_000);
    assertThat(journal.stream().map(Event.OfSegment::file).distinct().toList())
        .isEqualTo(sealed.stream().map(Event.SegmentSealed::file).toList());
    for (var segment : sealed) {
      byte[] bytes = Files.readAllBytes(data.resolve(segment.file()));
      assertThat(segment.sizeBytes()).isEqualTo(bytes.length);
      assertThat(segment.sha256().toByteArray())
          .isEqualTo(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
    assertThat(files()).containsExactlyElementsOf(sealed.stream().map(s -> s.file()).toList());
  }

  @Test
  void shouldPutTheCountsOfItsTimeIntoEachSegment() throws Exception {
    var offered = new AtomicInteger();
    try (var recorder = new Recorder(settings(1 << 17), this::journaled)) {
      var inlet =
          recorder.open(
              JOINTS,
              () -> new StreamCounts(offered.get(), offered.get(), new TreeMap<>(), 0, 0, 0));
      for (int i = 0; i < 1_000; i++) {
        offered.incrementAndGet();
        inlet.record(new byte[500], "g1", i, i, i);
      }
    }

    assertThat(
            sealed().stream()
                .flatMap(segment -> segment.streams().stream())
                .mapToLong(count -> count.offered())
                .sum())
        .isEqualTo(1_000);
    assertThat(sealed().getFirst().streams().getFirst().topic()).isEqualTo("/ada/joint_states");
  }

  @Test
  void shouldKeepLogTimesRisingWhenTheWallClockIsSetBack() throws Exception {
    try (var recorder = new Recorder(settings(1 << 20), this::journaled)) {
      var inlet = recorder.open(JOINTS, () -> StreamCounts.ZERO);
      inlet.record(new byte[1], "g1", 1, 10, 5_000_000_000L);
      inlet.record(new byte[1], "g1", 2, 11, 1_000_000_000L);
      inlet.record(new byte[1], "g2", 1, 12, 6_000_000_000L);
    }

    assertThat(samples().stream().map(SegmentReader.Sample::logNanos).toList())
        .containsExactly(5_000_000_000L, 5_000_000_000L, 6_000_000_000L);
  }

  @Test
  void shouldTellSamplesWithoutNumberOrStampFromOthers() throws Exception {
    try (var recorder = new Recorder(settings(1 << 20), this::journaled)) {
      var inlet = recorder.open(JOINTS, () -> StreamCounts.ZERO);
      inlet.record(new byte[] {1}, "g1", -1, -1, 100);
      inlet.record(new byte[] {2}, "g1", -1, -1, 101);
      inlet.record(new byte[] {3}, "g1", 0, 5, 102);
      inlet.record(new byte[] {4}, "g1", 1L << 62, 6, 103);
    }

    var read = samples();
    assertThat(read.stream().map(SegmentReader.Sample::sequence).toList())
        .containsExactly(-1L, -1L, 0L, 1L << 62);
    assertThat(read.stream().map(SegmentReader.Sample::sourceNanos).toList())
        .containsExactly(-1L, -1L, 5L, 6L);
  }

  @Test
  void shouldRecordASampleLargerThanAChunk() throws Exception {
    byte[] image = new byte[3 << 20];
    new Random(1).nextBytes(image);
    try (var recorder = new Recorder(settings(64 << 20), this::journaled)) {
      var images = recorder.open(IMAGES, () -> StreamCounts.ZERO);
      var joints = recorder.open(JOINTS, () -> StreamCounts.ZERO);
      joints.record(new byte[] {1}, "g1", 1, 1, 1);
      images.record(image, "g2", 1, 1, 2);
      joints.record(new byte[] {2}, "g1", 2, 2, 3);
    }

    assertThat(samples().stream().map(SegmentReader.Sample::payload).toList())
        .usingElementComparator(java.util.Arrays::compare)
        .containsExactly(new byte[] {1}, image, new byte[] {2});
  }

  @Test
  void shouldKeepStreamsOfSeveralThreadsWhole() throws Exception {
    int threads = 4;
    int each = 5_000;
    try (var recorder = new Recorder(settings(1 << 20), this::journaled)) {
      List<Thread> senders = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        String robot = "robot" + t % 2;
        var stream = new RecordedStream(robot, "/" + robot + "/t" + t, "a/msg/B", "", "", "");
        var inlet = recorder.open(stream, () -> StreamCounts.ZERO);
        senders.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int i = 0; i < each; i++) {
                        inlet.record(new byte[100], "g", i, i, i);
                      }
                    }));
      }
      for (var sender : senders) {
        sender.join();
      }
    }

    Map<String, Long> next = new HashMap<>();
    for (var sample : samples()) {
      assertThat(sample.sequence()).isEqualTo(next.getOrDefault(sample.channel().topic(), 0L));
      next.merge(sample.channel().topic(), 1L, (a, b) -> sample.sequence() + 1);
    }
    assertThat(next).hasSize(threads).containsValue((long) each);
  }

  @Test
  void shouldHaveOnDiskWhatCameBeforeAFlush() throws Exception {
    try (var recorder = new Recorder(settings(1 << 20), this::journaled)) {
      var inlet = recorder.open(JOINTS, () -> StreamCounts.ZERO);
      for (int i = 0; i < 100; i++) {
        inlet.record(new byte[100], "g1", i, i, i);
      }
      var open =
          recorder.flush("ada").toCompletableFuture().get(30, TimeUnit.SECONDS).orElseThrow();

      long read = 0;
      try (var reader = new SegmentReader(SegmentNames.find(data, open.file()), open.bytes())) {
        while (reader.next() != null) {
          read++;
        }
        assertThat(reader.end().wholeBytes()).isEqualTo(open.bytes());
      }
      assertThat(read).isEqualTo(100);
    }
  }

  @Test
  void shouldOfferAnEventAgainUntilTheJournalTakesIt() throws Exception {
    var refusals = new AtomicInteger(2);
    try (var recorder =
        new Recorder(
            settings(1 << 20),
            (robot, event) ->
                refusals.getAndDecrement() > 0
                    ? CompletableFuture.failedFuture(new IOException("disk full"))
                    : journaled(robot, event))) {
      recorder.open(JOINTS, () -> StreamCounts.ZERO).record(new byte[1], "g1", 1, 1, 1);
    }

    assertThat(journal).hasSize(2);
    assertThat(journal.getFirst()).isInstanceOf(Event.SegmentOpened.class);
    assertThat(journal.getLast()).isInstanceOf(Event.SegmentSealed.class);
  }

  @Test
  void shouldSealTheSegmentOfARobotThatLeavesAndBeginAnotherOnItsReturn() throws Exception {
    try (var recorder = new Recorder(settings(1 << 20), this::journaled)) {
      recorder.open(JOINTS, () -> StreamCounts.ZERO).record(new byte[1], "g1", 1, 1, 1);
      recorder.leave("ada");
      recorder.open(JOINTS, () -> StreamCounts.ZERO).record(new byte[1], "g1", 2, 2, 2);
      recorder.leave("ada");
    }

    assertThat(sealed()).hasSize(2);
    assertThat(sealed().stream().map(Event.SegmentSealed::file)).doesNotHaveDuplicates();
    assertThat(files()).hasSize(2).allMatch(file -> file.endsWith(".mcap"));
  }

  @Test
  void shouldNotCallAFileASegmentBeforeAnEventNamesIt() throws Exception {
    var never = new CompletableFuture<Long>();
    var recorder = new Recorder(settings(1 << 20), (robot, event) -> never);
    try (recorder) {
      recorder.open(JOINTS, () -> StreamCounts.ZERO).record(new byte[1], "g1", 1, 1, 1);
      recorder.flush("ada").toCompletableFuture().get(30, TimeUnit.SECONDS);
      assertThat(files()).allMatch(file -> file.endsWith(".mcap.new"));
      never.complete(1L);
    }
    assertThat(files()).allMatch(file -> file.endsWith(".mcap"));
  }

  @Test
  void shouldRefuseWhatHasNoRoomAndGoOnWhenADiskHasSpaceAgain() throws Exception {
    Path disk = smallDisk();
    try {
      var settings =
          new RecorderSettings(
              disk,
              64 << 20,
              Duration.ofMinutes(1),
              Duration.ofMillis(100),
              1 << 16,
              1 << 20,
              1 << 20,
              1);
      long accepted = 0;
      try (var recorder = new Recorder(settings, this::journaled)) {
        var ballast = disk.resolve("ballast");
        Files.write(ballast, new byte[3 << 20]);
        var inlet = recorder.open(JOINTS, () -> StreamCounts.ZERO);
        long refused = 0;
        while (refused == 0 || recorder.health().troubles().isEmpty()) {
          if (inlet.record(new byte[1_000], "g1", accepted, 0, 0)) {
            accepted++;
          } else {
            refused++;
            Thread.onSpinWait();
          }
        }
        assertThat(recorder.health().troubles().get("ada")).contains("not written", "wait");
        assertThat(recorder.health().refusedSamples()).isEqualTo(refused);

        Files.delete(ballast);
        recorder.flush("ada").toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertThat(inlet.record(new byte[1_000], "g1", accepted, 0, 0)).isTrue();
        accepted++;
      }
      assertThat(sealed().stream().mapToLong(Event.SegmentSealed::samples).sum())
          .isEqualTo(accepted);
      long read = 0;
      for (var segment : sealed()) {
        try (var reader = new SegmentReader(disk.resolve(segment.file()), Long.MAX_VALUE)) {
          for (var sample = reader.next(); sample != null; sample = reader.next()) {
            assertThat(sample.sequence()).isEqualTo(read++);
          }
          assertThat(reader.end().complete()).isTrue();
        }
      }
      assertThat(read).isEqualTo(accepted);
    } finally {
      new ProcessBuilder("umount", disk.toString()).start().waitFor();
    }
  }

  private Path smallDisk() throws Exception {
    Path disk = Files.createDirectory(data.resolve("disk"));
    int mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=4m", "tandem", disk.toString())
            .start()
            .waitFor();
    if (mounted != 0) {
      String why = "SKIPPED: no right to mount a tmpfs of 4 MiB; a full disk was not tried";
      System.out.println(why);
      Assumptions.abort(why);
    }
    return disk;
  }

  private RecorderSettings settings(long segmentBytes) {
    return new RecorderSettings(
        data,
        segmentBytes,
        Duration.ofMinutes(1),
        Duration.ofMillis(20),
        1 << 16,
        64 << 20,
        128 << 20,
        2);
  }

  private CompletableFuture<Long> journaled(String robot, Event.OfSegment event) {
    journal.add(event);
    return CompletableFuture.completedFuture((long) journal.size());
  }

  private List<Event.SegmentSealed> sealed() {
    return journal.stream()
        .filter(event -> event instanceof Event.SegmentSealed)
        .map(event -> (Event.SegmentSealed) event)
        .toList();
  }

  private List<SegmentReader.Sample> samples() throws IOException {
    List<SegmentReader.Sample> samples = new ArrayList<>();
    for (var segment : sealed()) {
      try (var reader = new SegmentReader(data.resolve(segment.file()), Long.MAX_VALUE)) {
        for (var sample = reader.next(); sample != null; sample = reader.next()) {
          samples.add(sample);
        }
        assertThat(reader.end().complete()).isTrue();
      }
    }
    return samples;
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.walk(data.resolve("segments"))) {
      return all.filter(Files::isRegularFile)
          .map(file -> data.relativize(file).toString())
          .sorted()
          .toList();
    }
  }
}
