package tandem.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.twin.LocalSite.get;
import static tandem.twin.LocalSite.goal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.AuditView;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.TwinView;
import tandem.twin.audit.Audit;
import tandem.twin.robot.TwinInlet;

/** One recorded run, asked many questions. */
class AuditTest {
  @TempDir static Path original;
  @TempDir Path copy;

  private static final Map<Long, String> DIGESTS = new TreeMap<>();
  private static TwinView last;
  private static String command;

  @BeforeAll
  static void record() throws Exception {
    try (var site = new LocalSite(original, "ada", Map.of()).connect()) {
      AutoCloseable watch =
          site.node
              .twins()
              .watch(
                  "ada",
                  view -> {
                    synchronized (DIGESTS) {
                      DIGESTS.put(view.getSequence(), view.getDigest());
                    }
                  });
      command =
          get(site.node
                  .twins()
                  .command(
                      CommandRequest.newBuilder()
                          .setRobot("ada")
                          .setBy("anna")
                          .setJoint(goal(0.5, 1))
                          .build()))
              .getId();
      site.positions = new double[] {0.5, 0};
      assertThat(get(site.node.twins().await(command, Duration.ofSeconds(15))).getState())
          .isEqualTo("done");
      var inlet = (TwinInlet) site.node.robots();
      for (int i = 0; i < 520; i++) {
        get(inlet.journal("ada", new Event.OperatorAction("anna", "note", "note " + i)));
      }
      var running = site.node.audit().verify("ada");
      assertThat(running.getFirst().getOk()).as(running.toString()).isTrue();
      last = site.show();
      assertThat(site.node.audit().replay("ada", last.getSequence()).getDigest())
          .isEqualTo(last.getDigest());
      watch.close();
    }
  }

  private static Audit audit(Path data) {
    return Audit.ofStopped(data, LocalSite::read, Map.of());
  }

  private AuditView verifyCopy() {
    return audit(copy).verify("ada").getFirst();
  }

  private void copy() throws IOException {
    try (var files = Files.walk(original)) {
      for (Path each : files.toList()) {
        Path to = copy.resolve(original.relativize(each).toString());
        if (Files.isDirectory(each)) Files.createDirectories(to);
        else Files.copy(each, to);
      }
    }
  }

  private void sql(String sql) throws Exception {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + copy.resolve("journal/journal.db"));
        var statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  @Test
  void shouldFindACleanStopWhole() throws Exception {
    var before = new HashMap<Path, Long>();
    try (var files = Files.walk(original)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        before.put(each, Files.getLastModifiedTime(each).toMillis());
      }
    }

    var all = audit(original).verify(null);

    assertThat(all).hasSize(1);
    var view = all.getFirst();
    assertThat(view.getOk()).as(view.toString()).isTrue();
    assertThat(view.getEvents()).isGreaterThan(520);
    assertThat(view.getSnapshots()).isPositive();
    assertThat(view.getSegments()).isPositive();
    assertThat(view.getSamples()).isPositive();
    assertThat(view.getCheckpoint()).isGreaterThan(2);
    assertThat(view.getCheckpointAt()).startsWith("20");
    try (var files = Files.walk(original)) {
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        assertThat(before).containsEntry(each, Files.getLastModifiedTime(each).toMillis());
      }
    }
  }

  @Test
  void shouldReplayToTheDigestsThatTheLiveTwinHad() {
    assertThat(DIGESTS).hasSizeGreaterThan(3);
    DIGESTS.forEach(
        (sequence, digest) -> {
          if (sequence % 50 != 0 && sequence > 20 && sequence != last.getSequence()) return;
          if (sequence == 0) return;
          assertThat(audit(original).replay("ada", sequence).getDigest())
              .as("sequence " + sequence)
              .isEqualTo(digest);
        });
  }

  @Test
  void shouldReplayTheJointsFromTheSegments() {
    var view = audit(original).replay("ada", last.getSequence());

    assertThat(view.getFromSegments()).isTrue();
    assertThat(view.getJoints().getPositionsRadList()).containsExactly(0.5, 0.0);
    assertThat(view.getAt()).isNotEmpty();
  }

  @Test
  void shouldExplainACommandFromItsCauseToItsEvidence() {
    var names =
        audit(original).explain(command).stream()
            .map(SealedEvent::event)
            .map(event -> event.getClass().getSimpleName())
            .toList();

    assertThat(names)
        .containsSubsequence(
            "ContactMade",
            "ProfileAccepted",
            "CommandCreated",
            "LeaseOffered",
            "LeaseGranted",
            "CommandAccepted",
            "CommandSent",
            "CommandGuardAccepted",
            "CommandDone",
            "LeaseReleased");
    assertThat(names).doesNotContain("OperatorAction");
  }

  @Test
  void shouldNameTheEventWhoseByteWasFlipped() throws Exception {
    copy();
    long middle = last.getSequence() / 2;
    for (String change :
        new String[] {
          "payload = CAST(X'00' || SUBSTR(payload, 2) AS BLOB)",
          "hash = CAST(SUBSTR(hash, 1, 31) || X'07' AS BLOB)",
          "previous_hash = CAST(X'0102' || SUBSTR(previous_hash, 3) AS BLOB)",
          "manifest = 'tandem.OperatorAction/2'",
          "hybrid_nanos = hybrid_nanos + 1",
          "schema_version = 2"
        }) {
      sql("DROP TABLE IF EXISTS kept");
      sql("CREATE TABLE kept AS SELECT * FROM event WHERE sequence = " + middle);
      sql("UPDATE event SET " + change + " WHERE sequence = " + middle);

      var bad = verifyCopy();

      assertThat(bad.getOk()).as(change).isFalse();
      assertThat(bad.getFirstBad().getWhat()).as(change).isEqualTo("event");
      assertThat(bad.getFirstBad().getSequence()).as(change).isEqualTo(middle);
      sql("DELETE FROM event WHERE sequence = " + middle);
      sql("INSERT INTO event SELECT * FROM kept");
      assertThat(verifyCopy().getOk()).as("healed after " + change).isTrue();
    }
  }

  @Test
  void shouldNameARowThatWasRemovedOrTheEndThatWasCutOff() throws Exception {
    copy();
    sql("DELETE FROM event WHERE sequence = 100");
    assertThat(verifyCopy().getFirstBad().getSequence()).isEqualTo(100);

    sql("DELETE FROM event WHERE sequence >= 90");
    var cut = verifyCopy();
    assertThat(cut.getOk()).isFalse();
    assertThat(cut.getFirstBad().getSequence()).isEqualTo(90);
    assertThat(cut.getFirstBad().getWhy()).contains("cut off");
  }

  /** Also where it is a single event, and nothing else remembers it. */
  @Test
  void shouldNameTheEndThatWasCutOffBehindACheckpoint() throws Exception {
    copy();
    sql("DELETE FROM snapshot");
    assertThat(verifyCopy().getOk()).isTrue();
    for (long left : new long[] {headSequence() - 1, 20, 1}) {
      long head = audit(original).verify("ada").getFirst().getEvents();
      sql("DELETE FROM event WHERE sequence > " + left);

      var cut = verifyCopy();

      assertThat(cut.getOk()).isFalse();
      assertThat(cut.getFirstBad().getTerm()).isEqualTo(1);
      assertThat(cut.getFirstBad().getSequence()).isEqualTo(left + 1);
      assertThat(cut.getFirstBad().getWhy())
          .contains("checkpoint", "signs sequence " + head, "ends at " + left, "cut off");
    }
    sql("DELETE FROM event");
    var gone = audit(copy).verify(null).getFirst();
    assertThat(gone.getRobot()).isEqualTo("ada");
    assertThat(gone.getFirstBad().getWhy()).contains("of term 1, which checkpoint", "found none");
  }

  private static long headSequence() {
    return audit(original).verify("ada").getFirst().getEvents();
  }

  @Test
  void shouldNameAnEndThatWasWrittenAnew() throws Exception {
    copy();
    sql("DELETE FROM snapshot");
    long head = headSequence();
    var before = audit(original).events("ada").get((int) head - 2);
    var anew =
        SealedEvent.seal(
            "ada",
            1,
            head,
            before.hybridNanos() + 1,
            before.hash(),
            new Event.OperatorAction("mallory", "note", "it was otherwise"));
    sql("DELETE FROM event WHERE sequence = " + head);
    sql(
        "INSERT INTO event VALUES ('RobotTwin|ada~1', %d, '%s', %d, %d, X'%s', X'%s', X'%s')"
            .formatted(
                head,
                anew.manifest(),
                anew.schemaVersion(),
                anew.hybridNanos(),
                SealedEvent.hex(anew.previousHash()),
                SealedEvent.hex(anew.payload()),
                SealedEvent.hex(anew.hash())));

    var bad = verifyCopy();

    assertThat(bad.getFirstBad().getSequence()).isEqualTo(head);
    assertThat(bad.getFirstBad().getWhy()).contains("written anew");
  }

  /** What a node signed stays signed, whatever its successor finds. */
  @Test
  void shouldStillNameTheCutEndWhenTheTwinHasGoneOn() throws Exception {
    copy();
    sql("DELETE FROM snapshot");
    sql("DELETE FROM event WHERE sequence > 20");
    try (var site = new LocalSite(copy, "ada", Map.of("checkpoints.every", "1s")).connect()) {
      var inlet = (TwinInlet) site.node.robots();
      for (int i = 0; i < 600; i++) {
        get(inlet.journal("ada", new Event.OperatorAction("mallory", "note", "note " + i)));
      }
      assertThat(site.show().getSequence()).isGreaterThan(headSequence());
    }

    assertThat(verifyCopy().getOk()).isFalse();
    assertThat(verifyCopy().getFirstBad().getWhy()).contains("written anew");
  }

  @Test
  void shouldNameCheckpointsThatAreNotWhatWasSigned() throws Exception {
    copy();
    Path log = copy.resolve("checkpoints/log");
    byte[] bytes = Files.readAllBytes(log);
    bytes[100] ^= 1;
    Files.write(log, bytes);
    var bad = verifyCopy();
    assertThat(bad.getOk()).isFalse();
    assertThat(bad.getFirstBad().getWhat()).isEqualTo("checkpoint");
    assertThat(bad.getFirstBad().getWhy()).contains("at byte 8", "expected");

    Files.delete(log);
    assertThat(verifyCopy().getFirstBad().getWhy()).contains("beside its key");
  }

  /** As every directory from before there were checkpoints. */
  @Test
  void shouldVerifyAJournalThatHasNoCheckpoints() throws Exception {
    copy();
    withoutCheckpoints();

    var view = verifyCopy();

    assertThat(view.getOk()).isTrue();
    assertThat(view.getCheckpoint()).isZero();
  }

  private void withoutCheckpoints() throws IOException {
    Files.delete(copy.resolve("checkpoints/log"));
    Files.delete(copy.resolve("checkpoints/key"));
  }

  /** What a guard has seen, it keeps apart from the journal. */
  @Test
  void shouldNameTheEndThatIsShorterThanItsGuardHasSeen() throws Exception {
    copy();
    withoutCheckpoints();
    sql("DELETE FROM snapshot");
    sql("DELETE FROM event WHERE sequence > 20");
    var seen = JournalPosition.newBuilder().setTerm(1).setSequence(30).build();

    assertThat(verifyCopy().getOk()).as("nobody remembers").isTrue();
    var cut = Audit.ofStopped(copy, LocalSite::read, Map.of("ada", seen)).verify("ada").getFirst();
    assertThat(cut.getOk()).isFalse();
    assertThat(cut.getFirstBad().getWhy()).contains("guard");

    sql("DELETE FROM event");
    var gone = Audit.ofStopped(copy, LocalSite::read, Map.of("ada", seen)).verify(null).getFirst();
    assertThat(gone.getOk()).isFalse();
    assertThat(gone.getFirstBad().getWhy()).contains("event 30");
  }

  @Test
  void shouldNameASnapshotThatWasChangedAndASegmentThatIsGone() throws Exception {
    copy();
    sql("UPDATE snapshot SET image = CAST(SUBSTR(image, 1, 20) || X'55' AS BLOB)");
    assertThat(verifyCopy().getFirstBad().getWhat()).isEqualTo("snapshot");
    sql("DELETE FROM snapshot");
    assertThat(verifyCopy().getOk()).isTrue();

    try (var files = Files.walk(copy.resolve("segments"))) {
      Files.delete(files.filter(Files::isRegularFile).findFirst().orElseThrow());
    }
    assertThat(verifyCopy().getFirstBad().getWhat()).isEqualTo("segment");
  }
}
