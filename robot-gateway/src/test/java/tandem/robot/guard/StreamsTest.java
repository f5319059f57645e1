package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static tandem.robot.guard.GuardHarness.SECOND;
import static tandem.robot.guard.GuardHarness.elbow;
import static tandem.robot.guard.GuardHarness.leftHand;
import static tandem.robot.guard.GuardHarness.velocity;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.proto.body.Urdf;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.StreamGoal;

class StreamsTest {
  private GuardHarness guard = prepared();

  private static GuardHarness prepared() {
    GuardHarness guard = new GuardHarness();
    guard.configure(GuardHarness.teleoperated());
    guard.follows = true;
    guard.baseSpeed = 0;
    guard.stillSince = 0;
    guard.grant(1, 1);
    return guard;
  }

  @BeforeEach
  void anew() {
    guard = prepared();
  }

  /** A held control at 20 Hz, the robot following. */
  private void hold(GuardHarness guard, long first, int count, Consumer<Setpoint.Builder> target) {
    for (long number = first; number < first + count; number++) {
      Setpoint.Builder setpoint = guard.setpoint(1, 1, 1, number);
      target.accept(setpoint);
      assertThat(guard.set(setpoint).accepted()).isTrue();
      guard.pass(50_000_000);
    }
  }

  @Test
  void shouldLeadTheBaseWithinItsAccelerationAndRampToZeroWhenLetGo() {
    assertThat(guard.open(1, 1, 1, "velocity").accepted()).isTrue();
    assertThat(guard.twists()).isEmpty();

    hold(guard, 1, 20, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));
    assertThat(guard.twists().getLast().vx()).isCloseTo(0.3, within(1e-9));
    guard.set(guard.setpoint(1, 1, 1, 21).setHeld(false));
    guard.pass(SECOND);

    assertThat(guard.twists().getLast().vx()).isZero();
    assertThat(guard.twists().getFirst().target().getTopic()).isEqualTo("/eve/cmd_vel");
    double before = 0;
    for (GuardEffect.MoveBase twist : guard.twists()) {
      assertThat(Math.abs(twist.vx() - before)).isLessThanOrEqualTo(0.5 * 0.0601);
      before = twist.vx();
    }
    assertThat(guard.logs("finished").getFirst().why()).contains("20 setpoints applied");
    assertThat(guard.counter("deadmanTrips")).isZero();
    assertThat(guard.trajectories()).isEmpty();
    int sent = guard.twists().size();
    guard.pass(2 * SECOND);
    assertThat(guard.twists()).hasSize(sent);
  }

  @Test
  void shouldBringAGoalToHoldWhenAStreamTakesOverThoughNoSetpointEverComes() {
    guard.move(guard.motion(1, 1, 1));
    guard.stillSince = Body.MOVING;
    guard.effects.clear();

    assertThat(guard.open(1, 1, 2, "joint").accepted()).isTrue();
    assertThat(guard.trajectories()).as("the hold").hasSize(1);
    guard.stillSince = guard.now;
    assertThat(guard.open(1, 1, 3, "velocity").accepted()).isTrue();

    assertThat(guard.state.actives()).hasSize(1);
    assertThat(guard.logs("cancelled").getFirst().why()).contains("superseded by c-1-1-2");
  }

  @Test
  void shouldLeadFromTheFirstSetpointOfAStreamThatTookOverAGoal() {
    guard.move(guard.motion(1, 1, 1));
    guard.stillSince = Body.MOVING;
    guard.open(1, 1, 2, "joint");
    assertThat(guard.state.halts()).hasSize(1);

    guard.set(guard.setpoint(1, 1, 2, 1).setHeld(true).setJoint(elbow(0.52, 0)));
    assertThat(guard.state.halts()).isEmpty();
    guard.effects.clear();
    guard.pass(200_000_000);

    assertThat(guard.trajectories()).as("no hold against the hand").isEmpty();
    assertThat(guard.points()).isNotEmpty();
  }

  @Test
  void shouldLogTheRuleThatEndedAHold() {
    guard.open(1, 1, 1, "velocity");
    hold(guard, 1, 4, setpoint -> setpoint.setVelocity(velocity(0.1, 0, 0)));

    guard.set(guard.setpoint(1, 1, 1, 5).setHeld(false).setWhy("gamepad unplugged"));
    guard.set(guard.setpoint(1, 1, 1, 6).setHeld(false).setWhy("gamepad unplugged"));

    assertThat(guard.logs("let-go"))
        .singleElement()
        .extracting(GuardEffect.Log::why, GuardEffect.Log::commandId)
        .containsExactly("gamepad unplugged", "c-1-1-1");
  }

  @Test
  void shouldSendTwentyTimesASecondWhileHeldAndNothingOfTheSetpointAfterTheLapse() {
    guard.open(1, 1, 1, "velocity");
    hold(guard, 1, 20, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));
    guard.effects.clear();

    guard.pass(240_000_000);
    assertThat(guard.twists()).isNotEmpty().allMatch(twist -> twist.vx() > 0.29);
    guard.pass(20_000_000);
    guard.effects.clear();
    guard.pass(3 * SECOND);

    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
    assertThat(guard.state.active()).isNull();
    assertThat(guard.twists()).isNotEmpty().allMatch(twist -> twist.vx() < 0.3);
    assertThat(guard.twists().getLast().vx()).isZero();
    assertThat(guard.trajectories()).as("nobody freezes a body that balances").isEmpty();
    assertThat(guard.set(guard.setpoint(1, 1, 1, 30).setVelocity(velocity(0.1, 0, 0))).code())
        .isEqualTo("tandem.guard.no-stream");
    assertThat(guard.logs("safe-behaviour").getLast().code()).isEqualTo("tandem.guard.held");
  }

  @ParameterizedTest
  @ValueSource(longs = {100, 500})
  void shouldTakeTheLapseThatTheStreamAsksFor(long lapse) {
    guard.move(
        guard
            .motion(1, 1, 1)
            .setEndByMillis(60_000)
            .setStream(StreamGoal.newBuilder().setKind("velocity").setLapseMillis(lapse)));
    guard.set(guard.setpoint(1, 1, 1, 1).setVelocity(velocity(0.1, 0, 0)));

    guard.pass(lapse * 1_000_000);
    assertThat(guard.counter("deadmanTrips")).isZero();
    guard.pass(40_000_000);

    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
  }

  @Test
  void shouldLeadJointsWithinTheirLimitsAndHoldWhereTheyComeToRest() {
    guard.open(1, 1, 1, "joint");
    double[] goal = {0.5};
    hold(
        guard,
        1,
        30,
        setpoint -> setpoint.setJoint(elbow(goal[0] = Math.min(1.2, goal[0] + 0.04), 0)));
    guard.effects.clear();

    guard.pass(400_000_000);
    GuardEffect.StreamJoints last = guard.points().getLast();

    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
    assertThat(last.velocitiesRadPerSec()).containsOnly(0.0);
    assertThat(last.positionsRad().get(1)).isBetween(1.1, 1.2);
    assertThat(last.restSeconds()).isEqualTo(last.seconds());
    assertThat(guard.trajectories()).as("it is led to rest, not thrown into it").isEmpty();
  }

  @Property(tries = 60)
  void shouldKeepPositionVelocityAndAccelerationWhateverTheSetpointsSay(
      @ForAll @Size(min = 5, max = 80) byte[] sticks) {
    GuardHarness robot = prepared();
    robot.open(1, 1, 1, "joint");
    robot.effects.clear();
    long number = 0;
    for (byte stick : sticks) {
      double goal = number == 0 ? 0.5 : 0.5 + stick / 40.0;
      robot.set(robot.setpoint(1, 1, 1, ++number).setJoint(elbow(goal, 0)));
      robot.pass(20_000_000L * (1 + (stick & 3)));
    }
    robot.pass(2 * SECOND);

    double velocity = 0;
    for (GuardEffect.StreamJoints point : robot.points()) {
      assertThat(point.positionsRad().get(1)).isBetween(-1.98, 1.98);
      assertThat(point.restRad().get(1)).isBetween(-1.98, 1.98);
      assertThat(Math.abs(point.velocitiesRadPerSec().get(1))).isLessThanOrEqualTo(1.0 + 1e-9);
      // 10 rad/s2 over at most three ticks of 20 ms between two points.
      assertThat(Math.abs(point.velocitiesRadPerSec().get(1) - velocity))
          .isLessThanOrEqualTo(0.6 + 1e-9);
      velocity = point.velocitiesRadPerSec().get(1);
      assertThat(point.positionsRad().get(0)).isZero();
    }
    assertThat(velocity).isZero();
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        no("stale-epoch", g -> g.grant(1, 2), s -> {}),
        no("stale-epoch", g -> g.revoke(1, 1), s -> {}),
        no("stale-epoch", g -> {}, s -> s.setAuthority(GuardHarness.authority(1, 0))),
        no("no-authority", g -> {}, Setpoint.Builder::clearAuthority),
        no("other-authority", g -> {}, s -> s.setAuthority(GuardHarness.authority(1, 2))),
        no("no-stream", g -> {}, s -> s.setCommandId("another")),
        no("no-stream", g -> g.stop("s"), s -> {}),
        no("no-stream", g -> g.cancel("c-1-1-1"), s -> {}),
        no("duplicate", g -> {}, s -> s.setNumber(5)),
        no("duplicate", g -> {}, s -> s.setNumber(4)),
        no("other-boot", g -> {}, s -> s.getTokenBuilder().setBootId("x")),
        no("future-token", g -> {}, s -> s.getTokenBuilder().setTickMillis(99_999)),
        no(
            "late",
            g -> {},
            s ->
                s.setToken(
                    s.getToken().toBuilder().setTickMillis(s.getToken().getTickMillis() - 401))),
        no(
            "late",
            g -> {},
            s ->
                s.setValidMillis(2_000)
                    .setToken(
                        s.getToken().toBuilder()
                            .setTickMillis(s.getToken().getTickMillis() - 2_001))),
        no("bad-time", g -> {}, s -> s.setValidMillis(0)),
        no("bad-time", g -> {}, s -> s.setValidMillis(2_001)),
        no("bad-goal", g -> {}, Setpoint.Builder::clearTarget),
        no("bad-goal", g -> {}, s -> s.setVelocity(velocity(0, 0, 0))),
        no("bad-goal", g -> {}, s -> s.setJoint(JointGoal.newBuilder())),
        no(
            "bad-goal",
            g -> {},
            s -> s.setJoint(elbow(0.5, 0).addTargets(JointTarget.newBuilder().setJoint("elbow")))),
        no("not-finite", g -> {}, s -> s.setJoint(elbow(Double.NaN, 0))),
        no("not-finite", g -> {}, s -> s.setJoint(elbow(Double.NEGATIVE_INFINITY, 0))),
        no(
            "unknown-joint",
            g -> {},
            s ->
                s.setJoint(
                    JointGoal.newBuilder().addTargets(JointTarget.newBuilder().setJoint("tail")))),
        no("let-go", g -> g.set(g.setpoint(1, 1, 1, 9).setHeld(false)), s -> {}));
  }

  private static Arguments no(
      String code, Consumer<GuardHarness> before, Consumer<Setpoint.Builder> change) {
    return Arguments.of(code, before, change);
  }

  @ParameterizedTest(name = "{0} #{index}")
  @MethodSource("refusals")
  void shouldRefuseASetpointAndLeadNowhere(
      String code, Consumer<GuardHarness> before, Consumer<Setpoint.Builder> change) {
    guard.open(1, 1, 1, "joint");
    hold(guard, 1, 5, setpoint -> setpoint.setJoint(elbow(0.5, 0)));
    before.accept(guard);
    Setpoint.Builder setpoint = guard.setpoint(1, 1, 1, 6).setJoint(elbow(0.52, 0));
    change.accept(setpoint);
    guard.effects.clear();

    var reply = guard.set(setpoint);
    guard.pass(200_000_000);

    assertThat(reply.accepted()).isFalse();
    assertThat(reply.code()).isEqualTo("tandem.guard." + code);
    assertThat(reply.why()).isNotBlank();
    assertThat(guard.points()).allMatch(point -> point.positionsRad().get(1) == 0.5);
    assertThat(guard.counter("setpointsRefused")).isEqualTo(1);
    for (int again = 0; again < 50; again++) {
      guard.set(setpoint);
    }
    assertThat(guard.logs("setpoint-refused"))
        .filteredOn(log -> log.code().equals("tandem.guard." + code))
        .as("the first of each code is logged, and only that")
        .singleElement()
        .satisfies(log -> assertThat(log.commandId()).isEqualTo(setpoint.getCommandId()))
        .satisfies(log -> assertThat(log.why()).endsWith("counts for nothing"));
    assertThat(guard.logs("refused")).as("that would end the command").isEmpty();
  }

  @Test
  void shouldLogAFloodOfForgedSetpointsWithinBounds() {
    guard.open(1, 1, 1, "joint");
    guard.effects.clear();

    for (int forged = 0; forged < 5_000; forged++) {
      guard.set(
          guard
              .setpoint(1, 1, 1, 1)
              .setCommandId("forged " + forged)
              .setAuthority(GuardHarness.authority(1, forged % 100 + 2)));
    }

    assertThat(guard.counter("setpointsRefused")).isEqualTo(5_000);
    assertThat(guard.logs("setpoint-refused")).hasSizeBetween(1, 32);
  }

  static Stream<Arguments> ends() {
    return Stream.of(
        end("safe-behaviour", g -> g.pass(SECOND)),
        end("safe-behaviour", g -> g.follows = false),
        end("cancelled", g -> g.cancel("c-1-1-1")),
        end("cancelled", g -> g.stop("s")),
        end("cancelled", g -> g.revoke(1, 1)),
        end("cancelled", g -> g.grant(1, 2)),
        end("cancelled", g -> g.open(1, 1, 2, "joint")),
        end("finished", g -> g.set(g.setpoint(1, 1, 1, 9).setHeld(false))));
  }

  private static Arguments end(String kind, Consumer<GuardHarness> cause) {
    return Arguments.of(kind, cause);
  }

  @ParameterizedTest(name = "{0} #{index}")
  @MethodSource("ends")
  void shouldLogWhatCameOfTheSetpointsHoweverAStreamEnds(
      String kind, Consumer<GuardHarness> cause) {
    guard.open(1, 1, 1, "joint");
    hold(guard, 1, 5, setpoint -> setpoint.setJoint(elbow(0.5, 0)));
    guard.set(guard.setpoint(1, 1, 1, 6).setJoint(elbow(Double.NaN, 0)));
    guard.effects.clear();

    cause.accept(guard);
    for (int number = 10; number < 40 && guard.state.active() != null; number++) {
      guard.set(guard.setpoint(1, 1, 1, number).setJoint(elbow(0.5 + 0.02 * number, 0)));
      guard.pass(50_000_000);
    }

    assertThat(guard.logs(kind))
        .filteredOn(log -> log.commandId().equals("c-1-1-1"))
        .first()
        .satisfies(log -> assertThat(log.why()).matches(".*\\d+ setpoints applied, .* refused"))
        .satisfies(log -> assertThat(log.why()).doesNotContain(" 0 refused"));
  }

  @Test
  void shouldRefuseAFirstSetpointFarFromTheMeasuredPostureOrWithoutOne() {
    guard.open(1, 1, 1, "joint");

    assertThat(guard.set(guard.setpoint(1, 1, 1, 1).setJoint(elbow(0.61, 0))).code())
        .isEqualTo("tandem.guard.far-from-measured");
    guard.measuredAgo = 101_000_000;
    assertThat(guard.set(guard.setpoint(1, 1, 1, 2).setJoint(elbow(0.5, 0))).code())
        .isEqualTo("tandem.guard.not-measured");
    guard.measuredAgo = 0;
    assertThat(guard.points()).isEmpty();
    assertThat(guard.set(guard.setpoint(1, 1, 1, 3).setJoint(elbow(0.59, 0))).accepted()).isTrue();
    assertThat(GuardCore.status(guard.state, guard.now, guard.body()).getStream().getRefused())
        .isEqualTo(2);
  }

  @Test
  void shouldClampCountAndTellAndEndAStreamThatIsTooOftenBeyondTheLimits() {
    guard.open(1, 1, 1, "velocity");
    hold(guard, 1, 12, setpoint -> setpoint.setVelocity(velocity(0.1, 0, 0)));

    var told = guard.set(guard.setpoint(1, 1, 1, 13).setVelocity(velocity(1e300, 0, 0)));
    assertThat(told.accepted()).isTrue();
    assertThat(told.code()).isEqualTo("tandem.guard.clamped");
    assertThat(told.why()).contains("clamped to 0.300");
    var status = GuardCore.status(guard.state, guard.now, guard.body()).getStream();
    assertThat(status.getClamped()).isEqualTo(1);
    assertThat(status.getNumber()).isEqualTo(13);
    assertThat(status.getWhy()).contains("clamped");

    guard.pass(50_000_000);
    var over = guard.set(guard.setpoint(1, 1, 1, 14).setVelocity(velocity(9, 0, 0)));

    assertThat(over.code()).isEqualTo("tandem.guard.clamped-too-much");
    assertThat(guard.state.active()).isNull();
    assertThat(guard.counter("limitClamped")).isEqualTo(2);
    guard.pass(SECOND);
    assertThat(guard.twists()).allMatch(twist -> twist.vx() <= 0.3);
    assertThat(guard.twists().getLast().vx()).isZero();
    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.clamped-too-much");
  }

  @Test
  void shouldClampJointsToTheirLimitsLessTheMargin() {
    guard.posture.put("elbow", 1.95);
    guard.open(1, 1, 1, "joint");

    var told = guard.set(guard.setpoint(1, 1, 1, 1).setJoint(elbow(2.04, 0)));

    assertThat(told.code()).isEqualTo("tandem.guard.clamped");
    assertThat(told.why()).contains("joint elbow: 2.040 rad clamped to 1.980 rad");
    guard.pass(200_000_000);
    assertThat(guard.points().getLast().positionsRad().get(1)).isLessThanOrEqualTo(1.98);
  }

  @Test
  void shouldNotTripOnJitterOfTheWay() {
    guard.open(1, 1, 1, "joint");
    java.util.Random jitter = new java.util.Random(7);
    double goal = 0.5;
    for (int number = 1; number <= 400; number++) {
      goal = 0.5 + 0.6 * Math.sin(number / 40.0);
      guard.set(guard.setpoint(1, 1, 1, number).setJoint(elbow(goal, 0)));
      guard.pass((30 + jitter.nextInt(41)) * 1_000_000L);
    }

    assertThat(guard.counter("deadmanTrips")).isZero();
    assertThat(guard.counter("limitClamped")).isZero();
    assertThat(guard.state.active()).isNotNull();
  }

  @Test
  void shouldRefuseAVelocityWhereTheProfileHasNoneOrTheRobotNoWatchdog() {
    guard.configure(
        GuardHarness.teleoperated().toBuilder()
            .clearVelocity()
            .addAmbiguities("velocity: the robot refuses cmd_vel")
            .build());
    assertThat(guard.open(1, 1, 1, "velocity").why()).contains("the robot refuses cmd_vel");
    guard.configure(GuardHarness.teleoperated().toBuilder().clearWatchdogVelocitySeconds().build());
    assertThat(guard.open(1, 1, 2, "velocity").code()).isEqualTo("tandem.guard.no-watchdog");
    assertThat(guard.open(1, 1, 3, "dance").code()).isEqualTo("tandem.guard.bad-goal");
    guard.see(false);
    guard.configure(GuardHarness.teleoperated());
    assertThat(guard.open(1, 1, 4, "velocity").code()).isEqualTo("tandem.guard.no-subscriber");
    assertThat(
            guard
                .move(
                    guard
                        .motion(1, 1, 5)
                        .setStream(StreamGoal.newBuilder().setKind("velocity").setLapseMillis(501)))
                .code())
        .isEqualTo("tandem.guard.bad-goal");
  }

  @Test
  void shouldEndAStreamThatNeverMoved() {
    guard.open(1, 1, 1, "velocity");

    guard.pass(1_040_000_000);

    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
    assertThat(guard.state.active()).isNull();
    assertThat(guard.twists()).allMatch(twist -> twist.vx() == 0);
  }

  @Test
  void shouldBringTheBaseToRestBeforeItHoldsTheJointsAtAStop() {
    guard.open(1, 1, 1, "velocity");
    hold(guard, 1, 20, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));
    guard.effects.clear();

    guard.stop("s");

    assertThat(guard.effects).contains(new GuardEffect.TellStop(true));
    assertThat(guard.trajectories()).isEmpty();
    guard.pass(700_000_000);
    assertThat(guard.twists().getLast().vx()).isZero();
    assertThat(guard.trajectories()).isNotEmpty();
    guard.pass(SECOND);
    assertThat(guard.logs("stop-in-effect")).hasSize(1);
  }

  /** Found by {@code drill authority}: seed 6687 of its first version. */
  @Test
  void shouldBringTheBaseToRestAlthoughTheStopIsReleasedMeanwhile() {
    guard.open(1, 1, 1, "velocity");
    hold(guard, 1, 20, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));
    guard.stop("s");
    guard.pass(60_000_000);

    assertThat(guard.release("a slip of the finger").accepted()).isTrue();

    assertThat(guard.twists().getLast().vx()).isPositive();
    guard.pass(SECOND);
    assertThat(guard.twists().getLast().vx()).isZero();
  }

  @Test
  void shouldHoldTheJointsOfABodyThatFellWhileItWalked() {
    guard.open(1, 1, 1, "velocity");
    hold(guard, 1, 10, setpoint -> setpoint.setVelocity(velocity(0.2, 0, 0)));
    guard.effects.clear();
    guard.tiltRad = 1.4;

    guard.pass(SECOND);

    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.fallen");
    assertThat(guard.twists().getLast().vx()).isZero();
    assertThat(guard.trajectories()).isNotEmpty();
  }

  @Test
  void shouldNotLetAnotherMotionBeginWhileAStreamMoves() {
    guard.open(1, 1, 1, "joint");
    hold(guard, 1, 4, setpoint -> setpoint.setJoint(elbow(0.55 + 0.01 * setpoint.getNumber(), 0)));

    assertThat(guard.move(guard.motion(1, 1, 2)).code()).isEqualTo("tandem.guard.busy");
    guard.set(guard.setpoint(1, 1, 1, 9).setHeld(false));
    guard.pass(SECOND);
    assertThat(guard.move(guard.motion(1, 1, 3)).accepted()).isTrue();
  }

  @Test
  void shouldSlowDownTheOldHoldersMotionBeforeATakeIsServed() {
    guard.open(1, 1, 1, "velocity");
    hold(guard, 1, 20, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));

    assertThat(guard.grant(1, 2).accepted()).isTrue();
    assertThat(guard.open(1, 2, 1, "velocity").code()).isEqualTo("tandem.guard.busy");
    guard.pass(SECOND);

    assertThat(guard.twists().getLast().vx()).isZero();
    assertThat(guard.open(1, 2, 2, "velocity").accepted()).isTrue();
  }

  /** Two axes along y; its hand is 0.3 m from the elbow, that as far from the shoulder. */
  static final String ARM =
      """
      <robot name="eve">
        <link name="base_link"/><link name="upper"/><link name="fore"/><link name="hand"/>
        <joint name="shoulder" type="revolute"><parent link="base_link"/><child link="upper"/>
          <origin xyz="0 0 1"/><axis xyz="0 1 0"/><limit lower="-2" upper="2" effort="1" velocity="1"/></joint>
        <joint name="elbow" type="revolute"><parent link="upper"/><child link="fore"/>
          <origin xyz="0.3 0 0"/><axis xyz="0 1 0"/><limit lower="-2" upper="2" effort="1" velocity="1"/></joint>
        <joint name="grip" type="fixed"><parent link="fore"/><child link="hand"/><origin xyz="0.3 0 0"/></joint>
      </robot>
      """;

  /** Where the arm's hand is, for the posture of the harness: in a plane, both axes along y. */
  private static double[] hand(double shoulder, double elbow) {
    return new double[] {
      0.3 * Math.cos(shoulder) + 0.3 * Math.cos(shoulder + elbow),
      1 - 0.3 * Math.sin(shoulder) - 0.3 * Math.sin(shoulder + elbow)
    };
  }

  @Test
  void shouldLeadATipByInverseKinematicsWhereNoReachControllerIsThere() {
    guard.configure(GuardHarness.teleoperated().toBuilder().clearReach().build());
    assertThat(guard.open(1, 1, 1, "reach").code()).isEqualTo("tandem.guard.no-model");
    guard.input(new GuardInput.Described(Urdf.parse(ARM)));
    assertThat(guard.open(1, 1, 2, "reach").accepted()).isTrue();
    double[] at = hand(0, 0.5);
    assertThat(
            guard.set(guard.setpoint(1, 1, 2, 1).setReach(leftHand(at[0], 0, at[1] + 0.06))).code())
        .isEqualTo("tandem.guard.far-from-measured");

    for (int number = 2; number < 22; number++) {
      double z = at[1] + 0.1 * Math.min(1, (number - 1) / 15.0);
      assertThat(
              guard.set(guard.setpoint(1, 1, 2, number).setReach(leftHand(at[0], 0, z))).accepted())
          .isTrue();
      guard.pass(50_000_000);
    }
    double[] reached = hand(guard.posture.get("shoulder"), guard.posture.get("elbow"));

    assertThat(reached[1]).isCloseTo(at[1] + 0.1, within(0.01));
    var far = guard.set(guard.setpoint(1, 1, 2, 30).setReach(leftHand(2, 0, 1)));
    assertThat(far.accepted()).isTrue();
    assertThat(far.code()).isEqualTo("tandem.guard.unreachable");
  }

  @Test
  void shouldLeadATipThroughItsReachControllerAndHoldTheJointsAtTheLapse() {
    guard.input(new GuardInput.Described(Urdf.parse(ARM)));
    guard.open(1, 1, 1, "reach");
    double[] at = hand(0, 0.5);
    for (int number = 1; number <= 10; number++) {
      double z = at[1] + 0.004 * number;
      assertThat(
              guard.set(guard.setpoint(1, 1, 1, number).setReach(leftHand(at[0], 0, z))).accepted())
          .isTrue();
      guard.pass(50_000_000);
    }
    List<GuardEffect.MoveTip> tips =
        guard.effects.stream()
            .filter(GuardEffect.MoveTip.class::isInstance)
            .map(GuardEffect.MoveTip.class::cast)
            .toList();

    assertThat(tips.size()).isBetween(5, 12);
    assertThat(tips).allMatch(tip -> tip.target().getTopic().equals("/eve/reach/left_hand"));
    assertThat(tips.getLast().pose().getZMeters()).isCloseTo(at[1] + 0.04, within(0.005));
    guard.pass(400_000_000);
    assertThat(guard.trajectories()).isNotEmpty();
  }

  /** A held tip, led upwards by so much every 50 ms; with its orientation as it is. */
  private void lift(long first, int count, double meters) {
    var at = guard.hand();
    for (int i = 1; i <= count; i++) {
      assertThat(
              guard
                  .set(
                      guard
                          .setpoint(1, 1, 1, first + i - 1)
                          .setReach(leftHand(at.x(), at.y(), at.z() + meters * i)))
                  .accepted())
          .isTrue();
      guard.pass(50_000_000);
    }
  }

  private void openTip() {
    guard.input(new GuardInput.Described(Urdf.parse(ARM)));
    assertThat(guard.open(1, 1, 1, "reach").accepted()).isTrue();
  }

  static Stream<Consumer<GuardHarness>> endsOfATip() {
    return Stream.of(g -> g.cancel("c-1-1-1"), g -> g.stop("s"), g -> g.revoke(1, 1));
  }

  @ParameterizedTest
  @MethodSource("endsOfATip")
  void shouldSlowATipDownBeforeItsJointsAreHeld(Consumer<GuardHarness> end) {
    openTip();
    lift(1, 12, 0.012);
    end.accept(guard);
    double[] before = {guard.tips().getLast().pose().getZMeters()};
    guard.effects.clear();
    assertThat(guard.trajectories()).isEmpty();

    guard.pass(SECOND);

    List<GuardEffect.MoveTip> tips = guard.tips();
    assertThat(tips.size()).isBetween(2, 5);
    double fastest = 0.25 * 0.061;
    for (GuardEffect.MoveTip tip : tips) {
      double way = tip.pose().getZMeters() - before[0];
      assertThat(way).isBetween(-1e-9, fastest);
      fastest = Math.max(way, 1e-9);
      before[0] = tip.pose().getZMeters();
    }
    int held = guard.effects.indexOf(guard.trajectories().getFirst());
    assertThat(guard.effects.lastIndexOf(tips.getLast()))
        .as("no two controllers at once")
        .isLessThan(held);
    assertThat(guard.trajectories().getFirst().endRad().get(1))
        .isEqualTo(guard.posture.get("elbow"));
  }

  @Test
  void shouldRefuseAFirstOrientationFarFromTheMeasuredOne() {
    openTip();
    var at = guard.hand();
    var turned = tandem.proto.v1.Pose.newBuilder().setXMeters(at.x()).setZMeters(at.z());

    var half = leftHand(0, 0, 0).setPose(turned.setQx(1)).setWithOrientation(true);
    var refused = guard.set(guard.setpoint(1, 1, 1, 1).setReach(half));
    var free = half.clone().setWithOrientation(false);
    assertThat(guard.set(guard.setpoint(1, 1, 1, 2).setReach(free)).accepted()).isTrue();
    guard.pass(50_000_000);
    var later = guard.set(guard.setpoint(1, 1, 1, 3).setReach(half));

    assertThat(refused.code()).isEqualTo("tandem.guard.far-from-measured");
    assertThat(refused.why()).contains("first orientation 3.142 rad");
    assertThat(later.code()).as("nor as the first that counts").isEqualTo(refused.code());
    assertThat(guard.tips()).noneMatch(GuardEffect.MoveTip::withOrientation);
  }

  @Test
  void shouldClampCountAndLeadAHalfTurnOfATipAtItsRate() {
    openTip();
    guard.follows = false;
    var at = guard.hand();
    var pose =
        tandem.proto.v1.Pose.newBuilder()
            .setXMeters(at.x())
            .setZMeters(at.z())
            .setQy(at.qy())
            .setQw(at.qw());
    var goal = leftHand(0, 0, 0).setPose(pose).setWithOrientation(true);
    assertThat(guard.set(guard.setpoint(1, 1, 1, 1).setReach(goal)).code()).isEmpty();
    guard.pass(50_000_000);

    goal.setPose(pose.setQy(at.qw()).setQw(-at.qy()));
    var told = guard.set(guard.setpoint(1, 1, 1, 2).setReach(goal));
    guard.effects.clear();
    guard.pass(200_000_000);

    assertThat(told.code()).isEqualTo("tandem.guard.clamped");
    assertThat(told.why()).contains("3.142 rad ahead clamped to 0.000 m and 0.39");
    assertThat(guard.counter("limitClamped")).isEqualTo(1);
    assertThat(guard.tips()).isNotEmpty();
    var from = at;
    for (GuardEffect.MoveTip tip : guard.tips()) {
      var p = tip.pose();
      var to =
          new tandem.proto.body.Pose(
              p.getXMeters(),
              p.getYMeters(),
              p.getZMeters(),
              p.getQx(),
              p.getQy(),
              p.getQz(),
              p.getQw());
      assertThat(from.angleTo(to)).isBetween(0.001, 1.57 * 0.061);
      from = to;
    }
  }

  @Test
  void shouldNotLeadATipThatItCannotMeasure() {
    openTip();
    var at = guard.hand();
    guard.posture.remove("elbow");

    var refused = guard.set(guard.setpoint(1, 1, 1, 1).setReach(leftHand(at.x(), 0, at.z())));

    assertThat(refused.code()).isEqualTo("tandem.guard.not-measured");
    assertThat(guard.tips()).isEmpty();
  }

  @Test
  void shouldLeadAControllerThatTakesPositionsOnlyPointByPoint() {
    takesPositionsOnly();
    guard.effects.clear();

    assertThat(guard.move(guard.motion(1, 1, 1)).accepted()).isTrue();
    for (int i = 1; i <= 8; i++) {
      guard.keepAlive(1, 1, i);
      guard.pass(200_000_000);
    }

    assertThat(guard.trajectories()).isEmpty();
    assertThat(guard.points()).hasSizeGreaterThan(40);
    assertThat(guard.points().getFirst().joints()).containsExactly("elbow", "knee");
    double before = 0.5;
    for (GuardEffect.StreamJoints point : guard.points()) {
      assertThat(point.positionsRad().get(0)).isBetween(before, before + 0.45 * 0.021);
      before = point.positionsRad().get(0);
    }
    assertThat(before).isEqualTo(0.8);
    assertThat(guard.logs("finished")).hasSize(1);
  }

  private void takesPositionsOnly() {
    var target =
        GuardHarness.topic("/eve/positions", MotionPlan.ARRAY).toBuilder()
            .addAllOrder(List.of("elbow", "knee"));
    guard.configure(GuardHarness.teleoperated().toBuilder().setJoint(target).build());
    guard.input(
        new GuardInput.Seen(
            new GuardInput.Presence(
                "robot",
                List.of(new GuardInput.Listener("/eve/positions", MotionPlan.ARRAY, "RIHS01_f")))));
  }

  /** The elbow led to 1.9 rad within 3 s, and half a second on its way. */
  private void led() {
    takesPositionsOnly();
    guard.follows = true;
    guard.move(guard.motion(1, 1, 1).setEndByMillis(30_000).setJoint(elbow(1.9, 3)));
    guard.pass(500_000_000);
    guard.keepAlive(1, 1, 1);
    guard.pass(500_000_000);
    guard.effects.clear();
  }

  private double elbowLedTo() {
    return guard.points().getLast().positionsRad().getFirst();
  }

  @Test
  void shouldLengthenAMotionThatItLeadsByAPauseAndNotJump() {
    led();
    guard.pass(20_000_000);
    double before = elbowLedTo();
    guard.now += 800_000_000;

    guard.keepAlive(1, 1, 2);
    guard.input(new GuardInput.Tick());

    assertThat(elbowLedTo()).isBetween(before, before + 0.7 * 0.051);
    for (int i = 3; i < 7; i++) {
      guard.keepAlive(1, 1, i);
      guard.pass(500_000_000);
    }
    assertThat(guard.logs("finished")).as("3.75 s after it began").isEmpty();
    assertThat(elbowLedTo()).isGreaterThan(1.89);
    guard.pass(300_000_000);
    assertThat(elbowLedTo()).isEqualTo(1.9);
    assertThat(guard.logs("finished")).hasSize(1);
  }

  @Test
  void shouldEndAMotionThatItLeadsWhereAJointIsBlocked() {
    led();
    guard.follows = false;
    guard.keepAlive(1, 1, 2);

    guard.pass(900_000_000);

    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.not-followed");
    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.state.halts()).hasSize(1);
    assertThat(elbowLedTo()).as("held where it is").isEqualTo(guard.posture.get("elbow"));
  }

  @Test
  void shouldEndAMotionThatItLeadsWhereTheJointsAreNotMeasured() {
    led();
    guard.measuredAgo = 510_000_000;

    guard.pass(20_000_000);

    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.not-measured");
    assertThat(guard.points()).isEmpty();
  }

  @Test
  void shouldNotLetALinkStallLongerForAMotionThatItLeadsThanForAStream() {
    led();

    assertThat(GuardCore.leads(guard.state)).isTrue();
  }

  /** A reach that the robot's own controller is at. */
  private void reaching() {
    guard.configure(GuardHarness.teleoperated().toBuilder().setReachWithinSeconds(3).build());
    guard.input(new GuardInput.Described(Urdf.parse(ARM)));
    var at = guard.hand();
    var reply = guard.move(guard.motion(1, 1, 1).setReach(leftHand(at.x() + 0.1, at.y(), at.z())));
    assertThat(reply.accepted()).isTrue();
    guard.effects.clear();
  }

  private void assertTipToldWhereItIsBefore(Class<?> next) {
    var tip = guard.tips().getFirst();
    assertThat(tip.commandId()).isEmpty();
    assertThat(tip.pose().getXMeters()).isEqualTo(guard.hand().x(), within(1e-9));
    var first = guard.effects.stream().filter(next::isInstance).findFirst();
    assertThat(first).isPresent();
    assertThat(guard.effects.indexOf(tip)).isLessThan(guard.effects.indexOf(first.orElseThrow()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cancel", "stop", "lapse"})
  void shouldTellTheControllerOfAReachWhereTheTipIsBeforeTheJointsAreHeld(String end) {
    reaching();

    switch (end) {
      case "cancel" -> guard.cancel("c-1-1-1");
      case "stop" -> guard.stop("s");
      default -> guard.pass(1_010_000_000);
    }
    guard.pass(40_000_000);

    assertTipToldWhereItIsBefore(GuardEffect.MoveJoints.class);
  }

  @Test
  void shouldTellTheControllerOfAReachWhereTheTipIsBeforeItIsSupersededByJoints() {
    reaching();

    assertThat(guard.move(guard.motion(1, 1, 2)).accepted()).isTrue();

    assertTipToldWhereItIsBefore(GuardEffect.MoveJoints.class);
  }
}
