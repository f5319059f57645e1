package tandem.robot.guard;

import java.util.LinkedHashMap;
import java.util.Locale;
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
 * @param base how fast the base goes, as odometry has it
 * @param feet what the feet carry
 * @param height how high the base is, as odometry has it
 */
public record Body(
    Map<String, Joint> joints,
    long stillSinceNanos,
    double tiltRad,
    long tiltNanos,
    Base base,
    Feet feet,
    Height height) {
  public static final long MOVING = Long.MAX_VALUE;
  public static final Body UNKNOWN = new Body(Map.of(), MOVING, Double.NaN, 0);

  /** Older measurements do not count as the start of a motion. */
  static final long FRESH_NANOS = 100_000_000;

  /** Older attitudes do not say that the body has fallen. */
  private static final long SILENT_NANOS = 500_000_000;

  private static final long TILT_FRESH_NANOS = 1_000_000_000;

  /** Older speeds and loads say nothing. */
  private static final long BASE_FRESH_NANOS = 500_000_000;

  /** Beyond this tilt a humanoid does not stand any more (57 degrees). */
  private static final double FALLEN_RAD = 1.0;

  /** A base slower than this stands. */
  static final double BASE_STILL = 0.03;

  /** A base that is low for so long has not only dipped. */
  private static final long LOW_NANOS = 200_000_000;

  private static final double WALKING_METERS_PER_SEC = 0.1;

  /** Feet that carry less than this, in newtons, touch nothing. */
  static final double TOUCH_NEWTONS = 20;

  /** Of the weight that the feet once carried: below this the body hangs, in part or whole. */
  private static final double HANGING = 0.6;

  private static final double LIFTED = 0.05;

  /** One measured joint. */
  public record Joint(double positionRad, long measuredNanos) {}

  /**
   * Speed of the base.
   *
   * @param metersPerSec NaN where unknown
   * @param radPerSec about the vertical
   */
  public record Base(double metersPerSec, double radPerSec, long measuredNanos) {
    public static final Base UNKNOWN = new Base(Double.NaN, Double.NaN, 0);
  }

  /**
   * What the feet carry, in newtons along their own vertical axes, smoothed over 0.1 s.
   *
   * @param leftNewtons NaN where unknown
   * @param rightNewtons NaN where unknown
   * @param weightNewtons the most that both carried together for two seconds since the guard's
   *     start; 0 where they never did
   */
  public record Feet(
      double leftNewtons, double rightNewtons, double weightNewtons, long measuredNanos) {
    public static final Feet UNKNOWN = new Feet(Double.NaN, Double.NaN, 0, 0);
  }

  /**
   * Height of the base.
   *
   * @param meters NaN where unknown
   * @param stoodMeters at which it was seen standing; 0 where it never was
   * @param lowSinceNanos since when it has been below half of that; {@link #MOVING}: it is not
   */
  public record Height(double meters, double stoodMeters, long lowSinceNanos, long measuredNanos) {
    public static final Height UNKNOWN = new Height(Double.NaN, 0, MOVING, 0);
  }

  public Body {
    joints = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(joints));
  }

  /** Without odometry and without feet that measure. */
  public Body(Map<String, Joint> joints, long stillSinceNanos, double tiltRad, long tiltNanos) {
    this(joints, stillSinceNanos, tiltRad, tiltNanos, Base.UNKNOWN, Feet.UNKNOWN);
  }

  /** Without a height. */
  public Body(
      Map<String, Joint> joints,
      long stillSinceNanos,
      double tiltRad,
      long tiltNanos,
      Base base,
      Feet feet) {
    this(joints, stillSinceNanos, tiltRad, tiltNanos, base, feet, Height.UNKNOWN);
  }

  boolean fallen(long nowNanos) {
    return toppled(nowNanos) || low(nowNanos);
  }

  /** Fallen by its tilt alone: a stance lowers the body on purpose. */
  boolean toppled(long nowNanos) {
    return knowsTilt(nowNanos) && tiltRad > FALLEN_RAD;
  }

  private boolean low(long nowNanos) {
    return height.lowSinceNanos != MOVING
        && nowNanos - height.measuredNanos <= BASE_FRESH_NANOS
        && height.measuredNanos - height.lowSinceNanos >= LOW_NANOS;
  }

  /** By what it has fallen. */
  String fall(long nowNanos) {
    return toppled(nowNanos)
        ? String.format(Locale.ROOT, "the body is tilted by %.2f rad", tiltRad)
        : String.format(
            Locale.ROOT,
            "the base is at a height of %.2f m, it stood at %.2f m",
            height.meters,
            height.stoodMeters);
  }

  private boolean knowsTilt(long nowNanos) {
    return !Double.isNaN(tiltRad) && nowNanos - tiltNanos <= TILT_FRESH_NANOS;
  }

  private boolean knowsFeet(long nowNanos) {
    return !Double.isNaN(feet.leftNewtons + feet.rightNewtons)
        && nowNanos - feet.measuredNanos <= BASE_FRESH_NANOS;
  }

  /**
   * How the body is: {@code unknown}, {@code standing}, {@code walking}, {@code fallen}, {@code
   * lifted} (the feet carry nothing) or {@code gantry} (they carry part of what they once did: a
   * body that hung there since the guard's start cannot be told from one that stands).
   *
   * @param assisted something that the real robot would not have carries it while it moves: what
   *     the feet carry says nothing
   */
  String posture(long nowNanos, boolean assisted) {
    if (fallen(nowNanos)) {
      return "fallen";
    }
    if (!assisted && knowsFeet(nowNanos)) {
      double carried = feet.leftNewtons + feet.rightNewtons;
      if (carried < Math.max(TOUCH_NEWTONS, LIFTED * feet.weightNewtons)) {
        return "lifted";
      }
      if (carried < HANGING * feet.weightNewtons) {
        return "gantry";
      }
    }
    if (knowsBase(nowNanos) && base.metersPerSec > WALKING_METERS_PER_SEC) {
      return "walking";
    }
    return knowsTilt(nowNanos) || knowsFeet(nowNanos) ? "standing" : "unknown";
  }

  boolean knowsBase(long nowNanos) {
    return !Double.isNaN(base.metersPerSec) && nowNanos - base.measuredNanos <= BASE_FRESH_NANOS;
  }

  /**
   * Whether the base stands, both feet on the ground, as far as odometry and feet say: without
   * either nothing speaks against it; odometry that has ceased does.
   */
  boolean baseStill(long nowNanos) {
    boolean everBase = !Double.isNaN(base.metersPerSec);
    boolean moves =
        everBase
            && (!knowsBase(nowNanos) || base.metersPerSec >= BASE_STILL || base.radPerSec >= 0.05);
    boolean inTheAir =
        knowsFeet(nowNanos)
            && feet.leftNewtons + feet.rightNewtons >= TOUCH_NEWTONS
            && Math.min(feet.leftNewtons, feet.rightNewtons) < TOUCH_NEWTONS;
    return !moves && !inTheAir;
  }

  boolean fresh(String joint, long nowNanos) {
    return measuredWithin(joint, nowNanos, FRESH_NANOS);
  }

  boolean measuredWithin(String joint, long nowNanos, long nanos) {
    Joint measured = joints.get(joint);
    return measured != null && nowNanos - measured.measuredNanos() <= nanos;
  }

  /** Whether something of it was measured once, and nothing within the last 500 ms. */
  boolean lost(long nowNanos) {
    boolean everBase = !Double.isNaN(base.metersPerSec);
    return (everBase || !joints.isEmpty()) && !knowsBase(nowNanos) && silent(nowNanos);
  }

  /** Whether no joint at all has been measured within the last 500 ms. */
  boolean silent(long nowNanos) {
    for (Joint joint : joints.values()) {
      if (nowNanos - joint.measuredNanos() <= SILENT_NANOS) return false;
    }
    return true;
  }

  /** Whether every joint has been measured within the last 100 ms, and there is at least one. */
  boolean fresh(long nowNanos) {
    for (Joint joint : joints.values()) {
      if (nowNanos - joint.measuredNanos() > FRESH_NANOS) return false;
    }
    return !joints.isEmpty();
  }

  /** Measured positions by joint. */
  Map<String, Double> positions() {
    Map<String, Double> positions = new LinkedHashMap<>();
    joints.forEach((joint, measured) -> positions.put(joint, measured.positionRad()));
    return positions;
  }
}
