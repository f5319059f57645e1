package tandem.sim.control;

import java.util.Locale;
import java.util.Optional;
import tandem.sim.body.Humanoid;

/** Whole-body postures that are statically stable, and every height between them is. */
public enum Stance {
  STAND(Humanoid.STANDING_HEIGHT),
  CROUCH(0.65),
  SQUAT(0.52);

  /** How fast the pelvis may rise or sink, m/s. */
  public static final double RATE = 0.12;

  private final double baseHeight;

  Stance(double baseHeight) {
    this.baseHeight = baseHeight;
  }

  /** Height of base_link above the soles, m. */
  public double baseHeight() {
    return baseHeight;
  }

  public static Optional<Stance> named(String name) {
    for (Stance stance : values()) {
      if (stance.name().toLowerCase(Locale.ROOT).equals(name)) return Optional.of(stance);
    }
    return Optional.empty();
  }

  /**
   * Writes the leg angles of a height into {@code anglesRad} (joint order of the standard body):
   * thigh and shin have equal length, so hip and ankle bend half as much as the knee and the hip
   * stays above the ankle.
   */
  public static void legs(Humanoid body, double baseHeight, double[] anglesRad) {
    double hipOverAnkle = baseHeight - Humanoid.HIP_BELOW_BASE - Humanoid.SOLE_BELOW_ANKLE;
    double half = Math.acos(Math.clamp(hipOverAnkle / (2 * Humanoid.LEG_SEGMENT), -1.0, 1.0));
    for (String side : new String[] {"left", "right"}) {
      anglesRad[body.jointIndex(side + "_hip_pitch")] = -half;
      anglesRad[body.jointIndex(side + "_knee")] = 2 * half;
      anglesRad[body.jointIndex(side + "_ankle_pitch")] = -half;
    }
  }

  /** All angles of the posture at rest, arms beside the body. */
  public double[] angles(Humanoid body) {
    var q = new double[body.joints().size()];
    legs(body, baseHeight, q);
    for (String side : new String[] {"left", "right"}) {
      q[body.jointIndex(side + "_shoulder_pitch")] = 0.1;
      q[body.jointIndex(side + "_shoulder_roll")] = side.equals("left") ? 0.15 : -0.15;
      q[body.jointIndex(side + "_elbow")] = 0.5;
    }
    return q;
  }
}
