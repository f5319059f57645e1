package tandem.robot.guard;

import tandem.proto.v1.Authority;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.Rearm;
import tandem.proto.v1.Revoke;

/**
 * Who may command: grants, revocations, keep-alives, re-arming (invariant I2). Static rules over a
 * {@link Draft}.
 */
final class Grants {

  private Grants() {}

  static void grant(Draft draft, Grant grant, long replyTo) {
    Authority authority = grant.getAuthority();
    if (isNobody(draft, authority, replyTo, "the grant")) {
      return;
    }
    int order = GuardCore.compare(authority, draft.memory.getHighestSeen());
    if (order < 0 || isRevoked(draft, authority)) {
      staleAuthority(
          draft, authority, replyTo, "", "the grant to " + Draft.clip(grant.getHolder()));
      return;
    }
    if (order > 0) {
      raise(draft, authority);
    }
    if (draft.active != null && GuardCore.compare(draft.active.authority(), authority) < 0) {
      Halts.cancelActive(
          draft, "superseded-authority", "a newer authority was granted to " + grant.getHolder());
    }
    draft.keepAliveNanos = draft.now;
    draft.answerStored(
        replyTo,
        true,
        "",
        "",
        false,
        Draft.log("grant", "", authority, grant.getHolder(), "part " + grant.getPart(), "", true));
  }

  static void revoke(Draft draft, Revoke revoke, long replyTo) {
    Authority authority = revoke.getAuthority();
    if (isNobody(draft, authority, replyTo, "the revocation")) {
      return;
    }
    if (GuardCore.compare(authority, draft.memory.getHighestSeen()) < 0) {
      staleAuthority(draft, authority, replyTo, "", "the revocation");
      return;
    }
    raise(draft, authority);
    draft.memory = draft.memory.toBuilder().setRevokedUpTo(authority).build();
    if (draft.active != null && isRevoked(draft, draft.active.authority())) {
      Halts.cancelActive(draft, "revoked", revoke.getWhy());
    }
    draft.answerStored(
        replyTo,
        true,
        "",
        "",
        false,
        Draft.log("revoke", "", authority, "", revoke.getWhy(), "", true));
  }

  static void keepAlive(Draft draft, KeepAlive beat, long replyTo) {
    Authority authority = beat.getAuthority();
    int order = GuardCore.compare(authority, draft.memory.getHighestSeen());
    if (order < 0 || isRevoked(draft, authority)) {
      draft.count("staleEpochRefused");
      draft.refuse(
          replyTo, "stale-epoch", stale(draft, authority) + "; the keep-alive counts for nothing");
    } else if (order > 0) {
      draft.refuse(
          replyTo, "no-grant", "authority " + authority(authority) + " was never granted here");
    } else if (Long.compareUnsigned(beat.getCounter(), draft.keepAliveCounter) <= 0) {
      draft.refuse(
          replyTo,
          "duplicate",
          "keep-alive counter: expected above "
              + Long.toUnsignedString(draft.keepAliveCounter)
              + ", found "
              + Long.toUnsignedString(beat.getCounter()));
    } else {
      draft.keepAliveCounter = beat.getCounter();
      draft.keepAliveNanos = draft.now;
      draft.accept(replyTo);
    }
  }

  static void rearm(Draft draft, Rearm rearm, long replyTo) {
    if (rearm.getBy().isBlank() || rearm.getReason().isBlank()) {
      draft.refuse(
          replyTo, "no-reason", "re-arming needs a name and a reason; nothing was changed");
      return;
    }
    Authority authority = rearm.getAuthority();
    if (isNobody(draft, authority, replyTo, "the re-arming")) {
      return;
    }
    if (GuardCore.compare(authority, draft.memory.getHighestSeen()) < 0) {
      staleAuthority(draft, authority, replyTo, "", "the re-arming");
      return;
    }
    raise(draft, authority);
    GuardMemory unarmed = draft.memory;
    draft.memory = draft.memory.toBuilder().setArmed(true).build();
    draft.pending = new GuardState.Pending.Rearming(replyTo, unarmed, rearm);
    draft.store();
  }

  static void rearmed(Draft draft, GuardState.Pending.Rearming rearming) {
    if (!draft.stored) {
      draft.memory = rearming.unarmed();
      draft.refuse(
          rearming.replyTo(), "not-stored", "not on disk (" + draft.storeError + "); not re-armed");
      return;
    }
    draft.effects.add(
        Draft.log(
            "rearm",
            "",
            rearming.rearm().getAuthority(),
            rearming.rearm().getBy(),
            rearming.rearm().getReason(),
            "",
            true));
    draft.accept(rearming.replyTo());
  }

  static void raise(Draft draft, Authority authority) {
    if (GuardCore.compare(authority, draft.memory.getHighestSeen()) > 0) {
      draft.memory =
          draft.memory.toBuilder().setHighestSeen(authority).setSequenceInEpoch(0).build();
      draft.keepAliveCounter = 0;
    }
  }

  /** Terms count from 1; a request without an authority is nobody's. */
  static boolean isNobody(Draft draft, Authority authority, long replyTo, String what) {
    if (authority.getTerm() != 0) {
      return false;
    }
    draft.refuse(replyTo, "no-authority", what + " names no term; it counts for nothing");
    return true;
  }

  static boolean isRevoked(Draft draft, Authority authority) {
    return draft.memory.hasRevokedUpTo()
        && GuardCore.compare(authority, draft.memory.getRevokedUpTo()) <= 0;
  }

  static void staleAuthority(
      Draft draft, Authority authority, long replyTo, String commandId, String what) {
    draft.count("staleEpochRefused");
    draft.count("refused");
    String why = stale(draft, authority) + "; " + what + " counts for nothing";
    draft.effects.add(
        Draft.log("refused", commandId, authority, "", why, "tandem.guard.stale-epoch", false));
    draft.refuse(replyTo, "stale-epoch", why);
  }

  static String stale(Draft draft, Authority authority) {
    return isRevoked(draft, authority)
        ? "authority " + authority(authority) + " is revoked"
        : "authority: expected at least "
            + authority(draft.memory.getHighestSeen())
            + ", found "
            + authority(authority);
  }

  private static String authority(Authority authority) {
    return "("
        + Long.toUnsignedString(authority.getTerm())
        + ", "
        + Long.toUnsignedString(authority.getEpoch())
        + ")";
  }
}
