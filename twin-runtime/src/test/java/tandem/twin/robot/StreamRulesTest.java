package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.StreamGoal;
import tandem.twin.robot.CommandRecord.Phase;

/** Hold-to-move and stances, from the wish to the proof of rest. */
class StreamRulesTest extends CoreStage {
  private void open(String id, String kind) {
    decide(stream(id, "anna", kind));
    granted();
    guardAccepts(id);
    assertThat(command(id).phase()).isEqualTo(Phase.EXECUTING);
  }

  @Test
  void shouldBeDoneWhenTheControlWasLetGoAndTheBaseRests() {
    live(hands(false));
    base(0, 0, 0);
    open("v", "velocity");
    base(0.1, 0.4, 0);
    after(300);
    assertThat(names()).contains("CommandFirstMotion");
    decide(new TwinCommand.LetGo("v"));
    base(0.2, 0.1, 0);
    after(100);
    base(0.2, 0.02, 0.5);
    after(300);
    assertThat(command("v").phase()).as("it still turns").isEqualTo(Phase.EXECUTING);
    base(0.2, 0.02, 0.01);
    after(100);
    after(250);

    assertThat(command("v").phase()).isEqualTo(Phase.DONE);
    assertThat(command("v").evidence().used().sample().topic()).isEqualTo("/ada/odom");
    assertThat(command("v").evidence().used().values()).containsEntry("baseMetersPerSec", 0.02);
    assertThat(command("v").evidence().settledMillis()).isGreaterThanOrEqualTo(200);
    assertThat(state.lease()).as("its one lease").isNull();
  }

  @Test
  void shouldNotCallHoldingStillDone() {
    live(hands(false));
    base(0, 0, 0);
    open("v", "velocity");
    for (int i = 0; i < 50; i++) after(100);

    assertThat(command("v").phase()).isEqualTo(Phase.EXECUTING);
    assertThat(command("v").endByMillis()).isEqualTo(900_000);
  }

  @Test
  void shouldFailABaseThatDoesNotComeToRestAndNotKnowWithoutOdometry() {
    live(hands(false));
    base(0, 0, 0);
    open("v", "velocity");
    decide(new TwinCommand.LetGo("v"));
    base(0, 0.3, 0);
    for (int i = 0; i < 52; i++) after(100);
    assertThat(command("v").phase()).isEqualTo(Phase.FAILED);
    assertThat(command("v").code()).isEqualTo("tandem.command.not-at-rest");
    assertThat(command("v").why()).contains("baseMetersPerSec=0.3");

    base = null;
    open("w", "velocity");
    decide(new TwinCommand.LetGo("w"));
    for (int i = 0; i < 52; i++) after(100);
    assertThat(command("w").phase()).isEqualTo(Phase.UNKNOWN);
    assertThat(command("w").why()).contains("odometry");
  }

  @Test
  void shouldBeDoneWhenTheJointsRestAfterAJointStream() {
    live(hands(false));
    open("j", "joint");
    velocities = new double[] {0.4, 0};
    positions = new double[] {0.2, 0};
    after(100);
    decide(new TwinCommand.LetGo("j"));
    after(300);
    assertThat(command("j").phase()).isEqualTo(Phase.EXECUTING);
    velocities = new double[] {0.01, 0};
    after(50);
    after(250);

    assertThat(command("j").phase()).isEqualTo(Phase.DONE);
    assertThat(command("j").evidence().used().values()).containsEntry("fastestRadPerSec", 0.01);
  }

  @Test
  void shouldTakeTheGuardsWordThatAStreamHasFinished() {
    live(hands(false));
    open("j", "joint");
    decide(new TwinCommand.TakeLog(record("finished", "j", "")));
    after(50);
    after(250);

    assertThat(command("j").phase()).isEqualTo(Phase.DONE);
  }

  @Test
  void shouldKeepARefusedSetpointWithoutEndingItsStream() {
    live(hands(false));
    open("v", "velocity");
    decide(new TwinCommand.TakeLog(record("setpoint-refused", "v", "tandem.guard.not-finite")));
    var keepAlive = record("keep-alive-refused", "", "tandem.guard.stale-epoch");
    decide(new TwinCommand.TakeLog(keepAlive.toBuilder().setNumber(2).build()));

    assertThat(names()).endsWith("GuardLogged", "GuardLogged");
    assertThat(command("v").phase()).isEqualTo(Phase.EXECUTING);
  }

  @Test
  void shouldFailAStreamWhoseHeartbeatLapsed() {
    live(hands(false));
    open("v", "velocity");
    decide(new TwinCommand.TakeLog(record("safe-behaviour", "v", "tandem.guard.lapsed")));

    assertThat(command("v").phase()).isEqualTo(Phase.FAILED);
    assertThat(command("v").why()).contains("safe behaviour");
  }

  private static GuardLogRecord record(String kind, String id, String code) {
    return GuardLogRecord.newBuilder()
        .setNumber(1)
        .setKind(kind)
        .setCommandId(id)
        .setCode(code)
        .setWhy("no held setpoint for 250 ms")
        .build();
  }

  @Test
  void shouldBeDoneWhenThePostureIsStillAfterItMoved() {
    live(hands(false));
    decide(stance("s", "anna", "squat"));
    granted();
    guardAccepts("s");
    after(300);
    assertThat(command("s").phase()).as("has not begun").isEqualTo(Phase.EXECUTING);
    positions = new double[] {0.5, 0};
    velocities = new double[] {1, 0};
    after(300);
    velocities = new double[] {0, 0};
    after(50);
    after(250);

    assertThat(command("s").phase()).isEqualTo(Phase.DONE);
  }

  @Test
  void shouldBeDoneWithAStanceThatItStandsInAlready() {
    live(hands(false));
    decide(stance("s", "anna", "stand"));
    granted();
    guardAccepts("s");
    for (int i = 0; i < 19; i++) after(100);
    assertThat(command("s").phase()).isEqualTo(Phase.EXECUTING);
    for (int i = 0; i < 5; i++) after(100);

    assertThat(command("s").phase()).isEqualTo(Phase.DONE);
  }

  @Test
  void shouldRefuseWhatTheProfileHasNoTargetForWithItsAmbiguities() {
    live();
    decide(stream("v", "anna", "velocity"));
    decide(stance("s", "anna", "squat"));
    assertThat(command("v").code()).isEqualTo("tandem.profile.no-target");
    assertThat(command("s").code()).isEqualTo("tandem.profile.no-target");

    decide(
        new TwinCommand.Propose(
            profile("configured").toBuilder()
                .addAmbiguities("velocity: two subscribers of Twist: /ada/a, /ada/b")
                .setMarginRad(0.03)
                .build()));
    decide(stream("w", "anna", "velocity"));
    assertThat(command("w").why()).contains("two subscribers of Twist: /ada/a, /ada/b");
  }

  @Test
  void shouldRefuseAKindALapseOrAStanceThatThereIsNot() {
    live(hands(false));
    decide(stream("k", "anna", "dance"));
    decide(
        new TwinCommand.Move(
            "l",
            "anna",
            new Goal.Stream(
                StreamGoal.newBuilder().setKind("velocity").setLapseMillis(5_000).build()),
            2_000));
    decide(stance("s", "anna", "fly"));

    assertThat(command("k").why()).contains("expected velocity, joint or reach, found 'dance'");
    assertThat(command("l").why()).contains("expected 100..500 ms, found 5000 ms");
    assertThat(command("s").why()).contains("expected one of [stand, squat, crouch], found 'fly'");
  }

  @Test
  void shouldEndAStreamWithTheStop() {
    live(hands(false));
    open("v", "velocity");
    decide(new TwinCommand.Stop("s1", "ben", "look out", 1));

    assertThat(command("v").phase()).isEqualTo(Phase.CANCELLED);
    decide(stream("w", "anna", "velocity"));
    assertThat(command("w").code()).isEqualTo("tandem.stop.latched");
  }

  @Test
  void shouldKeepStreamsAndStancesThroughASnapshot() {
    live(hands(false));
    open("v", "velocity");
    decide(stance("s", "anna", "squat"));

    var restored = TwinImages.fromBytes(TwinImages.toBytes(state));

    assertThat(restored).isEqualTo(state);
    assertThat(TwinImages.digest(restored)).isEqualTo(TwinImages.digest(state));
    assertThat(happened).anyMatch(e -> e instanceof Event.CommandSuperseded);
  }
}
