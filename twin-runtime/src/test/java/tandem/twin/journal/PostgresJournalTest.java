package tandem.twin.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.SealedEvent;
import tandem.twin.audit.Audit;

/** The journal on a real PostgreSQL process, a database of its own for each test. */
class PostgresJournalTest {
  private static final TwinId ADA = new TwinId("ada", 1);
  private static final TwinId EVE = new TwinId("eve", 1);
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static EmbeddedPostgres server;

  private String database;
  private PostgresJournal place;

  @BeforeAll
  static void start() throws Exception {
    server = synced().start();
  }

  private static EmbeddedPostgres.Builder synced() {
    return EmbeddedPostgres.builder()
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on");
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void create() throws SQLException {
    database = "j" + DATABASES.incrementAndGet();
    sql("postgres", "CREATE DATABASE " + database);
    place = new PostgresJournal(server.getJdbcUrl("postgres", database), "postgres", "");
  }

  private static void sql(String database, String text) throws SQLException {
    try (Connection connection = server.getDatabase("postgres", database).getConnection();
        var statement = connection.createStatement()) {
      statement.execute(text);
    }
  }

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

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /** Each states what it has seen, also of a twin that the other one goes on with. */
  @Test
  void shouldFindACutEndByTheCheckpointsOfEachNode(@TempDir Path here, @TempDir Path there)
      throws Exception {
    var events = chain(ADA, 9);
    try (var first = new JournalDatabase(place);
        var second = new JournalDatabase(place)) {
      var one = checkpointer(first, here);
      append(first, ADA, events.subList(0, 4)).join();
      one.close();
      var other = checkpointer(second, there);
      append(second, ADA, events.subList(4, 9)).join();
      other.close();
      assertThat(one.failure()).isNull();
      assertThat(other.failure()).isNull();
    }
    assertThat(firstBad(here)).isEmpty();
    assertThat(firstBad(there)).isEmpty();

    sql(database, "DELETE FROM event WHERE sequence > 6");
    assertThat(firstBad(here)).as("it has seen 4").isEmpty();
    assertThat(firstBad(there)).contains("signs sequence 9 of term 1, the journal ends at 6");

    sql(database, "DELETE FROM event WHERE sequence > 2");
    assertThat(firstBad(here)).contains("signs sequence 4 of term 1, the journal ends at 2");
  }

  private static Checkpointer checkpointer(JournalDatabase journal, Path data) {
    var settings = new Checkpointer.Settings(data, Duration.ofHours(1), Duration.ofDays(1), "9");
    return Checkpointer.start(journal, settings);
  }

  private String firstBad(Path data) {
    return Audit.ofServer(data, place, (topic, type, schema, payload) -> Optional.empty(), Map.of())
        .verify("ada")
        .getFirst()
        .getFirstBad()
        .getWhy();
  }

  @Test
  void shouldGiveBackTheSameBytesAsTheEmbeddedJournal(@TempDir Path data) throws Exception {
    var events = chain(ADA, 5_000);
    var rows = new ArrayList<JournalReader.Row>();
    var embedded = new ArrayList<JournalReader.Row>();
    try (var journal = new JournalDatabase(place);
        var file = new JournalDatabase(data, 0)) {
      append(journal, ADA, events).join();
      append(journal, EVE, chain(EVE, 2)).join();
      append(file, ADA, events).join();
      try (var reader = journal.reader()) {
        assertThat(read(reader, ADA)).isEqualTo(events);
        assertThat(reader.persistenceIds()).containsExactly("RobotTwin|ada~1", "RobotTwin|eve~1");
        assertThat(reader.terms("ada")).containsExactly(ADA);
        assertThat(reader.highestSequence(ADA.toString())).isEqualTo(5_000);
        reader.rows(ADA.toString(), 1, 5_000, Long.MAX_VALUE, rows::add);
      }
      try (var reader = file.reader()) {
        reader.rows(ADA.toString(), 1, 5_000, Long.MAX_VALUE, embedded::add);
      }
    }
    assertThat(rows).isEqualTo(embedded);
    try (var reader = JournalDatabase.openReading(place)) {
      assertThat(read(reader, ADA)).isEqualTo(events);
    }
  }

  /** The server is in the middle of its rows then; the connection goes back to the others. */
  @Test
  void shouldReadOnAfterSomebodyWantedNoMore() throws Exception {
    var events = chain(ADA, 5_000);
    try (var journal = new JournalDatabase(place)) {
      append(journal, ADA, events).join();
      for (int i = 0; i < 3; i++) {
        try (var reader = journal.reader()) {
          assertThatThrownBy(
                  () ->
                      reader.events(
                          ADA,
                          1,
                          Long.MAX_VALUE,
                          Long.MAX_VALUE,
                          event -> {
                            if (event.sequence() == 10) throw new IllegalStateException("enough");
                          }))
              .hasMessage("enough")
              .hasNoSuppressedExceptions();
        }
        try (var reader = journal.reader()) {
          var some = new ArrayList<SealedEvent>();
          reader.events(ADA, 4_000, 4_500, 3, some::add);
          assertThat(some).isEqualTo(events.subList(3_999, 4_002));
          assertThat(read(reader, ADA)).isEqualTo(events);
          assertThat(read(reader, new TwinId("nobody", 1))).isEmpty();
        }
      }
    }
  }

  @Test
  void shouldRefuseOnlyTheWriterThatHasLostItsTwin() throws Exception {
    try (var one = new JournalDatabase(place);
        var other = new JournalDatabase(place)) {
      append(one, ADA, chain(ADA, 3)).join();
      append(one, EVE, chain(EVE, 1)).join();
      var stale = chain(ADA, 3).subList(2, 3);
      var waiting = new ArrayList<CompletableFuture<Void>>();
      var refused = append(other, ADA, stale);
      for (int i = 0; i < 200; i++) {
        var twin = new TwinId("bob" + i, 1);
        waiting.add(append(other, twin, chain(twin, 2)));
      }
      var again = append(other, EVE, chain(EVE, 1));

      assertThatThrownBy(refused::join).hasCauseInstanceOf(WriteConflict.class);
      assertThatThrownBy(again::join).hasCauseInstanceOf(WriteConflict.class);
      waiting.forEach(CompletableFuture::join);
      assertThat(other.committer().failure()).isNull();
      assertThat(other.committer().events()).isEqualTo(400);
      try (var reader = one.reader()) {
        assertThat(reader.highestSequence(ADA.toString())).isEqualTo(3);
        assertThat(reader.highestSequence("RobotTwin|bob199~1")).isEqualTo(2);
      }
    }
  }

  @Test
  void shouldNotWaitForAWriterThatWasPausedInMidTransaction() throws Exception {
    try (var journal = new JournalDatabase(place);
        Connection paused = new PostgresDialect(place).openWriter();
        var insert =
            paused.prepareStatement(
                "INSERT INTO event VALUES ('RobotTwin|ada~1', 1, 'x', 1, 1, '', '', '')")) {
      insert.executeUpdate();

      append(journal, ADA, chain(ADA, 2)).join();

      assertThatThrownBy(paused::commit).isInstanceOf(SQLException.class);
      try (var reader = journal.reader()) {
        assertThat(read(reader, ADA)).isEqualTo(chain(ADA, 2));
      }
    }
  }

  @Test
  void shouldSayThatItCannotWriteAndGoOnWithoutARestart() throws Exception {
    try (var journal = new JournalDatabase(place)) {
      append(journal, ADA, chain(ADA, 1)).join();
      sql("postgres", "ALTER DATABASE " + database + " SET default_transaction_read_only = on");
      sql("postgres", terminate());
      var second = chain(ADA, 2).subList(1, 2);
      assertThatThrownBy(() -> append(journal, ADA, second).join())
          .isInstanceOf(CompletionException.class)
          .hasMessageContaining("1 events of RobotTwin|ada~1 from sequence 2 not written");
      assertThat(journal.committer().failure()).isNotNull();
      await(
          "the server says that it is read-only",
          () -> String.valueOf(journal.committer().failure()).contains("read-only"));

      sql("postgres", "ALTER DATABASE " + database + " RESET default_transaction_read_only");
      sql("postgres", terminate());
      await("writable again", () -> journal.committer().failure() == null);

      append(journal, ADA, second).join();
      try (var reader = journal.reader()) {
        assertThat(read(reader, ADA)).isEqualTo(chain(ADA, 2));
      }
    }
  }

  private String terminate() {
    return "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"
        + database
        + "'";
  }

  @Test
  void shouldLoseNoAcknowledgedEventToAKilledServer(@TempDir Path files) throws Exception {
    Path kept = files.resolve("pg");
    var acknowledged = new ArrayList<SealedEvent>();
    EmbeddedPostgres first = synced().setDataDirectory(kept).setCleanDataDirectory(false).start();
    try (var journal =
        new JournalDatabase(
            new PostgresJournal(first.getJdbcUrl("postgres", "postgres"), "postgres", ""))) {
      boolean killed = false;
      while (true) {
        SealedEvent last = acknowledged.isEmpty() ? null : acknowledged.getLast();
        SealedEvent next = JournalWriterMain.next(ADA, last, "text");
        try {
          append(journal, ADA, List.of(next)).join();
        } catch (CompletionException gone) {
          break;
        }
        acknowledged.add(next);
        if (acknowledged.size() == 200) {
          String pid = Files.readAllLines(kept.resolve("postmaster.pid")).getFirst().strip();
          ProcessHandle server = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
          List<ProcessHandle> all = new ArrayList<>(server.descendants().toList());
          all.add(server);
          all.forEach(ProcessHandle::destroyForcibly); // SIGKILL
          killed = true;
        }
        assertThat(acknowledged.size()).as("killed: %s", killed).isLessThan(100_000);
      }
      assertThat(journal.committer().failure()).isNotNull();
    }
    first.close(); // it runs no more; only its files are let go
    try (EmbeddedPostgres second =
            synced().setDataDirectory(kept).setCleanDataDirectory(false).start();
        var reader =
            JournalDatabase.openReading(
                new PostgresJournal(second.getJdbcUrl("postgres", "postgres"), "postgres", ""))) {
      assertThat(read(reader, ADA)).startsWith(acknowledged.toArray(SealedEvent[]::new));
    }
  }

  @Test
  void shouldNameTheServerAndChangeNothingWhereItCannotBeOpened() throws Exception {
    assertThatThrownBy(
            () -> new JournalDatabase(new PostgresJournal(place.url(), "nobody", "secret")))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("/" + database + ": cannot be opened")
        .hasMessageContaining("nobody")
        .hasMessageNotContaining("secret");
    var nowhere = new PostgresJournal("jdbc:postgresql://127.0.0.1:1/none", "postgres", "");
    assertThatThrownBy(() -> new JournalDatabase(nowhere))
        .hasMessageContaining("127.0.0.1:1/none: cannot be opened");
    assertThatThrownBy(
            () -> new PostgresJournal("jdbc:postgresql://h/d?password=secret", "postgres", ""))
        .hasMessageContaining("password-file")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> new PostgresJournal("jdbc:mysql://h/d", "x", ""))
        .hasMessageContaining("expected jdbc:postgresql://");
  }

  @Test
  void shouldRefuseTablesOfANewerVersion() throws Exception {
    new JournalDatabase(place).close();
    sql(database, "UPDATE journal_meta SET value = '99' WHERE name = 'format'");

    assertThatThrownBy(() -> new JournalDatabase(place))
        .hasMessageContaining("format: expected at most 2, found 99");
  }

  @Test
  void shouldMakeTheTablesOnceWhenNodesStartTogether() throws Exception {
    try (var threads = Executors.newFixedThreadPool(4)) {
      var opened = new ArrayList<java.util.concurrent.Future<JournalDatabase>>();
      for (int i = 0; i < 4; i++) opened.add(threads.submit(() -> new JournalDatabase(place)));
      for (var each : opened) {
        try (JournalDatabase journal = each.get()) {
          assertThat(journal.committer().failure()).isNull();
        }
      }
    }
  }

  @Test
  void shouldRefuseAServerThatDoesNotSync() throws Exception {
    try (EmbeddedPostgres careless = EmbeddedPostgres.builder().start()) {
      var at = new PostgresJournal(careless.getJdbcUrl("postgres", "postgres"), "postgres", "");
      assertThatThrownBy(() -> new JournalDatabase(at))
          .hasMessageContaining("fsync: expected on, found off");
    }
  }
}
