package tandem.robot;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.google.protobuf.ByteString;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Configure;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Release;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.Stop;
import tandem.proto.v1.StreamGoal;
import tandem.robot.inbound.GatewaySettings;
import tandem.ros2.Qos;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.Time;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Encoding;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** A gateway in this process, a real guard process, a robot: commands there and evidence back. */
class GuardProcessTest {
  @TempDir Path data;
  private final ActorTestKit kit = ActorTestKit.create();
  private final Recorded twin = new Recorded();
  private RobotGateway gateway;
  private FakeRobot robot;
  private long sequence;

  @BeforeEach
  void start() {
    gateway = gateway("tcp/127.0.0.1:0", twin);
    robot = new FakeRobot(gateway.endpoint());
    twin.await(
        "a proven guard", () -> twin.ports.containsKey("eve") && twin.statuses.containsKey("eve"));
    twin.await(
        "a profile", () -> twin.profiles.containsKey("eve") && twin.profiles.get("eve").hasJoint());
    assertThat(
            ask(GuardRequest.newBuilder()
                    .setConfigure(Configure.newBuilder().setProfile(twin.profiles.get("eve"))))
                .getAccepted())
        .isTrue();
  }

  private RobotGateway gateway(String endpoint, Recorded of) {
    GatewaySettings settings = GatewaySettings.on(endpoint, data);
    return RobotGateway.start(
        kit.system(),
        settings.withGuards(
            new GatewaySettings.Guards(
                true, settings.guards().directory(), 0, true, Duration.ofSeconds(60), null)),
        of,
        of);
  }

  @AfterEach
  void stop() throws Exception {
    robot.close();
    gateway.close();
    kit.shutdownTestKit();
  }

  private Path state() {
    return data.resolve("guards/eve");
  }

  private GuardReply ask(GuardRequest.Builder request) {
    try {
      return twin.ports
          .get("eve")
          .request(request.setRobot("eve").build())
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS);
    } catch (Exception failed) {
      throw new AssertionError("no answer to " + request + "; guard says:\n" + output(), failed);
    }
  }

  private String output() {
    try {
      return Files.readString(state().resolve("guard.out"));
    } catch (java.io.IOException none) {
      return "nothing (" + none + ")";
    }
  }

  private static Authority authority(long epoch) {
    return Authority.newBuilder().setTerm(1).setEpoch(epoch).build();
  }

  private GuardReply grant(long epoch) {
    return ask(
        GuardRequest.newBuilder()
            .setGrant(
                Grant.newBuilder()
                    .setAuthority(authority(epoch))
                    .setHolder("ann")
                    .setPart("body")));
  }

  private Motion.Builder motion(long epoch, double elbow) {
    sequence++;
    GuardStatus status = twin.statuses.get("eve");
    return Motion.newBuilder()
        .setCommandId("c" + sequence)
        .setAuthority(authority(epoch))
        .setSequenceInEpoch(sequence)
        .setToken(status.getToken())
        .setStartByMillis(1_900)
        .setEndByMillis(20_000)
        .setJournal(
            JournalPosition.newBuilder()
                .setTerm(1)
                .setSequence(100 + sequence)
                .setHash(ByteString.copyFrom(new byte[32])))
        .setJoint(
            JointGoal.newBuilder()
                .addTargets(JointTarget.newBuilder().setJoint("elbow").setPositionRad(elbow))
                .setDurationSeconds(0.6));
  }

  /** The machine may be busy: measured positions and tokens are given several chances to be new. */
  private GuardReply move(long epoch, double elbow) {
    GuardReply reply = GuardReply.getDefaultInstance();
    for (int i = 0; i < 20; i++) {
      reply = ask(GuardRequest.newBuilder().setMotion(motion(epoch, elbow)));
      if (!reply.getCode().equals("tandem.guard.not-measured")
          && !reply.getCode().equals("tandem.guard.late")) {
        return reply;
      }
    }
    return reply;
  }

  private void keepAliveUntil(java.util.function.BooleanSupplier condition) {
    long[] counter = {System.nanoTime()};
    twin.await(
        "the motion's end",
        () -> {
          twin.ports
              .get("eve")
              .request(
                  GuardRequest.newBuilder()
                      .setRobot("eve")
                      .setKeepAlive(
                          KeepAlive.newBuilder()
                              .setAuthority(authority(1))
                              .setCounter(counter[0]++)
                              .setToken(twin.statuses.get("eve").getToken()))
                      .build());
          return condition.getAsBoolean();
        });
  }

  private boolean logged(String kind) {
    return twin.logs.containsKey("eve")
        && twin.logs.get("eve").stream().anyMatch(record -> record.getKind().equals(kind));
  }

  /** Field 41 of proc_pid_stat(5) is the scheduling policy, and SCHED_RR is 2. */
  @Test
  void shouldHaveTheCoreBeforeAllOthersWhereTheNodeMayAskForThat() throws Exception {
    String stat = Files.readString(Path.of("/proc/" + guardPid() + "/stat"));
    String policy = stat.substring(stat.lastIndexOf(')') + 2).split(" ")[41 - 3];

    int mayAsk = new ProcessBuilder("chrt", "--rr", "10", "true").start().waitFor();
    assertThat(policy).isEqualTo(mayAsk == 0 ? "2" : "0");
  }

  private long guardPid() throws java.io.IOException {
    return Long.parseLong(Files.readString(state().resolve("guard.pid")));
  }

  @Test
  void shouldCarryAMotionToTheRobotAndRefuseWhatIsOldOrForeign() throws Exception {
    assertThat(grant(1).getAccepted()).isTrue();

    GuardReply reply = move(1, 0.8);

    assertThat(reply.getAccepted()).as(reply.getWhy()).isTrue();
    twin.await("the trajectory", () -> !robot.trajectories.isEmpty());
    JointTrajectory sent = robot.trajectories.getFirst();
    assertThat(sent.header().stamp()).isEqualTo(Time.ZERO);
    assertThat(sent.jointNames()).containsExactly("shoulder", "elbow");
    assertThat(sent.points()).hasSize(2);
    assertThat(sent.points().get(0).timeFromStart().toNanos()).isZero();
    assertThat(sent.points().get(0).positions().toArray()).containsExactly(0.1, 0.5);
    assertThat(sent.points().get(0).velocities().toArray()).containsExactly(0, 0);
    assertThat(sent.points().get(1).timeFromStart().toNanos()).isEqualTo(600_000_000);
    assertThat(sent.points().get(1).positions().toArray()).containsExactly(0.1, 0.8);
    assertThat(sent.points().get(1).velocities().toArray()).containsExactly(0, 0);
    keepAliveUntil(() -> logged("finished"));
    assertThat(robot.elbow()).isEqualTo(0.8);

    Motion.Builder old =
        motion(1, 0.5).setToken(twin.logs.get("eve").getFirst().getToken()).setStartByMillis(1);
    assertThat(ask(GuardRequest.newBuilder().setMotion(old)).getCode())
        .isEqualTo("tandem.guard.late");
    assertThat(grant(0).getCode()).isEqualTo("tandem.guard.stale-epoch");

    int got = robot.trajectories.size();
    try (Session foreign = Session.open(SessionConfig.to(gateway.endpoint()));
        Ros2Node mallory = new Ros2Node(foreign, 0, "/eve", "tandem_guard")) {
      var publisher = mallory.publisher("joint_trajectory", JointTrajectory.TYPE, Qos.reliable(1));
      Recorded.awaiting("matched", publisher::matched, twin::toString);
      publisher.publish(
          new JointTrajectory(new Header(Time.ZERO, ""), java.util.List.of(), java.util.List.of()));
      twin.await(
          "it is named",
          () ->
              twin.foreign.stream()
                  .anyMatch(told -> told.contains(foreign.zid()) && told.endsWith("refused=true")));
    }
    assertThat(robot.trajectories).hasSize(got);
    assertThat(twin.logs.get("eve").stream().map(record -> record.getNumber()))
        .isSorted()
        .doesNotHaveDuplicates()
        .startsWith(1L);
    twin.await("its log acknowledged", () -> twin.statuses.get("eve").getLogAcked() > 3);
    assertThat(Files.getPosixFilePermissions(state().resolve("guard.key")))
        .isEqualTo(java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void shouldStopOverItsOwnListenerAndStayLatchedAfterItIsKilled() throws Exception {
    String listener = Files.readString(state().resolve("endpoint"));
    robot.connect(listener);
    twin.await("the direct path", () -> twin.statuses.get("eve").getPath().equals("robot"));
    grant(1);
    assertThat(move(1, 0.8).getAccepted()).isTrue();
    twin.await("the trajectory", () -> !robot.trajectories.isEmpty());

    List<String> heard = new CopyOnWriteArrayList<>();
    try (Session anybody = Session.open(SessionConfig.to(listener))) {
      anybody.declareSubscriber(
          "tandem/guard/eve/log", sample -> heard.add(record(sample.payload()).getKind()));
      GuardReply reply =
          askDirectly(
              anybody,
              GuardRequest.newBuilder()
                  .setRobot("eve")
                  .setStop(Stop.newBuilder().setBy("bob").setWhy("smoke").setRequestId("s1"))
                  .build(),
              () -> heard.add("answer"));
      assertThat(reply.getAccepted()).isTrue();
      twin.await("its log", () -> heard.contains("stop"));
      assertThat(heard)
          .as("who asked does not wait for the log")
          .containsSubsequence("answer", "stop");
      assertThat(reply.getStatus().getStopLatched()).isTrue();
      GuardReply no =
          askDirectly(
              anybody, GuardRequest.newBuilder().setRobot("eve").setMotion(motion(1, 0.5)).build());
      assertThat(no.getCode()).isEqualTo("tandem.guard.not-a-gateway");
    }
    twin.await("told to stop", () -> robot.stops.contains(true));
    twin.await("in effect", () -> logged("stop-in-effect"));
    assertThat(robot.trajectories.getLast().points().get(0).positions())
        .isEqualTo(robot.trajectories.getLast().points().get(1).positions());

    String boot = twin.statuses.get("eve").getToken().getBootId();
    ProcessHandle.of(guardPid()).orElseThrow().destroyForcibly();
    twin.await(
        "another guard",
        () ->
            twin.ports.containsKey("eve")
                && !twin.statuses.get("eve").getToken().getBootId().equals(boot));
    assertThat(twin.statuses.get("eve").getStopLatched()).isTrue();
    assertThat(twin.statuses.get("eve").getStopBy()).isEqualTo("bob");
    assertThat(twin.statuses.get("eve").getHighestSeen()).isEqualTo(authority(1));
    assertThat(move(1, 0.5).getCode()).isEqualTo("tandem.guard.stopped");
    assertThat(
            ask(GuardRequest.newBuilder()
                    .setRelease(
                        Release.newBuilder()
                            .setBy("bob")
                            .setReason("no fire")
                            .setToken(twin.statuses.get("eve").getToken())
                            .setStopNumber(twin.statuses.get("eve").getStopNumber())))
                .getAccepted())
        .isTrue();
    twin.await("told", () -> robot.stops.getLast().equals(false));
    twin.await("a newer token", () -> !twin.statuses.get("eve").getStopLatched());
    GuardReply again = move(1, 0.5);
    assertThat(again.getAccepted()).as(again.getWhy()).isTrue();
  }

  @Test
  void shouldHoldByItselfWhenTheLeaseHolderIsSilent() throws Exception {
    grant(1);
    robot.deaf();
    assertThat(move(1, 0.8).getAccepted()).isTrue();

    twin.await(
        "the deadman",
        () -> twin.statuses.get("eve").getCountersMap().getOrDefault("deadmanTrips", 0L) == 1);

    twin.await("a hold", () -> robot.trajectories.size() >= 2);
    assertThat(robot.trajectories.getLast().points().get(1).positions().get(1)).isEqualTo(0.5);
  }

  private Setpoint.Builder setpoint(String commandId, long number, double elbow) {
    return Setpoint.newBuilder()
        .setCommandId(commandId)
        .setAuthority(authority(1))
        .setNumber(number)
        .setHeld(true)
        .setToken(twin.statuses.get("eve").getToken())
        .setValidMillis(1_000)
        .setJoint(
            JointGoal.newBuilder()
                .addTargets(JointTarget.newBuilder().setJoint("elbow").setPositionRad(elbow)));
  }

  @Test
  void shouldLeadTheRobotWhileTheControlIsHeldAndBringItToRestWhenNothingMoreComes() {
    grant(1);
    Motion.Builder open =
        motion(1, 0).setStream(StreamGoal.newBuilder().setKind("joint").setLapseMillis(500));
    assertThat(ask(GuardRequest.newBuilder().setMotion(open)).getAccepted()).isTrue();
    String id = open.getCommandId();
    long[] number = {0};
    twin.await(
        "the elbow led",
        () -> {
          double goal = Math.min(0.8, 0.5 + 0.01 * ++number[0]);
          ask(GuardRequest.newBuilder().setSetpoint(setpoint(id, number[0], goal)));
          return robot.elbow() > 0.7;
        });

    assertThat(twin.statuses.get("eve").getStream().getCommandId()).isEqualTo(id);
    GuardReply twice = ask(GuardRequest.newBuilder().setSetpoint(setpoint(id, number[0], 0.8)));
    assertThat(twice.getCode()).isEqualTo("tandem.guard.duplicate");
    GuardReply nan =
        ask(GuardRequest.newBuilder().setSetpoint(setpoint(id, number[0] + 1, Double.NaN)));
    assertThat(nan.getCode()).isEqualTo("tandem.guard.not-finite");
    twin.await(
        "the deadman",
        () -> twin.statuses.get("eve").getCountersMap().getOrDefault("deadmanTrips", 0L) == 1);
    twin.await(
        "rest",
        () ->
            twin.logs.get("eve").stream()
                .anyMatch(record -> record.getCode().equals("tandem.guard.held")));
    JointTrajectory last = robot.trajectories.getLast();
    assertThat(last.points().getLast().velocities().toArray()).containsExactly(0, 0);
    assertThat(robot.elbow()).isBetween(0.69, 0.81);
    assertThat(
            ask(GuardRequest.newBuilder().setSetpoint(setpoint(id, number[0] + 2, 0.8))).getCode())
        .isEqualTo("tandem.guard.no-stream");
  }

  private static GuardLogRecord record(byte[] payload) {
    try {
      return GuardLogRecord.parseFrom(payload);
    } catch (com.google.protobuf.InvalidProtocolBufferException malformed) {
      throw new AssertionError("no log record", malformed);
    }
  }

  static GuardReply askDirectly(Session session, GuardRequest request) throws Exception {
    return askDirectly(session, request, () -> {});
  }

  /** {@code onReply} runs when the answer arrives, on the thread that receives. */
  private static GuardReply askDirectly(Session session, GuardRequest request, Runnable onReply)
      throws Exception {
    CompletableFuture<GuardReply> answer = new CompletableFuture<>();
    session.get(
        "tandem/guard/eve/request",
        GetOptions.DEFAULT
            .withTimeout(Duration.ofSeconds(10))
            .withPayload(request.toByteArray(), Encoding.PROTOBUF),
        new Replies() {
          @Override
          public void reply(Reply reply) {
            onReply.run();
            try {
              answer.complete(GuardReply.parseFrom(((Reply.Value) reply).sample().payload()));
            } catch (com.google.protobuf.InvalidProtocolBufferException malformed) {
              answer.completeExceptionally(malformed);
            }
          }

          @Override
          public void done(boolean timedOut) {
            answer.completeExceptionally(
                new AssertionError("no answer from the guard's own listener"));
          }
        });
    return answer.get(20, TimeUnit.SECONDS);
  }
}
