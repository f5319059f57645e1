package tandem.robot;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Configure;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Stop;
import tandem.robot.guard.Guard;
import tandem.robot.inbound.GatewaySettings;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** The node stands still with its connections open; guard and robot are on their own. */
class GuardPausedNodeTest {
  @TempDir Path data;
  private final Recorded twin = new Recorded();

  private GuardReply ask(GuardRequest.Builder request) throws Exception {
    return twin.ports
        .get("eve")
        .request(request.setRobot("eve").build())
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  private GuardRequest.Builder motion(long sequence) {
    return GuardRequest.newBuilder()
        .setRobot("eve")
        .setMotion(
            Motion.newBuilder()
                .setCommandId("c" + sequence)
                .setAuthority(Authority.newBuilder().setTerm(1).setEpoch(1))
                .setSequenceInEpoch(sequence)
                .setToken(twin.statuses.get("eve").getToken())
                .setStartByMillis(1_500)
                .setEndByMillis(9_000)
                .setJournal(
                    JournalPosition.newBuilder()
                        .setTerm(1)
                        .setSequence(sequence)
                        .setHash(ByteString.copyFrom(new byte[32])))
                .setJoint(
                    JointGoal.newBuilder()
                        .addTargets(JointTarget.newBuilder().setJoint("elbow").setPositionRad(0.8))
                        .setDurationSeconds(1)));
  }

  @Test
  void shouldStopWhileTheNodeStandsStillAndExecuteNothingThatWasQueuedThere() throws Exception {
    ActorTestKit kit = ActorTestKit.create();
    GatewaySettings on = GatewaySettings.on("tcp/127.0.0.1:0", data);
    GatewaySettings settings =
        on.withGuards(
            new GatewaySettings.Guards(
                false, on.guards().directory(), 0, true, Duration.ofSeconds(60), null));
    try (RobotGateway gateway = RobotGateway.start(kit.system(), settings, twin, twin);
        PausableProxy node = new PausableProxy(gateway.endpoint());
        Guard guard =
            Guard.start(
                new Guard.Settings(
                    "eve",
                    java.util.List.of(node.endpoint()),
                    "tcp/127.0.0.1:0",
                    data.resolve("guards/eve"),
                    0,
                    null,
                    null));
        FakeRobot robot = new FakeRobot(node.endpoint(), guard.endpoint())) {
      twin.await(
          "guard and profile",
          () ->
              twin.ports.containsKey("eve")
                  && twin.profiles.containsKey("eve")
                  && twin.statuses.containsKey("eve")
                  && twin.statuses.get("eve").getPath().equals("robot"));
      ask(
          GuardRequest.newBuilder()
              .setConfigure(Configure.newBuilder().setProfile(twin.profiles.get("eve"))));
      ask(
          GuardRequest.newBuilder()
              .setGrant(
                  Grant.newBuilder()
                      .setAuthority(Authority.newBuilder().setTerm(1).setEpoch(1))
                      .setHolder("ann")));
      node.pause(true);
      var queued = twin.ports.get("eve").request(motion(1).build()).toCompletableFuture();
      long askedNanos = System.nanoTime();

      try (Session anybody = Session.open(SessionConfig.to(guard.endpoint()))) {
        GuardReply reply =
            GuardProcessTest.askDirectly(
                anybody,
                GuardRequest.newBuilder()
                    .setRobot("eve")
                    .setStop(Stop.newBuilder().setBy("bob").setWhy("smoke").setRequestId("s"))
                    .build());
        assertThat(reply.getAccepted()).isTrue();
      }

      twin.await("told to stop", () -> robot.stops.contains(true));
      twin.await(
          "older than a token may be", () -> System.nanoTime() - askedNanos > 2_100_000_000L);
      node.pause(false);
      twin.await(
          "the queued motion refused",
          () ->
              twin.logs.containsKey("eve")
                  && twin.logs.get("eve").stream()
                      .anyMatch(
                          record ->
                              record.getKind().equals("refused")
                                  && record.getCommandId().equals("c1")));
      assertThat(robot.elbow()).isEqualTo(0.5);
      assertThat(queued).isDone();
      twin.await(
          "the stop in the twin's hands",
          () -> twin.logs.get("eve").stream().anyMatch(record -> record.getKind().equals("stop")));
    } finally {
      kit.shutdownTestKit();
    }
  }
}
