package tandem.robot.guard;

import java.util.List;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.StreamStatus;
import tandem.proto.v1.TimeToken;

/**
 * The guard's whole judgement: what it takes, what it refuses, what it does by itself. Pure: no
 * clock, no I/O, no thread; the time comes in with each input.
 *
 * <pre>
 *   Motion --checks--> Store(authority, sequence, position) --Stored--> checks again --> Move* --Published--> Reply
 *   Stop   --latch---> TellStop, hold ----> Store --Stored--> Reply      (sent before it is stored)
 *   Cancel --hold, refuse what waits for the disk--> Reply               (never stored)
 *   Tick   --lapsed keep-alive, endBy, fall--> hold, repeated until the samples show rest
 * </pre>
 *
 * <p>While the disk is waited for, requests that may have to be stored wait, too; stops, cancels,
 * setpoints and keep-alives do not. A disk that does not answer within {@link #HUNG_NANOS} has
 * refused.
 *
 * <p>A check that fails answers with a code {@code tandem.guard.*} and a text that says what was
 * not done. Whatever raises the authority is stored before it is answered. A motion raises nothing:
 * one whose authority was not granted here is refused.
 */
public final class GuardCore {
  /** A disk that is silent for longer counts as one that refuses. */
  static final long HUNG_NANOS = 500_000_000;

  private static final int MOST_ASKED = 64;

  private GuardCore() {}

  /** The next state, and what is to be done for it, in order. */
  public record Decision(GuardState state, List<GuardEffect> effects) {}

  /**
   * Judges one input.
   *
   * @param nowNanos guard's monotonic clock since its start; never goes back
   * @param body what the samples say now
   */
  public static Decision decide(GuardState state, long nowNanos, Body body, GuardInput input) {
    Draft draft = new Draft(state, nowNanos, body);
    switch (input) {
      case GuardInput.Request request -> {
        if (draft.pending == null || !waits(request.request())) {
          request(draft, request);
        } else if (draft.asked.size() < MOST_ASKED) {
          draft.asked.add(request);
        } else {
          draft.refuse(request.replyTo(), "busy", "too many requests wait for the disk");
        }
      }
      case GuardInput.Stored stored -> stored(draft, stored);
      case GuardInput.Published published -> Motions.published(draft, published);
      case GuardInput.GoalEnded goal -> Motions.goalEnded(draft, goal);
      case GuardInput.Tick tick -> tick(draft);
      case GuardInput.Seen seen -> seen(draft, seen.presence());
      case GuardInput.Described(var model) -> draft.model = model;
      case GuardInput.Foreign foreign -> foreign(draft, foreign);
      case GuardInput.Ending ending -> ending(draft, ending.why());
    }
    while (draft.pending == null && !draft.asked.isEmpty()) {
      request(draft, draft.asked.removeFirst());
    }
    if (draft.memory.hasStance() && Stances.running(draft) == null) {
      draft.store(); // a start has nothing to bring to its end any more
    }
    return new Decision(draft.state(), List.copyOf(draft.effects));
  }

  /** By term, then by epoch, both unsigned. */
  static int compare(Authority left, Authority right) {
    int byTerm = Long.compareUnsigned(left.getTerm(), right.getTerm());
    return byTerm != 0 ? byTerm : Long.compareUnsigned(left.getEpoch(), right.getEpoch());
  }

  static TimeToken token(GuardState state, long nowNanos) {
    return TimeToken.newBuilder()
        .setBootId(state.bootId())
        .setTickMillis(nowNanos / 1_000_000)
        .build();
  }

  /** What the guard tells about itself; the process adds what only it knows. */
  static GuardStatus.Builder status(GuardState state, long nowNanos, Body body) {
    return statusUncounted(state, nowNanos, body).putAllCounters(state.counters());
  }

  /** The same without the counters, on which nothing is decided. */
  static GuardStatus.Builder statusUncounted(GuardState state, long nowNanos, Body body) {
    GuardMemory memory = state.memory();
    GuardStatus.Builder status =
        GuardStatus.newBuilder()
            .setRobot(state.robot())
            .setToken(token(state, nowNanos))
            .setHighestSeen(memory.getHighestSeen())
            .setArmed(memory.getArmed())
            .setStopLatched(memory.getStopLatched())
            .setStopBy(memory.getStopBy())
            .setStopWhy(memory.getStopWhy())
            .setStopNumber(memory.getStopNumber())
            .addAllActiveCommandIds(
                state.actives().stream().map(GuardState.Active::commandId).toList())
            .setPath(state.presence().path())
            .setJournalHead(memory.getJournalHead())
            .setProfileHash(state.profileHash())
            .setLogAcked(memory.getLogAcked())
            .setBody(body.posture(nowNanos, isAssisted(state.profile())));
    if (Parts.independent(state.profile())) {
      for (String part : Parts.of(Parts.BODY)) {
        status.putPartSeen(part, Parts.seen(memory, part));
      }
    }
    StreamStatus stream = Streams.status(state, nowNanos);
    return stream == null ? status : status.setStream(stream);
  }

  /** Whether something holds the robot up that the real one would not have. */
  static boolean isAssisted(RobotProfile profile) {
    return profile != null && !profile.getAssistance().isEmpty();
  }

  /** Whether nothing moves and nothing is being brought to rest. */
  static boolean atRest(GuardState state) {
    return state.actives().isEmpty()
        && state.pending() == null
        && state.halts().isEmpty()
        && state.memory().getNavigationsCount() == 0;
  }

  /** Whether it leads the robot point by point: what waits on its way is soon wrong. */
  static boolean leads(GuardState state) {
    return Halts.slowing(state.halts()) != null
        || state.actives().stream()
            .anyMatch(
                active ->
                    switch (active.course()) {
                      case GuardState.Course.Stream stream -> true;
                      case GuardState.Course.Goal goal -> goal.led() != null;
                      case GuardState.Course.Stance stance -> false;
                      case GuardState.Course.Navigation navigation -> false;
                    });
  }

  private static void request(Draft draft, GuardInput.Request asked) {
    GuardRequest request = asked.request();
    long replyTo = asked.replyTo();
    switch (request.getRequestCase()) {
      case STOP -> Halts.stop(draft, request.getStop(), replyTo);
      case CANCEL -> Halts.cancel(draft, request.getCancel(), replyTo);
      case GRANT, REVOKE, MOTION, SETPOINT, KEEP_ALIVE, RELEASE, REARM, CONFIGURE, LOG_ACK -> {
        if (!request.getRobot().equals(draft.before.robot())) {
          draft.refuse(
              replyTo,
              "wrong-robot",
              "robot: expected " + draft.before.robot() + ", found " + request.getRobot());
        } else if (!asked.fromGateway()) {
          draft.refuse(
              replyTo,
              "not-a-gateway",
              "on the guard's own listener only stop and cancel are taken");
        } else {
          fromGateway(draft, request, replyTo);
        }
      }
      case CHALLENGE, REQUEST_NOT_SET ->
          draft.refuse(replyTo, "bad-request", "the request names nothing that a guard does");
    }
  }

  private static void fromGateway(Draft draft, GuardRequest request, long replyTo) {
    switch (request.getRequestCase()) {
      case GRANT -> Grants.grant(draft, request.getGrant(), replyTo);
      case REVOKE -> Grants.revoke(draft, request.getRevoke(), replyTo);
      case MOTION -> Motions.motion(draft, request.getMotion(), replyTo);
      case SETPOINT -> Streams.setpoint(draft, request.getSetpoint(), replyTo);
      case KEEP_ALIVE -> Grants.keepAlive(draft, request.getKeepAlive(), replyTo);
      case RELEASE -> Halts.release(draft, request.getRelease(), replyTo);
      case REARM -> Grants.rearm(draft, request.getRearm(), replyTo);
      case CONFIGURE -> configure(draft, request.getConfigure().getProfile(), replyTo);
      case LOG_ACK -> logAck(draft, request.getLogAck().getUpTo(), replyTo);
      case STOP, CANCEL, CHALLENGE, REQUEST_NOT_SET ->
          throw new IllegalStateException(request.getRequestCase() + " is not a gateway's");
    }
  }

  private static void configure(Draft draft, RobotProfile next, long replyTo) {
    String flaw = ProfileFlaw.of(draft.before.robot(), next);
    if (!flaw.isEmpty()) {
      draft.refuse(replyTo, "bad-profile", flaw + "; the profile in use stays");
      return;
    }
    String hash = MotionPlan.hash(next);
    if (!draft.actives.isEmpty() && !hash.equals(draft.profileHash)) {
      draft.refuse(
          replyTo,
          "busy",
          "command %s runs under the profile in use, which stays until it is over"
              .formatted(draft.actives.getFirst().commandId()));
      return;
    }
    GuardState.Halt slowing = Halts.slowing(draft.halts);
    if (slowing != null && !hash.equals(draft.profileHash)) {
      draft.refuse(
          replyTo,
          "busy",
          "the body is still being slowed down (%s) under the profile in use, which stays until then"
              .formatted(slowing.why()));
      return;
    }
    if (!hash.equals(draft.profileHash) || !next.equals(draft.profile)) {
      draft.profile = next;
      draft.profileHash = hash;
      draft.effects.add(new GuardEffect.StoreProfile(next));
      draft.effects.add(
          Draft.log(
              "configured", "", draft.memory.getHighestSeen(), next.getSource(), hash, "", false));
    }
    draft.accept(replyTo);
  }

  private static void logAck(Draft draft, long upTo, long replyTo) {
    if (Long.compareUnsigned(upTo, draft.memory.getLogAcked()) > 0) {
      draft.memory = draft.memory.toBuilder().setLogAcked(upTo).build();
      draft.effects.add(new GuardEffect.AckLog(upTo));
    }
    draft.accept(replyTo);
  }

  /**
   * Whether a request may have to be stored before it is answered; stop and cancel wait for nobody.
   */
  private static boolean waits(GuardRequest request) {
    return switch (request.getRequestCase()) {
      case STOP, CANCEL, SETPOINT, KEEP_ALIVE, LOG_ACK -> false;
      case GRANT, REVOKE, MOTION, RELEASE, REARM, CONFIGURE, CHALLENGE, REQUEST_NOT_SET -> true;
    };
  }

  private static void stored(Draft draft, GuardInput.Stored result) {
    if (result.number() != draft.storeNumber) {
      return; // a newer one is under way, and contains it
    }
    draft.stored = result.ok();
    draft.storeError = result.ok() ? "" : result.why();
    if (!result.ok()) {
      draft.count("storeFailed");
    }
    GuardState.Pending waiting = draft.pending;
    draft.pending = null;
    switch (waiting) {
      case null -> {}
      case GuardState.Pending.Answer answer -> answer(draft, answer);
      case GuardState.Pending.Answers answers -> answers.all().forEach(one -> answer(draft, one));
      case GuardState.Pending.Start start -> Motions.start(draft, start);
      case GuardState.Pending.Releasing releasing -> Halts.released(draft, releasing);
      case GuardState.Pending.Rearming rearming -> Grants.rearmed(draft, rearming);
      case GuardState.Pending.Sent sent -> draft.pending = sent;
    }
  }

  private static void answer(Draft draft, GuardState.Pending.Answer answer) {
    draft.effects.addAll(answer.logs());
    if (draft.stored) {
      draft.effects.add(
          new GuardEffect.Reply(answer.replyTo(), answer.accepted(), answer.code(), answer.why()));
    } else if (answer.binding()) {
      draft.effects.add(
          new GuardEffect.Reply(
              answer.replyTo(),
              answer.accepted(),
              answer.accepted() ? "tandem.guard.not-stored" : answer.code(),
              (answer.why().isEmpty() ? "in effect" : answer.why())
                  + ", but not on disk ("
                  + draft.storeError
                  + "): it holds until this guard ends; motion is refused meanwhile"));
    } else {
      draft.refuse(answer.replyTo(), "not-stored", "not on disk: " + draft.storeError);
    }
  }

  private static void tick(Draft draft) {
    if (draft.pending != null
        && !(draft.pending instanceof GuardState.Pending.Sent)
        && draft.now - draft.storeTriedNanos > HUNG_NANOS) {
      stored(
          draft,
          new GuardInput.Stored(
              draft.storeNumber,
              false,
              "the disk has not answered for %d ms".formatted(HUNG_NANOS / 1_000_000)));
    }
    if (draft.inherits) {
      Halts.inherited(draft);
    }
    Navigations.recall(draft);
    for (GuardState.Active active : List.copyOf(draft.actives)) {
      Motions.watch(draft, active);
    }
    for (GuardState.Halt halt : List.copyOf(draft.halts)) {
      Halts.watch(draft, halt);
    }
    if (draft.releasesLeft > 0 && draft.now - draft.lastReleaseNanos >= Halts.REPEAT_NANOS) {
      Halts.tellReleased(draft);
    }
    if (!draft.stored
        && draft.pending == null
        && draft.now - draft.storeTriedNanos >= Halts.SLOW_REPEAT_NANOS) {
      draft.store();
    }
  }

  private static void seen(Draft draft, GuardInput.Presence next) {
    boolean appeared =
        next.listeners().stream().anyMatch(one -> !draft.presence.listeners().contains(one));
    draft.presence = next;
    if (appeared && draft.memory.getStopLatched()) {
      Halts.begin(
          draft,
          true,
          Parts.BODY,
          "",
          "latched by " + draft.memory.getStopBy() + ": told to a robot that came",
          true,
          List.of());
    }
  }

  private static void foreign(Draft draft, GuardInput.Foreign foreign) {
    draft.count(foreign.refused() ? "foreignRefused" : "foreignSeen");
    draft.effects.add(
        Draft.log(
            "foreign",
            "",
            draft.memory.getHighestSeen(),
            Draft.clip(foreign.publisher()),
            "publishes on "
                + Draft.clip(foreign.topic())
                + (foreign.refused() ? ": refused" : ": only seen"),
            "tandem.guard.foreign-authority",
            false));
  }

  private static void ending(Draft draft, String why) {
    draft.ending = true;
    for (GuardState.Active active : List.copyOf(draft.actives)) {
      Halts.ending(draft, active, why);
    }
  }
}
