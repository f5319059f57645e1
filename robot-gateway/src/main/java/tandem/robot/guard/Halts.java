package tandem.robot.guard;

import tandem.proto.v1.Authority;
import tandem.proto.v1.Cancel;
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

  private Halts() {}

  static void cancel(Draft draft, Cancel cancel, long replyTo) {
    String id = cancel.getCommandId();
    if (draft.active != null && (id.isEmpty() || id.equals(draft.active.commandId()))) {
      cancelActive(draft, "cancelled", cancel.getBy() + ": " + cancel.getWhy());
      draft.accept(replyTo);
      return;
    }
    if (id.isEmpty()) {
      draft.accept(replyTo);
      return;
    }
    if (id.length() <= Motions.LONGEST_ID) {
      draft.remember(id);
    }
    draft.refuse(
        replyTo,
        "not-running",
        "command " + Draft.clip(id) + " does not run; should it still come, it is refused");
  }

  static void stop(Draft draft, Stop stop, long replyTo) {
    String by = Draft.clip(stop.getBy().isBlank() ? "unknown" : stop.getBy());
    String why = Draft.clip(stop.getWhy());
    boolean repeated =
        draft.memory.getStopLatched()
            && !stop.getRequestId().isEmpty()
            && Draft.clip(stop.getRequestId()).equals(draft.memory.getStopRequestId());
    if (draft.active != null) {
      draft.remember(draft.active.commandId());
      draft.count("cancelled");
      draft.effects.add(
          Draft.log(
              "cancelled",
              draft.active.commandId(),
              draft.active.authority(),
              by,
              why,
              "tandem.guard.stopped",
              false));
      draft.active = null;
    }
    switch (draft.pending) {
      case GuardState.Pending.Start start ->
          draft.refuse(
              start.replyTo(), "stopped", "a stop by " + by + " came first; nothing was sent");
      case GuardState.Pending.Sent sent -> {
        draft.remember(sent.active().commandId());
        draft.refuse(sent.replyTo(), "stopped", "a stop by " + by + " came while it was sent");
      }
      case null, default -> {}
    }
    draft.releasesLeft = 0;
    if (!draft.memory.getStopLatched()) {
      draft.memory =
          draft.memory.toBuilder()
              .setStopLatched(true)
              .setStopBy(by)
              .setStopWhy(why)
              .setStopRequestId(Draft.clip(stop.getRequestId()))
              .build();
    }
    if (!repeated || draft.halt == null || !draft.halt.stop()) {
      beginHalt(draft, true, "", by + ": " + why);
    } else {
      sendHalt(draft);
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

  static void release(Draft draft, Release release, long replyTo) {
    if (release.getBy().isBlank() || release.getReason().isBlank()) {
      draft.refuse(
          replyTo, "no-reason", "a release needs a name and a reason; the stop stays latched");
      return;
    }
    GuardMemory latched = draft.memory;
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
      return;
    }
    if (draft.halt != null && draft.halt.stop()) {
      draft.halt = null;
    }
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

  static void safeBehaviour(Draft draft, String code, String why) {
    String id = draft.active.commandId();
    Authority authority = draft.active.authority();
    draft.active = null;
    draft.remember(id);
    draft.count("cancelled");
    draft.effects.add(
        Draft.log("safe-behaviour", id, authority, "guard", why, "tandem.guard." + code, true));
    beginHalt(draft, false, id, why);
  }

  static void cancelActive(Draft draft, String code, String why) {
    String id = draft.active.commandId();
    draft.effects.add(
        Draft.log(
            "cancelled",
            id,
            draft.active.authority(),
            "",
            Draft.clip(why),
            "tandem.guard." + code,
            false));
    draft.active = null;
    draft.remember(id);
    draft.count("cancelled");
    beginHalt(draft, false, id, Draft.clip(why));
  }

  static void beginHalt(Draft draft, boolean stop, String commandId, String why) {
    boolean stays = draft.halt != null && draft.halt.stop();
    GuardEffect.MoveJoints hold = draft.halt == null ? null : draft.halt.hold();
    draft.halt =
        new GuardState.Halt(stop || stays, commandId, why, hold, draft.now, Long.MIN_VALUE, false);
    sendHalt(draft);
  }

  static void sendHalt(Draft draft) {
    if (draft.halt.stop()) {
      draft.effects.add(new GuardEffect.TellStop(true));
    }
    GuardEffect.MoveJoints hold =
        draft.halt.hold() != null
            ? draft.halt.hold()
            : MotionPlan.hold(draft.profile, draft.presence, draft.body, draft.now).orElse(null);
    boolean action = hold != null && hold.target().getKind().equals("action");
    if (action) {
      draft.effects.add(new GuardEffect.CancelGoals(hold.target()));
    }
    // Each goal of an action replaces the one before: holds in quick succession would never settle.
    if (hold != null
        && (!action || draft.halt.hold() == null || draft.halt.lastSentNanos() == Long.MIN_VALUE)) {
      draft.effects.add(hold);
    }
    draft.halt =
        new GuardState.Halt(
            draft.halt.stop(),
            draft.halt.commandId(),
            draft.halt.why(),
            hold,
            draft.halt.sinceNanos(),
            draft.now,
            draft.halt.silenceLogged());
  }

  static void watchHalt(Draft draft) {
    boolean fresh = draft.body.fresh(draft.now);
    if (fresh && stillFor(draft, draft.halt.sinceNanos()) >= STILL_NANOS) {
      long movedMillis =
          Math.max(
                  0,
                  Math.max(draft.body.stillSinceNanos(), draft.halt.sinceNanos())
                      - draft.halt.sinceNanos())
              / 1_000_000;
      draft.effects.add(
          Draft.log(
              draft.halt.stop() ? "stop-in-effect" : "safe-behaviour",
              draft.halt.commandId(),
              draft.memory.getHighestSeen(),
              "guard",
              "still since %d ms after it was asked for".formatted(movedMillis),
              draft.halt.stop() ? "" : "tandem.guard.held",
              draft.halt.stop()));
      draft.halt = null;
      return;
    }
    if (!draft.halt.stop() && draft.now - draft.halt.sinceNanos() > GIVE_UP_NANOS) {
      draft.effects.add(
          Draft.log(
              "safe-behaviour",
              draft.halt.commandId(),
              draft.memory.getHighestSeen(),
              "guard",
              fresh
                  ? "the robot still moves after 5 s of holding"
                  : "no samples show whether it holds",
              "tandem.guard.not-held",
              false));
      draft.halt = null;
      return;
    }
    if (draft.halt.stop()
        && !draft.halt.silenceLogged()
        && !fresh
        && draft.now - draft.halt.sinceNanos() > SILENCE_NANOS) {
      draft.effects.add(
          Draft.log(
              "stop",
              "",
              draft.memory.getHighestSeen(),
              "guard",
              "not confirmed: the robot's samples do not come; it is repeated",
              "tandem.guard.not-confirmed",
              false));
      draft.halt =
          new GuardState.Halt(
              true,
              draft.halt.commandId(),
              draft.halt.why(),
              draft.halt.hold(),
              draft.halt.sinceNanos(),
              draft.halt.lastSentNanos(),
              true);
    }
    long pause =
        draft.now - draft.halt.sinceNanos() > GIVE_UP_NANOS ? SLOW_REPEAT_NANOS : REPEAT_NANOS;
    if (draft.halt.lastSentNanos() == Long.MIN_VALUE
        || draft.now - draft.halt.lastSentNanos() >= pause) {
      sendHalt(draft);
    }
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
