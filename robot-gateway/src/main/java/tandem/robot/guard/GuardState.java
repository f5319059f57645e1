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

/**
 * All that a guard knows, immutable. Times are nanoseconds of its monotonic clock since its start.
 *
 * @param bootId 32 hex digits, new at each start
 * @param memory what survives restarts
 * @param stored whether {@code memory} is on disk as it stands here ({@code logAcked} apart, which
 *     may be older there: records are then offered again)
 * @param storeError why not; empty when it is
 * @param storeTriedNanos when the disk was last asked
 * @param profile null before the first one
 * @param profileHash SHA-256 of its bytes in hex; empty before the first one
 * @param active the motion that runs; null when none does
 * @param pending what waits for the disk; null when nothing does
 * @param keepAliveNanos when the lease holder was last known to be there
 * @param keepAliveCounter the highest counter of the present authority
 * @param halt the bringing to rest that goes on; null when none does
 * @param releasesLeft how often the robot is still told that the stop is released
 * @param lastReleaseNanos when it was last told
 * @param cancelledIds the newest commands that were cancelled, so that a late one does not start
 * @param ending the process is about to end
 */
public record GuardState(
    String robot,
    String bootId,
    GuardMemory memory,
    boolean stored,
    String storeError,
    long storeTriedNanos,
    RobotProfile profile,
    String profileHash,
    Active active,
    Pending pending,
    long keepAliveNanos,
    long keepAliveCounter,
    Halt halt,
    int releasesLeft,
    long lastReleaseNanos,
    GuardInput.Presence presence,
    List<String> cancelledIds,
    Map<String, Long> counters,
    boolean ending) {

  /**
   * A motion that the robot was sent.
   *
   * @param goalSucceeded its action said so; the samples have to agree
   */
  record Active(
      String commandId,
      Authority authority,
      List<String> joints,
      List<Double> endRad,
      long startedNanos,
      long arrivalNanos,
      long endByNanos,
      long settledSinceNanos,
      boolean goalSucceeded) {
    Active settledSince(long nanos) {
      return new Active(
          commandId,
          authority,
          joints,
          endRad,
          startedNanos,
          arrivalNanos,
          endByNanos,
          nanos,
          goalSucceeded);
    }

    Active succeeded() {
      return new Active(
          commandId,
          authority,
          joints,
          endRad,
          startedNanos,
          arrivalNanos,
          endByNanos,
          settledSinceNanos,
          true);
    }
  }

  /** What is done once the disk has answered. */
  sealed interface Pending {
    /** A motion, checked but for the time that storing takes. */
    record Start(Motion motion, long replyTo) implements Pending {}

    /** A motion that was handed to the link; what became of it is not known yet. */
    record Sent(Active active, long replyTo) implements Pending {}

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
  }

  /**
   * A bringing to rest, repeated until the samples show it.
   *
   * @param stop it is a stop: the robot itself is told too, and it is never given up
   * @param hold where the joints are held: fixed once, since holding what is measured again and
   *     again would sag; null until the measured positions are known
   */
  record Halt(
      boolean stop,
      String commandId,
      String why,
      GuardEffect.MoveJoints hold,
      long sinceNanos,
      long lastSentNanos,
      boolean silenceLogged) {}

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
            "foreignSeen",
            "foreignRefused",
            "storeFailed")) {
      zero.put(name, 0L);
    }
    return Map.copyOf(zero);
  }

  /**
   * A guard at its start.
   *
   * @param memory as found on disk, or new; a latched stop is brought into effect again
   * @param profile as found on disk; null where there is none
   */
  public static GuardState starting(
      String robot, String bootId, GuardMemory memory, RobotProfile profile) {
    Halt halt =
        memory.getStopLatched()
            ? new Halt(true, "", "latched before this start", null, 0, Long.MIN_VALUE, false)
            : null;
    return new GuardState(
        robot,
        bootId,
        memory,
        true,
        "",
        0,
        profile,
        profile == null ? "" : MotionPlan.hash(profile),
        null,
        null,
        0,
        0,
        halt,
        0,
        0,
        GuardInput.Presence.NONE,
        List.of(),
        zeroCounters(),
        false);
  }
}
