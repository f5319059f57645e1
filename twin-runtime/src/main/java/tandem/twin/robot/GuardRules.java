package tandem.twin.robot;

import java.util.Optional;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.event.Used;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardStatus;
import tandem.twin.robot.Tracking.Progress;

/** What the guard says: its log, its status. Part of one {@link Deciding}. */
final class GuardRules {
  private static final long CONFIGURE_MILLIS = 1_000;

  /** The guard does not remember what it permitted: refuses motion until it is re-armed. */
  static final String LOST_STATE = "guard-lost-state";

  /** The guard is of another version than the gateway that has proven it. */
  static final String OTHER_VERSION = "guard-version";

  private final Deciding d;

  GuardRules(Deciding d) {
    this.d = d;
  }

  void takeLog(GuardLogRecord r) {
    boolean isAnother = isOfAnotherGuard(r);
    boolean restarted = isAnother || r.getKind().equals("lost-state");
    if (r.getNumber() <= d.state.guardLogNumber() && !restarted) return;
    if (r.getNumber() > d.state.guardLogNumber() + 1 && d.state.guardLogNumber() > 0) {
      d.refuse(
          "tandem.guard.log-gap",
          "guard log of %s: number: expected %d, found %d; not journaled"
              .formatted(d.state.robot(), d.state.guardLogNumber() + 1, r.getNumber()));
      return;
    }
    long journaled = d.state.guardLogNumber();
    d.emit(new Event.GuardLogged(r));
    if (isAnother) {
      lostState(
          "its log begins anew, %d records of it are in the journal: it is not the guard known here"
              .formatted(journaled));
    }
    var status = d.seen.guard().status();
    // A status from before the record says nothing about what the record did.
    boolean isNewer = status == null || status.getLogHead() < r.getNumber();
    boolean latchedNow = isNewer || status.getStopLatched();
    switch (r.getKind()) {
      case "stop" -> {
        if (latchedNow) d.stops.latched(r.getBy(), r.getWhy(), "log");
      }
      case "release" -> {
        if (isNewer || !status.getStopLatched()) d.stops.released(r.getBy(), r.getWhy());
      }
      case "accepted" ->
          open(r)
              .filter(c -> c.guardAcceptedNanos() == 0)
              .ifPresent(c -> d.emit(new Event.CommandGuardAccepted(c.id(), r.getWallNanos())));
      case "refused" ->
          open(r)
              .filter(c -> !CommandRules.isOfACopy(r.getCode()))
              .ifPresent(
                  c ->
                      d.commands.finish(
                          CommandRules.isLate(r.getCode())
                              ? new Event.CommandExpired(c.id(), r.getWhy())
                              : new Event.CommandRefused(
                                  c.id(), r.getCode(), r.getWhy(), "guard", Used.NOTHING)));
      case "finished" -> d.evidence.letGo(r.getCommandId());
      case "revoke" -> d.leases.revokedAtGuard(r.getAuthority(), r.getWhy());
      case "cancelled" -> open(r).ifPresent(c -> cancelledByGuard(c, r));
      case "safe-behaviour" -> {
        if (r.getCode().equals("tandem.guard.held")) break; // the hold that followed is in effect
        d.emit(new Event.HazardRaised("safe-behaviour", "warning", "guard: " + r.getWhy()));
        open(r)
            .ifPresent(
                c ->
                    d.commands.finish(
                        new Event.CommandFailed(
                            c.id(),
                            "tandem.guard.safe-behaviour",
                            "the guard ran the safe behaviour: " + r.getWhy(),
                            null)));
      }
      case "lost-state" -> lostState(r.getWhy());
      case "rearm" -> rearmed(r.getBy(), r.getWhy());
      default -> {
        // kept as it is; nothing follows from it
      }
    }
  }

  /**
   * Whether a guard without the memory of the one before speaks: its log begins at 1 and its newest
   * record is older than what is journaled. One that comes again after a lost acknowledgement has a
   * head that is not.
   */
  private boolean isOfAnotherGuard(GuardLogRecord r) {
    var status = d.seen.guard().status();
    return r.getNumber() == 1
        && status != null
        && status.getToken().getBootId().equals(r.getToken().getBootId())
        && status.getLogHead() < d.state.guardLogNumber();
  }

  private void lostState(String why) {
    d.leases.lostAtGuard();
    if (d.isUp(LOST_STATE)) return;
    d.emit(
        new Event.HazardRaised(
            LOST_STATE,
            "error",
            "the guard lost its state, motion is refused until it is re-armed: " + why));
  }

  void rearm(TwinCommand.Rearm c) {
    if (c.reason().isBlank()) {
      d.refuse("tandem.guard.no-reason", "re-arming a guard needs a reason; motion stays refused");
      return;
    }
    var guard = d.seen.guard();
    if (!guard.isFresh(d.now, d.rules.guardFreshMillis())) {
      d.refuse(
          "tandem.guard.absent",
          "the guard of %s was not heard within %d ms; it was not re-armed"
              .formatted(d.state.robot(), d.rules.guardFreshMillis()));
      return;
    }
    if (guard.status().getArmed() && !d.isUp(LOST_STATE)) return;
    var highest = guard.status().getHighestSeen();
    if (highest.getTerm() > d.state.term()) {
      d.refuse(
          "tandem.guard.newer-term",
          "the guard of %s has seen term %d, this home is term %d; it was not re-armed"
              .formatted(d.state.robot(), highest.getTerm(), d.state.term()));
      return;
    }
    long epoch = highest.getTerm() == d.state.term() ? highest.getEpoch() : 0;
    d.emit(new Event.OperatorAction(c.by(), "rearm", c.reason()));
    d.effects.add(
        new Effect.Rearm(
            Math.max(d.state.highestEpoch(), epoch),
            c.by(),
            c.reason(),
            guard.status().getToken()));
    d.answer = new Decision.Answer.WhenRearmed();
  }

  void rearmAnswered(TwinCommand.RearmAnswered c) {
    if (c.accepted()) rearmed(c.by(), c.reason());
  }

  private void rearmed(String by, String reason) {
    if (d.isUp(LOST_STATE)) {
      d.emit(new Event.HazardCleared(LOST_STATE, "re-armed by %s: %s".formatted(by, reason)));
    }
  }

  Optional<CommandRecord> open(GuardLogRecord r) {
    return d.state.command(r.getCommandId()).filter(c -> !c.phase().isFinal());
  }

  void cancelledByGuard(CommandRecord command, GuardLogRecord r) {
    Progress p = d.progress.get(command.id());
    boolean reaches = command.goal() instanceof Goal.Joint || command.goal() instanceof Goal.Reach;
    if (p != null && reaches && r.getCode().equals("tandem.guard.end-by")) {
      var joints = d.seen.sensed().joints();
      d.evidence.ended(
          command,
          joints == null ? null : d.evidence.evidence(command, p, joints),
          "cancelled by the guard at endBy");
      return;
    }
    if (p != null
        && command.goal() instanceof Goal.Navigate
        && r.getCode().equals("tandem.guard.end-by")) {
      d.rest.notThere(command, p, "cancelled by the guard at endBy");
      return;
    }
    // The robot's controller would not, or could not: that is no cancellation.
    if (r.getCode().equals("tandem.guard.goal-rejected")
        || r.getCode().equals("tandem.guard.goal-aborted")) {
      d.commands.finish(new Event.CommandFailed(command.id(), r.getCode(), r.getWhy(), null));
      return;
    }
    d.commands.finish(
        new Event.CommandCancelled(
            command.id(), r.getBy().isEmpty() ? "guard" : r.getBy(), r.getWhy()));
  }

  void reviewGuard() {
    var guard = d.seen.guard();
    boolean fresh = guard.isFresh(d.now, d.rules.guardFreshMillis());
    if (guard.status() != null && !fresh && !d.isUp("guard-silent")) {
      d.emit(
          new Event.HazardRaised(
              "guard-silent",
              "error",
              "the guard of %s was not heard for %.0f ms: motion is refused"
                  .formatted(d.state.robot(), guard.ageMillis(d.now))));
    } else if (fresh && d.isUp("guard-silent")) {
      d.emit(new Event.HazardCleared("guard-silent", "heard again"));
    }
    if (fresh) reviewVersion(guard.status());
    if (fresh
        && d.state.accepted() != null
        && !guard.status().getProfileHash().equals(d.state.accepted().hash())
        && d.sinceMillis(d.configuredNanos) >= CONFIGURE_MILLIS) {
      d.profiles.configureGuard();
    }
  }

  private void reviewVersion(GuardStatus status) {
    boolean isOther = !status.getExpectedVersion().isEmpty();
    if (isOther == d.isUp(OTHER_VERSION)) return;
    String found = status.getVersion().isEmpty() ? "none" : status.getVersion();
    d.emit(
        isOther
            ? new Event.HazardRaised(
                OTHER_VERSION,
                "error",
                ("guard of %s: version: expected %s, found %s: stop and cancel still reach it,"
                        + " nothing else is said to it until it is replaced")
                    .formatted(d.state.robot(), status.getExpectedVersion(), found))
            : new Event.HazardCleared(OTHER_VERSION, "version %s speaks".formatted(found)));
  }
}
