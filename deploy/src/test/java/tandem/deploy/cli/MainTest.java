package tandem.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.deploy.client.Out;
import tandem.proto.codec.Json;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.TwinId;

/** Exit codes, and what goes to which stream. */
class MainTest {
  private record Ran(int code, String out, String err) {}

  @Test
  void shouldPrintTheVersionOfTheBuild() {
    var ran = run("--version");

    assertThat(ran.code).isZero();
    assertThat(ran.out).matches("tandem \\d+\\.\\d+\\.\\d+\\R");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nix",
        "zenoh",
        "zenoh sub -e tcp/127.0.0.1:1",
        "twin",
        "twin lease ada borrow",
        "twin lease ada take",
        "twin command ada",
        "twin command ada joint elbow",
        "twin command ada joint elbow=NaN",
        "twin command ada joint elbow=1 --in 2",
        "twin command ada reach left_hand 1 2",
        "twin command ada reach left_hand 1 2 x",
        "twin command ada stop --release",
        "twin show ada --api ftp://x",
        "ros2 topic pub /a std_msgs/msg/String {data -e tcp/127.0.0.1:1",
        "interface hash nothing",
        "edge --zenoh-listen tcp/0.0.0.0:7447",
        "audit bundle ada",
        "audit bundle ada --out x.tar --from yesterday",
      })
  void shouldExitWithTwoWhereTheWordsAreWrong(String line) {
    var ran = run(line.isEmpty() ? new String[0] : line.split(" "));

    assertThat(ran.code).as(ran.err).isEqualTo(2);
    assertThat(ran.out).isEmpty();
    assertThat(ran.err).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "twin list --api http://127.0.0.1:1",
        "twin show ada --api http://127.0.0.1:1",
        "twin command ada joint elbow=-1 --api http://127.0.0.1:1",
        "twin command ada reach left_hand 0.3 -0.2 0.1 --api http://127.0.0.1:1",
        "stream list --api http://127.0.0.1:1",
        "interface hash std_msgs/msg/Nothing",
        "audit bundle ada --out x.tar --data /nowhere",
      })
  void shouldExitWithOneAndSayWhyWhereItFails(String line) {
    var ran = run(line.split(" "));

    assertThat(ran.code).as(ran.err).isEqualTo(1);
    assertThat(ran.out).isEmpty();
    assertThat(ran.err).startsWith("tandem: ");
  }

  @Test
  void shouldSayThatAStopMayNotHaveReachedTheGuard() {
    var ran = run("twin", "command", "ada", "stop", "--guard", "tcp/127.0.0.1:1");

    assertThat(ran.code).isEqualTo(1);
    assertThat(ran.err).contains("guard of ada", "it is not known whether the robot was stopped");
  }

  @Test
  void shouldPrintOneJsonObjectALine() {
    var ran = run("interface", "hash", "sensor_msgs/msg/JointState", "--json");

    assertThat(ran.code).isZero();
    assertThat(ran.out.lines()).hasSize(1);
    assertThat(Json.parse(ran.out.strip()))
        .isEqualTo(
            Map.of(
                "type",
                "sensor_msgs/msg/JointState",
                "hash",
                "RIHS01_a13ee3a330e346c9d87b5aa18d24e11690752bd33a0350f11c5882bc9179260e"));
  }

  /** A file is written all the same where the journal is bad: it says so, and so does the exit. */
  @Test
  void shouldBundleWhatIsThereAndSayWhatIsBad(@TempDir Path data) throws Exception {
    var ada = new TwinId("ada", 1);
    var begun =
        SealedEvent.seal(
            "ada",
            1,
            1,
            1,
            SealedEvent.NO_HASH,
            new Event.TermBegun(1, 0, 0, ByteString.EMPTY, "edge", "test"));
    var stranger =
        SealedEvent.seal(
            "ada", 1, 2, 2, SealedEvent.NO_HASH, new Event.OperatorAction("m", "note", "?"));
    var out = data.resolve("made/ada.tar");
    String[] words = {"audit", "bundle", "ada", "--data", "" + data, "--out", "" + out, "--json"};
    try (var journal = new JournalDatabase(data, 0)) {
      journal.committer().append(ada, List.of(begun)).toCompletableFuture().join();
    }

    var good = run(words);
    assertThat(good.code).as(good.err).isZero();
    assertThat(fields(good.out))
        .containsEntry("robot", "ada")
        .containsEntry("events", 1L)
        .containsEntry("segments", 0L)
        .containsEntry("problems", List.of())
        .containsEntry("bytes", Files.size(out));

    try (var journal = new JournalDatabase(data, 0)) {
      journal.committer().append(ada, List.of(stranger)).toCompletableFuture().join();
    }
    var bad = run(words);
    assertThat(bad.code).isEqualTo(1);
    assertThat(bad.out).contains("term 1 sequence 2: expected the hash of the event before");

    words[2] = "eve";
    var nobody = run(words);
    assertThat(nobody.code).isEqualTo(1);
    assertThat(nobody.err).contains("robot eve has no event here; nothing was written");
    assertThat(out).exists();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> fields(String line) {
    return (Map<String, Object>) Json.parse(line.strip());
  }

  @Test
  void shouldAlignColumnsForPeople() {
    var bytes = new ByteArrayOutputStream();
    var out = new Out(new PrintStream(bytes, true, StandardCharsets.UTF_8), false);

    out.table(
        List.of(
            Map.of("robot", "ada", "lease", Map.of("holder", "eva")),
            Map.of("robot", "ada-dream", "lease", Map.of())),
        "robot",
        "lease.holder");

    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualToNormalizingNewlines(
            """
            robot      lease.holder
            ada        eva
            ada-dream  -
            """);
  }

  private static synchronized Ran run(String... words) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    var realOut = System.out;
    var realErr = System.err;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      return new Ran(
          Main.run(words),
          out.toString(StandardCharsets.UTF_8),
          err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(realOut);
      System.setErr(realErr);
    }
  }
}
