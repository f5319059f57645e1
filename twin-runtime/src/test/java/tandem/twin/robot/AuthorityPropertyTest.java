package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.v1.Authority;

/**
 * Two operators and an autonomy client against one twin and one guard, in any order, with answers
 * that are lost, late or swapped and a twin that is rebuilt: nobody holds what another holds, no
 * epoch comes twice, every offer ends, and the guard never accepts a command of an authority that
 * it has ended.
 */
class AuthorityPropertyTest extends CoreStage {
  private static final List<String> NAMES = List.of("anna", "ben", "autonomy/walk");
  private static final List<String> PARTS = List.of("body", "arms", "locomotion", "");

  /** The guard's side, by the wire's words: highest seen and what was revoked, by part. */
  private static final class Ends {
    private long highest;
    private final java.util.Map<String, Long> granted = new java.util.TreeMap<>();

    boolean grant(long epoch, String part) {
      if (epoch <= highest) return false;
      highest = epoch;
      granted.keySet().removeIf(p -> Parts.overlap(p, part));
      granted.put(part, epoch);
      return true;
    }

    void revoke(long epoch, String part) {
      granted
          .entrySet()
          .removeIf(
              e -> e.getValue() <= epoch && (part.isEmpty() || Parts.overlap(e.getKey(), part)));
    }
  }

  private Ends ends;
  private List<TwinCommand> underWay;
  private long newestOffer;
  private Random random;

  @Property(tries = 400)
  void shouldNeverHaveTwoHoldersOfOnePart(@ForAll long seed) {
    begin();
    random = new Random(seed);
    live(hands(random.nextInt(4) > 0));
    ends = new Ends();
    underWay = new ArrayList<>();
    newestOffer = 0;
    int commands = 0;
    for (int step = 0; step < 120; step++) {
      String by = NAMES.get(random.nextInt(NAMES.size()));
      String to = NAMES.get(random.nextInt(NAMES.size()));
      String part = PARTS.get(random.nextInt(PARTS.size()));
      int kind = random.nextInt(14);
      switch (kind) {
        case 0 -> take(new TwinCommand.AcquireLease(by, part, 2_000));
        case 1 -> take(new TwinCommand.TakeLease(by, part, 2_000, "why not"));
        case 2 -> take(new TwinCommand.ReleaseLease(by, part));
        case 3 -> take(new TwinCommand.WishLease(by, part, "please"));
        case 4 -> take(new TwinCommand.HandOver(by, to, part, 2_000));
        case 5 -> take(new TwinCommand.WithdrawWish(by, part));
        case 6 -> take(new TwinCommand.KeepLease(by));
        case 7 -> take(move("c" + commands++, by, random.nextDouble() - 0.5, 2));
        case 8 -> take(stream("c" + commands++, by, random.nextBoolean() ? "velocity" : "joint"));
        case 9 -> pass(random.nextInt(1_500));
        case 10 -> {
          if (random.nextInt(6) == 0) rebuild();
        }
        default -> answer();
      }
    }
    for (int i = 0; i < 60; i++) {
      answer();
      pass(300);
    }
    assertThat(state.offered()).as("every offer ends").isNull();
    assertThat(state.wishes().size()).isLessThanOrEqualTo(16);
  }

  /** A twin that was offered something and hears nothing ends the offer itself (2 s, no answer). */
  private void pass(int more) {
    millis += more;
    samplesAt = millis;
    guardAt = millis;
    guard.setHighestSeen(Authority.newBuilder().setTerm(1).setEpoch(ends.highest));
    take(new TwinCommand.Review());
  }

  private void rebuild() {
    underWay.clear();
    tracking = Tracking.START;
    take(new TwinCommand.Awake());
  }

  private void answer() {
    if (underWay.isEmpty()) return;
    TwinCommand answer = underWay.remove(random.nextInt(underWay.size()));
    take(answer);
    if (random.nextInt(5) == 0) take(answer); // doubled
  }

  private void take(TwinCommand command) {
    var before = state;
    decide(command);
    for (Event event : last.events()) {
      if (event instanceof Event.LeaseOffered offered) {
        assertThat(offered.epoch()).as("epochs rise").isGreaterThan(newestOffer);
        newestOffer = offered.epoch();
        if (offered.takenFrom().isEmpty()) {
          assertThat(before.overlapping(offered.part()))
              .as("nothing is taken silently")
              .allMatch(l -> l.holder().equals(offered.holder()));
        }
      }
    }
    noTwoHolders();
    if (before.offered() != null && state.offered() != null) {
      assertThat(state.offered().epoch())
          .as("one offer at a time")
          .isEqualTo(before.offered().epoch());
    }
    last.atOnce().forEach(this::act);
    last.effects().forEach(this::act);
  }

  private void noTwoHolders() {
    var leases = List.copyOf(state.leases().values());
    for (int i = 0; i < leases.size(); i++) {
      for (int j = i + 1; j < leases.size(); j++) {
        assertThat(Parts.overlap(leases.get(i).part(), leases.get(j).part()))
            .as("%s", leases)
            .isFalse();
      }
    }
    for (var open : state.openCommands()) {
      if (open.epoch() == 0) continue;
      var lease = state.leaseOf(open.epoch());
      assertThat(lease).as("the lease of the open command %s", open).isNotNull();
      assertThat(lease.holder()).isEqualTo(open.by());
    }
  }

  /** The guard does it now, loses it or refuses it; the answer comes some time, or as lost. */
  private void act(Effect effect) {
    int fate = random.nextInt(6);
    boolean reaches = fate > 0;
    boolean heard = fate > 1;
    switch (effect) {
      case Effect.Grant(var epoch, var holder, var part) -> {
        boolean ok = reaches && ends.grant(epoch, part);
        underWay.add(
            new TwinCommand.GrantAnswered(
                epoch,
                ok && heard,
                heard ? "tandem.guard.stale-epoch" : "tandem.guard.no-answer",
                "x"));
      }
      case Effect.Revoke(var epoch, var revoked, var part, var why) -> {
        if (reaches) ends.revoke(revoked, part.equals("body") ? "" : part);
        underWay.add(
            new TwinCommand.RevokeAnswered(epoch, reaches && heard, "tandem.guard.no-answer", "x"));
      }
      case Effect.Motion(var id) -> {
        var command = command(id);
        var lease = state.leaseOf(command.epoch());
        boolean knows =
            lease != null && Long.valueOf(lease.epoch()).equals(ends.granted.get(lease.part()));
        underWay.add(
            new TwinCommand.MotionAnswered(
                id, heard, reaches && knows, knows ? "" : "tandem.guard.stale-epoch", "x", 1, 2));
      }
      case Effect.End(Effect.Ending.OfLease(var epoch, var part, _)) -> {
        if (reaches) ends.revoke(epoch, part);
        underWay.add(new TwinCommand.EndAnswered("", epoch, reaches && heard, ""));
      }
      case Effect.End(Effect.Ending.OfCommand(var id, _, _)) ->
          underWay.add(new TwinCommand.EndAnswered(id, 0, reaches && heard, ""));
      case Effect.Tell tell -> {}
      case Effect.Release release -> {}
      case Effect.Rearm rearm -> {}
      case Effect.Stop stop -> {}
    }
  }
}
