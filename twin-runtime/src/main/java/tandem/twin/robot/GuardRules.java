package tandem.twin.robot;

import java.util.Optional;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.event.Used;
import tandem.proto.v1.GuardLogRecord;
import tandem.twin.robot.Tracking.Progress;

/** What the guard says: its log, its status. Part of one {@link Deciding}. */
final class GuardRules {
  private static final long CONFIGURE_MILLIS = 1_000;

  private final Deciding d;

  GuardRules(Deciding d) {
    this.d = d;
  }

  void takeLog(GuardLogRecord r) {
    boolean restarted = r.getKind().equals("lost-state");
    if (r.getNumber() <= d.state.guardLogNumber() && !restarted) return;
    if (r.getNumber() > d.state.guardLogNumber() + 1 && d.state.guardLogNumber() > 0) {
      d.refuse(
          "tandem.guard.log-gap",
          "guard log of %s: number: expected %d, found %d; not journaled"
              .formatted(d.state.robot(), d.state.guardLogNumber() + 1, r.getNumber()));
      return;
    }
    d.emit(new Event.GuardLogged(r));
    var status = d.seen.guard().status();
    boolean latchedNow = status == null || status.getStopLatched();
    switch (r.getKind()) {
      case "stop" -> {
        if (latchedNow) d.stops.latched(r.getBy(), r.getWhy(), "log");
      }
      case "release" -> {
        if (status == null || !status.getStopLatched()) d.stops.released(r.getBy(), r.getWhy());
      }
      case "accepted" ->
          open(r)
              .filter(c -> c.guardAcceptedNanos() == 0)
              .ifPresent(c -> d.emit(new Event.CommandGuardAccepted(c.id(), r.getWallNanos())));
      case "refused" ->
          open(r)
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
      case "lost-state" ->
          d.emit(
              new Event.HazardRaised(
                  "guard-lost-state",
                  "error",
                  "the guard lost its state and refuses motion until re-armed: " + r.getWhy()));
      case "rearm" -> {
        if (d.isUp("guard-lost-state")) {
          d.emit(new Event.HazardCleared("guard-lost-state", "re-armed by " + r.getBy()));
        }
      }
      default -> {
        // kept as it is; nothing follows from it
      }
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
    if (fresh
        && d.state.accepted() != null
        && !guard.status().getProfileHash().equals(d.state.accepted().hash())
        && d.sinceMillis(d.configuredNanos) >= CONFIGURE_MILLIS) {
      d.profiles.configureGuard();
    }
  }
}
