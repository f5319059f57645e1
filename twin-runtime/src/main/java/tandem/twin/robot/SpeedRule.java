package tandem.twin.robot;

/**
 * How far hold-to-move is narrowed for the age of what the person sees, or for the way to the guard
 * and back, whichever is longer: above 100 ms to a half, above 200 ms to a quarter, above 400 ms
 * nothing is passed on. Pure.
 */
final class SpeedRule {
  /** Older than this no held setpoint is passed on. */
  static final double REFUSED_MILLIS = 400;

  private static final double QUARTER_MILLIS = 200;
  private static final double HALF_MILLIS = 100;

  private SpeedRule() {}

  /**
   * 1, 0.5, 0.25 or 0.
   *
   * @param ageMillis NaN counts as too old
   */
  static double factor(double ageMillis, double roundTripMillis) {
    double worst = Math.max(ageMillis, roundTripMillis);
    if (!(worst <= REFUSED_MILLIS)) return 0;
    if (worst > QUARTER_MILLIS) return 0.25;
    return worst > HALF_MILLIS ? 0.5 : 1;
  }
}
