package tandem.robot.door;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class IdentityTest {
  private static final Set<String> MIRA = Set.of("/mira");
  private static final Set<String> ROOT = Set.of("/");

  @Test
  void shouldTakeANamespaceWithJointStatesOrADescriptionForARobot() {
    assertThat(Identity.claim("/mira/joint_states")).contains("/mira");
    assertThat(Identity.claim("/fleet/mira/robot_description")).contains("/fleet/mira");
    assertThat(Identity.claim("/joint_states")).contains("/");
    assertThat(Identity.claim("/mira/imu")).isEmpty();
    assertThat(Identity.claim("/mira/my_joint_states")).isEmpty();
  }

  @Test
  void shouldGiveDeeperNamespacesToTheRobotAboveThem() {
    assertThat(Identity.robots(Set.of("/mira", "/mira/arm", "/miranda", "/")))
        .containsExactly("/", "/mira", "/miranda");
    assertThat(Identity.owner("/mira/arm/joint_states", null, MIRA)).contains("/mira");
    assertThat(Identity.owner("/mira/camera/depth/image_raw", null, MIRA)).contains("/mira");
    assertThat(Identity.owner("/miranda/imu", null, MIRA)).isEmpty();
  }

  @Test
  void shouldGiveSharedTopicsToTheRobotOfThePublishingNode() {
    assertThat(Identity.owner("/tf", "/mira", MIRA)).contains("/mira");
    assertThat(Identity.owner("/tf_static", "/mira/arm", MIRA)).contains("/mira");
    assertThat(Identity.owner("/tf", "/eve", MIRA)).isEmpty();
    assertThat(Identity.owner("/tf", null, MIRA)).isEmpty();
    assertThat(Identity.owner("/diagnostics", "/", Set.of("/", "/mira"))).contains("/");
  }

  @Test
  void shouldGiveTheRestToTheRobotAtTheRootIfThereIsOne() {
    assertThat(Identity.owner("/camera/image_raw", null, ROOT)).contains("/");
    assertThat(Identity.owner("/imu/data", null, ROOT)).contains("/");
    assertThat(Identity.owner("/camera/image_raw", null, MIRA)).isEmpty();
  }

  @Test
  void shouldNameARobotAfterItsNamespace() {
    assertThat(Identity.name("/mira", "robot")).isEqualTo("mira");
    assertThat(Identity.name("/fleet/mira", "robot")).isEqualTo("fleet_mira");
    assertThat(Identity.name("/", "robot")).isEqualTo("robot");
  }
}
