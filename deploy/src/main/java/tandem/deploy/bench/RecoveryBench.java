package tandem.deploy.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import tandem.robot.inbound.RosSampleReader;
import tandem.twin.audit.Audit;
import tandem.twin.journal.JournalDatabase;

/**
 * How fast a twin is rebuilt from its events and an auditor checks them, beside what reading the
 * same rows costs by itself.
 */
final class RecoveryBench implements Bench {
  private static final int EVENTS_PER_SECOND_ASKED = 20_000;
  private static final int AT_ONCE = 500;
  private static final String ROBOT = "bench";

  @Override
  public String name() {
    return "recovery";
  }

  @Override
  public String about() {
    return "one twin rebuilt from all its events, and from its snapshot; audit verify; raw SELECT";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    Path data = Files.createTempDirectory("tandem-bench-recovery-");
    try {
      write(data, (int) (EVENTS_PER_SECOND_ASKED * seconds));
      double withSnapshot = recover(data);
      forgetSnapshots(data);
      long begin = System.nanoTime();
      int rows = select(data);
      double raw = rows / ((System.nanoTime() - begin) / 1e9);
      double folded = recover(data);
      begin = System.nanoTime();
      var verified =
          Audit.ofStopped(data, new RosSampleReader(), Map.of()).verify(ROBOT).getFirst();
      double verify = verified.getEvents() / ((System.nanoTime() - begin) / 1e9);
      if (!verified.getOk()) throw new IllegalStateException("verify: " + verified.getFirstBad());
      report.accept(
          line(
              "events",
              rows,
              "selectRowsPerSecond",
              Math.rint(raw),
              "recoveryEventsPerSecond",
              Math.rint(rows / folded),
              "recoveryRatioToSelect",
              Math.rint(100 * rows / folded / raw) / 100,
              "recoveryMillis",
              Math.rint(folded * 1e3),
              "recoveryWithSnapshotMillis",
              Math.rint(withSnapshot * 1e3),
              "verifyEventsPerSecond",
              Math.rint(verify)));
    } finally {
      BenchNode.delete(data);
    }
  }

  private static void write(Path data, int events) throws Exception {
    try (var node = BenchNode.start(data)) {
      node.admit(ROBOT);
      for (int done = 0; done < events; done += AT_ONCE) {
        var open = new ArrayList<CompletableFuture<Void>>();
        for (int i = 1; i <= AT_ONCE; i++)
          open.add(
              node.runtime()
                  .robots()
                  .guardLog(ROBOT, List.of(BenchNode.record(done + i)))
                  .toCompletableFuture());
        BenchNode.get(CompletableFuture.allOf(open.toArray(CompletableFuture[]::new)));
      }
    }
  }

  /** Seconds from asking for the twin until it answers; another twin has warmed the code. */
  private static double recover(Path data) throws Exception {
    try (var node = BenchNode.start(data)) {
      node.admit("warm");
      long begin = System.nanoTime();
      BenchNode.get(node.runtime().twins().show(ROBOT));
      return (System.nanoTime() - begin) / 1e9;
    }
  }

  private static Connection open(Path data) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + JournalDatabase.fileIn(data));
  }

  private static void forgetSnapshots(Path data) throws SQLException {
    try (var connection = open(data);
        var statement = connection.createStatement()) {
      statement.executeUpdate("DELETE FROM snapshot");
    }
  }

  private static int select(Path data) throws SQLException {
    int rows = 0;
    try (var connection = open(data);
        var statement =
            connection.prepareStatement(
                "SELECT * FROM event WHERE persistence_id LIKE ? ORDER BY sequence")) {
      statement.setString(1, "RobotTwin|" + ROBOT + "~%");
      try (var found = statement.executeQuery()) {
        while (found.next()) {
          found.getBytes("payload");
          found.getBytes("hash");
          found.getBytes("previous_hash");
          rows++;
        }
      }
    }
    return rows;
  }
}
