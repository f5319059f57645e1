package tandem.sim.control;

/**
 * Says when a robot lies: pelvis below {@link #LOWEST} or tilted by more than {@link #MOST_TILT}
 * for {@link #PATIENCE_SECONDS}. Latched until {@link #reset}.
 */
public final class FallDetector {
  /** Pelvis height above the soles, m; below any stance. */
  public static final double LOWEST = 0.40;

  /** Angle between the pelvis' up axis and the vertical, rad. */
  public static final double MOST_TILT = 1.0;

  /** How long the condition must hold. */
  public static final double PATIENCE_SECONDS = 0.1;

  private double badSeconds;
  private boolean fallen;
  private long falls;

  /** Takes one step's observation; true in the step in which a fall is found. */
  public boolean observe(double pelvisHeight, double upZ, double stepSeconds) {
    boolean bad = !(pelvisHeight >= LOWEST && upZ >= Math.cos(MOST_TILT));
    badSeconds = bad ? badSeconds + stepSeconds : 0;
    if (fallen || badSeconds < PATIENCE_SECONDS) return false;
    fallen = true;
    falls++;
    return true;
  }

  public boolean fallen() {
    return fallen;
  }

  public long falls() {
    return falls;
  }

  /** The robot was set on its feet again; the count stays. */
  public void reset() {
    fallen = false;
    badSeconds = 0;
  }
}
