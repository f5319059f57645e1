package tandem.robot.guard;

import java.util.ArrayList;
import java.util.List;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Cancel;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.Release;
import tandem.proto.v1.Stop;

/**
 * Bringing to rest: cancel, stop and its release, the safe behaviours (invariants I1 and I4).
 * Static rules over a {@link Draft}.
 */
final class Halts {
  static final long REPEAT_NANOS = 100_000_000;
  static final long SLOW_REPEAT_NANOS = 1_000_000_000;
  private static final long SILENCE_NANOS = 2_000_000_000;
  static final long STILL_NANOS = 300_000_000;
  private static final long GIVE_UP_NANOS = 5_000_000_000L;
  private static final int RELEASES = 3;
  private static final String CANCELLED = Draft.CODE + "cancelled";

  /** A body that is still for so long does not come nearer to where it was led. */
  private static final long APART_NANOS = 100_000_000;

  /** No motion that was sent before a start is looked for any longer than this. */
  private static final long INHERITED_NANOS = 10_000_000_000L;

  private Halts() {}

  /**
   * Judged at once, whatever waits for the disk: accepted where the command is being ended, or is
   * certain not to be sent any more.
   */
  static void cancel(Draft draft, Cancel cancel, long replyTo) {
    String id = cancel.getCommandId();
    String why = cancel.getBy() + ": " + cancel.getWhy();
    if (id.isEmpty()) {
      for (GuardState.Active active : List.copyOf(draft.actives)) {
        cancelActive(draft, active, "cancelled", why);
      }
      draft.waitingIds().forEach(draft::remember);
      cancelPending(draft, why);
      draft.accept(replyTo);
      return;
    }
    GuardState.Active active = draft.active(id);
    if (active == null
        && draft.pending instanceof GuardState.Pending.Sent(GuardState.Active sent, _, _, _)
        && sent.commandId().equals(id)) {
      active = sent;
    }
    if (active != null && active.course() instanceof GuardState.Course.Stance stance) {
      draft.refuse(
          replyTo,
          "never-cut",
          "stance %s is never cut half-way; it goes on to its end (stop does stop)"
              .formatted(stance.stance()));
      return;
    }
    if (id.equals(draft.pendingId())) {
      cancelPending(draft, why);
      draft.accept(replyTo);
      return;
    }
    if (active != null) {
      cancelActive(draft, active, "cancelled", why);
      draft.accept(replyTo);
      return;
    }
    if (id.length() <= Motions.LONGEST_ID) {
      draft.rememberUnseen(id);
    }
    draft.refuse(
        replyTo,
        "not-running",
        "command " + Draft.clip(id) + " does not run; should it still come, it is refused");
  }

  /**
   * What waits for the disk is refused once that has answered; what the link was handed is brought
   * to rest once that has, but for a stance, which is never cut half-way.
   */
  private static void cancelPending(Draft draft, String why) {
    switch (draft.pending) {
      case GuardState.Pending.Start(var motion, var replyTo) -> {
        String id = motion.getCommandId();
        draft.remember(id);
        Navigations.forget(draft, id);
        draft.count("refused");
        String text = Draft.clip("cancelled before it was sent (" + why + ")");
        draft.pending =
            new GuardState.Pending.Answer(
                replyTo,
                false,
                CANCELLED,
                text + "; nothing was sent to the robot",
                true,
                List.of(
                    Draft.log("refused", id, motion.getAuthority(), "", text, CANCELLED, false)));
      }
      case GuardState.Pending.Sent(var sent, _, _, _)
          when !(sent.course() instanceof GuardState.Course.Stance) ->
          draft.remember(sent.commandId());
      case null, default -> {}
    }
  }

  static void stop(Draft draft, Stop stop, long replyTo) {
    String by = Draft.clip(stop.getBy().isBlank() ? "unknown" : stop.getBy());
    String why = Draft.clip(stop.getWhy());
    boolean repeated =
        draft.memory.getStopLatched()
            && !stop.getRequestId().isEmpty()
            && Draft.clip(stop.getRequestId()).equals(draft.memory.getStopRequestId());
    List<Ramp> ramps = new ArrayList<>();
    for (GuardState.Active active : draft.actives) {
      draft.remember(active.commandId());
      draft.count("cancelled");
      draft.effects.add(
          Draft.log(
              "cancelled",
              active.commandId(),
              active.authority(),
              by,
              Streams.ended(active, why),
              "tandem.guard.stopped",
              false));
      ramps.addAll(ramps(draft, active));
    }
    draft.actives.clear();
    switch (draft.pending) {
      case GuardState.Pending.Start start -> {
        Navigations.forget(draft, start.motion().getCommandId());
        draft.refuse(
            start.replyTo(), "stopped", "a stop by " + by + " came first; nothing was sent");
      }
      case GuardState.Pending.Sent sent -> {
        draft.remember(sent.active().commandId());
        draft.refuse(sent.replyTo(), "stopped", "a stop by " + by + " came while it was sent");
      }
      case GuardState.Pending.Releasing releasing -> {
        draft.memory = releasing.latched();
        draft.refuse(releasing.replyTo(), "stopped", "a stop by " + by + " came first");
      }
      case GuardState.Pending.Rearming rearming -> {
        draft.memory = rearming.unarmed();
        draft.refuse(rearming.replyTo(), "stopped", "a stop by " + by + " came first");
      }
      case GuardState.Pending.Answer answer -> {}
      case GuardState.Pending.Answers answers -> {}
      case null -> {}
    }
    draft.releasesLeft = 0;
    if (!repeated) {
      long number = draft.memory.getStopNumber() + 1;
      draft.memory = draft.memory.toBuilder().setStopNumber(number).build();
    }
    if (!draft.memory.getStopLatched()) {
      draft.memory =
          draft.memory.toBuilder()
              .setStopLatched(true)
              .setStopBy(by)
              .setStopWhy(why)
              .setStopRequestId(Draft.clip(stop.getRequestId()))
              .build();
    }
    GuardState.Halt going = stopping(draft);
    if (!repeated || going == null) {
      begin(draft, true, Parts.BODY, "", by + ": " + why, true, ramps);
    } else {
      draft.halt(send(draft, going));
    }
    if (repeated) {
      draft.answerStored(replyTo, true, "", "already latched by this request", true);
    } else {
      draft.count("stops");
      draft.answerStored(
          replyTo,
          true,
          "",
          "",
          true,
          Draft.log("stop", "", draft.memory.getHighestSeen(), by, why, "", true));
    }
  }

  /** The bringing to rest of a stop, which goes on over everything; null where there is none. */
  static GuardState.Halt stopping(Draft draft) {
    return draft.halts.stream().filter(GuardState.Halt::stop).findFirst().orElse(null);
  }

  /** A bringing to rest that still leads the robot, slower and slower; null where none does. */
  static GuardState.Halt slowing(List<GuardState.Halt> halts) {
    return halts.stream()
        .filter(halt -> !halt.ramps().stream().allMatch(Ramp::atRest))
        .findFirst()
        .orElse(null);
  }

  static void release(Draft draft, Release release, long replyTo) {
    if (release.getBy().isBlank() || release.getReason().isBlank()) {
      draft.refuse(
          replyTo, "no-reason", "a release needs a name and a reason; the stop stays latched");
      return;
    }
    MotionPlan.Outcome.No token = Motions.badToken(draft, release.getToken());
    if (token != null) {
      draft.refuse(replyTo, token.code(), token.why() + "; the stop stays latched");
      return;
    }
    GuardMemory latched = draft.memory;
    if (latched.getStopLatched() && release.getStopNumber() != latched.getStopNumber()) {
      draft.refuse(
          replyTo,
          "other-stop",
          "stop: expected number %d, found %d: it was stopped again meanwhile; it stays latched"
              .formatted(latched.getStopNumber(), release.getStopNumber()));
      return;
    }
    draft.memory =
        draft.memory.toBuilder()
            .setStopLatched(false)
            .clearStopBy()
            .clearStopWhy()
            .clearStopRequestId()
            .build();
    draft.pending = new GuardState.Pending.Releasing(replyTo, latched, release);
    draft.store();
  }

  static void released(Draft draft, GuardState.Pending.Releasing releasing) {
    if (!draft.stored) {
      draft.memory = releasing.latched();
      draft.refuse(
          releasing.replyTo(),
          "not-stored",
          "the release is not on disk (" + draft.storeError + "); the stop stays latched");
      draft.store();
      return;
    }
    if (releasing.latched().getStopLatched()) {
      draft.releasedMillis = draft.now / 1_000_000;
    }
    // What moved is brought to rest all the same: a stop that is released does not let it go on.
    draft.halts.replaceAll(halt -> halt.stop() ? halt.released(draft.now) : halt);
    draft.releasesLeft = RELEASES;
    tellReleased(draft);
    draft.effects.add(
        Draft.log(
            "release",
            "",
            draft.memory.getHighestSeen(),
            releasing.release().getBy(),
            releasing.release().getReason(),
            "",
            true));
    draft.accept(releasing.replyTo());
  }

  /**
   * Ends a motion by the guard's own decision.
   *
   * @param code whole, {@code tandem.guard.*}
   */
  static void safeBehaviour(Draft draft, GuardState.Active active, String code, String why) {
    draft.remember(active.commandId());
    draft.count("cancelled");
    draft.effects.add(
        Draft.log(
            "safe-behaviour",
            active.commandId(),
            active.authority(),
            "guard",
            Streams.ended(active, why),
            code,
            true));
    bringToRest(draft, active, why);
  }

  /** Ends a motion because the guard ends; a stance goes on to its end all the same. */
  static void ending(Draft draft, GuardState.Active active, String why) {
    if (active.course() instanceof GuardState.Course.Stance) {
      cancelActive(draft, active, "ending", why);
    } else {
      safeBehaviour(draft, active, "tandem.guard.ending", why);
    }
  }

  /**
   * Ends a stream that the robot does not follow; joints are held where they are measured, also
   * where it was a tip that was led.
   */
  static void notFollowed(Draft draft, GuardState.Active active, String why) {
    draft.remember(active.commandId());
    draft.count("cancelled");
    draft.count("notFollowed");
    draft.effects.add(
        Draft.log(
            "safe-behaviour",
            active.commandId(),
            active.authority(),
            "guard",
            Streams.ended(active, why),
            "tandem.guard.not-followed",
            true));
    draft.actives.remove(active);
    List<Ramp> base = ramps(draft, active).stream().filter(Ramp.Base.class::isInstance).toList();
    begin(draft, active, why, base.isEmpty(), base.isEmpty() ? atMeasured(draft, active) : base);
  }

  /** After a motion that came to rest elsewhere: what holds the robot up is not pressed on. */
  static void holdMeasured(Draft draft, GuardState.Active active) {
    String why = "it rests apart from where it was led to: held where it is";
    begin(draft, active, why, true, atMeasured(draft, active));
  }

  /** A tip's controller is told where it is, too, before the joints are held: it presses on. */
  static List<Ramp> atMeasured(Draft draft, GuardState.Active active) {
    Ramp.Tip tip =
        switch (active.course()) {
          case GuardState.Course.Stream stream when stream.ramp() instanceof Ramp.Tip led -> led;
          case GuardState.Course.Stream stream -> null;
          case GuardState.Course.Goal goal -> goal.tip();
          case GuardState.Course.Stance stance -> null;
          case GuardState.Course.Navigation navigation -> null;
        };
    return tip == null
        ? List.of()
        : Tips.measured(tip.link(), draft.scene(), Body.FRESH_NANOS)
            .map(measured -> List.<Ramp>of(tip.restingAt(measured)))
            .orElse(List.of());
  }

  /** Ends a motion because somebody wants it; a stance goes on to its end all the same. */
  static void cancelActive(Draft draft, GuardState.Active active, String code, String why) {
    if (active.course() instanceof GuardState.Course.Stance stance) {
      if (!stance.unattended()) {
        draft.effects.add(
            Draft.log(
                "safe-behaviour",
                active.commandId(),
                active.authority(),
                "guard",
                Draft.clip(why) + ": stance " + stance.stance() + " is brought to its end",
                "tandem.guard." + code,
                false));
        draft.goesOn(active.on(stance.left()));
      }
      return;
    }
    draft.effects.add(
        Draft.log(
            "cancelled",
            active.commandId(),
            active.authority(),
            "",
            Streams.ended(active, why),
            "tandem.guard." + code,
            false));
    draft.remember(active.commandId());
    draft.count("cancelled");
    bringToRest(draft, active, Draft.clip(why));
  }

  /**
   * A motion of the joints ends in holding them; one of the base in standing, which is the balance
   * controller's own: the joints are held only where there is nothing to balance on.
   */
  static void bringToRest(Draft draft, GuardState.Active active, String why) {
    draft.actives.remove(active);
    String posture = draft.posture();
    boolean down = posture.equals("fallen") || posture.equals("lifted") || posture.equals("gantry");
    List<Ramp> ramps =
        active.course() instanceof GuardState.Course.Navigation
            ? MotionPlan.standing(draft.scene()).map(List::<Ramp>of).orElse(List.of())
            : ramps(draft, active);
    begin(draft, active, why, !movesBase(active) || down, ramps);
  }

  /** Whether it is the base that a motion moves, not the joints. */
  static boolean movesBase(GuardState.Active active) {
    return switch (active.course()) {
      case GuardState.Course.Stream stream -> stream.kind().equals(Streams.VELOCITY);
      case GuardState.Course.Navigation navigation -> true;
      case GuardState.Course.Goal goal -> false;
      case GuardState.Course.Stance stance -> false;
    };
  }

  /** What moved under the guard's lead, slowing down; else a tip that is told where it is. */
  private static List<Ramp> ramps(Draft draft, GuardState.Active active) {
    if (active.course() instanceof GuardState.Course.Stream stream) {
      return stream.ramp() == null ? List.of() : List.of(stream.ramp().braking());
    }
    return atMeasured(draft, active);
  }

  /** Brings to rest what moved under nobody's authority, or under whosesoever it is. */
  static void begin(
      Draft draft,
      boolean stop,
      String part,
      String commandId,
      String why,
      boolean holds,
      List<Ramp> ramps) {
    begin(draft, stop, part, commandId, Authority.getDefaultInstance(), why, holds, ramps);
  }

  private static void begin(
      Draft draft, GuardState.Active active, String why, boolean holds, List<Ramp> ramps) {
    String id = active.commandId();
    begin(draft, false, active.part(), id, active.authority(), why, holds, ramps);
  }

  private static void begin(
      Draft draft,
      boolean stop,
      String part,
      String commandId,
      Authority authority,
      String why,
      boolean holds,
      List<Ramp> ramps) {
    GuardState.Halt going = stopping(draft);
    if (going != null && !stop) {
      return; // the stop goes on over everything and has taken over what moved
    }
    List<Ramp> all = new ArrayList<>(ramps);
    Authority newest = authority;
    GuardEffect.MoveJoints hold = null;
    for (GuardState.Halt halt : draft.halts) {
      if (Parts.overlap(halt.part(), part)) {
        all.addAll(halt.ramps());
        hold = halt.hold() == null ? hold : halt.hold();
        newest = GuardCore.compare(newest, halt.authority()) < 0 ? halt.authority() : newest;
      }
    }
    if (stop && all.stream().noneMatch(Ramp.Base.class::isInstance)) {
      MotionPlan.standing(draft.scene()).ifPresent(all::add);
    }
    draft.halt(
        send(
            draft,
            new GuardState.Halt(
                stop,
                part,
                commandId,
                newest,
                why,
                holds,
                List.copyOf(all),
                hold,
                draft.now,
                draft.now,
                Long.MIN_VALUE,
                false)));
  }

  /**
   * A robot that moves when a guard starts follows what another process sent, which knows no lease
   * any more and could be cancelled by nobody: it is brought to rest, or to the end of its stance.
   * Over as soon as the robot is seen to be still, or something is commanded anew.
   */
  static void inherited(Draft draft) {
    GuardState.Active stance = Stances.unattended(draft);
    if (!draft.halts.isEmpty()
        || stance == null && !draft.actives.isEmpty()
        || draft.now > INHERITED_NANOS
        || draft.body.fresh(draft.now)
            && draft.body.baseStill(draft.now)
            && stillFor(draft, 0) >= STILL_NANOS) {
      draft.inherits = false;
    } else if (draft.body.fresh(draft.now)
        && (draft.body.stillSinceNanos() == Body.MOVING || !draft.body.baseStill(draft.now))) {
      draft.inherits = false;
      String why = "it moves at this start: what was sent before is over";
      if (stance != null) {
        why = "it moves at this start: its stance is brought to its end, nothing else moves";
      }
      draft.effects.add(
          Draft.log(
              "safe-behaviour",
              stance == null ? "" : stance.commandId(),
              draft.memory.getHighestSeen(),
              "guard",
              why,
              "tandem.guard.inherited",
              true));
      if (stance != null) {
        return;
      }
      begin(draft, false, Parts.BODY, "", why, true, List.of());
    }
  }

  /** Sends all that brings it to rest, or keeps it there. */
  private static GuardState.Halt send(Draft draft, GuardState.Halt halt) {
    if (halt.stop()) {
      draft.effects.add(new GuardEffect.TellStop(true));
    }
    // Before the velocities: a base that still navigates would take those for a rival.
    draft.effects.addAll(Navigations.cancel(draft, halt.stop()));
    halt.ramps().forEach(ramp -> draft.effects.add(ramp.effect()));
    boolean led = halt.ramps().stream().anyMatch(ramp -> !(ramp instanceof Ramp.Base));
    // A body that still goes is not frozen in mid-step: it comes to a stand first. Arms that are
    // independent of it do not wait for that: their command may be superseded while another walks.
    boolean goes =
        !Parts.independent(draft.profile)
            && (halt.ramps().stream().anyMatch(ramp -> ramp instanceof Ramp.Base && !ramp.atRest())
                || !draft.body.baseStill(draft.now)
                    && draft.now - halt.sinceNanos() < GIVE_UP_NANOS
                    && draft.posture().equals("walking"));
    GuardEffect.MoveJoints hold = halt.hold();
    CommandTarget joints = draft.profile == null ? null : draft.profile.getJoint();
    boolean action = joints != null && joints.getKind().equals("action");
    // A goal that runs is ended at once, whatever is known of the body and wherever it walks.
    if (action && (halt.stop() || halt.holds())) {
      // What the guard before this one sent is nobody's here: it would be cancelled by no id.
      boolean all = draft.profile.getCancelAllGoals() || draft.before.inherits();
      draft.effects.add(new GuardEffect.CancelGoals(joints, all, List.of()));
    }
    // A robot that was not heard may come again as another: it holds where it then is.
    if (draft.body.silent(draft.now)) {
      hold = null;
    } else if (halt.holds() && !led && !goes) {
      boolean first = hold == null;
      if (first) {
        hold = MotionPlan.hold(draft.scene()).orElse(null);
      }
      // Each goal of an action replaces the one before: holds in quick succession never settle.
      if (hold != null && (!action || first || halt.lastSentNanos() == Long.MIN_VALUE)) {
        draft.effects.add(MotionPlan.sent(hold));
      }
    }
    return halt.sent(hold, draft.now);
  }

  static void watch(Draft draft, GuardState.Halt halt) {
    boolean fresh = draft.body.fresh(draft.now);
    boolean slowed = halt.ramps().stream().allMatch(Ramp::atRest);
    boolean apart =
        fresh
            && slowed
            && halt.ramps().stream()
                .anyMatch(ramp -> ramp instanceof Ramp.Joints led && isApart(draft, led));
    if (fresh
        && slowed
        && !apart
        && draft.body.baseStill(draft.now)
        && stillFor(draft, halt.sinceNanos()) >= STILL_NANOS) {
      long movedMillis =
          Math.max(0, Math.max(draft.body.stillSinceNanos(), halt.sinceNanos()) - halt.sinceNanos())
              / 1_000_000;
      draft.effects.add(
          Draft.log(
              halt.stop() ? "stop-in-effect" : "safe-behaviour",
              halt.commandId(),
              draft.memory.getHighestSeen(),
              "guard",
              "still since %d ms after it was asked for".formatted(movedMillis),
              halt.stop() ? "" : "tandem.guard.held",
              halt.stop()));
      draft.halts.remove(halt);
      return;
    }
    if (!halt.stop() && slowed && draft.now - halt.sinceNanos() > GIVE_UP_NANOS) {
      draft.effects.add(
          Draft.log(
              "safe-behaviour",
              halt.commandId(),
              draft.memory.getHighestSeen(),
              "guard",
              fresh
                  ? "the robot still moves after 5 s of holding"
                  : "no samples show whether it holds",
              "tandem.guard.not-held",
              false));
      draft.halts.remove(halt);
      return;
    }
    // What was led further than the robot came is not pressed on: it is held where it rests.
    boolean lets = apart && stillFor(draft, halt.sinceNanos()) >= APART_NANOS;
    GuardState.Halt next = lets ? halt.ramped(bases(halt), halt.steppedNanos()) : halt;
    if (halt.stop()
        && !halt.silenceLogged()
        && !fresh
        && draft.now - halt.sinceNanos() > SILENCE_NANOS) {
      draft.effects.add(
          Draft.log(
              "stop",
              "",
              draft.memory.getHighestSeen(),
              "guard",
              "not confirmed: the robot's samples do not come; it is repeated",
              "tandem.guard.not-confirmed",
              false));
      next = next.silent();
    }
    boolean rests = false;
    if (!slowed) {
      double seconds = Streams.seconds(draft.now - halt.steppedNanos());
      next = next.ramped(next.ramps().stream().map(ramp -> ramp.step(seconds)).toList(), draft.now);
      rests = next.ramps().stream().allMatch(Ramp::atRest);
    }
    // A tip that has been led to rest is held as its joints are then: no two controllers at once.
    if ((slowed || rests) && next.ramps().stream().anyMatch(Ramp.Tip.class::isInstance)) {
      next.ramps().stream()
          .filter(Ramp.Tip.class::isInstance)
          .forEach(ramp -> draft.effects.add(ramp.effect()));
      next = next.ramped(bases(next), draft.now);
      rests = true;
    }
    long pause =
        !slowed
            ? Streams.SEND_NANOS
            : draft.now - halt.sinceNanos() > GIVE_UP_NANOS ? SLOW_REPEAT_NANOS : REPEAT_NANOS;
    boolean due =
        halt.lastSentNanos() == Long.MIN_VALUE || draft.now - halt.lastSentNanos() >= pause;
    if (due || rests || lets) {
      next = send(draft, next);
    }
    GuardState.Halt replaced = next;
    draft.halts.replaceAll(one -> one == halt ? replaced : one);
  }

  private static List<Ramp> bases(GuardState.Halt halt) {
    return halt.ramps().stream().filter(Ramp.Base.class::isInstance).toList();
  }

  private static boolean isApart(Draft draft, Ramp.Joints led) {
    return !Following.isThere(led, draft.scene());
  }

  /** How long the body has been still since {@code fromNanos}; 0 while it moves. */
  static long stillFor(Draft draft, long fromNanos) {
    return draft.body.stillSinceNanos() == Body.MOVING
        ? 0
        : draft.now - Math.max(draft.body.stillSinceNanos(), fromNanos);
  }

  static void tellReleased(Draft draft) {
    draft.effects.add(new GuardEffect.TellStop(false));
    draft.releasesLeft--;
    draft.lastReleaseNanos = draft.now;
  }
}
