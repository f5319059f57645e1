package tandem.proto.body;

/**
 * One joint of the tree.
 *
 * @param origin pose of the joint frame in the parent link at position 0
 * @param axisX unit axis in the joint frame
 * @param limit null where the description gives none (continuous and fixed joints)
 * @param mimic null unless it follows another joint
 */
public record Joint(
    String name,
    Type type,
    String parent,
    String child,
    Pose origin,
    double axisX,
    double axisY,
    double axisZ,
    Limit limit,
    Mimic mimic) {
  /** How a joint moves. */
  public enum Type {
    REVOLUTE,
    CONTINUOUS,
    PRISMATIC,
    FIXED
  }

  /** Bounds as described: rad (or m), rad/s (or m/s), N m (or N). */
  public record Limit(double lower, double upper, double velocity, double effort) {}

  /** Position = multiplier * position of {@code joint} + offset. */
  public record Mimic(String joint, double multiplier, double offset) {}

  /** Whether it can be commanded: moves and follows no other. */
  public boolean independent() {
    return type != Type.FIXED && mimic == null;
  }

  /** Pose of the child link in the parent link. */
  Pose at(double position) {
    return switch (type) {
      case FIXED -> origin;
      case REVOLUTE, CONTINUOUS -> origin.then(Pose.turn(axisX, axisY, axisZ, position));
      case PRISMATIC ->
          origin.then(Pose.shift(axisX * position, axisY * position, axisZ * position));
    };
  }
}
