package tandem.sim.body;

/** A unit quaternion, w first as in the engine; ROS messages have w last. */
public record Quat(double w, double x, double y, double z) {
  public static final Quat IDENTITY = new Quat(1, 0, 0, 0);

  /** Rotation about a unit axis. */
  public static Quat about(Vec axis, double angleRad) {
    double s = Math.sin(angleRad / 2);
    return new Quat(Math.cos(angleRad / 2), s * axis.x(), s * axis.y(), s * axis.z());
  }

  /** Roll, pitch, yaw about fixed axes, as URDF writes them. */
  public static Quat rpy(double roll, double pitch, double yaw) {
    return about(new Vec(0, 0, 1), yaw)
        .times(about(new Vec(0, 1, 0), pitch))
        .times(about(new Vec(1, 0, 0), roll));
  }

  public Quat times(Quat o) {
    return new Quat(
        w * o.w - x * o.x - y * o.y - z * o.z,
        w * o.x + x * o.w + y * o.z - z * o.y,
        w * o.y - x * o.z + y * o.w + z * o.x,
        w * o.z + x * o.y - y * o.x + z * o.w);
  }

  public Quat inverse() {
    return new Quat(w, -x, -y, -z);
  }

  public Vec apply(Vec v) {
    Vec u = new Vec(x, y, z);
    Vec t = u.cross(v).times(2);
    return v.plus(t.times(w)).plus(u.cross(t));
  }

  public Quat normalized() {
    double n = Math.sqrt(w * w + x * x + y * y + z * z);
    return new Quat(w / n, x / n, y / n, z / n);
  }

  /** Rotation vector (axis times angle, rad, angle in [0, pi]) of this rotation. */
  public Vec rotationVector() {
    double sign = w < 0 ? -1 : 1;
    Vec v = new Vec(sign * x, sign * y, sign * z);
    double s = v.norm();
    if (s < 1e-12) return v.times(2);
    return v.times(2 * Math.atan2(s, sign * w) / s);
  }

  /** Heading: rotation about the vertical, rad. */
  public double yaw() {
    return Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z));
  }

  /** Roll, pitch, yaw about fixed axes (x, y, z), as URDF writes them; pitch within +-pi/2. */
  public double[] toRpy() {
    return new double[] {
      Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
      Math.asin(Math.clamp(2 * (w * y - z * x), -1.0, 1.0)),
      yaw()
    };
  }
}
