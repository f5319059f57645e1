package tandem.twin.robot;

import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Used;
import tandem.proto.v1.Cancel;
import tandem.twin.robot.CommandRecord.Phase;
import tandem.twin.robot.Tracking.Progress;
import tandem.twin.robot.TwinState.Lease;

/**
 * Commands, from the wish to the guard and back (invariants I1 and I3). Part of one {@link
 * Deciding}.
 */
final class CommandRules {
  private static final double DEFAULT_GOAL_SECONDS = 10;
  private static final long END_AFTER_MILLIS = 2_000;
  private static final long LONGEST_EXPIRES_MILLIS = 60_000;

  private final Deciding d;

  CommandRules(Deciding d) {
    this.d = d;
  }

  void move(TwinCommand.Move c) {
    if (d.state.command(c.id()).isPresent()) {
      d.refuse("tandem.command.duplicate", "command %s exists already; not sent".formatted(c.id()));
      return;
    }
    d.emit(new Event.CommandCreated(c.id(), c.by(), c.goal(), c.expiresMillis()));
    d.answer = new Decision.Answer.WhenSent(c.id());
    CommandRecord command = d.state.command(c.id()).orElseThrow();
    if (c.expiresMillis() < 1 || c.expiresMillis() > LONGEST_EXPIRES_MILLIS) {
      refused(
          command,
          "tandem.goal.expires",
          "expires: expected 1 ms..%d ms, found %d ms; not sent"
              .formatted(LONGEST_EXPIRES_MILLIS, c.expiresMillis()),
          Used.NOTHING);
      return;
    }
    Permit.Permitted permitted = permitted(command);
    if (permitted == null) return;
    Lease held = d.state.lease();
    if (held != null && !held.holder().equals(c.by())) {
      refused(
          command,
          "tandem.lease.held",
          "the lease of %s is held by %s; not sent".formatted(d.state.robot(), held.holder()),
          Used.NOTHING);
      return;
    }
    if (held == null || !held.commandId().isEmpty()) {
      var no = d.leases.noOffer(c.by());
      if (no != null) {
        refused(command, no.code(), no.why(), Used.NOTHING);
        return;
      }
      supersede(command);
      d.leases.offer(c.by(), 0, c.id(), "", "");
      d.answer = new Decision.Answer.WhenSent(c.id());
      return;
    }
    if (d.state.offered() != null) {
      refused(
          command,
          "tandem.lease.pending",
          "the lease of %s is being taken by %s; not sent"
              .formatted(d.state.robot(), d.state.offered().holder()),
          Used.NOTHING);
      return;
    }
    accept(command, permitted);
  }

  void accept(CommandRecord command) {
    Permit.Permitted permitted = permitted(command);
    if (permitted == null) {
      d.leases.endLease("its command was refused");
      return;
    }
    accept(command, permitted);
  }

  /** Null, and the refusal is an event, where it is not. */
  Permit.Permitted permitted(CommandRecord command) {
    try {
      return Permit.check(d.rules, d.state, d.seen, command.goal());
    } catch (Permit.Denied e) {
      refused(command, e.code, e.getMessage(), e.used);
      return null;
    }
  }

  void refused(CommandRecord command, String code, String why, Used used) {
    d.emit(new Event.CommandRefused(command.id(), code, why, "twin", used));
  }

  void accept(CommandRecord command, Permit.Permitted permitted) {
    supersede(command);
    Lease held = d.state.lease();
    double seconds = permitted.sentGoal().durationSeconds();
    long startBy = command.expiresMillis();
    long endBy =
        startBy
            + Math.round((seconds > 0 ? seconds : DEFAULT_GOAL_SECONDS) * 1_000)
            + END_AFTER_MILLIS;
    d.emit(
        new Event.CommandAccepted(
            command.id(),
            held.epoch(),
            d.state.sequenceInEpoch() + 1,
            d.seen.guard().status().getToken(),
            startBy,
            endBy,
            permitted.sentGoal(),
            permitted.used(),
            d.state.accepted().hash()));
    long tokenNanos = d.seen.guard().statusNanos();
    d.progress.put(
        command.id(),
        new Progress(
            tokenNanos + startBy * 1_000_000,
            tokenNanos + endBy * 1_000_000,
            permitted.used().values(),
            Tracking.NEVER,
            false));
    d.leaseRenewedNanos = d.now;
    d.effects.add(new Effect.Motion(command.id()));
    if (d.state.alarms().containsKey("safe-behaviour")
        && d.state.alarms().get("safe-behaviour").isUp()) {
      d.emit(new Event.HazardCleared("safe-behaviour", "a new command was accepted"));
    }
  }

  /** One command at a time: the newer one of the same holder wins. */
  void supersede(CommandRecord by) {
    for (CommandRecord open : d.state.openCommands()) {
      if (open.id().equals(by.id())) continue;
      d.emit(new Event.CommandSuperseded(open.id(), by.id()));
      d.progress.remove(open.id());
      Lease held = d.state.lease();
      if (held != null && held.commandId().equals(open.id())) {
        d.leases.endLease("superseded by " + by.id());
      }
    }
  }

  void motionAnswered(TwinCommand.MotionAnswered c) {
    CommandRecord command = d.state.command(c.id()).orElse(null);
    if (command == null || command.phase().isFinal()) return;
    if (command.sentNanos() == 0) d.emit(new Event.CommandSent(c.id(), c.sentNanos()));
    if (!c.answered()) return; // the guard's log, the samples or the deadline will tell
    if (c.accepted()) {
      if (command.guardAcceptedNanos() == 0) {
        d.emit(new Event.CommandGuardAccepted(c.id(), c.answeredNanos()));
      }
    } else if (isLate(c.code())) {
      finish(new Event.CommandExpired(c.id(), c.why()));
    } else {
      finish(new Event.CommandRefused(c.id(), c.code(), c.why(), "guard", Used.NOTHING));
    }
  }

  static boolean isLate(String code) {
    return code.contains("late") || code.contains("expired");
  }

  void cancel(TwinCommand.Cancel c) {
    CommandRecord command = d.state.command(c.id()).orElse(null);
    if (command == null) {
      d.refuse(
          "tandem.command.unknown",
          "robot %s knows no command %s; nothing was cancelled".formatted(d.state.robot(), c.id()));
      return;
    }
    if (command.phase().isFinal()) return;
    cancelAtGuard(command, c.by(), c.why());
    finish(new Event.CommandCancelled(c.id(), c.by(), c.why()));
  }

  void cancelAtGuard(CommandRecord command, String by, String why) {
    if (command.phase() == Phase.CREATED) return;
    d.atOnce.add(
        new Effect.Tell(
            d.request()
                .setCancel(Cancel.newBuilder().setCommandId(command.id()).setBy(by).setWhy(why))
                .build()));
  }

  /** Writes the end of a command; a lease that was for it alone ends with it. */
  void finish(Event.OfCommand end) {
    d.emit(end);
    d.progress.remove(end.id());
    Lease held = d.state.lease();
    if (held != null && held.commandId().equals(end.id()))
      d.leases.endLease("its command has ended");
  }

  void reviewCommands() {
    for (CommandRecord command : d.state.openCommands()) {
      Progress p = d.progress.get(command.id());
      if (p == null) continue; // waits for its lease
      if (command.guardAcceptedNanos() == 0) {
        if (d.now > p.startByNanos() + d.rules.answerGraceMillis() * 1_000_000) noAnswer(command);
        continue;
      }
      d.evidence.follow(command, p);
    }
  }

  void noAnswer(CommandRecord command) {
    boolean idle =
        d.seen.guard().isFresh(d.now, d.rules.guardFreshMillis())
            && !d.seen.guard().status().getActiveCommandId().equals(command.id());
    cancelAtGuard(command, "tandem", "no answer");
    finish(
        idle
            ? new Event.CommandExpired(
                command.id(), "the guard never took it up; not started by its startBy")
            : new Event.CommandUnknown(
                command.id(), "the guard did not answer; nobody knows whether it acted"));
  }
}
