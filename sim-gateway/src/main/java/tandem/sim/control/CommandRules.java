package tandem.sim.control;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Joint;
import tandem.sim.body.Kinematics;
import tandem.sim.body.Link;
import tandem.sim.body.Pose;
import tandem.sim.body.Shape;
import tandem.sim.body.Solid;
import tandem.sim.body.Vec;

/**
 * Judges commands against the body's limits and turns them into plans. Pure: time and state come in
 * with the call.
 */
public final class CommandRules {
  /** Mean speed of the fastest joint of a reach, rad/s; the peak is 1.5 times this. */
  private static final double REACH_RATE = 0.8;

  private static final double SHORTEST_REACH_SECONDS = 0.6;

  /** A reach whose solution stays further off than this is refused, m. */
  private static final double REACH_TOLERANCE = 0.01;

  /** The first point of a trajectory at time zero must be this near to the measured angle, rad. */
  private static final double START_TOLERANCE = 0.1;

  /** A leg joint may be named in a trajectory if it is asked to stay this near, rad. */
  private static final double LEG_TOLERANCE = 0.15;

  /** How far inside its own trunk a hand target must not be, m. */
  private static final double TRUNK_MARGIN = 0.03;

  private static final int MAX_POINTS = 1000;
  private static final double MAX_SECONDS = 600;

  private final Humanoid body;
  private final Kinematics kinematics;

  public CommandRules(Humanoid body) {
    this.body = body;
    this.kinematics = new Kinematics(body);
  }

  /**
   * What is known when a command is judged. Arrays in the body's joint order; neither kept nor
   * modified.
   *
   * @param seconds simulation time
   * @param referenceRad what the servos follow now
   * @param referenceRadPerSec its speed
   * @param measuredRad where the joints are
   * @param base where base_link is in odom
   */
  public record Situation(
      double seconds,
      double[] referenceRad,
      double[] referenceRadPerSec,
      double[] measuredRad,
      Pose base) {}

  /** A plan, or why there is none. */
  public sealed interface Judgement {
    /** {@code note}: what was changed, empty if nothing. */
    record Planned(JointPlan plan, String note) implements Judgement {}

    record Refused(String why) implements Judgement {}
  }

  private static Judgement refuse(String format, Object... arguments) {
    return new Judgement.Refused(String.format(Locale.ROOT, format, arguments) + "; nothing moved");
  }

  /** Judges a joint trajectory. Positions outside the limits are clamped and noted. */
  public Judgement judge(Command.Trajectory goal, Situation now) {
    int n = goal.joints().size();
    if (n == 0) return refuse("joint_trajectory: joint_names is empty");
    if (goal.points().isEmpty()) {
      return refuse("joint_trajectory: points is empty; an empty trajectory is not a stop");
    }
    if (goal.points().size() > MAX_POINTS) {
      return refuse(
          "joint_trajectory: points: expected 1..%d, found %d", MAX_POINTS, goal.points().size());
    }
    if (new HashSet<>(goal.joints()).size() < n) {
      return refuse("joint_trajectory: joint_names: %s has a name twice", goal.joints());
    }
    if (!Double.isFinite(goal.delaySeconds()) || Math.abs(goal.delaySeconds()) > MAX_SECONDS) {
      return refuse("joint_trajectory: header.stamp is %.1f s from now", goal.delaySeconds());
    }
    var joints = new int[n];
    for (int i = 0; i < n; i++) {
      joints[i] = body.jointIndex(goal.joints().get(i));
      if (joints[i] < 0) {
        return refuse(
            "joint_trajectory: joint_names[%d]: unknown joint %s", i, goal.joints().get(i));
      }
    }
    double before = Double.NEGATIVE_INFINITY;
    for (int p = 0; p < goal.points().size(); p++) {
      Command.Point point = goal.points().get(p);
      Optional<String> wrong = malformed(point, p, n, before);
      if (wrong.isPresent()) return refuse("joint_trajectory: %s", wrong.get());
      before = point.atSeconds();
    }
    Command.Point first = goal.points().getFirst();
    for (int i = 0; i < n; i++) {
      Joint joint = body.joints().get(joints[i]);
      double off = first.positionsRad()[i] - now.measuredRad()[joints[i]];
      if (first.atSeconds() <= 0 && Math.abs(off) > START_TOLERANCE) {
        return refuse(
            "joint_trajectory: points[0].positions[%d]: %s starts %.3f rad from its measured %.3f"
                + " rad, expected at most %.2f",
            i, joint.name(), Math.abs(off), now.measuredRad()[joints[i]], START_TOLERANCE);
      }
      if (!joint.part().isLeg()) continue;
      for (Command.Point point : goal.points()) {
        double leg = point.positionsRad()[i] - now.measuredRad()[joints[i]];
        if (Math.abs(leg) > LEG_TOLERANCE) {
          return refuse(
              "joint_trajectory: %s belongs to the balance controller (use stance); asked to move"
                  + " %.3f rad",
              joint.name(), leg);
        }
      }
    }
    if (now.seconds() + goal.delaySeconds() + before < now.seconds() && before > 0) {
      return refuse(
          "joint_trajectory: it ended %.2f s ago (header.stamp %.2f s from now, last point at %.2f"
              + " s)",
          -goal.delaySeconds() - before, goal.delaySeconds(), before);
    }
    return plan(goal, joints, now);
  }

  private static Optional<String> malformed(Command.Point point, int p, int n, double before) {
    if (point.positionsRad().length != n) {
      return Optional.of(
          "points[%d].positions: expected %d values, found %d"
              .formatted(p, n, point.positionsRad().length));
    }
    int speeds = point.velocitiesRadPerSec().length;
    if (speeds != 0 && speeds != n) {
      return Optional.of(
          "points[%d].velocities: expected 0 or %d values, found %d".formatted(p, n, speeds));
    }
    for (int i = 0; i < n; i++) {
      if (!Double.isFinite(point.positionsRad()[i])) {
        return Optional.of(
            "points[%d].positions[%d] is %s".formatted(p, i, point.positionsRad()[i]));
      }
      if (speeds != 0 && !Double.isFinite(point.velocitiesRadPerSec()[i])) {
        return Optional.of(
            "points[%d].velocities[%d] is %s".formatted(p, i, point.velocitiesRadPerSec()[i]));
      }
    }
    if (!(point.atSeconds() >= 0 && point.atSeconds() <= MAX_SECONDS)) {
      return Optional.of(
          "points[%d].time_from_start: expected 0..%.0f s, found %s"
              .formatted(p, MAX_SECONDS, point.atSeconds()));
    }
    if (point.atSeconds() <= before) {
      return Optional.of(
          "points[%d].time_from_start: %s s is not after the point before it"
              .formatted(p, point.atSeconds()));
    }
    return Optional.empty();
  }

  /** From the present reference through the points that are still ahead. */
  private Judgement plan(Command.Trajectory goal, int[] allJoints, Situation now) {
    // Legs that are named stay with the balance controller.
    int[] kept =
        java.util.stream.IntStream.range(0, allJoints.length)
            .filter(i -> !body.joints().get(allJoints[i]).part().isLeg())
            .toArray();
    if (kept.length == 0)
      return refuse("joint_trajectory: legs belong to the balance controller (use stance)");
    var joints = new int[kept.length];
    for (int k = 0; k < kept.length; k++) joints[k] = allJoints[kept[k]];
    var clamped = new ArrayList<String>();
    var knots = new ArrayList<JointPlan.Knot>();
    knots.add(
        new JointPlan.Knot(
            now.seconds(),
            pick(now.referenceRad(), joints),
            pick(now.referenceRadPerSec(), joints)));
    double zero = now.seconds() + goal.delaySeconds();
    List<Command.Point> points = goal.points();
    for (int p = 0; p < points.size(); p++) {
      double at = zero + points.get(p).atSeconds();
      boolean last = p == points.size() - 1;
      if (at <= now.seconds() && !last) continue;
      // A single point "at once" still takes a moment; the speed limit decides how long.
      at = Math.max(at, now.seconds() + 1e-3);
      var positions = new double[kept.length];
      var velocities = new double[kept.length];
      for (int k = 0; k < kept.length; k++) {
        Joint joint = body.joints().get(joints[k]);
        double asked = points.get(p).positionsRad()[kept[k]];
        positions[k] = Math.clamp(asked, joint.lowerRad(), joint.upperRad());
        if (positions[k] != asked) {
          clamped.add(
              String.format(Locale.ROOT, "%s %.3f to %.3f rad", joint.name(), asked, positions[k]));
        }
        velocities[k] = velocity(points, p, kept[k]);
        velocities[k] =
            Math.clamp(velocities[k], -joint.velocityRadPerSec(), joint.velocityRadPerSec());
      }
      knots.add(new JointPlan.Knot(at, positions, velocities));
    }
    if (goal.delaySeconds() > 0) {
      // Rest until time zero.
      knots.add(
          1, new JointPlan.Knot(zero, knots.getFirst().positionsRad(), new double[joints.length]));
      if (knots.get(2).atSeconds() <= zero) knots.remove(2);
    }
    if (knots.size() < 2) return refuse("joint_trajectory: no point is ahead of now");
    String note =
        clamped.isEmpty()
            ? ""
            : "clamped " + String.join(", ", clamped.stream().distinct().limit(4).toList());
    return new Judgement.Planned(new JointPlan(joints, knots), note);
  }

  /** As given; else the mean slope to both neighbours, and zero at the end. */
  private static double velocity(List<Command.Point> points, int p, int joint) {
    Command.Point point = points.get(p);
    if (point.velocitiesRadPerSec().length > 0) return point.velocitiesRadPerSec()[joint];
    if (p == 0 || p == points.size() - 1) return 0;
    Command.Point before = points.get(p - 1);
    Command.Point after = points.get(p + 1);
    return (after.positionsRad()[joint] - before.positionsRad()[joint])
        / (after.atSeconds() - before.atSeconds());
  }

  private static double[] pick(double[] from, int[] which) {
    return Arrays.stream(which).mapToDouble(j -> from[j]).toArray();
  }

  /** Judges a reach: solves the arm from the present reference, refuses what it cannot get to. */
  public Judgement judge(Command.Reach goal, Situation now) {
    String topic = "reach/" + goal.hand().name().toLowerCase(Locale.ROOT) + "_hand";
    if (!goal.target().isFinite()) return refuse("%s: position is %s", topic, goal.target());
    Pose toBase;
    switch (goal.frame()) {
      case "", "base_link" -> toBase = Pose.IDENTITY;
      case "odom" -> toBase = now.base().inverse();
      default -> {
        return refuse(
            "%s: header.frame_id: expected base_link or odom, found %s", topic, goal.frame());
      }
    }
    Vec target = toBase.apply(goal.target());
    if (target.norm() > 2) {
      return refuse(
          "%s: target is %.2f m from base_link, expected at most 2", topic, target.norm());
    }
    Optional<String> trunk = insideTrunk(target, now.referenceRad());
    if (trunk.isPresent())
      return refuse("%s: target is inside the robot's own %s", topic, trunk.get());
    boolean left = goal.hand() == Command.Hand.LEFT;
    var part = left ? Joint.Part.LEFT_ARM : Joint.Part.RIGHT_ARM;
    var orientation = goal.orientation().map(toBase.orientation()::times);
    Kinematics.Solution solution =
        kinematics.reach(
            body.frame(left ? "l_gripper" : "r_gripper"),
            part,
            now.referenceRad(),
            target,
            orientation);
    if (solution.positionError() > REACH_TOLERANCE) {
      return refuse(
          "%s: target (%.3f, %.3f, %.3f) in base_link is out of reach by %.3f m",
          topic, target.x(), target.y(), target.z(), solution.positionError());
    }
    int[] joints =
        java.util.stream.IntStream.range(0, body.joints().size())
            .filter(j -> body.joints().get(j).part() == part)
            .toArray();
    double furthest = 0;
    for (int j : joints) {
      furthest = Math.max(furthest, Math.abs(solution.anglesRad()[j] - now.referenceRad()[j]));
    }
    double seconds = Math.max(SHORTEST_REACH_SECONDS, furthest / REACH_RATE);
    var plan =
        new JointPlan(
            joints,
            List.of(
                new JointPlan.Knot(
                    now.seconds(),
                    pick(now.referenceRad(), joints),
                    pick(now.referenceRadPerSec(), joints)),
                new JointPlan.Knot(
                    now.seconds() + seconds,
                    pick(solution.anglesRad(), joints),
                    new double[joints.length])));
    String note =
        solution.orientationError() > 0.1
            ? String.format(
                Locale.ROOT, "orientation missed by %.2f rad", solution.orientationError())
            : "";
    return new Judgement.Planned(plan, note);
  }

  private Optional<String> insideTrunk(Vec target, double[] anglesRad) {
    List<Pose> poses = kinematics.linkPoses(anglesRad);
    for (int i = 0; i < body.links().size(); i++) {
      Link link = body.links().get(i);
      if (!link.name().equals("base_link")
          && !link.name().equals("torso")
          && !link.name().equals("head")) {
        continue;
      }
      for (Solid solid : link.solids()) {
        Vec p = poses.get(i).then(solid.at()).inverse().apply(target);
        if (solid.shape() instanceof Shape.Box(double x, double y, double z)
            && Math.abs(p.x()) < x / 2 + TRUNK_MARGIN
            && Math.abs(p.y()) < y / 2 + TRUNK_MARGIN
            && Math.abs(p.z()) < z / 2 + TRUNK_MARGIN) {
          return Optional.of(link.name());
        }
      }
    }
    return Optional.empty();
  }
}
