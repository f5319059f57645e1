package tandem.robot.guard;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the robot's samples say at one instant. Times are nanoseconds of the guard's monotonic clock
 * since its start, corrected by the delay that a sample is estimated to have had on its way.
 *
 * @param joints measured positions in the order of the robot's JointState
 * @param stillSinceNanos since when no joint has moved faster than 0.05 rad/s; {@link #MOVING}
 *     where one does or nothing is known
 * @param tiltRad angle between the body's up and the world's; NaN where unknown
 * @param tiltNanos when that was measured
 */
public record Body(
    Map<String, Joint> joints, long stillSinceNanos, double tiltRad, long tiltNanos) {
  public static final long MOVING = Long.MAX_VALUE;
  public static final Body UNKNOWN = new Body(Map.of(), MOVING, Double.NaN, 0);

  /** Older measurements do not count as the start of a motion. */
  static final long FRESH_NANOS = 100_000_000;

  /** Older attitudes do not say that the body has fallen. */
  private static final long TILT_FRESH_NANOS = 1_000_000_000;

  /** Beyond this tilt a humanoid does not stand any more (57 degrees). */
  private static final double FALLEN_RAD = 1.0;

  /** One measured joint. */
  public record Joint(double positionRad, long measuredNanos) {}

  public Body {
    joints = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(joints));
  }

  boolean fallen(long nowNanos) {
    return !Double.isNaN(tiltRad)
        && nowNanos - tiltNanos <= TILT_FRESH_NANOS
        && tiltRad > FALLEN_RAD;
  }

  boolean fresh(String joint, long nowNanos) {
    Joint measured = joints.get(joint);
    return measured != null && nowNanos - measured.measuredNanos() <= FRESH_NANOS;
  }

  /** Whether every joint has been measured within the last 100 ms, and there is at least one. */
  boolean fresh(long nowNanos) {
    return !joints.isEmpty() && joints.keySet().stream().allMatch(joint -> fresh(joint, nowNanos));
  }
}
