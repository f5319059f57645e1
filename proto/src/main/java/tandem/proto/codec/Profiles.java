package tandem.proto.codec;

import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.RobotProfile;

/** The hash by which a robot's profile is known to twin, guard and journal. */
public final class Profiles {
  private Profiles() {}

  /**
   * SHA-256 in hex over what the profile permits, canonically encoded. Its source and its
   * ambiguities are notes for people and stay out, so that accepting a proposal does not change it.
   */
  public static String hash(RobotProfile profile) {
    return new CanonicalEncoder()
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
        .flag(12, profile.getPartialGoals())
        .sha256Hex();
  }

  private static void target(CanonicalEncoder e, CommandTarget target) {
    e.text(11, target.getKind())
        .text(12, target.getTopic())
        .text(13, target.getType())
        .text(14, target.getTypeHash());
  }
}
