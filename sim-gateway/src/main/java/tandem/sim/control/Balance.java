package tandem.sim.control;

import tandem.sim.body.Humanoid;
import tandem.sim.body.Joint;

/**
 * Joint servos with an ankle strategy: keeps the centre of mass over the feet.
 *
 * <p>Torque = kp (reference - angle) + kd (reference speed - speed), for joints above the pelvis
 * plus the bias force (gravity, so that a stretched arm does not sag), and per ankle: pitch += 300
 * e_x + 60 v_x, roll -= 150 e_y + 40 v_y, where e and v are offset (m) and velocity (m/s) of the
 * centre of mass from the middle of the soles, in the heading of the feet. Torques are clipped to
 * the motors' limits. A fallen robot only damps.
 */
public final class Balance {
  private static final double PITCH_STIFFNESS = 300;
  private static final double PITCH_DAMPING = 60;
  private static final double ROLL_STIFFNESS = 150;
  private static final double ROLL_DAMPING = 40;

  private final int joints;
  private final double[] kp;
  private final double[] kd;
  private final double[] limit;
  private final boolean[] aboveLegs;
  private final int[] anklePitch;
  private final int[] ankleRoll;

  public Balance(Humanoid body) {
    joints = body.joints().size();
    kp = new double[joints];
    kd = new double[joints];
    limit = new double[joints];
    aboveLegs = new boolean[joints];
    for (int j = 0; j < joints; j++) {
      Joint joint = body.joints().get(j);
      kp[j] = joint.kp();
      kd[j] = joint.kd();
      limit[j] = joint.effortNm();
      aboveLegs[j] = !joint.part().isLeg();
    }
    anklePitch =
        new int[] {body.jointIndex("left_ankle_pitch"), body.jointIndex("right_ankle_pitch")};
    ankleRoll = new int[] {body.jointIndex("left_ankle_roll"), body.jointIndex("right_ankle_roll")};
  }

  /**
   * Torques, N m, into {@code torque}.
   *
   * @param bias generalised bias forces of all degrees of freedom; the first six are the free
   *     root's
   * @param comX offset of the centre of mass forward of the middle of the soles, m; comY: left
   * @param comVx its velocity, m/s
   */
  public void torques(
      double[] reference,
      double[] referenceSpeed,
      double[] angle,
      double[] speed,
      double[] bias,
      double comX,
      double comY,
      double comVx,
      double comVy,
      boolean fallen,
      double[] torque) {
    for (int j = 0; j < joints; j++) {
      torque[j] =
          fallen
              ? -kd[j] * speed[j]
              : kp[j] * (reference[j] - angle[j])
                  + kd[j] * (referenceSpeed[j] - speed[j])
                  + (aboveLegs[j] ? bias[6 + j] : 0);
    }
    if (!fallen) {
      double pitch = PITCH_STIFFNESS * comX + PITCH_DAMPING * comVx;
      double roll = ROLL_STIFFNESS * comY + ROLL_DAMPING * comVy;
      for (int side = 0; side < 2; side++) {
        torque[anklePitch[side]] += pitch;
        torque[ankleRoll[side]] -= roll;
      }
    }
    for (int j = 0; j < joints; j++) torque[j] = Math.clamp(torque[j], -limit[j], limit[j]);
  }
}
