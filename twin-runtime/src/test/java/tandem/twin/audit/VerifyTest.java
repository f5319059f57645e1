package tandem.twin.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.AuditView;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.TwinId;

/**
 * Four robots, one of them with two terms; whatever is done to them, every number of threads says
 * the same.
 */
class VerifyTest {
  private static final int EVENTS = 4_200;
  private static final int FORK = 40;
  private static final List<Integer> THREADS = List.of(1, 2, 5);

  @TempDir static Path original;
  @TempDir Path data;

  @BeforeAll
  static void write() throws Exception {
    try (var journal = new JournalDatabase(original, 0)) {
      for (String robot : List.of("ada", "ben", "cyd", "dan")) {
        var first = chain(new TwinId(robot, 1), 0, ByteString.EMPTY, EVENTS);
        append(journal, new TwinId(robot, 1), first);
        if (robot.equals("ben")) {
          ByteString parent = first.get(FORK - 1).hash();
          append(journal, new TwinId(robot, 2), chain(new TwinId(robot, 2), FORK, parent, 300));
        }
      }
    }
  }

  private static void append(JournalDatabase journal, TwinId twin, List<SealedEvent> events) {
    journal.committer().append(twin, events).toCompletableFuture().join();
  }

  private static List<SealedEvent> chain(
      TwinId twin, long parentSequence, ByteString parentHash, int events) {
    var chain = new ArrayList<SealedEvent>();
    ByteString head = parentSequence == 0 ? SealedEvent.NO_HASH : parentHash;
    for (int i = 1; i <= events; i++) {
      Event event =
          i == 1
              ? new Event.TermBegun(
                  twin.term(), parentSequence == 0 ? 0 : 1, parentSequence, parentHash, "home", "")
              : new Event.OperatorAction("anna", "note", "note " + i);
      chain.add(SealedEvent.seal(twin.robot(), twin.term(), i, 1_000 + i, head, event));
      head = chain.getLast().hash();
    }
    return chain;
  }

  @BeforeEach
  void copy() throws IOException {
    Path to = JournalDatabase.fileIn(data);
    Files.createDirectories(to.getParent());
    Files.copy(JournalDatabase.fileIn(original), to);
  }

  private void sql(String... all) throws Exception {
    try (var connection =
            DriverManager.getConnection("jdbc:sqlite:" + JournalDatabase.fileIn(data));
        var statement = connection.createStatement()) {
      for (String sql : all) statement.executeUpdate(sql);
    }
  }

  /** What any number of threads says. */
  private List<AuditView> verdict() {
    List<AuditView> alone = verdict(1);
    for (int threads : THREADS) {
      assertThat(verdict(threads)).as("%d threads", threads).isEqualTo(alone);
    }
    return alone;
  }

  private List<AuditView> verdict(int threads) {
    return Audit.ofStopped(
            data, (topic, type, schema, bytes) -> Optional.empty(), Map.of(), threads)
        .verify(null);
  }

  @Test
  void shouldFindAllOfThemWholeInTheOrderOfTheirNames() {
    var views = verdict();

    assertThat(views).extracting(AuditView::getRobot).containsExactly("ada", "ben", "cyd", "dan");
    assertThat(views).allMatch(AuditView::getOk);
    assertThat(views)
        .extracting(AuditView::getEvents)
        .containsExactly(4_200L, 4_500L, 4_200L, 4_200L);
    assertThat(views.get(1).getBranchesList())
        .containsExactly("term 1: 4160 events after sequence 40, where term 2 begins");
  }

  /** Where portions begin and end, too. */
  @Test
  void shouldNameTheEventWhereverItStands() throws Exception {
    for (int sequence : new int[] {1, 2, 255, 256, 257, 511, 512, 513, 4_096, EVENTS}) {
      String row = " WHERE persistence_id = 'RobotTwin|cyd~1' AND sequence = " + sequence;
      sql("DROP TABLE IF EXISTS kept", "CREATE TABLE kept AS SELECT * FROM event" + row);
      sql("UPDATE event SET payload = CAST(payload || X'2a' AS BLOB)" + row);
      assertNamed(sequence, "hash over the stored bytes is");
      sql("DELETE FROM event" + row);
      if (sequence < EVENTS) assertNamed(sequence, "a row is missing");
      sql("INSERT INTO event SELECT * FROM kept", "DROP TABLE kept");
    }
    assertThat(verdict()).allMatch(AuditView::getOk);
  }

  private void assertNamed(int sequence, String why) {
    var views = verdict();
    assertThat(views).filteredOn(view -> !view.getOk()).hasSize(1);
    var bad = views.get(2).getFirstBad();
    assertThat(views.get(2).getRobot()).isEqualTo("cyd");
    assertThat(bad.getTerm()).isEqualTo(1);
    assertThat(bad.getSequence()).isEqualTo(sequence);
    assertThat(bad.getWhat()).isEqualTo("event");
    assertThat(bad.getWhy()).contains(why);
  }

  @Test
  void shouldNameEachTwinThatIsBadAndTheFirstEventOfEach() throws Exception {
    sql(
        "UPDATE event SET hybrid_nanos = 7 WHERE persistence_id = 'RobotTwin|ada~1' AND sequence >"
            + " 300",
        "UPDATE event SET manifest = 'tandem.Unknown/1'"
            + " WHERE persistence_id = 'RobotTwin|ben~2' AND sequence IN (77, 290)",
        "DELETE FROM event WHERE persistence_id = 'RobotTwin|dan~1' AND sequence = 1");

    var views = verdict();

    assertThat(views).extracting(AuditView::getOk).containsExactly(false, false, true, false);
    assertThat(views.get(0).getFirstBad().getSequence()).isEqualTo(301);
    assertThat(views.get(1).getFirstBad().getTerm()).isEqualTo(2);
    assertThat(views.get(1).getFirstBad().getSequence()).isEqualTo(77);
    assertThat(views.get(3).getFirstBad().getSequence()).isEqualTo(1);
  }

  @Test
  void shouldTakeARowWhoseFieldsHaveNoUsualLength() throws Exception {
    sql("UPDATE event SET hash = X'07' WHERE persistence_id = 'RobotTwin|cyd~1' AND sequence = 5");
    assertNamed(5, "stored is 07");

    sql(
        "UPDATE event SET manifest = '"
            + "m".repeat(200)
            + "'"
            + " WHERE persistence_id = 'RobotTwin|cyd~1' AND sequence = 4");
    assertNamed(4, "(" + "m".repeat(200) + "): hash over the stored bytes is");

    sql(
        "UPDATE event SET previous_hash = X'', payload = X''"
            + " WHERE persistence_id = 'RobotTwin|cyd~1' AND sequence = 3");
    assertNamed(3, "hash over the stored bytes is");
  }

  /** The whole of the second term fits in itself, and to no event of the first. */
  @Test
  void shouldNameATermThatDoesNotBeginWhereItSays() throws Exception {
    sql("DELETE FROM event WHERE persistence_id = 'RobotTwin|ben~2'");
    var other = SealedEvent.NO_HASH.substring(1).concat(ByteString.copyFrom(new byte[] {9}));
    try (var journal = new JournalDatabase(data, 0)) {
      append(journal, new TwinId("ben", 2), chain(new TwinId("ben", 2), FORK, other, 300));
    }

    var bad = verdict().get(1).getFirstBad();

    assertThat(bad.getTerm()).isEqualTo(2);
    assertThat(bad.getSequence()).isEqualTo(1);
    assertThat(bad.getWhy())
        .startsWith("parent hash: expected that of term 1 sequence 40")
        .endsWith("found " + SealedEvent.hex(other));
  }

  @Test
  void shouldCountWhatCouldBeReadBeforeADamagedPage() throws Exception {
    Path file = JournalDatabase.fileIn(data);
    try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(bytes.length() / 2 / 4096 * 4096);
      bytes.write(new byte[4096]);
    }

    var views = verdict();

    assertThat(views).anyMatch(view -> !view.getOk());
    assertThat(views).anyMatch(AuditView::getOk);
    assertThat(views.toString()).contains("row cannot be read");
  }
}
