package tandem.sim.feed;

import java.util.List;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Joint;
import tandem.sim.body.Pose;
import tandem.sim.body.Quat;
import tandem.sim.body.Vec;
import tandem.sim.compare.Difference;
import tandem.sim.control.Pushes;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.control.Stance;
import tandem.sim.engine.EngineModel;
import tandem.twin.robot.Sensed;

/**
 * A body in the engine that is led by another one's joints and balances by itself. One thread;
 * knows no clock.
 *
 * <p>It begins where the robot is; when it falls it is set down there again after {@link
 * #LYING_SECONDS}. Angles that are not finite or of unknown joints are not followed.
 */
public final class Dream implements AutoCloseable {
  /** How long it lies before it is set on its feet. */
  public static final double LYING_SECONDS = 2;

  private final Humanoid body;
  private final SimulatedHumanoid dreamt;
  private final List<String> names;
  private final double[] targets;
  private Sensed seen = Sensed.NOTHING;
  private boolean begun;
  private double fallenSince = Double.NaN;

  public Dream(Humanoid body, EngineModel model, double stepSeconds) {
    this.body = body;
    this.dreamt = new SimulatedHumanoid(body, model, stepSeconds, Pushes.none());
    this.names = body.joints().stream().map(Joint::name).toList();
    this.targets = dreamt.motion().reference().clone();
  }

  /** Takes the newest values of the robot; they are kept, not modified. */
  public void lead(Sensed newest) {
    seen = newest;
    if (newest.joints() == null) return;
    List<String> theirs = newest.joints().names();
    double[] angles = newest.joints().positionsRad();
    for (int i = 0; i < theirs.size() && i < angles.length; i++) {
      int j =
          i < names.size() && names.get(i).equals(theirs.get(i))
              ? i
              : body.jointIndex(theirs.get(i));
      if (j < 0 || !Double.isFinite(angles[i])) continue;
      Joint joint = body.joints().get(j);
      if (!joint.part().isLeg()) {
        targets[j] = Math.clamp(angles[i], joint.lowerRad(), joint.upperRad());
      }
    }
    leadLegs(newest.joints());
    if (!begun) {
      begun = true;
      setDown();
    }
  }

  /**
   * Of the legs only the height is followed: the rest of what a robot's legs do is its balance, and
   * the dream has its own. The height comes from what the knees' servos aim at: angle + (torque +
   * kd speed) / kp where torques are known, else the angle.
   */
  private void leadLegs(Sensed.Joints joints) {
    double sum = 0;
    int knees = 0;
    for (String side : new String[] {"left_knee", "right_knee"}) {
      int i = joints.names().indexOf(side);
      if (i < 0 || i >= joints.positionsRad().length) continue;
      Joint knee = body.joints().get(body.jointIndex(side));
      double angle = joints.positionsRad()[i];
      if (i < joints.effortsNm().length && i < joints.velocitiesRadPerSec().length) {
        angle += (joints.effortsNm()[i] + knee.kd() * joints.velocitiesRadPerSec()[i]) / knee.kp();
      }
      if (!Double.isFinite(angle)) continue;
      sum += Math.clamp(angle, 0.2, 2.0);
      knees++;
    }
    if (knees == 0) return;
    double height =
        2 * Humanoid.LEG_SEGMENT * Math.cos(sum / knees / 2)
            + Humanoid.HIP_BELOW_BASE
            + Humanoid.SOLE_BELOW_ANKLE;
    Stance.legs(body, height, targets);
  }

  private void setDown() {
    Pose base = base(seen);
    dreamt.motion().follow(targets);
    if (base != null && base.position().isFinite() && base.position().z() > 0.4) {
      dreamt.place(base, targets);
    } else {
      dreamt.place(Pose.at(0, 0, Humanoid.STANDING_HEIGHT), targets);
    }
    fallenSince = Double.NaN;
  }

  private static Pose base(Sensed sensed) {
    Sensed.BasePose base = sensed.base();
    return base == null
        ? null
        : new Pose(
            new Vec(base.x(), base.y(), base.z()),
            new Quat(base.qw(), base.qx(), base.qy(), base.qz()));
  }

  /** One step. */
  public void step() {
    if (dreamt.falls().fallen()) {
      if (Double.isNaN(fallenSince)) fallenSince = dreamt.seconds();
      if (dreamt.seconds() - fallenSince > LYING_SECONDS) setDown();
    }
    dreamt.stepTowards(targets);
  }

  /** Whether it has seen its robot. */
  public boolean begun() {
    return begun;
  }

  /** How far it is from the values of the last {@link #lead}. */
  public Difference difference() {
    Sensed.Joints joints = seen.joints();
    return Difference.between(
        joints == null ? List.of() : joints.names(),
        joints == null ? new double[0] : joints.positionsRad(),
        base(seen),
        names,
        dreamt.anglesRad(),
        dreamt.base());
  }

  /** The body, for its messages. */
  public SimulatedHumanoid body() {
    return dreamt;
  }

  @Override
  public void close() {
    dreamt.close();
  }
}
