package tandem.robot.guard;

import java.util.ArrayList;
import java.util.List;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.Rearm;
import tandem.proto.v1.Revoke;

/**
 * Who may command which part of the body: grants, revocations, keep-alives, re-arming (invariant
 * I2). A term counts for the whole body, an epoch for the parts it was granted for. Static rules
 * over a {@link Draft}.
 */
final class Grants {
  private Grants() {}

  static void grant(Draft draft, Grant grant, long replyTo) {
    Authority authority = grant.getAuthority();
    if (isNobody(draft, authority, replyTo, "the grant")) {
      return;
    }
    String part = part(draft, grant.getPart(), replyTo, "the grant");
    if (part.isEmpty()) {
      return;
    }
    if (isStale(draft, authority, part)) {
      staleAuthority(
          draft, authority, part, replyTo, "", "the grant to " + Draft.clip(grant.getHolder()));
      return;
    }
    String elsewhere = Parts.givenElsewhere(draft.memory, authority, part);
    if (Parts.independent(draft.profile) && !elsewhere.isEmpty()) {
      draft.count("refused");
      draft.refuse(
          replyTo,
          "epoch-twice",
          "authority %s was granted for %s before: an epoch is given once; the grant counts for nothing"
              .formatted(authority(authority), elsewhere));
      return;
    }
    raise(draft, authority, part);
    draft.told = List.of();
    draft.memory = Parts.granted(draft.memory, authority, part);
    for (GuardState.Active active : List.copyOf(draft.actives)) {
      boolean meant =
          Parts.overlap(active.part(), part) || active.authority().getTerm() != authority.getTerm();
      if (meant && GuardCore.compare(active.authority(), authority) < 0) {
        Halts.cancelActive(
            draft,
            active,
            "superseded-authority",
            "a newer authority was granted to " + grant.getHolder());
      }
    }
    if (beat(draft, authority) == null) {
      isHere(draft, authority); // said again it is no sign of life
    }
    draft.answerStored(
        replyTo,
        true,
        "",
        "",
        false,
        Draft.log("grant", "", authority, grant.getHolder(), "part " + part, "", true));
  }

  static void revoke(Draft draft, Revoke revoke, long replyTo) {
    Authority authority = revoke.getAuthority();
    if (isNobody(draft, authority, replyTo, "the revocation")) {
      return;
    }
    String part = part(draft, revoke.getPart(), replyTo, "the revocation");
    if (part.isEmpty()) {
      return;
    }
    if (isBelow(draft, authority, part)) {
      staleAuthority(draft, authority, part, replyTo, "", "the revocation");
      return;
    }
    raise(draft, authority, part);
    draft.memory = Parts.revoked(draft.memory, authority, part);
    for (GuardState.Active active : List.copyOf(draft.actives)) {
      if (Parts.overlap(active.part(), part)
          && Parts.isRevoked(draft.memory, active.authority(), active.part())) {
        Halts.cancelActive(draft, active, "revoked", revoke.getWhy());
      } else if (isOfOlderTerm(active, authority)) {
        Halts.cancelActive(
            draft, active, "superseded-authority", "a revocation of a newer term came");
      }
    }
    draft.answerStored(
        replyTo,
        true,
        "",
        "",
        false,
        Draft.log("revoke", "", authority, "", revoke.getWhy(), "", true));
  }

  /** A term counts for the whole body, whatever the part that it is heard for first. */
  private static boolean isOfOlderTerm(GuardState.Active active, Authority authority) {
    return Long.compareUnsigned(active.authority().getTerm(), authority.getTerm()) < 0;
  }

  static void keepAlive(Draft draft, KeepAlive beat, long replyTo) {
    Authority authority = beat.getAuthority();
    boolean revoked =
        Parts.of(Parts.BODY).stream()
            .allMatch(part -> Parts.isRevoked(draft.memory, authority, part));
    GuardState.Beat known = beat(draft, authority);
    if (revoked
        || !Parts.isCurrent(draft.memory, authority)
            && GuardCore.compare(authority, draft.memory.getHighestSeen()) < 0) {
      draft.count("staleEpochRefused");
      refuse(draft, beat, replyTo, "stale-epoch", stale(draft, authority, Parts.BODY));
    } else if (!Parts.isCurrent(draft.memory, authority)) {
      refuse(
          draft,
          beat,
          replyTo,
          "no-grant",
          "authority " + authority(authority) + " was never granted here");
    } else if (known != null && Long.compareUnsigned(beat.getCounter(), known.counter()) <= 0) {
      refuse(
          draft,
          beat,
          replyTo,
          "duplicate",
          "keep-alive counter: expected above "
              + Long.toUnsignedString(known.counter())
              + ", found "
              + Long.toUnsignedString(beat.getCounter()));
    } else {
      MotionPlan.Outcome.No old = Motions.badToken(draft, beat.getToken());
      if (old != null) {
        draft.count("lateRefused");
        refuse(draft, beat, replyTo, old.code().substring(Draft.CODE.length()), old.why());
        return;
      }
      beat(draft, authority, beat.getCounter());
      draft.accept(replyTo);
    }
  }

  private static void refuse(Draft draft, KeepAlive beat, long replyTo, String code, String why) {
    draft.refuseOneOfMany(
        "keep-alive-refused",
        authority(beat.getAuthority()),
        "",
        beat.getAuthority(),
        replyTo,
        code,
        why + "; the keep-alive counts for nothing");
  }

  private static GuardState.Beat beat(Draft draft, Authority authority) {
    return draft.beats.stream()
        .filter(one -> one.authority().equals(authority))
        .findFirst()
        .orElse(null);
  }

  private static void beat(Draft draft, Authority authority, long counter) {
    List<GuardState.Beat> beats = new ArrayList<>(draft.beats);
    beats.removeIf(
        one ->
            one.authority().equals(authority) || !Parts.isCurrent(draft.memory, one.authority()));
    beats.add(new GuardState.Beat(authority, counter, draft.now));
    draft.beats = List.copyOf(beats);
  }

  /** Its holder has just spoken; the counter of its keep-alives stays. */
  static void isHere(Draft draft, Authority authority) {
    GuardState.Beat known = beat(draft, authority);
    beat(draft, authority, known == null ? 0 : known.counter());
  }

  /** For how long nothing was heard of a lease holder. */
  static long silentNanos(Draft draft, Authority authority) {
    GuardState.Beat known = beat(draft, authority);
    return known == null ? Long.MAX_VALUE : draft.now - known.nanos();
  }

  static void rearm(Draft draft, Rearm rearm, long replyTo) {
    if (rearm.getBy().isBlank() || rearm.getReason().isBlank()) {
      draft.refuse(
          replyTo, "no-reason", "re-arming needs a name and a reason; nothing was changed");
      return;
    }
    MotionPlan.Outcome.No token = Motions.badToken(draft, rearm.getToken());
    if (token != null) {
      draft.refuse(replyTo, token.code(), token.why() + "; nothing was changed");
      return;
    }
    Authority authority = rearm.getAuthority();
    if (isNobody(draft, authority, replyTo, "the re-arming")) {
      return;
    }
    if (isBelow(draft, authority, Parts.BODY)) {
      staleAuthority(draft, authority, Parts.BODY, replyTo, "", "the re-arming");
      return;
    }
    raise(draft, authority, Parts.BODY);
    for (GuardState.Active active : List.copyOf(draft.actives)) {
      if (GuardCore.compare(active.authority(), authority) < 0) {
        Halts.cancelActive(draft, active, "superseded-authority", "re-armed by " + rearm.getBy());
      }
    }
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
      draft.store();
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

  static void raise(Draft draft, Authority authority, String part) {
    draft.memory = Parts.raise(draft.memory, authority, part);
  }

  /** The part that is named; empty, and refused, where this robot has none of that name. */
  private static String part(Draft draft, String named, long replyTo, String what) {
    if (named.isEmpty() || named.equals(Parts.BODY)) {
      return Parts.BODY;
    }
    boolean single = named.equals(Parts.ARMS) || named.equals(Parts.LOCOMOTION);
    if (single && Parts.independent(draft.profile)) {
      return named;
    }
    draft.refuse(
        replyTo,
        "bad-part",
        "part: expected %s, found %s; %s counts for nothing"
            .formatted(
                Parts.independent(draft.profile)
                    ? "body, arms or locomotion"
                    : "body, since the profile does not say that parts are independent",
                Draft.clip(named),
                what));
    return "";
  }

  /** Terms count from 1; a request without an authority is nobody's. */
  static boolean isNobody(Draft draft, Authority authority, long replyTo, String what) {
    if (authority.getTerm() != 0) {
      return false;
    }
    draft.refuse(replyTo, "no-authority", what + " names no term; it counts for nothing");
    return true;
  }

  /** Below what was seen for a part, or of a term before the newest one of any part. */
  private static boolean isBelow(Draft draft, Authority authority, String part) {
    return GuardCore.compare(authority, Parts.seen(draft.memory, part)) < 0
        || Long.compareUnsigned(authority.getTerm(), draft.memory.getHighestSeen().getTerm()) < 0;
  }

  static boolean isStale(Draft draft, Authority authority, String part) {
    return isBelow(draft, authority, part) || Parts.isRevoked(draft.memory, authority, part);
  }

  static void staleAuthority(
      Draft draft, Authority authority, String part, long replyTo, String commandId, String what) {
    draft.count("staleEpochRefused");
    draft.count("refused");
    String why = stale(draft, authority, part) + "; " + what + " counts for nothing";
    draft.effects.add(
        Draft.log("refused", commandId, authority, "", why, "tandem.guard.stale-epoch", false));
    draft.refuse(replyTo, "stale-epoch", why);
  }

  static String stale(Draft draft, Authority authority, String part) {
    return Parts.isRevoked(draft.memory, authority, part)
        ? "authority " + authority(authority) + " is revoked"
        : "authority: expected at least "
            + authority(Parts.seen(draft.memory, part))
            + (part.equals(Parts.BODY) ? "" : " for " + part)
            + ", found "
            + authority(authority);
  }

  static String authority(Authority authority) {
    return "("
        + Long.toUnsignedString(authority.getTerm())
        + ", "
        + Long.toUnsignedString(authority.getEpoch())
        + ")";
  }
}
