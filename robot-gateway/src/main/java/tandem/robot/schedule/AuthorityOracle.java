package tandem.robot.schedule;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Revoke;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.TimeToken;
import tandem.robot.guard.GuardEffect;

/**
 * Judges guard and twins by what can be seen from outside: requests as they were sent, answers,
 * bytes to the robot, what is durable. Its bookkeeping is its own; it asks nothing of the code that
 * it judges. Times are ns of the schedule.
 *
 * <p>Promises, by the invariant they belong to: nothing under a superseded authority (I2), nothing
 * late (I3), nothing twice (I2), nothing that is not in the journal (I1), nothing while a stop is
 * latched (I1) or unarmed (I2), nothing without its heartbeat (I4), nothing that its home has ended
 * and could say so (I1); a take complete only after the guard's acknowledgement, no part held by
 * two (I2).
 */
final class AuthorityOracle {
  private static final String ARMS = "arms";
  private static final String LOCOMOTION = "locomotion";
  private static final List<String> BODY = List.of(ARMS, LOCOMOTION);
  private static final long MILLI = 1_000_000;
  private static final int MOST_VIOLATIONS = 10;
  private static final long TOKEN_AGE_MILLIS = 2_000;
  private static final long KEEP_ALIVE_NANOS = 1_000 * MILLI;
  private static final long ENDED_NANOS = 2_000 * MILLI;
  private static final long NAVIGATION_NANOS = 5_000 * MILLI;

  /** A tick may be so late. */
  private static final long TICK_NANOS = 60 * MILLI;

  /** A guard that starts has looked at its robot after so many ticks. */
  private static final int START_TICKS = 3;

  /** A navigation is cancelled after so many ticks, though the network loses three cancels. */
  private static final int CANCEL_TICKS = 25;

  /** From its fastest, a base that is slowed down stands after so many ticks of 50 ms. */
  private static final int BRAKE_TICKS = 25;

  private static final double CLOSE = 1e-9;

  /** A command that may move the robot, as far as requests and answers say. */
  private static final class Running {
    final Motion motion;
    final List<String> parts;
    final boolean stream;
    final boolean base;
    final long endBy;
    final long lapse;
    final int boot;
    long held;
    boolean over;
    int ticksOver;
    String why = "";
    boolean first = true;

    Running(Motion motion, List<String> parts, long endBy, int boot, long at) {
      this.motion = motion;
      this.parts = parts;
      this.endBy = endBy;
      this.boot = boot;
      stream = motion.hasStream();
      base = stream && motion.getStream().getKind().equals("velocity");
      long millis = motion.getStream().getLapseMillis();
      lapse = (millis == 0 ? 250 : millis) * MILLI;
      held = at;
    }
  }

  /** The robot as it really is. */
  interface Truth {
    boolean follows(String commandId, long at);

    /** Its base does not go: joints are held only then. */
    boolean stands(long at);
  }

  private record Lease(long epoch, List<String> parts) {}

  /** A command that a home of this term has ended, durably. */
  private record Ended(long term, Event.OfCommand by, long at) {}

  private final long seed;
  private final boolean independent;
  private final boolean navigatesOn;
  private final Truth robot;
  private final List<AuthoritySchedules.Violation> violations = new ArrayList<>();

  /** The highest authority whose grant, revocation or re-arming was acknowledged, by part. */
  private final Map<String, Authority> seen = new HashMap<>();

  private final Map<String, Authority> revoked = new HashMap<>();

  /**
   * What reached the guard as a grant, by part: it may be in effect although its answer is lost.
   */
  private final Map<String, Set<Authority>> granted = new HashMap<>();

  /** The highest that was acknowledged since the guard's state was last lost; null: nothing was. */
  private Authority kept;

  private final Set<Authority> acknowledged = new HashSet<>();
  private final Map<Authority, Long> beats = new HashMap<>();
  private final Map<String, Motion> motions = new HashMap<>();
  private final Map<String, Ended> ended = new LinkedHashMap<>();
  private final Set<String> sentByTwin = new HashSet<>();
  private final Set<String> started = new HashSet<>();

  /** Whose cancellation was answered: accepted, or that it does not run and will not. */
  private final Set<String> cancelled = new HashSet<>();

  private final Map<String, Long> numbers = new HashMap<>();
  private final List<Running> running = new ArrayList<>();
  private final Map<Long, List<SealedEvent>> durable = new HashMap<>();
  private final Map<Long, List<Lease>> leases = new HashMap<>();
  private final Map<Long, Event.LeaseOffered> offers = new HashMap<>();
  private final Map<Long, List<Lease>> mustRevoke = new HashMap<>();
  private String bootId = "";
  private long bootAt;
  private int boots;
  private int ticksSinceBoot;
  private int ticksStanding;
  private boolean lost;
  private boolean unarmed;
  private boolean latched;

  /** That reached the guard and are not answered: they may be in effect, or come into it. */
  private int releases;

  /** Of which some copy that the network made came in time; the copies are one object. */
  private final Set<GuardRequest> inTime = Collections.newSetFromMap(new IdentityHashMap<>());

  private long stopNumber;

  private double armSpeed;
  private double baseSpeed;
  private int ticksOver;
  private long applied;
  private long takes;
  private long digest = 17;

  /**
   * @param navigatesOn the profile lets a navigation go on without its lease holder
   */
  AuthorityOracle(long seed, boolean independent, boolean navigatesOn, Truth robot) {
    this.seed = seed;
    this.independent = independent;
    this.navigatesOn = navigatesOn;
    this.robot = robot;
  }

  List<AuthoritySchedules.Violation> violations() {
    return violations;
  }

  long applied() {
    return applied;
  }

  long takes() {
    return takes;
  }

  long digest() {
    return digest;
  }

  void broken(long at, String what) {
    if (violations.size() < MOST_VIOLATIONS) {
      violations.add(new AuthoritySchedules.Violation(seed, at / MILLI, what));
    }
  }

  // ---- authorities

  private static int compare(Authority left, Authority right) {
    int byTerm = Long.compareUnsigned(left.getTerm(), right.getTerm());
    return byTerm != 0 ? byTerm : Long.compareUnsigned(left.getEpoch(), right.getEpoch());
  }

  private static Authority max(Authority left, Authority right) {
    return compare(left, right) < 0 ? right : left;
  }

  private static String text(Authority authority) {
    return "(" + authority.getTerm() + ", " + authority.getEpoch() + ")";
  }

  private static List<String> parts(String part) {
    return part.isEmpty() || part.equals("body") ? BODY : List.of(part);
  }

  private List<String> parts(Motion motion) {
    if (!independent || motion.hasStance() || motion.hasNavigate()) return BODY;
    return motion.hasStream() && motion.getStream().getKind().equals("velocity")
        ? List.of(LOCOMOTION)
        : List.of(ARMS);
  }

  private static boolean overlap(List<String> left, List<String> right) {
    for (String part : left) {
      if (right.contains(part)) return true;
    }
    return false;
  }

  // ---- the guard: starts and losses

  void booted(GuardStatus first, long at) {
    if (kept != null && compare(first.getHighestSeen(), kept) < 0) {
      broken(
          at,
          "the guard comes back with %s, it had acknowledged %s"
              .formatted(text(first.getHighestSeen()), text(kept)));
    }
    if (latched && !first.getStopLatched() && releases == 0) {
      broken(at, "the guard comes back without the stop that it had acknowledged");
    }
    latched &= first.getStopLatched();
    releases = 0;
    inTime.clear();
    bootId = first.getToken().getBootId();
    bootAt = at;
    boots++;
    ticksSinceBoot = 0;
    armSpeed = 0;
    baseSpeed = 0;
    beats.clear();
    // What another process opened is over; what it handed to the robot as a whole goes on there.
    running.removeIf(one -> one.stream);
  }

  /** The guard's state is gone: nothing may move until a supervisor re-arms it. */
  void lost() {
    lost = true;
    unarmed = true;
    latched = false;
    stopNumber = 0;
    kept = null;
  }

  // ---- requests and answers

  /** A request reached the guard: from now on it may be in effect. */
  void reached(GuardRequest request, long at) {
    switch (request.getRequestCase()) {
      case GRANT -> {
        for (String part : parts(request.getGrant().getPart())) {
          granted
              .computeIfAbsent(part, absent -> new HashSet<>())
              .add(request.getGrant().getAuthority());
        }
      }
      case RELEASE -> {
        releases++;
        if (isLate(request.getRelease().getToken(), at)) return;
        inTime.add(request);
        latched &= request.getRelease().getStopNumber() < stopNumber;
      }
      case REARM -> unarmed &= isLate(request.getRearm().getToken(), at);
      default -> {}
    }
  }

  private boolean isLate(TimeToken token, long at) {
    return !token.getBootId().equals(bootId)
        || (at - bootAt) / MILLI - token.getTickMillis() > TOKEN_AGE_MILLIS;
  }

  void answered(GuardRequest request, GuardReply reply, GuardMemory disk, long at) {
    if (request.hasRelease()) releases--;
    if (request.hasCancel() && isEnd(reply)) cancelled.add(request.getCancel().getCommandId());
    if (!reply.getAccepted()) return;
    switch (request.getRequestCase()) {
      case GRANT -> granted(request.getGrant(), disk, at);
      case REVOKE -> revoked(request.getRevoke(), disk, at);
      case REARM -> {
        lost = false;
        raise(request.getRearm().getAuthority(), BODY, at);
      }
      case MOTION -> accepted(request.getMotion(), at);
      case SETPOINT -> accepted(request.getSetpoint(), at);
      case KEEP_ALIVE -> beats.put(request.getKeepAlive().getAuthority(), at);
      case STOP -> {
        if (!reply.getCode().equals("tandem.guard.not-stored")) {
          latched = true;
          stopNumber = Math.max(stopNumber, reply.getStatus().getStopNumber());
        }
        for (Running one : running) end(one, at, "a stop was acknowledged");
      }
      case RELEASE -> {
        long named = request.getRelease().getStopNumber();
        if (latched && !inTime.contains(request))
          broken(at, "a release was taken that came too late");
        if (latched && named < stopNumber) {
          broken(
              at,
              "a release of stop %d was taken, stop %d had been acknowledged"
                  .formatted(named, stopNumber));
        }
        latched = false;
      }
      case CANCEL -> {
        for (Running one : running) {
          if (one.motion.getCommandId().equals(request.getCancel().getCommandId())) {
            end(one, at, "its cancellation was acknowledged");
          }
        }
      }
      case CONFIGURE, LOG_ACK, CHALLENGE, REQUEST_NOT_SET -> {}
    }
  }

  /** Whether a command that is not running yet is promised never to. */
  private static boolean isEnd(GuardReply reply) {
    return reply.getAccepted() || reply.getCode().equals("tandem.guard.not-running");
  }

  private void granted(Grant grant, GuardMemory disk, long at) {
    Authority authority = grant.getAuthority();
    List<String> parts = parts(grant.getPart());
    onDisk(authority, parts, disk, at, "a grant");
    for (String part : parts) {
      boolean below = seen.containsKey(part) && compare(authority, seen.get(part)) < 0;
      // A guard without its state cannot know better; it moves nothing until it is re-armed.
      if (below && !lost) {
        broken(at, "a grant of " + text(authority) + " after " + text(seen.get(part)));
      }
    }
    acknowledged.add(authority);
    beats.put(authority, at);
    raise(authority, parts, at);
  }

  private void revoked(Revoke revoke, GuardMemory disk, long at) {
    Authority authority = revoke.getAuthority();
    List<String> parts = parts(revoke.getPart());
    onDisk(authority, parts, disk, at, "a revocation");
    for (String part : parts) revoked.merge(part, authority, AuthorityOracle::max);
    raise(authority, parts, at);
    for (Running one : running) {
      if (compare(one.motion.getAuthority(), authority) <= 0 && overlap(one.parts, parts)) {
        end(one, at, "its authority was revoked");
      }
    }
  }

  private void raise(Authority authority, List<String> parts, long at) {
    for (String part : parts) seen.merge(part, authority, AuthorityOracle::max);
    kept = kept == null ? authority : max(kept, authority);
    for (Running one : running) {
      Authority its = one.motion.getAuthority();
      if (compare(its, authority) < 0
          && (overlap(one.parts, parts) || its.getTerm() != authority.getTerm())) {
        end(one, at, "a newer authority, " + text(authority) + ", was acknowledged");
      }
    }
  }

  private void onDisk(
      Authority authority, List<String> parts, GuardMemory disk, long at, String what) {
    for (String part : parts) {
      var own = disk.getPartsMap().get(part);
      Authority kept = own == null ? disk.getHighestSeen() : own.getHighestSeen();
      if (compare(kept, authority) < 0) {
        broken(at, what + " was acknowledged and is not on disk: " + text(authority));
        return;
      }
    }
  }

  // ---- what may move

  private void permitted(
      Authority authority, List<String> parts, TimeToken token, long valid, long at, String what) {
    for (String part : parts) {
      Authority floor = seen.get(part);
      if (floor != null && compare(authority, floor) < 0) {
        broken(at, what + " under " + text(authority) + " after " + text(floor) + " for " + part);
      }
      Authority over = revoked.get(part);
      if (over != null && compare(authority, over) <= 0) {
        broken(at, what + " under " + text(authority) + ", which is revoked for " + part);
      }
      if (!granted.getOrDefault(part, Set.of()).contains(authority)) {
        broken(at, what + " under " + text(authority) + ", never granted for " + part);
      }
    }
    for (Authority other : seen.values()) {
      if (Long.compareUnsigned(authority.getTerm(), other.getTerm()) < 0) {
        broken(at, what + " of term " + authority.getTerm() + " after " + text(other));
      }
    }
    if (!token.getBootId().equals(bootId)) {
      broken(at, what + " with a token of another boot");
    } else {
      long age = (at - bootAt) / MILLI - token.getTickMillis();
      if (age > Math.min(valid, TOKEN_AGE_MILLIS)) {
        broken(at, what + " is " + age + " ms old, valid for " + valid + " ms");
      }
    }
    if (latched) broken(at, what + " while a stop is latched");
    if (unarmed) broken(at, what + " by a guard that lost its state and was not re-armed");
  }

  private void begun(Motion motion, long at) {
    applied++;
    digest = 31 * digest + motion.getCommandId().hashCode() + at;
    String what = "command " + motion.getCommandId();
    List<String> parts = parts(motion);
    permitted(motion.getAuthority(), parts, motion.getToken(), motion.getStartByMillis(), at, what);
    if (!started.add(motion.getCommandId())) broken(at, what + " was started twice");
    if (cancelled.contains(motion.getCommandId())) {
      broken(at, what + " was started after its cancellation had been answered");
    }
    journaled(motion, at, what);
    beats.put(motion.getAuthority(), at);
    for (Running one : running) {
      if (one.motion.hasNavigate()
          && !motion.hasNavigate()
          && robot.follows(one.motion.getCommandId(), at)) {
        broken(at, what + " began beside navigation " + one.motion.getCommandId());
      }
    }
    running.removeIf(one -> overlap(one.parts, parts) && !(one.motion.hasNavigate() && one.over));
    ticksOver = 0;
    long endBy = bootAt + (motion.getToken().getTickMillis() + motion.getEndByMillis()) * MILLI;
    running.add(new Running(motion, parts, endBy, boots, at));
  }

  private void journaled(Motion motion, long at, String what) {
    var position = motion.getJournal();
    List<SealedEvent> journal = durable.getOrDefault(position.getTerm(), List.of());
    long sequence = position.getSequence();
    if (sequence < 1 || sequence > journal.size()) {
      broken(at, what + " is not in the journal: " + position.getTerm() + "/" + sequence);
      return;
    }
    SealedEvent event = journal.get((int) sequence - 1);
    boolean same =
        event.hash().equals(position.getHash())
            && event.event() instanceof Event.CommandAccepted accepted
            && accepted.id().equals(motion.getCommandId())
            && accepted.epoch() == motion.getAuthority().getEpoch()
            && event.term() == motion.getAuthority().getTerm();
    if (!same) broken(at, what + " is another event in the journal: " + event.manifest());
  }

  /** Streams begin with their answer, everything else with the byte that is sent. */
  private void accepted(Motion motion, long at) {
    if (motion.hasStream()) begun(motion, at);
  }

  private void accepted(Setpoint setpoint, long at) {
    Running stream = running(setpoint.getCommandId());
    if (!setpoint.getHeld()) {
      if (stream != null) end(stream, at, "it was let go");
      return;
    }
    applied++;
    digest = 31 * digest + setpoint.getCommandId().hashCode() + setpoint.getNumber();
    String what = "setpoint " + setpoint.getNumber() + " of " + setpoint.getCommandId();
    if (stream == null || stream.over) {
      broken(at, what + " of a stream that is over");
      return;
    }
    permitted(
        setpoint.getAuthority(),
        stream.parts,
        setpoint.getToken(),
        setpoint.getValidMillis(),
        at,
        what);
    Long before = numbers.put(setpoint.getCommandId(), setpoint.getNumber());
    if (before != null && before >= setpoint.getNumber()) {
      broken(at, what + " after number " + before);
    }
    if (at > stream.endBy + TICK_NANOS) broken(at, what + " after the end-by of its stream");
    stream.held = at;
    stream.first = false;
    beats.put(setpoint.getAuthority(), at);
  }

  private Running running(String commandId) {
    for (Running one : running) {
      if (one.motion.getCommandId().equals(commandId)) return one;
    }
    return null;
  }

  /** From here on it may not move the robot any more, but for coming to rest. */
  private void end(Running one, long at, String why) {
    if (one.over) return;
    one.over = true;
    ticksOver = 0;
    one.why = why;
    boolean early = one.boot != boots && ticksSinceBoot <= START_TICKS; // it has not looked yet
    boolean atOnce = !one.stream && !one.motion.hasNavigate();
    if (atOnce && !early && robot.follows(one.motion.getCommandId(), at)) {
      broken(
          at,
          "the robot still follows command %s, under %s, although %s"
              .formatted(one.motion.getCommandId(), text(one.motion.getAuthority()), why));
    }
  }

  // ---- bytes to the robot

  /** Which motion a command id stands for, as it reached the guard. */
  void asked(Motion motion) {
    motions.putIfAbsent(motion.getCommandId(), motion);
  }

  void sent(GuardEffect effect, Motion behind, long at) {
    switch (effect) {
      case GuardEffect.MoveJoints move when !move.commandId().isEmpty() ->
          begun(behind == null ? motions.get(move.commandId()) : behind, at);
      case GuardEffect.NavigateTo go ->
          begun(behind == null ? motions.get(go.commandId()) : behind, at);
      case GuardEffect.MoveJoints hold -> {
        running.removeIf(one -> !one.stream && one.parts.contains(ARMS));
        armSpeed = 0;
      }
      case GuardEffect.StreamJoints stream -> {
        double fastest = 0;
        for (double each : stream.velocitiesRadPerSec())
          fastest = Math.max(fastest, Math.abs(each));
        if (fastest > armSpeed + CLOSE && !leads(false, at)) {
          broken(at, "joints were sent faster than before, and nobody holds a control");
        }
        armSpeed = fastest;
      }
      case GuardEffect.MoveBase base -> {
        double speed = Math.hypot(base.vx(), base.vy()) + Math.abs(base.wz());
        if (speed > baseSpeed + CLOSE && !leads(true, at)) {
          broken(at, "the base was sent faster than before, and nobody holds a control");
        }
        baseSpeed = speed;
      }
      default -> {}
    }
  }

  /** Whether a held control may lead joints or base now. */
  private boolean leads(boolean base, long at) {
    for (Running one : running) {
      if (one.stream && one.base == base && !one.over && !one.first) {
        return at - one.held <= one.lapse + TICK_NANOS && at <= one.endBy + TICK_NANOS;
      }
    }
    return false;
  }

  /** The guard's clock went on, and it looked. */
  void ticked(long at) {
    ticksSinceBoot++;
    ticksStanding = robot.stands(at) ? ticksStanding + 1 : 0;
    boolean led = false;
    boolean baseLed = false;
    for (Running one : running) {
      if (one.stream) {
        boolean lapsed = !one.first && at - one.held > one.lapse + TICK_NANOS;
        if (lapsed || at > one.endBy + TICK_NANOS) one.over = true;
        led |= !one.over && !one.base;
        baseLed |= !one.over && one.base;
        continue;
      }
      if (!robot.follows(one.motion.getCommandId(), at)) continue;
      String what = "the robot follows command " + one.motion.getCommandId();
      if (one.boot != boots) {
        // A body that goes comes to a stand first, by its own watchdog where nothing is known of
        // it; what it navigates to is cancelled whether or not it stands.
        boolean navigates = one.motion.hasNavigate();
        int ticks =
            navigates ? ticksSinceBoot - CANCEL_TICKS : Math.min(ticksSinceBoot, ticksStanding);
        if (ticks > START_TICKS) broken(at, what + ", sent before the guard's start");
        continue;
      }
      if (one.motion.hasNavigate()) {
        long beat = beats.getOrDefault(one.motion.getAuthority(), Long.MIN_VALUE / 2);
        boolean due = one.over || at > one.endBy || at - beat > silence(one.motion);
        one.ticksOver = due ? one.ticksOver + 1 : 0;
        if (one.ticksOver > CANCEL_TICKS) broken(at, what + ", which is over: " + one.why);
        continue;
      }
      if (at > one.endBy + TICK_NANOS) broken(at, what + " after its end-by");
      long beat = beats.getOrDefault(one.motion.getAuthority(), Long.MIN_VALUE / 2);
      if (at - beat > silence(one.motion) + TICK_NANOS) {
        broken(at, what + ", its holder silent for " + (at - beat) / MILLI + " ms");
      }
    }
    boolean stray = !baseLed && baseSpeed != 0 || !led && armSpeed != 0;
    ticksOver = stray ? ticksOver + 1 : 0;
    if (ticksOver > BRAKE_TICKS) {
      broken(at, "the robot is led on although nobody holds a control");
      ticksOver = 0;
    }
  }

  /** For how long the holder of a discrete command may be silent. */
  private long silence(Motion motion) {
    if (!motion.hasNavigate()) return KEEP_ALIVE_NANOS;
    return navigatesOn ? Long.MAX_VALUE / 4 : NAVIGATION_NANOS;
  }

  // ---- twins

  /** A home sends a request; each copy that the network makes of it is the same one. */
  void twinSent(GuardRequest request, long at) {
    if (!request.hasMotion()) return;
    Motion motion = request.getMotion();
    String what = "command " + motion.getCommandId();
    journaled(motion, at, what + " was sent by the twin and");
    if (!sentByTwin.add(motion.getCommandId())) broken(at, what + " was sent twice by the twin");
  }

  /** These are durable in a term's journal. */
  void durable(long term, List<SealedEvent> events, long at) {
    List<SealedEvent> journal = durable.computeIfAbsent(term, absent -> new ArrayList<>());
    for (SealedEvent event : events) {
      ByteString head = journal.isEmpty() ? SealedEvent.NO_HASH : journal.getLast().hash();
      if (event.sequence() != journal.size() + 1 || !event.previousHash().equals(head)) {
        broken(
            at,
            "journal of term %d: event %d (%s) is not the next link after %d"
                .formatted(term, event.sequence(), event.manifest(), journal.size()));
        return;
      }
      journal.add(event);
      judge(term, event.event(), at);
    }
  }

  private void judge(long term, Event event, long at) {
    List<Lease> held = leases.computeIfAbsent(term, absent -> new ArrayList<>());
    switch (event) {
      case Event.LeaseOffered offer -> {
        long key = key(term, offer.epoch());
        offers.put(key, offer);
        boolean taken = !offer.takenFrom().isEmpty() && !offer.reason().startsWith("handed over");
        if (taken) {
          List<String> parts = parts(offer.part());
          mustRevoke.put(key, held.stream().filter(one -> overlap(one.parts(), parts)).toList());
        }
      }
      case Event.LeaseGranted(long epoch) -> granted(term, epoch, held, at);
      case Event.LeaseTaken taken -> {
        takes++;
        granted(term, taken.epoch(), held, at);
        mustRevoke
            .getOrDefault(key(term, taken.epoch()), List.of())
            .forEach(one -> wasRevoked(term, one, taken.epoch(), at));
      }
      case Event.LeaseReleased over -> held.removeIf(one -> one.epoch() == over.epoch());
      case Event.LeaseExpired over -> held.removeIf(one -> one.epoch() == over.epoch());
      case Event.CommandAccepted accepted -> {
        if (!acknowledged.contains(authority(term, accepted.epoch()))) {
          broken(
              at,
              "command %s was accepted under epoch %d, which the guard never granted"
                  .formatted(accepted.id(), accepted.epoch()));
        }
      }
      case Event.CommandCancelled over -> ended.put(over.id(), new Ended(term, over, at));
      case Event.CommandExpired over -> ended.put(over.id(), new Ended(term, over, at));
      case Event.CommandUnknown over -> ended.put(over.id(), new Ended(term, over, at));
      case Event.CommandFailed over -> ended.put(over.id(), new Ended(term, over, at));
      case Event.CommandSuperseded over -> ended.put(over.id(), new Ended(term, over, at));
      case Event.CommandRefused over -> ended.put(over.id(), new Ended(term, over, at));
      default -> {}
    }
  }

  /**
   * What a home has ended does not go on at the robot once the home could say so for a while.
   *
   * @param wholeSince by term: since when home, network and guard have worked
   */
  void ended(long at, LongUnaryOperator wholeSince) {
    for (var it = ended.entrySet().iterator(); it.hasNext(); ) {
      var one = it.next();
      if (!robot.follows(one.getKey(), at)) continue;
      Ended end = one.getValue();
      long since = Math.max(end.at(), wholeSince.applyAsLong(end.term()));
      if (since > at - ENDED_NANOS) continue;
      broken(
          at,
          "the robot follows command %s, which its home ended %d ms before (%s) and could have said so for %d ms"
              .formatted(
                  one.getKey(),
                  (at - end.at()) / MILLI,
                  end.by().getClass().getSimpleName(),
                  (at - since) / MILLI));
      it.remove();
    }
  }

  private void wasRevoked(long term, Lease before, long epoch, long at) {
    for (String part : before.parts()) {
      Authority over = revoked.get(part);
      if (over == null || compare(over, authority(term, before.epoch())) < 0) {
        broken(
            at,
            "the take of epoch %d is complete, the revocation of epoch %d was not acknowledged for %s"
                .formatted(epoch, before.epoch(), part));
      }
    }
  }

  private static long key(long term, long epoch) {
    return term << 40 | epoch;
  }

  private static Authority authority(long term, long epoch) {
    return Authority.newBuilder().setTerm(term).setEpoch(epoch).build();
  }

  private void granted(long term, long epoch, List<Lease> held, long at) {
    if (!acknowledged.contains(authority(term, epoch))) {
      broken(
          at,
          "the lease of epoch %d is in force at the twin, the guard never acknowledged its grant"
              .formatted(epoch));
    }
    List<String> parts = parts(offers.get(key(term, epoch)).part());
    for (Lease one : held) {
      if (overlap(one.parts(), parts)) {
        broken(at, "epochs %d and %d hold the same part".formatted(one.epoch(), epoch));
      }
    }
    held.add(new Lease(epoch, parts));
  }

  /** Whether a command reached its end in some journal. */
  boolean isDone(String commandId) {
    for (List<SealedEvent> journal : durable.values()) {
      for (int i = journal.size() - 1; i >= 0; i--) {
        if (journal.get(i).event() instanceof Event.CommandDone done
            && done.id().equals(commandId)) {
          return true;
        }
      }
    }
    return false;
  }
}
