package tandem.robot.guard;

import java.util.ArrayList;
import java.util.List;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.Pose;
import tandem.proto.v1.VelocityLimits;

/**
 * The motion that the guard makes itself of the setpoints of a stream, step by step within the
 * limits: wherever the setpoints jump, the robot is asked for a motion that it can follow. Pure and
 * immutable; the lists of one ramp have the order of its joints.
 */
sealed interface Ramp {
  /** The robot finishes what it was told within this time, or is told anew. */
  double HORIZON_SECONDS = 0.1;

  /** No tip is led faster than this: the reduced speed of ISO 10218-1. */
  double TIP_METERS_PER_SEC = 0.25;

  /** One step further towards the goal. */
  Ramp step(double seconds);

  /** The same, its goal as near as it can come to rest. */
  Ramp braking();

  /** Whether it rests at its goal. */
  boolean atRest();

  /** Sends where it is now. */
  GuardEffect effect();

  /**
   * Joint angles. The velocity is the highest from which the goal is still reached at rest: after
   * one more step of length h, v h + v^2 / (2 a) = d, hence v = a (sqrt(h^2 + 2 d / a) - h).
   *
   * @param limits in the order of {@code joints}
   * @param share of the velocity limits that may be used
   */
  record Joints(
      CommandTarget target,
      List<String> joints,
      List<Limit> limits,
      List<Double> positionsRad,
      List<Double> velocitiesRadPerSec,
      List<Double> goalsRad,
      double share)
      implements Ramp {
    /** Rest of one joint: less than this is no motion. */
    private static final double CLOSE_RAD = 1e-6;

    record Limit(double lowerRad, double upperRad, double radPerSec, double radPerSec2) {}

    Joints towards(List<Double> goals, double part) {
      return new Joints(target, joints, limits, positionsRad, velocitiesRadPerSec, goals, part);
    }

    @Override
    public Joints step(double seconds) {
      List<Double> positions = new ArrayList<>(joints.size());
      List<Double> velocities = new ArrayList<>(joints.size());
      for (int i = 0; i < joints.size(); i++) {
        Limit limit = limits.get(i);
        double a = limit.radPerSec2();
        double distance = goalsRad.get(i) - positionsRad.get(i);
        double velocity = velocitiesRadPerSec.get(i);
        double wanted =
            Math.signum(distance)
                * Math.min(
                    limit.radPerSec() * share,
                    a * (Math.sqrt(seconds * seconds + 2 * Math.abs(distance) / a) - seconds));
        velocity += Math.clamp(wanted - velocity, -a * seconds, a * seconds);
        double position = positionsRad.get(i) + velocity * seconds;
        if (Math.abs(goalsRad.get(i) - position) < CLOSE_RAD && Math.abs(velocity) <= a * seconds) {
          position = goalsRad.get(i);
          velocity = 0;
        }
        positions.add(position);
        velocities.add(velocity);
      }
      return new Joints(
          target, joints, limits, List.copyOf(positions), List.copyOf(velocities), goalsRad, share);
    }

    @Override
    public Joints braking() {
      return towards(stops(), 1);
    }

    /** Where each joint comes to rest: v^2 / (2 a) further, inside its limits. */
    private List<Double> stops() {
      List<Double> stops = new ArrayList<>(joints.size());
      for (int i = 0; i < joints.size(); i++) {
        Limit limit = limits.get(i);
        double velocity = velocitiesRadPerSec.get(i);
        double stop =
            positionsRad.get(i)
                + Math.signum(velocity) * velocity * velocity / (2 * limit.radPerSec2());
        stops.add(inside(limit, stop, positionsRad.get(i)));
      }
      return List.copyOf(stops);
    }

    /** Inside the limits; a joint that was measured outside is not moved further out. */
    static double inside(Limit limit, double wanted, double present) {
      double lower = Math.min(limit.lowerRad(), present);
      double upper = Math.max(limit.upperRad(), present);
      return Math.clamp(wanted, lower, upper);
    }

    @Override
    public boolean atRest() {
      return positionsRad.equals(goalsRad)
          && velocitiesRadPerSec.stream().allMatch(velocity -> velocity == 0);
    }

    /**
     * The next point and the rest behind it: a robot that hears no more comes to rest by itself.
     */
    @Override
    public GuardEffect effect() {
      List<Double> stops = stops();
      double brakeSeconds = 0;
      for (int i = 0; i < joints.size(); i++) {
        brakeSeconds =
            Math.max(
                brakeSeconds, Math.abs(velocitiesRadPerSec.get(i)) / limits.get(i).radPerSec2());
      }
      List<Double> ends = new ArrayList<>(joints.size());
      for (int i = 0; i < joints.size(); i++) {
        // All come to rest together: the others slower than they could.
        double end = positionsRad.get(i) + velocitiesRadPerSec.get(i) * brakeSeconds / 2;
        ends.add(inside(limits.get(i), end, positionsRad.get(i)));
      }
      return new GuardEffect.StreamJoints(
          target,
          joints,
          positionsRad,
          velocitiesRadPerSec,
          HORIZON_SECONDS,
          brakeSeconds == 0 ? stops : List.copyOf(ends),
          HORIZON_SECONDS + brakeSeconds);
    }
  }

  /** Velocity of the base; m/s, rad/s, REP-103. */
  record Base(
      CommandTarget target,
      String frame,
      VelocityLimits limits,
      double vx,
      double vy,
      double wz,
      double goalVx,
      double goalVy,
      double goalWz)
      implements Ramp {
    Base towards(double x, double y, double z) {
      return new Base(target, frame, limits, vx, vy, wz, x, y, z);
    }

    @Override
    public Base step(double seconds) {
      double most = limits.getAccelerationMetersPerSec2() * seconds;
      double dx = goalVx - vx;
      double dy = goalVy - vy;
      double length = Math.hypot(dx, dy);
      double share = length <= most ? 1 : most / length;
      double turn = limits.getAngularAccelerationRadPerSec2() * seconds;
      double dz = goalWz - wz;
      return new Base(
          target,
          frame,
          limits,
          share == 1 ? goalVx : vx + dx * share,
          share == 1 ? goalVy : vy + dy * share,
          Math.abs(dz) <= turn ? goalWz : wz + Math.copySign(turn, dz),
          goalVx,
          goalVy,
          goalWz);
    }

    @Override
    public Base braking() {
      return towards(0, 0, 0);
    }

    @Override
    public boolean atRest() {
      return vx == 0 && vy == 0 && wz == 0 && goalVx == 0 && goalVy == 0 && goalWz == 0;
    }

    @Override
    public GuardEffect effect() {
      return new GuardEffect.MoveBase("", target, frame, vx, vy, wz);
    }
  }

  /**
   * A tip that the robot's own controller leads; the guard only leads its goal. Orientation is
   * passed on as it comes.
   *
   * @param share of the tip's speed that may be used
   */
  record Tip(
      CommandTarget target,
      String frame,
      Pose pose,
      Pose goal,
      boolean withOrientation,
      double share)
      implements Ramp {
    Tip towards(Pose next, boolean oriented, double part) {
      return new Tip(target, frame, pose, next, oriented, part);
    }

    @Override
    public Tip step(double seconds) {
      double dx = goal.getXMeters() - pose.getXMeters();
      double dy = goal.getYMeters() - pose.getYMeters();
      double dz = goal.getZMeters() - pose.getZMeters();
      double distance = Math.sqrt(dx * dx + dy * dy + dz * dz);
      double most = TIP_METERS_PER_SEC * share * seconds;
      double along = distance <= most ? 1 : most / distance;
      Pose next =
          along == 1
              ? goal
              : goal.toBuilder()
                  .setXMeters(pose.getXMeters() + dx * along)
                  .setYMeters(pose.getYMeters() + dy * along)
                  .setZMeters(pose.getZMeters() + dz * along)
                  .build();
      return new Tip(target, frame, next, goal, withOrientation, share);
    }

    @Override
    public Tip braking() {
      return new Tip(target, frame, pose, pose, withOrientation, 1);
    }

    @Override
    public boolean atRest() {
      return pose.equals(goal);
    }

    @Override
    public GuardEffect effect() {
      return new GuardEffect.MoveTip("", target, frame, pose, withOrientation, HORIZON_SECONDS);
    }
  }
}
