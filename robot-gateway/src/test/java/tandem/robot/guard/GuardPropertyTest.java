package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Motion;

/** Whatever comes in whatever order, with crashes and full disks between: the invariants hold. */
class GuardPropertyTest {
  @Property(tries = 400)
  void shouldNeverMoveForALowerAuthorityADuplicateOrSomethingLate(
      @ForAll @Size(max = 120) byte[] script) {
    GuardHarness guard = new GuardHarness();
    Authority highest = Authority.getDefaultInstance();
    Authority revoked = Authority.getDefaultInstance();
    boolean latchedForSure = false;
    Set<String> moved = new HashSet<>();
    for (int i = 0; i + 1 < script.length; i += 2) {
      int what = Math.floorMod(script[i], 12);
      int low = script[i + 1] & 7;
      int high = script[i + 1] >> 3 & 7;
      long term = 1 + low / 4;
      long epoch = 1 + low % 4;
      Authority asked = GuardHarness.authority(term, epoch);
      guard.effects.clear();
      switch (what) {
        case 0, 1, 2, 3 -> {
          long tokenAge = high * 400L;
          Motion motion =
              guard
                  .motion(term, epoch, 1 + high)
                  .setToken(guard.token(guard.now - tokenAge * 1_000_000))
                  .setStartByMillis(700)
                  .build();
          boolean accepted = guard.move(motion.toBuilder()).accepted();
          boolean sent = guard.trajectories().stream().anyMatch(one -> !one.commandId().isEmpty());
          assertThat(accepted).isEqualTo(sent && !guard.linkDown);
          if (sent) {
            assertThat(GuardCore.compare(asked, highest)).isNotNegative();
            assertThat(GuardCore.compare(asked, revoked)).isPositive();
            assertThat(tokenAge).isLessThanOrEqualTo(700);
            assertThat(latchedForSure).isFalse();
            assertThat(guard.disk.getHighestSeen()).isEqualTo(asked);
            assertThat(guard.disk.getJournalHead()).isEqualTo(motion.getJournal());
            assertThat(moved.add(term + "/" + epoch + "/" + motion.getSequenceInEpoch())).isTrue();
          }
        }
        case 4 -> {
          guard.grant(term, epoch);
          highest = max(highest, asked);
        }
        case 5 -> {
          if (guard.revoke(term, epoch).accepted()) {
            revoked = max(revoked, asked);
          }
          highest = max(highest, asked);
        }
        case 6 -> {
          guard.stop("s" + high);
          latchedForSure = true;
          assertThat(guard.effects).contains(new GuardEffect.TellStop(true));
        }
        case 7 -> {
          if (guard.release("because").accepted()) {
            latchedForSure = false;
          }
        }
        case 8 -> {
          boolean lost = guard.diskFull;
          if (!lost) {
            guard.pass(1_100_000_000); // what a full disk held back gets there
            guard.boot();
            guard.see(true);
            assertThat(GuardCore.compare(guard.state.memory().getHighestSeen(), highest)).isZero();
            assertThat(guard.state.memory().getStopLatched()).isEqualTo(latchedForSure);
          }
        }
        case 9 -> guard.diskFull = high > 4;
        case 10 -> guard.linkDown = high > 4;
        default -> guard.pass(high * 100_000_000L);
      }
      assertThat(guard.state.memory().getStopLatched()).isEqualTo(latchedForSure);
      assertThat(guard.state.active() == null || !latchedForSure).isTrue();
    }
  }

  private static Authority max(Authority left, Authority right) {
    return GuardCore.compare(left, right) >= 0 ? left : right;
  }
}
