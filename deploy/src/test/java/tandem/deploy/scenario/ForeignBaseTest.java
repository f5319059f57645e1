package tandem.deploy.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static tandem.deploy.scenario.Site.SOON;
import static tandem.deploy.scenario.Site.poll;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
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
 * by rosbags): held, let go, lapsed, stopped, refused as its profile says, and sent to places by
 * its own navigation. What counts is what arrived at the robot.
 */
class ForeignBaseTest {
  private static final double MOST_VX = 0.4, MOST_VY = 0.2, MOST_WZ = 0.6;
  private static final int SUCCEEDED = 4, CANCELED = 5, ABORTED = 6;
  @TempDir static Path data;
  private static Site site;

  @BeforeAll
  static void startAnEdge() {
    var words = new ArrayList<String>();
    for (var robot : List.of("twista", "stampa", "lapsa", "stopa", "clampa"))
      for (var one :
          List.of(
              "watchdog.velocity=500ms",
              "velocity.limits.vx=" + MOST_VX,
              "velocity.limits.vy=" + MOST_VY,
              "velocity.limits.wz=" + MOST_WZ)) words.add("tandem.robots." + robot + "." + one);
    for (var robot : List.of("goes", "leaves", "halts", "rejects", "aborts", "deaf", "alone"))
      for (var one : List.of("watchdog.velocity=500ms", "navigate.watchdog=12s"))
        words.add("tandem.robots." + robot + "." + one);
    words.add("tandem.robots.absenta.velocity.topic=base/cmd_vel");
    site = Site.start(data, words);
  }

  @AfterAll
  static void end() {
    if (site != null) site.close();
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
              site.command(name, "joint", "elbow=0.35", "--in", "1s", "--wait");
              site.command(name, "velocity", "0.1", "0", "0", "--for", "0.3s");
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
    var alone = site.doctor(name).get("only publisher on " + topic);
    assertThat(alone.get("ok").asBoolean()).as("%s", alone).isTrue();
    assertThat(alone.get("found").asText()).isEqualTo("the guard");
    try (var intruder =
        Peer.start("intruder.py", "--connect", site.zenoh(), "--robot", name, "--cmd-vel", kind)) {
      var zid = intruder.await("done", SOON).get("zid").asText();
      var named = site.doctor(name).get("only publisher on " + topic);
      assertThat(named.get("ok").asBoolean()).as("%s", named).isFalse();
      assertThat(named.get("found").asText()).contains("the guard and", "/joystick", zid);
      poll(
          "an alarm that names the intruder",
          () -> site.run("twin", "show", name).only().path("hazards").toString(),
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
              site.api());
      velocity(robot, "at speed", one -> is(one, 0.3, 0, 0));

      holder.kill();

      var failed = poll("the end", () -> site.newest("lapsa"), Site::isFinal);
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
      try (var node = new Api(site.api());
          var held = new HeldControl(node, "stopa", "tester", "velocity")) {
        assertThat(held.open()).as("%s", held.command()).isTrue();
        held.hold(seconds -> velocity(0.3, 0, 0));
        velocity(robot, "at speed", one -> is(one, 0.3, 0, 0));

        site.command("stopa", "stop");

        atRest(robot);
        site.until("cancelled", held.id());
      }
      var refused = site.command("stopa", "velocity", "0.1", "0", "0", "--for", "1s");
      assertThat(refused.path("state").asText()).as("%s", refused).isEqualTo("refused");
      assertThat(refused.path("why").asText()).contains("stop");
      assertThat(is(newestOf(robot), 0, 0, 0)).isTrue();

      site.release("stopa");
      held("stopa", "velocity", "-0.1", "0", "0", "--for", "1s");
      assertThat(robot.events("velocity")).anyMatch(one -> is(one, -0.1, 0, 0));
    }
  }

  @Test
  void shouldClampToTheProfilesLimitsAndEndAStreamThatStaysBeyondThem() {
    try (var robot = base("clampa", "stamped")) {
      held("clampa", "velocity", "0.1", "0", "0", "--for", "0.2s");
      try (var node = new Api(site.api());
          var held = new HeldControl(node, "clampa", "tester", "velocity")) {
        assertThat(held.open()).as("%s", held.command()).isTrue();
        // One of twenty is far beyond: at most a tenth within a second may be.
        var count = new java.util.concurrent.atomic.AtomicInteger();
        held.hold(
            seconds ->
                count.incrementAndGet() % 20 == 15
                    ? velocity(9, -9, 9)
                    : velocity(MOST_VX, -MOST_VY, MOST_WZ));
        velocity(robot, "at the limits", one -> is(one, MOST_VX, -MOST_VY, MOST_WZ));
        poll("clamped ones are told", held::clamped, clamped -> clamped >= 2);
        assertThat(held.refused()).as(held.why()).isZero();
        held.letGo();
        site.until("done", held.id());
      }
      var beyond = site.command("clampa", "velocity", "2", "0", "0", "--for", "60s");
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
                  site.command("armonly", "velocity", "0.1", "0", "0", "--for", "1s")
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
              () -> site.run("twin", "profile", "unwatched", "show").last(),
              profile -> profile.path("velocity").has("topic"));
      assertThat(proposed.path("velocity").path("topic").asText()).isEqualTo("/unwatched/cmd_vel");
      assertThat(proposed.path("velocity").path("type").asText())
          .isEqualTo("geometry_msgs/msg/Twist");
      poll(
          "no watchdog",
          () ->
              site.command("unwatched", "velocity", "0.1", "0", "0", "--for", "1s")
                  .path("why")
                  .asText(),
          why -> why.contains("names no watchdog of the robot for /unwatched/cmd_vel"));
      assertThat(robot.events("velocity")).isEmpty();
    }
    try (var robot = base("absenta", "stamped")) {
      poll(
          "what is missing",
          () ->
              site.command("absenta", "velocity", "0.1", "0", "0", "--for", "1s")
                  .path("why")
                  .asText(),
          why ->
              why.contains("/absenta/base/cmd_vel: nobody subscribes to it")
                  && why.contains("the configuration is not used"));
      assertThat(robot.events("velocity")).isEmpty();

      assertThat(site.wrong("absenta", "joint", "elbow=NaN")).contains("NaN");
      assertThat(site.wrong("absenta", "velocity", "NaN", "0", "0")).contains("NaN");
      assertThat(robot.events("goal")).isEmpty();
    }
  }

  @Test
  void shouldRefuseJointsThatAreUnknownOrBeyondTheirLimits() {
    try (var robot = base("strict", "none")) {
      site.untilTaken("strict", "joint", "elbow=0.4", "--in", "1s", "--wait");
      assertThat(site.wrong("strict", "joint", "tail=0.4")).contains("tail");
      assertThat(site.wrong("strict", "joint", "elbow=9")).contains("elbow", "9", "2.5");
      assertThat(site.wrong("strict", "joint", "elbow=2.4", "--in", "0.1s"))
          .contains("elbow", "--in");

      assertThat(robot.events("goal"))
          .as("nothing reached the robot but what was right, and holds at its end")
          .allMatch(goal -> Math.abs(goal.at("/positions/1/2").asDouble() - 0.4) < 0.05);
    }
  }

  @Test
  void shouldSendTheBaseToAPlaceAndToTheNextOne() {
    try (var robot = navigator("goes")) {
      var done = navigated("goes", "0.5", "-0.2", "0.4", "--within", "60s", "--wait");

      assertThat(done.path("state").asText()).as("%s", done).isEqualTo("done");
      var goal = event(robot, "navigate", one -> true);
      assertThat(goal.get("accepted").asBoolean()).as("%s", goal).isTrue();
      assertThat(goal.get("frame").asText()).isEqualTo("odom");
      assertThat(goal.get("x").asDouble()).isEqualTo(0.5);
      assertThat(goal.get("y").asDouble()).isEqualTo(-0.2);
      assertThat(goal.get("yaw").asDouble()).isCloseTo(0.4, within(1e-9));
      ended(robot, goal, SUCCEEDED);
      assertThat(done.at("/evidence/errorMeters").asDouble()).isLessThan(0.05);
      assertThat(robot.events("velocity")).as("nobody leads it beside its navigation").isEmpty();

      site.lease("goes"); // so that the next command has the authority of the one before
      var far = site.command("goes", "navigate", "500", "0", "--frame", "map", "--within", "300s");
      var cut = event(robot, "navigate", one -> one.get("x").asDouble() == 500);
      assertThat(cut.get("frame").asText()).isEqualTo("map");
      var near = site.command("goes", "navigate", "0.6", "-0.2", "0.4", "--wait");
      assertThat(near.path("state").asText()).as("%s", near).isEqualTo("done");
      ended(robot, cut, ABORTED);
      ended(robot, event(robot, "navigate", one -> one.get("x").asDouble() == 0.6), SUCCEEDED);
      assertThat(site.state(id(far)).path("state").asText()).isEqualTo("superseded");
    }
  }

  @Test
  void shouldCancelTheGoalWhenItsOperatorCancels() {
    try (var robot = navigator("leaves")) {
      navigated("leaves", "0.1", "0", "--wait");
      site.lease("leaves");
      var command = site.command("leaves", "navigate", "500", "0", "--within", "300s");
      var goal = event(robot, "navigate", one -> one.get("x").asDouble() == 500);
      var beside = site.command("leaves", "velocity", "0.1", "0", "0", "--for", "1s");
      assertThat(beside.path("state").asText()).as("%s", beside).isEqualTo("refused");
      assertThat(beside.path("code").asText()).as("%s", beside).isEqualTo("tandem.command.busy");
      assertThat(site.state(id(command)).path("state").asText())
          .as("goes on")
          .isIn("sent", "executing");

      site.cancel(command);

      event(robot, "navigate-cancel", one -> isOf(one, goal));
      ended(robot, goal, CANCELED);
      var cancelled = site.until("cancelled", id(command));
      assertThat(cancelled.path("why").asText()).contains("enough");
      stands(robot);
    }
  }

  @Test
  void shouldCancelTheGoalWhenStoppedAndNavigateAgainOnceReleased() {
    try (var robot = navigator("halts")) {
      var command = navigated("halts", "500", "0", "--within", "300s");
      var goal = event(robot, "navigate", one -> true);

      site.command("halts", "stop");

      event(robot, "navigate-cancel", one -> isOf(one, goal));
      ended(robot, goal, CANCELED);
      site.until("cancelled", id(command));
      stands(robot);
      var refused = site.command("halts", "navigate", "0", "0");
      assertThat(refused.path("state").asText()).as("%s", refused).isEqualTo("refused");
      assertThat(refused.path("why").asText()).contains("stop");
      assertThat(robot.events("navigate")).hasSize(1);

      site.release("halts");
      var back = navigated("halts", "0", "0", "--wait");
      assertThat(back.path("state").asText()).as("%s", back).isEqualTo("done");
      assertThat(robot.events("navigate")).hasSize(2);
    }
  }

  @Test
  void shouldSayThatTheNavigationRefusedOrGaveUp() {
    try (var robot = navigator("rejects", "--navigate-reject", "outside of the map")) {
      var refused = navigated("rejects", "5", "0", "--wait");
      assertThat(refused.path("state").asText()).as("%s", refused).isEqualTo("failed");
      assertThat(refused.path("code").asText()).isEqualTo("tandem.guard.goal-rejected");
      assertThat(refused.path("why").asText()).contains("/rejects/navigate_to_pose rejected it");
      assertThat(event(robot, "navigate", one -> true).get("accepted").asBoolean()).isFalse();
    }
    try (var robot = navigator("aborts")) {
      var command = navigated("aborts", "500", "0", "--within", "300s");
      var goal = event(robot, "navigate", one -> true);

      robot.say("abort navigation");

      ended(robot, goal, ABORTED);
      var failed = site.until("failed", id(command));
      assertThat(failed.path("code").asText()).isEqualTo("tandem.guard.goal-aborted");
      assertThat(failed.path("why").asText()).contains("no path, by order of the test", "100");
      stands(robot);
    }
  }

  /** A guard that stands still is gone from the graph once its lease is over. */
  @Test
  @Tag("slow")
  void shouldBeEndedByTheNavigationItselfWhereTheGuardStandsStill() throws Exception {
    try (var robot = navigator("alone", "--navigate-watchdog", "2")) {
      navigated("alone", "500", "0", "--within", "300s");
      var goal = event(robot, "navigate", one -> true);
      var guard = Files.readString(data.resolve("edge/guards/alone/guard.pid")).strip();
      signal("-STOP", guard);
      try {
        var ended = event(robot, "navigated", one -> one.get("id").equals(goal.get("id")));

        assertThat(ended.get("status").asInt()).as("%s", ended).isEqualTo(ABORTED);
        assertThat(ended.get("error").asText()).isEqualTo("its client is gone");
        assertThat(ended.get("speed").asDouble()).as("at rest").isLessThan(0.05);
        assertThat(robot.events("navigate-cancel")).noneMatch(one -> isOf(one, goal));
      } finally {
        signal("-CONT", guard);
      }
    }
  }

  private static void signal(String which, String pid) throws Exception {
    assertThat(new ProcessBuilder("kill", which, pid).inheritIO().start().waitFor()).isZero();
  }

  /** All that is left is to say so, and to go on. */
  @Test
  void shouldGoOnStoppingABaseWhoseNavigationIsNotCancelled() {
    try (var robot = navigator("deaf", "--navigate-uncancellable")) {
      var command = navigated("deaf", "500", "0", "--within", "300s");
      event(robot, "navigate", one -> true);

      site.cancel(command);

      site.until("cancelled", id(command));
      poll(
          "the guard says so",
          () -> site.run("twin", "show", "deaf").only().path("hazards").toString(),
          hazards -> hazards.contains("the robot still moves after 5 s of holding"));
      assertThat(robot.events("navigate-cancel")).anyMatch(one -> one.get("code").asInt() == 1);
      int asked = robot.events("navigate-cancel").size();
      site.command("deaf", "stop");

      poll(
          "cancelled again and again",
          () -> robot.events("navigate-cancel").size(),
          count -> count > asked + 5);
      int before = robot.events("velocity").size();
      stands(robot);
      poll("zeros go on", () -> robot.events("velocity"), all -> all.size() > before + 5);
      var refused = site.command("deaf", "navigate", "0", "0");
      assertThat(refused.path("state").asText()).as("%s", refused).isEqualTo("refused");
      assertThat(robot.events("navigated")).as("it still goes").isEmpty();
    }
  }

  // ---- what the tests say

  private static Peer base(String name, String kind) {
    return site.robot(name, "--cmd-vel", kind);
  }

  /** A base that goes to places by itself, and to nothing but zero by velocities. */
  private static Peer navigator(String name, String... more) {
    var words = new ArrayList<>(List.of("--cmd-vel", "stamped", "--navigate"));
    words.addAll(List.of(more));
    return site.robot(name, words.toArray(String[]::new));
  }

  private static JsonNode navigated(String robot, String... place) {
    var words = new ArrayList<>(List.of("navigate"));
    words.addAll(List.of(place));
    return site.untilTaken(robot, words.toArray(String[]::new));
  }

  private static String id(JsonNode one) {
    return one.get("id").asText();
  }

  /** Whether a cancel is of that goal; a guard that starts cancels what it finds. */
  private static boolean isOf(JsonNode cancel, JsonNode goal) {
    return cancel.get("goals").toString().contains(id(goal));
  }

  /** How a goal ended, at the robot. */
  private static void ended(Peer robot, JsonNode goal, int status) {
    var ended = event(robot, "navigated", one -> one.get("id").equals(goal.get("id")));
    assertThat(ended.get("status").asInt()).as("%s", ended).isEqualTo(status);
  }

  /** It is told to stand, and nothing else. */
  private static void stands(Peer robot) {
    poll("zeros", () -> robot.events("velocity"), all -> !all.isEmpty());
    assertThat(robot.events("velocity")).allMatch(one -> is(one, 0, 0, 0));
  }

  /** Held to its end; anew where a busy machine let the heartbeats lapse, as a person would. */
  private static void held(String robot, String... form) {
    poll(
        "held to its end",
        () -> site.untilTaken(robot, form),
        command -> {
          boolean done = command.path("state").asText().equals("done");
          if (!done)
            assertThat(command.path("why").asText())
                .as("%s", command)
                .contains("no held setpoint for");
          return done;
        });
  }

  private static JsonNode event(Peer robot, String name, Predicate<JsonNode> wanted) {
    return robot.await(
        name, SOON, one -> name.equals(one.path("event").asText()) && wanted.test(one));
  }

  private static JsonNode velocity(Peer robot, String what, Predicate<JsonNode> wanted) {
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
