package tandem.deploy.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Robots that share nothing with Tandem (real Zenoh core, CDR and hashes by rosbags) come in
 * through our port and through a router of the real core, in client and in peer mode.
 */
class ForeignRobotTest {
  @TempDir static Path data;
  private static TandemProcess edge;
  private static Peer router;
  private static String direct;
  private static String routed;
  private static String api;

  @BeforeAll
  static void startAnEdgeAndAForeignRouter() throws IOException {
    routed = "tcp/127.0.0.1:" + freePort();
    router = Peer.start("router.py", "--listen", routed);
    router.await("ready", Duration.ofSeconds(20));
    edge =
        TandemProcess.start(
            data,
            "edge",
            "--data",
            data.resolve("edge").toString(),
            "--zenoh-connect",
            routed,
            "--port",
            "zenoh=0",
            "--port",
            "api=0",
            "--port",
            "management=0",
            "--port",
            "artery=0");
    var ports = edge.ready().get("ports");
    direct = "tcp/127.0.0.1:" + ports.get("zenoh").asInt();
    api = "http://127.0.0.1:" + ports.get("api").asInt();
  }

  @AfterAll
  static void end() {
    if (edge != null) edge.close();
    if (router != null) router.close();
  }

  @ParameterizedTest
  @CsvSource({"eve,client,direct", "eva,peer,direct", "evi,client,routed", "evo,peer,routed"})
  void shouldRecordCommandAndShowAForeignRobot(String name, String mode, String way) {
    foreignRobot(name, mode, way, 0);
  }

  @Tag("slow")
  @ParameterizedTest
  @CsvSource({
    "slow1,client,direct",
    "slow2,peer,direct",
    "slow3,client,routed",
    "slow4,peer,routed"
  })
  void shouldRecordTwentySecondsOfAForeignRobot(String name, String mode, String way) {
    foreignRobot(name, mode, way, 10_000);
  }

  private void foreignRobot(String name, String mode, String way, int samples) {
    var log = data.resolve(name + ".log");
    try (var robot =
        Peer.start(
            "eve.py",
            "--namespace",
            name,
            "--mode",
            mode,
            "--seconds",
            "0",
            "--latched",
            "--connect",
            way.equals("direct") ? direct : routed,
            "--log",
            log.toString(),
            "--linger",
            "60",
            "--delay",
            "0.5")) {
      robot.await("ready", Duration.ofSeconds(20));
      awaitTwin(name, twin -> "live".equals(twin.path("mode").asText()));

      var command =
          commandUntilAccepted(
              name, "joint", "elbow=0.9", "--in", "1s", "--wait", "--as", "tester");
      assertThat(command.path("state").asText()).as("command: %s", command).isEqualTo("done");
      assertThat(command.path("evidence").path("stream").asText())
          .isEqualTo("/" + name + "/joint_states");
      checkTrajectory(robot.await("command", Duration.ofSeconds(5)));

      awaitSamples(name, samples);
      robot.say("enough");
      var sampled = robot.await("sampled", Duration.ofSeconds(60));
      awaitStreams(name, sampled.get("sent"));
      var twin = awaitTwin(name, seen -> lastValuesAre(seen, sampled.get("joints")));
      assertThat(twin.path("ageMs").asDouble()).isNotNegative();

      var export = data.resolve(name + ".mcap");
      var exported =
          TandemProcess.run(
              "audit",
              "export",
              name,
              "--format",
              "mcap",
              "--out",
              export.toString(),
              "--api",
              api);
      assertThat(exported.exit()).as(exported.errors()).isZero();
      try (var check =
          Peer.start("check_export.py", "--mcap", export.toString(), "--log", log.toString())) {
        var verdict = check.await("verdict", Duration.ofSeconds(60), node -> node.has("ok"));
        assertThat(verdict.get("ok").asBoolean()).as(verdict.toString()).isTrue();
      }
    }
    awaitTwin(name, twin -> "silent".equals(twin.path("mode").asText()));
  }

  /** Another implementation of rmw_zenoh's conventions: zenoh-ros2-sdk. */
  @Test
  void shouldShowAndCountARobotOfAnotherSdk() {
    var port = direct.substring(direct.lastIndexOf(':') + 1);
    try (var robot = Peer.start("sdk_robot.py", "--port", port, "--namespace", "sdk")) {
      robot.await("ready", Duration.ofSeconds(20));
      awaitTwin("sdk", twin -> "live".equals(twin.path("mode").asText()));
      awaitSamples("sdk", 500);
      robot.say("enough");
      var sampled = robot.await("sampled", Duration.ofSeconds(20));

      awaitStreams("sdk", sampled.get("sent"));
      awaitTwin("sdk", twin -> lastValuesAre(twin, sampled.get("joints")));
    }
    awaitTwin("sdk", twin -> "silent".equals(twin.path("mode").asText()));
  }

  private static void checkTrajectory(JsonNode command) {
    assertThat(command.get("type").asText()).isEqualTo("trajectory_msgs/msg/JointTrajectory");
    assertThat(command.get("attachment").asText()).hasSize(66);
    var message = command.get("message");
    int joint =
        List.of(Lines.JSON.convertValue(message.get("joint_names"), String[].class))
            .indexOf("elbow");
    assertThat(joint).isNotNegative();
    var points = message.get("points");
    var first = points.get(0);
    var last = points.get(points.size() - 1);
    assertThat(first.get("positions").get(joint).asDouble()).isCloseTo(0.3, within(0.05));
    assertThat(first.get("time_from_start").get("sec").asInt()).isZero();
    assertThat(last.get("positions").get(joint).asDouble()).isCloseTo(0.9, within(1e-9));
    assertThat(last.get("velocities").get(joint).asDouble()).isZero();
    assertThat(last.get("time_from_start").get("sec").asInt()).isEqualTo(1);
  }

  @Test
  void shouldRefuseAndNameASecondPublisherOnTheCommandTopic() {
    try (var robot =
        Peer.start(
            "eve.py",
            "--namespace",
            "una",
            "--connect",
            direct,
            "--rate",
            "100",
            "--seconds",
            "0",
            "--topics",
            "joint_states",
            "--latched")) {
      robot.await("ready", Duration.ofSeconds(20));
      awaitTwin("una", twin -> "live".equals(twin.path("mode").asText()));

      String zid;
      try (var intruder = Peer.start("intruder.py", "--connect", direct, "--robot", "una")) {
        zid = intruder.await("done", Duration.ofSeconds(20)).get("zid").asText();
      }

      var alarm =
          poll(
              "alarm about the intruder",
              () -> TandemProcess.run("twin", "show", "una", "--json", "--api", api).only(),
              twin -> twin.path("hazards").toString().contains(zid));
      assertThat(alarm.path("hazards").toString()).contains("joint_trajectory");
      assertThat(robot.events("command")).isEmpty();
    }
  }

  @Test
  void shouldTakeARobotWithoutANamespaceAsOneRobot() {
    try (var robot =
        Peer.start(
            "eve.py",
            "--namespace",
            "",
            "--connect",
            direct,
            "--rate",
            "100",
            "--seconds",
            "0",
            "--topics",
            "joint_states",
            "image",
            "imu",
            "tf",
            "--latched")) {
      robot.await("ready", Duration.ofSeconds(20));
      awaitTwin("robot", twin -> "live".equals(twin.path("mode").asText()));

      poll(
          "all topics under one robot",
          () -> TandemProcess.run("stream", "list", "robot", "--json", "--api", api),
          streams ->
              streams.objects().stream()
                  .map(stream -> stream.get("topic").asText())
                  .toList()
                  .containsAll(
                      List.of(
                          "/joint_states", "/imu/data", "/camera/image_raw", "/tf", "/tf_static")));
      var names =
          TandemProcess.run("twin", "list", "--json", "--api", api).objects().stream()
              .map(twin -> twin.get("robot").asText())
              .toList();
      assertThat(names).contains("robot").doesNotContain("camera", "imu", "tf");
    }
  }

  @Test
  void shouldEndACommandAsFailedWhenTheRobotDoesNotMove() {
    assertThat(endOf("fay", "still").path("state").asText()).isEqualTo("failed");
  }

  @Test
  void shouldEndACommandAsUnknownWhenTheRobotGoesSilent() {
    assertThat(endOf("uma", "silent").path("state").asText()).isEqualTo("unknown");
  }

  @ParameterizedTest
  @CsvSource({"synthesised", "service_events", "cdr_test_sqlite"})
  void shouldExportWhatARecordedBagPlayed(String bag) {
    var folder = bag.equals("synthesised") ? data.resolve("bag") : recorded(bag);
    if (bag.equals("synthesised"))
      try (var maker = Peer.start("make_bag.py", "--out", folder.toString())) {
        assertThat(maker.join(Duration.ofSeconds(60))).as(maker.errors()).isZero();
      }
    var log = data.resolve(bag + ".log");
    try (var player =
        Peer.start(
            "play_bag.py",
            "--connect",
            direct,
            "--bag",
            folder.toString(),
            "--namespace",
            bag,
            "--log",
            log.toString(),
            "--linger",
            "30")) {
      var sent = player.await("done", Duration.ofSeconds(60)).get("sent");
      awaitStreams(bag, sent);

      var export = data.resolve(bag + ".mcap");
      var exported =
          TandemProcess.run(
              "audit", "export", bag, "--format", "mcap", "--out", export.toString(), "--api", api);
      assertThat(exported.exit()).as(exported.errors()).isZero();
      try (var check =
          Peer.start(
              "check_export.py",
              "--mcap",
              export.toString(),
              "--log",
              log.toString(),
              "--unknown-types")) {
        var verdict = check.await("verdict", Duration.ofSeconds(60), node -> node.has("ok"));
        assertThat(verdict.get("ok").asBoolean()).as(verdict.toString()).isTrue();
      }
    }
  }

  /** A bag that the real recorder wrote; it is not in a user's clone. */
  private static Path recorded(String bag) {
    var shared = System.getProperty("tandem.shared", System.getenv("TANDEM_SHARED"));
    var folder = shared == null ? null : Path.of(shared, "data", "bags", bag);
    if (folder == null || !java.nio.file.Files.isDirectory(folder)) {
      System.err.println("MISSING DATA: the recorded bag " + bag + " (tandem.shared)");
      throw new org.opentest4j.TestAbortedException("no recorded bag " + bag);
    }
    return folder;
  }

  private static JsonNode endOf(String name, String behaviour) {
    try (var robot =
        Peer.start(
            "eve.py",
            "--namespace",
            name,
            "--connect",
            direct,
            "--rate",
            "100",
            "--seconds",
            "0",
            "--topics",
            "joint_states",
            "--latched",
            "--behaviour",
            behaviour)) {
      robot.await("ready", Duration.ofSeconds(20));
      awaitTwin(name, twin -> "live".equals(twin.path("mode").asText()));
      return commandUntilAccepted(name, "joint", "elbow=0.8", "--in", "1s", "--wait");
    }
  }

  /** A guard needs a moment to start after its robot came: refusals that say so are asked again. */
  private static JsonNode commandUntilAccepted(String robot, String... form) {
    var words = new java.util.ArrayList<>(List.of("twin", "command", robot));
    words.addAll(List.of(form));
    words.addAll(List.of("--json", "--api", api));
    return poll(
        "a command that the guard takes",
        () -> TandemProcess.run(words.toArray(String[]::new)).last(),
        command ->
            !command.path("state").asText().equals("refused")
                || !command.path("code").asText().contains("guard"));
  }

  private static void awaitStreams(String robot, JsonNode sent) {
    poll(
        "every sample counted: " + sent,
        () -> TandemProcess.run("stream", "list", robot, "--json", "--api", api),
        streams -> {
          for (var topic : sent.properties()) {
            var stream =
                streams.objects().stream()
                    .filter(row -> row.get("topic").asText().equals(topic.getKey()))
                    .findFirst();
            if (stream.isEmpty()
                || stream.get().get("delivered").asLong() != topic.getValue().asLong()
                || stream.get().get("offered").asLong() != topic.getValue().asLong()
                || stream.get().get("dropped").asLong() != 0
                || stream.get().get("late").asLong() != 0) return false;
          }
          return true;
        });
  }

  private static void awaitSamples(String robot, int samples) {
    poll(
        samples + " samples of each stream",
        () -> TandemProcess.run("stream", "list", robot, "--json", "--api", api),
        streams ->
            streams.objects().stream()
                    .filter(stream -> stream.get("delivered").asInt() >= samples)
                    .count()
                >= 3);
  }

  private static boolean lastValuesAre(JsonNode twin, JsonNode joints) {
    var names = twin.path("joints").path("names");
    if (names.size() != joints.size()) return false;
    for (int i = 0; i < names.size(); i++)
      if (twin.path("joints").path("positionsRad").get(i).asDouble()
          != joints.get(names.get(i).asText()).asDouble()) return false;
    return true;
  }

  private static JsonNode awaitTwin(String robot, Predicate<JsonNode> wanted) {
    return poll(
        "twin " + robot,
        () -> {
          var shown = TandemProcess.run("twin", "show", robot, "--json", "--api", api);
          return shown.objects().isEmpty()
              ? Lines.JSON.createObjectNode().put("error", shown.errors())
              : shown.last();
        },
        wanted);
  }

  private static <T> T poll(String what, java.util.function.Supplier<T> ask, Predicate<T> wanted) {
    long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
    T last;
    do {
      last = ask.get();
      if (wanted.test(last)) return last;
    } while (System.nanoTime() < deadline);
    throw new AssertionError(
        what + ": last seen: " + last + "\nlog of the edge:\n" + edge.logTail());
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
