package tandem.robot.guard;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.VelocityLimits;

/** What speaks against a profile, whoever sends it. Pure. */
final class ProfileFlaw {
  private static final int MOST_JOINTS = 512;

  private ProfileFlaw() {}

  /** Why a profile cannot be used; empty when it can. */
  static String of(String robot, RobotProfile profile) {
    if (!profile.getRobot().equals(robot)) {
      return "robot: expected " + robot + ", found " + profile.getRobot();
    }
    List<CommandTarget> targets = new ArrayList<>(profile.getReachMap().values());
    if (profile.hasJoint()) {
      targets.add(profile.getJoint());
    }
    if (profile.hasVelocity()) {
      targets.add(profile.getVelocity());
      if (!List.of(MotionPlan.TWIST, MotionPlan.TWIST_STAMPED)
          .contains(profile.getVelocity().getType())) {
        return "type of the velocity target: expected %s or %s, found %s"
            .formatted(MotionPlan.TWIST, MotionPlan.TWIST_STAMPED, profile.getVelocity().getType());
      }
    }
    if (profile.hasStance()) {
      targets.add(profile.getStance());
      if (!profile.getStance().getType().equals(MotionPlan.STRING)) {
        return "type of the stance target: expected %s, found %s"
            .formatted(MotionPlan.STRING, profile.getStance().getType());
      }
    }
    if (profile.hasNavigate()) {
      targets.add(profile.getNavigate());
      if (!profile.getNavigate().getType().equals(MotionPlan.NAVIGATE)) {
        return "type of the navigate target: expected %s, found %s"
            .formatted(MotionPlan.NAVIGATE, profile.getNavigate().getType());
      }
    }
    for (CommandTarget target : targets) {
      boolean action = List.of(MotionPlan.FOLLOW, MotionPlan.NAVIGATE).contains(target.getType());
      if (!target.getKind().equals(action ? "action" : "topic")) {
        return "kind of %s (%s): expected %s, found %s"
            .formatted(
                target.getTopic(), target.getType(), action ? "action" : "topic", target.getKind());
      }
      if (!target.getTopic().startsWith("/") || target.getTopic().length() > 256) {
        return "topic: expected an absolute name of at most 256 characters, found "
            + target.getTopic();
      }
    }
    String joint = profile.getJoint().getType();
    if (profile.hasJoint()
        && !List.of(MotionPlan.TRAJECTORY, MotionPlan.FOLLOW, MotionPlan.ARRAY).contains(joint)) {
      return "type of the joint target: expected %s, %s or %s, found %s"
          .formatted(MotionPlan.TRAJECTORY, MotionPlan.FOLLOW, MotionPlan.ARRAY, joint);
    }
    if (joint.equals(MotionPlan.ARRAY) && profile.getJoint().getOrderCount() == 0) {
      return "order of the joint target: expected the joints of "
          + MotionPlan.ARRAY
          + ", found none";
    }
    for (CommandTarget target : profile.getReachMap().values()) {
      if (!target.getType().equals(MotionPlan.POSE)) {
        return "type of "
            + target.getTopic()
            + ": expected "
            + MotionPlan.POSE
            + ", found "
            + target.getType();
      }
    }
    if (profile.getLimitsCount() > MOST_JOINTS || profile.getJointOrderCount() > MOST_JOINTS) {
      return "joints: expected at most " + MOST_JOINTS;
    }
    for (JointLimit limit : profile.getLimitsList()) {
      boolean sane =
          Double.isFinite(limit.getLowerRad())
              && Double.isFinite(limit.getUpperRad())
              && limit.getLowerRad() <= limit.getUpperRad()
              && Double.isFinite(limit.getVelocityRadPerSec())
              && limit.getVelocityRadPerSec() > 0
              && Double.isFinite(limit.getAccelerationRadPerSec2())
              && limit.getAccelerationRadPerSec2() > 0;
      if (!sane) {
        return "limits of joint "
            + limit.getJoint()
            + ": expected finite, ordered, positive, found "
            + text(
                "%s..%s rad, %s rad/s, %s rad/s2",
                limit.getLowerRad(),
                limit.getUpperRad(),
                limit.getVelocityRadPerSec(),
                limit.getAccelerationRadPerSec2());
      }
    }
    VelocityLimits velocity = profile.getVelocityLimits();
    for (double limit :
        new double[] {
          velocity.getVxMetersPerSec(),
          velocity.getVyMetersPerSec(),
          velocity.getWzRadPerSec(),
          velocity.getAccelerationMetersPerSec2(),
          velocity.getAngularAccelerationRadPerSec2(),
          profile.getUnattendedMaxSeconds(),
          profile.getWatchdogVelocitySeconds(),
          profile.getWatchdogNavigateSeconds(),
          profile.getReachWithinSeconds(),
          profile.getWatchdogJointSeconds()
        }) {
      if (!(limit >= 0 && limit <= 1e6)) {
        return "velocity limits, watchdogs, reach within and unattended-max: expected 0..1e6, found"
            + " "
            + limit;
      }
    }
    if (!List.of("", "warn", "refuse-motion").contains(profile.getForeignPolicy())) {
      return "foreign policy: expected warn or refuse-motion, found " + profile.getForeignPolicy();
    }
    if (!List.of("", "cancel", "continue").contains(profile.getNavigatePolicy())) {
      return "navigate policy: expected cancel or continue, found " + profile.getNavigatePolicy();
    }
    if (profile.hasWatchdogNavigateSeconds()
        && !(profile.getWatchdogNavigateSeconds() > 0
            && profile.getWatchdogNavigateSeconds() <= 60)) {
      return "watchdog of navigation: expected above 0 and at most 60 s, found "
          + profile.getWatchdogNavigateSeconds();
    }
    if (!(profile.getMarginRad() >= 0 && profile.getMarginRad() < 1)) {
      return "margin: expected 0..1 rad, found " + profile.getMarginRad();
    }
    return "";
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
