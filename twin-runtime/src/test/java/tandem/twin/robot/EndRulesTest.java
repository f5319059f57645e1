package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Goal;
import tandem.proto.v1.NavigateGoal;
import tandem.twin.robot.CommandRecord.Phase;
import tandem.twin.robot.Effect.Ending;

/** What ended here is said to the guard until it answers. */
class EndRulesTest extends CoreStage {
  private static TwinCommand.Move go(String id) {
    var goal = NavigateGoal.newBuilder().setXMeters(2).setWithinSeconds(300).build();
    return new TwinCommand.Move(id, "anna", new Goal.Navigate(goal), 2_000);
  }

  /** Anna holds the body, and the base is on its way. */
  private void going(String id) {
    live(hands(false));
    base(0, 0, 0);
    decide(new TwinCommand.AcquireLease("anna", Parts.BODY, 600_000));
    granted();
    decide(go(id));
    guardAccepts(id);
    assertThat(command(id).phase()).isEqualTo(Phase.EXECUTING);
  }

  private void cancel(String id) {
    decide(new TwinCommand.Cancel(id, "anna", "not there"));
  }

  private void answered(String id, String code) {
    decide(new TwinCommand.EndAnswered(id, 0, true, code));
  }

  private List<String> cancels() {
    return last.atOnce().stream()
        .filter(Effect.End.class::isInstance)
        .map(e -> ((Effect.End) e).ending())
        .filter(Ending.OfCommand.class::isInstance)
        .map(e -> ((Ending.OfCommand) e).id())
        .toList();
  }

  private List<Long> revocations(List<Effect> effects) {
    return effects.stream()
        .filter(Effect.End.class::isInstance)
        .map(e -> ((Effect.End) e).ending())
        .filter(Ending.OfLease.class::isInstance)
        .map(e -> ((Ending.OfLease) e).epoch())
        .toList();
  }

  @Test
  void shouldSayACancelAgainUntilTheGuardAnswers() {
    going("n");
    cancel("n");
    assertThat(cancels()).containsExactly("n");
    assertThat(command("n").phase()).isEqualTo(Phase.CANCELLED);
    assertThat(state.lease().holder()).as("the lease goes on").isEqualTo("anna");
    after(50);
    assertThat(cancels()).isEmpty();
    for (int i = 0; i < 40; i++) {
      after(100);
      assertThat(cancels()).as("%d ms", 150 + i * 100).containsExactly("n");
    }
    decide(new TwinCommand.EndAnswered("n", 0, false, "tandem.guard.no-answer"));
    after(100);
    assertThat(cancels()).as("no answer").containsExactly("n");
    answered("n", "tandem.guard.busy");
    after(100);
    assertThat(cancels()).as("it was not looked at").containsExactly("n");
    answered("n", "");
    after(100);
    assertThat(cancels()).isEmpty();
  }

  @Test
  void shouldShowItNoMoreOnceTheGuardHasAnswered() {
    going("n");
    cancel("n");
    after(500);
    answered("n", "tandem.guard.not-running");
    after(50);

    assertThat(state.alarms().get(EndRules.UNANSWERED).isUp()).isFalse();
  }

  @Test
  void shouldTakeARefusalForAnAnswer() {
    for (String code :
        List.of("tandem.guard.not-running", "tandem.guard.never-cut", "tandem.guard.stale-epoch")) {
      begin();
      going("n");
      cancel("n");
      answered("n", code);
      after(200);

      assertThat(cancels()).as(code).isEmpty();
    }
  }

  @Test
  void shouldShowThatTheGuardHasNotAnsweredUntilItIsHeardAgain() {
    going("n");
    cancel("n");
    after(400);
    assertThat(names()).doesNotContain("HazardRaised");
    after(100);
    assertThat(state.alarms().get(EndRules.UNANSWERED).text())
        .contains("command n (anna: not there)", "the guard has not answered yet");
    after(100);
    assertThat(state.alarms().get(EndRules.UNANSWERED).count()).as("said once").isEqualTo(1);

    rebuiltLate();
    reachable = false;
    after(50);
    assertThat(state.alarms().get(EndRules.UNANSWERED).isUp()).as("nothing is known").isTrue();
    reachable = true;
    after(50);

    assertThat(state.alarms().get(EndRules.UNANSWERED).isUp()).isFalse();
  }

  @Test
  void shouldWaitForAWayToTheGuardAndSayItThen() {
    going("n");
    reachable = false;
    cancel("n");
    for (int i = 0; i < 30; i++) {
      after(100);
      assertThat(cancels()).isEmpty();
    }
    reachable = true;
    after(50);

    assertThat(cancels()).containsExactly("n");
  }

  @Test
  void shouldSayEachOfTwoCancelsUntilItIsAnswered() {
    going("n");
    cancel("n");
    decide(go("m"));
    guardAccepts("m");
    cancel("m");
    after(100);
    assertThat(cancels()).containsExactly("n", "m");
    answered("m", "");
    after(100);
    assertThat(cancels()).containsExactly("n");
    answered("n", "");
    after(100);
    assertThat(cancels()).isEmpty();
  }

  @Test
  void shouldTellTheGuardACancelOfWhatIsOverHereAlready() {
    going("n");
    cancel("n");
    answered("n", "");
    int before = happened.size();
    cancel("n");

    assertThat(cancels()).containsExactly("n");
    assertThat(happened).as("nothing new is decided").hasSize(before);
    assertThat(last.answer()).isInstanceOf(Decision.Answer.Now.class);
  }

  @Test
  void shouldSayNothingOfWhatWasNeverAccepted() {
    live(hands(false));
    decide(move("far", "anna", 9, 1));
    assertThat(command("far").phase()).isEqualTo(Phase.REFUSED);
    cancel("far");

    assertThat(cancels()).isEmpty();
  }

  @Test
  void shouldCancelWhatWasOpenWhenItIsRebuilt() {
    going("n");
    tracking = Tracking.START;
    decide(new TwinCommand.Awake());
    assertThat(command("n").phase()).isEqualTo(Phase.UNKNOWN);
    assertThat(cancels()).containsExactly("n");
    after(100);

    assertThat(cancels()).containsExactly("n");
  }

  @Test
  void shouldFindInTheGuardsStatusWhatItOwesItAfterItWasRebuilt() {
    going("n");
    cancel("n");
    rebuiltLate();
    guard.clearActiveCommandIds().addActiveCommandIds("n");
    after(50);
    after(400);
    assertThat(cancels()).as("an older status may say so for a moment").isEmpty();
    after(100);
    assertThat(cancels()).containsExactly("n");
    after(100);
    assertThat(cancels()).containsExactly("n");
    guard.clearActiveCommandIds();
    answered("n", "");
    for (int i = 0; i < 20; i++) {
      after(100);
      assertThat(cancels()).isEmpty();
    }
  }

  @Test
  void shouldEndWhatIsSupersededHereAndGoesOnAtTheGuard() {
    going("n");
    decide(go("m"));
    assertThat(command("n").phase()).isEqualTo(Phase.SUPERSEDED);
    guard.clearActiveCommandIds().addActiveCommandIds("n");
    after(50);
    assertThat(cancels()).as("the newer one ends it by itself").isEmpty();
    after(500);

    assertThat(cancels()).as("the newer one is lost").containsExactly("n");
  }

  @Test
  void shouldEndWhatIsSupersededAtTheGuardAlsoBesideAnotherThatRunsThere() {
    going("n");
    cancel("n");
    answered("n", "");
    tracking = Tracking.START;
    decide(new TwinCommand.Awake());
    guard.clearActiveCommandIds().addActiveCommandIds("another").addActiveCommandIds("n");
    after(50);
    after(500);

    assertThat(cancels()).containsExactly("n");
  }

  @Test
  void shouldCancelWhatWasSupersededByACommandThatEndsBeforeTheGuardTookIt() {
    going("n");
    decide(go("m"));
    assertThat(cancels()).as("the guard ends it when it takes the newer one").isEmpty();
    decide(go("o"));
    assertThat(cancels()).as("as when it takes one that is newer still").isEmpty();
    cancel("o");
    assertThat(cancels()).containsExactly("o", "m", "n");
    for (String id : List.of("o", "n", "m")) answered(id, "tandem.guard.not-running");
    after(100);

    assertThat(cancels()).isEmpty();
  }

  @Test
  void shouldCancelWhatWasSupersededByACommandThatTheGuardRefuses() {
    going("n");
    decide(go("m"));
    decide(new TwinCommand.MotionAnswered("m", true, false, "tandem.guard.busy", "no", 1, 2));

    assertThat(command("m").phase()).isEqualTo(Phase.REFUSED);
    assertThat(cancels()).containsExactly("n");
  }

  @Test
  void shouldCancelWhatWasSupersededWhenTheNewerCommandDoesNotArrive() {
    going("n");
    decide(go("m"));
    for (int i = 0; i < 9; i++) {
      after(50);
      assertThat(cancels()).isEmpty();
    }
    after(50);

    assertThat(cancels()).containsExactly("n");
    assertThat(command("m").phase()).as("it may still come").isEqualTo(Phase.ACCEPTED);
  }

  @Test
  void shouldLeaveWhatWasSupersededToTheGuardThatHasTakenTheNewerCommand() {
    going("n");
    decide(go("m"));
    guardAccepts("m");
    cancel("m");
    assertThat(cancels()).containsExactly("m");
    answered("m", "");
    after(600);

    assertThat(cancels()).isEmpty();
  }

  @Test
  void shouldCancelWhatAStopEndsSoThatItDoesNotStartAfterTheRelease() {
    live(hands(false));
    base(0, 0, 0);
    decide(new TwinCommand.AcquireLease("anna", Parts.BODY, 600_000));
    granted();
    decide(go("n"));
    decide(new TwinCommand.Stop("s", "ben", "enough", 1));

    assertThat(command("n").phase()).isEqualTo(Phase.CANCELLED);
    assertThat(cancels()).containsExactly("n");
    after(100);
    assertThat(cancels()).containsExactly("n");
    answered("n", "tandem.guard.not-running");
    after(100);
    assertThat(cancels()).isEmpty();
  }

  @Test
  void shouldLeaveWhatIsDoneAndAStanceToTheirOwnEnd() {
    live(hands(false));
    decide(stance("s", "anna", "squat"));
    granted();
    guardAccepts("s");
    cancel("s");
    answered("s", "tandem.guard.never-cut");
    guard.clearActiveCommandIds().addActiveCommandIds("s");
    for (int i = 0; i < 20; i++) {
      after(100);
      assertThat(cancels()).isEmpty();
    }
  }

  @Test
  void shouldSayTheEndOfALeaseUntilItIsAnswered() {
    live(hands(false));
    decide(new TwinCommand.AcquireLease("anna", Parts.BODY, 600_000));
    granted();
    long epoch = state.lease().epoch();
    decide(new TwinCommand.ReleaseLease("anna", ""));
    assertThat(revocations(last.atOnce())).containsExactly(epoch);
    after(100);
    assertThat(revocations(last.atOnce())).containsExactly(epoch);
    decide(new TwinCommand.EndAnswered("", epoch, true, "tandem.guard.stale-epoch"));
    after(100);
    assertThat(revocations(last.atOnce())).isEmpty();

    executing("c");
    long once = state.lease().epoch();
    cancel("c");
    assertThat(revocations(last.effects())).as("its one lease").containsExactly(once);
    after(100);
    assertThat(revocations(last.atOnce())).containsExactly(once);
    assertThat(cancels()).containsExactly("c");
  }

  @Test
  void shouldNotRevokeWhatANewerGrantHasEnded() {
    live(hands(false));
    decide(new TwinCommand.AcquireLease("anna", Parts.BODY, 600_000));
    granted();
    decide(new TwinCommand.ReleaseLease("anna", ""));
    decide(new TwinCommand.AcquireLease("ben", Parts.BODY, 600_000));
    granted();
    after(100);

    assertThat(revocations(last.atOnce())).isEmpty();
    assertThat(tracking.unanswered()).isEmpty();
  }

  @Test
  void shouldKeepACancelWhoseEventCouldNotBeWritten() {
    going("n");
    var before = tracking;
    var decision =
        core.decide(state, before, seen(), new TwinCommand.Cancel("n", "anna", "not there"));
    tracking = before.saying(decision.atOnce(), seen().now().nanos());
    after(100);

    assertThat(command("n").phase().isFinal()).isFalse();
    assertThat(cancels()).containsExactly("n");
  }

  @Test
  void shouldKeepTheNewestCancelsAndThatOfWhatRunsAtTheGuard() {
    going("c0");
    guard.clearActiveCommandIds().addActiveCommandIds("c0");
    cancel("c0");
    for (int i = 1; i <= 60; i++) {
      decide(go("c" + i));
      guardAccepts("c" + i);
      cancel("c" + i);
    }

    assertThat(tracking.unanswered()).hasSizeLessThan(20);
    after(100);
    assertThat(cancels()).contains("c0", "c60").doesNotContain("c1");
  }

  /** Accepted, and held up on its way: the guard has never named it. */
  private void cancelledOnItsWay() {
    live(hands(false));
    base(0, 0, 0);
    decide(new TwinCommand.AcquireLease("anna", Parts.BODY, 600_000));
    granted();
    decide(go("n"));
    cancel("n");
    assertThat(cancels()).containsExactly("n");
    tracking = Tracking.START;
  }

  @Test
  void shouldSayACancelAgainAfterItWasRebuiltWhileItsCommandMayStillArrive() {
    cancelledOnItsWay();
    decide(new TwinCommand.Awake());
    assertThat(cancels()).containsExactly("n");
    after(100);
    assertThat(cancels()).as("until it is answered").containsExactly("n");
    answered("n", "tandem.guard.not-running");
    after(100);
    assertThat(cancels()).isEmpty();
  }

  /** So late that none of the commands before can still arrive. */
  private void rebuiltLate() {
    guard.getTokenBuilder().setTickMillis(guard.getToken().getTickMillis() + 3_001);
    tracking = Tracking.START;
    decide(new TwinCommand.Awake());
  }

  @Test
  void shouldSayNothingAfterItWasRebuiltOfWhatTheGuardTakesNoMore() {
    cancelledOnItsWay();
    rebuiltLate();
    assertThat(cancels()).as("too late for it").isEmpty();

    begin();
    cancelledOnItsWay();
    guard.getTokenBuilder().setBootId("c".repeat(32));
    decide(new TwinCommand.Awake());
    assertThat(cancels()).as("another start of the guard").isEmpty();
  }
}
