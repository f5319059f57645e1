package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.robot.guard.GuardHarness.SECOND;
import static tandem.robot.guard.GuardHarness.ahead;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.RobotProfile;

/** Goals for the robot's own navigation. */
class NavigationsTest {
  private final GuardHarness guard = new GuardHarness();
  private long beats;

  NavigationsTest() {
    guard.configure(GuardHarness.navigating());
    guard.baseSpeed = 0;
    guard.grant(1, 1);
  }

  private <E extends GuardEffect> List<E> all(Class<E> kind) {
    return guard.effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private List<GuardEffect.CancelGoals> cancels() {
    return all(GuardEffect.CancelGoals.class).stream()
        .filter(cancel -> cancel.target().getType().equals(MotionPlan.NAVIGATE))
        .toList();
  }

  /** Lets time pass with the lease holder there. */
  private void attended(long seconds) {
    for (long i = 0; i < seconds * 4; i++) {
      guard.keepAlive(1, 1, ++beats);
      guard.pass(SECOND / 4);
    }
  }

  /** It goes: the base moves until it is cancelled. */
  private void goes() {
    assertThat(guard.move(guard.navigation(1, 1, 1)).accepted()).isTrue();
    guard.baseSpeed = 0.2;
    guard.stillSince = Body.MOVING;
  }

  @Test
  void shouldSendThePlaceAndBeDoneWhenTheActionIs() {
    goes();
    GuardEffect.NavigateTo sent = all(GuardEffect.NavigateTo.class).getFirst();
    assertThat(sent)
        .isEqualTo(new GuardEffect.NavigateTo("c-1-1-1", sent.target(), "odom", 2, 0, 0));
    assertThat(sent.target().getTypeHash()).isEqualTo("RIHS01_n");
    attended(20);
    assertThat(guard.state.actives()).hasSize(1);

    guard.input(new GuardInput.GoalEnded("c-1-1-1", "succeeded", ""));

    assertThat(guard.logs("finished")).hasSize(1);
    assertThat(guard.state.actives()).isEmpty();
    assertThat(cancels()).isEmpty();
    assertThat(guard.disk.getNavigationsList()).as("over").isEmpty();
  }

  @Test
  void shouldCancelTheGoalBeforeTheBaseIsToldToStandWhenNobodyIsThereFor5Seconds() {
    goes();
    guard.pass(5 * SECOND - 20_000_000);
    assertThat(guard.state.actives()).as("4.98 s").hasSize(1);
    guard.effects.clear();

    guard.pass(60_000_000);

    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.keep-alive-lapsed");
    assertThat(guard.counter("deadmanTrips")).isOne();
    int cancel = guard.effects.indexOf(cancels().getFirst());
    int zero = guard.effects.indexOf(guard.twists().getFirst());
    assertThat(cancel).isLessThan(zero);
    assertThat(guard.twists()).allMatch(twist -> twist.vx() == 0 && twist.wz() == 0);
    assertThat(cancels().getFirst().all()).isFalse();
    assertThat(guard.trajectories()).as("what balances holds no joints").isEmpty();
    guard.baseSpeed = 0;
    guard.stillSince = guard.now;
    guard.pass(SECOND);
    assertThat(GuardCore.atRest(guard.state)).as("the robot has not said so").isFalse();
    guard.input(new GuardInput.GoalEnded("c-1-1-1", "canceled", ""));
    assertThat(GuardCore.atRest(guard.state)).isTrue();
    assertThat(guard.disk.getNavigationsList()).isEmpty();
  }

  @Test
  void shouldCancelAgainAndStartNothingUntilTheRobotSaysThatItIsOver() {
    goes();
    guard.cancel("c-1-1-1");
    guard.baseSpeed = 0;
    guard.stillSince = guard.now;
    guard.pass(10 * SECOND);
    assertThat(GuardCore.atRest(guard.state)).as("it stands, as one that plans its way").isFalse();
    guard.effects.clear();

    guard.pass(SECOND);

    assertThat(cancels()).hasSizeGreaterThanOrEqualTo(3);
    for (String status : List.of("lost", "gone")) {
      assertThat(guard.move(guard.motion(1, 1, status.equals("lost") ? 2 : 3)).code())
          .isEqualTo("tandem.guard.busy");
      guard.input(new GuardInput.GoalEnded("c-1-1-1", status, ""));
    }
    guard.effects.clear();
    assertThat(guard.move(guard.motion(1, 1, 4)).accepted()).isTrue();
    guard.pass(SECOND);
    assertThat(cancels()).isEmpty();
  }

  @Test
  void shouldGoOnCancellingAtTheServerItWasSentToWhateverTheProfileSaysThen() {
    goes();
    assertThat(guard.configured(GuardHarness.teleoperated()).code()).isEqualTo("tandem.guard.busy");
    guard.cancel("c-1-1-1");
    assertThat(guard.configured(GuardHarness.teleoperated()).accepted()).isTrue();
    guard.effects.clear();

    guard.pass(SECOND);

    assertThat(cancels()).isNotEmpty();
  }

  @Test
  void shouldNotTakeABaseForStillWhoseOdometryHasCeased() {
    goes();
    guard.baseSilent = true;
    guard.cancel("c-1-1-1");
    guard.stillSince = guard.now;
    guard.pass(2 * SECOND);
    assertThat(guard.logs("safe-behaviour")).isEmpty();
    assertThat(guard.state.halts()).isNotEmpty();
  }

  @Test
  void shouldLetItGoOnWithoutItsHolderWhereTheProfileSaysSo() {
    guard.configure(GuardHarness.navigating().toBuilder().setNavigatePolicy("continue").build());
    goes();
    guard.pass(20 * SECOND);

    assertThat(guard.logs("safe-behaviour")).isEmpty();
    assertThat(guard.logs("unattended")).hasSize(1);
    assertThat(guard.logs("unattended").getFirst().why()).contains("it goes on to its place");
    assertThat(cancels()).isEmpty();
    assertThat(guard.state.actives()).hasSize(1);

    attended(1);
    guard.pass(6 * SECOND);
    assertThat(guard.logs("unattended")).as("each lapse is told").hasSize(2);

    guard.input(new GuardInput.GoalEnded("c-1-1-1", "succeeded", ""));
    assertThat(guard.logs("finished")).hasSize(1);
  }

  @Test
  void shouldEndItAtItsEndByAlsoWhereItGoesOnUnattended() {
    guard.configure(GuardHarness.navigating().toBuilder().setNavigatePolicy("continue").build());
    goes();
    guard.pass(61 * SECOND);

    assertThat(guard.logs("cancelled").getFirst().code()).isEqualTo("tandem.guard.end-by");
    assertThat(cancels()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({"rejected,tandem.guard.goal-rejected", "aborted,tandem.guard.goal-aborted"})
  void shouldBringTheBaseToRestWhenTheActionEndsOtherwise(String status, String code) {
    goes();
    guard.input(new GuardInput.GoalEnded("c-1-1-1", status, "no way there"));

    assertThat(guard.logs("cancelled").getFirst().code()).isEqualTo(code);
    assertThat(guard.logs("cancelled").getFirst().why()).contains("no way there");
    assertThat(guard.twists()).isNotEmpty().allMatch(twist -> twist.vx() == 0);
    guard.input(new GuardInput.GoalEnded("c-1-1-1", "aborted", "again"));
    assertThat(guard.logs("cancelled")).hasSize(1);
  }

  @Test
  void shouldCancelGoalsOfOthersInAStopOnly() {
    goes();
    guard.cancel("c-1-1-1");
    assertThat(cancels()).isNotEmpty().noneMatch(GuardEffect.CancelGoals::all);
    guard.effects.clear();

    guard.stop("s-1");
    assertThat(cancels()).anyMatch(GuardEffect.CancelGoals::all);
    assertThat(guard.twists()).isNotEmpty();
  }

  @Test
  void shouldStartNothingBesideItButAnotherNavigation() {
    goes();
    assertThat(guard.move(guard.motion(1, 1, 2)).code()).isEqualTo("tandem.guard.busy");
    assertThat(guard.open(1, 1, 3, Streams.VELOCITY).code()).isEqualTo("tandem.guard.busy");

    assertThat(guard.move(guard.navigation(1, 1, 4)).accepted()).isTrue();

    assertThat(guard.state.active().commandId()).isEqualTo("c-1-1-4");
    assertThat(guard.logs("cancelled").getFirst().code()).isEqualTo("tandem.guard.superseded");
    guard.input(new GuardInput.GoalEnded("c-1-1-1", "aborted", "preempted"));
    assertThat(guard.state.actives()).as("the old one's end is no news").hasSize(1);
    assertThat(guard.disk.getNavigationsList()).extracting("commandId_").containsExactly("c-1-1-4");
  }

  @Test
  void shouldNotStartWhileJointsAreUnderWay() {
    guard.move(guard.motion(1, 1, 1));
    assertThat(guard.move(guard.navigation(1, 1, 2)).code()).isEqualTo("tandem.guard.busy");
    assertThat(guard.open(1, 1, 3, Streams.VELOCITY).code()).isEqualTo("tandem.guard.busy");

    assertThat(guard.open(1, 1, 4, Streams.JOINT).accepted()).isTrue();
  }

  @Test
  void shouldBringToRestWhatWentBeforeOneThatTheLinkDidNotTake() {
    goes();
    guard.linkDown = true;
    assertThat(guard.move(guard.navigation(1, 1, 2)).code()).isEqualTo("tandem.guard.not-sent");
    assertThat(cancels()).isNotEmpty();
    assertThat(guard.state.actives()).isEmpty();
  }

  @Test
  void shouldCancelAfterAStartWhatAGuardBeforeItSent() {
    goes();
    assertThat(guard.disk.getNavigationsList()).hasSize(1);

    guard.now = 0;
    guard.boot();
    guard.pass(SECOND);
    guard.effects.clear();
    guard.see(true);
    guard.pass(SECOND / 10);

    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.inherited");
    assertThat(cancels()).isNotEmpty().allMatch(one -> one.commands().equals(List.of("c-1-1-1")));
    guard.input(new GuardInput.GoalEnded("c-1-1-1", "gone", "unknown goal"));
    assertThat(guard.disk.getNavigationsList()).isEmpty();
  }

  @Test
  void shouldCancelWhatAGuardBeforeItSentHoweverLateTheServerIsSeen() {
    goes();
    guard.now = 0;
    guard.stillSince = 0;
    guard.baseSpeed = 0;
    guard.boot();
    guard.pass(20 * SECOND);
    guard.effects.clear();
    assertThat(GuardCore.atRest(guard.state)).isFalse();

    guard.see(true);
    guard.pass(SECOND / 2);

    assertThat(cancels()).isNotEmpty().allMatch(one -> one.commands().equals(List.of("c-1-1-1")));
  }

  @Test
  void shouldCancelWhatAGuardBeforeItSentWithAStopLatched() {
    goes();
    guard.stop("s-1");
    assertThat(guard.disk.getNavigationsList()).hasSize(1);
    guard.now = 0;
    guard.boot();
    guard.effects.clear();
    guard.see(true);
    guard.pass(SECOND / 10);

    assertThat(cancels()).anyMatch(one -> one.commands().equals(List.of("c-1-1-1")));
  }

  @Test
  void shouldHoldTheJointsTooAfterAStartInWhichItCancels() {
    goes();
    guard.now = 0;
    guard.boot();
    guard.see(true);
    guard.pass(SECOND / 10);
    guard.baseSpeed = 0;
    guard.pass(SECOND / 2);
    assertThat(guard.trajectories()).as("what else was sent is not known").isNotEmpty();
  }

  @Test
  void shouldCancelWhosesoeverItIsWhenItsStateIsLost() {
    var lost = new GuardHarness(GuardHarness.fresh().toBuilder().setArmed(false).build(), null);
    lost.see(true);
    lost.pass(SECOND);
    assertThat(lost.effects)
        .filteredOn(GuardEffect.CancelGoals.class::isInstance)
        .hasSizeGreaterThan(2)
        .allSatisfy(one -> assertThat(((GuardEffect.CancelGoals) one).all()).isTrue());
  }

  @Test
  void shouldEndItWhenTheFeetDoNotCarryTheBodyAnyMore() {
    guard.carries(300, 300);
    goes();
    guard.carries(0, 0);
    attended(1);
    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.posture");
    assertThat(cancels()).isNotEmpty();
    assertThat(guard.move(guard.navigation(1, 1, 2)).code()).isEqualTo("tandem.guard.posture");
  }

  private String refusal(NavigateGoal.Builder goal) {
    var reply = guard.move(guard.navigation(1, 1, 1).setNavigate(goal));
    assertThat(reply.accepted()).isFalse();
    assertThat(reply.why()).endsWith("nothing was sent to the robot");
    assertThat(all(GuardEffect.NavigateTo.class)).isEmpty();
    return reply.code().substring("tandem.guard.".length());
  }

  @Test
  void shouldRefuseAPlaceThatIsNone() {
    assertThat(refusal(ahead().setXMeters(Double.NaN))).isEqualTo("not-finite");
  }

  @ParameterizedTest
  @CsvSource({"1001,0,60", "0,7,60", "0,0,0", "0,0,601", "0,0,NaN", "0,0,-1"})
  void shouldRefuseAPlaceOutOfBounds(double x, double yaw, double within) {
    assertThat(refusal(ahead().setXMeters(x).setYawRad(yaw).setWithinSeconds(within)))
        .isEqualTo("bad-goal");
  }

  @Test
  void shouldRefuseAnUnknownFrame() {
    assertThat(refusal(ahead().setFrame("base_link"))).isEqualTo("bad-frame");
    assertThat(
            guard.move(guard.navigation(1, 1, 2).setNavigate(ahead().setFrame("map"))).accepted())
        .isTrue();
  }

  @Test
  void shouldRefuseWhereNobodyNavigates() {
    guard.see(false);
    assertThat(refusal(ahead())).isEqualTo("no-server");
  }

  @Test
  void shouldRefuseWhereTheProfileHasNone() {
    guard.configure(GuardHarness.teleoperated());
    assertThat(refusal(ahead())).isEqualTo("no-target");
  }

  @Test
  void shouldRefuseWhereTheRobotItselfWouldNotEndIt() {
    RobotProfile none =
        GuardHarness.navigating().toBuilder().clearWatchdogNavigateSeconds().build();
    guard.configure(none);
    assertThat(refusal(ahead())).isEqualTo("no-watchdog");
  }

  @Test
  void shouldRefuseWithoutOdometry() {
    guard.baseSpeed = Double.NaN;
    assertThat(refusal(ahead())).isEqualTo("not-measured");
  }

  @Test
  void shouldRefuseWithoutFreshSamples() {
    guard.measuredAgo = 2 * SECOND;
    assertThat(refusal(ahead())).isEqualTo("not-measured");
  }
}
