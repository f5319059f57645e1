package tandem.robot.guard;

import java.util.ArrayList;
import java.util.List;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.TimeToken;

/**
 * Hold-to-move: streams of setpoints, each the heartbeat of its class. The guard leads the robot
 * after the newest one within the limits ({@link Ramp}); a stream without a heartbeat is slowed
 * down and held. Static rules over a {@link Draft}.
 */
final class Streams {
  static final String VELOCITY = "velocity";
  static final String JOINT = "joint";
  static final String REACH = "reach";

  /** The robot is told anew at this pace. */
  static final long SEND_NANOS = 50_000_000;

  static final long LAPSE_MILLIS = 250;
  static final long SHORTEST_LAPSE_MILLIS = 100;
  static final long LONGEST_LAPSE_MILLIS = 500;

  /** A stream that is open waits so long for its first setpoint. */
  private static final long FIRST_NANOS = 1_000_000_000;

  /** A ramp goes on by at most this at once: a guard that was paused does not jump. */
  static final long LONGEST_STEP_NANOS = 50_000_000;

  /** A robot whose samples do not come is not led on. */
  private static final long BLIND_NANOS = 500_000_000;

  static final String BLIND =
      "the robot's samples have not come for %d ms".formatted(BLIND_NANOS / 1_000_000);

  private static final long WINDOW_NANOS = 1_000_000_000;
  private static final int MOST_IN_WINDOW = 128;

  /** Fewer setpoints than these say nothing about how many are beyond the limits. */
  private static final int ENOUGH_IN_WINDOW = 10;

  private static final double MOST_CLAMPED = 0.1;

  /** Not {@code refused}: that ends a command, while a stream outlives a bad setpoint. */
  private static final String REFUSED = "setpoint-refused";

  private static final int LONGEST_WHY = 300;

  private Streams() {}

  /** Time since the last step, as far as a ramp may go at once. */
  static double seconds(long nanos) {
    return Math.clamp(nanos, 0, LONGEST_STEP_NANOS) / 1e9;
  }

  static void setpoint(Draft draft, Setpoint setpoint, long replyTo) {
    draft.count("setpoints");
    GuardState.Active active = draft.active(setpoint.getCommandId());
    String part = active == null ? Parts.BODY : active.part();
    if (setpoint.getAuthority().getTerm() == 0) {
      refuse(draft, setpoint, replyTo, "no-authority", "the setpoint names no term");
      return;
    }
    if (Grants.isStale(draft, setpoint.getAuthority(), part)) {
      draft.count("staleEpochRefused");
      String why = Grants.stale(draft, setpoint.getAuthority(), part);
      refuse(draft, setpoint, replyTo, "stale-epoch", why);
      return;
    }
    if (active == null || !(active.course() instanceof GuardState.Course.Stream stream)) {
      String why =
          "command %s is no open stream%s"
              .formatted(
                  Draft.clip(setpoint.getCommandId()),
                  draft.memory.getStopLatched() ? " (stop is latched)" : "");
      refuse(draft, setpoint, replyTo, "no-stream", why);
      return;
    }
    if (!setpoint.getAuthority().equals(active.authority())) {
      refuse(
          draft,
          active,
          stream,
          replyTo,
          "other-authority",
          "authority: expected that of the stream, %s, found %s"
              .formatted(
                  Grants.authority(active.authority()), Grants.authority(setpoint.getAuthority())));
      return;
    }
    if (!setpoint.getHeld()) {
      letGo(draft, active, stream, setpoint.getWhy());
      draft.accept(replyTo);
      return;
    }
    if (stream.letGo()) {
      refuse(draft, active, stream, replyTo, "let-go", "the control was let go before");
      return;
    }
    MotionPlan.Outcome.No untimely = untimely(draft, stream, setpoint);
    if (untimely != null) {
      switch (untimely.code()) {
        case "tandem.guard.late" -> draft.count("lateRefused");
        case "tandem.guard.duplicate" -> draft.count("duplicateRefused");
        default -> {}
      }
      refuse(
          draft,
          active,
          stream,
          replyTo,
          untimely.code().substring("tandem.guard.".length()),
          untimely.why());
      return;
    }
    switch (StreamPlan.take(setpoint, stream, draft.scene())) {
      case StreamPlan.Outcome.No no ->
          refuse(
              draft,
              active,
              stream,
              replyTo,
              no.code().substring("tandem.guard.".length()),
              no.why());
      case StreamPlan.Outcome.Go go -> take(draft, active, stream, setpoint, go, replyTo);
    }
  }

  private static MotionPlan.Outcome.No untimely(
      Draft draft, GuardState.Course.Stream stream, Setpoint setpoint) {
    if (Long.compareUnsigned(setpoint.getNumber(), stream.number()) <= 0) {
      return Draft.no(
          "duplicate",
          "number: expected above "
              + Long.toUnsignedString(stream.number())
              + ", found "
              + Long.toUnsignedString(setpoint.getNumber()));
    }
    MotionPlan.Outcome.No token = Motions.badToken(draft, setpoint.getToken());
    if (token != null) {
      return token;
    }
    long valid = setpoint.getValidMillis();
    if (valid <= 0 || valid > Motions.TOKEN_AGE_MILLIS) {
      return Draft.no(
          "bad-time",
          "valid: expected 1..%d ms, found %d".formatted(Motions.TOKEN_AGE_MILLIS, valid));
    }
    long age = draft.now / 1_000_000 - setpoint.getToken().getTickMillis();
    return age <= valid
        ? null
        : Draft.no("late", "valid for %d ms after its token, %d ms old".formatted(valid, age));
  }

  /** Refuses what no open stream may count as its own: that one would be ended by its lapse. */
  private static void refuse(
      Draft draft, Setpoint setpoint, long replyTo, String code, String why) {
    draft.count("setpointsRefused");
    boolean open = draft.active(setpoint.getCommandId()) != null;
    draft.refuseOneOfMany(
        REFUSED,
        open ? setpoint.getCommandId() : Grants.authority(setpoint.getAuthority()),
        setpoint.getCommandId(),
        setpoint.getAuthority(),
        replyTo,
        code,
        why + "; the setpoint counts for nothing");
  }

  private static void refuse(
      Draft draft,
      GuardState.Active active,
      GuardState.Course.Stream stream,
      long replyTo,
      String code,
      String why) {
    draft.count("setpointsRefused");
    String text = why + "; the setpoint counts for nothing";
    draft.goesOn(active.on(stream.refusedOne(Draft.clip(code + ": " + text))));
    draft.refuseOneOfMany(
        REFUSED, active.commandId(), active.commandId(), active.authority(), replyTo, code, text);
  }

  private static void take(
      Draft draft,
      GuardState.Active active,
      GuardState.Course.Stream stream,
      Setpoint setpoint,
      StreamPlan.Outcome.Go go,
      long replyTo) {
    boolean clamped = !go.clamped().isEmpty();
    List<GuardState.Course.Stream.Taken> recent = new ArrayList<>(stream.recent());
    recent.removeIf(one -> draft.now - one.nanos() > WINDOW_NANOS);
    while (recent.size() >= MOST_IN_WINDOW) {
      recent.removeFirst();
    }
    recent.add(new GuardState.Course.Stream.Taken(draft.now, clamped));
    long ofThem = recent.stream().filter(GuardState.Course.Stream.Taken::clamped).count();
    GuardState.Active next =
        active.on(
            new GuardState.Course.Stream(
                stream.kind(),
                stream.lapseNanos(),
                setpoint.getNumber(),
                draft.now,
                setpoint.getToken(),
                false,
                go.ramp(),
                stream.ramp() == null ? draft.now : stream.steppedNanos(),
                stream.ramp() == null ? draft.now : stream.followedNanos(),
                stream.sentNanos(),
                stream.applied() + 1,
                stream.clamped() + (clamped ? 1 : 0),
                stream.refused(),
                clamped ? Draft.clip(go.clamped()) : stream.why(),
                List.copyOf(recent)));
    if (clamped) {
      draft.count("limitClamped");
    }
    if (stream.ramp() == null) {
      draft.halts.removeIf(halt -> Parts.overlap(halt.part(), active.part())); // it leads from here
    }
    draft.goesOn(next);
    Grants.isHere(draft, active.authority());
    if (recent.size() >= ENOUGH_IN_WINDOW && ofThem > MOST_CLAMPED * recent.size()) {
      String why =
          "%d of %d setpoints within 1 s were beyond the limits, at most a tenth may be: %s"
              .formatted(ofThem, recent.size(), go.clamped());
      Halts.safeBehaviour(draft, next, "tandem.guard.clamped-too-much", Draft.clip(why));
      draft.count("setpointsRefused");
      draft.refuse(
          replyTo, "clamped-too-much", why + "; the stream is over, the robot comes to rest");
      return;
    }
    draft.effects.add(
        new GuardEffect.Reply(
            replyTo,
            true,
            clamped ? "tandem.guard.clamped" : go.code(),
            clamped ? go.clamped() : go.why()));
  }

  /** Comes to rest within the limits, and is done once it rests. */
  private static void letGo(
      Draft draft, GuardState.Active active, GuardState.Course.Stream stream, String why) {
    if (stream.letGo()) {
      return;
    }
    if (!why.isEmpty()) {
      draft.effects.add(
          Draft.log("let-go", active.commandId(), active.authority(), "", why, "", false));
    }
    draft.goesOn(active.on(stream.lettingGo()));
  }

  static void watch(Draft draft, GuardState.Active active, GuardState.Course.Stream stream) {
    if (!stream.letGo()) {
      long silent =
          draft.now - (stream.ramp() == null ? active.startedNanos() : stream.heldNanos());
      if (silent > (stream.ramp() == null ? FIRST_NANOS : stream.lapseNanos())) {
        draft.count("deadmanTrips");
        Halts.safeBehaviour(
            draft,
            active,
            "tandem.guard.heartbeat-lapsed",
            "no held setpoint for %d ms".formatted(silent / 1_000_000));
        return;
      }
      if (stream.ramp() != null && isBlind(draft, stream.ramp())) {
        Halts.safeBehaviour(draft, active, "tandem.guard.not-measured", BLIND);
        return;
      }
    }
    if (stream.ramp() == null) {
      if (stream.letGo()) {
        Motions.finish(draft, active, summary(stream));
      }
      return;
    }
    boolean rested = stream.letGo() && stream.ramp().atRest();
    boolean stands =
        stream.kind().equals(VELOCITY) && draft.body.knowsBase(draft.now)
            || draft.body.fresh(draft.now) && Halts.stillFor(draft, stream.heldNanos()) > 0;
    if (rested && stands && draft.body.baseStill(draft.now)) {
      Motions.finish(draft, active, summary(stream));
      if (!Following.isThere(stream.ramp(), draft.scene())) {
        Halts.holdMeasured(draft, active);
      }
      return;
    }
    String flaw = Following.flaw(stream.ramp(), draft.scene());
    long followed = flaw.isEmpty() ? draft.now : stream.followedNanos();
    if (draft.now - followed > Following.patienceNanos(stream.ramp())) {
      Halts.notFollowed(draft, active, flaw);
      return;
    }
    Ramp ramp = stream.ramp().step(seconds(draft.now - stream.steppedNanos()));
    boolean send =
        draft.now - stream.sentNanos() >= SEND_NANOS || ramp.atRest() && !stream.ramp().atRest();
    if (send) {
      draft.effects.add(ramp.effect());
    }
    draft.goesOn(
        active.on(stream.ramped(ramp, draft.now, followed, send ? draft.now : stream.sentNanos())));
  }

  /** What is led has to be measured itself; for a base anything of the robot will do. */
  private static boolean isBlind(Draft draft, Ramp ramp) {
    return switch (ramp) {
      case Ramp.Joints joints -> isBlind(draft, joints.joints());
      case Ramp.Tip tip -> Tips.measured(tip.link(), draft.scene(), BLIND_NANOS).isEmpty();
      case Ramp.Base base -> draft.body.lost(draft.now);
    };
  }

  static boolean isBlind(Draft draft, List<String> joints) {
    return !joints.stream()
        .allMatch(joint -> draft.body.measuredWithin(joint, draft.now, BLIND_NANOS));
  }

  static String summary(GuardState.Course.Stream stream) {
    return "%d setpoints applied, %d clamped, %d refused"
        .formatted(stream.applied(), stream.clamped(), stream.refused());
  }

  /** Why a motion ended, and what came of its setpoints where it is a stream. */
  static String ended(GuardState.Active active, String why) {
    if (!(active.course() instanceof GuardState.Course.Stream stream)) {
      return why;
    }
    String first = why.length() > LONGEST_WHY ? why.substring(0, LONGEST_WHY) + "..." : why;
    return first + "; " + summary(stream);
  }

  /** The stream as the status tells it; null where none runs. */
  static tandem.proto.v1.StreamStatus status(GuardState state, long nowNanos) {
    for (GuardState.Active active : state.actives()) {
      if (active.course() instanceof GuardState.Course.Stream stream) {
        TimeToken token = stream.token();
        return tandem.proto.v1.StreamStatus.newBuilder()
            .setCommandId(active.commandId())
            .setKind(stream.kind())
            .setNumber(stream.number())
            .setAgeMillis(stream.ramp() == null ? 0 : nowNanos / 1e6 - token.getTickMillis())
            .setApplied(stream.applied())
            .setClamped(stream.clamped())
            .setRefused(stream.refused())
            .setWhy(stream.why())
            .build();
      }
    }
    return null;
  }
}
