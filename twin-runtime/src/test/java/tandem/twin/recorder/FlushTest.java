package tandem.twin.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody waits for the disk, whose work is done when the test says so. */
class FlushTest {
  private static final RecordedStream STREAM =
      new RecordedStream("ada", "/ada/t", "a/msg/B", "", "int32 x\n", "");

  @TempDir Path data;
  private final ArrayDeque<Runnable> disk = new ArrayDeque<>();

  private RobotRecording recording(long segmentBytes) {
    var settings =
        new RecorderSettings(
            data,
            segmentBytes,
            Duration.ofMinutes(1),
            Duration.ofMillis(100),
            1 << 12,
            16 << 20,
            16 << 20,
            1);
    var journal = new JournalQueue("ada", (robot, e) -> CompletableFuture.completedFuture(1L));
    return new RobotRecording("ada", "r", "s", settings, journal, disk::add, new AtomicLong());
  }

  private static void offer(RobotRecording recording, int samples) {
    for (int i = 0; i < samples; i++) recording.offer(STREAM, new byte[300], "g", i, i, i);
  }

  /** The group commit before a rotation was synced by the sealing, whose file is closed by then. */
  @Test
  void shouldCompleteThoughTheSegmentIsSealedBeforeTheDisksTurn() throws Exception {
    var recording = recording(1 << 10);
    offer(recording, 20);
    var flushed = recording.flush();

    recording.work(1_000_000_000, 1);
    assertThat(flushed).isNotDone();
    disk.forEach(Runnable::run);

    var open = flushed.get(20, TimeUnit.SECONDS).orElseThrow();
    assertThat(data.resolve(open.file()).toFile().length()).isGreaterThanOrEqualTo(open.bytes());
  }

  @Test
  void shouldNameTheFileWhoseBytesAreOnDiskAndNotTheOneThatIsOpenByThen() throws Exception {
    var recording = recording(1 << 14);
    offer(recording, 20);
    var flushed = recording.flush();
    recording.work(1_000_000_000, 1);
    offer(recording, 200);
    recording.work(2_000_000_000, 2);
    disk.forEach(Runnable::run);

    var open = flushed.get(20, TimeUnit.SECONDS).orElseThrow();
    assertThat(open.bytes()).isBetween(20 * 300L, 1L << 14);
    assertThat(data.resolve(open.file()).toFile().length()).isGreaterThanOrEqualTo(open.bytes());
    offer(recording, 1);
    var next = recording.flush();
    recording.work(3_000_000_000L, 3);
    disk.forEach(Runnable::run);
    assertThat(next.get(20, TimeUnit.SECONDS).orElseThrow().file()).isNotEqualTo(open.file());
  }

  @Test
  void shouldCompleteEmptyWhereNothingIsOpen() throws Exception {
    var recording = recording(1 << 20);
    var flushed = recording.flush();

    recording.work(1_000_000_000, 1);

    assertThat(flushed.get(20, TimeUnit.SECONDS)).isEmpty();
  }
}
