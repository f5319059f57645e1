package tandem.twin.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.SealedEvent;

class JournalTest {
  private static final TwinId ADA = new TwinId("ada", 1);
  private static final TwinId EVE = new TwinId("eve", 1);

  @TempDir Path data;

  private static List<SealedEvent> chain(TwinId twin, int count) {
    var events = new ArrayList<SealedEvent>();
    for (int i = 0; i < count; i++) {
      events.add(
          JournalWriterMain.next(twin, events.isEmpty() ? null : events.getLast(), "text " + i));
    }
    return events;
  }

  private static CompletableFuture<Void> append(
      JournalDatabase journal, TwinId twin, List<SealedEvent> events) {
    return journal.committer().append(twin, events).toCompletableFuture();
  }

  private static List<SealedEvent> read(JournalReader reader, TwinId twin) throws Exception {
    var found = new ArrayList<SealedEvent>();
    reader.events(twin, 1, Long.MAX_VALUE, Long.MAX_VALUE, found::add);
    return found;
  }

  @Test
  void shouldGiveBackWhatWasWritten() throws Exception {
    var events = chain(ADA, 10);
    try (var journal = new JournalDatabase(data, 0)) {
      append(journal, ADA, events).join();

      try (var reader = journal.reader()) {
        assertThat(read(reader, ADA)).isEqualTo(events);
        assertThat(reader.highestSequence(ADA.toString())).isEqualTo(10);
        assertThat(reader.persistenceIds()).containsExactly("RobotTwin|ada~1");
      }
    }
    try (var reader = JournalDatabase.openStopped(data)) {
      assertThat(read(reader, ADA)).isEqualTo(events);
    }
  }

  @Test
  void shouldSyncTheLogWithEachCommit() throws Exception {
    try (var writer = new SqliteDialect(data.resolve("journal.db"), 0).openWriter();
        var statement = writer.createStatement()) {
      var mode = statement.executeQuery("PRAGMA journal_mode");
      assertThat(mode.getString(1)).isEqualTo("wal");
      var synchronous = statement.executeQuery("PRAGMA synchronous");
      assertThat(synchronous.getInt(1))
          .as("2: FULL, the log is synced by each commit")
          .isEqualTo(2);
    }
  }

  @Test
  void shouldFailOnlyTheWriterThatComesSecond() throws Exception {
    var ada = chain(ADA, 3);
    var eve = chain(EVE, 50);
    try (var journal = new JournalDatabase(data, 0)) {
      append(journal, ADA, ada.subList(0, 2)).join();

      var neighbours = new ArrayList<CompletableFuture<Void>>();
      for (SealedEvent each : eve.subList(0, 25)) {
        neighbours.add(append(journal, EVE, List.of(each)));
      }
      var second = append(journal, ADA, ada.subList(1, 3));
      for (SealedEvent each : eve.subList(25, 50)) {
        neighbours.add(append(journal, EVE, List.of(each)));
      }

      assertThatThrownBy(second::join)
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOf(WriteConflict.class)
          .hasMessageContaining("RobotTwin|ada~1")
          .hasMessageContaining("nothing of it was written");
      neighbours.forEach(CompletableFuture::join);
      try (var reader = journal.reader()) {
        assertThat(read(reader, ADA)).hasSize(2);
        assertThat(read(reader, EVE)).isEqualTo(eve);
      }
      assertThat(journal.committer().failure()).isNull();
    }
  }

  @Test
  void shouldGroupWhatIsQueuedIntoFewerCommits() throws Exception {
    try (var journal = new JournalDatabase(data, 0)) {
      var all = new ArrayList<CompletableFuture<Void>>();
      for (int i = 0; i < 200; i++) {
        var twin = new TwinId("robot" + i, 1);
        all.add(append(journal, twin, chain(twin, 1)));
      }
      all.forEach(CompletableFuture::join);

      assertThat(journal.committer().commits()).isLessThan(200);
    }
  }

  @Test
  void shouldRefuseAFullJournalClearlyAndGoOnWhenThereIsRoom() throws Exception {
    try (var journal = new JournalDatabase(data, 1 << 18)) {
      SealedEvent last = null;
      Throwable failure = null;
      for (int i = 0; i < 500 && failure == null; i++) {
        var next = JournalWriterMain.next(ADA, last, "x".repeat(5_000));
        failure = append(journal, ADA, List.of(next)).handle((nothing, thrown) -> thrown).join();
        if (failure == null) last = next;
      }

      assertThat(failure).hasMessageContaining("not written").hasMessageContaining("full");
      assertThat(journal.committer().failure()).isNotNull();
      try (var reader = journal.reader()) {
        assertThat(read(reader, ADA)).hasSize((int) last.sequence());
      }
    }
    try (var journal = new JournalDatabase(data, 0)) {
      try (var reader = journal.reader()) {
        var stored = read(reader, ADA);
        append(journal, ADA, List.of(JournalWriterMain.next(ADA, stored.getLast(), "again")))
            .join();
      }
    }
  }

  @Test
  void shouldLoseNoAcknowledgedEventToKill9() throws Exception {
    for (int round = 0; round < 3; round++) {
      Path place = data.resolve("round" + round);
      var process = writer(place, "5", "0", "2");
      Map<String, Long> acknowledged = new HashMap<>();
      try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
        int wanted = 200 + 777 * round;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          String[] words = line.split(" ");
          if (words.length == 2) acknowledged.put(words[0], Long.parseLong(words[1]));
          if (--wanted == 0)
            process.toHandle().destroyForcibly(); // SIGKILL, and the rest is still read
        }
      }
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(137);

      assertThat(Files.size(JournalDatabase.fileIn(place).resolveSibling("journal.db-wal")))
          .as("the log that the crash left")
          .isPositive();
      var before = listing(place);
      try (var reader = JournalDatabase.openStopped(place)) {
        assertThat(acknowledged).isNotEmpty();
        for (var each : acknowledged.entrySet()) {
          var stored = read(reader, new TwinId(each.getKey(), 1));
          assertThat((long) stored.size()).isGreaterThanOrEqualTo(each.getValue());
        }
        assertThat(reader.damage()).isEmpty();
      }
      assertThat(listing(place)).as("reading left the directory as it was").isEqualTo(before);
      try (var journal = new JournalDatabase(place, 0);
          var reader = journal.reader()) {
        for (var each : acknowledged.entrySet()) {
          assertThat(reader.highestSequence("RobotTwin|" + each.getKey() + "~1"))
              .isGreaterThanOrEqualTo(each.getValue());
        }
      }
    }
  }

  private static Map<String, Long> listing(Path place) throws Exception {
    var found = new HashMap<String, Long>();
    try (var files = Files.walk(place)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        found.put(each + " " + Files.getLastModifiedTime(each), Files.size(each));
      }
    }
    return found;
  }

  private static Process writer(Path place, String... arguments) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                JournalWriterMain.class.getName(),
                place.toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }
}
