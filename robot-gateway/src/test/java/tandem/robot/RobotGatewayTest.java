package tandem.robot;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.robot.inbound.GatewaySettings;
import tandem.ros2.Qos;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.PoseStamped;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.TFMessage;
import tandem.ros2.msg.Time;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Publisher;
import tandem.twin.stream.RawSample;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

class RobotGatewayTest {
  @TempDir Path data;
  private final ActorTestKit kit = ActorTestKit.create();
  private final Recorded twin = new Recorded();
  private RobotGateway gateway;

  @BeforeEach
  void start() {
    gateway = RobotGateway.start(kit.system(), settings("tcp/127.0.0.1:0"), twin, twin);
  }

  private GatewaySettings settings(String endpoint) {
    GatewaySettings on = GatewaySettings.on(endpoint, data);
    return on.withGuards(
        new GatewaySettings.Guards(
            false, on.guards().directory(), 0, true, on.guards().linger(), null));
  }

  @AfterEach
  void stop() {
    gateway.close();
    kit.shutdownTestKit();
  }

  private Session session() {
    return Session.open(SessionConfig.to(gateway.endpoint()));
  }

  static JointState joints(double elbow) {
    return new JointState(
        new Header(Time.ZERO, ""),
        List.of("shoulder", "elbow"),
        Float64s.of(0.1, elbow),
        Float64s.EMPTY,
        Float64s.EMPTY);
  }

  @Test
  void shouldFeedEverySampleByteForByteFromTheFirstOn() {
    try (Session session = session();
        Ros2Node eve = new Ros2Node(session, 0, "/eve", "driver")) {
      Ros2Publisher<JointState> publisher =
          eve.publisher("joint_states", JointState.TYPE, Qos.reliable(10));
      Recorded.awaiting("a subscriber", publisher::matched, twin::toString);
      for (int i = 0; i < 300; i++) {
        publisher.publish(joints(i));
      }

      twin.await("300 samples", () -> twin.samples("eve", "/eve/joint_states").size() == 300);

      assertThat(twin.names()).containsExactly("eve");
      List<RawSample> samples = twin.samples("eve", "/eve/joint_states");
      for (int i = 0; i < 300; i++) {
        assertThat(samples.get(i).sequence()).isEqualTo(i + 1);
        assertThat(samples.get(i).payload()).isEqualTo(JointState.TYPE.encode(joints(i)));
        assertThat(samples.get(i).publisher()).isEqualTo(publisher.gid().toString());
      }
      var declared = twin.inlets.get("eve /eve/joint_states").declaration;
      assertThat(declared.type()).isEqualTo("sensor_msgs/msg/JointState");
      assertThat(declared.schemaText()).isEqualTo(JointState.TYPE.schema());
      assertThat(declared.qos()).isEqualTo("reliable/volatile/keep-last 10");
      assertThat(declared.qosYaml()).contains("reliability: reliable");
    }
    twin.await("contact lost", () -> twin.lost.contains("eve"));
    // Once for the token and once for the session: the same publisher.
    assertThat(Set.copyOf(twin.inlets.get("eve /eve/joint_states").gone)).hasSize(1);
  }

  @Test
  void shouldAskATwinThatDoesNotWakeAgain() {
    twin.asleep.set(2);
    try (Session session = session();
        Ros2Node eve = new Ros2Node(session, 0, "/eve", "driver")) {
      eve.publisher("joint_states", JointState.TYPE, Qos.reliable(10));

      twin.await("awake at last", () -> twin.names().equals(List.of("eve", "eve", "eve")));
    }
  }

  @Test
  void shouldMakeOneRobotOfAPeerWithoutNamespace() {
    try (Session session = session();
        Ros2Node node = new Ros2Node(session, 0, "/", "driver")) {
      var camera = node.publisher("/camera/image_raw", StringMessage.TYPE, Qos.reliable(1));
      var tf = node.publisher("/tf", TFMessage.TYPE, Qos.reliable(1));
      var joints = node.publisher("/joint_states", JointState.TYPE, Qos.reliable(1));
      Recorded.awaiting("a subscriber", joints::matched, twin::toString);
      camera.publish(new StringMessage("picture"));
      tf.publish(new TFMessage(List.of()));
      joints.publish(joints(1));

      twin.await(
          "all three",
          () ->
              twin.samples("robot", "/camera/image_raw").size() == 1
                  && twin.samples("robot", "/tf").size() == 1
                  && twin.samples("robot", "/joint_states").size() == 1);

      assertThat(twin.names()).containsExactly("robot");
    }
  }

  @Test
  void shouldGiveSharedTopicsToTheRobotOfThePublishingNodeAndTheRestToNobody() {
    try (Session eves = session();
        Session adas = session();
        Ros2Node eve = new Ros2Node(eves, 0, "/eve", "driver");
        Ros2Node ada = new Ros2Node(adas, 0, "/ada", "driver")) {
      eve.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
      ada.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
      var evesTf = eve.publisher("/tf", TFMessage.TYPE, Qos.reliable(1));
      var adasTf = ada.publisher("/tf", TFMessage.TYPE, Qos.reliable(1));
      var nobodys = ada.publisher("/weather", StringMessage.TYPE, Qos.reliable(1));
      Recorded.awaiting("a subscriber", nobodys::matched, twin::toString);
      evesTf.publish(new TFMessage(List.of()));
      adasTf.publish(new TFMessage(List.of()));
      adasTf.publish(new TFMessage(List.of()));
      nobodys.publish(new StringMessage("rain"));

      twin.await(
          "tf of both",
          () -> twin.samples("ada", "/tf").size() == 2 && twin.samples("eve", "/tf").size() == 1);

      assertThat(twin.inlets.keySet()).noneMatch(stream -> stream.endsWith("/weather"));
    }
  }

  @Test
  void shouldTakeARobotThatHasNeitherTokensNorAttachments() {
    try (Session session = session()) {
      String key =
          "0/bare/joint_states/sensor_msgs::msg::dds_::JointState_/"
              + JointState.TYPE.hash().text();
      byte[] bytes = JointState.TYPE.encode(joints(2));
      Recorded.awaiting(
          "its sample",
          () -> {
            session.put(key, bytes, PutOptions.DEFAULT);
            return !twin.samples("bare", "/bare/joint_states").isEmpty();
          },
          twin::toString);

      RawSample sample = twin.samples("bare", "/bare/joint_states").getFirst();
      assertThat(sample.sequence()).isEqualTo(-1);
      assertThat(sample.sourceNanos()).isEqualTo(-1);
      assertThat(sample.publisher()).isEqualTo(session.zid());
      assertThat(sample.payload()).isEqualTo(bytes);
    }
    twin.await("contact lost", () -> twin.lost.contains("bare"));
  }

  @Test
  void shouldRecordAnUnknownTypeWithoutASchema() {
    try (Session session = session();
        Ros2Node eve = new Ros2Node(session, 0, "/eve", "driver")) {
      eve.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
      byte[] bytes = "anything".getBytes(StandardCharsets.UTF_8);
      Recorded.awaiting(
          "its sample",
          () -> {
            session.put("0/eve/odd/odd_msgs::msg::dds_::Odd_/RIHS01_00", bytes, PutOptions.DEFAULT);
            return !twin.samples("eve", "/eve/odd").isEmpty();
          },
          twin::toString);

      var declared = twin.inlets.get("eve /eve/odd").declaration;
      assertThat(declared.type()).isEqualTo("odd_msgs/msg/Odd");
      assertThat(declared.schemaText()).isEmpty();
      assertThat(twin.samples("eve", "/eve/odd").getFirst().payload()).isEqualTo(bytes);
    }
  }

  @Test
  void shouldRefuseASecondRobotOfTheSameNameAndNameBoth() {
    try (Session first = session();
        Ros2Node eve = new Ros2Node(first, 0, "/eve", "driver")) {
      var joints = eve.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
      twin.await("eve", () -> twin.names().contains("eve"));
      try (Session second = session();
          Ros2Node other = new Ros2Node(second, 0, "/eve", "driver")) {
        var imposter = other.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
        twin.await("the conflict", () -> !twin.conflicts.isEmpty());
        Recorded.awaiting("a subscriber", imposter::matched, twin::toString);
        imposter.publish(joints(666));
        joints.publish(joints(1));
        twin.await("eve's sample", () -> !twin.samples("eve", "/eve/joint_states").isEmpty());

        assertThat(twin.conflicts.getFirst()).contains(first.zid()).contains(second.zid());
        assertThat(twin.samples("eve", "/eve/joint_states"))
            .allMatch(sample -> sample.publisher().equals(joints.gid().toString()));
      }
      assertThat(twin.names()).containsExactly("eve");
    }
  }

  @Test
  void shouldGetLatchedTopicsThatWerePublishedBeforeItStarted() throws Exception {
    try (Session session = session();
        Ros2Node eve = new Ros2Node(session, 0, "/eve", "driver")) {
      var description = eve.publisher("robot_description", StringMessage.TYPE, Qos.latched(1));
      description.publish(new StringMessage("<robot name='eve'/>"));
      twin.await("description", () -> twin.samples("eve", "/eve/robot_description").size() == 1);
      String endpoint = gateway.endpoint();
      gateway.close();
      Recorded after = new Recorded();
      gateway = RobotGateway.start(kit.system(), settings(endpoint), after, after);

      after.await("description", () -> !after.samples("eve", "/eve/robot_description").isEmpty());
      description.publish(new StringMessage("<robot name='eve' changed='yes'/>"));
      after.await("the change", () -> after.samples("eve", "/eve/robot_description").size() >= 2);
      assertThat(after.samples("eve", "/eve/robot_description")).hasSize(2);

      assertThat(after.inlets.get("eve /eve/robot_description").declaration.latched()).isTrue();
    }
  }

  @Test
  void shouldProposeAProfileFromTheGraph() {
    try (Session session = session();
        Ros2Node eve = new Ros2Node(session, 0, "/eve", "driver")) {
      var joints = eve.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
      eve.subscribe("joint_trajectory", JointTrajectory.TYPE, Qos.reliable(1), got -> {});
      eve.subscribe("reach/left_hand", PoseStamped.TYPE, Qos.reliable(1), got -> {});
      eve.subscribe("stop", BoolMessage.TYPE, Qos.reliable(1), got -> {});
      Recorded.awaiting("a subscriber", joints::matched, twin::toString);
      joints.publish(joints(1));

      twin.await("a profile", () -> twin.profiles.containsKey("eve"));

      var profile = twin.profiles.get("eve");
      assertThat(profile.getJoint().getTopic()).isEqualTo("/eve/joint_trajectory");
      assertThat(profile.getJoint().getTypeHash()).isEqualTo(JointTrajectory.TYPE.hash().text());
      assertThat(profile.getReachMap()).containsOnlyKeys("left_hand");
      assertThat(profile.getJointOrderList()).containsExactly("shoulder", "elbow");
      assertThat(profile.getLimits(0).getVelocityRadPerSec()).isEqualTo(1.0);
      assertThat(profile.getAmbiguitiesList()).isEmpty();
    }
  }

  @Test
  void shouldRefuseAForeignCommandOnItsOwnPortAndNameIt() {
    try (Session session = session();
        Session mallory = session();
        Ros2Node eve = new Ros2Node(session, 0, "/eve", "driver");
        Ros2Node foreign = new Ros2Node(mallory, 0, "/", "mallory")) {
      var got = new java.util.concurrent.atomic.AtomicInteger();
      eve.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
      eve.subscribe(
          "joint_trajectory", JointTrajectory.TYPE, Qos.reliable(1), any -> got.incrementAndGet());
      eve.subscribe(
          "odd_name", JointTrajectory.TYPE, Qos.reliable(1), any -> got.incrementAndGet());
      var harmless =
          eve.subscribe("note", StringMessage.TYPE, Qos.reliable(1), any -> got.addAndGet(100));
      twin.await("a profile", () -> twin.profiles.containsKey("eve"));
      var one = foreign.publisher("/eve/joint_trajectory", JointTrajectory.TYPE, Qos.reliable(1));
      var two = foreign.publisher("/eve/odd_name", JointTrajectory.TYPE, Qos.reliable(1));
      var note = foreign.publisher("/eve/note", StringMessage.TYPE, Qos.reliable(1));
      Recorded.awaiting(
          "matched", () -> one.matched() && two.matched() && note.matched(), twin::toString);

      JointTrajectory empty = new JointTrajectory(new Header(Time.ZERO, ""), List.of(), List.of());
      one.publish(empty);
      two.publish(empty);
      mallory.put("0/eve/joint_trajectory/**", new byte[4], PutOptions.DEFAULT);
      note.publish(new StringMessage("hello"));

      Recorded.awaiting("the note", () -> got.get() >= 100, got::toString);
      assertThat(got).hasValue(100);
      assertThat(gateway.refusedCommands()).isGreaterThanOrEqualTo(3);
      assertThat(twin.foreign)
          .anyMatch(
              told ->
                  told.startsWith("eve /eve/joint_trajectory session " + mallory.zid())
                      && told.endsWith("refused=true"))
          .anyMatch(
              told ->
                  told.startsWith("eve /eve/odd_name session " + mallory.zid())
                      && told.endsWith("refused=true"));
      twin.await(
          "seen in the graph",
          () ->
              twin.foreign.stream()
                  .anyMatch(told -> told.contains("/mallory") && told.endsWith("refused=false")));
      harmless.close();
    }
  }

  @Test
  void shouldNotLetRobotsHearEachOther() {
    try (Session eves = session();
        Session adas = session();
        Session tools = session();
        Ros2Node eve = new Ros2Node(eves, 0, "/eve", "driver");
        Ros2Node ada = new Ros2Node(adas, 0, "/ada", "driver");
        Ros2Node tool = new Ros2Node(tools, 0, "/", "echo")) {
      var joints = eve.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
      ada.publisher("joint_states", JointState.TYPE, Qos.reliable(1));
      twin.await("both", () -> twin.names().containsAll(List.of("eve", "ada")));
      var heardByAda = new java.util.concurrent.atomic.AtomicInteger();
      var heardByTool = new java.util.concurrent.atomic.AtomicInteger();
      ada.subscribe(
          "/eve/joint_states",
          JointState.TYPE,
          Qos.reliable(1),
          any -> heardByAda.incrementAndGet());
      tool.subscribe(
          "/eve/joint_states",
          JointState.TYPE,
          Qos.reliable(1),
          any -> heardByTool.incrementAndGet());

      Recorded.awaiting(
          "the tool",
          () -> {
            joints.publish(joints(1));
            return heardByTool.get() > 3;
          },
          twin::toString);

      assertThat(heardByAda).hasValue(0);
    }
  }
}
