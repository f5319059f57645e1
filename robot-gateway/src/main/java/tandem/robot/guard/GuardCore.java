package tandem.robot.guard;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Cancel;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Rearm;
import tandem.proto.v1.Release;
import tandem.proto.v1.Revoke;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.Stop;
import tandem.proto.v1.TimeToken;

/**
 * The guard's whole judgement: what it takes, what it refuses, what it does by itself. Pure: no
 * clock, no I/O, no thread; the time comes in with each input.
 *
 * <pre>
 *   Motion --checks--> Store(authority, sequence, position) --Stored--> checks again --> Move* --Published--> Reply
 *   Stop   --latch---> TellStop, hold ----> Store --Stored--> Reply      (sent before it is stored)
 *   Tick   --lapsed keep-alive, endBy, fall--> hold, repeated until the samples show rest
 * </pre>
 *
 * <p>A check that fails answers with a code {@code tandem.guard.*} and a text that says what was
 * not done. Whatever raises the authority is stored before it is answered, also when the command
 * itself is refused: the highest seen counts, not the highest obeyed.
 */
public final class GuardCore {
  /** The lease holder of a discrete command may be silent for this long. */
  static final long KEEP_ALIVE_NANOS = 1_000_000_000;

  /** Older time tokens are refused. */
  static final long TOKEN_AGE_MILLIS = 2_000;

  /** A command may not ask for more than this after its token. */
  private static final long LONGEST_MILLIS = 900_000;

  private static final long REPEAT_NANOS = 100_000_000;
  private static final long SLOW_REPEAT_NANOS = 1_000_000_000;
  private static final long SILENCE_NANOS = 2_000_000_000;
  private static final long STILL_NANOS = 300_000_000;
  private static final long SETTLED_NANOS = 200_000_000;
  private static final long GIVE_UP_NANOS = 5_000_000_000L;
  private static final double ARRIVED_RAD = 0.05;
  private static final int RELEASES = 3;
  private static final int REMEMBERED_IDS = 64;
  private static final int LONGEST_TEXT = 400;
  private static final int LONGEST_ID = 128;

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
      case GuardInput.Request request -> draft.request(request);
      case GuardInput.Stored stored -> draft.stored(stored);
      case GuardInput.Published published -> draft.published(published);
      case GuardInput.Tick tick -> draft.tick();
      case GuardInput.Seen seen -> draft.seen(seen.presence());
      case GuardInput.Foreign foreign -> draft.foreign(foreign);
      case GuardInput.Ending ending -> draft.ending(ending.why());
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
  static GuardStatus.Builder status(GuardState state, long nowNanos) {
    GuardMemory memory = state.memory();
    return GuardStatus.newBuilder()
        .setRobot(state.robot())
        .setToken(token(state, nowNanos))
        .setHighestSeen(memory.getHighestSeen())
        .setArmed(memory.getArmed())
        .setStopLatched(memory.getStopLatched())
        .setStopBy(memory.getStopBy())
        .setStopWhy(memory.getStopWhy())
        .setActiveCommandId(state.active() == null ? "" : state.active().commandId())
        .setPath(state.presence().path())
        .putAllCounters(state.counters())
        .setJournalHead(memory.getJournalHead())
        .setProfileHash(state.profileHash())
        .setLogAcked(memory.getLogAcked());
  }

  /** Whether nothing moves and nothing is being brought to rest. */
  static boolean atRest(GuardState state) {
    return state.active() == null && state.pending() == null && state.halt() == null;
  }

  /** One decision in the making. */
  private static final class Draft {
    private final GuardState before;
    private final long now;
    private final Body body;
    private final List<GuardEffect> effects = new ArrayList<>();
    private final Map<String, Long> counted = new HashMap<>();

    private GuardMemory memory;
    private boolean stored;
    private String storeError;
    private long storeTriedNanos;
    private RobotProfile profile;
    private String profileHash;
    private GuardState.Active active;
    private GuardState.Pending pending;
    private long keepAliveNanos;
    private long keepAliveCounter;
    private GuardState.Halt halt;
    private int releasesLeft;
    private long lastReleaseNanos;
    private GuardInput.Presence presence;
    private List<String> cancelledIds;
    private boolean ending;

    Draft(GuardState state, long nowNanos, Body body) {
      this.before = state;
      this.now = nowNanos;
      this.body = body;
      memory = state.memory();
      stored = state.stored();
      storeError = state.storeError();
      storeTriedNanos = state.storeTriedNanos();
      profile = state.profile();
      profileHash = state.profileHash();
      active = state.active();
      pending = state.pending();
      keepAliveNanos = state.keepAliveNanos();
      keepAliveCounter = state.keepAliveCounter();
      halt = state.halt();
      releasesLeft = state.releasesLeft();
      lastReleaseNanos = state.lastReleaseNanos();
      presence = state.presence();
      cancelledIds = state.cancelledIds();
      ending = state.ending();
    }

    GuardState state() {
      Map<String, Long> counters = before.counters();
      if (!counted.isEmpty()) {
        counters = new TreeMap<>(counters);
        for (var entry : counted.entrySet()) {
          counters.merge(entry.getKey(), entry.getValue(), Long::sum);
        }
        counters = Map.copyOf(counters);
      }
      return new GuardState(
          before.robot(),
          before.bootId(),
          memory,
          stored,
          storeError,
          storeTriedNanos,
          profile,
          profileHash,
          active,
          pending,
          keepAliveNanos,
          keepAliveCounter,
          halt,
          releasesLeft,
          lastReleaseNanos,
          presence,
          cancelledIds,
          counters,
          ending);
    }

    // ---- requests

    void request(GuardInput.Request asked) {
      GuardRequest request = asked.request();
      long replyTo = asked.replyTo();
      switch (request.getRequestCase()) {
        case STOP -> stop(request.getStop(), replyTo);
        case CANCEL -> cancel(request.getCancel(), replyTo);
        case GRANT, REVOKE, MOTION, KEEP_ALIVE, RELEASE, REARM, CONFIGURE, LOG_ACK -> {
          if (!request.getRobot().equals(before.robot())) {
            refuse(
                replyTo,
                "wrong-robot",
                "robot: expected " + before.robot() + ", found " + request.getRobot());
          } else if (!asked.fromGateway()) {
            refuse(
                replyTo,
                "not-a-gateway",
                "on the guard's own listener only stop and cancel are taken");
          } else {
            fromGateway(request, replyTo);
          }
        }
        case SETPOINT, CHALLENGE, REQUEST_NOT_SET ->
            refuse(replyTo, "bad-request", "the request names nothing that a guard does");
      }
    }

    private void fromGateway(GuardRequest request, long replyTo) {
      switch (request.getRequestCase()) {
        case GRANT -> grant(request.getGrant(), replyTo);
        case REVOKE -> revoke(request.getRevoke(), replyTo);
        case MOTION -> motion(request.getMotion(), replyTo);
        case KEEP_ALIVE -> keepAlive(request.getKeepAlive(), replyTo);
        case RELEASE -> release(request.getRelease(), replyTo);
        case REARM -> rearm(request.getRearm(), replyTo);
        case CONFIGURE -> configure(request.getConfigure().getProfile(), replyTo);
        case LOG_ACK -> logAck(request.getLogAck().getUpTo(), replyTo);
        case STOP, CANCEL, SETPOINT, CHALLENGE, REQUEST_NOT_SET ->
            throw new IllegalStateException(request.getRequestCase() + " is not a gateway's");
      }
    }

    private void grant(Grant grant, long replyTo) {
      Authority authority = grant.getAuthority();
      if (isNobody(authority, replyTo, "the grant")) {
        return;
      }
      int order = compare(authority, memory.getHighestSeen());
      if (order < 0 || isRevoked(authority)) {
        staleAuthority(authority, replyTo, "", "the grant to " + clip(grant.getHolder()));
        return;
      }
      if (order > 0) {
        raise(authority);
      }
      if (active != null && compare(active.authority(), authority) < 0) {
        cancelActive(
            "superseded-authority", "a newer authority was granted to " + grant.getHolder());
      }
      keepAliveNanos = now;
      answerStored(
          replyTo,
          true,
          "",
          "",
          false,
          log("grant", "", authority, grant.getHolder(), "part " + grant.getPart(), "", true));
    }

    private void revoke(Revoke revoke, long replyTo) {
      Authority authority = revoke.getAuthority();
      if (isNobody(authority, replyTo, "the revocation")) {
        return;
      }
      if (compare(authority, memory.getHighestSeen()) < 0) {
        staleAuthority(authority, replyTo, "", "the revocation");
        return;
      }
      raise(authority);
      memory = memory.toBuilder().setRevokedUpTo(authority).build();
      if (active != null && isRevoked(active.authority())) {
        cancelActive("revoked", revoke.getWhy());
      }
      answerStored(
          replyTo,
          true,
          "",
          "",
          false,
          log("revoke", "", authority, "", revoke.getWhy(), "", true));
    }

    private void motion(Motion motion, long replyTo) {
      Authority authority = motion.getAuthority();
      if (isNobody(authority, replyTo, "the motion")) {
        return;
      }
      int order = compare(authority, memory.getHighestSeen());
      if (order < 0 || isRevoked(authority)) {
        staleAuthority(authority, replyTo, motion.getCommandId(), "the motion");
        return;
      }
      if (order > 0) {
        raise(authority);
        if (active != null) {
          cancelActive("superseded-authority", "a command of a newer authority came");
        }
      }
      if (Long.compareUnsigned(motion.getSequenceInEpoch(), memory.getSequenceInEpoch()) <= 0) {
        count("duplicateRefused");
        refuseMotion(
            motion,
            replyTo,
            "duplicate",
            "sequence in epoch: expected above "
                + Long.toUnsignedString(memory.getSequenceInEpoch())
                + ", found "
                + Long.toUnsignedString(motion.getSequenceInEpoch()));
        return;
      }
      memory = memory.toBuilder().setSequenceInEpoch(motion.getSequenceInEpoch()).build();
      MotionPlan.Outcome.No no = firstRefusal(motion);
      if (no != null) {
        if (no.code().equals("tandem.guard.late")) {
          count("lateRefused");
        }
        refuseMotion(motion, replyTo, no.code().substring("tandem.guard.".length()), no.why());
        return;
      }
      MotionPlan.Outcome outcome = MotionPlan.plan(motion, profile, presence, body, now);
      if (outcome instanceof MotionPlan.Outcome.No refused) {
        countLimit(refused);
        refuseMotion(
            motion, replyTo, refused.code().substring("tandem.guard.".length()), refused.why());
        return;
      }
      memory = memory.toBuilder().setJournalHead(motion.getJournal()).build();
      pending = new GuardState.Pending.Start(motion, replyTo);
      store();
    }

    /** All that can be said against a motion besides its goal; null where there is nothing. */
    private MotionPlan.Outcome.No firstRefusal(Motion motion) {
      if (motion.getCommandId().isBlank() || motion.getCommandId().length() > LONGEST_ID) {
        return no("bad-request", "command id: expected 1.." + LONGEST_ID + " characters");
      }
      if (ending) {
        return no("ending", "this guard is about to end");
      }
      if (!memory.getArmed()) {
        return no(
            "not-armed",
            "this guard lost its state; a supervisor has to re-arm it before it moves");
      }
      if (memory.getStopLatched()) {
        return no(
            "stopped",
            "stop is latched by " + memory.getStopBy() + " (" + memory.getStopWhy() + ")");
      }
      JournalPosition position = motion.getJournal();
      if (position.getSequence() == 0 || position.getHash().size() != 32) {
        return no(
            "no-journal-position",
            "journal position: expected a sequence and a hash of 32 bytes, found sequence "
                + Long.toUnsignedString(position.getSequence())
                + " and "
                + position.getHash().size()
                + " bytes");
      }
      JournalPosition head = memory.getJournalHead();
      if (comparePosition(position, head) <= 0) {
        return no(
            "journal-order",
            "journal position: expected above " + position(head) + ", found " + position(position));
      }
      MotionPlan.Outcome.No untimely = untimely(motion);
      if (untimely != null) {
        return untimely;
      }
      if (cancelledIds.contains(motion.getCommandId())) {
        return no("cancelled", "the command was cancelled before it came");
      }
      if (profile == null) {
        return no("no-profile", "no profile says how this robot is commanded");
      }
      if (body.fallen(now)) {
        return no(
            "fallen",
            String.format(
                Locale.ROOT, "the body is tilted by %.2f rad: it has fallen", body.tiltRad()));
      }
      return null;
    }

    private MotionPlan.Outcome.No untimely(Motion motion) {
      TimeToken token = motion.getToken();
      if (!token.getBootId().equals(before.bootId())) {
        return no(
            "other-boot",
            "time token: expected boot " + before.bootId() + ", found " + clip(token.getBootId()));
      }
      long nowMillis = now / 1_000_000;
      long tick = token.getTickMillis();
      if (tick < 0 || tick > nowMillis) {
        return no(
            "future-token", "time token: expected at most " + nowMillis + " ms, found " + tick);
      }
      if (nowMillis - tick > TOKEN_AGE_MILLIS) {
        return no(
            "late",
            "time token is %d ms old, at most %d ms are allowed"
                .formatted(nowMillis - tick, TOKEN_AGE_MILLIS));
      }
      long startBy = motion.getStartByMillis();
      long endBy = motion.getEndByMillis();
      if (startBy < 0 || endBy <= startBy || endBy > LONGEST_MILLIS) {
        return no(
            "bad-time",
            "start by and end by: expected 0 <= start < end <= %d ms, found %d and %d"
                .formatted(LONGEST_MILLIS, startBy, endBy));
      }
      if (nowMillis > tick + startBy) {
        return no(
            "late",
            "not started by its time: %d ms too late".formatted(nowMillis - tick - startBy));
      }
      return null;
    }

    private void keepAlive(KeepAlive beat, long replyTo) {
      Authority authority = beat.getAuthority();
      int order = compare(authority, memory.getHighestSeen());
      if (order < 0 || isRevoked(authority)) {
        count("staleEpochRefused");
        refuse(replyTo, "stale-epoch", stale(authority) + "; the keep-alive counts for nothing");
      } else if (order > 0) {
        refuse(
            replyTo, "no-grant", "authority " + authority(authority) + " was never granted here");
      } else if (Long.compareUnsigned(beat.getCounter(), keepAliveCounter) <= 0) {
        refuse(
            replyTo,
            "duplicate",
            "keep-alive counter: expected above "
                + Long.toUnsignedString(keepAliveCounter)
                + ", found "
                + Long.toUnsignedString(beat.getCounter()));
      } else {
        keepAliveCounter = beat.getCounter();
        keepAliveNanos = now;
        accept(replyTo);
      }
    }

    private void cancel(Cancel cancel, long replyTo) {
      String id = cancel.getCommandId();
      if (active != null && (id.isEmpty() || id.equals(active.commandId()))) {
        cancelActive("cancelled", cancel.getBy() + ": " + cancel.getWhy());
        accept(replyTo);
        return;
      }
      if (id.isEmpty()) {
        accept(replyTo);
        return;
      }
      if (id.length() <= LONGEST_ID) {
        remember(id);
      }
      refuse(
          replyTo,
          "not-running",
          "command " + clip(id) + " does not run; should it still come, it is refused");
    }

    private void stop(Stop stop, long replyTo) {
      String by = clip(stop.getBy().isBlank() ? "unknown" : stop.getBy());
      String why = clip(stop.getWhy());
      boolean repeated =
          memory.getStopLatched()
              && !stop.getRequestId().isEmpty()
              && clip(stop.getRequestId()).equals(memory.getStopRequestId());
      if (active != null) {
        remember(active.commandId());
        count("cancelled");
        effects.add(
            log(
                "cancelled",
                active.commandId(),
                active.authority(),
                by,
                why,
                "tandem.guard.stopped",
                false));
        active = null;
      }
      switch (pending) {
        case GuardState.Pending.Start start ->
            refuse(start.replyTo(), "stopped", "a stop by " + by + " came first; nothing was sent");
        case GuardState.Pending.Sent sent -> {
          remember(sent.active().commandId());
          refuse(sent.replyTo(), "stopped", "a stop by " + by + " came while it was sent");
        }
        case null, default -> {}
      }
      releasesLeft = 0;
      if (!memory.getStopLatched()) {
        memory =
            memory.toBuilder()
                .setStopLatched(true)
                .setStopBy(by)
                .setStopWhy(why)
                .setStopRequestId(clip(stop.getRequestId()))
                .build();
      }
      if (!repeated || halt == null || !halt.stop()) {
        beginHalt(true, "", by + ": " + why);
      } else {
        sendHalt();
      }
      if (repeated) {
        answerStored(replyTo, true, "", "already latched by this request", true);
      } else {
        count("stops");
        answerStored(
            replyTo,
            true,
            "",
            "",
            true,
            log("stop", "", memory.getHighestSeen(), by, why, "", true));
      }
    }

    private void release(Release release, long replyTo) {
      if (release.getBy().isBlank() || release.getReason().isBlank()) {
        refuse(replyTo, "no-reason", "a release needs a name and a reason; the stop stays latched");
        return;
      }
      GuardMemory latched = memory;
      memory =
          memory.toBuilder()
              .setStopLatched(false)
              .clearStopBy()
              .clearStopWhy()
              .clearStopRequestId()
              .build();
      pending = new GuardState.Pending.Releasing(replyTo, latched, release);
      store();
    }

    private void rearm(Rearm rearm, long replyTo) {
      if (rearm.getBy().isBlank() || rearm.getReason().isBlank()) {
        refuse(replyTo, "no-reason", "re-arming needs a name and a reason; nothing was changed");
        return;
      }
      Authority authority = rearm.getAuthority();
      if (isNobody(authority, replyTo, "the re-arming")) {
        return;
      }
      if (compare(authority, memory.getHighestSeen()) < 0) {
        staleAuthority(authority, replyTo, "", "the re-arming");
        return;
      }
      raise(authority);
      GuardMemory unarmed = memory;
      memory = memory.toBuilder().setArmed(true).build();
      pending = new GuardState.Pending.Rearming(replyTo, unarmed, rearm);
      store();
    }

    private void configure(RobotProfile next, long replyTo) {
      String flaw = MotionPlan.flaw(before.robot(), next);
      if (!flaw.isEmpty()) {
        refuse(replyTo, "bad-profile", flaw + "; the profile in use stays");
        return;
      }
      String hash = MotionPlan.hash(next);
      if (!hash.equals(profileHash)) {
        profile = next;
        profileHash = hash;
        effects.add(new GuardEffect.StoreProfile(next));
        effects.add(
            log("configured", "", memory.getHighestSeen(), next.getSource(), hash, "", false));
      }
      accept(replyTo);
    }

    private void logAck(long upTo, long replyTo) {
      if (Long.compareUnsigned(upTo, memory.getLogAcked()) > 0) {
        memory = memory.toBuilder().setLogAcked(upTo).build();
        effects.add(new GuardEffect.AckLog(upTo));
      }
      accept(replyTo);
    }

    // ---- the disk and the link answer

    void stored(GuardInput.Stored result) {
      stored = result.ok();
      storeError = result.ok() ? "" : result.why();
      if (!result.ok()) {
        count("storeFailed");
      }
      GuardState.Pending waiting = pending;
      pending = null;
      switch (waiting) {
        case null -> {}
        case GuardState.Pending.Answer answer -> answer(answer);
        case GuardState.Pending.Start start -> start(start);
        case GuardState.Pending.Releasing releasing -> released(releasing);
        case GuardState.Pending.Rearming rearming -> rearmed(rearming);
        case GuardState.Pending.Sent sent -> pending = sent;
      }
    }

    private void answer(GuardState.Pending.Answer answer) {
      effects.addAll(answer.logs());
      if (stored) {
        effects.add(
            new GuardEffect.Reply(
                answer.replyTo(), answer.accepted(), answer.code(), answer.why()));
      } else if (answer.binding()) {
        effects.add(
            new GuardEffect.Reply(
                answer.replyTo(),
                answer.accepted(),
                answer.accepted() ? "tandem.guard.not-stored" : answer.code(),
                (answer.why().isEmpty() ? "in effect" : answer.why())
                    + ", but not on disk ("
                    + storeError
                    + "): it holds until this guard ends; motion is refused meanwhile"));
      } else {
        refuse(answer.replyTo(), "not-stored", "not on disk: " + storeError);
      }
    }

    private void start(GuardState.Pending.Start start) {
      Motion motion = start.motion();
      if (!stored) {
        refuseStored(motion, start.replyTo(), no("not-stored", "not on disk: " + storeError));
        return;
      }
      MotionPlan.Outcome.No untimely = untimely(motion);
      if (untimely != null) {
        if (untimely.code().equals("tandem.guard.late")) {
          count("lateRefused");
        }
        refuseStored(motion, start.replyTo(), untimely);
        return;
      }
      switch (MotionPlan.plan(motion, profile, presence, body, now)) {
        case MotionPlan.Outcome.No refused -> {
          countLimit(refused);
          refuseStored(motion, start.replyTo(), refused);
        }
        case MotionPlan.Outcome.Send send -> {
          if (active != null) {
            count("cancelled");
            effects.add(
                log(
                    "cancelled",
                    active.commandId(),
                    active.authority(),
                    "",
                    "superseded by " + motion.getCommandId(),
                    "tandem.guard.superseded",
                    false));
          }
          active = null;
          halt = null;
          long tokenNanos = motion.getToken().getTickMillis() * 1_000_000;
          pending =
              new GuardState.Pending.Sent(
                  new GuardState.Active(
                      motion.getCommandId(),
                      motion.getAuthority(),
                      send.joints(),
                      send.endRad(),
                      now,
                      now + Math.round(send.durationSeconds() * 1e9),
                      tokenNanos + motion.getEndByMillis() * 1_000_000,
                      Body.MOVING),
                  start.replyTo());
          effects.add(
              log("accepted", motion.getCommandId(), motion.getAuthority(), "", "", "", false));
          effects.add(send.effect());
        }
      }
    }

    private void released(GuardState.Pending.Releasing releasing) {
      if (!stored) {
        memory = releasing.latched();
        refuse(
            releasing.replyTo(),
            "not-stored",
            "the release is not on disk (" + storeError + "); the stop stays latched");
        return;
      }
      if (halt != null && halt.stop()) {
        halt = null;
      }
      releasesLeft = RELEASES;
      tellReleased();
      effects.add(
          log(
              "release",
              "",
              memory.getHighestSeen(),
              releasing.release().getBy(),
              releasing.release().getReason(),
              "",
              true));
      accept(releasing.replyTo());
    }

    private void rearmed(GuardState.Pending.Rearming rearming) {
      if (!stored) {
        memory = rearming.unarmed();
        refuse(rearming.replyTo(), "not-stored", "not on disk (" + storeError + "); not re-armed");
        return;
      }
      effects.add(
          log(
              "rearm",
              "",
              rearming.rearm().getAuthority(),
              rearming.rearm().getBy(),
              rearming.rearm().getReason(),
              "",
              true));
      accept(rearming.replyTo());
    }

    void published(GuardInput.Published result) {
      if (!(pending instanceof GuardState.Pending.Sent(var sent, var replyTo))
          || !sent.commandId().equals(result.commandId())) {
        return;
      }
      pending = null;
      if (!result.ok()) {
        count("refused");
        effects.add(
            log(
                "refused",
                sent.commandId(),
                sent.authority(),
                "",
                result.why(),
                "tandem.guard.not-sent",
                false));
        refuse(replyTo, "not-sent", "not handed to the robot: " + result.why());
        return;
      }
      active = sent;
      keepAliveNanos = now;
      count("accepted");
      count("sent");
      effects.add(
          log(
              "sent",
              sent.commandId(),
              sent.authority(),
              "",
              "path " + presence.path(),
              "",
              false));
      accept(replyTo);
    }

    // ---- time and the robot

    void tick() {
      if (active != null) {
        watchActive();
      }
      if (halt != null) {
        watchHalt();
      }
      if (releasesLeft > 0 && now - lastReleaseNanos >= REPEAT_NANOS) {
        tellReleased();
      }
      if (!stored && pending == null && now - storeTriedNanos >= SLOW_REPEAT_NANOS) {
        store();
      }
    }

    private void watchActive() {
      if (now >= active.endByNanos()) {
        cancelActive("end-by", "its end-by time came");
        return;
      }
      if (body.fallen(now)) {
        safeBehaviour(
            "fallen", String.format(Locale.ROOT, "the body is tilted by %.2f rad", body.tiltRad()));
        return;
      }
      if (now - keepAliveNanos > KEEP_ALIVE_NANOS) {
        count("deadmanTrips");
        safeBehaviour(
            "keep-alive-lapsed",
            "no keep-alive for %d ms".formatted((now - keepAliveNanos) / 1_000_000));
        return;
      }
      if (active.joints().isEmpty()) {
        if (now >= active.arrivalNanos()
            && body.fresh(now)
            && stillFor(active.arrivalNanos()) >= STILL_NANOS) {
          finish();
        }
        return;
      }
      boolean arrived = true;
      for (int i = 0; i < active.joints().size(); i++) {
        String joint = active.joints().get(i);
        arrived &=
            body.fresh(joint, now)
                && Math.abs(body.joints().get(joint).positionRad() - active.endRad().get(i))
                    <= ARRIVED_RAD;
      }
      if (!arrived || now < active.arrivalNanos()) {
        active = active.settledSince(Body.MOVING);
      } else if (active.settledSinceNanos() == Body.MOVING) {
        active = active.settledSince(now);
      } else if (now - active.settledSinceNanos() >= SETTLED_NANOS) {
        finish();
      }
    }

    private void finish() {
      count("finished");
      effects.add(log("finished", active.commandId(), active.authority(), "", "", "", false));
      active = null;
    }

    private void safeBehaviour(String code, String why) {
      String id = active.commandId();
      Authority authority = active.authority();
      active = null;
      remember(id);
      count("cancelled");
      effects.add(log("safe-behaviour", id, authority, "guard", why, "tandem.guard." + code, true));
      beginHalt(false, id, why);
    }

    private void cancelActive(String code, String why) {
      String id = active.commandId();
      effects.add(
          log("cancelled", id, active.authority(), "", clip(why), "tandem.guard." + code, false));
      active = null;
      remember(id);
      count("cancelled");
      beginHalt(false, id, clip(why));
    }

    private void beginHalt(boolean stop, String commandId, String why) {
      boolean stays = halt != null && halt.stop();
      GuardEffect.MoveJoints hold = halt == null ? null : halt.hold();
      halt = new GuardState.Halt(stop || stays, commandId, why, hold, now, Long.MIN_VALUE, false);
      sendHalt();
    }

    private void sendHalt() {
      if (halt.stop()) {
        effects.add(new GuardEffect.TellStop(true));
      }
      GuardEffect.MoveJoints hold =
          halt.hold() != null
              ? halt.hold()
              : MotionPlan.hold(profile, presence, body, now).orElse(null);
      if (hold != null) {
        effects.add(hold);
      }
      halt =
          new GuardState.Halt(
              halt.stop(),
              halt.commandId(),
              halt.why(),
              hold,
              halt.sinceNanos(),
              now,
              halt.silenceLogged());
    }

    private void watchHalt() {
      boolean fresh = body.fresh(now);
      if (fresh && stillFor(halt.sinceNanos()) >= STILL_NANOS) {
        long movedMillis =
            Math.max(0, Math.max(body.stillSinceNanos(), halt.sinceNanos()) - halt.sinceNanos())
                / 1_000_000;
        effects.add(
            log(
                halt.stop() ? "stop-in-effect" : "safe-behaviour",
                halt.commandId(),
                memory.getHighestSeen(),
                "guard",
                "still since %d ms after it was asked for".formatted(movedMillis),
                halt.stop() ? "" : "tandem.guard.held",
                halt.stop()));
        halt = null;
        return;
      }
      if (!halt.stop() && now - halt.sinceNanos() > GIVE_UP_NANOS) {
        effects.add(
            log(
                "safe-behaviour",
                halt.commandId(),
                memory.getHighestSeen(),
                "guard",
                fresh
                    ? "the robot still moves after 5 s of holding"
                    : "no samples show whether it holds",
                "tandem.guard.not-held",
                false));
        halt = null;
        return;
      }
      if (halt.stop()
          && !halt.silenceLogged()
          && !fresh
          && now - halt.sinceNanos() > SILENCE_NANOS) {
        effects.add(
            log(
                "stop",
                "",
                memory.getHighestSeen(),
                "guard",
                "not confirmed: the robot's samples do not come; it is repeated",
                "tandem.guard.not-confirmed",
                false));
        halt =
            new GuardState.Halt(
                true,
                halt.commandId(),
                halt.why(),
                halt.hold(),
                halt.sinceNanos(),
                halt.lastSentNanos(),
                true);
      }
      long pause = now - halt.sinceNanos() > GIVE_UP_NANOS ? SLOW_REPEAT_NANOS : REPEAT_NANOS;
      if (halt.lastSentNanos() == Long.MIN_VALUE || now - halt.lastSentNanos() >= pause) {
        sendHalt();
      }
    }

    /** How long the body has been still since {@code fromNanos}; 0 while it moves. */
    private long stillFor(long fromNanos) {
      return body.stillSinceNanos() == Body.MOVING
          ? 0
          : now - Math.max(body.stillSinceNanos(), fromNanos);
    }

    private void tellReleased() {
      effects.add(new GuardEffect.TellStop(false));
      releasesLeft--;
      lastReleaseNanos = now;
    }

    void seen(GuardInput.Presence next) {
      boolean appeared =
          next.listeners().stream().anyMatch(one -> !presence.listeners().contains(one));
      presence = next;
      if (appeared && memory.getStopLatched()) {
        beginHalt(true, "", "latched by " + memory.getStopBy() + ": told to a robot that came");
      }
    }

    void foreign(GuardInput.Foreign foreign) {
      count(foreign.refused() ? "foreignRefused" : "foreignSeen");
      effects.add(
          log(
              "foreign",
              "",
              memory.getHighestSeen(),
              clip(foreign.publisher()),
              "publishes on "
                  + clip(foreign.topic())
                  + (foreign.refused() ? ": refused" : ": only seen"),
              "tandem.guard.foreign-authority",
              false));
    }

    void ending(String why) {
      ending = true;
      if (active != null) {
        safeBehaviour("ending", why);
      }
    }

    // ---- small things

    private void raise(Authority authority) {
      if (compare(authority, memory.getHighestSeen()) > 0) {
        memory = memory.toBuilder().setHighestSeen(authority).setSequenceInEpoch(0).build();
        keepAliveCounter = 0;
      }
    }

    /** Terms count from 1; a request without an authority is nobody's. */
    private boolean isNobody(Authority authority, long replyTo, String what) {
      if (authority.getTerm() != 0) {
        return false;
      }
      refuse(replyTo, "no-authority", what + " names no term; it counts for nothing");
      return true;
    }

    private boolean isRevoked(Authority authority) {
      return memory.hasRevokedUpTo() && compare(authority, memory.getRevokedUpTo()) <= 0;
    }

    private void staleAuthority(Authority authority, long replyTo, String commandId, String what) {
      count("staleEpochRefused");
      count("refused");
      String why = stale(authority) + "; " + what + " counts for nothing";
      effects.add(log("refused", commandId, authority, "", why, "tandem.guard.stale-epoch", false));
      refuse(replyTo, "stale-epoch", why);
    }

    private String stale(Authority authority) {
      return isRevoked(authority)
          ? "authority " + authority(authority) + " is revoked"
          : "authority: expected at least "
              + authority(memory.getHighestSeen())
              + ", found "
              + authority(authority);
    }

    /** Refuses after what was seen (authority, sequence) is stored, where it is new. */
    private void refuseMotion(Motion motion, long replyTo, String code, String why) {
      count("refused");
      String text = why + "; nothing was sent to the robot";
      GuardEffect.Log log =
          log(
              "refused",
              motion.getCommandId(),
              motion.getAuthority(),
              "",
              text,
              "tandem.guard." + code,
              false);
      if (memory.getHighestSeen().equals(before.memory().getHighestSeen())) {
        effects.add(log);
        refuse(replyTo, code, text);
      } else {
        answerStored(replyTo, false, "tandem.guard." + code, text, true, log);
      }
    }

    private void refuseStored(Motion motion, long replyTo, MotionPlan.Outcome.No no) {
      count("refused");
      String text = no.why() + "; nothing was sent to the robot";
      effects.add(
          log("refused", motion.getCommandId(), motion.getAuthority(), "", text, no.code(), false));
      effects.add(new GuardEffect.Reply(replyTo, false, no.code(), text));
    }

    private void answerStored(
        long replyTo,
        boolean accepted,
        String code,
        String why,
        boolean binding,
        GuardEffect.Log... logs) {
      pending = new GuardState.Pending.Answer(replyTo, accepted, code, why, binding, List.of(logs));
      store();
    }

    private void store() {
      stored = false;
      storeTriedNanos = now;
      effects.add(new GuardEffect.Store(memory));
    }

    private void accept(long replyTo) {
      effects.add(new GuardEffect.Reply(replyTo, true, "", ""));
    }

    private void refuse(long replyTo, String code, String why) {
      effects.add(new GuardEffect.Reply(replyTo, false, "tandem.guard." + code, why));
    }

    private void remember(String commandId) {
      List<String> next = new ArrayList<>(cancelledIds);
      next.add(commandId);
      cancelledIds =
          List.copyOf(next.subList(Math.max(0, next.size() - REMEMBERED_IDS), next.size()));
    }

    private void count(String counter) {
      counted.merge(counter, 1L, Long::sum);
    }

    private void countLimit(MotionPlan.Outcome.No refused) {
      if (refused.code().endsWith("-limit")) {
        count("limitRefused");
      }
    }

    private static GuardEffect.Log log(
        String kind,
        String commandId,
        Authority authority,
        String by,
        String why,
        String code,
        boolean sync) {
      return new GuardEffect.Log(kind, clip(commandId), authority, clip(by), clip(why), code, sync);
    }

    private static MotionPlan.Outcome.No no(String code, String why) {
      return new MotionPlan.Outcome.No("tandem.guard." + code, why);
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

    private static String authority(Authority authority) {
      return "("
          + Long.toUnsignedString(authority.getTerm())
          + ", "
          + Long.toUnsignedString(authority.getEpoch())
          + ")";
    }

    private static String clip(String text) {
      return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "...";
    }
  }
}
