package tandem.robot.door;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.JointTrajectory;
import tandem.zenoh.IngressPolicy.Kind;
import tandem.zenoh.Router;

class CommandDoorTest {
  private static final String TRAJECTORY =
      "0/eve/joint_trajectory/trajectory_msgs::msg::dds_::JointTrajectory_/RIHS01_x";
  private static final String JOINTS =
      "0/eve/joint_states/sensor_msgs::msg::dds_::JointState_/RIHS01_x";
  private final Router.Peer local = peer("10ca1", 1);
  private final Router.Peer guard = peer("94a2d", 2);
  private final Router.Peer eve = peer("e4e", 3);
  private final Router.Peer ada = peer("ada", 4);
  private final Router.Peer tool = peer("7001", 5);
  private final List<String> told = new ArrayList<>();
  private final CommandDoor door = door(false);

  private static Router.Peer peer(String zid, int port) {
    return new Router.Peer(zid, "client", new InetSocketAddress("127.0.0.1", port));
  }

  private CommandDoor door(boolean ofGuard) {
    CommandDoor made =
        new CommandDoor(
            false, ofGuard, (robot, topic, who) -> told.add(robot + " " + topic + " " + who));
    made.local(local.zid());
    made.protect("eve", 0, "/eve", Set.of("/eve/arm/command"));
    made.token(eve, LivelinessToken.node(0, "e4e", 0, "/eve", "driver").key(), true);
    made.token(ada, publisher("ada", "/ada", "/ada/joint_states"), true);
    return made;
  }

  private static String publisher(String zid, String namespace, String topic) {
    return LivelinessToken.node(0, zid, 0, namespace, "driver")
        .endpoint(
            LivelinessToken.Kind.PUBLISHER,
            1,
            TopicKey.of(0, topic, JointState.TYPE.name(), JointState.TYPE.hash()),
            Qos.reliable(1))
        .key();
  }

  @Test
  void shouldTakeCommandsOnlyFromTheProvenGuard() {
    assertThat(door.accept(guard, Kind.PUT, TRAJECTORY)).isFalse();
    door.guard("eve", guard);

    assertThat(door.accept(guard, Kind.PUT, TRAJECTORY)).isTrue();
    for (Router.Peer other : List.of(local, eve, ada, tool, peer("94a2d", 99))) {
      assertThat(door.accept(other, Kind.PUT, TRAJECTORY)).as("%s", other).isFalse();
      assertThat(door.accept(other, Kind.DELETE, TRAJECTORY)).isFalse();
      assertThat(
              door.accept(other, Kind.QUERY, "0/eve/stop/std_srvs::srv::dds_::SetBool_/RIHS01_x"))
          .isFalse();
      assertThat(door.accept(other, Kind.PUT, "0/eve/arm/command/any::msg::dds_::Type_/other_hash"))
          .isFalse();
    }
    assertThat(told).contains("eve /eve/joint_trajectory session 7001 at 127.0.0.1:5");
    assertThat(door.refused()).isEqualTo(21);
  }

  @Test
  void shouldLetOnlyTheGuardCallAnActionAndTheRobotAnswerAndTell() {
    door.protect("eve", 0, "/eve", Set.of("/eve/arm/follow"));
    door.guard("eve", guard);
    for (String service : List.of("send_goal", "cancel_goal", "get_result")) {
      String key = "0/eve/arm/follow/_action/" + service + "/a::action::dds_::B_/h";
      assertThat(door.accept(guard, Kind.QUERY, key)).as(service).isTrue();
      assertThat(door.accept(eve, Kind.REPLY, key)).as(service).isTrue();
      assertThat(door.accept(tool, Kind.QUERY, key)).as(service).isFalse();
      assertThat(door.accept(ada, Kind.REPLY, key)).as(service).isFalse();
    }
    for (String topic : List.of("feedback", "status")) {
      String key = "0/eve/arm/follow/_action/" + topic + "/a::action::dds_::B_/h";
      assertThat(door.accept(eve, Kind.PUT, key)).as(topic).isTrue();
    }
    assertThat(told).anyMatch(one -> one.contains("/eve/arm/follow/_action/send_goal"));
  }

  @Test
  void shouldLetNoStrangerCallAnyActionOfARobotKnownOrNot() {
    String early = "0/mia/arm/follow/_action/send_goal/a::action::dds_::B_/h";
    String navigate = "0/eve/navigate_to_pose/_action/send_goal/a::action::dds_::B_/h";

    assertThat(door.accept(tool, Kind.QUERY, early)).isFalse();
    assertThat(door.accept(tool, Kind.QUERY, navigate)).isFalse();
    assertThat(door.accept(ada, Kind.QUERY, navigate)).isFalse();
    assertThat(door.accept(eve, Kind.QUERY, navigate)).as("the robot's own nodes").isTrue();
    assertThat(door.accept(eve, Kind.REPLY, navigate)).isTrue();
  }

  @Test
  void shouldProtectTheUsualNamesBeforeAnybodyListens() {
    for (String name :
        List.of("joint_trajectory", "cmd_vel", "stance", "stop", "reach/left_hand")) {
      assertThat(door.accept(tool, Kind.PUT, "0/eve/" + name + "/a::msg::dds_::B_/h"))
          .as(name)
          .isFalse();
    }
    assertThat(door.accept(tool, Kind.PUT, "0/eve/note/a::msg::dds_::B_/h")).isTrue();
    assertThat(door.accept(tool, Kind.PUT, "0/note/a::msg::dds_::B_/h")).isTrue();
    assertThat(door.accept(tool, Kind.PUT, "1/eve/note/a::msg::dds_::B_/h")).isTrue();
    assertThat(door.accept(eve, Kind.PUT, JOINTS)).isTrue();
  }

  @Test
  void shouldRefuseCommandsBeforeTheirRobotIsKnownAndNameWhoSentThemOnceItIs() {
    String usual = TRAJECTORY.replace("eve", "zoe");
    String odd = TRAJECTORY.replace("eve/joint_trajectory", "zoe/arm");
    assertThat(door.accept(tool, Kind.PUT, usual)).isFalse();
    assertThat(door.accept(tool, Kind.PUT, odd)).as("nobody takes commands there").isTrue();

    door.token(eve, subscription("zoe/arm"), true);
    assertThat(door.accept(tool, Kind.PUT, odd)).isFalse();
    assertThat(told).noneMatch(one -> one.startsWith("zoe"));

    door.protect("zoe", 0, "/zoe", Set.of("/zoe/arm"));
    assertThat(told)
        .contains(
            "zoe /zoe/joint_trajectory session 7001 at 127.0.0.1:5",
            "zoe /zoe/arm session 7001 at 127.0.0.1:5");
  }

  private static String subscription(String topic) {
    return LivelinessToken.node(0, "20e", 0, "/zoe", "driver")
        .endpoint(
            LivelinessToken.Kind.SUBSCRIPTION,
            1,
            TopicKey.of(0, "/" + topic, JointTrajectory.TYPE.name(), JointTrajectory.TYPE.hash()),
            Qos.reliable(1))
        .key();
  }

  @Test
  void shouldNotLetAWildcardAroundTheDoor() {
    for (String key :
        List.of("0/eve/joint_trajectory/**", "**", "0/*/stop/**", "0/eve/st$*/x/y", "*/*/*/*/*")) {
      assertThat(door.accept(tool, Kind.PUT, key)).as(key).isFalse();
      assertThat(door.route(tool, eve, Kind.QUERY, key)).as(key).isFalse();
    }
    assertThat(door.route(tool, eve, Kind.QUERY, JOINTS + "/@adv/**")).isTrue();
    door.guard("eve", guard);
    assertThat(door.route(tool, guard, Kind.QUERY, "**")).isFalse();
    assertThat(door.accept(tool, Kind.QUERY, "tandem/guard/*/request")).isFalse();
  }

  @Test
  void shouldLetOnlyItselfAskAGuardAndOnlyTheProvenOneOnceThereIsOne() {
    String request = "tandem/guard/eve/request";

    assertThat(door.accept(tool, Kind.QUERY, request)).isFalse();
    assertThat(door.accept(local, Kind.QUERY, request)).isTrue();
    assertThat(door.route(local, tool, Kind.QUERY, request)).isTrue();
    door.guard("eve", guard);
    assertThat(door.route(local, tool, Kind.QUERY, request)).isFalse();
    assertThat(door.route(local, guard, Kind.QUERY, request)).isTrue();
    assertThat(door.accept(tool, Kind.PUT, "tandem/guard/eve/status")).isFalse();
    assertThat(door.accept(guard, Kind.PUT, "tandem/guard/eve/status")).isTrue();
    assertThat(door.accept(guard, Kind.PUT, "tandem/guard/ada/status")).isFalse();
  }

  @Test
  void shouldKeepRobotsApartAndLetToolsListen() {
    door.guard("eve", guard);

    assertThat(door.route(eve, ada, Kind.PUT, JOINTS)).isFalse();
    assertThat(door.route(ada, eve, Kind.QUERY, JOINTS)).isFalse();
    assertThat(door.route(eve, tool, Kind.PUT, JOINTS)).isTrue();
    assertThat(door.route(eve, guard, Kind.PUT, JOINTS)).isTrue();
    assertThat(door.route(ada, guard, Kind.PUT, JOINTS)).isFalse();
    assertThat(door.route(guard, eve, Kind.PUT, TRAJECTORY)).isTrue();
  }

  @Test
  void shouldKnowARobotByItsFirstClaimAndForgetItWithTheLast() {
    Router.Peer bob = peer("b0b", 6);
    String claim = publisher("b0b", "/bob", "/bob/joint_states");
    door.token(bob, LivelinessToken.node(0, "b0b", 0, "/bob/arm", "driver").key(), true);
    assertThat(door.route(eve, bob, Kind.PUT, JOINTS)).as("no robot yet").isTrue();

    door.token(bob, claim, true);
    assertThat(door.route(eve, bob, Kind.PUT, JOINTS)).as("a robot").isFalse();

    door.token(bob, claim, false);
    assertThat(door.route(eve, bob, Kind.PUT, JOINTS)).as("none any more").isTrue();
  }

  @Test
  void shouldKnowARobotWithoutTokensByWhatItPublishes() {
    Router.Peer bare = peer("ba4e", 6);
    String claim = JOINTS.replace("eve", "bare");
    assertThat(door.route(eve, bare, Kind.PUT, JOINTS)).isTrue();

    door.accept(bare, Kind.PUT, claim);
    assertThat(door.route(eve, bare, Kind.PUT, JOINTS)).isFalse();
    assertThat(door.route(bare, ada, Kind.PUT, claim)).isFalse();
  }

  @Test
  void shouldLetARobotAnswerOnItsOwnCommandServices() {
    String service = "0/eve/stop/std_srvs::srv::dds_::SetBool_/RIHS01_x";

    assertThat(door.accept(eve, Kind.REPLY, service)).isTrue();
    assertThat(door.accept(ada, Kind.REPLY, service)).isFalse();
  }

  @Test
  void shouldLetAGuardCommandThroughItsOwnListenerAndNobodyElse() {
    CommandDoor own = door(true);

    assertThat(own.accept(local, Kind.PUT, TRAJECTORY)).isTrue();
    assertThat(own.accept(tool, Kind.PUT, TRAJECTORY)).isFalse();
    assertThat(own.accept(tool, Kind.QUERY, "tandem/guard/eve/request")).isTrue();
  }

  @Property
  void shouldNeverTakeACommandFromAnUnprovenSessionWhateverItsKeyLooksLike(
      @ForAll String noise, @ForAll byte kind) {
    Kind said = Kind.values()[Math.floorMod(kind, 2)];

    assertThat(door.accept(tool, said, "0/eve/stop/" + noise.replace("/", "") + "t/h")).isFalse();
    door.accept(tool, said, noise);
  }
}
