package tandem.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tandem.twin.LocalSite.get;
import static tandem.twin.LocalSite.goal;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.Json;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.BundleManifest;
import tandem.proto.v1.CommandRequest;
import tandem.twin.audit.Audit;
import tandem.twin.audit.EvidenceBundle;
import tandem.twin.checkpoint.CheckpointWriter;
import tandem.twin.checkpoint.Checkpoints;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.TwinId;
import tandem.twin.robot.TwinInlet;

/** Two recorded runs; what their bundles prove to a program that knows nothing of ours. */
class EvidenceBundleTest {
  @TempDir static Path folder;
  @TempDir Path copy;

  private static Path ada;
  private static Path bundle;
  private static BundleManifest manifest;
  private static Path foreign;

  /** What the foreign program said. */
  private record Verdict(int exit, String text) {}

  @BeforeAll
  static void record() throws Exception {
    ada = recorded("ada");
    bundle = folder.resolve("ada.tar");
    manifest = audit(ada).bundle("ada", null, null, "9.9", bundle);
    foreign = folder.resolve("eve.tar");
    audit(recorded("eve")).bundle("eve", null, null, "9.9", foreign);
  }

  private static Path recorded(String robot) throws Exception {
    Path data = folder.resolve(robot);
    try (var site =
        new LocalSite(data, robot, Map.of("checkpoints.every", "1s", "software", "9.9"))
            .connect()) {
      var command =
          CommandRequest.newBuilder().setRobot(robot).setBy("anna").setJoint(goal(0.5, 1)).build();
      String id = get(site.node.twins().command(command)).getId();
      site.positions = new double[] {0.5, 0};
      assertThat(get(site.node.twins().await(id, Duration.ofSeconds(15))).getState())
          .isEqualTo("done");
      var inlet = (TwinInlet) site.node.robots();
      for (int i = 0; i < 20; i++) {
        get(inlet.journal(robot, new Event.OperatorAction("anna", "note", "note " + i)));
      }
    }
    return data;
  }

  private static Audit audit(Path data) {
    return Audit.ofStopped(data, LocalSite::read, Map.of());
  }

  @Test
  void shouldBeAcceptedByTheForeignProgram() throws Exception {
    String key = manifest.getKeys(0);

    var accepted = verify(bundle);
    assertThat(accepted.exit()).as(accepted.text()).isZero();
    assertThat(accepted.text())
        .contains(
            "ok ada: %d events".formatted(events()), "0 events behind", "nothing here proves");
    var known = verify(bundle, "--key", key);
    assertThat(known.exit()).as(known.text()).isZero();
    assertThat(known.text()).contains(key).doesNotContain("nothing here proves");
    assertThat(verify(foreign).exit()).isZero();
  }

  private static long events() {
    return manifest.getManifestsList().stream().mapToLong(kind -> kind.getEvents()).sum();
  }

  @Test
  void shouldSayInItsManifestWhatItHolds() throws Exception {
    assertThat(EvidenceBundle.manifest(bundle)).isEqualTo(manifest);
    assertThat(manifest.getFormat()).isEqualTo("tandem-bundle/1");
    assertThat(manifest.getProblemsList()).isEmpty();
    assertThat(manifest.getSoftware()).isEqualTo("9.9");
    assertThat(manifest.getRan(0).getText()).startsWith("tandem 9.9; java ");
    assertThat(manifest.getProfilesCount()).isPositive();
    assertThat(manifest.getProfiles(0).getHash()).isNotEmpty();
    assertThat(manifest.getTerms(0).getFirstSequence()).isEqualTo(1);
    assertThat(manifest.getTerms(0).getLastSequence()).isEqualTo(events());
    assertThat(manifest.getEntriesList())
        .extracting(entry -> entry.getName())
        .startsWith("events", "checkpoints")
        .hasSizeGreaterThan(2);
  }

  /** Times and order come from what is stored, so the contents do, too. */
  @Test
  void shouldHoldTheSameBytesWheneverItIsMade() throws Exception {
    var again = audit(ada).bundle("ada", null, null, "9.9", copy.resolve("again.tar"));

    assertThat(again.getEntriesList()).isEqualTo(manifest.getEntriesList());
  }

  @Test
  void shouldFindOneFlippedBitOfEveryByte() throws Exception {
    var found = attack("flips", bundle, "1");

    assertThat(found.get("missed")).isEqualTo(List.of());
    assertThat(found.get("tried")).isEqualTo(Files.size(bundle));
  }

  @Test
  @Tag("slow")
  void shouldFindEveryFlippedBit() throws Exception {
    var found = attack("flips", bundle, "8");

    assertThat(found.get("missed")).isEqualTo(List.of());
    assertThat(found.get("tried")).isEqualTo(8 * Files.size(bundle));
  }

  @Test
  void shouldFindAFileThatWasCutOffOrLengthened() throws Exception {
    var found = attack("cuts", bundle);

    assertThat(found.get("missed")).isEqualTo(List.of());
  }

  /** Every hash of the container is right again; chain, checkpoints and keys speak. */
  @Test
  void shouldFindWhatSomebodyWithoutTheKeyEdits() throws Exception {
    var found = attack("edits", bundle, foreign.toString());

    assertThat(found.get("control")).as("the edits alone are at fault").isNull();
    var answers = (Map<?, ?>) found.get("answers");
    assertThat(answers).hasSizeGreaterThan(20);
    answers.forEach((edit, why) -> assertThat((String) why).as("%s", edit).contains("expected"));
    assertThat((String) answers.get("end cut off")).contains("cut off");
    assertThat((String) answers.get("event of another robot")).contains("robot");
    assertThat((String) answers.get("last event changed, its hash right"))
        .contains("hash that a checkpoint signs");
    assertThat((String) answers.get("key swapped")).contains("signature");
    assertThat((String) answers.get("segment changed")).contains("segments/");
  }

  /**
   * The verifier without one of its checks accepts something that was done to a bundle. Not so
   * where another check sees the same: bounds, which only say it better; what a hash or a link
   * says, too; and a kind of statement that only the node itself could have signed.
   */
  @Test
  @Tag("slow")
  void shouldNeedTheChecksOfTheForeignProgram() throws Exception {
    var stranger = copy.resolve("stranger");
    bundled(stranger, parent(), child(parent().get(4)));

    var found = attack("mutants", bundle, foreign.toString(), stranger + ".tar");

    assertThat((Long) found.get("checks")).isGreaterThan(30);
    assertThat((List<?>) found.get("survived"))
        .hasSizeLessThanOrEqualTo(8)
        .allSatisfy(
            line ->
                assertThat((String) line)
                    .matches(".*(the curve|cut off|of the entry|: kind|: twin|: bytes|: place).*"));
  }

  @Test
  void shouldAnswerHostileFilesWithAnError() throws Exception {
    var found = attack("noise", bundle, "42");

    assertThat(found.get("missed")).isEqualTo(List.of());
    Path hostile = copy.resolve("hostile.tar");
    for (byte[] bytes : List.of(new byte[0], new byte[5_000], "hello".getBytes())) {
      Files.write(hostile, bytes);
      var verdict = verify(hostile);
      assertThat(verdict.exit()).isEqualTo(1);
      assertThat(verdict.text()).startsWith("BAD ").hasLineCount(1);
      assertThatThrownBy(() -> EvidenceBundle.manifest(hostile)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void shouldShowThatTheJournalHadLostItsEnd() throws Exception {
    copy();
    sql("DELETE FROM event WHERE sequence > 20");

    var bad = audit(copy).bundle("ada", null, null, "9.9", copy.resolve("b.tar"));

    assertThat(bad.getProblems(0)).contains("ends at 20", "cut off");
    var verdict = verify(copy.resolve("b.tar"));
    assertThat(verdict.exit()).isEqualTo(1);
    assertThat(verdict.text()).contains("found 20: cut off");
  }

  /** The bundle carries what is stored, and its own writer does not hide what is wrong. */
  @Test
  void shouldShowWhatWasDoneToTheJournal() throws Exception {
    copy();
    Path out = copy.resolve("b.tar");
    for (var change :
        Map.of(
                "DELETE FROM event WHERE sequence = 10", "event 11: place",
                "UPDATE event SET payload = X'0A' WHERE sequence = 10", "event 10: hash over",
                "UPDATE event SET hybrid_nanos = hybrid_nanos + 1 WHERE sequence = 10",
                    "event 10: hash over",
                "UPDATE event SET previous_hash = ZEROBLOB(32) WHERE sequence = 10",
                    "event 10: hash over")
            .entrySet()) {
      sql("DROP TABLE IF EXISTS kept");
      sql("CREATE TABLE kept AS SELECT * FROM event WHERE sequence = 10");
      sql(change.getKey());

      var bad = audit(copy).bundle("ada", null, null, "9.9", out);

      assertThat(bad.getProblemsList()).as(change.getKey()).isNotEmpty();
      var verdict = verify(out);
      assertThat(verdict.exit()).as(change.getKey()).isEqualTo(1);
      assertThat(verdict.text()).contains(change.getValue());
      sql("DELETE FROM event WHERE sequence = 10");
      sql("INSERT INTO event SELECT * FROM kept");
    }
    assertThat(audit(copy).bundle("ada", null, null, "9.9", out).getProblemsList()).isEmpty();
  }

  @Test
  void shouldShowASegmentThatWasChangedOrIsGone() throws Exception {
    copy();
    Path out = copy.resolve("b.tar");
    Path segment;
    try (var files = Files.walk(copy.resolve("segments"))) {
      segment = files.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(segment);
    bytes[bytes.length / 2] ^= 4;
    Files.write(segment, bytes);
    assertThat(audit(copy).bundle("ada", null, null, "9.9", out).getProblems(0))
        .contains("expected SHA-256");
    assertThat(verify(out).text()).contains("segments/", "SHA-256 that its event says");

    Files.delete(segment);
    assertThat(audit(copy).bundle("ada", null, null, "9.9", out).getProblems(0))
        .contains("found none");
    assertThat(verify(out).text()).contains("segments: expected");
  }

  /** All is signed anew by a key that the auditor does not know. */
  @Test
  void shouldShowThatAnotherKeySignedIt() throws Exception {
    copy();
    Files.delete(copy.resolve("checkpoints/log"));
    Files.delete(copy.resolve("checkpoints/key"));
    var heads = Checkpoints.newest(ada).orElseThrow().heads().values();
    try (var mallory = CheckpointWriter.open(copy, 1)) {
      mallory.checkpoint(heads, 2);
    }
    Path out = copy.resolve("b.tar");
    audit(copy).bundle("ada", null, null, "9.9", out);

    assertThat(verify(out).exit()).as("nobody asked whose key").isZero();
    var verdict = verify(out, "--key", manifest.getKeys(0));
    assertThat(verdict.exit()).isEqualTo(1);
    assertThat(verdict.text()).contains("key: expected " + manifest.getKeys(0));
  }

  @Test
  void shouldCarryEveryKeyAndAcceptTheFirstForTheLast() throws Exception {
    copy();
    for (int run = 0; run < 2; run++) {
      try (var writer = CheckpointWriter.open(copy, 1)) {
        writer.rotate(2);
        writer.software("tandem " + run, 3);
      }
    }
    Path out = copy.resolve("b.tar");
    var rotated = audit(copy).bundle("ada", null, null, "9.9", out);

    assertThat(rotated.getKeysList()).hasSize(3).startsWith(manifest.getKeys(0));
    for (String key : rotated.getKeysList()) {
      assertThat(verify(out, "--key", key).exit()).isZero();
    }
    assertThat(attack("edits", out, foreign.toString()).get("control")).isNull();
  }

  /**
   * What a directory from before there were checkpoints can prove: that nothing fell over since.
   */
  @Test
  void shouldSayThatNobodySignedItWhereThereIsNoKey() throws Exception {
    copy();
    Files.delete(copy.resolve("checkpoints/log"));
    Files.delete(copy.resolve("checkpoints/key"));
    Path out = copy.resolve("b.tar");
    audit(copy).bundle("ada", null, null, "9.9", out);

    assertThat(verify(out).text()).contains("expected a signature, found none");
    assertThat(verify(out, "--unsigned").exit()).isZero();
  }

  @Test
  void shouldHoldATimeUpToTheNextCheckpointOnly() throws Exception {
    var all = audit(ada).events("ada");
    Instant from = at(all.get(9));
    Instant to = at(all.get(12));
    Path out = copy.resolve("b.tar");

    var some = audit(ada).bundle("ada", from, to, "9.9", out);

    assertThat(some.getTerms(0).getFirstSequence()).isEqualTo(10);
    assertThat(some.getTerms(0).getLastSequence()).isBetween(13L, (long) all.size());
    var verdict = verify(out);
    assertThat(verdict.exit()).as(verdict.text()).isZero();
    assertThat(verdict.text()).contains("0 events behind it");

    assertThatThrownBy(
            () -> audit(ada).bundle("ada", Instant.EPOCH, Instant.EPOCH.plusSeconds(1), "9", out))
        .hasMessageContaining("no event here in that time");
    assertThatThrownBy(() -> audit(ada).bundle("nobody", null, null, "9", out))
        .hasMessageContaining("no event here");
  }

  private static Instant at(SealedEvent event) {
    return Instant.ofEpochSecond(0, event.hybridNanos());
  }

  /** Two homes, the older one with events that the newer does not follow. */
  @Test
  void shouldHoldTermsAndTheBranchThatWasClosed() throws Exception {
    var good = bundled(copy.resolve("good"), parent(), child(parent().get(3)));
    assertThat(verify(copy.resolve("good.tar"), "--unsigned").exit()).isZero();
    assertThat(good.getBranches(0)).contains("2 events after sequence 4, where term 2 begins");
    assertThat(good.getTerms(1).getParentSequence()).isEqualTo(4);

    bundled(copy.resolve("bad"), parent(), child(parent().get(4)));
    assertThat(verify(copy.resolve("bad.tar"), "--unsigned").text())
        .contains("term 2 event 1: hash of its parent");
  }

  private static List<SealedEvent> parent() {
    var events = new ArrayList<SealedEvent>();
    for (int i = 1; i <= 6; i++) {
      var before = events.isEmpty() ? SealedEvent.NO_HASH : events.getLast().hash();
      var event =
          i == 1
              ? new Event.TermBegun(1, 0, 0, ByteString.EMPTY, "edge", "new")
              : new Event.OperatorAction("anna", "note", "note " + i);
      events.add(SealedEvent.seal("ada", 1, i, i, before, event));
    }
    return events;
  }

  /** Says that it follows the fourth. */
  private static SealedEvent child(SealedEvent follows) {
    var begun = new Event.TermBegun(2, 1, 4, parent().get(3).hash(), "cloud", "home lost");
    return SealedEvent.seal("ada", 2, 1, 9, follows.hash(), begun);
  }

  private static BundleManifest bundled(Path data, List<SealedEvent> parent, SealedEvent child)
      throws Exception {
    try (var journal = new JournalDatabase(data, 0)) {
      journal.committer().append(new TwinId("ada", 1), parent);
      journal
          .committer()
          .append(new TwinId("ada", 2), List.of(child))
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS);
    }
    return audit(data)
        .bundle("ada", null, null, "9", data.resolveSibling(data.getFileName() + ".tar"));
  }

  private void copy() throws IOException {
    try (var files = Files.walk(ada)) {
      for (Path each : files.toList()) {
        Path to = copy.resolve(ada.relativize(each).toString());
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

  private static Verdict verify(Path file, String... more) throws Exception {
    var command = new ArrayList<>(List.of(python(), program().toString(), file.toString()));
    command.addAll(Arrays.asList(more));
    return run(command);
  }

  private static Map<?, ?> attack(String what, Path file, String... more) throws Exception {
    var script = SharedData.repository().resolve("tools/peers/bundle_attacks.py");
    var command =
        new ArrayList<>(
            List.of(python(), script.toString(), what, program().toString(), file.toString()));
    command.addAll(Arrays.asList(more));
    var verdict = run(command);
    assertThat(verdict.exit()).as(verdict.text()).isZero();
    return (Map<?, ?>) Json.parse(verdict.text());
  }

  private static Path program() {
    return SharedData.repository().resolve("docs/evidence/verify.py");
  }

  private static Verdict run(List<String> command) throws Exception {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return new Verdict(process.exitValue(), text);
  }

  private static String python() {
    String python = System.getProperty("tandem.python", System.getenv("TANDEM_PYTHON"));
    if (python == null || !Files.isExecutable(Path.of(python))) {
      String why =
          "MISSING PEER: no Python (tandem.python); evidence bundles were not verified by the"
              + " foreign program";
      System.out.println(why);
      Assumptions.abort(why);
    }
    return python;
  }
}
