package tandem.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tandem.deploy.cli.RobotDoctor.Speakers;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;

class RobotDoctorTest {
  private static final String TOPIC = "/arma/joint_trajectory";

  private static LivelinessToken entity(Kind kind, String zid, String node, String name) {
    return new LivelinessToken(kind, 0, zid, 0, 1, "/", "/", node, name, "any", null, null);
  }

  @Test
  void shouldLookAtEveryNameThatTheGuardSpeaksOn() {
    var profile =
        Map.of(
            "joint",
            Map.of("kind", "action", "topic", "/arma/arm_controller/follow_joint_trajectory"),
            "velocity",
            Map.of("kind", "topic", "topic", "/arma/cmd_vel"),
            "reach",
            Map.of("left", Map.of("kind", "topic", "topic", "/arma/reach/left")),
            "navigate",
            Map.of("kind", "action", "topic", "/arma/navigate_to_pose"),
            "namespace",
            "/arma");

    assertThat(RobotDoctor.commandNames("arma", profile))
        .containsOnly(
            Map.entry("/arma/arm_controller/follow_joint_trajectory", true),
            Map.entry("/arma/arm_controller/joint_trajectory", false),
            Map.entry("/arma/cmd_vel", true),
            Map.entry("/arma/navigate_to_pose", true),
            Map.entry("/arma/reach/left", true),
            Map.entry("/arma/stop", false));
    assertThat(RobotDoctor.commandNames("arma", Map.of())).containsOnlyKeys("/arma/stop");
    assertThat(RobotDoctor.commandNames("arma", Map.of("namespace", "/")))
        .containsOnlyKeys("/stop");
  }

  @Test
  void shouldNameALoneImpostorThatIsCalledLikeTheGuard() {
    var impostor = entity(Kind.PUBLISHER, "bad", "tandem_guard", TOPIC);
    var guard = entity(Kind.PUBLISHER, "good", "tandem_guard", TOPIC);

    Speakers alone = RobotDoctor.speakers(List.of(impostor), TOPIC, List.of("good"));
    assertThat(alone.guard()).isFalse();
    assertThat(alone.others()).singleElement().asString().contains("tandem_guard", "bad");
    assertThat(RobotDoctor.speakers(List.of(guard), TOPIC, List.of("good", "also")))
        .isEqualTo(new Speakers(true, java.util.Collections.emptySortedSet()));
    assertThat(RobotDoctor.speakers(List.of(impostor, guard), TOPIC, List.of("good")).others())
        .hasSize(1);
    Speakers unknown = RobotDoctor.speakers(List.of(guard, guard, impostor), TOPIC, List.of());
    assertThat(unknown.guard()).as("without its sessions the first passes for it").isTrue();
    assertThat(unknown.others()).hasSize(1);
  }

  @Test
  void shouldNameCallersOfTheStopService() {
    var other = entity(Kind.SERVICE_CLIENT, "x", "desk", "/arma/stop");
    var server = entity(Kind.SERVICE_SERVER, "r", "robot", "/arma/stop");
    var listener = entity(Kind.SUBSCRIPTION, "r", "robot", "/arma/stop");

    assertThat(
            RobotDoctor.speakers(Arrays.asList(other, server, listener), "/arma/stop", List.of())
                .others())
        .singleElement()
        .asString()
        .contains("desk");
  }

  @Test
  void shouldSayThatTheGuardIsOfAnotherVersionWhileItIs() {
    var hazard = new HashMap<String, Object>();
    hazard.put("kind", "guard-version");
    hazard.put("text", "expected 1, found 0");
    hazard.put("until", null);

    assertThat(RobotDoctor.otherVersion(Map.of("hazards", List.of(hazard))))
        .isEqualTo("expected 1, found 0");
    hazard.put("until", "2026-01-01T00:00:00Z");
    assertThat(RobotDoctor.otherVersion(Map.of("hazards", List.of(hazard)))).isNull();
    assertThat(RobotDoctor.otherVersion(Map.of())).isNull();
  }
}
