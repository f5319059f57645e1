package tandem.twin.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.twin.checkpoint.Checkpoints;
import tandem.twin.checkpoint.Statement;

class CheckpointerTest {
  @TempDir Path data;

  @Test
  void shouldStateEveryTwinAtACleanEndAndWhichSoftwareRan() throws Exception {
    try (var journal = new JournalDatabase(data, 0)) {
      var checkpointer = start(journal);
      write(journal, "ada", 1, 5);
      write(journal, "eve", 1, 3);
      checkpointer.close();
    }

    assertThat(head("ada")).isEqualTo(5);
    assertThat(head("eve")).isEqualTo(3);
    var software = entries().get(1);
    assertThat(software.statement().kind()).isEqualTo(Statement.Kind.SOFTWARE);
    assertThat(software.text()).contains("tandem 9.9; java 2", "; jars ");
  }

  /** A killed node leaves events that it had no time to state. */
  @Test
  void shouldStateWhatAnEarlierRunWroteAndDidNot() throws Exception {
    try (var journal = new JournalDatabase(data, 0)) {
      start(journal).close();
      write(journal, "ada", 1, 5);
    }
    assertThat(entries()).hasSize(2);

    try (var journal = new JournalDatabase(data, 0)) {
      start(journal).close();
    }

    assertThat(head("ada")).isEqualTo(5);
  }

  @Test
  void shouldStateAtItsIntervalAndOnlyWhatMoved() throws Exception {
    try (var journal = new JournalDatabase(data, 0)) {
      var checkpointer = start(journal);
      write(journal, "ada", 1, 5);
      write(journal, "eve", 1, 3);
      await(checkpointer, 3);
      write(journal, "ada", 6, 7);
      await(checkpointer, 4);
      checkpointer.close();
    }

    assertThat(entries()).hasSize(4);
    assertThat(entries().get(3).moved()).hasSize(1);
    assertThat(entries().get(3).statement().count()).isEqualTo(2);
    assertThat(head("ada")).isEqualTo(7);
  }

  @Test
  void shouldStateAtOnceWhenAsked() throws Exception {
    try (var journal = new JournalDatabase(data, 0)) {
      var settings = new Checkpointer.Settings(data, Duration.ofHours(1), Duration.ofDays(1), "9");
      var checkpointer = Checkpointer.start(journal, settings);
      write(journal, "ada", 1, 5);
      checkpointer.checkpoint().toCompletableFuture().get(20, TimeUnit.SECONDS);
      assertThat(head("ada")).isEqualTo(5);
      checkpointer.close();
      checkpointer.checkpoint().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void shouldTakeANewKeyWhenTheOldOneIsTooOld() throws Exception {
    for (int run = 0; run < 2; run++) {
      try (var journal = new JournalDatabase(data, 0)) {
        write(journal, "ada", 1 + 2 * run, 2 + 2 * run);
        var settings = new Checkpointer.Settings(data, Duration.ofSeconds(1), Duration.ZERO, "9");
        Checkpointer.start(journal, settings).close();
      }
    }

    assertThat(entries().stream().map(e -> e.statement().kind()).toList())
        .containsExactly(
            Statement.Kind.KEY,
            Statement.Kind.SOFTWARE,
            Statement.Kind.KEY,
            Statement.Kind.CHECKPOINT,
            Statement.Kind.SOFTWARE,
            Statement.Kind.KEY,
            Statement.Kind.CHECKPOINT);
  }

  @Test
  void shouldNeverStateATwinAnewWhoseJournalContradictsIt() throws Exception {
    try (var journal = new JournalDatabase(data, 0)) {
      var checkpointer = start(journal);
      write(journal, "ada", 1, 5);
      write(journal, "eve", 1, 3);
      checkpointer.close();
    }
    Files.delete(JournalDatabase.fileIn(data));
    try (var journal = new JournalDatabase(data, 0)) {
      write(journal, "ada", 1, 9);
      write(journal, "eve", 1, 4);
      write(journal, "new", 1, 1);
      var checkpointer = start(journal);
      checkpointer.close();
      assertThat(checkpointer.failure()).contains("contradicts", "RobotTwin|ada~1");
    }

    assertThat(head("ada")).as("its events are others").isEqualTo(5);
    assertThat(head("eve")).as("the same events again, and one more").isEqualTo(4);
    assertThat(head("new")).isEqualTo(1);
  }

  /** The journal goes on; the node tells why it signs nothing. */
  @Test
  void shouldSayWhyNoneIsMadeAndGoOnWhenThatIsMended() throws Exception {
    Files.createDirectories(data);
    Files.writeString(data.resolve("checkpoints"), "in the way");
    try (var journal = new JournalDatabase(data, 0)) {
      var checkpointer = start(journal);
      write(journal, "ada", 1, 5);
      await(checkpointer, 0);
      assertThat(checkpointer.failure()).isNotNull();

      Files.delete(data.resolve("checkpoints"));
      await(checkpointer, 3);
      assertThat(checkpointer.failure()).isNull();
      checkpointer.close();
    }
    assertThat(head("ada")).isEqualTo(5);
  }

  @Test
  void shouldRefuseAnIntervalOutOfItsRange() {
    var config =
        ConfigFactory.parseMap(
            Map.of(
                "data", data.toString(),
                "software", "9",
                "checkpoints.every", "10ms",
                "checkpoints.key-max-age", "1d"));

    assertThatThrownBy(() -> Checkpointer.Settings.from(config))
        .hasMessageContaining("tandem.twin.checkpoints.every: expected");
  }

  @Test
  void shouldMakeNoneWhereNoneAreWanted() throws Exception {
    try (var journal = new JournalDatabase(data, 0)) {
      var settings = new Checkpointer.Settings(data, Duration.ZERO, Duration.ofDays(1), "9");
      var checkpointer = Checkpointer.start(journal, settings);
      write(journal, "ada", 1, 5);
      checkpointer.close();
    }

    assertThat(data.resolve("checkpoints")).doesNotExist();
  }

  private Checkpointer start(JournalDatabase journal) {
    return Checkpointer.start(
        journal, new Checkpointer.Settings(data, Duration.ofSeconds(1), Duration.ofDays(1), "9.9"));
  }

  /** Until the statement of this number is on disk; 0: until a failure is told. */
  private static void await(Checkpointer checkpointer, long number) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (number == 0 ? checkpointer.failure() == null : checkpointer.number() < number) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "statement %d not within 30 s; newest %d, failure %s"
                .formatted(number, checkpointer.number(), checkpointer.failure()));
      }
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }

  private static void write(JournalDatabase journal, String robot, long from, long to)
      throws Exception {
    var id = new TwinId(robot, 1);
    var batch = new ArrayList<SealedEvent>();
    ByteString previous = SealedEvent.NO_HASH;
    for (long sequence = from; sequence <= to; sequence++) {
      String text = robot.equals("ada") ? "to " + to : "note";
      var event =
          SealedEvent.seal(
              robot, 1, sequence, sequence, previous, new Event.OperatorAction("a", "b", text));
      batch.add(event);
      previous = event.hash();
    }
    journal.committer().append(id, batch).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private long head(String robot) throws Exception {
    return Checkpoints.newest(data)
        .orElseThrow()
        .heads()
        .get(new TwinId(robot, 1).toString())
        .sequence();
  }

  private List<Checkpoints.Entry> entries() throws Exception {
    var entries = new ArrayList<Checkpoints.Entry>();
    try (var log = Checkpoints.open(data).orElseThrow()) {
      for (var entry = log.next(); entry != null; entry = log.next()) entries.add(entry);
    }
    return entries;
  }
}
