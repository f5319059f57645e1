package tandem.sim.control;

import java.util.Locale;
import tandem.sim.body.Pose;

/**
 * One way to one place over the ground, from when it is asked for to its end.
 *
 * <pre>
 *   WAITING --> GOING --> ARRIVED | BROKEN
 *      |          +--> RESTING --> RESTED | BROKEN
 *      +--> RESTED | BROKEN
 * </pre>
 *
 * <p>A straight line, turning on the way; it knows of no obstacles and gives up where it comes no
 * nearer for {@link #STUCK_SECONDS}. Speed towards what is left, metres and radians alike: v =
 * min(most, sqrt(2 a d), k d); the square root can be braked at a, the line ends softly. Pure: time
 * comes in steps. One thread.
 */
public final class Navigation {
  /** Speeds that it asks for, m/s and rad/s, in the base frame. */
  public static final double MOST_X = 0.4;

  public static final double MOST_Y = 0.25;
  public static final double MOST_TURN = 0.6;

  /** It is there within these, m and rad, once it is slow. */
  public static final double NEAR_METERS = 0.05;

  public static final double NEAR_RAD = 0.05;

  /** Slow, m/s and rad/s. */
  public static final double SLOW = 0.05;

  public static final double SLOW_TURN = 0.1;

  public static final double STUCK_SECONDS = 10;

  private static final double BRAKE = 0.3;
  private static final double TURN_BRAKE = 0.6;
  private static final double GAIN = 2;
  private static final double PROGRESS = 0.03;
  private static final Command.Velocity STILL = new Command.Velocity(0, 0, 0);

  /** How far it is. */
  public enum State {
    WAITING,
    GOING,
    /** Nobody wants it any more; it comes to rest. */
    RESTING,
    ARRIVED,
    /** At rest because somebody wanted that. */
    RESTED,
    /** Ended by something else: {@link #why}. */
    BROKEN;

    public boolean ended() {
      return this == ARRIVED || this == RESTED || this == BROKEN;
    }
  }

  /** Where the base is over the ground, in odom; m and rad. */
  public record Place(double x, double y, double yaw) {
    /** Of a pose, without its height and tilt. */
    public static Place of(Pose pose) {
      return new Place(pose.position().x(), pose.position().y(), pose.orientation().yaw());
    }
  }

  private final Place goal;
  private State state = State.WAITING;
  private String why = "";
  private String restsBecause = "";
  private double seconds;
  private double meters = Double.NaN;
  private double rad = Double.NaN;
  private double least = Double.POSITIVE_INFINITY;
  private double stuckSeconds;

  /**
   * @throws IllegalArgumentException where a number of the goal is not finite
   */
  public Navigation(Place goal) {
    if (!Double.isFinite(goal.x()) || !Double.isFinite(goal.y()) || !Double.isFinite(goal.yaw())) {
      throw new IllegalArgumentException("goal: expected finite numbers, found " + goal);
    }
    this.goal = goal;
  }

  /** It begins; false: it has ended before. */
  boolean begin() {
    if (state == State.WAITING) state = State.GOING;
    return state == State.GOING;
  }

  /** Somebody does not want it any more: it comes to rest, and has then RESTED. */
  public void rest() {
    if (state == State.WAITING) state = State.RESTED;
    if (state == State.GOING) state = State.RESTING;
  }

  /** As the other, where it is not that somebody does not want it: it is then BROKEN. */
  public void rest(String because) {
    if (state == State.WAITING) broken(because);
    if (state != State.GOING) return;
    state = State.RESTING;
    restsBecause = because;
  }

  /** Ends it here and now, unless it has ended. */
  public void broken(String because) {
    if (state.ended()) return;
    state = State.BROKEN;
    why = because;
  }

  /** Something else brings the base to rest: that ends it, unless that is what it does itself. */
  void interrupted(String because) {
    if (state != State.RESTING) broken(because);
  }

  /**
   * The velocity that is wanted now, in the base frame; zero once it has ended.
   *
   * @param here where the base is
   * @param speed of the base over the ground, m/s
   * @param turning of the base about the vertical, rad/s
   */
  public Command.Velocity next(double stepSeconds, Place here, double speed, double turning) {
    seconds += stepSeconds;
    double dx = goal.x() - here.x();
    double dy = goal.y() - here.y();
    double turn = Math.IEEEremainder(goal.yaw() - here.yaw(), 2 * Math.PI);
    meters = Math.hypot(dx, dy);
    rad = Math.abs(turn);
    boolean slow = speed < SLOW && Math.abs(turning) < SLOW_TURN;
    if (state == State.RESTING && slow) {
      if (restsBecause.isEmpty()) state = State.RESTED;
      else broken(restsBecause);
    }
    if (state != State.GOING) return STILL;
    if (meters < NEAR_METERS && rad < NEAR_RAD && slow) {
      state = State.ARRIVED;
      return STILL;
    }
    if (stuck(stepSeconds)) return STILL;
    double cos = Math.cos(here.yaw());
    double sin = Math.sin(here.yaw());
    double towards = meters == 0 ? 0 : towards(meters, BRAKE) / meters;
    double vx = towards * (cos * dx + sin * dy);
    double vy = towards * (cos * dy - sin * dx);
    double over = Math.max(1, Math.max(Math.abs(vx) / MOST_X, Math.abs(vy) / MOST_Y));
    double wz = Math.copySign(Math.min(MOST_TURN, towards(rad, TURN_BRAKE)), turn);
    // Clamped too: a quotient may be rounded beyond.
    return new Command.Velocity(
        Math.clamp(vx / over, -MOST_X, MOST_X), Math.clamp(vy / over, -MOST_Y, MOST_Y), wz);
  }

  private static double towards(double left, double brake) {
    return Math.min(Math.sqrt(2 * brake * left), GAIN * left);
  }

  private boolean stuck(double stepSeconds) {
    double left = meters + rad;
    if (left < least - PROGRESS) {
      least = left;
      stuckSeconds = 0;
    }
    stuckSeconds += stepSeconds;
    if (stuckSeconds < STUCK_SECONDS) return false;
    broken(
        String.format(
            Locale.ROOT,
            "no nearer for %.0f s; %.2f m and %.2f rad are left",
            STUCK_SECONDS,
            meters,
            rad));
    return true;
  }

  /** Neither ended nor about to. */
  public boolean wanted() {
    return state == State.WAITING || state == State.GOING;
  }

  public Place goal() {
    return goal;
  }

  public State state() {
    return state;
  }

  /** Why it is BROKEN, for people; else empty. */
  public String why() {
    return why;
  }

  /** How long it has gone, s. */
  public double seconds() {
    return seconds;
  }

  /** What is left over the ground, m; NaN before its first step. */
  public double metersLeft() {
    return meters;
  }

  /** A lower bound of the time that is left, s: at full speed; NaN before its first step. */
  public double secondsLeft() {
    return Math.max(meters / MOST_X, rad / MOST_TURN);
  }
}
