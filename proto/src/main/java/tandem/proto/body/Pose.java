package tandem.proto.body;

/**
 * A rigid displacement: rotate by the unit quaternion, then translate. Metres; x, y, z, w as in
 * ROS.
 */
public record Pose(double x, double y, double z, double qx, double qy, double qz, double qw) {
  public static final Pose IDENTITY = new Pose(0, 0, 0, 0, 0, 0, 1);

  /** From URDF's {@code origin}: roll, pitch, yaw about the fixed axes x, y, z. */
  public static Pose ofRpy(double x, double y, double z, double roll, double pitch, double yaw) {
    double cr = StrictMath.cos(roll / 2), sr = StrictMath.sin(roll / 2);
    double cp = StrictMath.cos(pitch / 2), sp = StrictMath.sin(pitch / 2);
    double cy = StrictMath.cos(yaw / 2), sy = StrictMath.sin(yaw / 2);
    return new Pose(
        x,
        y,
        z,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy);
  }

  /** A turn by {@code angleRad} about a unit axis. */
  public static Pose turn(double axisX, double axisY, double axisZ, double angleRad) {
    double s = StrictMath.sin(angleRad / 2);
    return new Pose(0, 0, 0, axisX * s, axisY * s, axisZ * s, StrictMath.cos(angleRad / 2));
  }

  /** A shift without rotation. */
  public static Pose shift(double x, double y, double z) {
    return new Pose(x, y, z, 0, 0, 0, 1);
  }

  /** This, then {@code next} in this one's frame. */
  public Pose then(Pose next) {
    double[] p = rotate(next.x, next.y, next.z);
    return new Pose(
        x + p[0],
        y + p[1],
        z + p[2],
        qw * next.qx + qx * next.qw + qy * next.qz - qz * next.qy,
        qw * next.qy - qx * next.qz + qy * next.qw + qz * next.qx,
        qw * next.qz + qx * next.qy - qy * next.qx + qz * next.qw,
        qw * next.qw - qx * next.qx - qy * next.qy - qz * next.qz);
  }

  public Pose inverse() {
    var back = new Pose(0, 0, 0, -qx, -qy, -qz, qw);
    double[] p = back.rotate(x, y, z);
    return new Pose(-p[0], -p[1], -p[2], -qx, -qy, -qz, qw);
  }

  /** The vector, rotated. */
  public double[] rotate(double vx, double vy, double vz) {
    double tx = 2 * (qy * vz - qz * vy);
    double ty = 2 * (qz * vx - qx * vz);
    double tz = 2 * (qx * vy - qy * vx);
    return new double[] {
      vx + qw * tx + qy * tz - qz * ty,
      vy + qw * ty + qz * tx - qx * tz,
      vz + qw * tz + qx * ty - qy * tx
    };
  }

  /** Metres between the two origins. */
  public double distanceTo(Pose other) {
    double dx = x - other.x, dy = y - other.y, dz = z - other.z;
    return StrictMath.sqrt(dx * dx + dy * dy + dz * dz);
  }

  /** Radians between the two orientations, 0..pi. */
  public double angleTo(Pose other) {
    double dot = qx * other.qx + qy * other.qy + qz * other.qz + qw * other.qw;
    return 2 * StrictMath.acos(Math.min(1, Math.abs(dot)));
  }

  /**
   * Rotation vector (rad, in the common parent frame) that turns this orientation into the other's.
   */
  public double[] rotationTo(Pose other) {
    var inverse = new Pose(0, 0, 0, -qx, -qy, -qz, qw);
    var delta = new Pose(0, 0, 0, other.qx, other.qy, other.qz, other.qw).then(inverse);
    double sign = delta.qw < 0 ? -1 : 1;
    double s = StrictMath.sqrt(delta.qx * delta.qx + delta.qy * delta.qy + delta.qz * delta.qz);
    double angle = 2 * StrictMath.atan2(s, sign * delta.qw);
    double scale = s < 1e-12 ? 2 * sign : sign * angle / s;
    return new double[] {delta.qx * scale, delta.qy * scale, delta.qz * scale};
  }
}
