package tandem.twin.robot;

import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.event.Used;
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

  /** Hold-to-move ends when the control is let go, at the latest then. */
  private static final long LONGEST_STREAM_MILLIS = 900_000;

  /** Senders reckon the guard's time from when they last heard of it. */
  private static final long AHEAD_MILLIS = 500;

  private final Deciding d;

  CommandRules(Deciding d) {
    this.d = d;
  }

  void move(TwinCommand.Move c) {
    if (d.state.command(c.id()).isPresent()) {
      d.refuse("tandem.command.duplicate", "command %s exists already; not sent".formatted(c.id()));
      return;
    }
    d.emit(new Event.CommandCreated(c.id(), c.by(), c.goal(), left(c)));
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
    if (isLate(c, command)) return;
    Permit.Permitted permitted = permitted(command);
    if (permitted == null) return;
    String part = Parts.of(c.goal(), d.state);
    if (!mayCommand(command, part) || isBeside(command, part)) return;
    Lease held = own(c.by(), part);
    if (held != null) {
      accept(command, permitted, held);
      return;
    }
    var no = d.leases.noOffer(c.by());
    if (no != null) {
      refused(command, no.code(), no.why(), Used.NOTHING);
      return;
    }
    supersede(command, part);
    d.leases.offerFor(command, part);
    d.answer = new Decision.Answer.WhenSent(c.id());
  }

  /** How long the wish was on its way, by the guard's clock; NaN where that is not known. */
  private double ageMillis(TwinCommand.Move c) {
    var status = d.seen.guard().status();
    if (status == null || !c.asked().getBootId().equals(status.getToken().getBootId())) {
      return Double.NaN;
    }
    return status.getToken().getTickMillis()
        - c.asked().getTickMillis()
        + d.seen.guard().ageMillis(d.now);
  }

  /** What is left of its time: one that was held up is not a new one when it arrives. */
  private long left(TwinCommand.Move c) {
    double age = ageMillis(c);
    return age > 0 && age < c.expiresMillis() ? c.expiresMillis() - (long) age : c.expiresMillis();
  }

  /** True, and its end is an event, where nothing of its time is left, or cannot be known. */
  private boolean isLate(TwinCommand.Move c, CommandRecord command) {
    var status = d.seen.guard().status();
    if (c.asked().getBootId().isEmpty() || status == null) return false;
    double age = ageMillis(c);
    if (Double.isNaN(age)) {
      refused(
          command,
          "tandem.command.other-boot",
          "time token: expected one of the guard's present start (%s), found %s; not sent"
              .formatted(status.getToken().getBootId(), c.asked().getBootId()),
          Used.NOTHING);
      return true;
    }
    if (age < -AHEAD_MILLIS) {
      refused(
          command,
          "tandem.command.future-token",
          Deciding.text("time token: %.0f ms ahead of the guard's clock; not sent", -age),
          Used.NOTHING);
      return true;
    }
    if (age < c.expiresMillis()) return false;
    d.emit(
        new Event.CommandExpired(
            c.id(),
            Deciding.text(
                "asked for %.0f ms before it came, expires after %d ms; not sent",
                age, c.expiresMillis())));
    return true;
  }

  /** The lease for a time under which this name may command the part; null where there is none. */
  private Lease own(String by, String part) {
    Lease held = d.state.covering(part);
    return held != null && held.holder().equals(by) && held.isForATime() ? held : null;
  }

  /** False, and the refusal is an event, where somebody else holds a part that is needed. */
  private boolean mayCommand(CommandRecord command, String part) {
    for (Lease lease : d.state.overlapping(part)) {
      boolean mine = lease.holder().equals(command.by());
      if (!mine) {
        refused(
            command,
            "tandem.lease.held",
            "the lease of %s%s is held by %s; not sent"
                .formatted(
                    d.state.robot(),
                    lease.part().equals(Parts.BODY) ? "" : " (" + lease.part() + ")",
                    lease.holder()),
            Used.NOTHING);
        return false;
      }
      if (lease.isForATime() && !Parts.covers(lease.part(), part)) {
        refused(
            command,
            "tandem.lease.part",
            "%s needs the %s and %s holds the %s of %s only: acquire the %s first; not sent"
                .formatted(
                    command.goal().form(), part, command.by(), lease.part(), d.state.robot(), part),
            Used.NOTHING);
        return false;
      }
    }
    Lease offered = d.state.offered();
    if (offered != null && Parts.overlap(offered.part(), part)) {
      refused(
          command,
          "tandem.lease.pending",
          "the lease of %s is being given to %s; not sent"
              .formatted(d.state.robot(), offered.holder()),
          Used.NOTHING);
      return false;
    }
    return true;
  }

  /**
   * True, and the refusal is an event, where it would supersede what it does not end at the robot:
   * a navigation, which a newer one ends, or a goal of joints, which a newer motion of joints ends.
   */
  private boolean isBeside(CommandRecord command, String part) {
    for (CommandRecord open : d.state.openCommands()) {
      if (open.id().equals(command.id())) continue;
      if (!Parts.overlap(Parts.of(open.goal(), d.state), part)) continue;
      if (goesOnBeside(open.goal(), command.goal())) {
        refused(
            command,
            "tandem.command.busy",
            "%s (command %s) is on its way, and no %s ends it: cancel it first; not sent"
                .formatted(open.goal().form(), open.id(), command.goal().form()),
            Used.NOTHING);
        return true;
      }
    }
    return false;
  }

  private static boolean goesOnBeside(Goal open, Goal newer) {
    return switch (open) {
      case Goal.Navigate navigate -> !(newer instanceof Goal.Navigate);
      case Goal.Joint joint -> !movesJoints(newer);
      case Goal.Reach reach -> !movesJoints(newer);
      case Goal.Stance stance -> newer instanceof Goal.Navigate;
      case Goal.Stream stream -> false;
    };
  }

  private static boolean movesJoints(Goal goal) {
    return switch (goal) {
      case Goal.Joint joint -> true;
      case Goal.Reach reach -> true;
      case Goal.Stream stream -> !stream.isVelocity();
      case Goal.Stance stance -> false;
      case Goal.Navigate navigate -> false;
    };
  }

  /** Its own lease has just been granted. */
  void accept(CommandRecord command, Lease granted) {
    Permit.Permitted permitted = permitted(command);
    if (permitted == null) {
      d.leases.endFor(command.id(), "its command was refused");
      return;
    }
    accept(command, permitted, granted);
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

  private void accept(CommandRecord command, Permit.Permitted permitted, Lease held) {
    supersede(command, Parts.of(command.goal(), d.state));
    double seconds = permitted.sentGoal().durationSeconds();
    long startBy = command.expiresMillis();
    long endBy =
        command.goal() instanceof Goal.Stream
            ? LONGEST_STREAM_MILLIS
            : startBy
                + Math.round((seconds > 0 ? seconds : DEFAULT_GOAL_SECONDS) * 1_000)
                + END_AFTER_MILLIS;
    d.emit(
        new Event.CommandAccepted(
            command.id(),
            held.epoch(),
            d.state.leaseOf(held.epoch()).sequenceInEpoch() + 1,
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
            false,
            Tracking.NEVER));
    d.pulses.computeIfPresent(held.epoch(), (epoch, pulse) -> pulse.renewed(d.now));
    d.effects.add(new Effect.Motion(command.id()));
    if (d.state.alarms().containsKey("safe-behaviour")
        && d.state.alarms().get("safe-behaviour").isUp()) {
      d.emit(new Event.HazardCleared("safe-behaviour", "a new command was accepted"));
    }
  }

  /** One command at a time and part: the newer one of the same holder wins. */
  private void supersede(CommandRecord by, String part) {
    for (CommandRecord open : d.state.openCommands()) {
      if (open.id().equals(by.id())) continue;
      if (!Parts.overlap(Parts.of(open.goal(), d.state), part)) continue;
      d.emit(new Event.CommandSuperseded(open.id(), by.id()));
      d.ends.superseded(open, by);
      d.progress.remove(open.id());
      d.leases.endFor(open.id(), "superseded by " + by.id());
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
    } else if (isOfACopy(c.code())) {
      return; // what becomes of the one before it is told by the guard's log
    } else if (isLate(c.code())) {
      finish(new Event.CommandExpired(c.id(), c.why()));
    } else {
      finish(new Event.CommandRefused(c.id(), c.code(), c.why(), "guard", Used.NOTHING));
    }
  }

  /**
   * The guard had this very request before, for no sequence is used twice: its refusal says nothing
   * about the command.
   */
  static boolean isOfACopy(String code) {
    return code.equals("tandem.guard.duplicate");
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
    d.ends.cancel(command, c.by(), c.why());
    if (command.phase().isFinal()) return;
    finish(new Event.CommandCancelled(c.id(), c.by(), c.why()));
  }

  /** Writes the end of a command; a lease that was for it alone ends with it. */
  void finish(Event.OfCommand end) {
    d.emit(end);
    d.progress.remove(end.id());
    d.leases.endFor(end.id(), "its command has ended");
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
            && !d.seen.guard().status().getActiveCommandIdsList().contains(command.id());
    d.ends.cancel(command, "tandem", "no answer");
    finish(
        idle
            ? new Event.CommandExpired(
                command.id(), "the guard never took it up; not started by its startBy")
            : new Event.CommandUnknown(
                command.id(), "the guard did not answer; nobody knows whether it acted"));
  }
}
