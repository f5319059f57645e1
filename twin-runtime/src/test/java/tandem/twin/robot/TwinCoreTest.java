package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.SealedEvent;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.TimeToken;
import tandem.twin.robot.CommandRecord.Phase;

/** The rules, without clock, journal or actor: time is whatever the test says. */
class TwinCoreTest extends CoreStage {
  @Test
  void shouldCarryACommandThroughItsWholeLife() {
    live();
    executing("c");
    assertThat(command("c").phase()).isEqualTo(Phase.EXECUTING);
    positions = new double[] {0.3, 0};
    after(300);
    positions = new double[] {0.5, 0};
    after(300);
    after(250);

    assertThat(names())
        .containsSubsequence(
            "CommandCreated",
            "LeaseOffered",
            "LeaseGranted",
            "CommandAccepted",
            "CommandSent",
            "CommandGuardAccepted",
            "CommandFirstMotion",
            "CommandDone",
            "LeaseReleased");
    assertThat(command("c").evidence().errorRad()).isLessThan(0.02);
    assertThat(command("c").evidence().settledMillis()).isGreaterThanOrEqualTo(200);
    assertThat(state.lease()).isNull();
  }

  @Test
  void shouldNotSendAnythingBeforeTheAcceptanceIsDecided() {
    live();
    var asked = decide(move("c", "anna", 0.5, 1));
    assertThat(asked.atOnce()).isEmpty();
    assertThat(asked.effects()).hasSize(1).first().isInstanceOf(Effect.Grant.class);

    granted();
    assertThat(last.events()).anyMatch(e -> e instanceof Event.CommandAccepted);
    assertThat(last.effects()).containsExactly(new Effect.Motion("c"));
  }

  @Test
  void shouldKeepTheValuesThatItDecidedBy() {
    positions = new double[] {0.25, 9};
    live();
    decide(move("c", "anna", 0.5, 1));
    granted();

    var accepted =
        (Event.CommandAccepted)
            happened.stream().filter(e -> e instanceof Event.CommandAccepted).findFirst().get();
    assertThat(accepted.used().values()).containsOnlyKeys("left_elbow").containsValue(0.25);
    assertThat(accepted.used().sample().topic()).isEqualTo("/ada/joint_states");
    assertThat(accepted.used().sample().sequence()).isEqualTo(samplesAt);
  }

  @Test
  void shouldNameJointValueLimitAndTheLeastTimeThatPasses() {
    live();
    decide(move("c", "anna", 1.5, 0.5));

    assertThat(command("c").phase()).isEqualTo(Phase.REFUSED);
    assertThat(command("c").why())
        .isEqualTo(
            "joint left_elbow: from 0.000 to 1.500 rad in 0.500 s: peak velocity 4.500 rad/s, limit"
                + " 2.000; smallest --in that passes: 1.13s; not sent");
    decide(move("d", "anna", 1.5, 1.13));
    assertThat(command("d").phase()).isEqualTo(Phase.CREATED);
  }

  @Property(tries = 200)
  void shouldAcceptExactlyWhatItsOwnAdviceSays(
      @ForAll @DoubleRange(min = -1.9, max = 1.9) double to,
      @ForAll @DoubleRange(min = 0.05, max = 3) double seconds) {
    begin();
    live();
    decide(move("c", "anna", to, seconds));
    double least = Math.max(1.5 * Math.abs(to) / 2, Math.sqrt(6 * Math.abs(to) / 10));
    assertThat(command("c").phase() == Phase.REFUSED).isEqualTo(least > seconds);
    if (command("c").phase() != Phase.REFUSED) return;
    String why = command("c").why();
    String advice = why.replaceAll(".*that passes: ([0-9.]+)s.*", "$1");

    decide(move("d", "anna", to, Double.parseDouble(advice)));

    assertThat(command("d").phase()).as(why).isEqualTo(Phase.CREATED);
  }

  @Test
  void shouldCountWhatAWishTookOnItsWayToItsExpiry() {
    live();
    guard.setToken(token("b", 10_000));
    decide(asked("late", token("b", 7_900)));
    decide(asked("lost", token("a", 10_000)));
    decide(asked("ahead", token("b", 11_000)));
    assertThat(command("late").phase()).isEqualTo(Phase.EXPIRED);
    assertThat(command("late").why()).contains("2100 ms");
    assertThat(command("lost").code()).isEqualTo("tandem.command.other-boot");
    assertThat(command("ahead").code()).isEqualTo("tandem.command.future-token");

    decide(asked("good", token("b", 8_500)));
    granted();

    assertThat(command("good").startByMillis()).isEqualTo(500);
  }

  private static TimeToken token(String boot, long tick) {
    return TimeToken.newBuilder().setBootId(boot).setTickMillis(tick).build();
  }

  private static TwinCommand.Move asked(String id, TimeToken token) {
    return new TwinCommand.Move(id, "anna", joint("left_elbow", 0.5, 1), 2_000, token);
  }

  @Test
  void shouldRefuseWithTheReasonWhateverStandsAgainstMotion() {
    live();
    decide(move("a", "anna", 2.5, 1));
    decide(move("b", "anna", Double.NaN, 1));
    decide(new TwinCommand.Move("c", "anna", joint("third_elbow", 0.1, 1), 2_000));
    samplesAt = millis - 500;
    decide(move("d", "anna", 0.5, 1));
    samplesAt = millis;
    guardAt = millis - 1_500;
    decide(move("e", "anna", 0.5, 1));
    guardAt = millis;
    guard.setArmed(false);
    decide(move("f", "anna", 0.5, 1));
    guard.setArmed(true).setHighestSeen(Authority.newBuilder().setTerm(2));
    decide(move("g", "anna", 0.5, 1));
    guard.clearHighestSeen();
    positions = new double[] {Double.NaN, 0};
    decide(move("h", "anna", 0.5, 1));
    positions = new double[] {0, 0};
    reachable = false;
    decide(move("i", "anna", 0.5, 1));
    reachable = true;
    decide(new TwinCommand.Move("j", "anna", new Goal.Joint(JointGoal.getDefaultInstance()), 99));
    decide(move("k", "anna", 0.5, Double.NaN));

    assertThat(state.commands()).allMatch(c -> c.phase() == Phase.REFUSED);
    assertThat(state.commands().stream().map(CommandRecord::code))
        .containsExactly(
            "tandem.limit.position",
            "tandem.limit.position",
            "tandem.joint.unknown",
            "tandem.joints.stale",
            "tandem.guard.silent",
            "tandem.guard.unarmed",
            "tandem.guard.newer-term",
            "tandem.joint.not-finite",
            "tandem.guard.absent",
            "tandem.goal.duration",
            "tandem.goal.duration");
  }

  @Test
  void shouldNameTheHolderToWhoeverElseAsks() {
    live();
    decide(new TwinCommand.AcquireLease("ben", "body", 60_000));
    granted();
    decide(move("c", "anna", 0.5, 1));

    assertThat(command("c").code()).isEqualTo("tandem.lease.held");
    assertThat(command("c").why()).contains("held by ben");
    decide(new TwinCommand.AcquireLease("anna", "body", 60_000));
    assertThat(refusal()).contains("held by ben");
  }

  @Test
  void shouldNumberTheProfilesThatAreAcceptedAndRefuseOneWithoutATarget() {
    live();
    assertThat(state.accepted().profile().getVersion()).isEqualTo(1);
    assertThat(state.accepted().profile().getHash()).isEqualTo(state.accepted().hash());
    decide(
        new TwinCommand.Propose(
            profile("proposed").toBuilder()
                .clearJoint()
                .setMarginRad(0.1)
                .addAmbiguities("configured joint: topic /ada/nowhere: nobody subscribes to it")
                .build()));
    decide(new TwinCommand.AcceptProfile("anna"));
    assertThat(refusal()).contains("/ada/nowhere: nobody subscribes to it; not accepted");
    decide(new TwinCommand.Propose(profile("proposed").toBuilder().setMarginRad(0.1).build()));
    decide(new TwinCommand.AcceptProfile("anna"));

    assertThat(state.accepted().profile().getVersion()).isEqualTo(2);
    assertThat(state.accepted().by()).isEqualTo("anna");
  }

  @Test
  void shouldCompleteATakeOnlyWhenTheGuardAcknowledgesIt() {
    live();
    decide(new TwinCommand.AcquireLease("ben", "body", 60_000));
    granted();
    long epoch = state.lease().epoch();
    decide(new TwinCommand.TakeLease("anna", "body", 60_000, "ben is asleep"));

    assertThat(state.lease().holder()).isEqualTo("ben");
    assertThat(last.effects()).hasSize(1).first().isInstanceOf(Effect.Revoke.class);
    decide(new TwinCommand.RevokeAnswered(state.offered().epoch(), true, "", ""));
    assertThat(state.lease()).isNull();
    assertThat(last.effects()).hasSize(1).first().isInstanceOf(Effect.Grant.class);
    granted();
    assertThat(state.lease().holder()).isEqualTo("anna");
    assertThat(state.lease().epoch()).isGreaterThan(epoch);
    assertThat(names()).contains("LeaseTaken");
  }

  @Test
  void shouldNeverOfferAnEpochThatTheGuardHasSeen() {
    live();
    guard.setHighestSeen(Authority.newBuilder().setTerm(1).setEpoch(41));
    decide(new TwinCommand.AcquireLease("ben", "body", 60_000));

    assertThat(state.offered().epoch()).isEqualTo(42);
    decide(new TwinCommand.GrantAnswered(42, false, "tandem.guard.no-answer", "none"));
    decide(new TwinCommand.AcquireLease("ben", "body", 60_000));
    assertThat(state.offered().epoch()).isEqualTo(43);
  }

  @Test
  void shouldLetALeaseExpireAndKeepOneThatIsRenewed() {
    live();
    decide(new TwinCommand.AcquireLease("ben", "body", 1_000));
    granted();
    after(900);
    decide(new TwinCommand.KeepLease("ben"));
    after(900);
    assertThat(state.lease()).isNotNull();
    after(300);
    assertThat(state.lease()).isNull();
    assertThat(names()).contains("LeaseExpired");
  }

  @Test
  void shouldTellTheGuardFourTimesASecondThatTheLeaseIsValid() {
    live();
    decide(new TwinCommand.AcquireLease("ben", "body", 60_000));
    granted();
    int sent = 0;
    for (int i = 0; i < 40; i++) {
      sent += (int) after(50).effects().stream().filter(Effect.Tell.class::isInstance).count();
    }
    assertThat(sent).isBetween(8, 10); // 2 s; some carry the profile
  }

  @Test
  void shouldTurnSilentEndOpenCommandsAsUnknownAndGoOnByItself() {
    live();
    executing("c");
    millis += 1_500;
    guardAt = millis;
    decide(new TwinCommand.Review());

    assertThat(state.mode()).isEqualTo(TwinState.Mode.SILENT);
    assertThat(command("c").phase()).isEqualTo(Phase.UNKNOWN);
    assertThat(last.atOnce()).isNotEmpty(); // the guard is told to cancel
    decide(move("d", "anna", 0.5, 1));
    assertThat(command("d").code()).isEqualTo("tandem.robot.silent");
    happened.clear();
    after(100);
    assertThat(names()).containsExactly("ContactMade");
    assertThat(last.effects()).noneMatch(Effect.Motion.class::isInstance);
  }

  @Test
  void shouldFailACommandThatDoesNotArrive() {
    live();
    executing("c");
    for (int i = 0; i < 120; i++) after(50);

    assertThat(command("c").phase()).isEqualTo(Phase.FAILED);
    assertThat(command("c").why()).contains("joint left_elbow is at 0.0000 rad, goal 0.5000 rad");
    assertThat(command("c").evidence().errorRad()).isEqualTo(0.5);
  }

  @Test
  void shouldExpireWhatTheGuardNeverTookUp() {
    live();
    decide(move("c", "anna", 0.5, 1));
    granted();
    decide(new TwinCommand.MotionAnswered("c", false, false, "", "", NOON, NOON));
    for (int i = 0; i < 60; i++) after(50);

    assertThat(command("c").phase()).isEqualTo(Phase.EXPIRED);
  }

  @Test
  void shouldLetTheNewerCommandOfTheSameHolderWin() {
    live();
    decide(new TwinCommand.AcquireLease("anna", "body", 60_000));
    granted();
    decide(move("a", "anna", 0.5, 1));
    guardAccepts("a");
    decide(move("b", "anna", 0.2, 1));

    assertThat(command("a").phase()).isEqualTo(Phase.SUPERSEDED);
    assertThat(command("b").phase()).isEqualTo(Phase.ACCEPTED);
    assertThat(command("b").sequenceInEpoch()).isEqualTo(command("a").sequenceInEpoch() + 1);
  }

  @Test
  void shouldLatchAStopCancelEverythingAndSayWhenItIsInEffect() {
    live();
    executing("c");
    velocities = new double[] {0.5, 0};
    decide(new TwinCommand.Stop("s", "ben", "look out", NOON));

    assertThat(command("c").phase()).isEqualTo(Phase.CANCELLED);
    decide(move("d", "anna", 0.5, 1));
    assertThat(command("d").code()).isEqualTo("tandem.stop.latched");
    decide(new TwinCommand.EndAnswered("", 1, true, ""));
    decide(new TwinCommand.EndAnswered("c", 0, true, "tandem.guard.not-running"));
    after(100);
    assertThat(last.atOnce()).hasSize(1).first().isInstanceOf(Effect.Stop.class);
    decide(new TwinCommand.StopAnswered("s"));
    after(100);
    assertThat(last.atOnce()).isEmpty();
    assertThat(state.stop().inEffect()).isFalse();
    velocities = new double[] {0, 0};
    base(0, 0.3, 0);
    after(20);
    after(320);
    assertThat(state.stop().inEffect()).as("its base still drives").isFalse();
    base(0, 0, 0);
    after(20);
    after(320);
    assertThat(state.stop().inEffect()).isTrue();
  }

  @Test
  void shouldNotSayThatAStopIsReceivedOrInEffectBeforeTheGuardHasIt() {
    live();
    reachable = false;
    decide(new TwinCommand.Stop("s", "ben", "look out", NOON));
    for (int i = 0; i < 20; i++) {
      millis += 50;
      samplesAt = millis; // the joints are still, as they were before
      decide(new TwinCommand.Review());
    }
    var view = TwinViews.stop(state, seen().guard());
    assertThat(view.getLatched()).isTrue();
    assertThat(view.getConfirmed()).isFalse();
    assertThat(view.getInEffect()).isFalse();
    assertThat(names()).doesNotContain("StopInEffect", "StopLatched");

    reachable = true;
    after(50);
    assertThat(last.atOnce()).contains(new Effect.Stop("s", "ben", "look out"));
    decide(new TwinCommand.StopAnswered("s"));
    assertThat(TwinViews.stop(state, seen().guard()).getConfirmed()).isTrue();
    after(20);
    assertThat(state.stop().inEffect()).as("not yet still for 300 ms").isFalse();
    after(320);
    assertThat(TwinViews.stop(state, seen().guard()).getInEffect()).isTrue();
    assertThat(names()).containsSubsequence("StopRequested", "StopLatched", "StopInEffect");
  }

  @Test
  void shouldKnowWhoStoppedThoughTheGuardsAnswerCameFirst() {
    live();
    decide(new TwinCommand.StopAnswered("s"));
    assertThat(last.events()).isEmpty();
    decide(new TwinCommand.Stop("s", "ben", "look out", NOON));

    assertThat(state.stop().by()).isEqualTo("ben");
    assertThat(state.stop().why()).isEqualTo("look out");
    guard.setStopLatched(true).setStopBy("ben").setStopWhy("look out");
    after(50);
    assertThat(state.stop().confirmed()).isTrue();
  }

  @Test
  void shouldReleaseAStopOnlyWithAReasonAndTheGuardsWord() {
    live();
    decide(new TwinCommand.Stop("s", "ben", "look out", NOON));
    decide(new TwinCommand.StopAnswered("s"));
    decide(new TwinCommand.ReleaseStop("ben", " "));
    assertThat(refusal()).contains("needs a reason");
    decide(new TwinCommand.ReleaseStop("ben", "all clear"));
    assertThat(state.stop().latched()).isTrue();
    decide(new TwinCommand.ReleaseAnswered("ben", "all clear", false, "x", "no"));
    assertThat(state.stop().latched()).isTrue();
    decide(new TwinCommand.ReleaseAnswered("ben", "all clear", true, "", ""));
    assertThat(state.stop().latched()).isFalse();
  }

  @Test
  void shouldShowAStopThatOnlyTheGuardKnows() {
    live();
    guard.setStopLatched(true).setStopBy("key switch").setStopWhy("pressed");
    after(50);

    assertThat(state.stop().latched()).isTrue();
    assertThat(state.stop().by()).isEqualTo("key switch");
    assertThat(state.stop().confirmed()).isTrue();
  }

  @Test
  void shouldJournalTheGuardsLogInOrderAndOnce() {
    live();
    var first = GuardLogRecord.newBuilder().setNumber(7).setKind("started").build();
    decide(new TwinCommand.TakeLog(first));
    decide(new TwinCommand.TakeLog(first));
    decide(new TwinCommand.TakeLog(first.toBuilder().setNumber(9).build()));

    assertThat(refusal()).contains("expected 8, found 9");
    assertThat(happened).containsExactly(new Event.GuardLogged(first));
  }

  @Test
  void shouldJournalSeveralRecordsOfTheGuardAtOnceUpToAGap() {
    live();
    var seven = GuardLogRecord.newBuilder().setNumber(7).setKind("started").build();
    var eight = seven.toBuilder().setNumber(8).build();
    var ten = seven.toBuilder().setNumber(10).build();
    decide(new TwinCommand.TakeLog(List.of(seven, eight, ten)));

    assertThat(last.events())
        .as("one decision, one commit")
        .containsExactly(new Event.GuardLogged(seven), new Event.GuardLogged(eight));
    assertThat(refusal()).contains("expected 9, found 10");
  }

  /** Found by {@code drill authority}: seed 16501 of its first 100,000. */
  @Test
  void shouldBelieveTheLogWhereTheStatusIsOlderThanIt() {
    live();
    guard.setStopLatched(true).setLogHead(7);
    decide(new TwinCommand.TakeLog(logged(8, "stop", "b")));
    assertThat(state.stop().latched()).isTrue();

    decide(new TwinCommand.TakeLog(logged(9, "release", "b")));

    assertThat(state.stop().latched()).isFalse();
  }

  @Test
  void shouldBelieveTheStatusWhereItIsNewerThanTheLog() {
    live();
    guard.setStopLatched(false).setLogHead(9);
    decide(new TwinCommand.TakeLog(logged(8, "stop", "b")));
    assertThat(state.stop().latched()).as("a release is behind it").isFalse();
  }

  @Test
  void shouldRefuseMotionWhileSamplesAreNotRecorded() {
    live();
    decide(
        new TwinCommand.Record(new Event.HazardRaised("not-recorded", "error", "no space left")));
    decide(move("c", "anna", 0.1, 1));

    assertThat(command("c").code()).isEqualTo("tandem.recorder.failed");
    decide(new TwinCommand.Record(new Event.HazardCleared("not-recorded", "written again")));
    decide(move("d", "anna", 0.1, 1));
    assertThat(state.offered()).isNotNull();
  }

  private static GuardLogRecord logged(long number, String kind, String boot) {
    return GuardLogRecord.newBuilder()
        .setNumber(number)
        .setKind(kind)
        .setBy("cleo")
        .setToken(TimeToken.newBuilder().setBootId(boot))
        .build();
  }

  @Test
  void shouldRefuseMotionUntilAGuardThatLostItsStateIsRearmed() {
    live();
    executing("c");
    guard.setArmed(false);
    decide(new TwinCommand.TakeLog(logged(1, "lost-state", "b")));

    assertThat(state.leases()).isEmpty();
    assertThat(command("c").phase()).isEqualTo(Phase.CANCELLED);
    decide(move("d", "anna", 0.1, 1));
    assertThat(command("d").code()).isEqualTo("tandem.guard.unarmed");
    decide(new TwinCommand.Rearm("cleo", " "));
    assertThat(refusal()).contains("needs a reason");
    decide(new TwinCommand.Rearm("cleo", "robot on its gantry"));
    assertThat(last.effects())
        .containsExactly(
            new Effect.Rearm(
                state.highestEpoch(), "cleo", "robot on its gantry", guard.getToken()));
    decide(new TwinCommand.RearmAnswered("cleo", "robot on its gantry", false, "x", "no"));
    assertThat(state.alarms().get("guard-lost-state").isUp()).isTrue();
    decide(new TwinCommand.RearmAnswered("cleo", "robot on its gantry", true, "", ""));
    guard.setArmed(true);
    assertThat(state.alarms().get("guard-lost-state").isUp()).isFalse();
    decide(move("e", "anna", 0.1, 1));
    assertThat(state.offered().epoch()).isGreaterThan(1);
  }

  @Test
  void shouldNotTrustAGuardThatBeginsItsLogAnew() {
    live();
    for (int n = 1; n <= 5; n++) decide(new TwinCommand.TakeLog(logged(n, "started", "old")));
    guard.setLogHead(5);
    guard.getTokenBuilder().setBootId("old");
    decide(new TwinCommand.TakeLog(logged(1, "started", "old")));
    assertThat(names()).as("it only comes again").doesNotContain("HazardRaised");

    guard.setLogHead(2);
    guard.getTokenBuilder().setBootId("new");
    decide(new TwinCommand.TakeLog(logged(1, "started", "new")));
    decide(new TwinCommand.TakeLog(logged(2, "configured", "new")));

    assertThat(state.guardLogNumber()).isEqualTo(2);
    decide(move("c", "anna", 0.1, 1));
    assertThat(command("c").code()).isEqualTo("tandem.guard.unarmed");
    decide(new TwinCommand.Rearm("cleo", "a new computer"));
    decide(new TwinCommand.RearmAnswered("cleo", "a new computer", true, "", ""));
    decide(move("d", "anna", 0.1, 1));
    assertThat(state.offered()).isNotNull();
  }

  @Test
  void shouldSendNothingAgainAfterItWasRebuilt() {
    live();
    executing("c");
    decide(move("d", "ben", 0.5, 1));
    tracking = Tracking.START;
    decide(new TwinCommand.Awake());

    assertThat(command("c").phase()).isEqualTo(Phase.UNKNOWN);
    assertThat(last.effects()).noneMatch(Effect.Motion.class::isInstance);
    assertThat(state.lease()).isNull();
  }

  @Test
  void shouldNoticeAFallAndGettingUp() {
    live();
    after(50);
    after(250);
    assertThat(state.body()).isEqualTo("standing");
    tilt = 1.4;
    after(50);
    after(250);
    assertThat(state.body()).isEqualTo("fallen");
    assertThat(state.alarms().get("fallen").isUp()).isTrue();
    decide(move("c", "anna", 0.5, 1));
    assertThat(command("c").code()).isEqualTo("tandem.body.fallen");
    tilt = 0.1;
    after(50);
    after(250);
    assertThat(state.alarms().get("fallen").isUp()).isFalse();
  }

  @Test
  void shouldBelieveTheGuardWhetherABodyFarBelowItsHighestHasFallen() {
    live(hands(true));
    base(0, 0, 0);
    after(50);
    after(250);
    guard.setBody("walking");
    height(0.3);
    after(50);
    after(250);
    assertThat(state.body()).as("down the stairs").isEqualTo("standing");

    guard.setBody("fallen");
    after(50);
    after(250);

    assertThat(state.body()).isEqualTo("fallen");
  }

  @Test
  void shouldEndWhatRunsWhenTheBodyIsDownThoughItIsUpright() {
    live(hands(true));
    base(0, 0, 0);
    after(50);
    after(250);
    decide(new TwinCommand.AcquireLease("anna", "arms", 600_000));
    granted();
    decide(move("c", "anna", 0.5, 1));
    guardAccepts("c");
    decide(stream("v", "ben", "velocity"));
    granted();
    guardAccepts("v");
    assertThat(state.openCommands()).hasSize(2);
    height(0.3);
    after(50);
    after(250);

    assertThat(state.body()).isEqualTo("fallen");
    for (String id : List.of("c", "v")) {
      assertThat(command(id).phase()).as(id).isEqualTo(Phase.FAILED);
      assertThat(command(id).code()).isEqualTo("tandem.command.fallen");
      assertThat(command(id).why()).contains("ada has fallen");
      assertThat(last.atOnce()).as(id).anyMatch(effect -> isCancelOf(effect, id));
    }
    assertThat(state.leaseOf(command("v").epoch())).as("its one lease").isNull();
    after(150);
    assertThat(last.atOnce()).as("until the guard answers").anyMatch(one -> isCancelOf(one, "v"));
    decide(new TwinCommand.EndAnswered("v", 0, true, ""));
    decide(new TwinCommand.EndAnswered("c", 0, true, ""));
    after(150);
    assertThat(last.atOnce()).noneMatch(one -> isCancelOf(one, "v") || isCancelOf(one, "c"));
  }

  private static boolean isCancelOf(Effect effect, String id) {
    return effect instanceof Effect.End(var ending)
        && ending instanceof Effect.Ending.OfCommand one
        && one.id().equals(id);
  }

  @Test
  void shouldReportAForeignPublisherOnceAndNotFloodTheJournal() {
    live();
    for (int i = 0; i < 1_000; i++) {
      decide(new TwinCommand.SeeForeign("/ada/joint_trajectory", "3f2a", true));
    }
    for (int i = 0; i < 1_000; i++) {
      decide(new TwinCommand.SeeForeign("/ada/joint_trajectory", "peer " + i, true));
    }

    assertThat(happened).hasSizeLessThanOrEqualTo(64);
    assertThat(state.alarms().get("foreign-authority").text()).contains("/ada/joint_trajectory");
  }

  @Test
  void shouldWaitForAPersonWhereTheProfileIsOnlyProposed() {
    decide(new TwinCommand.Admit("", "tcp/1", "/ada", 0));
    decide(new TwinCommand.Propose(profile("proposed")));
    decide(move("c", "anna", 0.5, 1));
    assertThat(command("c").code()).isEqualTo("tandem.profile.missing");

    decide(new TwinCommand.AcceptProfile("anna"));
    decide(move("d", "anna", 0.5, 1));
    assertThat(command("d").phase()).isEqualTo(Phase.CREATED);
  }

  @Test
  void shouldNeverMoveADream() {
    decide(new TwinCommand.Admit("ada-real", "embedded", "/ada", 0));
    decide(move("c", "anna", 0.5, 1));

    assertThat(command("c").code()).isEqualTo("tandem.robot.dream");
    decide(new TwinCommand.AcquireLease("anna", "body", 1_000));
    assertThat(refusal()).contains("is a dream");
  }

  @Property(tries = 100)
  void shouldGiveTheSameDigestThroughASnapshotAsThroughTheEvents(
      @ForAll @Size(min = 1, max = 40) List<@IntRange(min = 0, max = 11) Integer> steps) {
    begin();
    live();
    int id = 0;
    for (int step : steps) {
      switch (step) {
        case 0 -> decide(move("c" + id++, "anna", 0.1 * (id % 9), 1));
        case 1 -> {
          if (state.offered() != null) granted();
        }
        case 2 -> state.openCommands().forEach(c -> guardAccepts(c.id()));
        case 3 -> after(50);
        case 4 -> positions = new double[] {0.1 * (id % 9), 0};
        case 5 -> decide(new TwinCommand.Stop("s" + id++, "ben", "x", NOON));
        case 6 -> decide(new TwinCommand.ReleaseAnswered("ben", "ok", true, "", ""));
        case 7 -> decide(new TwinCommand.AcquireLease("anna", "body", 500));
        case 8 -> decide(new TwinCommand.TakeLease("ben", "body", 500, "why not"));
        case 9 -> millis += 1_200;
        case 10 -> decide(new TwinCommand.LoseContact("cable"));
        default -> decide(new TwinCommand.Admit("", "tcp/2", "/ada", 0));
      }
    }
    assertThat(TwinImages.digest(TwinImages.restore(TwinImages.snapshot(state))))
        .isEqualTo(TwinImages.digest(state));
    assertThat(TwinImages.restore(TwinImages.snapshot(state))).isEqualTo(state);
    var folded = TwinState.empty("ada", 1);
    assertThat(folded.isKnown()).isFalse();
    assertThat(state.openCommands()).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void shouldRefuseABrokenChain() {
    var begun =
        SealedEvent.seal(
            "ada",
            1,
            1,
            NOON,
            SealedEvent.NO_HASH,
            new Event.TermBegun(1, 0, 0, ByteString.EMPTY, "home", "test"));
    var one = TwinFold.evolve(TwinState.empty("ada", 1), begun);
    var note = new Event.OperatorAction("anna", "note", "x");

    assertThatThrownBy(
            () ->
                TwinFold.evolve(
                    one, SealedEvent.seal("ada", 1, 2, NOON + 1, SealedEvent.NO_HASH, note)))
        .isInstanceOf(CorruptEvent.class)
        .hasMessageContaining("sequence 2")
        .hasMessageContaining("previous hash");
    assertThatThrownBy(
            () ->
                TwinFold.evolve(one, SealedEvent.seal("ada", 1, 3, NOON + 1, one.headHash(), note)))
        .hasMessageContaining("expected robot ada term 1 sequence 2");
    assertThat(Arrays.asList(TwinState.Mode.values())).hasSize(3);
  }
}
