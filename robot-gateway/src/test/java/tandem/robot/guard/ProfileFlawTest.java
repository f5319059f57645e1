package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.RobotProfile;

class ProfileFlawTest {
  private static String flaw(String kind, String topic, String type, String policy) {
    return ProfileFlaw.of(
        "ada",
        RobotProfile.newBuilder()
            .setRobot("ada")
            .setNavigate(CommandTarget.newBuilder().setKind(kind).setTopic(topic).setType(type))
            .setNavigatePolicy(policy)
            .build());
  }

  @Test
  void shouldTakeANavigationByItsTypeKindAndPolicyOnly() {
    String type = "nav2_msgs/action/NavigateToPose";
    for (String policy : new String[] {"", "cancel", "continue"}) {
      assertThat(flaw("action", "/ada/navigate_to_pose", type, policy)).isEmpty();
    }

    assertThat(flaw("action", "/ada/navigate_to_pose", type, "wait"))
        .isEqualTo("navigate policy: expected cancel or continue, found wait");
    assertThat(flaw("topic", "/ada/navigate_to_pose", type, ""))
        .contains("kind of /ada/navigate_to_pose", "expected action, found topic");
    assertThat(flaw("topic", "/ada/goal_pose", MotionPlan.POSE, ""))
        .contains("type of the navigate target", "found " + MotionPlan.POSE);
    assertThat(flaw("action", "navigate_to_pose", type, "")).contains("expected an absolute name");
  }
}
