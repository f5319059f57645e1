package tandem.deploy.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tandem.deploy.client.Api;
import tandem.deploy.drill.HeldControl;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.VelocityTarget;

/**
 * A base that is driven over {@code cmd_vel} and shares nothing with Tandem (real Zenoh core, CDR
 * by rosbags): held, let go, lapsed, stopped, and refused as its profile says. What counts is what
 * arrived at the robot.
 */
class ForeignBaseTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final double MOST_VX = 0.4, MOST_VY = 0.2, MOST_WZ = 0.6;
  @TempDir static Path data;
  private static TandemProcess edge;
  private static String zenoh;
  private static String api;

  @BeforeAll
  static void startAnEdge() {
    var words = new ArrayList<>(List.of("edge", "--data", data.resolve("edge").toString()));
    for (var port : List.of("zenoh", "api", "management", "artery"))
      words.addAll(List.of("--port", port + "=0"));
    for (var robot : List.of("twista", "stampa", "lapsa", "stopa", "clampa"))
      for (var one :
          List.of(
              "watchdog.velocity=500ms",
              "velocity.limits.vx=" + MOST_VX,
              "velocity.limits.vy=" + MOST_VY,
              "velocity.limits.wz=" + MOST_WZ))
        words.addAll(List.of("--config", "tandem.robots." + robot + "." + one));
    words.addAll(List.of("--config", "tandem.robots.absenta.velocity.topic=base/cmd_vel"));
    edge = TandemProcess.start(data, words.toArray(String[]::new));
    var ports = edge.ready().get("ports");
    zenoh = "tcp/127.0.0.1:" + ports.get("zenoh").asInt();
    api = "http://127.0.0.1:" + ports.get("api").asInt();
  }

  @AfterAll
  static void end() {
    if (edge != null) edge.close();
  }

  @ParameterizedTest
  @CsvSource({"twista, twist", "stampa, stamped"})
  void shouldLeadTheBaseWhileItIsHeldAndBringItToRestWhenLetGo(String name, String kind) {
    try (var robot = base(name, kind)) {
      held(name, "velocity", "0.2", "-0.1", "0.3", "--for", "2s");

      var all = robot.events("velocity");
      assertThat(all)
          .extracting(one -> one.get("type").asText())
          .containsOnly("geometry_msgs/msg/Twist" + (kind.equals("stamped") ? "Stamped" : ""));
      assertThat(all).anyMatch(one -> is(one, 0.2, -0.1, 0.3));
      assertThat(all).allMatch(one -> between(one, "vx", 0, 0.2) && between(one, "vy", -0.1, 0));
      assertThat(all).allMatch(one -> between(one, "wz", 0, 0.3));
      assertThat(all.getFirst().get("vx").asDouble()).as("no jump").isLessThan(0.2);
      assertThat(is(all.getLast(), 0, 0, 0))
          .as("the last word is rest: %s", all.getLast())
          .isTrue();
      checkOnlyPublisher(name, kind);
      if (kind.equals("stamped")) checkStamps(name, robot);
    }
  }

  /**
   * In the robot's clock once its answers have come quickly enough to know it, before that zero.
   */
  private static void checkStamps(String name, Peer robot) {
    var stamped =
        poll(
            "a stamped setpoint",
            () -> {
              command(name, "joint", "elbow=0.35", "--in", "1s", "--wait");
              command(name, "velocity", "0.1", "0", "0", "--for", "0.3s");
              return robot.events("velocity");
            },
            all -> all.stream().anyMatch(one -> one.get("stamp").asDouble() > 0));
    double before = 0;
    for (var one : stamped) {
      double stamp = one.get("stamp").asDouble();
      if (stamp == 0) continue;
      assertThat(stamp).as("newest last").isGreaterThanOrEqualTo(before);
      assertThat(one.get("at").asDouble() - stamp).as("age when it came, s").isBetween(-0.02, 30.0);
      before = stamp;
    }
  }

  /** The doctor finds the guard alone on the topic, and names who else comes to speak there. */
  private static void checkOnlyPublisher(String name, String kind) {
    var topic = "/" + name + "/cmd_vel";
    var alone = doctor(name).get("only publisher on " + topic);
    assertThat(alone.get("ok").asBoolean()).as("%s", alone).isTrue();
    assertThat(alone.get("found").asText()).isEqualTo("the guard");
    try (var intruder =
        Peer.start("intruder.py", "--connect", zenoh, "--robot", name, "--cmd-vel", kind)) {
      var zid = intruder.await("done", SOON).get("zid").asText();
      var named = doctor(name).get("only publisher on " + topic);
      assertThat(named.get("ok").asBoolean()).as("%s", named).isFalse();
      assertThat(named.get("found").asText()).contains("the guard and", "/joystick", zid);
      poll(
          "an alarm that names the intruder",
          () -> run("twin", "show", name).only().path("hazards").toString(),
          hazards -> hazards.contains(zid));
    }
  }

  @Test
  void shouldBringTheBaseToRestWhenItsHolderIsKilled() {
    try (var robot = base("lapsa", "stamped")) {
      held("lapsa", "velocity", "0.1", "0", "0", "--for", "0.2s");
      var holder =
          TandemProcess.start(
              data,
              "twin",
              "command",
              "lapsa",
              "velocity",
              "0.3",
              "0",
              "0",
              "--for",
              "120s",
              "--as",
              "tester",
              "--json",
              "--api",
              api);
      event(robot, "at speed", one -> is(one, 0.3, 0, 0));

      holder.kill();

      var failed = poll("the end", () -> newest("lapsa"), ForeignBaseTest::isFinal);
      assertThat(failed.path("state").asText()).as("%s", failed).isEqualTo("failed");
      assertThat(failed.path("why").asText()).contains("no held setpoint for");
      atRest(robot);
      assertThat(ramp(robot.events("velocity"), 0.3))
          .as("brought down in steps, not cut")
          .hasSizeGreaterThan(2);
    }
  }

  @Test
  void shouldComeToRestWhenStoppedAndRefuseEveryVelocityUntilReleased() {
    try (var robot = base("stopa", "twist")) {
      held("stopa", "velocity", "0.1", "0", "0", "--for", "0.2s");
      try (var node = new Api(api);
          var held = new HeldControl(node, "stopa", "tester", "velocity")) {
        assertThat(held.open()).as("%s", held.command()).isTrue();
        held.hold(seconds -> velocity(0.3, 0, 0));
        event(robot, "at speed", one -> is(one, 0.3, 0, 0));

        command("stopa", "stop");

        atRest(robot);
        poll(
            "the stream ended",
            () -> state(held.id()),
            one -> one.path("state").asText().equals("cancelled"));
      }
      var refused = command("stopa", "velocity", "0.1", "0", "0", "--for", "1s");
      assertThat(refused.path("state").asText()).as("%s", refused).isEqualTo("refused");
      assertThat(refused.path("why").asText()).contains("stop");
      assertThat(is(newestOf(robot), 0, 0, 0)).isTrue();

      run(
          "twin",
          "command",
          "stopa",
          "stop",
          "--release",
          "--reason",
          "seen enough",
          "--as",
          "tester");
      held("stopa", "velocity", "-0.1", "0", "0", "--for", "1s");
      assertThat(robot.events("velocity")).anyMatch(one -> is(one, -0.1, 0, 0));
    }
  }

  @Test
  void shouldClampToTheProfilesLimitsAndEndAStreamThatStaysBeyondThem() {
    try (var robot = base("clampa", "stamped")) {
      held("clampa", "velocity", "0.1", "0", "0", "--for", "0.2s");
      try (var node = new Api(api);
          var held = new HeldControl(node, "clampa", "tester", "velocity")) {
        assertThat(held.open()).as("%s", held.command()).isTrue();
        // One of twenty is far beyond: at most a tenth within a second may be.
        var count = new java.util.concurrent.atomic.AtomicInteger();
        held.hold(
            seconds ->
                count.incrementAndGet() % 20 == 15
                    ? velocity(9, -9, 9)
                    : velocity(MOST_VX, -MOST_VY, MOST_WZ));
        event(robot, "at the limits", one -> is(one, MOST_VX, -MOST_VY, MOST_WZ));
        poll("clamped ones are told", held::clamped, clamped -> clamped >= 2);
        assertThat(held.refused()).as(held.why()).isZero();
        held.letGo();
        poll("done", () -> state(held.id()), one -> one.path("state").asText().equals("done"));
      }
      var beyond = command("clampa", "velocity", "2", "0", "0", "--for", "60s");
      assertThat(beyond.path("state").asText()).as("%s", beyond).isEqualTo("failed");
      assertThat(beyond.path("why").asText()).contains("were beyond the limits");

      atRest(robot);
      assertThat(robot.events("velocity"))
          .allMatch(one -> between(one, "vx", 0, MOST_VX) && between(one, "vy", -MOST_VY, 0))
          .allMatch(one -> between(one, "wz", 0, MOST_WZ));
    }
  }

  @Test
  void shouldRefuseAVelocityThatTheProfileDoesNotAllow() {
    try (var robot = base("armonly", "none")) {
      var refused =
          poll(
              "no velocity target",
              () ->
                  command("armonly", "velocity", "0.1", "0", "0", "--for", "1s")
                      .path("why")
                      .asText(),
              why -> why.contains("has no target for velocity; not sent"));
      assertThat(refused).contains("has no target for velocity; not sent");
      assertThat(robot.events("goal")).isEmpty();
    }
    try (var robot = base("unwatched", "twist")) {
      var proposed =
          poll(
              "the proposal",
              () -> run("twin", "profile", "unwatched", "show").last(),
              profile -> profile.path("velocity").has("topic"));
      assertThat(proposed.path("velocity").path("topic").asText()).isEqualTo("/unwatched/cmd_vel");
      assertThat(proposed.path("velocity").path("type").asText())
          .isEqualTo("geometry_msgs/msg/Twist");
      poll(
          "no watchdog",
          () ->
              command("unwatched", "velocity", "0.1", "0", "0", "--for", "1s").path("why").asText(),
          why -> why.contains("names no watchdog of the robot for /unwatched/cmd_vel"));
      assertThat(robot.events("velocity")).isEmpty();
    }
    try (var robot = base("absenta", "stamped")) {
      poll(
          "what is missing",
          () -> command("absenta", "velocity", "0.1", "0", "0", "--for", "1s").path("why").asText(),
          why ->
              why.contains("/absenta/base/cmd_vel: nobody subscribes to it")
                  && why.contains("the configuration is not used"));
      assertThat(robot.events("velocity")).isEmpty();

      assertThat(wrong("absenta", "joint", "elbow=NaN")).contains("NaN");
      assertThat(wrong("absenta", "velocity", "NaN", "0", "0")).contains("NaN");
      assertThat(robot.events("goal")).isEmpty();
    }
  }

  @Test
  void shouldRefuseJointsThatAreUnknownOrBeyondTheirLimits() {
    try (var robot = base("strict", "none")) {
      untilTaken("strict", "joint", "elbow=0.4", "--in", "1s", "--wait");
      assertThat(wrong("strict", "joint", "tail=0.4")).contains("tail");
      assertThat(wrong("strict", "joint", "elbow=9")).contains("elbow", "9", "2.5");
      assertThat(wrong("strict", "joint", "elbow=2.4", "--in", "0.1s")).contains("elbow", "--in");

      assertThat(robot.events("goal"))
          .as("nothing reached the robot but what was right, and holds at its end")
          .allMatch(goal -> Math.abs(goal.at("/positions/1/2").asDouble() - 0.4) < 0.05);
    }
  }

  // ---- what the tests say

  private static Peer base(String name, String kind) {
    var robot =
        Peer.start("arm_server.py", "--namespace", name, "--connect", zenoh, "--cmd-vel", kind);
    robot.await("ready", SOON);
    return robot;
  }

  private static TandemProcess.Result run(String... words) {
    var all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--json", "--api", api));
    return TandemProcess.run(all.toArray(String[]::new));
  }

  private static TandemProcess.Result asked(String robot, String... form) {
    var words = new ArrayList<>(List.of("twin", "command", robot));
    words.addAll(List.of(form));
    words.addAll(List.of("--as", "tester"));
    return run(words.toArray(String[]::new));
  }

  private static JsonNode command(String robot, String... form) {
    return asked(robot, form).last();
  }

  /** Words of a refusal, of whoever refused it first. */
  private static String wrong(String robot, String... form) {
    var result = asked(robot, form);
    assertThat(result.exit()).as("%s", result).isIn(1, 2);
    return result.lines() + result.errors();
  }

  /** A guard needs a moment to start after its robot came: refusals that say so are asked again. */
  private static JsonNode untilTaken(String robot, String... form) {
    return poll(
        "a command that the guard takes",
        () -> command(robot, form),
        command ->
            !command.path("state").asText().equals("refused")
                || !command.path("code").asText().contains("guard")
                    && !command.path("code").asText().contains("profile"));
  }

  /** Held to its end; anew where a busy machine let the heartbeats lapse, as a person would. */
  private static void held(String robot, String... form) {
    poll(
        "held to its end",
        () -> untilTaken(robot, form),
        command -> {
          boolean done = command.path("state").asText().equals("done");
          if (!done)
            assertThat(command.path("why").asText())
                .as("%s", command)
                .contains("no held setpoint for");
          return done;
        });
  }

  private static <T> T poll(String what, Supplier<T> look, Predicate<T> wanted) {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    T last = look.get();
    while (!wanted.test(last)) {
      if (System.nanoTime() > end)
        throw new AssertionError("not within 60 s: " + what + ": " + last);
      last = look.get();
    }
    return last;
  }

  private static JsonNode state(String id) {
    try (var node = new Api(api)) {
      return Lines.json(node.get("/api/commands/" + id));
    }
  }

  private static JsonNode newest(String robot) {
    try (var node = new Api(api)) {
      var all = (List<?>) node.value("/api/twins/" + robot + "/commands");
      return state(((java.util.Map<?, ?>) all.getFirst()).get("id").toString());
    }
  }

  private static boolean isFinal(JsonNode command) {
    return List.of("done", "failed", "cancelled", "refused", "expired", "unknown")
        .contains(command.path("state").asText());
  }

  private static TreeMap<String, JsonNode> doctor(String robot) {
    var found = new TreeMap<String, JsonNode>();
    run("doctor", "--robot", robot, "--endpoint", zenoh)
        .objects()
        .forEach(one -> found.put(one.get("check").asText(), one));
    return found;
  }

  private static JsonNode event(Peer robot, String what, Predicate<JsonNode> wanted) {
    return robot.await(
        what, SOON, one -> "velocity".equals(one.path("event").asText()) && wanted.test(one));
  }

  private static JsonNode newestOf(Peer robot) {
    return robot.events("velocity").getLast();
  }

  private static void atRest(Peer robot) {
    poll("zero arrives", () -> newestOf(robot), one -> is(one, 0, 0, 0));
  }

  /** Distinct speeds between the last at full speed and rest. */
  private static List<Double> ramp(List<JsonNode> all, double from) {
    var speeds = all.stream().map(one -> one.get("vx").asDouble()).toList();
    return speeds.subList(speeds.lastIndexOf(from) + 1, speeds.size()).stream()
        .filter(speed -> speed > 0)
        .distinct()
        .toList();
  }

  private static TeleopSetpoint.Builder velocity(double vx, double vy, double wz) {
    return TeleopSetpoint.newBuilder()
        .setVelocity(
            VelocityTarget.newBuilder()
                .setVxMetersPerSec(vx)
                .setVyMetersPerSec(vy)
                .setWzRadPerSec(wz));
  }

  private static boolean is(JsonNode one, double vx, double vy, double wz) {
    return one.get("vx").asDouble() == vx
        && one.get("vy").asDouble() == vy
        && one.get("wz").asDouble() == wz;
  }

  private static boolean between(JsonNode one, String axis, double low, double high) {
    return one.get(axis).asDouble() >= low && one.get(axis).asDouble() <= high;
  }
}
