package tandem.sim.body;

/** Where one frame is in another. */
public record Pose(Vec position, Quat orientation) {
  public static final Pose IDENTITY = new Pose(Vec.ZERO, Quat.IDENTITY);

  public static Pose at(double x, double y, double z) {
    return new Pose(new Vec(x, y, z), Quat.IDENTITY);
  }

  /** The pose that {@code inner}, given in this frame, has in this frame's parent. */
  public Pose then(Pose inner) {
    return new Pose(
        position.plus(orientation.apply(inner.position)), orientation.times(inner.orientation));
  }

  public Vec apply(Vec point) {
    return position.plus(orientation.apply(point));
  }

  public Pose inverse() {
    Quat back = orientation.inverse();
    return new Pose(back.apply(position).times(-1), back);
  }
}
