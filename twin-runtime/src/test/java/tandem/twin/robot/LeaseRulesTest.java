package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.proto.event.Event;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardLogRecord;
import tandem.twin.robot.CommandRecord.Phase;

/** Who holds what, and how it changes hands. */
class LeaseRulesTest extends CoreStage {
  private void acquire(String by, String part) {
    decide(new TwinCommand.AcquireLease(by, part, 60_000));
    granted();
  }

  private void revoked() {
    decide(new TwinCommand.RevokeAnswered(state.offered().epoch(), true, "", ""));
  }

  private String code() {
    return ((TwinReply.Refused) ((Decision.Answer.Now) last.answer()).reply()).code();
  }

  private String holder(String part) {
    var lease = state.leases().get(part);
    return lease == null ? null : lease.holder();
  }

  @Test
  void shouldGiveIndependentPartsToDifferentPeopleWithRisingEpochs() {
    live(hands(true));
    acquire("anna", "arms");
    long arms = state.leases().get("arms").epoch();
    acquire("ben", "locomotion");

    assertThat(holder("arms")).isEqualTo("anna");
    assertThat(holder("locomotion")).isEqualTo("ben");
    assertThat(state.leases().get("locomotion").epoch()).isGreaterThan(arms);
    decide(new TwinCommand.AcquireLease("eve", "body", 60_000));
    assertThat(code()).isEqualTo("tandem.lease.held");
    decide(new TwinCommand.AcquireLease("ben", "arms", 60_000));
    assertThat(refusal()).contains("(arms) is held by anna");
  }

  @Test
  void shouldNumberTheCommandsOfEachLeaseForItself() {
    live(hands(true));
    acquire("anna", "arms");
    acquire("ben", "locomotion");
    decide(move("a1", "anna", 0.1, 1));
    decide(stream("b1", "ben", "velocity"));
    decide(move("a2", "anna", 0.2, 1));

    assertThat(command("a1").sequenceInEpoch()).isEqualTo(1);
    assertThat(command("b1").sequenceInEpoch()).isEqualTo(1);
    assertThat(command("a2").sequenceInEpoch()).isEqualTo(2);
    assertThat(command("a1").phase()).isEqualTo(Phase.SUPERSEDED);
    assertThat(command("b1").phase()).as("another part").isEqualTo(Phase.ACCEPTED);
  }

  @Test
  void shouldRefuseAPartWhereTheProfileDoesNotSayThatPartsAreIndependent() {
    live(hands(false));
    decide(new TwinCommand.AcquireLease("anna", "arms", 60_000));

    assertThat(code()).isEqualTo("tandem.lease.part");
    assertThat(refusal()).contains("expected body, found arms");
    decide(new TwinCommand.AcquireLease("anna", "tail", 60_000));
    assertThat(refusal()).contains("expected body, arms or locomotion, found 'tail'");
  }

  @Test
  void shouldSayWhichPartACommandNeeds() {
    live(hands(true));
    acquire("anna", "arms");
    decide(stance("s", "anna", "squat"));

    assertThat(command("s").code()).isEqualTo("tandem.lease.part");
    assertThat(command("s").why()).contains("stance needs the body").contains("holds the arms");
    decide(stream("v", "anna", "velocity"));
    assertThat(command("v").phase()).as("locomotion is free").isEqualTo(Phase.CREATED);
  }

  @Test
  void shouldWidenItsOwnLeaseAndEndTheNarrowOne() {
    live(hands(true));
    acquire("anna", "arms");
    decide(move("a", "anna", 0.1, 1));
    acquire("anna", "body");

    assertThat(state.leases()).containsOnlyKeys("body");
    assertThat(command("a").phase()).isEqualTo(Phase.CANCELLED);
  }

  @Test
  void shouldBringTheRobotToHoldBeforeATakeIsGranted() {
    live(hands(false));
    acquire("ben", "body");
    decide(move("b", "ben", 0.1, 1));
    guardAccepts("b");
    decide(new TwinCommand.TakeLease("anna", "body", 60_000, "ben is asleep"));
    var revoke = (Effect.Revoke) last.effects().getFirst();
    assertThat(revoke.revoked()).isEqualTo(state.lease().epoch());
    assertThat(command("b").phase()).isEqualTo(Phase.EXECUTING);
    decide(move("c", "ben", 0.2, 1));
    assertThat(command("c").code()).isEqualTo("tandem.lease.pending");

    revoked();

    assertThat(command("b").phase()).isEqualTo(Phase.CANCELLED);
    assertThat(state.leases()).as("nobody, until the guard grants").isEmpty();
    granted();
    assertThat(holder("body")).isEqualTo("anna");
    assertThat(names()).containsSubsequence("LeaseOffered", "LeaseReleased", "LeaseTaken");
  }

  /** Found by {@code drill authority}: seed 22 of its first version. */
  @Test
  void shouldEndAnOfferWhoseAnswerWasLost() {
    live(hands(false));
    decide(new TwinCommand.AcquireLease("anna", "body", 60_000));
    long epoch = state.offered().epoch();

    after(4_900);
    assertThat(state.offered()).isNotNull();
    after(200);

    assertThat(state.offered()).as("the journal could not take the answer").isNull();
    assertThat(last.effects())
        .contains(new Effect.End(new Effect.Ending.OfLease(epoch, "body", "not granted")));
    decide(new TwinCommand.AcquireLease("ben", "body", 60_000));
    assertThat(state.offered().epoch()).isEqualTo(epoch + 1);
  }

  @Test
  void shouldLeaveTheHolderWhereTheGuardDoesNotAnswerTheRevocation() {
    live(hands(false));
    acquire("ben", "body");
    long epoch = state.lease().epoch();
    decide(new TwinCommand.TakeLease("anna", "body", 60_000, "ben is asleep"));
    decide(
        new TwinCommand.RevokeAnswered(
            state.offered().epoch(), false, "tandem.guard.no-answer", "none in 2 s"));

    assertThat(holder("body")).isEqualTo("ben");
    assertThat(state.offered()).isNull();

    decide(
        new TwinCommand.TakeLog(
            GuardLogRecord.newBuilder()
                .setNumber(1)
                .setKind("revoke")
                .setAuthority(Authority.newBuilder().setTerm(1).setEpoch(epoch))
                .setWhy("taken by anna")
                .build()));
    assertThat(state.leases()).as("the guard had revoked it after all").isEmpty();
    assertThat(names()).contains("LeaseExpired");
  }

  @Test
  void shouldShowAWishAndHandOverToWhoeverWished() {
    live(hands(false));
    acquire("ben", "body");
    decide(new TwinCommand.HandOver("ben", "anna", "", 60_000));
    assertThat(code()).isEqualTo("tandem.lease.no-wish");
    decide(new TwinCommand.WishLease("anna", "", "my turn"));
    assertThat(state.wishes()).extracting(TwinState.Wish::by).containsExactly("anna");
    decide(new TwinCommand.HandOver("eve", "anna", "", 60_000));
    assertThat(code()).isEqualTo("tandem.lease.lost");
    decide(new TwinCommand.HandOver("ben", "anna", "", 60_000));
    assertThat(holder("body")).as("until the guard has granted").isEqualTo("ben");

    granted();

    assertThat(holder("body")).isEqualTo("anna");
    assertThat(state.wishes()).isEmpty();
    assertThat(names())
        .containsSubsequence(
            "LeaseWished", "LeaseOffered", "LeaseReleased", "LeaseTaken", "LeaseWishEnded");
  }

  @Test
  void shouldLetAWishLapseAfterAMinuteOrBeWithdrawn() {
    live(hands(false));
    acquire("ben", "body");
    decide(new TwinCommand.WishLease("anna", "body", "my turn"));
    decide(new TwinCommand.WishLease("anna", "body", "my turn"));
    decide(new TwinCommand.WishLease("eve", "body", "mine"));
    decide(new TwinCommand.WithdrawWish("eve", ""));
    assertThat(state.wishes()).hasSize(1);
    for (int i = 0; i < 59; i++) {
      after(1_000);
      decide(new TwinCommand.KeepLease("ben"));
    }
    assertThat(state.wishes()).hasSize(1);
    after(1_500);

    assertThat(state.wishes()).isEmpty();
    assertThat(happened)
        .contains(
            new Event.LeaseWishEnded("eve", "body", "withdrawn"),
            new Event.LeaseWishEnded("anna", "body", "lapsed"));
    assertThat(happened.stream().filter(e -> e instanceof Event.LeaseWished)).hasSize(2);
  }

  @Test
  void shouldLetOnlyTheHolderDeclineAWish() {
    live(hands(false));
    acquire("ben", "body");
    decide(new TwinCommand.WishLease("anna", "body", "my turn"));
    decide(new TwinCommand.DeclineWish("eve", "anna", "body"));
    assertThat(code()).isEqualTo("tandem.lease.not-holder");
    assertThat(state.wishes()).hasSize(1);
    decide(new TwinCommand.DeclineWish("ben", "anna", "body"));

    assertThat(state.wishes()).isEmpty();
    assertThat(happened).contains(new Event.LeaseWishEnded("anna", "body", "refused"));
    assertThat(holder("body")).isEqualTo("ben");
  }

  @Test
  void shouldBoundTheWishesAndAskNobodyWhereNobodyHolds() {
    live(hands(false));
    decide(new TwinCommand.WishLease("anna", "body", "x"));
    assertThat(code()).isEqualTo("tandem.lease.free");
    acquire("ben", "body");
    for (int i = 0; i < 40; i++) decide(new TwinCommand.WishLease("n" + i, "body", "x"));

    assertThat(state.wishes()).hasSize(16);
    assertThat(code()).isEqualTo("tandem.lease.wishes");
  }

  @Test
  void shouldLetAPersonTakeFromAutonomyButNeverAutonomyFromAPerson() {
    live(hands(false));
    acquire("ben", "body");
    decide(new TwinCommand.TakeLease("autonomy/walk", "body", 60_000, "mission 7"));
    assertThat(refusal()).contains("takes nothing from a person").contains("held by ben");
    decide(new TwinCommand.WishLease("autonomy/walk", "body", "mission 7"));
    decide(new TwinCommand.HandOver("ben", "autonomy/walk", "", 60_000));
    granted();
    assertThat(holder("body")).isEqualTo("autonomy/walk");

    decide(stream("v", "ben", "velocity"));
    assertThat(command("v").code()).as("not silently").isEqualTo("tandem.lease.held");
    decide(new TwinCommand.TakeLease("ben", "body", 60_000, "too fast"));
    revoked();
    granted();
    assertThat(holder("body")).isEqualTo("ben");
  }

  @Test
  void shouldReleaseAllOrOnePartAndTellTheGuardAtOnce() {
    live(hands(true));
    acquire("anna", "arms");
    acquire("anna", "locomotion");
    decide(new TwinCommand.ReleaseLease("anna", "arms"));
    assertThat(state.leases()).containsOnlyKeys("locomotion");
    assertThat(((Effect.End) last.atOnce().getFirst()).ending())
        .isInstanceOfSatisfying(
            Effect.Ending.OfLease.class, it -> assertThat(it.part()).isEqualTo("arms"));
    decide(new TwinCommand.ReleaseLease("ben", ""));
    assertThat(code()).isEqualTo("tandem.lease.held");
    decide(new TwinCommand.ReleaseLease("anna", ""));
    assertThat(state.leases()).isEmpty();
  }

  @Test
  void shouldKeepTheGuardsKeepAliveNumberRisingThroughARestart() {
    live(hands(false));
    acquire("anna", "body");
    long before = keepAlive();
    tracking = Tracking.START;
    decide(new TwinCommand.Awake());
    after(300);

    assertThat(keepAlive()).isGreaterThan(before);
  }

  private long keepAlive() {
    for (int i = 0; i < 40; i++) {
      for (Effect effect : after(50).effects()) {
        if (effect instanceof Effect.Tell(var request) && request.hasKeepAlive()) {
          return request.getKeepAlive().getCounter();
        }
      }
    }
    throw new AssertionError("no keep-alive in 2 s");
  }

  @Test
  void shouldShowEveryLeaseWithTheFreshnessOfItsHolderAndTheWishes() {
    live(hands(true));
    acquire("anna", "arms");
    acquire("ben", "locomotion");
    decide(new TwinCommand.WishLease("eve", "arms", "mine"));
    millis += 400;
    decide(new TwinCommand.KeepLease("ben"));

    var view = TwinViews.lease(state, seen().guard(), tracking.pulses(), millis * 1_000_000);

    assertThat(view.getPartsList())
        .extracting(p -> p.getPart() + " " + p.getHolder())
        .containsExactly("arms anna", "locomotion ben");
    assertThat(view.getParts(0).getKeepAliveAgeMs()).isEqualTo(400);
    assertThat(view.getParts(1).getKeepAliveAgeMs()).isZero();
    assertThat(view.getParts(0).getExpiresInMs()).isEqualTo(59_600);
    assertThat(view.getHolder()).isEqualTo("anna");
    assertThat(view.getPart()).isEqualTo("arms");
    assertThat(view.getWishesList()).extracting(w -> w.getBy()).containsExactly("eve");
  }

  @Test
  void shouldReadAnImageFromBeforeLeasesHadParts() throws Exception {
    live(hands(false));
    acquire("anna", "body");
    decide(move("a", "anna", 0.1, 1));
    var image = tandem.proto.v1.StoredEvents.TwinImage.parseFrom(TwinImages.toBytes(state));
    var old =
        image.toBuilder()
            .setLease(image.getLease().toBuilder().clearSequenceInEpoch())
            .setSequenceInEpoch(1)
            .build();

    assertThat(TwinImages.fromBytes(old.toByteArray())).isEqualTo(state);
  }

  /** Ten times in so long, ms; how often the guard was told that the holder is there. */
  private int told(long millis) {
    int told = 0;
    for (int i = 0; i < 10; i++) {
      after(millis / 10);
      for (Effect effect : last.effects()) {
        if (effect instanceof Effect.Tell(var request) && request.hasKeepAlive()) told++;
      }
    }
    return told;
  }

  private void moving(long forMillis) {
    live();
    decide(new TwinCommand.AcquireLease("anna", "body", forMillis));
    granted();
    decide(move("c", "anna", 1.5, 20));
    guardAccepts("c");
  }

  @Test
  void shouldTellTheGuardNoMoreThatASilentConsoleIsThereAndKeepItsLease() {
    moving(4_000);
    decide(new TwinCommand.KeepLease("anna"));
    assertThat(told(1_000)).isGreaterThanOrEqualTo(3);
    assertThat(told(2_000)).as("it was silent for a second").isZero();
    assertThat(holder("body")).isEqualTo("anna");

    decide(new TwinCommand.KeepLease("anna"));
    assertThat(told(500)).as("it is back").isPositive();
  }

  @Test
  void shouldTellTheGuardOfALeaseThatNeedsNoKeepAlives() {
    moving(60_000);
    told(2_000);

    assertThat(told(1_000)).as("from the command line").isGreaterThanOrEqualTo(3);

    decide(new TwinCommand.KeepLease("anna"));
    told(2_000);
    assertThat(told(1_000)).as("kept alive now and then").isGreaterThanOrEqualTo(3);
  }

  @Test
  void shouldTellTheGuardOfASilentConsoleWhileNothingRuns() {
    live();
    decide(new TwinCommand.AcquireLease("anna", "body", 4_000));
    granted();
    decide(new TwinCommand.KeepLease("anna"));
    told(2_000);

    assertThat(told(1_000)).isGreaterThanOrEqualTo(3);
  }
}
