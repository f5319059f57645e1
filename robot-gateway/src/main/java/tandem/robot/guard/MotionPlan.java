package tandem.robot.guard;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Pose;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.RobotProfile;

/**
 * What would be sent for a goal, or why nothing is. Pure. The motion between two postures at rest
 * is the cubic q(t) = q0 + dq (3 s^2 - 2 s^3), s = t / T, whose peak velocity is 1.5 |dq| / T (at s
 * = 1/2) and whose peak acceleration is 6 |dq| / T^2 (at both ends).
 */
final class MotionPlan {
  static final String TRAJECTORY = "trajectory_msgs/msg/JointTrajectory";
  static final String POSE = "geometry_msgs/msg/PoseStamped";
  static final String FOLLOW = "control_msgs/action/FollowJointTrajectory";
  static final String NAVIGATE = "nav2_msgs/action/NavigateToPose";
  static final String ARRAY = "std_msgs/msg/Float64MultiArray";
  static final String TWIST = "geometry_msgs/msg/Twist";
  static final String TWIST_STAMPED = "geometry_msgs/msg/TwistStamped";
  static final String STRING = "std_msgs/msg/String";
  private static final List<String> STANCES = List.of("stand", "squat", "crouch");
  static final String BOOL = "std_msgs/msg/Bool";

  /** How long a hold takes; start and end are the same posture. */
  private static final double HOLD_SECONDS = 0.2;

  private static final double LONGEST_SECONDS = 600;
  private static final int MOST_JOINTS = 512;

  /** No tip of a humanoid is further from its base. */
  private static final double WORKSPACE_METERS = 2.5;

  private MotionPlan() {}

  /**
   * What a plan is made from.
   *
   * @param profile null before the first one
   * @param model null where the robot has not described its body
   */
  record Scene(
      RobotProfile profile,
      GuardInput.Presence presence,
      Body body,
      tandem.proto.body.Body model,
      long nowNanos) {
    Optional<GuardInput.Listener> listener(CommandTarget target) {
      return presence.on(target.getTopic(), target.getType());
    }
  }

  /** Either what to send, or a code and a text for a person. */
  sealed interface Outcome {
    /**
     * @param effect answered by {@link GuardInput.Published}; null where nothing has to be sent now
     */
    record Send(GuardEffect effect, GuardState.Course course) implements Outcome {}

    record No(String code, String why) implements Outcome {}
  }

  static Outcome plan(Motion motion, Scene scene) {
    return switch (motion.getGoalCase()) {
      case JOINT -> joint(motion.getCommandId(), motion.getJoint(), scene);
      case REACH -> reach(motion.getCommandId(), motion.getReach(), scene);
      case STREAM -> StreamPlan.open(motion.getStream(), scene);
      case STANCE -> stance(motion.getCommandId(), motion.getStance().getStance(), scene);
      case NAVIGATE -> Navigations.plan(motion.getCommandId(), motion.getNavigate(), scene);
      case GOAL_NOT_SET -> no("bad-goal", "the motion names no goal");
    };
  }

  private static Outcome stance(String commandId, String stance, Scene scene) {
    RobotProfile profile = scene.profile();
    if (!STANCES.contains(stance)) {
      return no(
          "bad-goal",
          "stance: expected " + String.join(", ", STANCES) + ", found " + Draft.clip(stance));
    }
    if (!profile.hasStance()) {
      return no("no-target", "the profile has no stance target" + ambiguities(profile));
    }
    Optional<GuardInput.Listener> listener = scene.listener(profile.getStance());
    if (listener.isEmpty()) {
      return nobodyListens(profile.getStance());
    }
    if (!scene.body().fresh(scene.nowNanos())) {
      return notMeasured();
    }
    return new Outcome.Send(
        new GuardEffect.TakeStance(
            commandId, resolved(profile.getStance(), listener.get()), stance),
        GuardState.Course.Stance.to(stance));
  }

  /**
   * A robot without a watchdog is sent only what ends by itself soon; null where that is the case.
   */
  private static Outcome.No unattended(RobotProfile profile, double seconds) {
    double most = profile.getUnattendedMaxSeconds() > 0 ? profile.getUnattendedMaxSeconds() : 5;
    return profile.hasWatchdogJointSeconds() || seconds <= most
        ? null
        : no(
            "unattended",
            text(
                "duration %.2f s: the robot has no watchdog for its joints, so at most %.2f s"
                    + " (unattended-max)",
                seconds, most));
  }

  /** The pose that is sent carries no time, so that the wish's own duration ends nothing. */
  private static Outcome.No unattendedReach(RobotProfile profile) {
    return profile.hasWatchdogJointSeconds() || profile.hasReachWithinSeconds()
        ? unattended(profile, profile.getReachWithinSeconds())
        : no(
            "unattended",
            "the robot has no watchdog for its joints, a pose carries no time, and the profile does"
                + " not say within what time the robot's reach controller ends by itself"
                + " (reach.within); stream the reach, or send joints");
  }

  private static Outcome joint(String commandId, JointGoal goal, Scene scene) {
    RobotProfile profile = scene.profile();
    Body body = scene.body();
    long nowNanos = scene.nowNanos();
    if (goal.getTargetsCount() == 0 || goal.getTargetsCount() > MOST_JOINTS) {
      return no(
          "bad-goal",
          "joint targets: expected 1.." + MOST_JOINTS + ", found " + goal.getTargetsCount());
    }
    double seconds = goal.getDurationSeconds();
    if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
      return no(
          "bad-goal",
          "duration: expected above 0 and at most " + LONGEST_SECONDS + " s, found " + seconds);
    }
    Map<String, Double> wanted = new HashMap<>();
    for (JointTarget target : goal.getTargetsList()) {
      if (!Double.isFinite(target.getPositionRad())) {
        return no(
            "not-finite",
            "joint "
                + target.getJoint()
                + ": position "
                + target.getPositionRad()
                + " is not a finite number");
      }
      if (wanted.put(target.getJoint(), target.getPositionRad()) != null) {
        return no("bad-goal", "joint " + target.getJoint() + " is named twice");
      }
    }
    if (!profile.hasJoint()) {
      return no("no-target", "the profile has no joint controller" + ambiguities(profile));
    }
    Map<String, JointLimit> limits = new HashMap<>();
    profile.getLimitsList().forEach(limit -> limits.put(limit.getJoint(), limit));
    Outcome.No refused = null;
    double shortest = 0;
    for (JointTarget target : goal.getTargetsList()) {
      String joint = target.getJoint();
      if (!body.joints().containsKey(joint)) {
        return no("unknown-joint", "joint " + joint + " is not in the robot's joint states");
      }
      Outcome.No stale = stale(joint, body, nowNanos);
      if (stale != null) {
        return stale;
      }
      JointLimit limit = limits.get(joint);
      if (limit == null) {
        return no(
            "no-limit", "joint " + joint + " has no limits in the profile " + profile.getSource());
      }
      Outcome.No outside = outside(target, limit, profile.getMarginRad());
      if (outside != null) {
        return outside;
      }
      double distance = Math.abs(target.getPositionRad() - body.joints().get(joint).positionRad());
      double velocity = 1.5 * distance / seconds;
      double acceleration = 6 * distance / (seconds * seconds);
      double needed =
          Math.max(
              1.5 * distance / limit.getVelocityRadPerSec(),
              Math.sqrt(6 * distance / limit.getAccelerationRadPerSec2()));
      boolean tooFast = velocity > limit.getVelocityRadPerSec();
      if ((tooFast || acceleration > limit.getAccelerationRadPerSec2()) && needed > shortest) {
        shortest = needed;
        refused =
            tooFast
                ? no(
                    "velocity-limit",
                    text(
                        "joint %s: peak velocity %.3f rad/s, limit %.3f rad/s (%s)",
                        joint, velocity, limit.getVelocityRadPerSec(), limit.getSource()))
                : no(
                    "acceleration-limit",
                    text(
                        "joint %s: peak acceleration %.3f rad/s2, limit %.3f rad/s2 (%s)",
                        joint, acceleration, limit.getAccelerationRadPerSec2(), limit.getSource()));
      }
    }
    if (refused != null) {
      return new Outcome.No(
          refused.code(),
          refused.why() + text("; smallest --in that passes: %ss", roundedUp(shortest)));
    }
    Set<String> names = new LinkedHashSet<>();
    boolean positionsOnly = profile.getJoint().getType().equals(ARRAY);
    if (positionsOnly) {
      names.addAll(profile.getJoint().getOrderList());
    } else if (profile.getPartialGoals()) {
      goal.getTargetsList().forEach(target -> names.add(target.getJoint()));
    } else {
      names.addAll(controlled(profile, body));
    }
    for (String joint : wanted.keySet()) {
      if (!names.contains(joint)) {
        return no("unknown-joint", "joint " + joint + " is not among the joints of the controller");
      }
    }
    for (String joint : names) {
      Outcome.No stale = stale(joint, body, nowNanos);
      if (stale != null) {
        return stale;
      }
    }
    Optional<GuardInput.Listener> listener = scene.listener(profile.getJoint());
    if (listener.isEmpty()) {
      return nobodyListens(profile.getJoint());
    }
    Outcome.No unattended = unattended(profile, seconds);
    if (unattended != null) {
      return unattended;
    }
    List<Double> start = new ArrayList<>();
    List<Double> end = new ArrayList<>();
    for (String joint : names) {
      double measured = body.joints().get(joint).positionRad();
      start.add(measured);
      end.add(wanted.getOrDefault(joint, measured));
    }
    List<Double> targets = new ArrayList<>();
    goal.getTargetsList().forEach(target -> targets.add(target.getPositionRad()));
    GuardEffect.MoveJoints move =
        new GuardEffect.MoveJoints(
            commandId,
            resolved(profile.getJoint(), listener.get()),
            List.copyOf(names),
            List.copyOf(start),
            List.copyOf(end),
            seconds);
    return new Outcome.Send(
        positionsOnly ? null : move,
        new GuardState.Course.Goal(
            goal.getTargetsList().stream().map(JointTarget::getJoint).toList(),
            List.copyOf(targets),
            nowNanos + Math.round(seconds * 1e9),
            Body.MOVING,
            false,
            positionsOnly ? new GuardState.Course.Goal.Lead(move, 0, nowNanos, nowNanos) : null,
            null));
  }

  /** Where a motion that the guard leads is after some time, on the cubic. */
  static GuardEffect.StreamJoints point(GuardEffect.MoveJoints move, long elapsedNanos) {
    double seconds = move.durationSeconds();
    double s = Math.clamp(elapsedNanos / 1e9 / seconds, 0, 1);
    List<Double> positions = new ArrayList<>();
    List<Double> velocities = new ArrayList<>();
    for (int i = 0; i < move.joints().size(); i++) {
      double distance = move.endRad().get(i) - move.startRad().get(i);
      positions.add(move.startRad().get(i) + distance * s * s * (3 - 2 * s));
      velocities.add(6 * distance * s * (1 - s) / seconds);
    }
    List<Double> at = List.copyOf(positions);
    return new GuardEffect.StreamJoints(
        move.target(),
        move.joints(),
        at,
        List.copyOf(velocities),
        Ramp.HORIZON_SECONDS,
        at,
        Ramp.HORIZON_SECONDS);
  }

  /** How a hold is sent: a controller that takes positions only is sent those. */
  static GuardEffect sent(GuardEffect.MoveJoints hold) {
    return hold.target().getType().equals(ARRAY) ? point(hold, Long.MAX_VALUE) : hold;
  }

  /** A base that is told to stand; empty where none is commanded through the profile. */
  static Optional<Ramp.Base> standing(Scene scene) {
    RobotProfile profile = scene.profile();
    if (profile == null || !profile.hasVelocity()) {
      return Optional.empty();
    }
    return scene
        .listener(profile.getVelocity())
        .map(
            listener ->
                new Ramp.Base(
                    resolved(profile.getVelocity(), listener),
                    profile.getBaseFrame(),
                    StreamPlan.limits(profile),
                    0,
                    0,
                    0,
                    0,
                    0,
                    0));
  }

  private static Outcome.No outside(JointTarget target, JointLimit limit, double margin) {
    double lower = limit.getLowerRad() + margin;
    double upper = limit.getUpperRad() - margin;
    double position = target.getPositionRad();
    if (position >= lower && position <= upper) {
      return null;
    }
    return no(
        "position-limit",
        text(
            "joint %s: position %.4f rad, limit %.4f..%.4f rad (%s, margin %.3f rad)",
            target.getJoint(), position, lower, upper, limit.getSource(), margin));
  }

  static Outcome.No stale(String joint, Body body, long nowNanos) {
    Body.Joint measured = body.joints().get(joint);
    if (measured == null) {
      return no(
          "not-measured",
          "joint " + joint + " of the controller is not in the robot's joint states");
    }
    if (!body.fresh(joint, nowNanos)) {
      return no(
          "not-measured",
          text(
              "joint %s was last measured %d ms ago, at most %d ms are allowed",
              joint,
              (nowNanos - measured.measuredNanos()) / 1_000_000,
              Body.FRESH_NANOS / 1_000_000));
    }
    return null;
  }

  static Outcome.No notMeasured() {
    return no(
        "not-measured",
        "the robot's joint states are older than " + Body.FRESH_NANOS / 1_000_000 + " ms");
  }

  /** What speaks against the pose of a reach; null where nothing does. */
  static Outcome.No poseFlaw(ReachGoal goal, RobotProfile profile) {
    Pose pose = goal.getPose();
    for (double value :
        new double[] {
          pose.getXMeters(),
          pose.getYMeters(),
          pose.getZMeters(),
          pose.getQx(),
          pose.getQy(),
          pose.getQz(),
          pose.getQw()
        }) {
      if (!Double.isFinite(value)) {
        return no("not-finite", "reach pose: " + value + " is not a finite number");
      }
    }
    if (!goal.getFrame().equals(profile.getBaseFrame())) {
      return no(
          "bad-frame",
          "reach frame: expected "
              + profile.getBaseFrame()
              + ", found "
              + Draft.clip(goal.getFrame()));
    }
    double distance =
        Math.sqrt(
            square(pose.getXMeters()) + square(pose.getYMeters()) + square(pose.getZMeters()));
    if (distance > WORKSPACE_METERS) {
      return no(
          "workspace",
          text(
              "tip %s: %.3f m from the base, limit %.1f m",
              goal.getTip(), distance, WORKSPACE_METERS));
    }
    double norm =
        Math.sqrt(
            square(pose.getQx())
                + square(pose.getQy())
                + square(pose.getQz())
                + square(pose.getQw()));
    return goal.getWithOrientation() && Math.abs(norm - 1) > 0.01
        ? no(
            "bad-goal",
            text("reach orientation: expected a unit quaternion, found norm %.4f", norm))
        : null;
  }

  private static Outcome reach(String commandId, ReachGoal goal, Scene scene) {
    RobotProfile profile = scene.profile();
    double seconds = goal.getDurationSeconds();
    if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
      return no(
          "bad-goal",
          "duration: expected above 0 and at most " + LONGEST_SECONDS + " s, found " + seconds);
    }
    CommandTarget target = profile.getReachMap().get(goal.getTip());
    if (target == null) {
      return no(
          "no-target",
          "tip "
              + goal.getTip()
              + " has no reach controller; known: "
              + String.join(", ", profile.getReachMap().keySet().stream().sorted().toList())
              + ambiguities(profile));
    }
    Outcome.No flaw = poseFlaw(goal, profile);
    if (flaw != null) {
      return flaw;
    }
    if (!scene.body().fresh(scene.nowNanos())) {
      return notMeasured();
    }
    Optional<GuardInput.Listener> listener = scene.listener(target);
    if (listener.isEmpty()) {
      return nobodyListens(target);
    }
    Outcome.No unattended = unattendedReach(profile);
    if (unattended != null) {
      return unattended;
    }
    CommandTarget at = resolved(target, listener.get());
    String link = profile.getTipsMap().get(goal.getTip());
    return new Outcome.Send(
        new GuardEffect.MoveTip(
            commandId, at, goal.getFrame(), goal.getPose(), goal.getWithOrientation(), seconds),
        new GuardState.Course.Goal(
            List.of(),
            List.of(),
            scene.nowNanos() + Math.round(seconds * 1e9),
            Body.MOVING,
            false,
            null,
            link == null
                ? null
                : Ramp.Tip.resting(
                    at,
                    goal.getFrame(),
                    link,
                    StreamPlan.pose(goal.getPose()),
                    goal.getWithOrientation())));
  }

  /** Holds the measured posture; empty where no controller is known or the posture is not fresh. */
  static Optional<GuardEffect.MoveJoints> hold(Scene scene) {
    RobotProfile profile = scene.profile();
    GuardInput.Presence presence = scene.presence();
    Body body = scene.body();
    long nowNanos = scene.nowNanos();
    Optional<GuardInput.Listener> listener;
    if (profile != null && profile.hasJoint()) {
      listener = presence.on(profile.getJoint().getTopic(), profile.getJoint().getType());
    } else {
      List<GuardInput.Listener> controllers =
          presence.listeners().stream().filter(one -> one.type().equals(TRAJECTORY)).toList();
      listener = controllers.size() == 1 ? Optional.of(controllers.getFirst()) : Optional.empty();
    }
    if (listener.isEmpty()) {
      return Optional.empty();
    }
    List<String> names = new ArrayList<>();
    List<Double> positions = new ArrayList<>();
    for (String joint : controlled(profile, body)) {
      if (!body.fresh(joint, nowNanos)) {
        return Optional.empty();
      }
      names.add(joint);
      positions.add(body.joints().get(joint).positionRad());
    }
    if (names.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new GuardEffect.MoveJoints(
            "",
            resolved(
                profile != null && profile.hasJoint()
                    ? profile.getJoint()
                    : CommandTarget.newBuilder()
                        .setKind("topic")
                        .setTopic(listener.get().topic())
                        .setType(TRAJECTORY)
                        .build(),
                listener.get()),
            List.copyOf(names),
            List.copyOf(positions),
            List.copyOf(positions),
            HOLD_SECONDS));
  }

  /** The joints of the controller: as configured, else all of the robot. */
  private static Collection<String> controlled(RobotProfile profile, Body body) {
    if (profile != null && profile.getJoint().getOrderCount() > 0) {
      return profile.getJoint().getOrderList();
    }
    return profile != null && profile.getJointOrderCount() > 0
        ? profile.getJointOrderList()
        : body.joints().keySet();
  }

  /** The hash by which twin and journal know the profile, too. */
  static String hash(RobotProfile profile) {
    return tandem.proto.codec.Profiles.hash(profile);
  }

  /** The target as the robot's subscriber or server has it now. */
  static CommandTarget resolved(CommandTarget target, GuardInput.Listener listener) {
    return target.toBuilder().setTypeHash(listener.typeHash()).build();
  }

  static Outcome.No nobodyListens(CommandTarget target) {
    return no(
        "no-subscriber",
        "nobody on the robot's side subscribes to "
            + target.getTopic()
            + " ("
            + target.getType()
            + ")");
  }

  static String ambiguities(RobotProfile profile) {
    return profile.getAmbiguitiesCount() == 0
        ? ""
        : "; found: " + String.join("; ", profile.getAmbiguitiesList());
  }

  /** To the next hundredth of a second, so that the text can be typed in. */
  private static String roundedUp(double seconds) {
    return String.format(Locale.ROOT, "%.2f", Math.ceil(seconds * 100 - 1e-9) / 100);
  }

  private static double square(double value) {
    return value * value;
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static Outcome.No no(String code, String why) {
    return new Outcome.No("tandem.guard." + code, why);
  }
}
