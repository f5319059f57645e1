package tandem.robot.guard;

import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tandem.proto.body.Body;
import tandem.proto.body.Joint;
import tandem.proto.body.Pose;
import tandem.proto.v1.RobotProfile;

/** Where the tips of a robot that has described its body are, in the frame of its base. Pure. */
final class Tips {
  private Tips() {}

  /**
   * By the measured joints; empty where the description has no such link, or a joint between it and
   * the base was not measured within {@code withinNanos}.
   */
  static Optional<Pose> measured(String link, MotionPlan.Scene scene, long withinNanos) {
    Body model = scene.model();
    if (model == null || !model.hasLink(link)) {
      return Optional.empty();
    }
    String base = scene.profile().getBaseFrame();
    boolean seen =
        Stream.concat(
                model.chain(link).stream(),
                model.hasLink(base) ? model.chain(base).stream() : Stream.empty())
            .filter(joint -> joint.type() != Joint.Type.FIXED)
            .map(joint -> joint.mimic() == null ? joint.name() : joint.mimic().joint())
            .allMatch(joint -> scene.body().measuredWithin(joint, scene.nowNanos(), withinNanos));
    Map<String, Double> positions = scene.body().positions();
    return seen
        ? Optional.of(
            base(model, scene.profile(), positions).inverse().then(model.pose(link, positions)))
        : Optional.empty();
  }

  /** The base's frame in that of the description's root. */
  static Pose base(Body model, RobotProfile profile, Map<String, Double> positions) {
    return model.hasLink(profile.getBaseFrame())
        ? model.pose(profile.getBaseFrame(), positions)
        : Pose.IDENTITY;
  }
}
