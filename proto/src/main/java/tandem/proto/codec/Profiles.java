package tandem.proto.codec;

import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.RobotProfile;

/** The hash by which a robot's profile is known to twin, guard and journal. */
public final class Profiles {
  private Profiles() {}

  /**
   * SHA-256 in hex over what the profile permits, canonically encoded. Its source and its
   * ambiguities are notes for people and stay out, so that accepting a proposal does not change it.
   * Fields from number 14 on count where they are set, so that older profiles keep their hash.
   */
  public static String hash(RobotProfile profile) {
    var encoder =
        new CanonicalEncoder()
            .text(1, profile.getRobot())
            .text(2, profile.getBaseFrame())
            .text(3, profile.getOdomFrame())
            .map(4, profile.getTipsMap(), (e, link) -> e.text(2, link))
            .message(5, profile.hasJoint() ? profile.getJoint() : null, Profiles::target)
            .map(6, profile.getReachMap(), Profiles::target)
            .list(
                7,
                profile.getLimitsList(),
                (e, limit) ->
                    e.text(1, limit.getJoint())
                        .real(2, limit.getLowerRad())
                        .real(3, limit.getUpperRad())
                        .real(4, limit.getVelocityRadPerSec())
                        .real(5, limit.getAccelerationRadPerSec2()))
            .real(8, profile.getMarginRad())
            .list(11, profile.getJointOrderList(), (e, joint) -> e.text(1, joint))
            .flag(12, profile.getPartialGoals());
    if (profile.hasVelocity()) encoder.message(14, profile.getVelocity(), Profiles::target);
    if (profile.hasStance()) encoder.message(15, profile.getStance(), Profiles::target);
    if (profile.getIndependentParts()) encoder.flag(16, true);
    if (profile.hasWatchdogVelocitySeconds()) {
      encoder.real(17, profile.getWatchdogVelocitySeconds());
    }
    if (profile.hasWatchdogJointSeconds()) encoder.real(18, profile.getWatchdogJointSeconds());
    if (profile.getUnattendedMaxSeconds() != 0) {
      encoder.real(19, profile.getUnattendedMaxSeconds());
    }
    if (!profile.getForeignPolicy().isEmpty()) encoder.text(20, profile.getForeignPolicy());
    if (profile.hasVelocityLimits()) {
      encoder.message(
          21,
          profile.getVelocityLimits(),
          (e, limits) ->
              e.real(1, limits.getVxMetersPerSec())
                  .real(2, limits.getVyMetersPerSec())
                  .real(3, limits.getWzRadPerSec())
                  .real(4, limits.getAccelerationMetersPerSec2())
                  .real(5, limits.getAngularAccelerationRadPerSec2()));
    }
    if (!profile.getAssistance().isEmpty()) encoder.text(22, profile.getAssistance());
    if (profile.getCancelAllGoals()) encoder.flag(23, true);
    if (profile.hasNavigate()) encoder.message(26, profile.getNavigate(), Profiles::target);
    if (!profile.getNavigatePolicy().isEmpty()) encoder.text(27, profile.getNavigatePolicy());
    if (profile.hasWatchdogNavigateSeconds()) {
      encoder.real(28, profile.getWatchdogNavigateSeconds());
    }
    if (profile.hasReachWithinSeconds()) encoder.real(29, profile.getReachWithinSeconds());
    return encoder.sha256Hex();
  }

  private static void target(CanonicalEncoder e, CommandTarget target) {
    e.text(11, target.getKind())
        .text(12, target.getTopic())
        .text(13, target.getType())
        .text(14, target.getTypeHash());
    if (target.getOrderCount() > 0) {
      e.list(15, target.getOrderList(), (one, joint) -> one.text(1, joint));
    }
  }
}
