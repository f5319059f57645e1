package tandem.deploy.bench;

import com.google.protobuf.ByteString;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.robot.inbound.RosSampleReader;
import tandem.twin.audit.Audit;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.PostgresJournal;
import tandem.twin.journal.StoredSnapshot;
import tandem.twin.journal.TwinId;
import tandem.twin.robot.TwinFold;
import tandem.twin.robot.TwinImages;
import tandem.twin.robot.TwinState;

/**
 * How fast an auditor checks a journal, file and server, beside what reading the same rows costs by
 * itself in the same run. The journal is written anew in three shapes: one twin's notes, a hundred
 * twins' notes, and one twin's commands, each with the snapshots that a node keeps.
 */
final class VerifyBench implements Bench {
  private static final int EVENTS_PER_SECOND_ASKED = 50_000;
  private static final int ROUNDS = 5;
  private static final int AT_ONCE = 500;
  private static final int SNAPSHOTS_KEPT = 2;
  private static final String TEXT = "an event of the usual length ".repeat(3);

  /** What is in the journal. */
  private record Shape(String name, int twins, boolean commands) {}

  private static final List<Shape> SHAPES =
      List.of(
          new Shape("notes", 1, false),
          new Shape("notes", 100, false),
          new Shape("commands", 1, true));

  /** A connection past the journal's own code. */
  private interface Raw {
    Connection open() throws SQLException;
  }

  @Override
  public String name() {
    return "verify";
  }

  @Override
  public String about() {
    return "audit verify over a file and a PostgreSQL process, beside raw SELECT";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    int events = (int) (EVENTS_PER_SECOND_ASKED * seconds);
    for (Shape shape : SHAPES) {
      Path data = Files.createTempDirectory("tandem-bench-verify-");
      try {
        Raw raw = () -> DriverManager.getConnection("jdbc:sqlite:" + JournalDatabase.fileIn(data));
        List<StoredSnapshot> snapshots;
        try (var journal = new JournalDatabase(data, 0)) {
          snapshots = fill(journal, shape, events);
        }
        keep(raw, snapshots);
        var audit = Audit.ofStopped(data, new RosSampleReader(), Map.of());
        report.accept(rounds("file", shape, events, raw, audit));
      } finally {
        BenchNode.delete(data);
      }
    }
    for (Shape shape : SHAPES) {
      Path data = Files.createTempDirectory("tandem-bench-verify-");
      try (EmbeddedPostgres server =
          EmbeddedPostgres.builder().setServerConfig("fsync", "on").start()) {
        var place = new PostgresJournal(server.getJdbcUrl("postgres", "postgres"), "postgres", "");
        Raw raw = server.getPostgresDatabase()::getConnection;
        List<StoredSnapshot> snapshots;
        try (var journal = new JournalDatabase(place)) {
          snapshots = fill(journal, shape, events);
        }
        keep(raw, snapshots);
        try (var connection = raw.open();
            var statement = connection.createStatement()) {
          statement.execute("VACUUM (ANALYZE) event");
        }
        var audit = Audit.ofServer(data, place, new RosSampleReader(), Map.of());
        report.accept(rounds("postgres", shape, events, raw, audit));
      } finally {
        BenchNode.delete(data);
      }
    }
  }

  /** Reading and checking by turns, so that both see the same machine; the median counts. */
  private Map<String, Object> rounds(String journal, Shape shape, int events, Raw raw, Audit audit)
      throws SQLException {
    var select = new double[ROUNDS];
    var verify = new double[ROUNDS];
    var ratio = new double[ROUNDS];
    var processor = new double[ROUNDS];
    for (int round = -2; round < ROUNDS; round++) { // two warm up
      long begin = System.nanoTime();
      long rows = selected(raw);
      double read = rows / ((System.nanoTime() - begin) / 1e9);
      long busy = processorNanos();
      begin = System.nanoTime();
      long checked = 0;
      for (var view : audit.verify(null)) {
        if (!view.getOk()) throw new IllegalStateException("verify: " + view);
        checked += view.getEvents();
      }
      double check = checked / ((System.nanoTime() - begin) / 1e9);
      busy = processorNanos() - busy;
      if (rows != checked || rows != events) {
        throw new IllegalStateException(
            "expected %d events, read %d, verified %d".formatted(events, rows, checked));
      }
      if (round < 0) continue;
      select[round] = read;
      verify[round] = check;
      ratio[round] = check / read;
      processor[round] = busy / 1e3 / checked;
    }
    return line(
        "journal",
        journal,
        "shape",
        shape.name(),
        "twins",
        shape.twins(),
        "events",
        events,
        "selectRowsPerSecond",
        Math.rint(median(select)),
        "verifyEventsPerSecond",
        Math.rint(median(verify)),
        "verifyBest",
        Math.rint(Arrays.stream(verify).max().orElseThrow()),
        "ratioToSelect",
        Math.rint(100 * median(ratio)) / 100,
        "processorMicrosPerEvent",
        Math.rint(100 * median(processor)) / 100);
  }

  /** Of this process: a server's are its own. Tells more than a rate where others are busy. */
  private static long processorNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static double median(double[] values) {
    var sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static long selected(Raw raw) throws SQLException {
    long rows = 0;
    try (var connection = raw.open()) {
      connection.setAutoCommit(false);
      try (var query =
          connection.prepareStatement(
              "SELECT persistence_id, sequence, manifest, schema_version, hybrid_nanos,"
                  + " previous_hash, payload, hash FROM event ORDER BY persistence_id, sequence")) {
        query.setFetchSize(2_000);
        try (var found = query.executeQuery()) {
          while (found.next()) {
            found.getLong(2);
            found.getBytes(6);
            found.getBytes(7);
            found.getBytes(8);
            rows++;
          }
        }
      }
    }
    return rows;
  }

  /** The snapshots that a node would have kept. */
  private static List<StoredSnapshot> fill(JournalDatabase journal, Shape shape, int events) {
    var snapshots = new ArrayList<StoredSnapshot>();
    for (int i = 0; i < shape.twins(); i++) {
      var twin = new TwinId("bench" + i, 1);
      int share = events / shape.twins();
      TwinState state = TwinState.empty(twin.robot(), twin.term());
      for (int done = 0; done < share; done += AT_ONCE) {
        var batch = new ArrayList<SealedEvent>(AT_ONCE);
        for (int n = done; n < Math.min(share, done + AT_ONCE); n++) {
          SealedEvent next = next(twin, state, shape.commands());
          batch.add(next);
          state = TwinFold.evolve(state, next);
        }
        journal.committer().append(twin, batch).toCompletableFuture().join();
        if (done + AT_ONCE * SNAPSHOTS_KEPT >= share) snapshots.add(TwinImages.snapshot(state));
      }
    }
    return snapshots;
  }

  private static SealedEvent next(TwinId twin, TwinState state, boolean commands) {
    long sequence = state.sequence() + 1;
    Event event;
    if (sequence == 1) {
      event = new Event.TermBegun(twin.term(), 0, 0, ByteString.EMPTY, "local", "bench");
    } else if (commands) {
      event = ofCommand(sequence);
    } else {
      event = new Event.OperatorAction("bench", "note", TEXT);
    }
    return SealedEvent.seal(
        twin.robot(), twin.term(), sequence, 1_000_000 + sequence, state.headHash(), event);
  }

  private static Event ofCommand(long sequence) {
    String id = "c-" + sequence / 4;
    return switch ((int) (sequence % 4)) {
      case 0 -> new Event.CommandCreated(id, "bench", GOAL, 2_000);
      case 1 -> new Event.CommandSent(id, sequence);
      case 2 -> new Event.CommandGuardAccepted(id, sequence);
      default -> new Event.CommandFailed(id, "tandem.bench", TEXT, null);
    };
  }

  private static final Goal GOAL =
      new Goal.Joint(
          JointGoal.newBuilder()
              .addTargets(JointTarget.newBuilder().setJoint("shoulder").setPositionRad(0.1))
              .addTargets(JointTarget.newBuilder().setJoint("elbow").setPositionRad(0.2))
              .setDurationSeconds(1)
              .build());

  private static void keep(Raw raw, List<StoredSnapshot> snapshots) throws SQLException {
    try (var connection = raw.open();
        var insert =
            connection.prepareStatement(
                "INSERT INTO snapshot (persistence_id, sequence, hybrid_nanos, head_hash,"
                    + " digest_version, digest, image, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")) {
      for (StoredSnapshot snapshot : snapshots) {
        insert.setString(1, snapshot.persistenceId());
        insert.setLong(2, snapshot.sequence());
        insert.setLong(3, snapshot.hybridNanos());
        insert.setBytes(4, snapshot.headHash().toByteArray());
        insert.setInt(5, snapshot.digestVersion());
        insert.setString(6, snapshot.digest());
        insert.setBytes(7, snapshot.image().toByteArray());
        insert.setBytes(8, snapshot.sha256().toByteArray());
        insert.executeUpdate();
      }
    }
  }
}
