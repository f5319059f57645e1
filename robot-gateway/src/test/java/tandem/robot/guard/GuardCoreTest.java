package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.robot.guard.GuardHarness.SECOND;
import static tandem.robot.guard.GuardHarness.elbow;
import static tandem.robot.guard.GuardHarness.journal;
import static tandem.robot.guard.GuardHarness.leftHand;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.Motion;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.Stop;

class GuardCoreTest {
  private final GuardHarness guard = new GuardHarness();

  @BeforeEach
  void grants() {
    guard.grant(1, 1);
    guard.effects.clear();
  }

  @Test
  void shouldSendACubicFromTheMeasuredPostureAndSayItTookIt() {
    guard.grant(1, 1);

    var reply = guard.move(guard.motion(1, 1, 1));

    assertThat(reply).isEqualTo(new GuardEffect.Reply(reply.replyTo(), true, "", ""));
    assertThat(guard.trajectories())
        .containsExactly(
            new GuardEffect.MoveJoints(
                "c-1-1-1",
                GuardHarness.profile().getJoint().toBuilder().setTypeHash("RIHS01_t").build(),
                List.of("shoulder", "elbow", "knee"),
                List.of(0.0, 0.5, -0.2),
                List.of(0.0, 0.8, -0.2),
                1.0));
    assertThat(guard.state.active().commandId()).isEqualTo("c-1-1-1");
    assertThat(guard.logs("sent")).hasSize(1);
    assertThat(guard.disk.getHighestSeen()).isEqualTo(GuardHarness.authority(1, 1));
    assertThat(guard.disk.getJournalHead()).isEqualTo(journal(1, 1001));
  }

  @Test
  void shouldSendOnlyTheNamedJointsWhereTheControllerTakesPartialGoals() {
    guard.configure(GuardHarness.profile().toBuilder().setPartialGoals(true).build());

    guard.move(guard.motion(1, 1, 1));

    assertThat(guard.trajectories().getFirst().joints()).containsExactly("elbow");
  }

  @Test
  void shouldSendAReachAsAPose() {
    var reply = guard.move(guard.motion(1, 1, 1).setReach(leftHand(0.3, 0.2, 0.9)));

    assertThat(reply.accepted()).isTrue();
    assertThat(guard.effects)
        .filteredOn(GuardEffect.MoveTip.class::isInstance)
        .singleElement()
        .satisfies(
            tip ->
                assertThat(((GuardEffect.MoveTip) tip).target().getTopic())
                    .isEqualTo("/eve/reach/left_hand"));
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        no("no-authority", g -> {}, m -> m.clearAuthority()),
        no("no-journal-position", g -> {}, m -> m.clearJournal()),
        no(
            "no-journal-position",
            g -> {},
            m -> m.setJournal(journal(1, 7).toBuilder().setHash(ByteString.EMPTY))),
        no("other-boot", g -> {}, m -> m.setToken(m.getToken().toBuilder().setBootId("x"))),
        no(
            "future-token",
            g -> {},
            m -> m.setToken(m.getToken().toBuilder().setTickMillis(10_001))),
        no("future-token", g -> {}, m -> m.setToken(m.getToken().toBuilder().setTickMillis(-1))),
        no("late", g -> {}, m -> m.setToken(m.getToken().toBuilder().setTickMillis(7_999))),
        no(
            "late",
            g -> {},
            m -> m.setToken(m.getToken().toBuilder().setTickMillis(9_000)).setStartByMillis(999)),
        no("bad-time", g -> {}, m -> m.setEndByMillis(1_000)),
        no("bad-time", g -> {}, m -> m.setStartByMillis(-1)),
        no("bad-time", g -> {}, m -> m.setEndByMillis(Long.MAX_VALUE)),
        no("bad-request", g -> {}, m -> m.clearCommandId()),
        no("bad-request", g -> {}, m -> m.setCommandId("x".repeat(129))),
        no("bad-goal", g -> {}, m -> m.clearGoal()),
        no("bad-goal", g -> {}, m -> m.setJoint(JointGoal.newBuilder().setDurationSeconds(1))),
        no("bad-goal", g -> {}, m -> m.setJoint(elbow(0.6, 0))),
        no("bad-goal", g -> {}, m -> m.setJoint(elbow(0.6, Double.NaN))),
        no("bad-goal", g -> {}, m -> m.setJoint(elbow(0.6, 1e9))),
        no(
            "bad-goal",
            g -> {},
            m -> m.setJoint(elbow(0.6, 1).addTargets(JointTarget.newBuilder().setJoint("elbow")))),
        no("not-finite", g -> {}, m -> m.setJoint(elbow(Double.NaN, 1))),
        no("not-finite", g -> {}, m -> m.setJoint(elbow(Double.POSITIVE_INFINITY, 1))),
        no(
            "unknown-joint",
            g -> {},
            m -> m.setJoint(elbow(0.6, 1).addTargets(JointTarget.newBuilder().setJoint("tail")))),
        no("unknown-joint", g -> g.posture.remove("elbow"), m -> {}),
        no(
            "unknown-joint",
            g ->
                g.configure(
                    GuardHarness.profile().toBuilder()
                        .clearJointOrder()
                        .addJointOrder("knee")
                        .build()),
            m -> {}),
        no("not-measured", g -> g.posture.remove("knee"), m -> {}),
        no("not-measured", g -> g.measuredAgo = 101_000_000, m -> {}),
        no("position-limit", g -> {}, m -> m.setJoint(elbow(1.99, 100))),
        no("position-limit", g -> {}, m -> m.setJoint(elbow(-1.99, 100))),
        no("velocity-limit", g -> {}, m -> m.setJoint(elbow(1.5, 1.49))),
        no("acceleration-limit", g -> {}, m -> m.setJoint(elbow(0.52, 0.1))),
        no(
            "no-limit",
            g -> g.configure(GuardHarness.profile().toBuilder().removeLimits(1).build()),
            m -> {}),
        no(
            "no-target",
            g -> g.configure(GuardHarness.profile().toBuilder().clearJoint().build()),
            m -> {}),
        no("no-target", g -> {}, m -> m.setReach(leftHand(0, 0, 0).setTip("nose"))),
        no("bad-frame", g -> {}, m -> m.setReach(leftHand(0, 0, 0).setFrame("map"))),
        no("not-finite", g -> {}, m -> m.setReach(leftHand(Double.NaN, 0, 0))),
        no("workspace", g -> {}, m -> m.setReach(leftHand(0, 3, 0))),
        no(
            "bad-goal",
            g -> {},
            m ->
                m.setReach(
                    leftHand(0, 0, 1)
                        .setWithOrientation(true)
                        .setPose(leftHand(0, 0, 1).getPose().toBuilder().setQw(0.5)))),
        no("not-measured", g -> g.measuredAgo = SECOND, m -> m.setReach(leftHand(0, 0, 1))),
        no("no-subscriber", g -> g.see(false), m -> {}),
        no("no-subscriber", g -> g.see(false), m -> m.setReach(leftHand(0, 0, 1))),
        no("fallen", g -> g.tiltRad = 1.2, m -> {}),
        no("stopped", g -> g.stop("s"), m -> {}),
        no("not-stored", g -> g.diskFull = true, m -> {}),
        no("not-sent", g -> g.linkDown = true, m -> {}),
        no("cancelled", g -> g.cancel("c-1-1-1"), m -> {}),
        no("ending", g -> g.input(new GuardInput.Ending("SIGTERM")), m -> {}),
        no("stale-epoch", g -> g.grant(1, 2), m -> {}),
        no("stale-epoch", g -> g.grant(2, 0), m -> {}),
        no("stale-epoch", g -> g.revoke(1, 1), m -> {}),
        no("duplicate", g -> g.move(g.motion(1, 1, 1).setCommandId("earlier")), m -> {}),
        no("duplicate", g -> g.move(g.motion(1, 1, 9).setCommandId("earlier")), m -> {}),
        no(
            "journal-order",
            g -> g.move(g.motion(1, 1, 1).setCommandId("earlier")),
            m -> m.setSequenceInEpoch(2)),
        no(
            "not-armed",
            g -> {
              g.disk = GuardMemory.newBuilder().setRobot("eve").build();
              g.boot();
              g.grant(1, 1);
            },
            m -> m.getTokenBuilder().setBootId("%032x".formatted(2))));
  }

  private static Arguments no(
      String code, Consumer<GuardHarness> before, Consumer<Motion.Builder> change) {
    return Arguments.of(code, before, change);
  }

  @ParameterizedTest(name = "{0} #{index}")
  @MethodSource("refusals")
  void shouldRefuseAndSendNothing(
      String code, Consumer<GuardHarness> before, Consumer<Motion.Builder> change) {
    guard.grant(1, 1);
    before.accept(guard);
    guard.effects.clear();
    Motion.Builder motion = guard.motion(1, 1, 1);
    change.accept(motion);

    var reply = guard.move(motion);

    assertThat(reply.accepted()).isFalse();
    assertThat(reply.code()).isEqualTo("tandem.guard." + code);
    assertThat(reply.why()).isNotBlank();
    if (!code.equals("not-sent")) {
      assertThat(guard.trajectories()).noneMatch(sent -> !sent.commandId().isEmpty());
      assertThat(guard.effects).noneMatch(GuardEffect.MoveTip.class::isInstance);
    }
    assertThat(guard.state.active() == null || guard.state.active().commandId().equals("earlier"))
        .isTrue();
  }

  @Test
  void shouldNameJointValueLimitAndTheShortestDurationThatPasses() {
    var refused = guard.move(guard.motion(1, 1, 1).setJoint(elbow(1.5, 1)));
    var taken = guard.move(guard.motion(1, 1, 2).setJoint(elbow(1.5, 1.5)));

    assertThat(refused.why())
        .contains("joint elbow: peak velocity 1.500 rad/s, limit 1.000 rad/s (urdf)")
        .contains("smallest --in that passes: 1.50s")
        .contains("nothing was sent");
    assertThat(taken.accepted()).isTrue();
    assertThat(guard.counter("limitRefused")).isEqualTo(1);
  }

  @Test
  void shouldRefuseALowerAuthorityForEverAlsoAfterARestart() {
    guard.grant(3, 7);
    guard.boot();
    guard.see(true);

    assertThat(guard.grant(3, 6).code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.grant(2, 100).code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.revoke(2, 100).code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.keepAlive(2, 9, 1).code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.move(guard.motion(3, 6, 9)).code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.counter("staleEpochRefused")).isEqualTo(5);
  }

  @Test
  void shouldRefuseAMotionOfAnAuthorityThatWasNeverGrantedAndNotBeRaisedByIt() {
    guard.move(guard.motion(1, 1, 1));

    assertThat(guard.move(guard.motion(1, 2, 1)).code()).isEqualTo("tandem.guard.no-grant");
    assertThat(guard.move(guard.motion(7, 1, 1)).code()).isEqualTo("tandem.guard.no-grant");

    assertThat(guard.state.memory().getHighestSeen()).isEqualTo(GuardHarness.authority(1, 1));
    assertThat(guard.state.active().commandId()).as("the holder's").isEqualTo("c-1-1-1");
    assertThat(new GuardHarness().move(guard.motion(1, 1, 1)).code())
        .isEqualTo("tandem.guard.no-grant");
  }

  @Test
  void shouldKnowAfterARestartWhatWasGrantedBeforeIt() {
    guard.boot();
    guard.see(true);

    assertThat(guard.move(guard.motion(1, 1, 1)).accepted()).isTrue();
  }

  @Test
  void shouldTakeTheHighestSeenForGrantedWhereTheStateIsOfBeforeThereWereParts() {
    var old =
        new GuardHarness(
            GuardHarness.fresh().toBuilder().setHighestSeen(GuardHarness.authority(1, 4)).build());

    assertThat(old.move(old.motion(1, 4, 1)).accepted()).isTrue();
  }

  @Test
  void shouldCompareAuthoritiesAsUnsignedNumbers() {
    guard.grant(-1, -1);

    assertThat(guard.grant(1, 1).code()).isEqualTo("tandem.guard.stale-epoch");
  }

  @Test
  void shouldNotAcceptAGrantThatIsNotOnDisk() {
    guard.diskFull = true;

    assertThat(guard.grant(2, 1).code()).isEqualTo("tandem.guard.not-stored");
    assertThat(guard.grant(1, 1).code()).isEqualTo("tandem.guard.stale-epoch");
    guard.diskFull = false;
    assertThat(guard.grant(2, 1).accepted()).isTrue();
  }

  @Test
  void shouldNotStartWhatTheDiskHeldBackTooLong() {
    Motion motion = guard.motion(1, 1, 1).setStartByMillis(50).build();
    var decision =
        GuardCore.decide(
            guard.state,
            guard.now,
            guard.body(),
            new GuardInput.Request(
                GuardRequest.newBuilder().setRobot("eve").setMotion(motion).build(), true, 99));
    guard.now += 3 * SECOND;

    var late =
        GuardCore.decide(
            decision.state(),
            guard.now,
            guard.body(),
            new GuardInput.Stored(decision.state().storeNumber(), true, ""));

    assertThat(late.effects())
        .filteredOn(GuardEffect.Reply.class::isInstance)
        .singleElement()
        .extracting(reply -> ((GuardEffect.Reply) reply).code())
        .isEqualTo("tandem.guard.late");
    assertThat(late.effects()).noneMatch(GuardEffect.MoveJoints.class::isInstance);
    assertThat(late.state().counters()).containsEntry("lateRefused", 1L);
  }

  @Test
  void shouldLatchAStopOverRestartsAndRefuseUntilItIsReleasedWithAReason() {
    guard.stop("s-1");
    guard.boot();
    guard.see(true);

    assertThat(guard.state.memory().getStopLatched()).isTrue();
    assertThat(guard.move(guard.motion(1, 1, 1)).code()).isEqualTo("tandem.guard.stopped");
    assertThat(guard.release(" ").code()).isEqualTo("tandem.guard.no-reason");
    assertThat(guard.state.memory().getStopLatched()).isTrue();
    assertThat(guard.release("looked around").accepted()).isTrue();
    assertThat(guard.move(guard.motion(1, 1, 2)).accepted()).isTrue();
    assertThat(guard.logs("release").getFirst().by()).isEqualTo("bob");
  }

  @Test
  void shouldRefuseAMotionThatTheStopOvertookOnItsWayOnceThatIsReleased() {
    guard.see(true);
    var overtaken = guard.motion(1, 1, 1).setStartByMillis(5_000).setEndByMillis(9_000);
    guard.pass(20_000_000);
    guard.stop("s-1");
    guard.pass(600_000_000);
    assertThat(guard.release("looked around").accepted()).isTrue();
    var permitted = guard.motion(1, 1, 2);

    var refused = guard.move(overtaken);
    assertThat(refused.code()).isEqualTo("tandem.guard.stopped");
    assertThat(refused.why()).contains("since the release of the stop at 10620 ms, found 10000");
    assertThat(guard.state.actives()).isEmpty();

    guard.pass(20_000_000);
    assertThat(guard.release("once more, which releases nothing").accepted()).isTrue();
    assertThat(guard.move(permitted).accepted()).isTrue();
  }

  @Test
  void shouldTellALatchedStopToARobotThatComesLater() {
    guard.stop("s-1");
    guard.stillSince = 0;
    guard.pass(SECOND);
    guard.see(false);
    guard.effects.clear();

    guard.see(true);

    assertThat(guard.effects).contains(new GuardEffect.TellStop(true));
  }

  @Test
  void shouldNotBringARobotThatComesAgainToWhereTheOneBeforeWas() {
    guard.stop("s-1");
    guard.pass(SECOND / 2);
    guard.measuredAgo = SECOND; // it is gone
    guard.pass(SECOND);
    guard.effects.clear();
    guard.posture.put("elbow", 0.1);
    guard.measuredAgo = 0;

    guard.pass(SECOND);

    assertThat(guard.trajectories()).isNotEmpty().allMatch(hold -> hold.startRad().get(1) == 0.1);
  }

  @Test
  void shouldRepeatAStopWithOneHoldUntilTheSamplesShowRest() {
    guard.stop("s-1");
    guard.posture.put("elbow", 0.45); // it sags: the hold may not follow it
    guard.pass(SECOND);

    assertThat(guard.effects)
        .filteredOn(new GuardEffect.TellStop(true)::equals)
        .hasSizeGreaterThan(8);
    assertThat(guard.trajectories()).allMatch(hold -> hold.startRad().get(1) == 0.5);
    assertThat(guard.logs("stop-in-effect")).isEmpty();

    guard.stillSince = guard.now;
    guard.pass(SECOND);
    int told = guard.effects.size();
    guard.pass(SECOND);

    assertThat(guard.logs("stop-in-effect")).hasSize(1);
    assertThat(guard.effects).hasSize(told);
  }

  @Test
  void shouldStopWhileTheDiskIsFullAndSayThatItIsNotStored() {
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.diskFull = true;
    guard.effects.clear();

    var reply = guard.stop("s-1");

    assertThat(guard.effects.getFirst()).isInstanceOf(GuardEffect.Log.class);
    assertThat(guard.effects).contains(new GuardEffect.TellStop(true));
    assertThat(reply.accepted()).isTrue();
    assertThat(reply.code()).isEqualTo("tandem.guard.not-stored");
    assertThat(reply.why()).contains("No space left");
    assertThat(guard.move(guard.motion(1, 1, 2)).accepted()).isFalse();
    guard.diskFull = false;
    guard.pass(2 * SECOND);
    assertThat(guard.disk.getStopLatched()).isTrue();
  }

  @Test
  void shouldSendTheStopBeforeItIsStored() {
    guard.stop("s-1");

    int told = guard.effects.indexOf(new GuardEffect.TellStop(true));
    int stored = -1;
    for (int i = 0; i < guard.effects.size(); i++) {
      if (guard.effects.get(i) instanceof GuardEffect.Store) stored = i;
    }
    assertThat(told).isBetween(0, stored);
  }

  @Test
  void shouldTakeAStopFromAnybodyOverItsOwnListenerButNothingElse() {
    var stop =
        guard.ask(
            GuardRequest.newBuilder()
                .setRobot("somebody")
                .setStop(Stop.newBuilder().setBy("passer-by")),
            false);
    var motion = guard.ask(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 1)), false);

    assertThat(stop.accepted()).isTrue();
    assertThat(motion.code()).isEqualTo("tandem.guard.not-a-gateway");
  }

  @Test
  void shouldKeepTheStopLatchedWhereTheReleaseCannotBeStored() {
    guard.stop("s-1");
    guard.diskFull = true;

    assertThat(guard.release("done").code()).isEqualTo("tandem.guard.not-stored");
    assertThat(guard.state.memory().getStopLatched()).isTrue();
  }

  @Test
  void shouldHoldWhenTheLeaseHolderIsSilentForASecond() {
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.pass(900_000_000);
    guard.keepAlive(1, 1, 1);
    guard.pass(SECOND);
    assertThat(guard.counter("deadmanTrips")).isZero();
    guard.posture.put("elbow", 0.7);

    guard.pass(100_000_000);

    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
    assertThat(guard.state.active()).isNull();
    assertThat(guard.trajectories().getLast().endRad()).containsExactly(0.0, 0.7, -0.2);
    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.keep-alive-lapsed");
  }

  @Test
  void shouldNotCountAKeepAliveTwice() {
    guard.grant(1, 1);
    guard.keepAlive(1, 1, 4);

    assertThat(guard.keepAlive(1, 1, 4).code()).isEqualTo("tandem.guard.duplicate");
    assertThat(guard.keepAlive(1, 1, 3).code()).isEqualTo("tandem.guard.duplicate");
    assertThat(guard.keepAlive(2, 1, 5).code()).isEqualTo("tandem.guard.no-grant");
  }

  @Test
  void shouldFinishOnceTheJointsHaveArrivedAndStayed() {
    guard.move(guard.motion(1, 1, 1));
    guard.posture.put("elbow", 0.79);

    for (int i = 1; i <= 10; i++) {
      guard.keepAlive(1, 1, i);
      guard.pass(130_000_000);
    }

    assertThat(guard.logs("finished")).hasSize(1);
    assertThat(guard.state.active()).isNull();
    guard.pass(3 * SECOND);
    assertThat(guard.counter("deadmanTrips")).isZero();
  }

  @Test
  void shouldCancelAtEndByWhatHasNotArrived() {
    guard.move(guard.motion(1, 1, 1));

    for (int i = 1; i <= 50; i++) {
      guard.keepAlive(1, 1, i);
      guard.pass(100_000_000);
    }

    assertThat(guard.logs("cancelled").getFirst().code()).isEqualTo("tandem.guard.end-by");
    assertThat(guard.trajectories().getLast().endRad()).containsExactly(0.0, 0.5, -0.2);
  }

  @Test
  void shouldHoldWhenTheBodyFalls() {
    guard.move(guard.motion(1, 1, 1));
    guard.tiltRad = 1.3;

    guard.pass(40_000_000);

    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.fallen");
  }

  @Test
  void shouldBringTheRobotToHoldWhenAnotherTakesTheLease() {
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));

    guard.grant(1, 2);

    assertThat(guard.state.active()).isNull();
    assertThat(guard.trajectories().getLast().commandId()).isEmpty();
  }

  @Test
  void shouldTakeAMotionOfANewHolderOnlyOnceTheRobotHolds() {
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.revoke(1, 1);
    assertThat(guard.grant(1, 2).accepted()).isTrue();

    var refused = guard.move(guard.motion(1, 2, 1));

    assertThat(refused.code()).isEqualTo("tandem.guard.busy");
    assertThat(refused.why()).contains("(1, 1)");
    guard.stillSince = guard.now;
    guard.pass(200_000_000);
    assertThat(guard.move(guard.motion(1, 2, 2)).code()).isEqualTo("tandem.guard.busy");
    guard.pass(120_000_000);
    assertThat(guard.move(guard.motion(1, 2, 3)).accepted()).isTrue();
  }

  @Test
  void shouldTakeAMotionOfANewHolderOnlyOnceTheRobotHoldsAlsoAfterASupersedingGrantAndAStop() {
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.grant(1, 2);
    assertThat(guard.move(guard.motion(1, 2, 1)).code()).isEqualTo("tandem.guard.busy");
    guard.stop("s");
    guard.release("seen");

    assertThat(guard.move(guard.motion(1, 2, 2)).code()).isEqualTo("tandem.guard.busy");
    guard.pass(6 * SECOND);
    assertThat(guard.logs("safe-behaviour").getLast().code()).isEqualTo("tandem.guard.not-held");
    assertThat(guard.move(guard.motion(1, 2, 3)).accepted()).as("it never comes to hold").isTrue();
  }

  @Test
  void shouldEndWhatRunsAndRefuseMoreWhenTheBodyIsDownThoughItIsUpright() {
    guard.tiltRad = 0.1;
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.lowSince = guard.now;
    guard.pass(100_000_000);
    assertThat(guard.state.actives()).as("it may only dip").isNotEmpty();
    guard.pass(200_000_000);

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.state.halts()).isNotEmpty();
    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.fallen");
    assertThat(guard.logs("safe-behaviour").getFirst().why())
        .contains("height of 0.30 m, it stood at 0.75 m");
    var refused = guard.move(guard.motion(1, 1, 2));
    assertThat(refused.code()).isEqualTo("tandem.guard.fallen");
    assertThat(refused.why()).contains("0.30 m", "it has fallen");
  }

  @Test
  void shouldNotCutAStanceThatLowersTheBody() {
    guard.configure(GuardHarness.teleoperated());
    guard.grant(1, 1);
    guard.move(
        guard
            .motion(1, 1, 1)
            .setStance(tandem.proto.v1.StanceGoal.newBuilder().setStance("squat")));
    guard.lowSince = guard.now;
    guard.pass(500_000_000);

    assertThat(guard.state.actives()).hasSize(1);
  }

  /** A base that was led at 0.3 m/s, and is slowed down now. */
  private void slowing(long sequence) {
    guard.configure(GuardHarness.teleoperated());
    guard.follows = true;
    guard.baseSpeed = 0;
    guard.stillSince = 0;
    guard.grant(1, 1);
    guard.open(1, 1, sequence, "velocity");
    guard.set(guard.setpoint(1, 1, sequence, 1).setVelocity(GuardHarness.velocity(0.3, 0, 0)));
    guard.pass(200_000_000);
    guard.cancel("c-1-1-" + sequence);
    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.twists().getLast().vx()).isPositive();
  }

  @Test
  void shouldKeepTheProfileUntilWhatItSlowsDownIsAtRest() {
    slowing(1);
    var other = GuardHarness.teleoperated().toBuilder().setMarginRad(0.1).build();

    var refused = guard.configured(other);

    assertThat(refused.code()).isEqualTo("tandem.guard.busy");
    assertThat(refused.why()).contains("still being slowed down");
    assertThat(guard.state.profile()).isEqualTo(GuardHarness.teleoperated());
    assertThat(guard.configured(GuardHarness.teleoperated()).accepted()).as("the same").isTrue();
    guard.pass(2 * SECOND);
    assertThat(guard.configured(other).accepted()).isTrue();
  }

  @Test
  void shouldLetVelocitiesWaitNoLongerWhileItSlowsDownThanWhileItLeads() {
    assertThat(GuardCore.leads(guard.state)).isFalse();
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    assertThat(GuardCore.leads(guard.state)).as("a trajectory is with its controller").isFalse();
    guard.cancel("c-1-1-1");
    assertThat(GuardCore.leads(guard.state)).as("it is held").isFalse();

    slowing(2);

    assertThat(GuardCore.leads(guard.state)).isTrue();
    guard.pass(2 * SECOND);
    assertThat(GuardCore.leads(guard.state)).isFalse();
  }

  @Test
  void shouldNotKeepAHolderFromItsNextMotionAfterItsOwnCancel() {
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.cancel("c-1-1-1");

    assertThat(guard.move(guard.motion(1, 1, 2)).accepted()).isTrue();
  }

  @Test
  void shouldReplaceARunningMotionByALaterOneOfTheSameAuthority() {
    guard.move(guard.motion(1, 1, 1));

    guard.move(guard.motion(1, 1, 2));

    assertThat(guard.state.active().commandId()).isEqualTo("c-1-1-2");
    assertThat(guard.logs("cancelled").getFirst().code()).isEqualTo("tandem.guard.superseded");
  }

  @Test
  void shouldCancelAndHold() {
    guard.move(guard.motion(1, 1, 1));

    assertThat(guard.cancel("c-1-1-1").accepted()).isTrue();
    assertThat(guard.state.active()).isNull();
    assertThat(guard.cancel("c-1-1-1").code()).isEqualTo("tandem.guard.not-running");
    assertThat(guard.cancel("").accepted()).isTrue();
  }

  @Test
  void shouldRefuseWhatWasCancelledBeforeItCameHoweverManyOthersAre() {
    guard.grant(1, 1);
    Motion.Builder late = guard.motion(1, 1, 1).setStartByMillis(5_000).setEndByMillis(9_000);
    guard.cancel(late.getCommandId());
    for (int other = 0; other < 1_000; other++) {
      guard.pass(1_900_000);
      guard.cancel("other-" + other);
    }

    assertThat(guard.move(late).code()).isEqualTo("tandem.guard.cancelled");
  }

  @Test
  void shouldRefuseAnyMotionWhereMoreWereCancelledThanItKeepsInMindUntilTheirTokensAreTooOld() {
    guard.grant(1, 1);
    for (int other = 0; other < CancelledIds.ALWAYS + CancelledIds.MOST; other++) {
      guard.cancel("other-" + other);
    }
    assertThat(guard.move(guard.motion(1, 1, 1)).accepted()).isTrue();
    guard.pass(SECOND);
    guard.cancel("one-more");

    var refused = guard.move(guard.motion(1, 1, 2));
    assertThat(refused.code()).isEqualTo("tandem.guard.busy");
    assertThat(refused.why()).contains("more commands were cancelled than are kept in mind (2048)");

    guard.pass(CancelledIds.KEPT_NANOS + 1);
    guard.cancel("another");
    assertThat(guard.move(guard.motion(1, 1, 3)).accepted()).isTrue();
  }

  @Test
  void shouldRefuseMotionUntilItIsRearmedAfterItLostItsState() {
    GuardHarness lost = new GuardHarness(GuardMemory.newBuilder().setRobot("eve").build());

    lost.grant(4, 1);
    assertThat(lost.move(lost.motion(4, 1, 1)).code()).isEqualTo("tandem.guard.not-armed");
    assertThat(lost.rearm(3, 1).code()).isEqualTo("tandem.guard.stale-epoch");
    lost.diskFull = true;
    assertThat(lost.rearm(4, 1).code()).isEqualTo("tandem.guard.not-stored");
    assertThat(lost.state.memory().getArmed()).isFalse();
    lost.diskFull = false;
    assertThat(lost.rearm(4, 1).accepted()).isTrue();
    assertThat(lost.move(lost.motion(4, 1, 2)).accepted()).isTrue();
    lost.boot();
    assertThat(lost.state.memory().getArmed()).isTrue();
  }

  @Test
  void shouldRefuseAProfileThatCannotBeRight() {
    for (var wrong :
        List.of(
            GuardHarness.profile().toBuilder().setRobot("ada").build(),
            GuardHarness.profile().toBuilder().setMarginRad(Double.NaN).build(),
            GuardHarness.profile().toBuilder()
                .setLimits(
                    0, GuardHarness.profile().getLimits(0).toBuilder().setVelocityRadPerSec(-1))
                .build(),
            GuardHarness.profile().toBuilder()
                .setLimits(
                    0, GuardHarness.profile().getLimits(0).toBuilder().setUpperRad(Double.NaN))
                .build(),
            GuardHarness.profile().toBuilder()
                .setJoint(GuardHarness.profile().getJoint().toBuilder().setTopic("no/slash"))
                .build())) {
      int before = guard.replies.size();
      guard.configure(wrong);
      assertThat(guard.replies.get(before).code()).isEqualTo("tandem.guard.bad-profile");
    }
    assertThat(guard.state.profile()).isEqualTo(GuardHarness.profile());
  }

  @Test
  void shouldLogAForeignPublisher() {
    guard.input(new GuardInput.Foreign("/eve/joint_trajectory", "mallory at 1.2.3.4", true));

    assertThat(guard.counter("foreignRefused")).isEqualTo(1);
    assertThat(guard.logs("foreign").getFirst().by()).isEqualTo("mallory at 1.2.3.4");
  }

  private static RobotProfile withAction() {
    return GuardHarness.profile().toBuilder()
        .setJoint(
            CommandTarget.newBuilder()
                .setKind("action")
                .setTopic("/eve/arm/follow_joint_trajectory")
                .setType(MotionPlan.FOLLOW))
        .build();
  }

  private void withActionServer() {
    guard.configure(withAction());
    guard.input(
        new GuardInput.Seen(
            new GuardInput.Presence(
                "robot",
                List.of(
                    new GuardInput.Listener(
                        "/eve/arm/follow_joint_trajectory", MotionPlan.FOLLOW, "RIHS01_a")))));
  }

  @Test
  void shouldFinishAnActionGoalOnlyOnceItSucceededAndTheSamplesAgree() {
    withActionServer();
    guard.move(guard.motion(1, 1, 1));

    assertThat(guard.trajectories().getFirst().target().getTypeHash()).isEqualTo("RIHS01_a");
    guard.input(new GuardInput.GoalEnded("c-1-1-1", "succeeded", ""));
    guard.pass(100_000_000);
    assertThat(guard.logs("finished")).isEmpty();
    guard.posture.put("elbow", 0.8);
    guard.pass(20_000_000);

    assertThat(guard.logs("finished")).hasSize(1);
  }

  @Test
  void shouldCancelTheGoalsOfAnActionThatFailedAndHoldOnce() {
    withActionServer();
    guard.move(guard.motion(1, 1, 1));

    guard.input(new GuardInput.GoalEnded("another", "aborted", "no"));
    assertThat(guard.state.active()).isNotNull();
    guard.input(new GuardInput.GoalEnded("c-1-1-1", "aborted", "path tolerance violated"));
    guard.pass(500_000_000);

    assertThat(guard.logs("cancelled").getFirst().code()).isEqualTo("tandem.guard.goal-aborted");
    assertThat(guard.logs("cancelled").getFirst().why()).contains("path tolerance violated");
    assertThat(guard.effects)
        .filteredOn(GuardEffect.CancelGoals.class::isInstance)
        .hasSizeGreaterThan(3);
    assertThat(guard.trajectories().stream().filter(move -> move.commandId().isEmpty())).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldCancelGoalsOfOthersOnlyWhereTheProfileSaysSo(boolean all) {
    withActionServer();
    guard.configure(withAction().toBuilder().setCancelAllGoals(all).build());
    guard.move(guard.motion(1, 1, 1));

    guard.stop("anna");

    assertThat(guard.effects)
        .filteredOn(GuardEffect.CancelGoals.class::isInstance)
        .isNotEmpty()
        .allMatch(cancel -> ((GuardEffect.CancelGoals) cancel).all() == all);
  }

  @Test
  void shouldCancelAllGoalsInAStopAfterARestartWhichDoesNotKnowThem() {
    withActionServer();
    guard.move(guard.motion(1, 1, 1));
    guard.boot();
    withActionServer();
    guard.effects.clear();

    guard.stop("anna");

    assertThat(guard.effects)
        .filteredOn(GuardEffect.CancelGoals.class::isInstance)
        .first()
        .satisfies(cancel -> assertThat(((GuardEffect.CancelGoals) cancel).all()).isTrue());
  }

  /** Found by {@code drill authority}: seed 94521 of its first 100,000. */
  @Test
  void shouldNotTakeARepeatedGrantForASignOfLife() {
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.pass(900_000_000);
    guard.grant(1, 1);
    guard.pass(140_000_000);

    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
  }

  /** Found by {@code drill authority}: seeds 16 and 38 of its first version. */
  @Test
  void shouldBringToRestWhatAnotherProcessSentBeforeThisStart() {
    var guard = new GuardHarness();
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.boot();
    guard.now = SECOND;
    guard.see(true);
    guard.effects.clear();

    guard.pass(100_000_000);

    assertThat(guard.trajectories()).isNotEmpty();
    assertThat(guard.trajectories()).allMatch(hold -> hold.commandId().isEmpty());
    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.inherited");
  }

  @Test
  void shouldSendNothingAtAStartToARobotThatIsStill() {
    var guard = new GuardHarness();
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1));
    guard.boot();
    guard.now = SECOND;
    guard.see(true);
    guard.stillSince = 0;
    guard.effects.clear();

    guard.pass(SECOND);

    assertThat(guard.trajectories()).isEmpty();
  }

  @Test
  void shouldLogTheFirstRefusedKeepAliveOfEachCode() {
    guard.grant(1, 1);
    guard.grant(1, 2);
    guard.effects.clear();

    for (int counter = 1; counter < 20; counter++) {
      assertThat(guard.keepAlive(1, 1, counter).code()).isEqualTo("tandem.guard.stale-epoch");
      guard.keepAlive(1, 2, 1);
    }

    assertThat(guard.logs("keep-alive-refused"))
        .extracting(GuardEffect.Log::code)
        .containsExactly("tandem.guard.stale-epoch", "tandem.guard.duplicate");
  }

  /** The elbow on its way for a while, under (1, 1), and nothing else sent yet. */
  private void moving() {
    guard.configure(GuardHarness.teleoperated());
    guard.grant(1, 1);
    guard.move(guard.motion(1, 1, 1).setEndByMillis(30_000).setJoint(elbow(1.5, 20)));
    guard.pass(300_000_000);
    guard.effects.clear();
  }

  private long holds() {
    return guard.trajectories().stream().filter(one -> one.commandId().isEmpty()).count();
  }

  @Test
  void shouldBringToRestWhatWasSupersededByAMotionThatTheLinkDidNotTake() {
    moving();
    guard.linkDown = true;

    var reply = guard.move(guard.motion(1, 1, 2));

    assertThat(reply.code()).isEqualTo("tandem.guard.not-sent");
    assertThat(guard.state.halts())
        .singleElement()
        .satisfies(halt -> assertThat(halt.commandId()).isEqualTo("c-1-1-1"));
    assertThat(holds()).isEqualTo(1);
    guard.linkDown = false;
    guard.pass(SECOND);
    assertThat(holds()).as("until the samples show it").isGreaterThan(5);
  }

  @Test
  void shouldGoOnBringingToRestWhenTheLinkDidNotTakeTheNextMotion() {
    moving();
    guard.cancel("c-1-1-1");
    var halts = guard.state.halts();
    guard.linkDown = true;

    guard.move(guard.motion(1, 1, 2));

    assertThat(halts).hasSize(1);
    assertThat(guard.state.halts()).isEqualTo(halts);
    long before = holds();
    guard.pass(SECOND);
    assertThat(holds()).isGreaterThan(before + 5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cancel", "cancel all", "stop", "end"})
  void shouldBringToRestWhatWasSupersededWhateverComesWhileTheLinkIsWaitedFor(String what) {
    moving();
    guard.linkHangs = true;
    ask(guard.motion(1, 1, 2));
    switch (what) {
      case "cancel" -> guard.cancel("c-1-1-1");
      case "cancel all" -> guard.cancel("");
      case "stop" -> guard.stop("s");
      default -> guard.input(new GuardInput.Ending("SIGTERM"));
    }

    guard.input(new GuardInput.Published("c-1-1-2", false, "no link"));

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.state.halts()).hasSize(1);
    assertThat(holds()).isPositive();
  }

  private void ask(Motion.Builder motion) {
    guard.input(
        new GuardInput.Request(
            GuardRequest.newBuilder().setRobot("eve").setMotion(motion).build(), true, 9_999));
  }
}
