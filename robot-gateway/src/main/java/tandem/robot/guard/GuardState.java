package tandem.robot.guard;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Rearm;
import tandem.proto.v1.Release;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.TimeToken;

/**
 * All that a guard knows, immutable. Times are nanoseconds of its monotonic clock since its start.
 *
 * @param bootId 32 hex digits, new at each start
 * @param memory what survives restarts
 * @param stored whether {@code memory} is on disk as it stands here ({@code logAcked} apart, which
 *     may be older there: records are then offered again)
 * @param storeError why not; empty when it is
 * @param storeTriedNanos when the disk was last asked
 * @param storeNumber of the newest {@link GuardEffect.Store}
 * @param profile null before the first one
 * @param profileHash SHA-256 of its bytes in hex; empty before the first one
 * @param model the robot's own description of its body; null while none was heard
 * @param actives the motions that run, of different parts of the body
 * @param pending what waits for the disk; null when nothing does
 * @param asked requests that wait for what is pending, oldest first
 * @param beats when each present lease holder was last known to be there
 * @param halts the bringings to rest that go on, of different parts of the body
 * @param releasesLeft how often the robot is still told that the stop is released
 * @param lastReleaseNanos when it was last told
 * @param cancelledIds commands that were cancelled, so that a late one does not start
 * @param told which refusals of setpoints and keep-alives are in the log, since the newest grant or
 *     opening of a stream
 * @param ending the process is about to end
 * @param inherits what another process sent before this start may still move the robot
 * @param recalledNanos when the robot was last told to cancel navigations
 * @param releasedMillis tick of the newest release of a stop: what was permitted before it was
 *     permitted for a robot that was stopped since
 */
public record GuardState(
    String robot,
    String bootId,
    GuardMemory memory,
    boolean stored,
    String storeError,
    long storeTriedNanos,
    long storeNumber,
    RobotProfile profile,
    String profileHash,
    tandem.proto.body.Body model,
    List<Active> actives,
    Pending pending,
    List<GuardInput.Request> asked,
    List<Beat> beats,
    List<Halt> halts,
    int releasesLeft,
    long lastReleaseNanos,
    GuardInput.Presence presence,
    CancelledIds cancelledIds,
    List<String> told,
    Map<String, Long> counters,
    boolean ending,
    boolean inherits,
    long recalledNanos,
    long releasedMillis) {

  /** The motion that began first; null when none runs. */
  Active active() {
    return actives.isEmpty() ? null : actives.getFirst();
  }

  /** The same but for these; for schedules that hide something from the core. */
  GuardState with(GuardMemory kept, List<Active> running, Pending waiting, List<Beat> heard) {
    return new GuardState(
        robot,
        bootId,
        kept,
        stored,
        storeError,
        storeTriedNanos,
        storeNumber,
        profile,
        profileHash,
        model,
        running,
        waiting,
        asked,
        heard,
        halts,
        releasesLeft,
        lastReleaseNanos,
        presence,
        cancelledIds,
        told,
        counters,
        ending,
        inherits,
        recalledNanos,
        releasedMillis);
  }

  /** A lease holder's newest keep-alive. */
  record Beat(Authority authority, long counter, long nanos) {}

  /** A motion that the robot was sent, or a stream whose setpoints it is sent. */
  record Active(
      String part,
      String commandId,
      Authority authority,
      long startedNanos,
      long endByNanos,
      Course course) {
    Active on(Course next) {
      return new Active(part, commandId, authority, startedNanos, endByNanos, next);
    }

    Active until(long nanos) {
      return new Active(part, commandId, authority, startedNanos, nanos, course);
    }
  }

  /** How a motion goes on. */
  sealed interface Course {
    /**
     * To a posture.
     *
     * @param joints whose arrival shows that it is done; empty where the guard cannot see it
     * @param goalSucceeded its action said so; the samples have to agree
     * @param led the motion that the guard itself leads point by point, for a controller that takes
     *     positions only; null where the controller takes the whole motion
     * @param tip that a controller of the robot's own brings there, which presses on until it is
     *     told where the tip is; null where there is none, or the profile names no link for it
     */
    record Goal(
        List<String> joints,
        List<Double> endRad,
        long arrivalNanos,
        long settledSinceNanos,
        boolean goalSucceeded,
        Lead led,
        Ramp.Tip tip)
        implements Course {
      Goal settledSince(long nanos) {
        return new Goal(joints, endRad, arrivalNanos, nanos, goalSucceeded, led, tip);
      }

      Goal succeeded() {
        return new Goal(joints, endRad, arrivalNanos, settledSinceNanos, true, led, tip);
      }

      /** Led on; what its own time did not go on by, it arrives later. */
      Goal led(Lead next, long laterNanos) {
        return new Goal(
            joints, endRad, arrivalNanos + laterNanos, settledSinceNanos, goalSucceeded, next, tip);
      }

      /**
       * A motion that is led point by point, in its own time.
       *
       * @param elapsedNanos of that time: a pause of the guard lengthens the motion
       * @param steppedNanos when it went on
       * @param followedNanos when the robot was last seen to follow
       */
      record Lead(
          GuardEffect.MoveJoints move, long elapsedNanos, long steppedNanos, long followedNanos) {}
    }

    /**
     * To a stance; never cut half-way.
     *
     * @param unattended its lease holder is gone; it is brought to its end all the same
     * @param overdue its end-by time came, which was told; unattended, too
     */
    record Stance(String stance, boolean unattended, boolean overdue) implements Course {
      static Stance to(String stance) {
        return new Stance(stance, false, false);
      }

      Stance left() {
        return new Stance(stance, true, overdue);
      }

      Stance late() {
        return new Stance(stance, true, true);
      }
    }

    /**
     * To a place, by the robot's own navigation.
     *
     * @param unattended its lease holder is silent, and the profile's policy lets it go on
     */
    record Navigation(boolean unattended) implements Course {}

    /**
     * Hold-to-move.
     *
     * @param number of the newest setpoint that was applied
     * @param heldNanos when the control was last known to be held
     * @param token of that setpoint
     * @param letGo the control was let go: it comes to rest and is done
     * @param ramp null before the first setpoint
     * @param steppedNanos when the ramp went on
     * @param followedNanos when the robot was last seen to follow, or had no need to
     * @param sentNanos when the robot was last told
     * @param recent the setpoints of the last second
     */
    record Stream(
        String kind,
        long lapseNanos,
        long number,
        long heldNanos,
        TimeToken token,
        boolean letGo,
        Ramp ramp,
        long steppedNanos,
        long followedNanos,
        long sentNanos,
        long applied,
        long clamped,
        long refused,
        String why,
        List<Taken> recent)
        implements Course {
      /** One setpoint that was taken. */
      record Taken(long nanos, boolean clamped) {}

      Stream ramped(Ramp next, long stepped, long followed, long sent) {
        return new Stream(
            kind,
            lapseNanos,
            number,
            heldNanos,
            token,
            letGo,
            next,
            stepped,
            followed,
            sent,
            applied,
            clamped,
            refused,
            why,
            recent);
      }

      /** As if the control had been held just then. */
      Stream heldAt(long nanos) {
        return new Stream(
            kind,
            lapseNanos,
            number,
            nanos,
            token,
            letGo,
            ramp,
            steppedNanos,
            followedNanos,
            sentNanos,
            applied,
            clamped,
            refused,
            why,
            recent);
      }

      Stream lettingGo() {
        return new Stream(
            kind,
            lapseNanos,
            number,
            heldNanos,
            token,
            true,
            ramp == null ? null : ramp.braking(),
            steppedNanos,
            followedNanos,
            sentNanos,
            applied,
            clamped,
            refused,
            why,
            recent);
      }

      Stream refusedOne(String reason) {
        return new Stream(
            kind,
            lapseNanos,
            number,
            heldNanos,
            token,
            letGo,
            ramp,
            steppedNanos,
            followedNanos,
            sentNanos,
            applied,
            clamped,
            refused + 1,
            reason,
            recent);
      }
    }
  }

  /** What is done once the disk has answered. */
  sealed interface Pending {
    /** A motion, checked but for the time that storing takes. */
    record Start(Motion motion, long replyTo) implements Pending {}

    /**
     * A motion that was handed to the link; what became of it is not known yet.
     *
     * @param superseded what it put an end to, which goes on at the robot if that was not handed it
     * @param halted bringings to rest, likewise
     */
    record Sent(Active active, long replyTo, List<Active> superseded, List<Halt> halted)
        implements Pending {}

    /** A release: the stop stays latched, as in {@code latched}, where the disk refuses. */
    record Releasing(long replyTo, GuardMemory latched, Release release) implements Pending {}

    /** A re-arming: the guard stays as in {@code unarmed} where the disk refuses. */
    record Rearming(long replyTo, GuardMemory unarmed, Rearm rearm) implements Pending {}

    /**
     * An answer.
     *
     * @param binding whether it stands although the disk refused
     */
    record Answer(
        long replyTo,
        boolean accepted,
        String code,
        String why,
        boolean binding,
        List<GuardEffect.Log> logs)
        implements Pending {}

    /** Answers that wait for the same write: a stop waits for nobody. */
    record Answers(List<Answer> all) implements Pending {}
  }

  /**
   * A bringing to rest, repeated until the samples show it.
   *
   * @param stop it is a stop: the robot itself is told too, and it is never given up
   * @param authority the newest one under which something moved that is brought to rest; the
   *     default instance where that is nobody's
   * @param holds whether the joints are held, once the ramps are at rest
   * @param ramps what moved under the guard's lead and is slowed down
   * @param hold where the joints are held: fixed once, since holding what is measured again and
   *     again would sag; null until the measured positions are known
   */
  record Halt(
      boolean stop,
      String part,
      String commandId,
      Authority authority,
      String why,
      boolean holds,
      List<Ramp> ramps,
      GuardEffect.MoveJoints hold,
      long sinceNanos,
      long steppedNanos,
      long lastSentNanos,
      boolean silenceLogged) {
    Halt silent() {
      return new Halt(
          stop,
          part,
          commandId,
          authority,
          why,
          holds,
          ramps,
          hold,
          sinceNanos,
          steppedNanos,
          lastSentNanos,
          true);
    }

    /** No stop any more, but what it began goes on to rest. */
    Halt released(long nanos) {
      return new Halt(
          false,
          part,
          commandId,
          authority,
          why,
          holds,
          ramps,
          hold,
          nanos,
          steppedNanos,
          lastSentNanos,
          silenceLogged);
    }

    Halt ramped(List<Ramp> next, long nanos) {
      return new Halt(
          stop,
          part,
          commandId,
          authority,
          why,
          holds,
          next,
          hold,
          sinceNanos,
          nanos,
          lastSentNanos,
          silenceLogged);
    }

    Halt sent(GuardEffect.MoveJoints held, long nanos) {
      return new Halt(
          stop,
          part,
          commandId,
          authority,
          why,
          holds,
          ramps,
          held,
          sinceNanos,
          steppedNanos,
          nanos,
          silenceLogged);
    }
  }

  /** The counters of a guard that has just started. */
  static Map<String, Long> zeroCounters() {
    Map<String, Long> zero = new TreeMap<>();
    for (String name :
        List.of(
            "accepted",
            "refused",
            "sent",
            "finished",
            "cancelled",
            "stops",
            "deadmanTrips",
            "lateRefused",
            "staleEpochRefused",
            "duplicateRefused",
            "limitRefused",
            "limitClamped",
            "setpoints",
            "setpointsRefused",
            "foreignSeen",
            "foreignRefused",
            "storeFailed",
            "notFollowed",
            "holdsRejected")) {
      zero.put(name, 0L);
    }
    return Map.copyOf(zero);
  }

  /**
   * A guard at its start.
   *
   * @param memory as found on disk, or new; a latched stop is brought into effect again, else a
   *     stance that was on its way goes on to its end
   * @param profile as found on disk; null where there is none
   */
  public static GuardState starting(
      String robot, String bootId, GuardMemory memory, RobotProfile profile) {
    Halt halt =
        memory.getStopLatched()
            ? new Halt(
                true,
                Parts.BODY,
                "",
                Authority.getDefaultInstance(),
                "latched before this start",
                true,
                List.of(),
                null,
                0,
                0,
                Long.MIN_VALUE,
                false)
            : null;
    return new GuardState(
        robot,
        bootId,
        memory,
        true,
        "",
        0,
        0,
        profile,
        profile == null ? "" : MotionPlan.hash(profile),
        null,
        halt == null ? Stances.adopted(memory) : List.of(),
        null,
        List.of(),
        List.of(),
        halt == null ? List.of() : List.of(halt),
        0,
        0,
        GuardInput.Presence.NONE,
        CancelledIds.NONE,
        List.of(),
        zeroCounters(),
        false,
        !memory.getArmed() || memory.getJournalHead().getSequence() > 0,
        0,
        0);
  }
}
