package tandem.deploy.bench;

import com.google.protobuf.ByteString;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.postgresql.PGConnection;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.robot.inbound.RosSampleReader;
import tandem.twin.audit.Audit;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.PostgresJournal;
import tandem.twin.journal.TwinId;

/**
 * The journal on a PostgreSQL process of its own, beside what the server does by itself in the same
 * run: commits of one row (each a sync), COPY and SELECT of the same rows.
 */
final class PostgresBench implements Bench {
  private static final int[] TWINS = {1, 100, 1_000};
  private static final int ROWS = 100_000;
  private static final int AT_ONCE = 500;
  private static final TwinId READ = new TwinId("read", 1);

  @Override
  public String name() {
    return "journal-postgres";
  }

  @Override
  public String about() {
    return "durable events a second on a PostgreSQL process, recovery and verify, beside raw rows";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    Path data = Files.createTempDirectory("tandem-bench-postgres-");
    try (EmbeddedPostgres server =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .start()) {
      var place = new PostgresJournal(server.getJdbcUrl("postgres", "postgres"), "postgres", "");
      try (var journal = new JournalDatabase(place);
          var raw = server.getPostgresDatabase().getConnection()) {
        double syncs = rawCommits(raw, seconds);
        write(journal, 1, seconds / 2); // warms up
        for (int twins : TWINS) {
          long before = journal.committer().commits();
          long begin = System.nanoTime();
          long[] nanos = write(journal, twins, seconds);
          double took = (System.nanoTime() - begin) / 1e9;
          report.accept(
              line(
                  "twins",
                  twins,
                  "eventsPerSecond",
                  Math.rint(nanos.length / took),
                  "p50Millis",
                  millis(nanos, 0.5),
                  "p99Millis",
                  millis(nanos, 0.99),
                  "commitsPerSecond",
                  Math.rint((journal.committer().commits() - before) / took),
                  "rawSyncedCommitsPerSecond",
                  Math.rint(syncs)));
        }
        fill(journal);
      }
      report.accept(reading(data, server, place));
    } finally {
      BenchNode.delete(data);
    }
  }

  private static double millis(long[] sorted, double quantile) {
    return Math.rint(sorted[(int) ((sorted.length - 1) * quantile)] / 1e4) / 100;
  }

  private static double rawCommits(Connection raw, double seconds) throws SQLException {
    try (var statement = raw.createStatement()) {
      statement.execute("CREATE TABLE raw_commit (at BIGINT, payload BYTEA)");
    }
    long begin = System.nanoTime(), end = begin + (long) (seconds * 1e9);
    int commits = 0;
    try (var insert = raw.prepareStatement("INSERT INTO raw_commit VALUES (?, ?)")) {
      while (System.nanoTime() < end) {
        insert.setLong(1, commits++);
        insert.setBytes(2, new byte[195]);
        insert.executeUpdate();
      }
    }
    return commits / ((System.nanoTime() - begin) / 1e9);
  }

  /** One event in flight per twin; what each took, sorted. */
  private static long[] write(JournalDatabase journal, int twins, double seconds) throws Exception {
    var nanos = new ConcurrentLinkedQueue<Long>();
    var failures = new ConcurrentLinkedQueue<Throwable>();
    long end = System.nanoTime() + (long) (seconds * 1e9);
    var writers = new ArrayList<Thread>();
    for (int i = 0; i < twins; i++) {
      var twin = new TwinId("w" + twins + "-" + i + "-" + end, 1);
      writers.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    SealedEvent last = null;
                    try {
                      while (System.nanoTime() < end) {
                        last = next(twin, last);
                        long from = System.nanoTime();
                        journal
                            .committer()
                            .append(twin, List.of(last))
                            .toCompletableFuture()
                            .join();
                        nanos.add(System.nanoTime() - from);
                      }
                    } catch (RuntimeException failed) {
                      failures.add(failed);
                    }
                  }));
    }
    for (Thread writer : writers) writer.join();
    if (!failures.isEmpty()) throw new IllegalStateException("not written", failures.peek());
    return nanos.stream().mapToLong(Long::longValue).sorted().toArray();
  }

  private static SealedEvent next(TwinId twin, SealedEvent last) {
    long sequence = last == null ? 1 : last.sequence() + 1;
    Event event =
        sequence == 1
            ? new Event.TermBegun(twin.term(), 0, 0, ByteString.EMPTY, "local", "bench")
            : new Event.OperatorAction("bench", "note", "an event of the usual length ".repeat(3));
    ByteString head = last == null ? SealedEvent.NO_HASH : last.hash();
    return SealedEvent.seal(twin.robot(), twin.term(), sequence, 1_000_000 + sequence, head, event);
  }

  private static void fill(JournalDatabase journal) {
    SealedEvent last = null;
    for (int done = 0; done < ROWS; done += AT_ONCE) {
      var batch = new ArrayList<SealedEvent>(AT_ONCE);
      for (int i = 0; i < AT_ONCE; i++) batch.add(last = next(READ, last));
      journal.committer().append(READ, batch).toCompletableFuture().join();
    }
  }

  private Map<String, Object> reading(Path data, EmbeddedPostgres server, PostgresJournal place)
      throws Exception {
    double select = 0;
    double recovery = 0;
    double copy;
    try (var raw = server.getPostgresDatabase().getConnection()) {
      raw.setAutoCommit(false);
      copy = copied(raw);
      for (int round = 0; round < 3; round++) { // the last one counts: compiled by then
        select = rate(rows -> selected(raw));
        recovery = rate(rows -> recovered(place));
      }
    }
    var audit = Audit.ofServer(data, place, new RosSampleReader(), Map.of());
    long begin = System.nanoTime();
    var verified = audit.verify(READ.robot()).getFirst();
    double verify = verified.getEvents() / ((System.nanoTime() - begin) / 1e9);
    if (!verified.getOk()) throw new IllegalStateException("verify: " + verified.getFirstBad());
    return line(
        "rows",
        ROWS,
        "copyRowsPerSecond",
        Math.rint(copy),
        "selectRowsPerSecond",
        Math.rint(select),
        "recoveryEventsPerSecond",
        Math.rint(recovery),
        "recoveryRatioToSelect",
        Math.rint(100 * recovery / select) / 100,
        "verifyEventsPerSecond",
        Math.rint(verify));
  }

  private static double rate(LongUnaryOperator read) {
    long begin = System.nanoTime();
    long rows = read.applyAsLong(0);
    return rows / ((System.nanoTime() - begin) / 1e9);
  }

  private static double copied(Connection raw) throws Exception {
    var rows = new StringBuilder();
    for (int i = 0; i < ROWS; i++)
      rows.append(i).append("\t\\\\x").append("5a".repeat(195)).append('\n');
    byte[] bytes = rows.toString().getBytes(StandardCharsets.US_ASCII);
    long begin = System.nanoTime();
    raw.unwrap(PGConnection.class)
        .getCopyAPI()
        .copyIn("COPY raw_commit FROM STDIN", new ByteArrayInputStream(bytes));
    raw.commit();
    return ROWS / ((System.nanoTime() - begin) / 1e9);
  }

  private static long selected(Connection raw) {
    long rows = 0;
    try (var query =
        raw.prepareStatement(
            "SELECT sequence, manifest, schema_version, hybrid_nanos, previous_hash, payload, hash"
                + " FROM event WHERE persistence_id = ? ORDER BY sequence")) {
      query.setString(1, READ.toString());
      query.setFetchSize(2_000);
      try (var found = query.executeQuery()) {
        while (found.next()) {
          found.getBytes(5);
          found.getBytes(6);
          found.getBytes(7);
          rows++;
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long recovered(PostgresJournal place) {
    var rows = new long[1];
    try (var reader = JournalDatabase.openReading(place)) {
      reader.events(READ, 1, Long.MAX_VALUE, Long.MAX_VALUE, event -> rows[0]++);
      return rows[0];
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
