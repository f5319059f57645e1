package tandem.robot;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.Configure;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.Release;
import tandem.proto.v1.Stop;
import tandem.robot.guard.Guard;
import tandem.robot.inbound.GatewaySettings;
import tandem.ros2.Qos;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.node.GraphWatch;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** A robot behind the node, and somebody else on the guard's own listener: the robot is stopped. */
class StrayListenerTest {
  @TempDir Path data;
  private final ActorTestKit kit = ActorTestKit.create();
  private final Recorded twin = new Recorded();
  private RobotGateway gateway;
  private Guard guard;
  private FakeRobot robot;

  @BeforeEach
  void start() throws Exception {
    GatewaySettings on = GatewaySettings.on("tcp/127.0.0.1:0", data);
    gateway =
        RobotGateway.start(
            kit.system(),
            on.withGuards(
                new GatewaySettings.Guards(
                    false, on.guards().directory(), 0, true, Duration.ofSeconds(60), null)),
            twin,
            twin);
    guard =
        Guard.start(
            new Guard.Settings(
                "eve",
                List.of(gateway.endpoint()),
                "tcp/127.0.0.1:0",
                data.resolve("guards/eve"),
                0,
                null,
                null));
    robot = new FakeRobot(gateway.endpoint());
    twin.await(
        "guard and profile",
        () ->
            twin.ports.containsKey("eve")
                && twin.statuses.containsKey("eve")
                && twin.profiles.containsKey("eve")
                && twin.profiles.get("eve").hasJoint());
    assertThat(
            ask(GuardRequest.newBuilder()
                    .setConfigure(Configure.newBuilder().setProfile(twin.profiles.get("eve"))))
                .getAccepted())
        .isTrue();
  }

  @AfterEach
  void end() {
    robot.close();
    guard.close();
    gateway.close();
    kit.shutdownTestKit();
  }

  private GuardReply ask(GuardRequest.Builder request) throws Exception {
    return twin.ports
        .get("eve")
        .request(request.setRobot("eve").build())
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private void stop() throws Exception {
    assertThat(
            ask(GuardRequest.newBuilder()
                    .setStop(Stop.newBuilder().setBy("bob").setWhy("smoke").setRequestId("s")))
                .getAccepted())
        .isTrue();
  }

  @Test
  void shouldNotTakeOneWhoOnlyListensForTheRobot() throws Exception {
    List<Boolean> diverted = new CopyOnWriteArrayList<>();
    try (Session session = Session.open(SessionConfig.to(guard.endpoint()));
        GraphWatch watch = new GraphWatch(session, 0);
        Ros2Node stray = new Ros2Node(session, 0, "/eve", "echo")) {
      stray.subscribe("joint_trajectory", JointTrajectory.TYPE, Qos.reliable(1), got -> {});
      stray.subscribe(
          "stop", BoolMessage.TYPE, Qos.reliable(1), got -> diverted.add(got.message().data()));
      twin.await(
          "the stray one seen",
          () ->
              !watch.graph().endpoints(Kind.PUBLISHER, "/eve/stop").isEmpty()
                  && !watch.graph().endpoints(Kind.PUBLISHER, "/eve/joint_trajectory").isEmpty());

      stop();
      twin.await("the stray one told, too", () -> diverted.contains(true));
      twin.await("the robot told", () -> robot.stops.contains(true));
      twin.await("the robot held", () -> !robot.trajectories.isEmpty());
      assertThat(twin.statuses.get("eve").getPath()).isEqualTo("node");
    }
  }

  @Test
  void shouldTellEveryoneToStopWhereTwoOfThemMayBeTheRobot() throws Exception {
    try (FakeRobot other = new FakeRobot("another", List.of(guard.endpoint()))) {
      twin.await("its path", () -> twin.statuses.get("eve").getPath().equals("robot"));

      stop();
      for (FakeRobot one : List.of(robot, other)) {
        twin.await("told to stop", () -> one.stops.contains(true));
        twin.await("held", () -> !one.trajectories.isEmpty());
      }
      var status = twin.statuses.get("eve");
      assertThat(
              ask(GuardRequest.newBuilder()
                      .setRelease(
                          Release.newBuilder()
                              .setBy("bob")
                              .setReason("no fire")
                              .setToken(status.getToken())
                              .setStopNumber(1)))
                  .getAccepted())
          .isTrue();
      for (FakeRobot one : List.of(robot, other)) {
        twin.await("told that it is released", () -> one.stops.getLast().equals(false));
      }
    }
  }
}
