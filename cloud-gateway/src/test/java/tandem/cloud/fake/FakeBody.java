package tandem.cloud.fake;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tandem.proto.body.Body;
import tandem.proto.body.InverseKinematics;
import tandem.proto.body.Pose;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.VelocityTarget;

/**
 * A body without forces: joints go to their targets no faster than the URDF permits, the base goes
 * as it is told, and all rest when nothing is asked. Not thread-safe.
 */
final class FakeBody {
  private static final double TICK_SECONDS = 0.02;
  private static final double MARGIN_RAD = 0.02;
  final Body body;
  final List<String> names = new ArrayList<>();
  final Map<String, Double> positions = new LinkedHashMap<>();
  private Map<String, Double> targets = Map.of();
  private VelocityTarget velocity = VelocityTarget.getDefaultInstance();
  private double x;
  private double y;
  private double yaw;

  FakeBody(Body body) {
    this.body = body;
    for (var joint : body.joints())
      if (joint.independent()) {
        names.add(joint.name());
        positions.put(joint.name(), 0.0);
      }
    positions.put("left_elbow", 0.25);
    positions.put("right_elbow", 0.25);
  }

  double x() {
    return x;
  }

  double y() {
    return y;
  }

  double yaw() {
    return yaw;
  }

  /** Nearest posture for a tip in the base frame. */
  InverseKinematics.Solution reach(String tip, double px, double py, double pz) {
    String link = tip.equals("left_hand") ? "l_gripper" : "r_gripper";
    return InverseKinematics.solve(
        body, link, Pose.shift(px, py, pz), false, positions, Set.of(), MARGIN_RAD);
  }

  void follow(TeleopSetpoint setpoint) {
    rest();
    if (!setpoint.getHeld()) return;
    switch (setpoint.getTargetCase()) {
      case VELOCITY -> velocity = setpoint.getVelocity();
      case JOINT -> {
        var asked = new LinkedHashMap<String, Double>();
        setpoint
            .getJoint()
            .getTargetsList()
            .forEach(t -> asked.put(t.getJoint(), t.getPositionRad()));
        targets = asked;
      }
      case REACH -> {
        var pose = setpoint.getReach().getPose();
        targets =
            reach(
                    setpoint.getReach().getTip(),
                    pose.getXMeters(),
                    pose.getYMeters(),
                    pose.getZMeters())
                .positions();
      }
      case TARGET_NOT_SET -> {}
    }
  }

  void rest() {
    targets = Map.of();
    velocity = VelocityTarget.getDefaultInstance();
  }

  void tick() {
    targets.forEach(
        (name, target) -> {
          var joint = body.joint(name);
          if (joint == null) return;
          double most = joint.limit().velocity() * TICK_SECONDS;
          double now = positions.get(name);
          positions.put(name, now + Math.max(-most, Math.min(most, target - now)));
        });
    yaw += velocity.getWzRadPerSec() * TICK_SECONDS;
    double vx = velocity.getVxMetersPerSec(), vy = velocity.getVyMetersPerSec();
    x += (vx * Math.cos(yaw) - vy * Math.sin(yaw)) * TICK_SECONDS;
    y += (vx * Math.sin(yaw) + vy * Math.cos(yaw)) * TICK_SECONDS;
  }
}
