package tandem.twin.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.event.Event;

class SegmentRecoveryTest {
  private static final String RECORDER = "r-1";
  @TempDir Path data;

  @Test
  void shouldKeepEveryWholeChunkOfASegmentCutAnywhere() throws Exception {
    byte[] whole = Files.readAllBytes(record(200));
    Files.walk(data.resolve("segments"))
        .filter(Files::isRegularFile)
        .forEach(file -> file.toFile().delete());
    var random = new Random(3);

    long before = 0;
    for (int length = 0; length < whole.length; length += 1 + random.nextInt(400)) {
      String file = "segments/ada/old-%06d.mcap".formatted(length);
      Files.write(data.resolve(file), java.util.Arrays.copyOf(whole, length));
      var recovered =
          (Event.SegmentRecovered)
              only(
                  SegmentRecovery.recover(data, RECORDER, "ada", opened(file), name -> false),
                  file);

      assertThat(recovered.tornBytes()).isBetween(0L, (long) length);
      assertThat(recovered.sealed().samples()).isGreaterThanOrEqualTo(before);
      before = recovered.sealed().samples();
      assertThat(recovered.sealed().sha256()).isEqualTo(SegmentRecovery.hash(data.resolve(file)));
      assertThat(numbers(data.resolve(file))).hasSize((int) before).isSorted();
      Files.delete(data.resolve(file));
    }
    assertThat(before).isEqualTo(200);
  }

  @Test
  void shouldSealACompleteFileThatTheJournalDoesNotKnowAsSealed() throws Exception {
    Path file = record(10);
    byte[] bytes = Files.readAllBytes(file);
    String name = data.relativize(file).toString();

    var found =
        only(SegmentRecovery.recover(data, RECORDER, "ada", opened(name), other -> false), name);

    assertThat(((Event.SegmentRecovered) found).tornBytes()).isZero();
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @Test
  void shouldGiveAFileItsNameThatWasNotNamedByAnEventInTime() throws Exception {
    Path file = record(10);
    String name = data.relativize(file).toString();
    Files.move(file, file.resolveSibling(file.getFileName() + ".new"));

    var found =
        only(SegmentRecovery.recover(data, RECORDER, "ada", List.of(), other -> false), name);

    assertThat(((Event.SegmentRecovered) found).sealed().samples()).isEqualTo(10);
    assertThat(numbers(file)).hasSize(10);
  }

  @Test
  void shouldSayWhatIsLostAndWhatNoEventNames() throws Exception {
    Path file = record(10);
    String name = data.relativize(file).toString();

    var found =
        SegmentRecovery.recover(
            data, RECORDER, "ada", opened("segments/ada/gone-000001.mcap"), other -> false);

    assertThat(found).hasSize(2);
    assertThat(only(found, name)).isInstanceOf(Event.SegmentOrphaned.class);
    assertThat(only(found, "segments/ada/gone-000001.mcap")).isInstanceOf(Event.SegmentLost.class);
  }

  @Test
  void shouldLeaveToAnotherRecorderWhatItHas() throws Exception {
    var elsewhere = new Event.SegmentOpened("segments/ada/far-000001.mcap", 0, "another");
    var before = new Event.SegmentOpened("segments/ada/gone-000001.mcap", 0, "");

    var found =
        SegmentRecovery.recover(data, RECORDER, "ada", List.of(elsewhere, before), other -> false);

    assertThat(found).hasSize(1);
    assertThat(only(found, before.file())).isInstanceOf(Event.SegmentLost.class);
  }

  @Test
  void shouldLeaveACorruptFileAsItIsAndNameThePlace() throws Exception {
    Path file = record(2_000);
    String name = data.relativize(file).toString();
    byte[] bytes = Files.readAllBytes(file);
    bytes[2_000] ^= 1;
    Files.write(file, bytes);

    var found =
        only(SegmentRecovery.recover(data, RECORDER, "ada", opened(name), other -> false), name);

    assertThat(((Event.SegmentLost) found).why()).contains("crc of Chunk", "at byte");
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @Test
  void shouldKeepWhatWasFlushedBeforeAKill() throws Exception {
    for (int round = 0; round < 3; round++) {
      Path killed = Files.createDirectory(data.resolve("killed" + round));
      long acknowledged = recordUntilKilled(killed, 3 + 4 * round);

      List<Event.OfSegment> journaled = new ArrayList<>();
      try (Stream<Path> all = Files.list(killed.resolve("segments/ada"))) {
        all.map(file -> killed.relativize(file).toString())
            .filter(file -> file.endsWith(".mcap"))
            .forEach(file -> journaled.addAll(opened(file)));
      }
      var found = SegmentRecovery.recover(killed, RECORDER, "ada", journaled, name -> false);

      List<Long> numbers = new ArrayList<>();
      for (var event : found) {
        var recovered = (Event.SegmentRecovered) event;
        numbers.addAll(numbers(killed.resolve(recovered.file())));
      }
      assertThat(numbers).hasSizeGreaterThanOrEqualTo((int) acknowledged);
      for (int i = 0; i < numbers.size(); i++) {
        assertThat(numbers.get(i)).isEqualTo(i);
      }
    }
  }

  private static long recordUntilKilled(Path into, int flushes) throws Exception {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Endless.class.getName(),
                into.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT) // why it ended, should it end early
            .start();
    long acknowledged = 0;
    try (var out = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
      for (int i = 0; i < flushes; i++) {
        String line = out.readLine();
        assertThat(line).as("flush %d of the recording process", i).isNotNull();
        acknowledged = Long.parseLong(line);
      }
    } finally {
      process.destroyForcibly().waitFor(30, TimeUnit.SECONDS); // SIGKILL
    }
    return acknowledged;
  }

  /** Records for ever; prints how many samples were on disk at each flush. */
  static final class Endless {
    public static void main(String[] arguments) throws Exception {
      var settings = settings(Path.of(arguments[0]), 1 << 16);
      var recorder =
          new Recorder(settings, (robot, event) -> CompletableFuture.completedFuture(1L));
      var inlet = recorder.open(stream(), () -> StreamCounts.ZERO);
      long sent = 0;
      while (true) {
        long before = sent;
        while (sent < before + 500) {
          if (inlet.record(new byte[300], "g", sent, sent, sent)) {
            sent++;
          }
        }
        recorder.flush("ada").toCompletableFuture().get(30, TimeUnit.SECONDS);
        System.out.println(sent);
      }
    }
  }

  private static RecordedStream stream() {
    return new RecordedStream("ada", "/ada/t", "a/msg/B", "", "int32 x\n", "");
  }

  private static RecorderSettings settings(Path data, long segmentBytes) {
    return new RecorderSettings(
        data,
        segmentBytes,
        Duration.ofMinutes(1),
        Duration.ofMillis(100),
        1 << 12,
        16 << 20,
        16 << 20,
        1);
  }

  /** One sealed segment with so many samples. */
  private Path record(int samples) throws IOException {
    try (var recorder =
        new Recorder(
            settings(data, 64 << 20), (robot, event) -> CompletableFuture.completedFuture(1L))) {
      var inlet = recorder.open(stream(), () -> StreamCounts.ZERO);
      for (int i = 0; i < samples; i++) {
        inlet.record(new byte[60], "g", i, i, i);
      }
    }
    try (Stream<Path> all = Files.walk(data.resolve("segments"))) {
      return all.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
  }

  private static List<Event.OfSegment> opened(String file) {
    return List.of(new Event.SegmentOpened(file, 0, RECORDER));
  }

  private static Event.OfSegment only(List<Event.OfSegment> events, String file) {
    return events.stream().filter(event -> event.file().equals(file)).findFirst().orElseThrow();
  }

  private static List<Long> numbers(Path file) throws IOException {
    List<Long> numbers = new ArrayList<>();
    try (var reader = new SegmentReader(file, Long.MAX_VALUE)) {
      for (var sample = reader.next(); sample != null; sample = reader.next()) {
        numbers.add(sample.sequence());
      }
      assertThat(reader.end().complete()).isTrue();
    }
    return numbers;
  }
}
