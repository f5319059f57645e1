package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Goal;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.StoredEvents;
import tandem.proto.v1.StreamGoal;
import tandem.twin.robot.CommandRecord.Phase;

/** Navigation, from the wish to the action's result and the proof of rest. */
class NavigateRulesTest extends CoreStage {
  private static final NavigateGoal GOAL =
      NavigateGoal.newBuilder().setXMeters(2).setYawRad(0.1).setWithinSeconds(30).build();

  private static final Goal VELOCITY =
      new Goal.Stream(StreamGoal.newBuilder().setKind("velocity").setLapseMillis(250).build());

  private static TwinCommand.Move to(String id, NavigateGoal goal) {
    return new TwinCommand.Move(id, "anna", new Goal.Navigate(goal), 2_000);
  }

  private static GuardLogRecord record(String kind, String id, String code) {
    return GuardLogRecord.newBuilder()
        .setNumber(1)
        .setKind(kind)
        .setCommandId(id)
        .setCode(code)
        .build();
  }

  private void open(String id, NavigateGoal goal) {
    decide(to(id, goal));
    granted();
    guardAccepts(id);
    assertThat(command(id).phase()).isEqualTo(Phase.EXECUTING);
  }

  @Test
  void shouldBeDoneWhenTheActionHasSucceededAndTheBaseRests() {
    live(hands(true));
    base(0, 0, 0);
    open("n", GOAL);
    assertThat(command("n").endByMillis()).isEqualTo(34_000);
    assertThat(state.lease().part()).as("independent parts").isEqualTo(Parts.BODY);
    base(1, 0.4, 0);
    after(300);
    assertThat(names()).contains("CommandFirstMotion");
    base(1.9, 0, 0);
    for (int i = 0; i < 30; i++) after(100);
    assertThat(command("n").phase()).as("stands on its way").isEqualTo(Phase.EXECUTING);
    decide(new TwinCommand.TakeLog(record("finished", "n", "")));
    base(1.9, 0.2, 0);
    after(300);
    assertThat(command("n").phase()).as("still moves").isEqualTo(Phase.EXECUTING);
    base(1.9, 0, 0);
    after(50);
    after(250);

    assertThat(command("n").phase()).isEqualTo(Phase.DONE);
    var evidence = command("n").evidence();
    assertThat(evidence.used().sample().topic()).isEqualTo("/ada/odom");
    assertThat(evidence.used().values()).containsEntry("baseXMeters", 1.9);
    assertThat(evidence.errorMeters()).isCloseTo(0.1, within(1e-9));
    assertThat(evidence.errorRad()).isCloseTo(0.1, within(1e-9));
    assertThat(state.lease()).as("its one lease").isNull();
  }

  @Test
  void shouldTellNoDistanceToAPlaceOnTheMap() {
    live(hands(false));
    base(0, 0, 0);
    open("n", GOAL.toBuilder().setFrame("map").build());
    decide(new TwinCommand.TakeLog(record("finished", "n", "")));
    after(50);
    after(250);

    assertThat(command("n").phase()).isEqualTo(Phase.DONE);
    assertThat(command("n").evidence().errorMeters()).isNull();
  }

  @Test
  void shouldTakeRestFromTheJointsWhereThereIsNoOdometry() {
    live(hands(false));
    open("n", GOAL);
    decide(new TwinCommand.TakeLog(record("finished", "n", "")));
    velocities = new double[] {0.5, 0};
    after(300);
    assertThat(command("n").phase()).isEqualTo(Phase.EXECUTING);
    velocities = new double[] {0, 0};
    after(50);
    after(250);

    assertThat(command("n").phase()).isEqualTo(Phase.DONE);
    assertThat(command("n").evidence().used().sample().topic()).isEqualTo("/ada/joint_states");
  }

  @Test
  void shouldFailWhatDoesNotComeToRestAfterTheResult() {
    live(hands(false));
    base(0, 0.3, 0);
    open("n", GOAL);
    decide(new TwinCommand.TakeLog(record("finished", "n", "")));
    for (int i = 0; i < 52; i++) after(100);

    assertThat(command("n").code()).isEqualTo("tandem.command.not-at-rest");
    assertThat(command("n").why()).contains("after the action's result");
  }

  @Test
  void shouldFailWithTheDistanceWhatIsNotThereInTime() {
    live(hands(false));
    base(0.5, 0, 0);
    open("n", GOAL);
    decide(new TwinCommand.TakeLog(record("cancelled", "n", "tandem.guard.end-by")));

    assertThat(command("n").phase()).isEqualTo(Phase.FAILED);
    assertThat(command("n").code()).isEqualTo("tandem.command.not-reached");
    assertThat(command("n").why()).contains("cancelled by the guard at endBy", "1.500 m");

    open("m", GOAL.toBuilder().setWithinSeconds(1).build());
    for (int i = 0; i < 60 && !command("m").phase().isFinal(); i++) after(100);

    assertThat(command("m").code()).isEqualTo("tandem.command.not-reached");
    assertThat(last.atOnce())
        .as("cancelled at the guard, too")
        .anyMatch(
            e ->
                e instanceof Effect.End(Effect.Ending.OfCommand cancel) && cancel.id().equals("m"));
  }

  @Test
  void shouldFailAsTheNavigationItselfFails() {
    live(hands(false));
    for (String code : List.of("tandem.guard.goal-rejected", "tandem.guard.goal-aborted")) {
      String id = code.substring(code.length() - 8);
      open(id, GOAL);
      decide(
          new TwinCommand.TakeLog(
              record("cancelled", id, code).toBuilder()
                  .setNumber(state.guardLogNumber() + 1)
                  .build()));

      assertThat(command(id).phase()).isEqualTo(Phase.FAILED);
      assertThat(command(id).code()).isEqualTo(code);
    }
  }

  @Test
  void shouldSayTheOdometrysFrameWhereNoneIsNamedAndSendThat() {
    live(hands(false));
    open("n", GOAL);

    assertThat(command("n").goal()).isEqualTo(new Goal.Navigate(GOAL));
    assertThat(command("n").sentGoal())
        .isEqualTo(new Goal.Navigate(GOAL.toBuilder().setFrame("odom").build()));
  }

  @Test
  void shouldRefuseByFieldWhatIsNoPlaceOrNoTime() {
    live(hands(false));
    record Wrong(NavigateGoal goal, String code, String why) {}
    var wrong =
        List.of(
            new Wrong(
                GOAL.toBuilder().setFrame("base_link").build(),
                "tandem.goal.frame",
                "expected odom or map, found 'base_link'"),
            new Wrong(
                GOAL.toBuilder().setXMeters(Double.NaN).build(),
                "tandem.goal.not-finite",
                "navigate: x"),
            new Wrong(
                GOAL.toBuilder().setYawRad(Double.POSITIVE_INFINITY).build(),
                "tandem.goal.not-finite",
                "navigate: yaw"),
            new Wrong(
                GOAL.toBuilder().setYMeters(-1_000.1).build(),
                "tandem.goal.navigate",
                "y: expected"),
            new Wrong(GOAL.toBuilder().setYawRad(6.3).build(), "tandem.goal.navigate", "6.283 rad"),
            new Wrong(
                GOAL.toBuilder().setWithinSeconds(0).build(), "tandem.goal.duration", "within"),
            new Wrong(
                GOAL.toBuilder().setWithinSeconds(601).build(), "tandem.goal.duration", "600 s"),
            new Wrong(
                GOAL.toBuilder().setWithinSeconds(Double.NaN).build(),
                "tandem.goal.duration",
                "within"));
    for (int i = 0; i < wrong.size(); i++) {
      decide(to("w" + i, wrong.get(i).goal()));

      assertThat(command("w" + i).code()).as(wrong.get(i).why()).isEqualTo(wrong.get(i).code());
      assertThat(command("w" + i).why()).contains(wrong.get(i).why(), "not sent");
    }
  }

  @Test
  void shouldNotEndANavigationForWhatTheGuardRefusesBesideIt() {
    live(hands(false));
    decide(new TwinCommand.AcquireLease("anna", Parts.BODY, 600_000));
    granted();
    decide(to("n", GOAL));
    guardAccepts("n");
    decide(move("j", "anna", 0.4, 1));
    assertThat(command("j").code()).isEqualTo("tandem.command.busy");
    assertThat(command("j").why()).contains("navigate (command n) is on its way", "not sent");
    assertThat(command("n").phase()).isEqualTo(Phase.EXECUTING);

    decide(to("m", GOAL));
    assertThat(command("n").code()).as("a newer place").isEqualTo("tandem.command.superseded");
    decide(new TwinCommand.Cancel("m", "anna", "enough"));
    decide(move("k", "anna", 0.4, 1));
    guardAccepts("k");
    decide(to("o", GOAL));
    assertThat(command("o").code()).isEqualTo("tandem.command.busy");
    assertThat(command("k").phase().isFinal()).isFalse();
  }

  /** The robot's controller follows a trajectory until it hears of another, or of a cancel. */
  @Test
  void shouldNotEndAGoalOfJointsForWhatDoesNotMoveThem() {
    live(hands(false));
    decide(new TwinCommand.AcquireLease("anna", Parts.BODY, 600_000));
    granted();
    decide(move("j", "anna", 0.4, 1));
    guardAccepts("j");
    for (Goal other : List.of(new Goal.Navigate(GOAL), VELOCITY)) {
      String id = other.form();
      decide(new TwinCommand.Move(id, "anna", other, 2_000));

      assertThat(command(id).code()).isEqualTo("tandem.command.busy");
      assertThat(command("j").phase()).isEqualTo(Phase.EXECUTING);
    }

    decide(move("k", "anna", 0.2, 1));

    assertThat(command("j").code()).isEqualTo("tandem.command.superseded");
  }

  /** The network may bring a request twice; the second one's refusal is logged, too. */
  @Test
  void shouldNotTakeTheRefusalOfACopyForTheCommands() {
    live(hands(false));
    decide(to("n", GOAL));
    granted();
    decide(new TwinCommand.TakeLog(record("refused", "n", "tandem.guard.duplicate")));
    decide(
        new TwinCommand.MotionAnswered(
            "n", true, false, "tandem.guard.duplicate", "", NOON, NOON + 1));
    assertThat(command("n").phase().isFinal()).isFalse();

    guardAccepts("n");

    assertThat(command("n").phase()).isEqualTo(Phase.EXECUTING);
  }

  @Test
  void shouldRefuseWithoutATarget() {
    live();
    decide(to("n", GOAL));

    assertThat(command("n").code()).isEqualTo("tandem.profile.no-target");
  }

  @Test
  void shouldSurviveASnapshot() {
    live(hands(false));
    open("n", GOAL);

    var restored = TwinImages.fromBytes(TwinImages.toBytes(state));

    assertThat(restored).isEqualTo(state);
    assertThat(TwinImages.digest(restored)).isEqualTo(TwinImages.digest(state));
  }

  @Test
  void shouldHaveEveryFieldOfItsGoalInTheDigest() throws Exception {
    live(hands(false));
    open("n", GOAL);
    var image = StoredEvents.TwinImage.parseFrom(TwinImages.toBytes(state));
    var digests = new HashSet<String>();
    digests.add(TwinImages.digest(state));
    for (var goal :
        List.of(
            GOAL.toBuilder().setFrame("map"),
            GOAL.toBuilder().setXMeters(3),
            GOAL.toBuilder().setYMeters(3),
            GOAL.toBuilder().setYawRad(3),
            GOAL.toBuilder().setWithinSeconds(3))) {
      var other = image.toBuilder();
      other.getCommandsBuilder(0).getGoalBuilder().setNavigate(goal);
      digests.add(TwinImages.digest(TwinImages.fromBytes(other.build().toByteArray())));
    }

    assertThat(digests).hasSize(6);
  }
}
