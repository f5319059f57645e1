package tandem.robot.guard;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.TimeToken;

/**
 * Judges a guard in {@link GuardSchedules} by what can be seen from outside: requests, answers,
 * effects, and its disk. It knows nothing of the guard's own bookkeeping, but for {@link #ticked}.
 */
final class ScheduleOracle {
  private static final int MOST_VIOLATIONS = 10;
  private static final long MILLI = 1_000_000;

  /**
   * A tick may be so late, the guard's pauses apart: it looks at its streams before it is asked.
   */
  private static final long TICK_NANOS = 100 * MILLI;

  private final long seed;
  private final boolean independent;
  private final List<GuardSchedules.Violation> violations = new ArrayList<>();

  /** The highest authority that was acknowledged, by part. */
  private final Map<String, Authority> seen = new HashMap<>();

  /** What was ever granted, by part: a grant may be in effect although its answer was lost. */
  private final Map<String, Set<Authority>> granted = new HashMap<>();

  private final Map<String, Authority> revoked = new HashMap<>();
  private final Set<String> started = new HashSet<>();
  private final Map<String, Long> numbers = new HashMap<>();
  private final Map<String, Long> endByNanos = new HashMap<>();
  private final Map<String, Long> heldNanos = new HashMap<>();
  private String bootId = "";
  private long bootNanos;
  private final List<GuardRequest> late = new ArrayList<>();
  private long stopNumber;

  /** Its state is gone, and no re-arming was acknowledged since. */
  private boolean lost;

  /** Its state is gone, and no re-arming has reached it since. */
  private boolean unarmed;

  private boolean latched;
  private long applied;
  private long digest = 17;

  ScheduleOracle(long seed, boolean independent) {
    this.seed = seed;
    this.independent = independent;
  }

  List<GuardSchedules.Violation> violations() {
    return violations;
  }

  long applied() {
    return applied;
  }

  long digest() {
    return digest;
  }

  void booted(String boot, long nanos) {
    bootId = boot;
    bootNanos = nanos;
    heldNanos.clear();
    late.clear();
  }

  /** The guard's state is gone: nothing may move until a supervisor re-arms it. */
  void lost() {
    lost = true;
    unarmed = true;
    stopNumber = 0;
    latched = false; // with the rest; what stands in its place is that nothing moves unarmed
  }

  private void broken(long now, String what) {
    if (violations.size() < MOST_VIOLATIONS) {
      violations.add(new GuardSchedules.Violation(seed, now / MILLI, what));
    }
  }

  private static Authority max(Authority left, Authority right) {
    return left == null || GuardCore.compare(left, right) < 0 ? right : left;
  }

  /** A request reached the guard: from now on it may be in effect. */
  void reached(GuardRequest request, long now) {
    if (request.hasGrant()) {
      for (String part : Parts.of(request.getGrant().getPart())) {
        granted
            .computeIfAbsent(part, absent -> new HashSet<>())
            .add(request.getGrant().getAuthority());
      }
    } else if (request.hasRelease()) {
      if (isLate(request.getRelease().getToken(), now)) {
        late.add(request);
      } else if (request.getRelease().getStopNumber() >= stopNumber) {
        latched = false;
      }
    } else if (request.hasRearm()) {
      unarmed &= isLate(request.getRearm().getToken(), now);
    }
  }

  private boolean isLate(TimeToken token, long now) {
    return !token.getBootId().equals(bootId)
        || (now - bootNanos) / MILLI - token.getTickMillis() > Motions.TOKEN_AGE_MILLIS;
  }

  /** What was answered to a request as it was sent. */
  void answered(GuardRequest request, GuardReply reply, GuardMemory disk, long now) {
    boolean wasLate = late.removeIf(one -> one == request);
    if (!reply.getAccepted()) {
      return;
    }
    boolean onDisk = !reply.getCode().equals("tandem.guard.not-stored");
    switch (request.getRequestCase()) {
      case GRANT -> {
        Authority authority = request.getGrant().getAuthority();
        onDisk(authority, request.getGrant().getPart(), disk, now, "a grant");
        for (String part : Parts.of(request.getGrant().getPart())) {
          boolean below =
              seen.get(part) != null && GuardCore.compare(authority, seen.get(part)) < 0;
          // A guard without its state cannot know better; it moves nothing until it is re-armed.
          if (below && !lost) {
            broken(now, "a grant of " + text(authority) + " after " + text(seen.get(part)));
          }
          seen.merge(part, authority, ScheduleOracle::max);
        }
      }
      case REVOKE -> {
        Authority authority = request.getRevoke().getAuthority();
        onDisk(authority, request.getRevoke().getPart(), disk, now, "a revocation");
        for (String part : Parts.of(request.getRevoke().getPart())) {
          seen.merge(part, authority, ScheduleOracle::max);
          revoked.merge(part, authority, ScheduleOracle::max);
        }
      }
      case REARM -> {
        lost = false;
        for (String part : Parts.of(Parts.BODY)) {
          seen.merge(part, request.getRearm().getAuthority(), ScheduleOracle::max);
        }
      }
      case MOTION -> {
        apply(request.getMotion(), now);
        if (request.getMotion().hasStream()) {
          started(request.getMotion().getCommandId(), now);
        }
      }
      case SETPOINT -> apply(request.getSetpoint(), now);
      case STOP -> {
        if (onDisk) {
          latched = true;
          stopNumber = Math.max(stopNumber, reply.getStatus().getStopNumber());
        }
      }
      case RELEASE -> {
        long named = request.getRelease().getStopNumber();
        if (latched && wasLate) {
          broken(now, "a release was taken that came too late");
        }
        if (latched && named < stopNumber) {
          broken(
              now, "a release of stop " + named + " was taken, stop " + stopNumber + " is newer");
        }
        latched = false;
      }
      case CANCEL, KEEP_ALIVE, CONFIGURE, LOG_ACK, CHALLENGE, REQUEST_NOT_SET -> {}
    }
  }

  private void onDisk(Authority authority, String part, GuardMemory disk, long now, String what) {
    for (String one : Parts.of(part)) {
      if (GuardCore.compare(Parts.seen(disk, one), authority) < 0) {
        broken(now, what + " was acknowledged and is not on disk: " + text(authority));
      }
    }
  }

  private void apply(Motion motion, long now) {
    applied++;
    digest = 31 * digest + motion.getCommandId().hashCode() + now;
    String part =
        !independent
            ? Parts.BODY
            : motion.hasStream() && motion.getStream().getKind().equals(Streams.VELOCITY)
                ? Parts.LOCOMOTION
                : Parts.ARMS;
    String what = "command " + motion.getCommandId();
    authority(motion.getAuthority(), part, now, what);
    timely(motion.getToken(), motion.getStartByMillis(), now, what);
    endByNanos.put(
        motion.getCommandId(),
        bootNanos + (motion.getToken().getTickMillis() + motion.getEndByMillis()) * MILLI);
    for (String one : Parts.of(part)) {
      seen.merge(one, motion.getAuthority(), ScheduleOracle::max);
    }
    if (latched) {
      broken(now, what + " was taken while a stop was latched");
    }
    if (unarmed) {
      broken(now, what + " was taken by a guard that had lost its state");
    }
  }

  private void apply(Setpoint setpoint, long now) {
    if (!setpoint.getHeld()) {
      return;
    }
    applied++;
    digest = 31 * digest + setpoint.getCommandId().hashCode() + setpoint.getNumber();
    String what = "setpoint " + setpoint.getNumber() + " of " + setpoint.getCommandId();
    authority(
        setpoint.getAuthority(),
        !independent ? Parts.BODY : setpoint.hasVelocity() ? Parts.LOCOMOTION : Parts.ARMS,
        now,
        what);
    timely(setpoint.getToken(), setpoint.getValidMillis(), now, what);
    Long before = numbers.put(setpoint.getCommandId(), setpoint.getNumber());
    if (before != null && before >= setpoint.getNumber()) {
      broken(now, what + " was applied after number " + before);
    }
    heldNanos.put(setpoint.getCommandId(), now);
    if (now > endByNanos.getOrDefault(setpoint.getCommandId(), now) + TICK_NANOS) {
      broken(now, what + " was applied after the end-by of its stream");
    }
    if (latched) {
      broken(now, what + " was taken while a stop was latched");
    }
  }

  private void authority(Authority authority, String part, long now, String what) {
    for (String one : Parts.of(part)) {
      Authority floor = seen.get(one);
      if (floor != null && GuardCore.compare(authority, floor) < 0) {
        broken(
            now,
            what
                + " under "
                + text(authority)
                + " after "
                + text(floor)
                + " was acknowledged for "
                + one);
      }
      Authority over = revoked.get(one);
      if (over != null && GuardCore.compare(authority, over) <= 0) {
        broken(now, what + " under " + text(authority) + ", revoked for " + one);
      }
      if (independent && !granted.getOrDefault(one, Set.of()).contains(authority)) {
        broken(now, what + " under " + text(authority) + ", which was not granted for " + one);
      }
    }
    for (Authority other : seen.values()) {
      if (Long.compareUnsigned(authority.getTerm(), other.getTerm()) < 0) {
        broken(now, what + " of term " + authority.getTerm() + " after " + text(other));
      }
    }
  }

  private void timely(TimeToken token, long validMillis, long now, String what) {
    if (!token.getBootId().equals(bootId)) {
      broken(now, what + " with a token of another boot");
      return;
    }
    long age = (now - bootNanos) / MILLI - token.getTickMillis();
    if (age > Math.min(validMillis, Motions.TOKEN_AGE_MILLIS)) {
      broken(now, what + " is " + age + " ms old, valid for " + validMillis + " ms");
    }
  }

  /** A command was handed to the robot, or its stream was opened. */
  void started(String commandId, long now) {
    if (!started.add(commandId)) {
      broken(now, "command " + commandId + " was started twice");
    }
  }

  /** A velocity went out; one that does not slow down needs a held control. */
  void based(GuardState state, GuardEffect.MoveBase base, long now) {
    if (base.vx() != 0 && latched && state.halts().isEmpty()) {
      broken(now, "a velocity went out while a stop was latched and nothing was slowed down");
    }
  }

  /** After a tick no stream may still follow a control that nobody holds. */
  void ticked(GuardState state, long now) {
    for (GuardState.Active active : state.actives()) {
      if (active.course() instanceof GuardState.Course.Stream stream
          && !stream.letGo()
          && stream.ramp() != null) {
        long held = heldNanos.getOrDefault(active.commandId(), Long.MIN_VALUE / 2);
        if (now - held > stream.lapseNanos()) {
          broken(
              now,
              "stream %s follows a control that was last held %d ms ago"
                  .formatted(active.commandId(), (now - held) / MILLI));
        }
      }
    }
  }

  private static String text(Authority authority) {
    return Grants.authority(authority);
  }
}
