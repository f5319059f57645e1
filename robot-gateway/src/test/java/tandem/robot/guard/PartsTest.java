package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.robot.guard.GuardHarness.SECOND;
import static tandem.robot.guard.GuardHarness.authority;
import static tandem.robot.guard.GuardHarness.velocity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.StanceGoal;

/** Arms and legs held by different people, stances, and what the body's state permits. */
class PartsTest {
  private final GuardHarness guard = new GuardHarness();

  @BeforeEach
  void independent() {
    guard.configure(GuardHarness.teleoperated().toBuilder().setIndependentParts(true).build());
    guard.stillSince = 0;
    guard.baseSpeed = 0;
  }

  @Test
  void shouldServeTwoHoldersOfDifferentParts() {
    assertThat(guard.grant(1, 1, "arms").accepted()).isTrue();
    assertThat(guard.grant(1, 2, "locomotion").accepted()).isTrue();

    assertThat(guard.move(guard.motion(1, 1, 1)).accepted()).isTrue();
    assertThat(guard.open(1, 2, 1, "velocity").accepted()).isTrue();
    assertThat(guard.state.actives()).hasSize(2);
    var status = GuardCore.status(guard.state, guard.now, guard.body());
    assertThat(status.getPartSeenMap())
        .containsEntry("arms", authority(1, 1))
        .containsEntry("locomotion", authority(1, 2));
    assertThat(status.getHighestSeen()).isEqualTo(authority(1, 2));
  }

  @Test
  void shouldRefuseAHolderWhatBelongsToTheOther() {
    guard.grant(1, 1, "arms");
    guard.grant(1, 2, "locomotion");

    assertThat(guard.move(guard.motion(1, 2, 1)).code()).isEqualTo("tandem.guard.no-grant");
    assertThat(guard.open(1, 1, 1, "velocity").code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.move(guard.motion(1, 3, 1)).code()).isEqualTo("tandem.guard.no-grant");
    assertThat(guard.grant(1, 3, "locomotion").accepted()).isTrue();
    assertThat(guard.grant(1, 3, "arms").code()).isEqualTo("tandem.guard.epoch-twice");
    assertThat(guard.trajectories()).isEmpty();
  }

  /** Found by {@code drill authority}: seed 4 of its first version. */
  @Test
  void shouldHoldTheArmsOfASupersededHolderAtOnceWhileAnotherWalks() {
    guard.grant(1, 1, "arms");
    guard.grant(1, 2, "locomotion");
    guard.move(guard.motion(1, 1, 1));
    guard.open(1, 2, 1, "velocity");
    guard.set(guard.setpoint(1, 2, 1, 1).setVelocity(velocity(0.3, 0, 0)));
    guard.stillSince = Body.MOVING;
    guard.baseSpeed = 0.3;

    assertThat(guard.grant(1, 3, "arms").accepted()).isTrue();

    assertThat(guard.trajectories().getLast().commandId()).as("a hold").isEmpty();
    assertThat(guard.state.actives())
        .singleElement()
        .satisfies(active -> assertThat(active.part()).isEqualTo("locomotion"));
  }

  /** Found by {@code drill authority}: seed 10969 of its first version. */
  @Test
  void shouldEndWhatRunsUnderAnOlderTermWhateverPartANewerOneIsHeardFor() {
    guard.grant(1, 1, "arms");
    guard.move(guard.motion(1, 1, 1));

    assertThat(guard.revoke(2, 1, "locomotion").accepted()).isTrue();

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.trajectories().getLast().commandId()).as("a hold").isEmpty();
  }

  @Test
  void shouldBeOneGrantForBothWhereItIsForTheBody() {
    guard.grant(1, 1, "body");

    assertThat(guard.move(guard.motion(1, 1, 1)).accepted()).isTrue();
    assertThat(guard.open(1, 1, 2, "velocity").accepted()).isTrue();
    assertThat(guard.grant(1, 2, "arms").accepted()).isTrue();

    assertThat(guard.state.actives())
        .singleElement()
        .satisfies(active -> assertThat(active.part()).isEqualTo("locomotion"));
    assertThat(guard.logs("cancelled").getFirst().code())
        .isEqualTo("tandem.guard.superseded-authority");
    assertThat(guard.grant(1, 1, "body").code()).isEqualTo("tandem.guard.stale-epoch");
  }

  @Test
  void shouldRevokeAPartAndLeaveTheOther() {
    guard.grant(1, 1, "arms");
    guard.grant(1, 2, "locomotion");
    guard.open(1, 2, 1, "velocity");

    assertThat(guard.revoke(1, 1, "arms").accepted()).isTrue();

    assertThat(guard.move(guard.motion(1, 1, 1)).code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.state.active().part()).isEqualTo("locomotion");
    assertThat(guard.revoke(1, 2, "").accepted()).isTrue();
    assertThat(guard.state.actives()).isEmpty();
  }

  @Test
  void shouldKeepEachHoldersOwnHeartbeat() {
    guard.follows = true;
    guard.grant(1, 1, "arms");
    guard.grant(1, 2, "locomotion");
    guard.move(guard.motion(1, 1, 1));
    guard.open(1, 2, 1, "velocity");

    for (int i = 1; i <= 30; i++) {
      guard.set(guard.setpoint(1, 2, 1, i).setVelocity(velocity(0.1, 0, 0)));
      guard.pass(50_000_000);
    }

    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
    assertThat(guard.state.active().commandId()).isEqualTo("c-1-2-1");
    assertThat(guard.keepAlive(1, 1, 1).accepted()).isTrue();
    assertThat(guard.keepAlive(1, 2, 1).accepted()).isTrue();
    assertThat(guard.keepAlive(1, 1, 1).code()).isEqualTo("tandem.guard.duplicate");
  }

  @Test
  void shouldRefuseAnOlderTermForEveryPart() {
    guard.grant(1, 1, "arms");
    guard.grant(1, 2, "locomotion");
    guard.open(1, 2, 1, "velocity");

    assertThat(guard.grant(2, 1, "arms").accepted()).isTrue();

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.open(1, 2, 2, "velocity").code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.grant(1, 9, "locomotion").code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.keepAlive(1, 2, 9).accepted()).isFalse();
  }

  @Test
  void shouldRememberThePartsOverARestartAndAnswerOnlyWhatIsOnDisk() {
    guard.grant(1, 1, "arms");
    guard.grant(1, 2, "locomotion");
    guard.move(guard.motion(1, 1, 4));
    guard.boot();
    guard.see(true);

    assertThat(guard.move(guard.motion(1, 1, 4).setJournal(GuardHarness.journal(1, 9_000))).code())
        .isEqualTo("tandem.guard.duplicate");
    assertThat(guard.move(guard.motion(1, 2, 1)).code()).isEqualTo("tandem.guard.no-grant");
    guard.diskFull = true;
    assertThat(guard.grant(1, 3, "arms").code()).isEqualTo("tandem.guard.not-stored");
  }

  @Test
  void shouldRefuseAPartWhereTheProfileKnowsTheBodyOnly() {
    guard.configure(GuardHarness.teleoperated());

    assertThat(guard.grant(1, 1, "arms").code()).isEqualTo("tandem.guard.bad-part");
    assertThat(guard.grant(1, 1, "tail").code()).isEqualTo("tandem.guard.bad-part");
    assertThat(guard.revoke(1, 1, "arms").code()).isEqualTo("tandem.guard.bad-part");
    assertThat(guard.grant(1, 1, "").accepted()).isTrue();
  }

  @Test
  void shouldReadTheStateOfAGuardFromBeforeThereWereParts(@TempDir Path directory)
      throws IOException {
    try (var golden = getClass().getResourceAsStream("state-before-parts.bin")) {
      Files.write(directory.resolve(GuardStore.NAME), golden.readAllBytes());
    }
    GuardStore.Opened opened = GuardStore.open(directory);
    opened.store().close();
    GuardMemory memory = opened.memory().orElseThrow();

    GuardHarness old = new GuardHarness(memory);
    old.configure(GuardHarness.teleoperated().toBuilder().setIndependentParts(true).build());

    assertThat(memory.getHighestSeen()).isEqualTo(authority(3, 17));
    assertThat(memory.getPartsMap()).isEmpty();
    assertThat(Parts.seen(memory, "arms")).isEqualTo(authority(3, 17));
    assertThat(old.grant(3, 16, "arms").code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(old.move(old.motion(3, 17, 4)).code()).isEqualTo("tandem.guard.duplicate");
    assertThat(old.move(old.motion(3, 17, 5)).accepted()).isTrue();
  }

  private GuardEffect.Reply stance(long sequence, String stance) {
    return guard.move(
        guard.motion(1, 1, sequence).setStance(StanceGoal.newBuilder().setStance(stance)));
  }

  @Test
  void shouldNeverCutAStanceHalfWay() {
    guard.grant(1, 1, "body");
    assertThat(stance(1, "squat").accepted()).isTrue();
    guard.stillSince = Body.MOVING;
    guard.effects.clear();

    assertThat(guard.cancel("c-1-1-1").code()).isEqualTo("tandem.guard.never-cut");
    guard.pass(2_100_000_000);
    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
    assertThat(guard.grant(1, 2, "body").accepted()).isTrue();
    assertThat(guard.move(guard.motion(1, 2, 1)).code()).isEqualTo("tandem.guard.busy");
    assertThat(guard.trajectories()).isEmpty();

    guard.stillSince = guard.now;
    guard.pass(400_000_000);
    assertThat(guard.logs("finished")).hasSize(1);
    assertThat(guard.move(guard.motion(1, 2, 2)).accepted()).isTrue();
  }

  @Test
  void shouldNotCutAStanceWhereTheGuardEnds() {
    guard.grant(1, 1, "body");
    stance(1, "squat");
    guard.stillSince = Body.MOVING;
    guard.effects.clear();

    guard.input(new GuardInput.Ending("asked to"));
    guard.pass(2 * SECOND);

    assertThat(guard.trajectories()).isEmpty();
    assertThat(GuardCore.atRest(guard.state)).as("it is waited for").isFalse();
    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.ending");
    guard.stillSince = guard.now;
    guard.pass(400_000_000);
    assertThat(guard.logs("finished")).hasSize(1);
    assertThat(GuardCore.atRest(guard.state)).isTrue();
  }

  private void bootAt(long nanos) {
    guard.boot();
    guard.now = nanos;
    guard.see(true);
    guard.effects.clear();
  }

  @Test
  void shouldBringAStanceToItsEndOverARestart() {
    guard.grant(1, 1, "body");
    stance(1, "squat");
    guard.stillSince = Body.MOVING;
    bootAt(SECOND);

    guard.pass(2 * SECOND);

    assertThat(guard.trajectories()).isEmpty();
    assertThat(guard.logs("safe-behaviour"))
        .singleElement()
        .satisfies(
            log -> {
              assertThat(log.code()).isEqualTo("tandem.guard.inherited");
              assertThat(log.commandId()).isEqualTo("c-1-1-1");
            });
    assertThat(guard.move(guard.motion(1, 1, 2)).code()).isEqualTo("tandem.guard.busy");

    guard.stillSince = guard.now;
    guard.pass(400_000_000);
    assertThat(guard.logs("finished")).hasSize(1);
    assertThat(guard.move(guard.motion(1, 1, 3)).accepted()).isTrue();
    guard.effects.clear();
    guard.stillSince = Body.MOVING;
    bootAt(SECOND);
    guard.pass(100_000_000);
    assertThat(guard.trajectories()).as("no stance any more: held").isNotEmpty();
  }

  @Test
  void shouldForgetAStanceThatCameToItsEndOrWasNeverSent() {
    guard.grant(1, 1, "body");
    stance(1, "squat");
    guard.pass(2 * SECOND);
    assertThat(guard.logs("finished")).hasSize(1);
    guard.stillSince = Body.MOVING;
    bootAt(SECOND);
    guard.pass(100_000_000);
    assertThat(guard.trajectories()).as("came to its end: held").isNotEmpty();

    guard.stillSince = 0;
    guard.pass(SECOND);
    guard.linkDown = true;
    assertThat(stance(2, "stand").code()).isEqualTo("tandem.guard.not-sent");
    guard.stillSince = Body.MOVING;
    bootAt(SECOND);
    guard.pass(100_000_000);
    assertThat(guard.trajectories()).as("never sent: held").isNotEmpty();
  }

  @Test
  void shouldHoldRatherThanFollowAStanceThatAStopCutBeforeTheRestart() {
    guard.grant(1, 1, "body");
    stance(1, "squat");
    guard.stop("s");
    guard.stillSince = Body.MOVING;
    bootAt(SECOND);

    guard.pass(200_000_000);

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.trajectories()).isNotEmpty();
  }

  @Test
  void shouldNotLetAStanceBeCutAtItsEndByButNotWaitForEver() {
    guard.grant(1, 1, "body");
    stance(1, "squat");
    guard.stillSince = Body.MOVING;
    guard.effects.clear();

    guard.pass(4_100_000_000L);
    assertThat(guard.logs("cancelled"))
        .singleElement()
        .satisfies(log -> assertThat(log.code()).isEqualTo("tandem.guard.end-by"));
    assertThat(guard.move(guard.motion(1, 1, 2)).code()).isEqualTo("tandem.guard.busy");
    guard.stillSince = guard.now;
    guard.pass(400_000_000);
    assertThat(guard.logs("finished")).as("it was cancelled before").isEmpty();
    assertThat(guard.trajectories()).isEmpty();
    assertThat(stance(3, "stand").accepted()).isTrue();

    guard.stillSince = Body.MOVING;
    guard.pass(13 * SECOND);
    assertThat(guard.move(guard.motion(1, 1, 4)).code()).isEqualTo("tandem.guard.busy");
    guard.pass(2 * SECOND);
    assertThat(guard.logs("safe-behaviour").getLast().code()).isEqualTo("tandem.guard.not-held");
    assertThat(guard.move(guard.motion(1, 1, 5)).accepted()).isTrue();
  }

  @Test
  void shouldHoldABodyThatFallsAfterTheEndByOfItsStance() {
    guard.grant(1, 1, "body");
    stance(1, "squat");
    guard.stillSince = Body.MOVING;
    guard.pass(5 * SECOND);
    guard.tiltRad = 1.3;

    guard.pass(40_000_000);

    assertThat(guard.logs("safe-behaviour").getLast().code()).isEqualTo("tandem.guard.fallen");
    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.trajectories()).isNotEmpty();
  }

  @Test
  void shouldStopAStanceAllTheSame() {
    guard.grant(1, 1, "body");
    stance(1, "stand");

    guard.stop("s");

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.effects).contains(new GuardEffect.TellStop(true));
  }

  @Test
  void shouldRefuseAStanceThatNobodyKnowsOrWhereTheBodyIsNotStanding() {
    guard.grant(1, 1, "body");

    assertThat(stance(1, "handstand").code()).isEqualTo("tandem.guard.bad-goal");
    guard.carries(2, 3);
    assertThat(stance(2, "squat").code()).isEqualTo("tandem.guard.posture");
    guard.carries(300, 300);
    guard.baseSpeed = 0.2;
    assertThat(stance(3, "squat").code()).isEqualTo("tandem.guard.posture");
    guard.baseSpeed = 0;
    assertThat(stance(4, "squat").accepted()).isTrue();
  }

  @Test
  void shouldPermitByTheBodysState() {
    guard.grant(1, 1, "body");
    guard.tiltRad = 0;

    guard.carries(1, 1);
    assertThat(GuardCore.status(guard.state, guard.now, guard.body()).getBody())
        .isEqualTo("lifted");
    assertThat(guard.open(1, 1, 1, "velocity").why()).contains("lifted");
    assertThat(guard.move(guard.motion(1, 1, 2)).accepted()).isTrue();
    guard.carries(60, 100);
    assertThat(guard.body().posture(guard.now, false)).isEqualTo("gantry");
    assertThat(guard.open(1, 1, 3, "velocity").why()).contains("gantry");
    guard.carries(300, 280);
    assertThat(guard.body().posture(guard.now, false)).isEqualTo("standing");
    assertThat(guard.open(1, 1, 4, "velocity").accepted()).isTrue();
    guard.baseSpeed = 0.3;
    assertThat(guard.body().posture(guard.now, false)).isEqualTo("walking");
    guard.tiltRad = 1.2;
    assertThat(guard.body().posture(guard.now, false)).isEqualTo("fallen");
  }

  @Test
  void shouldNotJudgeTheFeetOfABodyThatIsCarried() {
    guard.configure(
        GuardHarness.teleoperated().toBuilder().setAssistance("carried while it moves").build());
    guard.grant(1, 1, "body");
    guard.tiltRad = 0;
    guard.carries(1, 1);

    assertThat(GuardCore.status(guard.state, guard.now, guard.body()).getBody())
        .isEqualTo("standing");
    assertThat(guard.open(1, 1, 1, "velocity").accepted()).isTrue();
    guard.tiltRad = 1.2;
    assertThat(guard.open(1, 1, 2, "velocity").why()).contains("fallen");
  }

  @Test
  void shouldSlowDownABaseWhoseBodyIsLiftedAndHoldItsJoints() {
    guard.grant(1, 1, "body");
    guard.follows = true;
    guard.open(1, 1, 1, "velocity");
    for (int i = 1; i <= 10; i++) {
      guard.set(guard.setpoint(1, 1, 1, i).setVelocity(velocity(0.2, 0, 0)));
      guard.pass(50_000_000);
    }
    guard.effects.clear();
    guard.carries(0, 0);

    guard.pass(SECOND);

    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.posture");
    assertThat(guard.twists().getLast().vx()).isZero();
    assertThat(guard.trajectories()).isNotEmpty();
  }

  @Test
  void shouldNotSendWhatDoesNotEndSoonToARobotWithoutAWatchdog() {
    guard.grant(1, 1, "body");
    guard.configure(
        GuardHarness.teleoperated().toBuilder()
            .setIndependentParts(true)
            .clearWatchdogJointSeconds()
            .setUnattendedMaxSeconds(3)
            .build());

    assertThat(guard.move(guard.motion(1, 1, 1).setJoint(GuardHarness.elbow(0.8, 3.1))).code())
        .isEqualTo("tandem.guard.unattended");
    assertThat(guard.move(guard.motion(1, 1, 2).setJoint(GuardHarness.elbow(0.8, 3))).accepted())
        .isTrue();
  }

  @Test
  void shouldNotSendAReachWhoseEndIsNotKnownToARobotWithoutAWatchdog() {
    guard.grant(1, 1, "body");
    var watched = GuardHarness.teleoperated().toBuilder().clearReachWithinSeconds();
    var unknown = watched.clone().clearWatchdogJointSeconds();
    var near = GuardHarness.leftHand(0.3, 0.2, 0.9);

    guard.configure(unknown.build());
    var refused = guard.move(guard.motion(1, 1, 1).setReach(near));
    guard.configure(unknown.clone().setReachWithinSeconds(5.1).build());
    var tooLong = guard.move(guard.motion(1, 1, 2).setReach(near));
    assertThat(guard.tips()).isEmpty();
    guard.configure(unknown.clone().setReachWithinSeconds(5).build());
    var known = guard.move(guard.motion(1, 1, 3).setReach(near.clone().setDurationSeconds(9)));
    guard.cancel("c-1-1-3");
    guard.pass(6 * SECOND);
    guard.configure(watched.build());

    assertThat(refused.code()).isEqualTo("tandem.guard.unattended");
    assertThat(refused.why()).contains("a pose carries no time", "reach.within");
    assertThat(tooLong.code()).isEqualTo("tandem.guard.unattended");
    assertThat(known.accepted()).as("what the wish says ends nothing").isTrue();
    assertThat(guard.move(guard.motion(1, 1, 4).setReach(near)).accepted()).isTrue();
  }

  @Test
  void shouldRefuseMotionWhileOthersPublishWhereThePolicySaysSo() {
    guard.grant(1, 1, "body");
    guard.configure(
        GuardHarness.teleoperated().toBuilder()
            .setIndependentParts(true)
            .setForeignPolicy("refuse-motion")
            .build());
    guard.move(guard.motion(1, 1, 1));
    var alone = guard.state.presence();

    guard.input(
        new GuardInput.Seen(
            new GuardInput.Presence(
                alone.path(), alone.listeners(), java.util.List.of("node /joy on /eve/cmd_vel"))));
    guard.pass(40_000_000);

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.foreign-authority");
    assertThat(guard.move(guard.motion(1, 1, 2)).why()).contains("/joy");
    guard.input(new GuardInput.Seen(alone));
    assertThat(guard.move(guard.motion(1, 1, 3)).accepted()).isTrue();
  }
}
