package tandem.sim.body;

/**
 * A motorised hinge.
 *
 * @param origin where the child's frame is in the parent's at angle zero (translation only)
 * @param axis unit axis in both frames; positive angles by the right-hand rule
 * @param lowerRad lowest angle
 * @param upperRad highest angle
 * @param velocityRadPerSec highest speed that a command may ask for
 * @param effortNm highest torque of the motor
 * @param kp stiffness of the position servo, N m/rad
 * @param kd damping of the servo, N m s/rad
 */
public record Joint(
    String name,
    Part part,
    String parent,
    String child,
    Vec origin,
    Vec axis,
    double lowerRad,
    double upperRad,
    double velocityRadPerSec,
    double effortNm,
    double kp,
    double kd) {
  /** Which chain it belongs to. */
  public enum Part {
    LEFT_LEG,
    RIGHT_LEG,
    WAIST,
    NECK,
    LEFT_ARM,
    RIGHT_ARM;

    /** The balance controller owns these joints; nobody else may set them. */
    public boolean isLeg() {
      return this == LEFT_LEG || this == RIGHT_LEG;
    }
  }

  /** Where the child's frame is in the parent's at an angle. */
  public Pose at(double angleRad) {
    return new Pose(origin, Quat.about(axis, angleRad));
  }
}
