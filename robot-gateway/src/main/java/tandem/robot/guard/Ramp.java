package tandem.robot.guard;

import java.util.ArrayList;
import java.util.List;
import tandem.proto.body.Pose;
import tandem.proto.v1.CommandTarget;
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

  /**
   * Nor turned faster: a quarter turn in a second. This and the acceleration are the Cartesian
   * limits of MoveIt's Pilz planner in its documentation (max_rot_vel 1.57, max_trans_acc 2.25);
   * the tip rests within 0.11 s and 14 mm from its full speed.
   */
  double TIP_RAD_PER_SEC = 1.57;

  double TIP_METERS_PER_SEC2 = 2.25;

  /** As long to its full speed as the translation, which is that planner's rule, too. */
  double TIP_RAD_PER_SEC2 = TIP_METERS_PER_SEC2 / TIP_METERS_PER_SEC * TIP_RAD_PER_SEC;

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

  /** Of a motion in space: metres or radians along x, y and z of a frame, or those per second. */
  record Vector(double x, double y, double z) {
    static final Vector ZERO = new Vector(0, 0, 0);

    double length() {
      return Math.sqrt(x * x + y * y + z * z);
    }

    Vector times(double factor) {
      return new Vector(x * factor, y * factor, z * factor);
    }

    private Vector plus(Vector other) {
      return new Vector(x + other.x, y + other.y, z + other.z);
    }

    /**
     * This velocity, changed by as much as the acceleration allows towards the one that is the
     * highest from which what is left of the way ends at rest, as for a joint.
     */
    private Vector towards(Vector left, double most, double acceleration, double seconds) {
      double distance = left.length();
      double speed =
          Math.min(
              most,
              acceleration
                  * (Math.sqrt(seconds * seconds + 2 * distance / acceleration) - seconds));
      Vector change = (distance == 0 ? ZERO : left.times(speed / distance)).plus(times(-1));
      double length = change.length();
      double mostChange = acceleration * seconds;
      return plus(length <= mostChange ? change : change.times(mostChange / length));
    }
  }

  /**
   * A tip that the robot's own controller leads; the guard leads that one's goal: from where the
   * tip is measured, along and about any axis with bounded velocity and acceleration.
   *
   * @param link the tip's, in the robot's description
   * @param pose in {@code frame}; its orientation counts only {@code withOrientation}
   * @param share of the tip's speeds that may be used
   */
  record Tip(
      CommandTarget target,
      String frame,
      String link,
      Pose pose,
      Pose goal,
      Vector metersPerSec,
      Vector radPerSec,
      boolean withOrientation,
      double share)
      implements Ramp {
    /** Less than this, in metres and radians, is no motion. */
    private static final double CLOSE = 1e-6;

    static Tip resting(
        CommandTarget target, String frame, String link, Pose pose, boolean withOrientation) {
      return new Tip(target, frame, link, pose, pose, Vector.ZERO, Vector.ZERO, withOrientation, 1);
    }

    /** At rest elsewhere. */
    Tip restingAt(Pose at) {
      return resting(target, frame, link, at, withOrientation);
    }

    /** An orientation that did not count until now begins as it is measured. */
    Tip orientedAs(Pose measured) {
      Pose begun = oriented(pose, measured);
      return new Tip(target, frame, link, begun, goal, metersPerSec, Vector.ZERO, true, share);
    }

    /** Any orientation will do where it does not count. */
    Tip towards(Pose next, boolean orients, double part) {
      return new Tip(
          target,
          frame,
          link,
          pose,
          orients ? next : oriented(next, pose),
          metersPerSec,
          orients ? radPerSec : Vector.ZERO,
          orients,
          part);
    }

    /** The pose on the way to another that is so far ahead, each at most all the way. */
    Pose ahead(Pose next, double meters, double rad) {
      Vector way = way(next);
      Vector turn = turn(pose, next);
      return moved(
          pose,
          way.times(Math.min(1, meters / Math.max(meters, way.length()))),
          turn.times(Math.min(1, rad / Math.max(rad, turn.length()))));
    }

    private Vector way(Pose to) {
      return new Vector(to.x() - pose.x(), to.y() - pose.y(), to.z() - pose.z());
    }

    private static Vector turn(Pose from, Pose to) {
      double[] rotation = from.rotationTo(to);
      return new Vector(rotation[0], rotation[1], rotation[2]);
    }

    private static Pose oriented(Pose place, Pose as) {
      return new Pose(place.x(), place.y(), place.z(), as.qx(), as.qy(), as.qz(), as.qw());
    }

    private static Pose moved(Pose from, Vector by, Vector turned) {
      double angle = turned.length();
      Pose orientation = oriented(Pose.IDENTITY, from);
      if (angle > 0) {
        orientation =
            Pose.turn(turned.x() / angle, turned.y() / angle, turned.z() / angle, angle)
                .then(orientation);
      }
      return oriented(
          Pose.shift(from.x() + by.x(), from.y() + by.y(), from.z() + by.z()), orientation);
    }

    @Override
    public Tip step(double seconds) {
      Vector speed =
          metersPerSec.towards(way(goal), TIP_METERS_PER_SEC * share, TIP_METERS_PER_SEC2, seconds);
      Vector rate =
          withOrientation
              ? radPerSec.towards(
                  turn(pose, goal), TIP_RAD_PER_SEC * share, TIP_RAD_PER_SEC2, seconds)
              : Vector.ZERO;
      Pose next = moved(pose, speed.times(seconds), rate.times(seconds));
      if (next.distanceTo(goal) < CLOSE && speed.length() <= TIP_METERS_PER_SEC2 * seconds) {
        next = oriented(goal, next);
        speed = Vector.ZERO;
      }
      double left = turn(next, goal).length();
      if (withOrientation && left < CLOSE && rate.length() <= TIP_RAD_PER_SEC2 * seconds) {
        next = oriented(next, goal);
        rate = Vector.ZERO;
      }
      return new Tip(target, frame, link, next, goal, speed, rate, withOrientation, share);
    }

    /** To where it comes to rest: v^2 / (2 a) further, and so for the turn. */
    @Override
    public Tip braking() {
      return towards(
          moved(
              pose,
              metersPerSec.times(metersPerSec.length() / (2 * TIP_METERS_PER_SEC2)),
              radPerSec.times(radPerSec.length() / (2 * TIP_RAD_PER_SEC2))),
          withOrientation,
          1);
    }

    @Override
    public boolean atRest() {
      return metersPerSec.length() == 0 && radPerSec.length() == 0 && pose.equals(goal);
    }

    @Override
    public GuardEffect effect() {
      return new GuardEffect.MoveTip(
          "",
          target,
          frame,
          tandem.proto.v1.Pose.newBuilder()
              .setXMeters(pose.x())
              .setYMeters(pose.y())
              .setZMeters(pose.z())
              .setQx(pose.qx())
              .setQy(pose.qy())
              .setQz(pose.qz())
              .setQw(pose.qw())
              .build(),
          withOrientation,
          HORIZON_SECONDS);
    }
  }
}
