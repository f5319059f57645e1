package tandem.robot.guard;

import java.util.Locale;
import tandem.proto.v1.Authority;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.Motion;
import tandem.proto.v1.TimeToken;

/**
 * Discrete commands, from the first check to their end (invariants I1 and I3). Static rules over a
 * {@link Draft}.
 */
final class Motions {
  /** The lease holder of a discrete command may be silent for this long. */
  static final long KEEP_ALIVE_NANOS = 1_000_000_000;

  /** Older time tokens are refused. */
  static final long TOKEN_AGE_MILLIS = 2_000;

  /** A command may not ask for more than this after its token. */
  private static final long LONGEST_MILLIS = 900_000;

  static final int LONGEST_ID = 128;
  private static final long SETTLED_NANOS = 200_000_000;
  private static final double ARRIVED_RAD = 0.05;

  private Motions() {}

  static void motion(Draft draft, Motion motion, long replyTo) {
    Authority authority = motion.getAuthority();
    if (Grants.isNobody(draft, authority, replyTo, "the motion")) {
      return;
    }
    int order = GuardCore.compare(authority, draft.memory.getHighestSeen());
    if (order < 0 || Grants.isRevoked(draft, authority)) {
      Grants.staleAuthority(draft, authority, replyTo, motion.getCommandId(), "the motion");
      return;
    }
    if (order > 0) {
      Grants.raise(draft, authority);
      if (draft.active != null) {
        Halts.cancelActive(draft, "superseded-authority", "a command of a newer authority came");
      }
    }
    if (Long.compareUnsigned(motion.getSequenceInEpoch(), draft.memory.getSequenceInEpoch()) <= 0) {
      draft.count("duplicateRefused");
      refuseMotion(
          draft,
          motion,
          replyTo,
          "duplicate",
          "sequence in epoch: expected above "
              + Long.toUnsignedString(draft.memory.getSequenceInEpoch())
              + ", found "
              + Long.toUnsignedString(motion.getSequenceInEpoch()));
      return;
    }
    draft.memory = draft.memory.toBuilder().setSequenceInEpoch(motion.getSequenceInEpoch()).build();
    MotionPlan.Outcome.No no = firstRefusal(draft, motion);
    if (no != null) {
      if (no.code().equals("tandem.guard.late")) {
        draft.count("lateRefused");
      }
      refuseMotion(draft, motion, replyTo, no.code().substring("tandem.guard.".length()), no.why());
      return;
    }
    MotionPlan.Outcome outcome =
        MotionPlan.plan(motion, draft.profile, draft.presence, draft.body, draft.now);
    if (outcome instanceof MotionPlan.Outcome.No refused) {
      countLimit(draft, refused);
      refuseMotion(
          draft,
          motion,
          replyTo,
          refused.code().substring("tandem.guard.".length()),
          refused.why());
      return;
    }
    draft.memory = draft.memory.toBuilder().setJournalHead(motion.getJournal()).build();
    draft.pending = new GuardState.Pending.Start(motion, replyTo);
    draft.store();
  }

  /** All that can be said against a motion besides its goal; null where there is nothing. */
  static MotionPlan.Outcome.No firstRefusal(Draft draft, Motion motion) {
    if (motion.getCommandId().isBlank() || motion.getCommandId().length() > LONGEST_ID) {
      return Draft.no("bad-request", "command id: expected 1.." + LONGEST_ID + " characters");
    }
    if (draft.ending) {
      return Draft.no("ending", "this guard is about to end");
    }
    if (!draft.memory.getArmed()) {
      return Draft.no(
          "not-armed", "this guard lost its state; a supervisor has to re-arm it before it moves");
    }
    if (draft.memory.getStopLatched()) {
      return Draft.no(
          "stopped",
          "stop is latched by "
              + draft.memory.getStopBy()
              + " ("
              + draft.memory.getStopWhy()
              + ")");
    }
    JournalPosition position = motion.getJournal();
    if (position.getSequence() == 0 || position.getHash().size() != 32) {
      return Draft.no(
          "no-journal-position",
          "journal position: expected a sequence and a hash of 32 bytes, found sequence "
              + Long.toUnsignedString(position.getSequence())
              + " and "
              + position.getHash().size()
              + " bytes");
    }
    JournalPosition head = draft.memory.getJournalHead();
    if (comparePosition(position, head) <= 0) {
      return Draft.no(
          "journal-order",
          "journal position: expected above " + position(head) + ", found " + position(position));
    }
    MotionPlan.Outcome.No untimely = untimely(draft, motion);
    if (untimely != null) {
      return untimely;
    }
    if (draft.cancelledIds.contains(motion.getCommandId())) {
      return Draft.no("cancelled", "the command was cancelled before it came");
    }
    if (draft.profile == null) {
      return Draft.no("no-profile", "no profile says how this robot is commanded");
    }
    if (draft.body.fallen(draft.now)) {
      return Draft.no(
          "fallen",
          String.format(
              Locale.ROOT, "the body is tilted by %.2f rad: it has fallen", draft.body.tiltRad()));
    }
    return null;
  }

  static MotionPlan.Outcome.No untimely(Draft draft, Motion motion) {
    TimeToken token = motion.getToken();
    if (!token.getBootId().equals(draft.before.bootId())) {
      return Draft.no(
          "other-boot",
          "time token: expected boot "
              + draft.before.bootId()
              + ", found "
              + Draft.clip(token.getBootId()));
    }
    long nowMillis = draft.now / 1_000_000;
    long tick = token.getTickMillis();
    if (tick < 0 || tick > nowMillis) {
      return Draft.no(
          "future-token", "time token: expected at most " + nowMillis + " ms, found " + tick);
    }
    if (nowMillis - tick > TOKEN_AGE_MILLIS) {
      return Draft.no(
          "late",
          "time token is %d ms old, at most %d ms are allowed"
              .formatted(nowMillis - tick, TOKEN_AGE_MILLIS));
    }
    long startBy = motion.getStartByMillis();
    long endBy = motion.getEndByMillis();
    if (startBy < 0 || endBy <= startBy || endBy > LONGEST_MILLIS) {
      return Draft.no(
          "bad-time",
          "start by and end by: expected 0 <= start < end <= %d ms, found %d and %d"
              .formatted(LONGEST_MILLIS, startBy, endBy));
    }
    if (nowMillis > tick + startBy) {
      return Draft.no(
          "late", "not started by its time: %d ms too late".formatted(nowMillis - tick - startBy));
    }
    return null;
  }

  static void start(Draft draft, GuardState.Pending.Start start) {
    Motion motion = start.motion();
    if (!draft.stored) {
      refuseStored(
          draft,
          motion,
          start.replyTo(),
          Draft.no("not-stored", "not on disk: " + draft.storeError));
      return;
    }
    MotionPlan.Outcome.No untimely = untimely(draft, motion);
    if (untimely != null) {
      if (untimely.code().equals("tandem.guard.late")) {
        draft.count("lateRefused");
      }
      refuseStored(draft, motion, start.replyTo(), untimely);
      return;
    }
    switch (MotionPlan.plan(motion, draft.profile, draft.presence, draft.body, draft.now)) {
      case MotionPlan.Outcome.No refused -> {
        countLimit(draft, refused);
        refuseStored(draft, motion, start.replyTo(), refused);
      }
      case MotionPlan.Outcome.Send send -> {
        if (draft.active != null) {
          draft.count("cancelled");
          draft.effects.add(
              Draft.log(
                  "cancelled",
                  draft.active.commandId(),
                  draft.active.authority(),
                  "",
                  "superseded by " + motion.getCommandId(),
                  "tandem.guard.superseded",
                  false));
        }
        draft.active = null;
        draft.halt = null;
        long tokenNanos = motion.getToken().getTickMillis() * 1_000_000;
        draft.pending =
            new GuardState.Pending.Sent(
                new GuardState.Active(
                    motion.getCommandId(),
                    motion.getAuthority(),
                    send.joints(),
                    send.endRad(),
                    draft.now,
                    draft.now + Math.round(send.durationSeconds() * 1e9),
                    tokenNanos + motion.getEndByMillis() * 1_000_000,
                    Body.MOVING,
                    false),
                start.replyTo());
        draft.effects.add(
            Draft.log("accepted", motion.getCommandId(), motion.getAuthority(), "", "", "", false));
        draft.effects.add(send.effect());
      }
    }
  }

  static void published(Draft draft, GuardInput.Published result) {
    if (!(draft.pending instanceof GuardState.Pending.Sent(var sent, var replyTo))
        || !sent.commandId().equals(result.commandId())) {
      return;
    }
    draft.pending = null;
    if (!result.ok()) {
      draft.count("refused");
      draft.effects.add(
          Draft.log(
              "refused",
              sent.commandId(),
              sent.authority(),
              "",
              result.why(),
              "tandem.guard.not-sent",
              false));
      draft.refuse(replyTo, "not-sent", "not handed to the robot: " + result.why());
      return;
    }
    draft.active = sent;
    draft.keepAliveNanos = draft.now;
    draft.count("accepted");
    draft.count("sent");
    draft.effects.add(
        Draft.log(
            "sent",
            sent.commandId(),
            sent.authority(),
            "",
            "path " + draft.presence.path(),
            "",
            false));
    draft.accept(replyTo);
  }

  /**
   * An action that succeeded is done once the samples agree; one that did not is over, and the
   * joints are held where they are.
   */
  static void goalEnded(Draft draft, GuardInput.GoalEnded goal) {
    if (draft.active == null || !draft.active.commandId().equals(goal.commandId())) {
      return;
    }
    if (goal.status().equals("succeeded")) {
      draft.active = draft.active.succeeded();
    } else {
      Halts.cancelActive(
          draft,
          "goal-" + goal.status(),
          "the robot's action ended as " + goal.status() + ": " + goal.why());
    }
  }

  static void watchActive(Draft draft) {
    if (draft.now >= draft.active.endByNanos()) {
      Halts.cancelActive(draft, "end-by", "its end-by time came");
      return;
    }
    if (draft.body.fallen(draft.now)) {
      Halts.safeBehaviour(
          draft,
          "fallen",
          String.format(Locale.ROOT, "the body is tilted by %.2f rad", draft.body.tiltRad()));
      return;
    }
    if (draft.now - draft.keepAliveNanos > KEEP_ALIVE_NANOS) {
      draft.count("deadmanTrips");
      Halts.safeBehaviour(
          draft,
          "keep-alive-lapsed",
          "no keep-alive for %d ms".formatted((draft.now - draft.keepAliveNanos) / 1_000_000));
      return;
    }
    if (draft.active.joints().isEmpty()) {
      if (draft.now >= draft.active.arrivalNanos()
          && draft.body.fresh(draft.now)
          && Halts.stillFor(draft, draft.active.arrivalNanos()) >= Halts.STILL_NANOS) {
        finish(draft);
      }
      return;
    }
    boolean arrived = true;
    for (int i = 0; i < draft.active.joints().size(); i++) {
      String joint = draft.active.joints().get(i);
      arrived &=
          draft.body.fresh(joint, draft.now)
              && Math.abs(
                      draft.body.joints().get(joint).positionRad() - draft.active.endRad().get(i))
                  <= ARRIVED_RAD;
    }
    if (arrived && draft.active.goalSucceeded()) {
      finish(draft);
    } else if (!arrived || draft.now < draft.active.arrivalNanos()) {
      draft.active = draft.active.settledSince(Body.MOVING);
    } else if (draft.active.settledSinceNanos() == Body.MOVING) {
      draft.active = draft.active.settledSince(draft.now);
    } else if (draft.now - draft.active.settledSinceNanos() >= SETTLED_NANOS) {
      finish(draft);
    }
  }

  static void finish(Draft draft) {
    draft.count("finished");
    draft.effects.add(
        Draft.log(
            "finished", draft.active.commandId(), draft.active.authority(), "", "", "", false));
    draft.active = null;
  }

  /** Refuses after what was seen (authority, sequence) is stored, where it is new. */
  static void refuseMotion(Draft draft, Motion motion, long replyTo, String code, String why) {
    draft.count("refused");
    String text = why + "; nothing was sent to the robot";
    GuardEffect.Log log =
        Draft.log(
            "refused",
            motion.getCommandId(),
            motion.getAuthority(),
            "",
            text,
            "tandem.guard." + code,
            false);
    if (draft.memory.getHighestSeen().equals(draft.before.memory().getHighestSeen())) {
      draft.effects.add(log);
      draft.refuse(replyTo, code, text);
    } else {
      draft.answerStored(replyTo, false, "tandem.guard." + code, text, true, log);
    }
  }

  static void refuseStored(Draft draft, Motion motion, long replyTo, MotionPlan.Outcome.No no) {
    draft.count("refused");
    String text = no.why() + "; nothing was sent to the robot";
    draft.effects.add(
        Draft.log(
            "refused", motion.getCommandId(), motion.getAuthority(), "", text, no.code(), false));
    draft.effects.add(new GuardEffect.Reply(replyTo, false, no.code(), text));
  }

  static void countLimit(Draft draft, MotionPlan.Outcome.No refused) {
    if (refused.code().endsWith("-limit")) {
      draft.count("limitRefused");
    }
  }

  private static int comparePosition(JournalPosition left, JournalPosition right) {
    int byTerm = Long.compareUnsigned(left.getTerm(), right.getTerm());
    return byTerm != 0 ? byTerm : Long.compareUnsigned(left.getSequence(), right.getSequence());
  }

  private static String position(JournalPosition position) {
    return Long.toUnsignedString(position.getTerm())
        + "/"
        + Long.toUnsignedString(position.getSequence());
  }
}
