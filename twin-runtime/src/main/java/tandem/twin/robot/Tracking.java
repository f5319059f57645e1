package tandem.twin.robot;

import java.util.Map;
import java.util.SortedMap;

/**
 * What a twin remembers between decisions and may forget: nothing here is journaled or part of the
 * digest, and all of it starts anew when the twin is rebuilt. Immutable. Times are monotonic ns;
 * {@link #NEVER} where something has not happened.
 *
 * @param awakeNanos when this incarnation was rebuilt
 * @param admitted a gateway has brought the robot to this incarnation
 * @param pulses of the leases in force, by epoch
 * @param offeredNanos since when the guard's answer to the open offer is awaited; of an offer that
 *     is over, meaningless
 * @param wishNanos since when each wish is known to this incarnation, by part and name
 * @param stopNanos when the stop was first known here
 * @param stopSentNanos when the stop was last sent to the guard from here
 * @param stillNanos since when the joints have been still
 * @param configuredNanos when the profile was last sent to the guard
 * @param progress by command id
 * @param bodySeen what attitude and height say, since {@code bodyNanos}
 * @param standingHeight greatest height of the base while upright, m
 * @param foreignNanos last report by topic and publisher; bounded
 */
record Tracking(
    long awakeNanos,
    boolean admitted,
    Map<Long, LeasePulse> pulses,
    long offeredNanos,
    Map<String, Long> wishNanos,
    long stopNanos,
    long stopSentNanos,
    long stillNanos,
    long configuredNanos,
    Map<String, Progress> progress,
    String bodySeen,
    long bodyNanos,
    double standingHeight,
    Map<String, Long> foreignNanos) {
  static final long NEVER = Long.MIN_VALUE;

  static final Tracking START =
      new Tracking(
          NEVER, false, Map.of(), NEVER, Map.of(), NEVER, NEVER, NEVER, NEVER, Map.of(), "unknown",
          NEVER, 0, Map.of());

  /**
   * One command under way.
   *
   * @param startByNanos monotonic, as {@code endByNanos}
   * @param start joint positions when it was accepted, rad
   * @param settledNanos since when it has been within tolerance; NEVER where it is not
   * @param moved the joints, or the base, have left their start
   * @param letGoNanos when the control of a stream was let go; NEVER while it is held
   */
  record Progress(
      long startByNanos,
      long endByNanos,
      SortedMap<String, Double> start,
      long settledNanos,
      boolean moved,
      long letGoNanos) {

    Progress seen(long settled, boolean hasMoved) {
      return new Progress(startByNanos, endByNanos, start, settled, hasMoved, letGoNanos);
    }

    Progress letGo(long nanos) {
      return new Progress(startByNanos, endByNanos, start, NEVER, moved, nanos);
    }
  }
}
