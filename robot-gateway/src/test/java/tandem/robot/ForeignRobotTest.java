package tandem.robot;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.google.protobuf.ByteString;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Configure;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.Motion;
import tandem.robot.guard.Guard;
import tandem.robot.inbound.GatewaySettings;
import tandem.ros2.msg.JointTrajectory;

/** A robot on the real Zenoh core, in peer mode, with CDR by rosbags: samples in, a command out. */
class ForeignRobotTest {
  @TempDir Path data;

  private static String python() {
    String python = System.getProperty("tandem.python", System.getenv("TANDEM_PYTHON"));
    if (python == null || python.isEmpty() || !Files.isExecutable(Path.of(python))) {
      System.err.println("MISSING PEER: no Python with the real Zenoh core (tandem.python)");
      throw new TestAbortedException("no Python environment of the test peers (tandem.python)");
    }
    return python;
  }

  @Test
  void shouldHearAForeignRobotWholeAndSendItATrajectoryItUnderstands() throws Exception {
    String python = python();
    Recorded twin = new Recorded();
    ActorTestKit kit = ActorTestKit.create();
    GatewaySettings on = GatewaySettings.on("tcp/127.0.0.1:0", data);
    GatewaySettings settings =
        on.withGuards(
            new GatewaySettings.Guards(
                false, on.guards().directory(), 0, true, Duration.ofSeconds(60), null));
    List<String> said = new CopyOnWriteArrayList<>();
    try (RobotGateway gateway = RobotGateway.start(kit.system(), settings, twin, twin);
        Guard guard =
            Guard.start(
                new Guard.Settings(
                    "eve",
                    List.of(gateway.endpoint()),
                    "tcp/127.0.0.1:0",
                    data.resolve("guards/eve"),
                    0,
                    null,
                    null))) {
      assertThat(guard.endpoint()).startsWith("tcp/");
      Process eve =
          new ProcessBuilder(
                  python,
                  Path.of("..", "tools", "peers", "eve.py").toString(),
                  "--connect",
                  gateway.endpoint(),
                  "--mode",
                  "peer",
                  "--rate",
                  "100",
                  "--seconds",
                  "0",
                  "--latched")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try {
        BufferedReader lines = eve.inputReader(StandardCharsets.UTF_8);
        Thread.startVirtualThread(() -> lines.lines().forEach(said::add));
        twin.await(
            "guard, profile and description",
            () ->
                twin.ports.containsKey("eve")
                    && twin.profiles.containsKey("eve")
                    && twin.profiles.get("eve").hasJoint() // its tokens come one by one
                    && !twin.samples("eve", "/eve/robot_description").isEmpty());
        assertThat(twin.profiles.get("eve").getLimits(0).getSource()).isEqualTo("urdf");
        ask(
            twin,
            GuardRequest.newBuilder()
                .setConfigure(Configure.newBuilder().setProfile(twin.profiles.get("eve"))));
        GuardReply granted =
            ask(
                twin,
                GuardRequest.newBuilder()
                    .setGrant(
                        Grant.newBuilder()
                            .setAuthority(Authority.newBuilder().setTerm(1).setEpoch(1))
                            .setHolder("test")));
        assertThat(granted.getAccepted()).as(granted.getWhy()).isTrue();
        GuardReply reply = move(twin);
        assertThat(reply.getAccepted()).as(reply.getWhy()).isTrue();
        Recorded.awaiting(
            "the command at the peer",
            () -> said.stream().anyMatch(line -> line.contains("\"command\"")),
            said::toString);
      } finally {
        eve.destroy();
        assertThat(eve.waitFor(20, TimeUnit.SECONDS)).isTrue();
      }
      String line =
          said.stream().filter(one -> one.contains("\"command\"")).findFirst().orElseThrow();
      Matcher hex = Pattern.compile("\"hex\": ?\"([0-9a-f]+)\"").matcher(line);
      assertThat(hex.find()).as(line).isTrue();
      JointTrajectory sent = JointTrajectory.TYPE.decode(HexFormat.of().parseHex(hex.group(1)));
      assertThat(sent.jointNames()).contains("elbow");
      assertThat(sent.points()).hasSize(2);
      assertThat(line).contains("joint_names").contains("time_from_start");
      var samples = twin.samples("eve", "/eve/joint_states");
      for (int i = 1; i < samples.size(); i++) {
        assertThat(samples.get(i).sequence()).isEqualTo(samples.get(i - 1).sequence() + 1);
      }
      twin.await("contact lost", () -> twin.lost.contains("eve"));
    } finally {
      kit.shutdownTestKit();
    }
  }

  private static GuardReply ask(Recorded twin, GuardRequest.Builder request) throws Exception {
    return twin.ports
        .get("eve")
        .request(request.setRobot("eve").build())
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  /** On a busy machine a measured position or a token may be too old: several chances. */
  private static GuardReply move(Recorded twin) throws Exception {
    GuardReply reply = GuardReply.getDefaultInstance();
    for (int i = 1; i <= 20 && !reply.getAccepted(); i++) {
      reply =
          ask(
              twin,
              GuardRequest.newBuilder()
                  .setMotion(
                      Motion.newBuilder()
                          .setCommandId("c" + i)
                          .setAuthority(Authority.newBuilder().setTerm(1).setEpoch(1))
                          .setSequenceInEpoch(i)
                          .setToken(twin.statuses.get("eve").getToken())
                          .setStartByMillis(1_900)
                          .setEndByMillis(9_000)
                          .setJournal(
                              JournalPosition.newBuilder()
                                  .setTerm(1)
                                  .setSequence(i)
                                  .setHash(ByteString.copyFrom(new byte[32])))
                          .setJoint(
                              JointGoal.newBuilder()
                                  .addTargets(
                                      JointTarget.newBuilder()
                                          .setJoint("elbow")
                                          .setPositionRad(0.3))
                                  .setDurationSeconds(2))));
    }
    return reply;
  }
}
