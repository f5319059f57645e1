package tandem.robot;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.Configure;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.Stop;
import tandem.robot.guard.Guard;
import tandem.robot.inbound.GatewaySettings;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.node.GraphWatch;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** A cable is pulled and put in again: for a while the node shows what the guard was before. */
class PulledCableTest {
  private static final String TOPIC = "/eve/joint_trajectory";
  private static final int STATUSES = 5;

  @TempDir Path data;
  private final Recorded twin = new Recorded();

  private void ask(GuardRequest.Builder request) throws Exception {
    assertThat(
            twin.ports
                .get("eve")
                .request(request.setRobot("eve").build())
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS)
                .getAccepted())
        .isTrue();
  }

  private static Set<String> publishers(GraphWatch watch) {
    return watch.graph().endpoints(Kind.PUBLISHER, TOPIC).stream()
        .map(entity -> entity.zid())
        .collect(Collectors.toSet());
  }

  @Test
  void shouldNotTakeItsOwnFormerSessionForAForeignPublisher() throws Exception {
    ActorTestKit kit = ActorTestKit.create();
    GatewaySettings on = GatewaySettings.on("tcp/127.0.0.1:0", data);
    GatewaySettings settings =
        on.withGuards(
            new GatewaySettings.Guards(
                false, on.guards().directory(), 0, true, Duration.ofSeconds(60), null));
    try (RobotGateway gateway = RobotGateway.start(kit.system(), settings, twin, twin);
        PausableProxy cable = new PausableProxy(gateway.endpoint());
        Guard guard =
            Guard.start(
                new Guard.Settings(
                    "eve",
                    List.of(cable.endpoint()),
                    "tcp/127.0.0.1:0",
                    data.resolve("guards/eve"),
                    0,
                    null,
                    null));
        FakeRobot robot = new FakeRobot(gateway.endpoint());
        Session session = Session.open(SessionConfig.to(gateway.endpoint()));
        GraphWatch watch = new GraphWatch(session, 0);
        Session direct = Session.open(SessionConfig.to(guard.endpoint()))) {
      List<ByteString> told = new CopyOnWriteArrayList<>();
      direct.declareSubscriber(
          "tandem/guard/eve/status", sample -> told.add(ByteString.copyFrom(sample.payload())));
      twin.await(
          "guard and profile",
          () ->
              twin.ports.containsKey("eve")
                  && twin.profiles.containsKey("eve")
                  && twin.profiles.get("eve").hasJoint()
                  && twin.statuses.containsKey("eve"));
      ask(
          GuardRequest.newBuilder()
              .setConfigure(Configure.newBuilder().setProfile(twin.profiles.get("eve"))));
      ask(
          GuardRequest.newBuilder()
              .setStop(Stop.newBuilder().setBy("bob").setWhy("smoke").setRequestId("s")));
      twin.await("held", () -> !robot.trajectories.isEmpty());
      twin.await("the guard publishes", () -> publishers(watch).size() == 1);
      Set<String> before = publishers(watch);

      cable.pull();
      twin.await(
          "its new session beside the one that is no more",
          () -> publishers(watch).size() == 2 && publishers(watch).containsAll(before));
      int from = told.size();
      twin.await("its status, some times", () -> told.size() > from + STATUSES);

      assertThat(publishers(watch)).as("still shown").containsAll(before);
      GuardStatus status = GuardStatus.parseFrom(told.getLast());
      assertThat(status.getCountersOrDefault("foreignSeen", 0)).isZero();
      assertThat(status.getZidsList()).containsAll(publishers(watch));
    } finally {
      kit.shutdownTestKit();
    }
  }
}
