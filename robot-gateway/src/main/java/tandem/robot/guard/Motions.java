package tandem.robot.guard;

import java.util.ArrayList;
import java.util.List;
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
  private static final String ENDING = "this guard is about to end";
  private static final long SETTLED_NANOS = 200_000_000;
  private static final double ARRIVED_RAD = 0.05;

  private Motions() {}

  static void motion(Draft draft, Motion motion, long replyTo) {
    Authority authority = motion.getAuthority();
    if (Grants.isNobody(draft, authority, replyTo, "the motion")) {
      return;
    }
    String part = Parts.of(motion, draft.profile);
    if (Grants.isStale(draft, authority, part)) {
      Grants.staleAuthority(draft, authority, part, replyTo, motion.getCommandId(), "the motion");
      return;
    }
    if (!Parts.isGranted(draft.memory, authority, part)) {
      refuseMotion(
          draft,
          motion,
          replyTo,
          "no-grant",
          "authority %s was not granted for %s here".formatted(Grants.authority(authority), part));
      return;
    }
    long newest = Parts.sequence(draft.memory, part);
    if (Long.compareUnsigned(motion.getSequenceInEpoch(), newest) <= 0) {
      draft.count("duplicateRefused");
      refuseMotion(
          draft,
          motion,
          replyTo,
          "duplicate",
          "sequence in epoch: expected above "
              + Long.toUnsignedString(newest)
              + ", found "
              + Long.toUnsignedString(motion.getSequenceInEpoch()));
      return;
    }
    draft.memory = Parts.sequence(draft.memory, authority, part, motion.getSequenceInEpoch());
    MotionPlan.Outcome.No no = firstRefusal(draft, motion);
    if (no != null) {
      if (no.code().equals("tandem.guard.late")) {
        draft.count("lateRefused");
      }
      refuseMotion(draft, motion, replyTo, no.code().substring("tandem.guard.".length()), no.why());
      return;
    }
    if (MotionPlan.plan(motion, draft.scene()) instanceof MotionPlan.Outcome.No refused) {
      draft.countLimit(refused);
      refuseMotion(
          draft,
          motion,
          replyTo,
          refused.code().substring("tandem.guard.".length()),
          refused.why());
      return;
    }
    draft.memory = draft.memory.toBuilder().setJournalHead(motion.getJournal()).build();
    Navigations.remember(draft, motion);
    draft.pending = new GuardState.Pending.Start(motion, replyTo);
    draft.store();
  }

  /** All that can be said against a motion besides its goal; null where there is nothing. */
  static MotionPlan.Outcome.No firstRefusal(Draft draft, Motion motion) {
    if (motion.getCommandId().isBlank() || motion.getCommandId().length() > LONGEST_ID) {
      return Draft.no("bad-request", "command id: expected 1.." + LONGEST_ID + " characters");
    }
    if (draft.ending) {
      return ending();
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
    if (draft.cancelledIds.lost(draft.now)) {
      return Draft.no(
          "busy",
          "within %d ms more commands were cancelled than are kept in mind (%d): whether this one was is not known"
              .formatted(CancelledIds.KEPT_NANOS / 1_000_000, CancelledIds.MOST));
    }
    if (draft.profile == null) {
      return Draft.no("no-profile", "no profile says how this robot is commanded");
    }
    MotionPlan.Outcome.No posture = unpermitted(draft, motion);
    return posture != null ? posture : busy(draft, motion);
  }

  private static MotionPlan.Outcome.No ending() {
    return Draft.no("ending", ENDING);
  }

  /** What the body's state does not permit; null where it does. */
  private static MotionPlan.Outcome.No unpermitted(Draft draft, Motion motion) {
    if (!draft.presence.foreigners().isEmpty()
        && draft.profile.getForeignPolicy().equals("refuse-motion")) {
      return Draft.no(
          "foreign-authority",
          "policy refuse-motion: others publish on the robot's command topics: "
              + Draft.clip(String.join(", ", draft.presence.foreigners())));
    }
    String posture = draft.posture();
    String name =
        motion.getGoalCase() == Motion.GoalCase.STREAM
            ? motion.getStream().getKind()
            : motion.getGoalCase().name().toLowerCase(Locale.ROOT);
    boolean legs = name.equals(Streams.VELOCITY) || motion.hasStance() || motion.hasNavigate();
    return switch (posture) {
      case "fallen" -> Draft.no("fallen", draft.body.fall(draft.now) + ": it has fallen");
      case String hanging when legs && (hanging.equals("lifted") || hanging.equals("gantry")) ->
          Draft.no(
              "posture",
              posture.equals("lifted")
                  ? "the body is lifted, its feet carry nothing: " + name + " needs the ground"
                  : "the body hangs on a gantry, its feet carry part of it only: "
                      + name
                      + " needs the ground");
      case String walking when motion.hasStance() && walking.equals("walking") ->
          Draft.no("posture", "the body walks: a stance is taken from standing");
      default -> null;
    };
  }

  /** What is not cut short, or not yet at rest, in the same part of the body; null: nothing. */
  private static MotionPlan.Outcome.No busy(Draft draft, Motion motion) {
    String part = Parts.of(motion, draft.profile);
    String unconfirmed = Navigations.unconfirmed(draft, motion.getCommandId());
    if (unconfirmed != null) {
      return Draft.no(
          "busy",
          "the navigation of command %s is cancelled, the robot has not said that it is over"
              .formatted(unconfirmed));
    }
    for (GuardState.Active active : draft.actives) {
      if (!Parts.overlap(active.part(), part)) {
        continue;
      }
      switch (active.course()) {
        case GuardState.Course.Stance stance -> {
          return Draft.no(
              "busy",
              "stance %s (command %s) is on its way and is never cut half-way"
                  .formatted(stance.stance(), active.commandId()));
        }
        case GuardState.Course.Stream stream
            when stream.ramp() != null && !stream.ramp().atRest() -> {
          return Draft.no(
              "busy",
              "the %s stream of command %s still moves; let it go first"
                  .formatted(stream.kind(), active.commandId()));
        }
        // What has been sent to the robot's own stack is ended by nothing but a cancel.
        case GuardState.Course.Navigation navigation when !motion.hasNavigate() -> {
          return Draft.no(
              "busy",
              "the robot navigates (command %s); cancel it first".formatted(active.commandId()));
        }
        // So is a trajectory, but for a newer one.
        case GuardState.Course.Goal goal when !movesJoints(motion) -> {
          return Draft.no(
              "busy", "command %s still runs; cancel it first".formatted(active.commandId()));
        }
        case GuardState.Course.Stream stream -> {}
        case GuardState.Course.Goal goal -> {}
        case GuardState.Course.Navigation navigation -> {}
      }
    }
    for (GuardState.Halt halt : draft.halts) {
      if (!Parts.overlap(halt.part(), part)) {
        continue;
      }
      if (!halt.ramps().stream().allMatch(Ramp::atRest)) {
        return Draft.no("busy", "the body is still being slowed down (" + halt.why() + ")");
      }
      // A take brings the robot to hold first: what the holder before left moving is waited for.
      if (halt.authority().getTerm() != 0
          && GuardCore.compare(halt.authority(), motion.getAuthority()) < 0) {
        return Draft.no(
            "busy",
            "the body is still being brought to hold after authority %s (%s)"
                .formatted(Grants.authority(halt.authority()), halt.why()));
      }
    }
    return null;
  }

  private static boolean movesJoints(Motion motion) {
    return motion.hasJoint()
        || motion.hasReach()
        || motion.hasStream() && !motion.getStream().getKind().equals(Streams.VELOCITY);
  }

  static MotionPlan.Outcome.No untimely(Draft draft, Motion motion) {
    MotionPlan.Outcome.No token = badToken(draft, motion.getToken());
    if (token != null) {
      return token;
    }
    long nowMillis = draft.now / 1_000_000;
    long tick = motion.getToken().getTickMillis();
    long startBy = motion.getStartByMillis();
    long endBy = motion.getEndByMillis();
    if (startBy < 0 || endBy <= startBy || endBy > LONGEST_MILLIS) {
      return Draft.no(
          "bad-time",
          "start by and end by: expected 0 <= start < end <= %d ms, found %d and %d"
              .formatted(LONGEST_MILLIS, startBy, endBy));
    }
    if (tick < draft.releasedMillis) {
      return Draft.no(
          "stopped",
          "time token: expected one since the release of the stop at %d ms, found %d: the robot was stopped after the motion was permitted"
              .formatted(draft.releasedMillis, tick));
    }
    if (nowMillis > tick + startBy) {
      return Draft.no(
          "late", "not started by its time: %d ms too late".formatted(nowMillis - tick - startBy));
    }
    return null;
  }

  /** What speaks against a time token; null where nothing does. */
  static MotionPlan.Outcome.No badToken(Draft draft, TimeToken token) {
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
    if (draft.ending) {
      refuseStored(draft, motion, start.replyTo(), ending());
      return;
    }
    MotionPlan.Outcome.No no = untimely(draft, motion);
    if (no != null && no.code().equals("tandem.guard.late")) {
      draft.count("lateRefused");
    }
    if (no == null) {
      no = unpermitted(draft, motion);
    }
    if (no == null) {
      no = busy(draft, motion);
    }
    if (no != null) {
      refuseStored(draft, motion, start.replyTo(), no);
      return;
    }
    switch (MotionPlan.plan(motion, draft.scene())) {
      case MotionPlan.Outcome.No refused -> {
        draft.countLimit(refused);
        refuseStored(draft, motion, start.replyTo(), refused);
      }
      case MotionPlan.Outcome.Send send -> send(draft, motion, send, start.replyTo());
    }
  }

  private static void send(Draft draft, Motion motion, MotionPlan.Outcome.Send send, long replyTo) {
    String part = Parts.of(motion, draft.profile);
    List<GuardState.Active> superseded = new ArrayList<>();
    for (GuardState.Active earlier : List.copyOf(draft.actives)) {
      if (Parts.overlap(earlier.part(), part)) {
        superseded.add(earlier);
        draft.remember(earlier.commandId());
        draft.count("cancelled");
        draft.effects.add(
            Draft.log(
                "cancelled",
                earlier.commandId(),
                earlier.authority(),
                "",
                Streams.ended(earlier, "superseded by " + motion.getCommandId()),
                "tandem.guard.superseded",
                false));
        draft.actives.remove(earlier);
      }
    }
    List<GuardState.Halt> halted =
        draft.halts.stream().filter(halt -> Parts.overlap(halt.part(), part)).toList();
    draft.halts.removeAll(halted);
    if (motion.hasStream()) {
      // It moves nothing before its first setpoint, which may never come: the goal would go on.
      superseded.stream()
          .filter(earlier -> earlier.course() instanceof GuardState.Course.Goal)
          .forEach(
              goal -> Halts.bringToRest(draft, goal, "superseded by " + motion.getCommandId()));
    }
    long tokenNanos = motion.getToken().getTickMillis() * 1_000_000;
    GuardState.Active next =
        new GuardState.Active(
            part,
            motion.getCommandId(),
            motion.getAuthority(),
            draft.now,
            tokenNanos + motion.getEndByMillis() * 1_000_000,
            send.course());
    draft.effects.add(
        Draft.log("accepted", motion.getCommandId(), motion.getAuthority(), "", "", "", false));
    if (send.effect() == null) {
      begun(draft, next, replyTo);
    } else {
      draft.pending = new GuardState.Pending.Sent(next, replyTo, List.copyOf(superseded), halted);
      for (GuardState.Active earlier : superseded) {
        Halts.atMeasured(draft, earlier).forEach(tip -> draft.effects.add(tip.effect()));
      }
      draft.effects.add(send.effect());
    }
  }

  static void published(Draft draft, GuardInput.Published result) {
    if (!(draft.pending
            instanceof GuardState.Pending.Sent(var sent, var replyTo, var superseded, var halted))
        || !sent.commandId().equals(result.commandId())) {
      return;
    }
    draft.pending = null;
    if (result.ok()) {
      begun(draft, sent, replyTo);
      if (draft.ending) {
        Halts.ending(draft, sent, ENDING);
      } else if (draft.cancelledIds.contains(sent.commandId())) {
        Halts.cancelActive(draft, sent, "cancelled", "cancelled while it was sent");
      }
      return;
    }
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
    halted.stream()
        .filter(
            halt -> draft.halts.stream().noneMatch(one -> Parts.overlap(one.part(), halt.part())))
        .toList()
        .forEach(draft.halts::add);
    superseded.forEach(
        earlier ->
            Halts.bringToRest(
                draft,
                earlier,
                "what was to supersede it was not handed to the robot, where it may still go on"));
    if (sent.course() instanceof GuardState.Course.Navigation) {
      Navigations.forget(draft, sent.commandId());
      Halts.bringToRest(draft, sent, "not handed to the robot: one before it may still go on");
    }
  }

  private static void begun(Draft draft, GuardState.Active active, long replyTo) {
    draft.actives.add(active);
    draft.told = List.of();
    Grants.isHere(draft, active.authority());
    draft.count("accepted");
    draft.count("sent");
    draft.effects.add(
        Draft.log(
            "sent",
            active.commandId(),
            active.authority(),
            "",
            active.course() instanceof GuardState.Course.Stream stream
                ? "%s stream open, lapse %d ms"
                    .formatted(stream.kind(), stream.lapseNanos() / 1_000_000)
                : "path " + draft.presence.path(),
            "",
            false));
    draft.accept(replyTo);
  }

  /**
   * Joints whose action succeeded are done once the samples agree, a navigation at once: how near
   * is near enough is its own setting. What did not succeed is over and brought to rest.
   */
  static void goalEnded(Draft draft, GuardInput.GoalEnded goal) {
    if (goal.commandId().isEmpty()) {
      draft.count("holdsRejected");
      draft.effects.add(
          Draft.log(
              "safe-behaviour",
              "",
              draft.memory.getHighestSeen(),
              "guard",
              "the hold was not taken: " + goal.why(),
              "tandem.guard.hold-rejected",
              false));
      return;
    }
    if (!goal.status().equals(LOST)) {
      Navigations.forget(draft, goal.commandId());
    }
    GuardState.Active active = draft.active(goal.commandId());
    boolean succeeded = goal.status().equals("succeeded");
    switch (active == null ? null : active.course()) {
      case GuardState.Course.Goal course when succeeded ->
          draft.goesOn(active.on(course.succeeded()));
      case GuardState.Course.Navigation navigation when succeeded ->
          finish(draft, active, "the robot's action succeeded");
      case GuardState.Course.Goal course -> failed(draft, active, goal);
      case GuardState.Course.Navigation navigation -> failed(draft, active, goal);
      case GuardState.Course.Stance stance -> {}
      case GuardState.Course.Stream stream -> {}
      case null -> {}
    }
  }

  /** A navigation of which nothing more is heard may go on at the robot: it stays remembered. */
  private static final String LOST = "lost";

  private static void failed(Draft draft, GuardState.Active active, GuardInput.GoalEnded goal) {
    boolean rejected = goal.status().equals("rejected");
    boolean cancelled = goal.status().equals("canceled");
    Halts.cancelActive(
        draft,
        active,
        "goal-" + (rejected || cancelled ? goal.status() : "aborted"),
        "the robot's action ended as " + goal.status() + ": " + goal.why());
  }

  /** Ends what has to end, and sees what is done. */
  static void watch(Draft draft, GuardState.Active active) {
    if (active.course() instanceof GuardState.Course.Stance stance) {
      Stances.watch(draft, active, stance);
      return;
    }
    if (draft.now >= active.endByNanos()) {
      Halts.cancelActive(draft, active, "end-by", "its end-by time came");
      return;
    }
    MotionPlan.Outcome.No posture = postureLost(draft, active);
    if (posture != null) {
      Halts.safeBehaviour(draft, active, posture.code(), posture.why());
      return;
    }
    if (active.course() instanceof GuardState.Course.Stream stream) {
      Streams.watch(draft, active, stream);
      return;
    }
    if (active.course() instanceof GuardState.Course.Navigation navigation) {
      Navigations.watch(draft, active, navigation);
      return;
    }
    long silent = Grants.silentNanos(draft, active.authority());
    if (silent > KEEP_ALIVE_NANOS) {
      draft.count("deadmanTrips");
      Halts.safeBehaviour(
          draft,
          active,
          "tandem.guard.keep-alive-lapsed",
          "no keep-alive for %d ms".formatted(silent / 1_000_000));
      return;
    }
    if (active.course() instanceof GuardState.Course.Goal goal) {
      watchGoal(draft, active, goal);
    }
  }

  /** Why the body's state does not let a motion go on; null where it does. */
  private static MotionPlan.Outcome.No postureLost(Draft draft, GuardState.Active active) {
    String posture = draft.posture();
    if (posture.equals("fallen")) {
      return Draft.no("fallen", draft.body.fall(draft.now));
    }
    boolean hangs = posture.equals("lifted") || posture.equals("gantry");
    if (hangs && Halts.movesBase(active)) {
      return Draft.no("posture", "the feet do not carry the body any more: " + posture);
    }
    if (!draft.presence.foreigners().isEmpty()
        && draft.profile.getForeignPolicy().equals("refuse-motion")) {
      return Draft.no(
          "foreign-authority",
          "policy refuse-motion: "
              + Draft.clip(String.join(", ", draft.presence.foreigners()))
              + " publishes on the robot's command topics");
    }
    return null;
  }

  private static void watchGoal(
      Draft draft, GuardState.Active active, GuardState.Course.Goal goal) {
    if (goal.led() != null) {
      GuardState.Course.Goal next = lead(draft, active, goal);
      if (next != null) {
        GuardState.Active further = active.on(next);
        draft.goesOn(further);
        arrive(draft, further, next);
      }
      return;
    }
    arrive(draft, active, goal);
  }

  /** Leads it on as a stream's joints are; null where that ends it. */
  private static GuardState.Course.Goal lead(
      Draft draft, GuardState.Active active, GuardState.Course.Goal goal) {
    GuardState.Course.Goal.Lead led = goal.led();
    if (Streams.isBlind(draft, led.move().joints())) {
      Halts.safeBehaviour(draft, active, "tandem.guard.not-measured", Streams.BLIND);
      return null;
    }
    GuardEffect.StreamJoints before = MotionPlan.point(led.move(), led.elapsedNanos());
    String flaw =
        Following.flaw(
            before.joints(), before.positionsRad(), before.velocitiesRadPerSec(), draft.body);
    long followed = flaw.isEmpty() ? draft.now : led.followedNanos();
    if (draft.now - followed > Following.JOINTS_NANOS) {
      Halts.notFollowed(draft, active, flaw);
      return null;
    }
    long passed = draft.now - led.steppedNanos();
    long step = Math.min(passed, Streams.LONGEST_STEP_NANOS);
    long elapsed = led.elapsedNanos() + step;
    draft.effects.add(MotionPlan.point(led.move(), elapsed));
    return goal.led(
        new GuardState.Course.Goal.Lead(led.move(), elapsed, draft.now, followed), passed - step);
  }

  private static void arrive(Draft draft, GuardState.Active active, GuardState.Course.Goal goal) {
    if (goal.joints().isEmpty()) {
      if (draft.now >= goal.arrivalNanos()
          && draft.body.fresh(draft.now)
          && Halts.stillFor(draft, goal.arrivalNanos()) >= Halts.STILL_NANOS) {
        finish(draft, active, "");
      }
      return;
    }
    boolean arrived = true;
    for (int i = 0; i < goal.joints().size(); i++) {
      String joint = goal.joints().get(i);
      arrived &=
          draft.body.fresh(joint, draft.now)
              && Math.abs(draft.body.joints().get(joint).positionRad() - goal.endRad().get(i))
                  <= ARRIVED_RAD;
    }
    if (arrived && goal.goalSucceeded()) {
      finish(draft, active, "");
    } else if (!arrived || draft.now < goal.arrivalNanos()) {
      draft.goesOn(active.on(goal.settledSince(Body.MOVING)));
    } else if (goal.settledSinceNanos() == Body.MOVING) {
      draft.goesOn(active.on(goal.settledSince(draft.now)));
    } else if (draft.now - goal.settledSinceNanos() >= SETTLED_NANOS) {
      finish(draft, active, "");
    }
  }

  static void finish(Draft draft, GuardState.Active active, String why) {
    draft.count("finished");
    draft.effects.add(
        Draft.log("finished", active.commandId(), active.authority(), "", why, "", false));
    draft.actives.remove(active);
  }

  static void refuseMotion(Draft draft, Motion motion, long replyTo, String code, String why) {
    draft.count("refused");
    String text = why + "; nothing was sent to the robot";
    draft.effects.add(
        Draft.log(
            "refused",
            motion.getCommandId(),
            motion.getAuthority(),
            "",
            text,
            Draft.CODE + code,
            false));
    draft.refuse(replyTo, code, text);
  }

  static void refuseStored(Draft draft, Motion motion, long replyTo, MotionPlan.Outcome.No no) {
    Navigations.forget(draft, motion.getCommandId());
    draft.count("refused");
    String text = no.why() + "; nothing was sent to the robot";
    draft.effects.add(
        Draft.log(
            "refused", motion.getCommandId(), motion.getAuthority(), "", text, no.code(), false));
    draft.effects.add(new GuardEffect.Reply(replyTo, false, no.code(), text));
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
