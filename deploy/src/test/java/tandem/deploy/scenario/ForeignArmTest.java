package tandem.deploy.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static tandem.deploy.scenario.Site.SOON;
import static tandem.deploy.scenario.Site.poll;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.deploy.client.Api;

/**
 * A robot that is commanded over a FollowJointTrajectory action, and shares nothing with Tandem
 * (real Zenoh core, CDR by rosbags, hashes of its own): done, cancelled, stopped, refused.
 */
class ForeignArmTest {
  private static final int SUCCEEDED = 4;
  private static final int CANCELED = 5;
  @TempDir static Path data;
  private static Site site;

  @BeforeAll
  static void startAnEdge() {
    site =
        Site.start(
            data,
            List.of(
                // Long commands, so that there is time to end them: the robot has no watchdog.
                "tandem.robots.arma.unattended-max=60s",
                "tandem.robots.armb.unattended-max=60s",
                "tandem.robots.partly.joint.action=arm_controller/follow_joint_trajectory",
                "tandem.robots.partly.joint.partial=true",
                "tandem.robots.absent.joint.action=leg_controller/follow_joint_trajectory",
                "tandem.robots.points.joint.topic=positions",
                "tandem.robots.points.joint.type=std_msgs/msg/Float64MultiArray",
                "tandem.robots.points.joint.order=[wrist, elbow, shoulder_lift, shoulder_pan]"));
  }

  @AfterAll
  static void end() {
    if (site != null) site.close();
  }

  private static void awaitSamples(String robot, long atLeast) {
    var offered = Pattern.compile("/" + robot + "/joint_states\".*?\"offered\":(\\d+)");
    try (var node = new Api(site.api())) {
      poll(
          "samples of " + robot,
          () -> String.valueOf(node.get("/api/streams")),
          streams -> {
            var found = offered.matcher(streams);
            return found.find() && Long.parseLong(found.group(1)) >= atLeast;
          });
    }
  }

  private static JsonNode event(Peer robot, String name, Predicate<JsonNode> wanted) {
    return robot.await(
        name, SOON, node -> name.equals(node.path("event").asText()) && wanted.test(node));
  }

  @Test
  void shouldCommandCancelAndStopOverTheAction() {
    try (var robot = site.robot("arma", "--cmd-vel", "stamped")) {
      awaitSamples("arma", 400); // a guard stamps once it knows the robot's clock by some samples
      var done = site.untilTaken("arma", "joint", "elbow=0.9", "--in", "1s", "--wait");

      assertThat(done.path("state").asText()).as("%s", done).isEqualTo("done");
      var goal = event(robot, "goal", node -> node.get("accepted").asBoolean());
      assertThat(goal.get("names"))
          .as("the controller refuses partial goals: all joints are named")
          .extracting(JsonNode::asText)
          .containsExactly("shoulder_pan", "shoulder_lift", "elbow", "wrist");
      assertThat(goal.get("positions").get(1).get(2).asDouble()).isEqualTo(0.9);
      assertThat(goal.get("positions").get(1).get(0).asDouble())
          .as("joints that were not named stay where they were measured")
          .isEqualTo(goal.get("positions").get(0).get(0).asDouble());
      assertThat(goal.get("stamp").asDouble())
          .as("in the robot's clock, as its samples show it")
          .isCloseTo(System.currentTimeMillis() / 1e3, within(30.0));
      event(robot, "ended", node -> ended(node, goal, SUCCEEDED));

      var running = site.command("arma", "joint", "elbow=-0.9", "--in", "30s");
      assertThat(running.path("state").asText()).as("%s", running).isIn("sent", "executing");
      var cut = event(robot, "goal", node -> !node.get("id").equals(goal.get("id")));
      assertThat(cut.get("stamp").asDouble())
          .as("in the robot's clock where two answers came quickly enough to know it, else at once")
          .satisfiesAnyOf(
              stamp -> assertThat(stamp).isZero(),
              stamp ->
                  assertThat(stamp)
                      .isBetween(
                          System.currentTimeMillis() / 1e3 - 60,
                          System.currentTimeMillis() / 1e3 + 1));
      checkDoctor();
      site.cancel(running);
      event(robot, "ended", node -> ended(node, cut, CANCELED));
      site.until("cancelled", running.get("id").asText());

      site.command("arma", "joint", "elbow=-0.9", "--in", "30s");
      var stopped =
          event(
              robot,
              "goal",
              node ->
                  node.get("positions").get(1).get(2).asDouble() == -0.9
                      && !node.get("id").equals(cut.get("id")));
      site.command("arma", "stop");
      event(robot, "cancel", node -> node.get("all").asBoolean());
      event(robot, "ended", node -> ended(node, stopped, CANCELED));
      assertThat(site.command("arma", "joint", "elbow=0.5", "--in", "1s").path("state").asText())
          .as("stop is latched")
          .isEqualTo("refused");
    }
  }

  /** The guard is the only one on the command topics; the robot says nothing of a watchdog. */
  private static void checkDoctor() {
    var found = site.doctor("arma");
    assertThat(found)
        .containsKeys(
            "guard path",
            "guard version",
            "age of the newest sample",
            "clock offset",
            "profile in use");
    for (var topic :
        List.of(
            "/arma/arm_controller/follow_joint_trajectory",
            "/arma/arm_controller/joint_trajectory",
            "/arma/stop",
            "/arma/cmd_vel")) {
      var only = found.get("only publisher on " + topic);
      assertThat(only).as("%s in %s", topic, found.keySet()).isNotNull();
      assertThat(only.get("ok").asBoolean()).as("%s", only).isTrue();
    }
    var watchdog = found.get("robot's own watchdog");
    assertThat(watchdog.get("ok").asBoolean()).isFalse();
    assertThat(watchdog.get("found").asText()).isEqualTo("no robot-side stop");
    assertThat(watchdog.get("hint").asText()).contains("tandem.robots.arma.watchdog");
  }

  private static boolean ended(JsonNode ended, JsonNode goal, int status) {
    return ended.get("id").equals(goal.get("id")) && ended.get("status").asInt() == status;
  }

  @Test
  void shouldFailWithTheControllersOwnWords() {
    try (var robot = site.robot("armb")) {
      site.untilTaken("armb", "joint", "elbow=0.4", "--in", "1s", "--wait");
      var running = site.command("armb", "joint", "elbow=-0.9", "--in", "30s");
      event(robot, "goal", node -> node.get("positions").get(1).get(2).asDouble() == -0.9);
      robot.say("abort");
      var failed = site.until("failed", running.get("id").asText());
      assertThat(failed.path("why").asText()).contains("aborted", "path tolerance violated");

      robot.say("abandon");
      var unanswered = site.command("armb", "joint", "elbow=0.5", "--in", "1s", "--wait");
      assertThat(unanswered.path("state").asText()).as("%s", unanswered).isEqualTo("failed");
      assertThat(unanswered.path("why").asText()).contains("no response within 1000 ms");
    }
  }

  @Test
  void shouldSendAPartialGoalOnlyWhereTheProfileSaysSo() {
    try (var robot = site.robot("partly")) {
      var refused = site.untilTaken("partly", "joint", "elbow=0.4", "--in", "1s", "--wait");

      var goal = event(robot, "goal", node -> true);
      assertThat(goal.get("names")).extracting(JsonNode::asText).containsExactly("elbow");
      assertThat(goal.get("accepted").asBoolean()).isFalse();
      assertThat(refused.path("state").asText()).as("%s", refused).isEqualTo("failed");
      assertThat(refused.path("why").asText()).contains("rejected");
    }
    try (var robot = site.robot("absent")) {
      var refused =
          poll(
              "a proposal that says what is missing",
              () -> site.command("absent", "joint", "elbow=0.4", "--in", "1s").toString(),
              text -> text.contains("leg_controller"));
      assertThat(refused).contains("the configuration is not used");
      assertThat(robot.events("goal")).isEmpty();
    }
  }

  @Test
  void shouldPlayPositionsForAControllerThatNamesNoJoints() {
    try (var robot = site.robot("points", "--no-action", "--positions", "positions")) {
      var done = site.untilTaken("points", "joint", "elbow=0.9", "--in", "1s", "--wait");

      assertThat(done.path("state").asText()).as("%s", done).isEqualTo("done");
      double before = 0.3;
      var played = robot.events("positions");
      assertThat(played).hasSizeGreaterThan(10);
      for (var one : played) {
        double elbow = one.get("data").get(1).asDouble();
        assertThat(elbow - before).as("no jump").isBetween(-0.05, 0.25);
        before = elbow;
      }
      assertThat(before).isCloseTo(0.9, org.assertj.core.api.Assertions.within(0.05));
    }
  }

  @Test
  void shouldRefuseToChooseBetweenTwoControllers() {
    try (var robot =
        site.robot(
            "armc",
            "--action",
            "left/follow_joint_trajectory",
            "--action",
            "right/follow_joint_trajectory")) {
      var refused =
          poll(
              "a refusal that lists both",
              () -> site.command("armc", "joint", "elbow=0.4", "--in", "1s").toString(),
              text -> text.contains("several candidates"));
      assertThat(refused)
          .contains("/armc/left/follow_joint_trajectory", "/armc/right/follow_joint_trajectory");
      assertThat(robot.events("goal")).isEmpty();
    }
  }

  /** The command line against the robot itself, over a router of the real core. */
  @Test
  void shouldListAndCallServicesAndActionsFromTheCommandLine() throws IOException {
    var endpoint = "tcp/127.0.0.1:" + freePort();
    try (var router = Peer.start("router.py", "--listen", endpoint)) {
      router.await("ready", SOON);
      try (var robot = Peer.start("arm_server.py", "--connect", endpoint);
          var caller = Peer.start("ros2_caller.py", endpoint, "serve")) {
        robot.await("ready", SOON);
        caller.await("ready", SOON, node -> node.path("ready").asBoolean());
        poll(
            "the service",
            () -> ros2(endpoint, "service", "list").objects(),
            rows ->
                rows.stream()
                    .anyMatch(row -> row.get("service").asText().equals("/foreign/switch")));
        var type = ros2(endpoint, "service", "type", "/foreign/switch");
        assertThat(type.only().get("type").asText()).isEqualTo("std_srvs/srv/SetBool");
        var called = ros2(endpoint, "service", "call", "/foreign/switch", "{\"data\":true}");
        assertThat(called.only().toString()).isEqualTo("{\"success\":true,\"message\":\"call 1\"}");
        assertThat(ros2(endpoint, "service", "call", "/foreign/nothing").errors())
            .contains("nobody serves /foreign/nothing");
        assertThat(ros2(endpoint, "service", "call", "/foreign/switch", "{\"date\":1}").exit())
            .isEqualTo(2);

        var action = "/eve/arm_controller/follow_joint_trajectory";
        assertThat(ros2(endpoint, "action", "list").only().get("action").asText())
            .isEqualTo(action);
        assertThat(ros2(endpoint, "action", "info", action).only().get("kind").asText())
            .isEqualTo("server");
        var goal =
            "{\"trajectory\":{\"joint_names\":[\"shoulder_pan\",\"shoulder_lift\",\"elbow\",\"wrist\"],"
                + "\"points\":[{\"positions\":[0.2,0.2,0.2,0.2],\"time_from_start\":{\"sec\":1}}]}}";
        var sent = ros2(endpoint, "action", "send_goal", action, goal, "--feedback");
        assertThat(sent.exit()).as(sent.errors()).isZero();
        // Feedback comes on a topic of its own and may overtake the answer.
        assertThat(sent.objects()).anyMatch(line -> line.get("event").asText().equals("accepted"));
        assertThat(sent.last().get("status").asText()).isEqualTo("succeeded");
        assertThat(sent.objects()).anyMatch(line -> line.get("event").asText().equals("feedback"));
        var rejected = ros2(endpoint, "action", "send_goal", action, "{}");
        assertThat(rejected.exit()).isEqualTo(1);
        assertThat(rejected.only().get("event").asText()).isEqualTo("rejected");
      }
    }
  }

  private static TandemProcess.Result ros2(String endpoint, String... words) {
    var all = new ArrayList<>(List.of("ros2"));
    all.addAll(List.of(words));
    all.addAll(List.of("-e", endpoint, "--json"));
    return TandemProcess.run(all.toArray(String[]::new));
  }

  private static int freePort() throws IOException {
    try (var socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
