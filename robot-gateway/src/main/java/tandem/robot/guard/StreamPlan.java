package tandem.robot.guard;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tandem.proto.body.InverseKinematics;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.Pose;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.VelocityLimits;
import tandem.proto.v1.VelocityTarget;

/**
 * Whether a stream can be opened, and where a setpoint leads. Pure.
 *
 * <p>A setpoint is clamped to the position limits, and to what can be reached at the velocity limit
 * before the stream lapses: so far it may lead, whatever the jitter of its way here. That the
 * motion itself keeps velocity and acceleration is the business of {@link Ramp}.
 */
final class StreamPlan {
  /** The first setpoint may be no further than this from the measured pose. */
  static final double FIRST_RAD = 0.1;

  static final double FIRST_METERS = 0.05;

  /** Inverse kinematics that leaves more than this has not reached the pose. */
  private static final double REACHED_METERS = 0.005;

  private static final int MOST_JOINTS = 512;

  private StreamPlan() {}

  /** What becomes of a setpoint. */
  sealed interface Outcome {
    /**
     * It leads.
     *
     * @param clamped what was cut off, for a person; empty where nothing was
     * @param code empty, or what has to be said beside
     */
    record Go(Ramp ramp, String clamped, String code, String why) implements Outcome {}

    record No(String code, String why) implements Outcome {}
  }

  /** Opens a stream, or says why not; nothing is sent before the first setpoint. */
  static MotionPlan.Outcome open(StreamGoal goal, MotionPlan.Scene scene) {
    long lapse = goal.getLapseMillis() == 0 ? Streams.LAPSE_MILLIS : goal.getLapseMillis();
    if (lapse < Streams.SHORTEST_LAPSE_MILLIS || lapse > Streams.LONGEST_LAPSE_MILLIS) {
      return refuse(
          "bad-goal",
          "lapse: expected %d..%d ms, found %d"
              .formatted(Streams.SHORTEST_LAPSE_MILLIS, Streams.LONGEST_LAPSE_MILLIS, lapse));
    }
    RobotProfile profile = scene.profile();
    switch (goal.getKind()) {
      case Streams.VELOCITY -> {
        if (!profile.hasVelocity()) {
          return refuse(
              "no-target", "the profile has no velocity target" + MotionPlan.ambiguities(profile));
        }
        if (!profile.hasWatchdogVelocitySeconds()) {
          return refuse(
              "no-watchdog",
              "the profile names no watchdog of the robot for "
                  + profile.getVelocity().getTopic()
                  + ": a velocity does not end by itself, and nothing would stop the robot if this"
                  + " guard or its link died");
        }
        if (scene.listener(profile.getVelocity()).isEmpty()) {
          return MotionPlan.nobodyListens(profile.getVelocity());
        }
      }
      case Streams.JOINT -> {
        if (controller(scene) instanceof Controller.No(MotionPlan.Outcome.No no)) {
          return no;
        }
      }
      case Streams.REACH -> {
        if (scene.model() == null) {
          return refuse(
              "no-model",
              "the robot has not described its body (robot_description): where its tips are is"
                  + " not known; stream joints instead");
        }
        if (profile.getReachCount() == 0
            && controller(scene) instanceof Controller.No(MotionPlan.Outcome.No no)) {
          return no;
        }
      }
      default -> {
        return refuse(
            "bad-goal",
            "stream kind: expected velocity, joint or reach, found " + Draft.clip(goal.getKind()));
      }
    }
    return new MotionPlan.Outcome.Send(
        null,
        new GuardState.Course.Stream(
            goal.getKind(),
            lapse * 1_000_000,
            0,
            scene.nowNanos(),
            tandem.proto.v1.TimeToken.getDefaultInstance(),
            false,
            null,
            scene.nowNanos(),
            scene.nowNanos(),
            Long.MIN_VALUE / 2,
            0,
            0,
            0,
            "",
            List.of()));
  }

  /** Where the stream leads with this setpoint. */
  static Outcome take(Setpoint setpoint, GuardState.Course.Stream stream, MotionPlan.Scene scene) {
    String found = setpoint.getTargetCase().name().toLowerCase(Locale.ROOT);
    if (!found.equals(stream.kind())) {
      return no("bad-goal", "target: expected " + stream.kind() + ", found " + found);
    }
    double share = setpoint.getSpeedShare() == 0 ? 1 : setpoint.getSpeedShare();
    if (!(share > 0 && share <= 1)) {
      return no(
          "bad-goal",
          "speed share: expected above 0 and at most 1, found " + setpoint.getSpeedShare());
    }
    return switch (setpoint.getTargetCase()) {
      case VELOCITY -> velocity(setpoint.getVelocity(), stream, scene);
      case JOINT -> joints(setpoint.getJoint(), share, stream, scene);
      case REACH -> reach(setpoint.getReach(), share, stream, scene);
      case TARGET_NOT_SET -> no("bad-goal", "the setpoint names no target");
    };
  }

  // ---- velocity

  /** As the profile has them, else 0.3 m/s, 0.15 m/s, 0.5 rad/s, 0.5 m/s2 and 1 rad/s2. */
  static VelocityLimits limits(RobotProfile profile) {
    VelocityLimits of = profile.getVelocityLimits();
    return VelocityLimits.newBuilder()
        .setVxMetersPerSec(or(of.getVxMetersPerSec(), 0.3))
        .setVyMetersPerSec(or(of.getVyMetersPerSec(), 0.15))
        .setWzRadPerSec(or(of.getWzRadPerSec(), 0.5))
        .setAccelerationMetersPerSec2(or(of.getAccelerationMetersPerSec2(), 0.5))
        .setAngularAccelerationRadPerSec2(or(of.getAngularAccelerationRadPerSec2(), 1))
        .build();
  }

  private static double or(double value, double absent) {
    return value > 0 ? value : absent;
  }

  private static Outcome velocity(
      VelocityTarget wanted, GuardState.Course.Stream stream, MotionPlan.Scene scene) {
    double vx = wanted.getVxMetersPerSec();
    double vy = wanted.getVyMetersPerSec();
    double wz = wanted.getWzRadPerSec();
    if (!Double.isFinite(vx) || !Double.isFinite(vy) || !Double.isFinite(wz)) {
      return no("not-finite", "velocity %s %s %s: expected finite numbers".formatted(vx, vy, wz));
    }
    RobotProfile profile = scene.profile();
    Optional<GuardInput.Listener> listener = scene.listener(profile.getVelocity());
    if (listener.isEmpty()) {
      MotionPlan.Outcome.No nobody = MotionPlan.nobodyListens(profile.getVelocity());
      return new Outcome.No(nobody.code(), nobody.why());
    }
    VelocityLimits limits = limits(profile);
    double x = Math.clamp(vx, -limits.getVxMetersPerSec(), limits.getVxMetersPerSec());
    double y = Math.clamp(vy, -limits.getVyMetersPerSec(), limits.getVyMetersPerSec());
    double z = Math.clamp(wz, -limits.getWzRadPerSec(), limits.getWzRadPerSec());
    String clamped =
        x == vx && y == vy && z == wz
            ? ""
            : text(
                "velocity %.3f m/s %.3f m/s %.3f rad/s clamped to %.3f %.3f %.3f",
                vx, vy, wz, x, y, z);
    Ramp.Base base =
        stream.ramp() instanceof Ramp.Base before
            ? before
            : new Ramp.Base(
                MotionPlan.resolved(profile.getVelocity(), listener.get()),
                profile.getBaseFrame(),
                limits,
                0,
                0,
                0,
                0,
                0,
                0);
    return new Outcome.Go(base.towards(x, y, z), clamped, "", "");
  }

  // ---- joints

  private sealed interface Controller {
    record Yes(CommandTarget target) implements Controller {}

    record No(MotionPlan.Outcome.No no) implements Controller {}
  }

  /** The topic that takes joint positions one after another: an action takes whole goals only. */
  private static Controller controller(MotionPlan.Scene scene) {
    RobotProfile profile = scene.profile();
    if (!profile.hasJoint()) {
      return new Controller.No(
          refuse(
              "no-target",
              "the profile has no joint controller" + MotionPlan.ambiguities(profile)));
    }
    CommandTarget target = profile.getJoint();
    if (target.getKind().equals("action")) {
      String topic =
          target.getTopic().substring(0, target.getTopic().lastIndexOf('/') + 1)
              + "joint_trajectory";
      CommandTarget beside =
          CommandTarget.newBuilder()
              .setKind("topic")
              .setTopic(topic)
              .setType(MotionPlan.TRAJECTORY)
              .build();
      Optional<GuardInput.Listener> listener = scene.listener(beside);
      return listener.isPresent()
          ? new Controller.Yes(MotionPlan.resolved(beside, listener.get()))
          : new Controller.No(
              refuse(
                  "no-target",
                  "action "
                      + target.getTopic()
                      + " takes whole goals, and nobody subscribes to "
                      + topic
                      + " beside it: it cannot be streamed to"));
    }
    Optional<GuardInput.Listener> listener = scene.listener(target);
    return listener.isPresent()
        ? new Controller.Yes(MotionPlan.resolved(target, listener.get()))
        : new Controller.No(MotionPlan.nobodyListens(target));
  }

  private static Outcome joints(
      JointGoal goal, double share, GuardState.Course.Stream stream, MotionPlan.Scene scene) {
    if (goal.getTargetsCount() == 0 || goal.getTargetsCount() > MOST_JOINTS) {
      return no(
          "bad-goal",
          "joint targets: expected 1.." + MOST_JOINTS + ", found " + goal.getTargetsCount());
    }
    Map<String, Double> wanted = new HashMap<>();
    for (JointTarget target : goal.getTargetsList()) {
      if (!Double.isFinite(target.getPositionRad())) {
        return no(
            "not-finite",
            "joint "
                + Draft.clip(target.getJoint())
                + ": position "
                + target.getPositionRad()
                + " is not a finite number");
      }
      if (wanted.put(target.getJoint(), target.getPositionRad()) != null) {
        return no("bad-goal", "joint " + Draft.clip(target.getJoint()) + " is named twice");
      }
    }
    return lead(wanted, share, stream, scene);
  }

  /** Leads the joints, from where they are measured at first. */
  private static Outcome lead(
      Map<String, Double> wanted,
      double share,
      GuardState.Course.Stream stream,
      MotionPlan.Scene scene) {
    Ramp.Joints ramp;
    if (stream.ramp() instanceof Ramp.Joints before) {
      ramp = before;
    } else {
      switch (controller(scene)) {
        case Controller.No(MotionPlan.Outcome.No no) -> {
          return new Outcome.No(no.code(), no.why());
        }
        case Controller.Yes(CommandTarget target) -> {
          switch (measured(target, wanted.keySet(), scene)) {
            case Start.No(Outcome.No no) -> {
              return no;
            }
            case Start.Yes(Ramp.Joints start) -> ramp = start;
          }
        }
      }
      for (var entry : wanted.entrySet()) {
        int at = ramp.joints().indexOf(entry.getKey());
        double measured = at < 0 ? Double.NaN : ramp.positionsRad().get(at);
        if (Math.abs(entry.getValue() - measured) > FIRST_RAD) {
          return no(
              "far-from-measured",
              text(
                  "joint %s: first setpoint %.3f rad, measured %.3f rad, at most %.2f rad apart",
                  entry.getKey(), entry.getValue(), measured, FIRST_RAD));
        }
      }
    }
    List<Double> goals = new ArrayList<>(ramp.goalsRad());
    StringBuilder clamped = new StringBuilder();
    for (var entry : wanted.entrySet()) {
      int at = ramp.joints().indexOf(entry.getKey());
      if (at < 0) {
        return no(
            "unknown-joint",
            "joint "
                + Draft.clip(entry.getKey())
                + " is not among the joints of the controller that this stream leads");
      }
      Ramp.Joints.Limit limit = ramp.limits().get(at);
      double position = ramp.positionsRad().get(at);
      double furthest = limit.radPerSec() * share * stream.lapseNanos() / 1e9;
      double goal = Ramp.Joints.inside(limit, entry.getValue(), position);
      goal = Math.clamp(goal, position - furthest, position + furthest);
      if (goal != entry.getValue()) {
        clamped.append(
            text(
                "%sjoint %s: %.3f rad clamped to %.3f rad (position %.3f..%.3f rad, velocity %.2f"
                    + " rad/s)",
                clamped.isEmpty() ? "" : "; ",
                entry.getKey(),
                entry.getValue(),
                goal,
                limit.lowerRad(),
                limit.upperRad(),
                limit.radPerSec() * share));
      }
      goals.set(at, goal);
    }
    return new Outcome.Go(ramp.towards(List.copyOf(goals), share), clamped.toString(), "", "");
  }

  private sealed interface Start {
    record Yes(Ramp.Joints ramp) implements Start {}

    record No(Outcome.No no) implements Start {}
  }

  /** The joints at rest where they are measured. */
  private static Start measured(CommandTarget target, Set<String> wanted, MotionPlan.Scene scene) {
    RobotProfile profile = scene.profile();
    List<String> names = new ArrayList<>();
    if (target.getOrderCount() > 0) {
      names.addAll(target.getOrderList());
    } else if (profile.getJointOrderCount() > 0) {
      names.addAll(profile.getJointOrderList());
    } else {
      names.addAll(scene.body().joints().keySet());
    }
    Map<String, JointLimit> limits = new HashMap<>();
    profile.getLimitsList().forEach(limit -> limits.put(limit.getJoint(), limit));
    List<Ramp.Joints.Limit> ordered = new ArrayList<>();
    List<Double> positions = new ArrayList<>();
    for (String joint : names) {
      MotionPlan.Outcome.No stale = MotionPlan.stale(joint, scene.body(), scene.nowNanos());
      if (stale != null) {
        return new Start.No(new Outcome.No(stale.code(), stale.why()));
      }
      JointLimit limit = limits.get(joint);
      if (limit == null && wanted.contains(joint)) {
        return new Start.No(no("no-limit", "joint " + joint + " has no limits in the profile"));
      }
      double position = scene.body().joints().get(joint).positionRad();
      positions.add(position);
      ordered.add(
          limit == null
              ? new Ramp.Joints.Limit(position, position, 1, 10)
              : new Ramp.Joints.Limit(
                  limit.getLowerRad() + profile.getMarginRad(),
                  Math.max(
                      limit.getLowerRad() + profile.getMarginRad(),
                      limit.getUpperRad() - profile.getMarginRad()),
                  limit.getVelocityRadPerSec(),
                  limit.getAccelerationRadPerSec2()));
    }
    for (String joint : wanted) {
      if (!names.contains(joint)) {
        return new Start.No(
            no(
                "unknown-joint",
                "joint "
                    + Draft.clip(joint)
                    + " is not among the joints of the controller that this stream leads"));
      }
    }
    List<Double> zeros = new ArrayList<>();
    names.forEach(joint -> zeros.add(0.0));
    List<Double> measured = List.copyOf(positions);
    return new Start.Yes(
        new Ramp.Joints(
            target,
            List.copyOf(names),
            List.copyOf(ordered),
            measured,
            List.copyOf(zeros),
            measured,
            1));
  }

  // ---- reach

  private static Outcome reach(
      ReachGoal goal, double share, GuardState.Course.Stream stream, MotionPlan.Scene scene) {
    MotionPlan.Outcome.No flaw = MotionPlan.poseFlaw(goal, scene.profile());
    if (flaw != null) {
      return new Outcome.No(flaw.code(), flaw.why());
    }
    RobotProfile profile = scene.profile();
    tandem.proto.body.Body model = scene.model();
    String link = profile.getTipsMap().get(goal.getTip());
    if (model == null || link == null || !model.hasLink(link)) {
      return no(
          "no-model",
          "tip "
              + Draft.clip(goal.getTip())
              + ": the robot's description and the profile name no link for it");
    }
    CommandTarget topic = profile.getReachMap().get(goal.getTip());
    Ramp.Tip led = stream.ramp() instanceof Ramp.Tip before ? before : null;
    tandem.proto.body.Pose at = null;
    if (stream.ramp() == null
        || led != null && goal.getWithOrientation() && !led.withOrientation()) {
      at = Tips.measured(link, scene, Body.FRESH_NANOS).orElse(null);
      if (at == null || !scene.body().fresh(scene.nowNanos())) {
        return no(
            "not-measured",
            text(
                "tip %s: joints of the robot, or of the tip's link %s, were not measured within %d"
                    + " ms: where it is is not known",
                goal.getTip(), link, Body.FRESH_NANOS / 1_000_000));
      }
      Outcome.No far = far(goal, at, stream.ramp() == null);
      if (far != null) {
        return far;
      }
    }
    if (led != null) {
      if (topic == null || !led.target().getTopic().equals(topic.getTopic())) {
        return no("bad-goal", "tip " + Draft.clip(goal.getTip()) + " is not the stream's own");
      }
      return lead(goal, share, at == null ? led : led.orientedAs(at), stream.lapseNanos());
    }
    if (stream.ramp() != null || topic == null) {
      return solve(goal, share, link, model, stream, scene);
    }
    Optional<GuardInput.Listener> listener = scene.listener(topic);
    if (listener.isEmpty()) {
      MotionPlan.Outcome.No nobody = MotionPlan.nobodyListens(topic);
      return new Outcome.No(nobody.code(), nobody.why());
    }
    boolean oriented = goal.getWithOrientation();
    Ramp.Tip resting =
        Ramp.Tip.resting(
            MotionPlan.resolved(topic, listener.get()), goal.getFrame(), link, at, oriented);
    return new Outcome.Go(resting.towards(pose(goal.getPose()), oriented, share), "", "", "");
  }

  /** Why a tip is not led from where it is measured; null where nothing speaks against it. */
  private static Outcome.No far(ReachGoal goal, tandem.proto.body.Pose measured, boolean first) {
    tandem.proto.body.Pose wanted = pose(goal.getPose());
    double apart = measured.distanceTo(wanted);
    if (first && apart > FIRST_METERS) {
      return no(
          "far-from-measured",
          text(
              "tip %s: first setpoint %.3f m from where it is measured, at most %.2f m",
              goal.getTip(), apart, FIRST_METERS));
    }
    double turned = measured.angleTo(wanted);
    return goal.getWithOrientation() && turned > FIRST_RAD
        ? no(
            "far-from-measured",
            text(
                "tip %s: first orientation %.3f rad from the measured one, at most %.2f rad",
                goal.getTip(), turned, FIRST_RAD))
        : null;
  }

  private static Outcome lead(ReachGoal goal, double share, Ramp.Tip before, long lapseNanos) {
    tandem.proto.body.Pose wanted = pose(goal.getPose());
    boolean oriented = goal.getWithOrientation();
    double distance = before.pose().distanceTo(wanted);
    double turn = oriented ? before.pose().angleTo(wanted) : 0;
    double furthest = Ramp.TIP_METERS_PER_SEC * share * lapseNanos / 1e9;
    double furthestTurn = Ramp.TIP_RAD_PER_SEC * share * lapseNanos / 1e9;
    if (distance <= furthest && turn <= furthestTurn) {
      return new Outcome.Go(before.towards(wanted, oriented, share), "", "", "");
    }
    return new Outcome.Go(
        before.towards(before.ahead(wanted, furthest, furthestTurn), oriented, share),
        text(
            "tip %s: %.3f m and %.3f rad ahead clamped to %.3f m and %.3f rad (%.2f m/s, %.2f"
                + " rad/s)",
            goal.getTip(),
            distance,
            turn,
            Math.min(distance, furthest),
            Math.min(turn, furthestTurn),
            Ramp.TIP_METERS_PER_SEC * share,
            Ramp.TIP_RAD_PER_SEC * share),
        "",
        "");
  }

  /**
   * By inverse kinematics, from where the joints are led now. A pose out of reach leads nowhere.
   */
  private static Outcome solve(
      ReachGoal goal,
      double share,
      String link,
      tandem.proto.body.Body model,
      GuardState.Course.Stream stream,
      MotionPlan.Scene scene) {
    RobotProfile profile = scene.profile();
    Map<String, Double> from = new HashMap<>(scene.body().positions());
    Set<String> movable = new HashSet<>();
    profile.getLimitsList().forEach(limit -> movable.add(limit.getJoint()));
    if (stream.ramp() instanceof Ramp.Joints before) {
      for (int i = 0; i < before.joints().size(); i++) {
        from.put(before.joints().get(i), before.positionsRad().get(i));
      }
      movable.retainAll(before.joints());
    }
    tandem.proto.body.Pose base = Tips.base(model, profile, from);
    InverseKinematics.Solution solution =
        InverseKinematics.solve(
            model,
            link,
            base.then(pose(goal.getPose())),
            goal.getWithOrientation(),
            from,
            movable,
            profile.getMarginRad());
    if (solution.errorMeters() > REACHED_METERS) {
      String why =
          text(
              "tip %s: out of reach by %.3f m; it is led no further",
              goal.getTip(), solution.errorMeters());
      return stream.ramp() == null
          ? no("unreachable", why)
          : new Outcome.Go(stream.ramp(), "", "tandem.guard.unreachable", why);
    }
    return lead(solution.positions(), share, stream, scene);
  }

  /** Its orientation of unit length; none at all is no turn. */
  static tandem.proto.body.Pose pose(Pose pose) {
    double norm =
        Math.sqrt(
            pose.getQx() * pose.getQx()
                + pose.getQy() * pose.getQy()
                + pose.getQz() * pose.getQz()
                + pose.getQw() * pose.getQw());
    boolean none = norm < 0.5;
    return new tandem.proto.body.Pose(
        pose.getXMeters(),
        pose.getYMeters(),
        pose.getZMeters(),
        none ? 0 : pose.getQx() / norm,
        none ? 0 : pose.getQy() / norm,
        none ? 0 : pose.getQz() / norm,
        none ? 1 : pose.getQw() / norm);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static Outcome.No no(String code, String why) {
    return new Outcome.No("tandem.guard." + code, why);
  }

  private static MotionPlan.Outcome.No refuse(String code, String why) {
    return new MotionPlan.Outcome.No("tandem.guard." + code, why);
  }
}
