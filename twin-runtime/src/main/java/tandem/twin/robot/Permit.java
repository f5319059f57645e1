package tandem.twin.robot;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tandem.proto.body.Body;
import tandem.proto.body.InverseKinematics;
import tandem.proto.body.Pose;
import tandem.proto.event.Goal;
import tandem.proto.event.SampleRef;
import tandem.proto.event.Used;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.StreamGoal;

/**
 * May this goal be sent as the robot stands now? Pure.
 *
 * <p>A joint moves on the cubic through its points with zero velocity at both ends: over a distance
 * d in a time t its peak velocity is 1.5 d / t, its peak acceleration 6 d / t².
 */
final class Permit {
  private static final double LONGEST_SECONDS = 600;
  private static final long LEAST_LAPSE_MILLIS = 100;
  private static final long MOST_LAPSE_MILLIS = 500;
  private static final double FARTHEST_METERS = 1_000;
  private static final String MAP = "map";
  private static final List<String> STANCES = List.of("stand", "squat", "crouch");

  /** What is permitted, and the values that were used. */
  record Permitted(Goal sentGoal, Used used) {}

  /** Why not. */
  static final class Denied extends RuntimeException {
    final String code;
    final transient Used used;

    Denied(String code, String why, Used used) {
      super(why, null, false, false);
      this.code = code;
      this.used = used;
    }
  }

  private final TwinRules rules;
  private final TwinState state;
  private final Observation seen;

  private Permit(TwinRules rules, TwinState state, Observation seen) {
    this.rules = rules;
    this.state = state;
    this.seen = seen;
  }

  /**
   * @throws Denied naming what stands against it
   */
  static Permitted check(TwinRules rules, TwinState state, Observation seen, Goal goal) {
    var permit = new Permit(rules, state, seen);
    permit.standing();
    permit.guard();
    RobotProfile profile = permit.profile();
    return switch (goal) {
      case Goal.Joint(var joint) -> {
        Used joints = permit.measured();
        permit.target(profile.hasJoint(), profile, "joint");
        yield new Permitted(goal, permit.within(profile, joint, joints));
      }
      case Goal.Reach(var reach) -> permit.reach(profile, reach, permit.measured());
      case Goal.Stream(var stream) -> new Permitted(goal, permit.stream(profile, stream));
      case Goal.Stance(var stance) -> {
        permit.target(profile.hasStance(), profile, "stance");
        if (!STANCES.contains(stance.getStance())) {
          throw permit.deny(
              "tandem.goal.stance",
              "stance: expected one of %s, found '%s'; not sent"
                  .formatted(STANCES, stance.getStance()));
        }
        yield new Permitted(goal, permit.measured());
      }
      case Goal.Navigate(var navigate) -> {
        permit.target(profile.hasNavigate(), profile, "navigate");
        yield new Permitted(new Goal.Navigate(permit.place(profile, navigate)), permit.base());
      }
    };
  }

  /** A place is named in the odometry's frame, which is the default, or on the robot's map. */
  private NavigateGoal place(RobotProfile profile, NavigateGoal goal) {
    String frame = goal.getFrame().isEmpty() ? profile.getOdomFrame() : goal.getFrame();
    if (frame.isEmpty() || !(frame.equals(profile.getOdomFrame()) || frame.equals(MAP))) {
      throw deny(
          "tandem.goal.frame",
          "frame: expected %s, found '%s'; not sent"
              .formatted(
                  profile.getOdomFrame().isEmpty() ? MAP : profile.getOdomFrame() + " or " + MAP,
                  frame));
    }
    place("x", goal.getXMeters(), FARTHEST_METERS, "m");
    place("y", goal.getYMeters(), FARTHEST_METERS, "m");
    place("yaw", goal.getYawRad(), 2 * Math.PI, "rad");
    double within = goal.getWithinSeconds();
    if (!(within > 0 && within <= LONGEST_SECONDS)) {
      throw deny(
          "tandem.goal.duration",
          "within: expected > 0 and <= %.0f s, found %s s; not sent"
              .formatted(LONGEST_SECONDS, within));
    }
    return goal.toBuilder().setFrame(frame).build();
  }

  private void place(String what, double value, double most, String unit) {
    if (!Double.isFinite(value)) {
      throw deny(
          "tandem.goal.not-finite",
          "navigate: %s: expected a finite number, found %s; not sent".formatted(what, value));
    }
    if (Math.abs(value) > most) {
      throw deny(
          "tandem.goal.navigate",
          text(
              "navigate: %s: expected within %s %s, found %s; not sent",
              what, number(most), unit, number(value)));
    }
  }

  /** What a setpoint may ask is the guard's to check, one by one; here: may there be any. */
  private Used stream(RobotProfile profile, StreamGoal goal) {
    long lapse = goal.getLapseMillis();
    if (lapse != 0 && !(lapse >= LEAST_LAPSE_MILLIS && lapse <= MOST_LAPSE_MILLIS)) {
      throw deny(
          "tandem.goal.lapse",
          "lapse: expected %d..%d ms, found %d ms; not sent"
              .formatted(LEAST_LAPSE_MILLIS, MOST_LAPSE_MILLIS, lapse));
    }
    return switch (goal.getKind()) {
      case "velocity" -> {
        target(profile.hasVelocity(), profile, "velocity");
        yield base();
      }
      case "joint" -> {
        target(profile.hasJoint(), profile, "joint");
        yield measured();
      }
      case "reach" -> {
        target(
            profile.getTipsCount() > 0 && (profile.hasJoint() || profile.getReachCount() > 0),
            profile,
            "reach");
        yield measured();
      }
      default ->
          throw deny(
              "tandem.goal.kind",
              "kind: expected velocity, joint or reach, found '%s'; not sent"
                  .formatted(goal.getKind()));
    };
  }

  /** Where the base stands; nothing where no odometry says so. */
  private Used base() {
    var base = seen.sensed().base();
    if (base == null) return Used.NOTHING;
    var values = new TreeMap<String, Double>();
    values.put("baseXMeters", base.x());
    values.put("baseYMeters", base.y());
    return new Used(base.origin().at(seen.now().nanos()), values);
  }

  private Denied deny(String code, String why) {
    return new Denied(code, why, Used.NOTHING);
  }

  private void standing() {
    String robot = state.robot();
    if (state.isDream()) {
      throw deny("tandem.robot.dream", "%s is a dream: nothing moves; not sent".formatted(robot));
    }
    switch (state.mode()) {
      case LIVE -> {}
      case SILENT ->
          throw deny(
              "tandem.robot.silent",
              "robot %s silent since %s (%s); not sent"
                  .formatted(robot, Times.iso(state.modeSinceNanos()), state.modeWhy()));
      case UNSEEN ->
          throw deny(
              "tandem.robot.unseen", "robot %s has never reported; not sent".formatted(robot));
    }
    if (state.stop().latched()) {
      throw deny(
          "tandem.stop.latched",
          "a stop by %s is latched since %s (%s); release it first; not sent"
              .formatted(
                  state.stop().by(), Times.iso(state.stop().sinceNanos()), state.stop().why()));
    }
    var unrecorded = state.alarms().get("not-recorded");
    if (unrecorded != null && unrecorded.isUp()) {
      throw deny(
          "tandem.recorder.failed",
          "samples of %s are not recorded (%s): nothing would show what a command did; not sent"
              .formatted(robot, unrecorded.text()));
    }
    if (state.body().equals("fallen")) {
      throw deny("tandem.body.fallen", "robot %s has fallen; not sent".formatted(robot));
    }
  }

  private void guard() {
    var guard = seen.guard();
    String robot = state.robot();
    if (!guard.reachable()) {
      throw deny(
          "tandem.guard.absent",
          "no gateway has a way to the guard of %s; not sent".formatted(robot));
    }
    if (!guard.isFresh(seen.now().nanos(), rules.guardFreshMillis())) {
      throw deny(
          "tandem.guard.silent",
          "guard of %s: newest status: expected within %d ms, found %s; not sent"
              .formatted(
                  robot,
                  rules.guardFreshMillis(),
                  guard.status() == null
                      ? "none"
                      : "one %.0f ms old".formatted(guard.ageMillis(seen.now().nanos()))));
    }
    var status = guard.status();
    if (status.getStopLatched()) {
      throw deny(
          "tandem.stop.latched",
          "the guard of %s has a latched stop by %s (%s); release it first; not sent"
              .formatted(robot, status.getStopBy(), status.getStopWhy()));
    }
    var lost = state.alarms().get(GuardRules.LOST_STATE);
    if (!status.getArmed() || lost != null && lost.isUp()) {
      throw deny(
          "tandem.guard.unarmed",
          "the guard of %s lost its state and refuses motion until a supervisor re-arms it; not sent"
              .formatted(robot));
    }
    if (status.getHighestSeen().getTerm() > state.term()) {
      throw deny(
          "tandem.guard.newer-term",
          "the guard of %s has seen term %d, this home is term %d: another home has taken over; not sent"
              .formatted(robot, status.getHighestSeen().getTerm(), state.term()));
    }
  }

  private RobotProfile profile() {
    if (state.accepted() != null) return state.accepted().profile();
    String found =
        state.proposed() == null
            ? "none was proposed"
            : "one is proposed"
                + (state.proposed().profile().getAmbiguitiesCount() == 0
                    ? ""
                    : ": " + String.join("; ", state.proposed().profile().getAmbiguitiesList()));
    throw deny(
        "tandem.profile.missing",
        "robot %s has no accepted profile (%s); not sent".formatted(state.robot(), found));
  }

  private void target(boolean present, RobotProfile profile, String form) {
    if (present) return;
    throw deny(
        "tandem.profile.no-target",
        "profile of %s has no target for %s%s; not sent"
            .formatted(
                state.robot(),
                form,
                profile.getAmbiguitiesCount() == 0
                    ? ""
                    : ": " + String.join("; ", profile.getAmbiguitiesList())));
  }

  /** All joints as measured, fresh enough to decide by. */
  private Used measured() {
    var joints = seen.sensed().joints();
    if (joints == null) {
      throw deny(
          "tandem.joints.unseen",
          "no joint positions of %s were ever received; not sent".formatted(state.robot()));
    }
    SampleRef sample = joints.origin().at(seen.now().nanos());
    if (sample.ageMillis() > rules.freshMillis()) {
      throw new Denied(
          "tandem.joints.stale",
          "%s: newest sample: expected within %d ms, found one %.0f ms old (sequence %d); not sent"
              .formatted(
                  sample.topic(), rules.freshMillis(), sample.ageMillis(), sample.sequence()),
          new Used(sample, new TreeMap<>()));
    }
    return Used.of(sample, positions(joints));
  }

  /** Positions by joint name; a joint without one is left out. */
  static TreeMap<String, Double> positions(Sensed.Joints joints) {
    var found = new TreeMap<String, Double>();
    int n = Math.min(joints.names().size(), joints.positionsRad().length);
    for (int i = 0; i < n; i++) found.put(joints.names().get(i), joints.positionsRad()[i]);
    return found;
  }

  /** Checks each target; gives the values of the named joints only. */
  private Used within(RobotProfile profile, JointGoal goal, Used measured) {
    double seconds = goal.getDurationSeconds();
    if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
      throw deny(
          "tandem.goal.duration",
          "duration: expected > 0 and <= %.0f s, found %s s; not sent"
              .formatted(LONGEST_SECONDS, seconds));
    }
    var used = new TreeMap<String, Double>();
    for (JointTarget target : targets(goal)) {
      used.put(target.getJoint(), position(target.getJoint(), measured));
    }
    var values = new Used(measured.sample(), used);
    for (JointTarget target : goal.getTargetsList()) {
      position(profile, target, values);
    }
    speed(profile, goal, values);
    return values;
  }

  private List<JointTarget> targets(JointGoal goal) {
    if (goal.getTargetsCount() == 0) {
      throw deny("tandem.goal.empty", "joint goal: expected at least one joint, found none");
    }
    var names = new HashSet<String>();
    for (JointTarget target : goal.getTargetsList()) {
      if (!names.add(target.getJoint())) {
        throw deny(
            "tandem.goal.duplicate",
            "joint goal: joint %s stands twice; not sent".formatted(target.getJoint()));
      }
    }
    return goal.getTargetsList();
  }

  private double position(String joint, Used measured) {
    Double position = measured.values().get(joint);
    if (position == null) {
      throw new Denied(
          "tandem.joint.unknown",
          "joint %s: expected one of %s, as in %s; not sent"
              .formatted(joint, measured.values().keySet(), measured.sample().topic()),
          new Used(measured.sample(), new TreeMap<>()));
    }
    if (!Double.isFinite(position)) {
      throw new Denied(
          "tandem.joint.not-finite",
          "joint %s is measured at %s rad (%s sequence %d); not sent"
              .formatted(joint, position, measured.sample().topic(), measured.sample().sequence()),
          new Used(measured.sample(), new TreeMap<>()));
    }
    return position;
  }

  private JointLimit limit(RobotProfile profile, String joint, Used used) {
    return profile.getLimitsList().stream()
        .filter(limit -> limit.getJoint().equals(joint))
        .findFirst()
        .orElseThrow(
            () ->
                new Denied(
                    "tandem.limit.unknown",
                    "joint %s: the profile has no limits for it; not sent".formatted(joint),
                    used));
  }

  private double margin(RobotProfile profile) {
    return profile.getMarginRad() > 0 ? profile.getMarginRad() : rules.marginRad();
  }

  private void position(RobotProfile profile, JointTarget target, Used used) {
    JointLimit limit = limit(profile, target.getJoint(), used);
    double low = limit.getLowerRad() + margin(profile);
    double high = limit.getUpperRad() - margin(profile);
    double goal = target.getPositionRad();
    if (!(goal >= low && goal <= high)) {
      throw new Denied(
          "tandem.limit.position",
          text(
              "joint %s: goal %s rad: expected %s..%s rad (limits %s..%s, margin %s); not sent",
              target.getJoint(),
              number(goal),
              number(low),
              number(high),
              number(limit.getLowerRad()),
              number(limit.getUpperRad()),
              number(margin(profile))),
          used);
    }
  }

  private void speed(RobotProfile profile, JointGoal goal, Used used) {
    double seconds = goal.getDurationSeconds();
    String worst = null;
    double least = 0;
    for (JointTarget target : goal.getTargetsList()) {
      JointLimit limit = limit(profile, target.getJoint(), used);
      double from = used.values().get(target.getJoint());
      double distance = Math.abs(target.getPositionRad() - from);
      double velocity = 1.5 * distance / seconds;
      double acceleration = 6 * distance / (seconds * seconds);
      double leastHere = leastSeconds(distance, limit);
      if (leastHere > seconds && leastHere > least) {
        least = leastHere;
        boolean tooFast = velocity > limit.getVelocityRadPerSec();
        worst =
            text(
                "joint %s: from %s to %s rad in %s s: peak %s %s %s, limit %s",
                target.getJoint(),
                number(from),
                number(target.getPositionRad()),
                number(seconds),
                tooFast ? "velocity" : "acceleration",
                number(tooFast ? velocity : acceleration),
                tooFast ? "rad/s" : "rad/s2",
                number(tooFast ? limit.getVelocityRadPerSec() : acceleration(limit)));
      }
    }
    if (worst != null) {
      double advised = StrictMath.ceil(least * 100) / 100;
      if (advised < least) advised += 0.01;
      throw new Denied(
          "tandem.limit.speed",
          text("%s; smallest --in that passes: %.2fs; not sent", worst, advised),
          used);
    }
  }

  private double leastSeconds(double distance, JointLimit limit) {
    return Math.max(
        1.5 * distance / limit.getVelocityRadPerSec(),
        StrictMath.sqrt(6 * distance / acceleration(limit)));
  }

  private double acceleration(JointLimit limit) {
    double own = limit.getAccelerationRadPerSec2();
    return own > 0 ? own : rules.accelerationRadPerSec2();
  }

  private Permitted reach(RobotProfile profile, ReachGoal goal, Used measured) {
    if (!profile.containsTips(goal.getTip())) {
      throw deny(
          "tandem.tip.unknown",
          "tip %s: expected one of %s; not sent"
              .formatted(goal.getTip(), new TreeMap<>(profile.getTipsMap()).keySet()));
    }
    if (!goal.getFrame().isEmpty() && !goal.getFrame().equals(profile.getBaseFrame())) {
      throw deny(
          "tandem.goal.frame",
          "frame: expected %s, found %s; not sent"
              .formatted(profile.getBaseFrame(), goal.getFrame()));
    }
    var pose = goal.getPose();
    for (double value :
        new double[] {
          pose.getXMeters(),
          pose.getYMeters(),
          pose.getZMeters(),
          pose.getQx(),
          pose.getQy(),
          pose.getQz(),
          pose.getQw(),
          goal.getDurationSeconds()
        }) {
      if (!Double.isFinite(value)) {
        throw deny(
            "tandem.goal.not-finite",
            "reach: expected finite numbers, found %s; not sent".formatted(value));
      }
    }
    if (goal.getDurationSeconds() < 0 || goal.getDurationSeconds() > LONGEST_SECONDS) {
      throw deny(
          "tandem.goal.duration",
          "duration: expected 0..%.0f s, found %s s; not sent"
              .formatted(LONGEST_SECONDS, goal.getDurationSeconds()));
    }
    if (profile.containsReach(goal.getTip())) {
      return new Permitted(new Goal.Reach(goal), measured);
    }
    target(profile.hasJoint(), profile, "reach of " + goal.getTip() + " by its joints");
    JointGoal joints = byJoints(profile, goal, measured);
    return new Permitted(new Goal.Joint(joints), within(profile, joints, measured));
  }

  private JointGoal byJoints(RobotProfile profile, ReachGoal goal, Used measured) {
    Body body = seen.body();
    String link = profile.getTipsOrThrow(goal.getTip());
    if (body == null || !body.hasLink(link)) {
      throw deny(
          "tandem.body.unknown",
          "reach of %s: link %s is in no description of %s, so no joint angles can be found; not sent"
              .formatted(goal.getTip(), link, state.robot()));
    }
    Set<String> movable =
        profile.getLimitsList().stream().map(JointLimit::getJoint).collect(Collectors.toSet());
    movable.retainAll(measured.values().keySet());
    var solution =
        InverseKinematics.solve(
            body,
            link,
            inRoot(body, profile.getBaseFrame(), goal, measured),
            goal.getWithOrientation(),
            measured.values(),
            movable,
            margin(profile));
    if (solution.errorMeters() > rules.toleranceMeters() / 2) {
      var p = goal.getPose();
      throw new Denied(
          "tandem.goal.unreachable",
          text(
              "reach of %s to (%.3f, %.3f, %.3f) m: the nearest posture within the limits is %.3f m"
                  + " off; not sent",
              goal.getTip(),
              p.getXMeters(),
              p.getYMeters(),
              p.getZMeters(),
              solution.errorMeters()),
          measured);
    }
    var joints = JointGoal.newBuilder();
    double seconds = goal.getDurationSeconds();
    for (var each : new TreeMap<>(solution.positions()).entrySet()) {
      double from = position(each.getKey(), measured);
      joints.addTargets(
          JointTarget.newBuilder().setJoint(each.getKey()).setPositionRad(each.getValue()));
      if (goal.getDurationSeconds() == 0) {
        double least =
            leastSeconds(Math.abs(each.getValue() - from), limit(profile, each.getKey(), measured));
        seconds = Math.max(seconds, Math.max(2, 1.5 * least));
      }
    }
    return joints.setDurationSeconds(seconds).build();
  }

  /** The goal's pose in the frame of the description's root. */
  static Pose inRoot(Body body, String baseFrame, ReachGoal goal, Used measured) {
    var p = goal.getPose();
    boolean turned = p.getQx() != 0 || p.getQy() != 0 || p.getQz() != 0 || p.getQw() != 0;
    var pose =
        new Pose(
            p.getXMeters(),
            p.getYMeters(),
            p.getZMeters(),
            p.getQx(),
            p.getQy(),
            p.getQz(),
            turned ? p.getQw() : 1);
    return baseFrame.isEmpty() || baseFrame.equals(body.root()) || !body.hasLink(baseFrame)
        ? pose
        : body.pose(baseFrame, measured.values()).then(pose);
  }

  private static String number(double value) {
    return Double.isFinite(value) ? text("%.3f", value) : Double.toString(value);
  }

  private static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
