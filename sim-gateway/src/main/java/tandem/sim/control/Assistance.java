package tandem.sim.control;

import tandem.sim.body.Humanoid;
import tandem.sim.body.Link;
import tandem.sim.body.Pose;
import tandem.sim.body.Quat;
import tandem.sim.body.Vec;

/**
 * What carries {@code --base assisted} where it is sent: not walking. A planar slider pulls the
 * pelvis with limited force, a torque of limited size keeps it upright and turns it, and most of
 * the weight is carried while it moves, so that the feet slide. At rest nothing assists: the robot
 * stands by itself.
 *
 * <p>Force on the pelvis, in odom: F = clamp(K (p* - p) + D (v* - v)) in the plane, lift upwards;
 * torque = clamp(k (rotation to upright and heading*) - d (rate - rate*)). The target runs ahead of
 * the body by at most {@link #LEAD_METERS}, so a blocked robot is not catapulted when it comes
 * free. Pure: time comes in steps. One thread.
 */
public final class Assistance {
  /** For people, wherever the robot is shown. */
  public static final String LABEL =
      "assisted base, not walking: planar slider up to 250 N, upright torque up to 150 N m, 90 % of"
          + " the weight carried while it moves";

  /** Its own watchdog: without a newer velocity it comes to rest. */
  public static final double WATCHDOG_SECONDS = 0.5;

  public static final double MOST_X = 0.5;
  public static final double MOST_Y = 0.3;
  public static final double MOST_TURN = 0.8;

  private static final double ACCELERATION = 0.6;
  private static final double TURN_ACCELERATION = 1.2;
  private static final double STIFFNESS = 1500;
  private static final double DAMPING = 400;
  private static final double MOST_FORCE = 250;
  private static final double UPRIGHT_STIFFNESS = 1500;
  private static final double UPRIGHT_DAMPING = 120;
  private static final double MOST_TORQUE = 150;
  private static final double LIFT = 0.9;
  private static final double LIFT_PER_SECOND = 2;
  private static final double LEAD_METERS = 0.05;
  private static final double LEAD_RAD = 0.15;
  private static final double REST_SECONDS = 0.3;
  private static final double GRAVITY = 9.81;

  private final double weight;
  private final double[] wanted = new double[3];
  private final double[] speed = new double[3];
  private double ageSeconds = Double.POSITIVE_INFINITY;
  private double restSeconds = REST_SECONDS;
  private double lift;
  private boolean holding;
  private double x;
  private double y;
  private double yaw;
  private long lapses;

  /** For a body of this mass. */
  public Assistance(Humanoid body) {
    weight = GRAVITY * body.links().stream().mapToDouble(Link::massKg).sum();
  }

  /**
   * Takes a velocity in the robot's heading, m/s and rad/s, clamped to what it may be; says what
   * was clamped, empty if nothing.
   *
   * @throws IllegalArgumentException where a value is not finite
   */
  public String drive(double vx, double vy, double turn) {
    if (!Double.isFinite(vx) || !Double.isFinite(vy) || !Double.isFinite(turn)) {
      throw new IllegalArgumentException(
          "cmd_vel: expected finite numbers, found %s %s %s".formatted(vx, vy, turn));
    }
    wanted[0] = Math.clamp(vx, -MOST_X, MOST_X);
    wanted[1] = Math.clamp(vy, -MOST_Y, MOST_Y);
    wanted[2] = Math.clamp(turn, -MOST_TURN, MOST_TURN);
    ageSeconds = 0;
    return wanted[0] == vx && wanted[1] == vy && wanted[2] == turn
        ? ""
        : "clamped to %.2f m/s, %.2f m/s, %.2f rad/s".formatted(wanted[0], wanted[1], wanted[2]);
  }

  /**
   * As {@link #drive} for what leads it itself with every step and calls {@link #rest} at its end:
   * the watchdog of velocities does not run meanwhile.
   */
  void lead(double vx, double vy, double turn) {
    drive(vx, vy, turn);
    ageSeconds = Double.POSITIVE_INFINITY;
  }

  /** Comes to rest within its acceleration limits. */
  public void rest() {
    java.util.Arrays.fill(wanted, 0);
    ageSeconds = Double.POSITIVE_INFINITY;
  }

  /**
   * Force and torque on the pelvis for one step.
   *
   * @param base pelvis in odom
   * @param velocity of the pelvis in odom, m/s
   * @param rate of the pelvis in its own axes, rad/s
   * @param fallen then nothing is done
   * @param out three forces, N, then three torques, N m, in odom
   */
  public void wrench(
      double stepSeconds, Pose base, Vec velocity, Vec rate, boolean fallen, double[] out) {
    if (fallen) rest();
    if (ageSeconds < WATCHDOG_SECONDS && ageSeconds + stepSeconds >= WATCHDOG_SECONDS) {
      if (wanted[0] != 0 || wanted[1] != 0 || wanted[2] != 0) lapses++;
      rest();
    }
    ageSeconds += stepSeconds;
    double moved = 0;
    for (int i = 0; i < 3; i++) {
      double most = (i == 2 ? TURN_ACCELERATION : ACCELERATION) * stepSeconds;
      speed[i] += Math.clamp(wanted[i] - speed[i], -most, most);
      moved += Math.abs(speed[i]) + Math.abs(wanted[i]);
    }
    restSeconds = moved > 0 ? 0 : restSeconds + stepSeconds;
    boolean active = !fallen && restSeconds < REST_SECONDS;
    double liftWanted = active ? LIFT : 0;
    double liftMost = LIFT_PER_SECOND * stepSeconds;
    lift = fallen ? 0 : lift + Math.clamp(liftWanted - lift, -liftMost, liftMost);
    java.util.Arrays.fill(out, 0);
    if (fallen || !active && lift == 0) {
      holding = false;
      return;
    }
    Vec at = base.position();
    double heading = base.orientation().yaw();
    if (!holding) {
      holding = true;
      x = at.x();
      y = at.y();
      yaw = heading;
    }
    double cos = Math.cos(heading);
    double sin = Math.sin(heading);
    double vx = cos * speed[0] - sin * speed[1];
    double vy = sin * speed[0] + cos * speed[1];
    x = at.x() + Math.clamp(x + vx * stepSeconds - at.x(), -LEAD_METERS, LEAD_METERS);
    y = at.y() + Math.clamp(y + vy * stepSeconds - at.y(), -LEAD_METERS, LEAD_METERS);
    double ahead = Math.IEEEremainder(yaw + speed[2] * stepSeconds - heading, 2 * Math.PI);
    yaw = heading + Math.clamp(ahead, -LEAD_RAD, LEAD_RAD);
    double fx = STIFFNESS * (x - at.x()) + DAMPING * (vx - velocity.x());
    double fy = STIFFNESS * (y - at.y()) + DAMPING * (vy - velocity.y());
    double force = Math.hypot(fx, fy);
    double scale = (force > MOST_FORCE ? MOST_FORCE / force : 1) * (lift / LIFT);
    Quat upright = Quat.about(new Vec(0, 0, 1), yaw);
    Vec off = upright.times(base.orientation().inverse()).rotationVector();
    Vec turning = base.orientation().apply(rate);
    Vec torque =
        off.times(UPRIGHT_STIFFNESS)
            .plus(new Vec(0, 0, speed[2]).minus(turning).times(UPRIGHT_DAMPING));
    double size = torque.norm();
    double torqueScale = (size > MOST_TORQUE ? MOST_TORQUE / size : 1) * (lift / LIFT);
    out[0] = fx * scale;
    out[1] = fy * scale;
    out[2] = lift * weight;
    out[3] = torque.x() * torqueScale;
    out[4] = torque.y() * torqueScale;
    out[5] = torque.z() * torqueScale;
  }

  /** How much of its work it does now: 0 at rest, 1 while the robot moves. */
  double carrying() {
    return lift / LIFT;
  }

  /** How often it came to rest because no newer velocity came. */
  public long lapses() {
    return lapses;
  }
}
