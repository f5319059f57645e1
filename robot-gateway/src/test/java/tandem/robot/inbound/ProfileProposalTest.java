package tandem.robot.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.RobotProfile;
import tandem.robot.inbound.ProfileProposal.Listener;
import tandem.ros2.TypeName;
import tandem.ros2.idl.InterfaceRegistry;

class ProfileProposalTest {
  private static final String ACTION = "/eve/arm_controller/follow_joint_trajectory";
  private static final String HASH =
      InterfaceRegistry.bundled()
          .hash(TypeName.parse("control_msgs/action/FollowJointTrajectory_SendGoal"))
          .text();
  private static final Listener FOLLOW =
      new Listener(ACTION, ProfileProposal.FOLLOW, HASH, "controller_manager");
  private static final Listener TRAJECTORY =
      topic("/eve/arm_controller/joint_trajectory", ProfileProposal.TRAJECTORY);
  private static final Listener TWIST = topic("/eve/cmd_vel", ProfileProposal.TWIST);
  private static final Listener STAMPED = topic("/eve/cmd_vel", ProfileProposal.TWIST_STAMPED);
  private static final Listener ARRAY = topic("/eve/positions", ProfileProposal.ARRAY);
  private static final List<String> JOINTS = List.of("elbow", "wrist");
  private static final String URDF =
      """
      <robot name="eve"><link name="base_link"/><link name="l1"/><link name="l_gripper"/>
      <joint name="elbow" type="revolute"><parent link="base_link"/><child link="l1"/><axis xyz="0 0 1"/>
      <limit lower="-1" upper="2" velocity="1.5" effort="1"/></joint>
      <joint name="wrist" type="revolute"><parent link="l1"/><child link="l_gripper"/><axis xyz="0 0 1"/>
      <limit lower="-1" upper="1" velocity="1.5" effort="1"/></joint></robot>
      """;

  private static Listener topic(String name, String type) {
    return new Listener(name, type, "RIHS01_x", "controller_manager");
  }

  private static RobotProfile propose(String configuration, Listener... listeners) {
    RobotSettings settings =
        configuration == null
            ? null
            : RobotSettings.all(
                    ConfigFactory.parseString("tandem.robots.eve {" + configuration + "}"))
                .get("eve");
    return ProfileProposal.propose("eve", "/eve", List.of(listeners), JOINTS, URDF, true, settings);
  }

  @Test
  void shouldSayWhatHoldsTheRobotUp() {
    String assisted = URDF.replaceFirst("(<robot[^>]*>)", "$1<tandem assistance=\"a gantry\"/>");

    assertThat(propose(null, TRAJECTORY).getAssistance()).isEmpty();
    assertThat(
            ProfileProposal.propose(
                    "eve", "/eve", List.of(TRAJECTORY), JOINTS, assisted, true, null)
                .getAssistance())
        .isEqualTo("a gantry");
  }

  @Test
  void shouldTakeTheActionBeforeTheTopicOfTheSameController() {
    RobotProfile profile = propose(null, TRAJECTORY, FOLLOW, TWIST);

    assertThat(profile.getCancelAllGoals()).as("as in the contract's default").isTrue();

    assertThat(profile.getJoint().getKind()).isEqualTo("action");
    assertThat(profile.getJoint().getTopic()).isEqualTo(ACTION);
    assertThat(profile.getJoint().getTypeHash()).isEqualTo(HASH);
    assertThat(profile.getPartialGoals()).isFalse();
    assertThat(profile.getVelocity().getType()).isEqualTo(ProfileProposal.TWIST);
    assertThat(profile.getSource()).isEqualTo("accepted");
    assertThat(profile.getAmbiguitiesList()).isEmpty();
  }

  @Test
  void shouldTakeTheTopicWhereTheActionIsOfAnotherVersion() {
    Listener other = new Listener(ACTION, ProfileProposal.FOLLOW, "RIHS01_" + "0".repeat(64), "n");

    RobotProfile profile = propose(null, TRAJECTORY, other);

    assertThat(profile.getJoint().getTopic()).isEqualTo(TRAJECTORY.topic());
    assertThat(profile.getAmbiguitiesList())
        .singleElement()
        .asString()
        .contains("another version", HASH, ACTION);
  }

  @Test
  void shouldListSeveralCandidatesAndGuessNone() {
    Listener second =
        new Listener("/eve/left/follow_joint_trajectory", ProfileProposal.FOLLOW, HASH, "n");

    RobotProfile profile = propose(null, FOLLOW, second, TWIST, STAMPED);

    assertThat(profile.hasJoint()).isFalse();
    assertThat(profile.hasVelocity()).isFalse();
    assertThat(profile.getAmbiguitiesList())
        .anyMatch(why -> why.startsWith("joint: several candidates") && why.contains("/eve/left/"))
        .anyMatch(why -> why.startsWith("velocity: several candidates"));
  }

  @Test
  void shouldNeverGuessTheOrderOfAnArray() {
    assertThat(propose(null, ARRAY).hasJoint()).isFalse();
    assertThat(propose(null, ARRAY).getAmbiguities(0)).contains("configured order");
    RobotProfile profile =
        propose(
            "joint { topic = positions, type = std_msgs/msg/Float64MultiArray, order = [wrist,"
                + " elbow] }",
            ARRAY);
    assertThat(profile.getJoint().getOrderList()).containsExactly("wrist", "elbow");
    assertThat(profile.getSource()).isEqualTo("configured");
    assertThatThrownBy(
            () ->
                propose(
                    "joint { topic = positions, type = std_msgs/msg/Float64MultiArray }", ARRAY))
        .hasMessageContaining("tandem.robots.eve.joint.order")
        .hasMessageContaining("found none");
  }

  @Test
  void shouldReadTheWholeConfiguration() {
    RobotProfile profile =
        propose(
            """
            base-frame = l1, odom-frame = world, tips { left_hand = l_gripper }
            joint = { action = arm_controller/follow_joint_trajectory, partial = true }
            velocity = { topic = cmd_vel, stamped = true, limits { vx = 0.2 } }
            stop = [ { cancel-all-goals = true }, { velocity-zero = true }, { hold-joints = true } ]
            limits = urdf, override { elbow { velocity = 0.5, upper = 1.5, acceleration = 3 } }
            watchdog = { velocity = 500ms, joint = none }
            independent-parts = true, unattended-max = 3s, foreign = refuse-motion
            """,
            FOLLOW,
            STAMPED,
            TRAJECTORY);

    assertThat(profile.getAmbiguitiesList()).isEmpty();
    assertThat(profile.getSource()).isEqualTo("configured");
    assertThat(profile.getBaseFrame()).isEqualTo("l1");
    assertThat(profile.getOdomFrame()).isEqualTo("world");
    assertThat(profile.getTipsMap()).containsEntry("left_hand", "l_gripper");
    assertThat(profile.getPartialGoals()).isTrue();
    assertThat(profile.getVelocity().getType()).isEqualTo(ProfileProposal.TWIST_STAMPED);
    assertThat(profile.getVelocityLimits().getVxMetersPerSec()).isEqualTo(0.2);
    assertThat(profile.getVelocityLimits().getWzRadPerSec())
        .isEqualTo(ProfileProposal.VELOCITY_LIMITS.getWzRadPerSec());
    assertThat(profile.getCancelAllGoals()).isTrue();
    assertThat(profile.getWatchdogVelocitySeconds()).isEqualTo(0.5);
    assertThat(profile.hasWatchdogJointSeconds()).isFalse();
    assertThat(profile.getIndependentParts()).isTrue();
    assertThat(profile.getUnattendedMaxSeconds()).isEqualTo(3);
    assertThat(profile.getForeignPolicy()).isEqualTo("refuse-motion");
    JointLimit elbow = profile.getLimits(0);
    assertThat(elbow.getLowerRad()).isEqualTo(-1);
    assertThat(elbow.getUpperRad()).isEqualTo(1.5);
    assertThat(elbow.getVelocityRadPerSec()).isEqualTo(0.5);
    assertThat(elbow.getAccelerationRadPerSec2()).isEqualTo(3);
    assertThat(elbow.getSource()).isEqualTo("override");
    assertThat(profile.getLimits(1).getSource()).isEqualTo("urdf");
  }

  private static Listener navigation(String name) {
    return navigation(name, "bt_navigator");
  }

  private static Listener navigation(String name, String node) {
    var hash =
        InterfaceRegistry.bundled()
            .hash(TypeName.parse(ProfileProposal.NAVIGATE).with("_SendGoal"))
            .text();
    return new Listener(name, ProfileProposal.NAVIGATE, hash, node);
  }

  @Test
  void shouldTakeTheOneNavigationThereIs() {
    RobotProfile profile = propose(null, TRAJECTORY, navigation("/eve/navigate_to_pose"));

    assertThat(profile.getNavigate().getTopic()).isEqualTo("/eve/navigate_to_pose");
    assertThat(profile.getNavigate().getKind()).isEqualTo("action");
    assertThat(profile.getNavigate().getType()).isEqualTo("nav2_msgs/action/NavigateToPose");
    assertThat(profile.getNavigatePolicy()).isEmpty();
    assertThat(profile.hasWatchdogNavigateSeconds()).isFalse();
    assertThat(profile.getAmbiguitiesList()).isEmpty();
    assertThat(propose(null, TRAJECTORY).hasNavigate()).isFalse();
    assertThat(propose(null, TRAJECTORY).getAmbiguitiesList()).isEmpty();
  }

  @Test
  void shouldTakeNoneOfSeveralNavigationsAndNoneOfAnotherVersion() {
    RobotProfile several =
        propose(null, TRAJECTORY, navigation("/eve/a/go"), navigation("/eve/b/go"));
    RobotProfile other =
        propose(
            null,
            TRAJECTORY,
            new Listener("/eve/go", ProfileProposal.NAVIGATE, "RIHS01_" + "0".repeat(64), "n"));

    assertThat(several.hasNavigate()).isFalse();
    assertThat(several.getAmbiguitiesList())
        .singleElement()
        .asString()
        .startsWith("navigate: several candidates: /eve/a/go")
        .contains("/eve/b/go");
    assertThat(other.hasNavigate()).isFalse();
    assertThat(other.getAmbiguitiesList())
        .singleElement()
        .asString()
        .startsWith("navigate: action /eve/go")
        .contains("another version of nav2_msgs/action/NavigateToPose");
  }

  @Test
  void shouldTakeTheConfiguredNavigationAndItsPolicy() {
    RobotProfile profile =
        propose(
            "navigate { action = b/go, policy = continue }",
            TRAJECTORY,
            navigation("/eve/a/go"),
            navigation("/eve/b/go"));
    RobotProfile missing = propose("navigate { action = c/go }", navigation("/eve/a/go"));

    assertThat(profile.getNavigate().getTopic()).isEqualTo("/eve/b/go");
    assertThat(profile.getNavigatePolicy()).isEqualTo("continue");
    assertThat(
            propose("navigate { policy = cancel }", navigation("/eve/go")).getNavigate().getTopic())
        .as("a policy alone leaves the target to the graph")
        .isEqualTo("/eve/go");
    assertThat(missing.hasNavigate()).isFalse();
    assertThat(missing.getAmbiguities(0)).contains("navigate: action /eve/c/go: nobody serves it");
  }

  @Test
  void shouldTakeTheTimeOfAReachAsConfigured() {
    Listener reach =
        new Listener("/eve/reach/left_hand", ProfileProposal.POSE, "RIHS01_x", "demo_robot");

    assertThat(propose("foreign = warn", reach).getReachWithinSeconds()).isEqualTo(4.8);
    assertThat(propose("reach { within = 3s }", reach).getReachWithinSeconds()).isEqualTo(3);
    assertThat(propose("reach { within = none }", reach).hasReachWithinSeconds()).isFalse();
    assertThat(propose("reach { within = 3s }", reach).getReachCount())
        .as("the target is still of the graph")
        .isEqualTo(1);
  }

  @Test
  void shouldTakeTheWatchdogOfANavigationAsConfigured() {
    RobotProfile said = propose("navigate { watchdog = 3500ms }", navigation("/eve/go"));
    RobotProfile other =
        propose("navigate { policy = cancel }", navigation("/eve/go", "demo_robot"));
    RobotProfile none =
        propose("navigate { watchdog = none }", navigation("/eve/go", "demo_robot"));

    assertThat(said.getWatchdogNavigateSeconds()).isEqualTo(3.5);
    assertThat(said.getNavigate().getTopic()).isEqualTo("/eve/go");
    assertThat(other.getWatchdogNavigateSeconds()).as("not said").isEqualTo(12);
    assertThat(none.hasWatchdogNavigateSeconds()).isFalse();
    assertThat(none.hasNavigate()).isTrue();
  }

  @Test
  void shouldNotUseAConfigurationThatNamesWhatIsNotThereAndSayWhich() {
    RobotProfile profile =
        propose(
            """
            joint { action = leg_controller/follow_joint_trajectory }
            velocity { topic = drive }
            tips { left_hand = l_palm }
            override { knee { velocity = 1 } }
            """,
            FOLLOW,
            TWIST);

    assertThat(profile.getSource()).isEqualTo("proposed");
    assertThat(profile.hasJoint()).isFalse();
    assertThat(profile.hasVelocity()).isFalse();
    assertThat(profile.getAmbiguitiesList())
        .anyMatch(why -> why.contains("/eve/leg_controller/follow_joint_trajectory"))
        .anyMatch(why -> why.contains("/eve/drive"))
        .anyMatch(why -> why.contains("l_palm"))
        .anyMatch(why -> why.contains("knee"))
        .allMatch(why -> why.contains("the configuration is not used"));
  }

  @Test
  void shouldRefuseAConfigurationByTheKeyThatIsWrong() {
    record Wrong(String text, String key) {}
    for (Wrong one :
        List.of(
            new Wrong("jiont { topic = x }", "tandem.robots.eve.jiont"),
            new Wrong("joint { }", "tandem.robots.eve.joint"),
            new Wrong("joint { topic = x, type = std_msgs/msg/String }", "joint.type"),
            new Wrong("joint { topic = x, order = [a, a] }", "joint.order"),
            new Wrong("velocity { stamped = perhaps }", "velocity.stamped"),
            new Wrong("velocity { limits { vx = -1 } }", "velocity.limits.vx"),
            new Wrong("reach { topic = reach }", "reach.topic"),
            new Wrong("reach { within = 0s }", "eve.reach.within"),
            new Wrong("limits = none", "eve.limits"),
            new Wrong("override { elbow { velocity = 0 } }", "override.elbow"),
            new Wrong("stop = [ { hold-joints = false } ]", "stop.hold-joints"),
            new Wrong("watchdog { velocity = soon }", "tandem.robots.eve"),
            new Wrong("navigate { policy = wait }", "eve.navigate.policy"),
            new Wrong("navigate { topic = go }", "eve.navigate.topic"),
            new Wrong("navigate { watchdog = soon }", "tandem.robots.eve"),
            new Wrong("navigate { watchdog = 0s }", "eve.navigate.watchdog"),
            new Wrong("navigate { watchdog = -2s }", "eve.navigate.watchdog"),
            new Wrong("foreign = ignore", "eve.foreign"))) {
      assertThatThrownBy(() -> propose(one.text()))
          .as(one.text())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(one.key())
          .hasMessageContaining("configuration not used");
    }
  }

  @Test
  void shouldKnowWhatTheDemoRobotTakesAndHas() {
    RobotProfile profile =
        propose(
            null,
            new Listener("/eve/joint_trajectory", ProfileProposal.TRAJECTORY, "h", "demo_robot"),
            new Listener("/eve/cmd_vel", ProfileProposal.TWIST_STAMPED, "h", "demo_robot"),
            navigation("/eve/navigate_to_pose", "demo_robot"));

    assertThat(profile.getPartialGoals()).isTrue();
    assertThat(profile.getWatchdogVelocitySeconds()).isEqualTo(0.5);
    assertThat(profile.getWatchdogNavigateSeconds()).isEqualTo(12);
    assertThat(propose(null, TRAJECTORY, TWIST).getPartialGoals()).isFalse();
    assertThat(propose(null, TRAJECTORY, TWIST).hasWatchdogVelocitySeconds()).isFalse();
  }
}
