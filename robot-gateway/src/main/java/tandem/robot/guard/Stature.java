package tandem.robot.guard;

/**
 * Whether a body has sunk below half of the height at which it stood, as the odometry of one
 * publisher has its base. Only what was seen standing upright for a second, above 0.3 m, can be
 * low: an odometry that knows no height never is. Compared is with where the base was within the
 * last seconds: stairs, and a squat that takes its time, are no fall. What is low stays low until
 * it is up again. Not thread-safe.
 */
final class Stature {
  private static final double LEAST_METERS = 0.3;

  /** No base stands higher above its own ground; what odometry says more it has climbed. */
  private static final double MOST_METERS = 1.0;

  private static final double LOW_SHARE = 0.5;
  private static final double UPRIGHT_RAD = 0.6;
  private static final long WINDOW_NANOS = 1_000_000_000;

  /** Faster than this nothing falls: the odometry began anew. */
  private static final double JUMP_METERS_PER_SEC = 5;

  private double meters = Double.NaN;
  private long nanos;
  private double stoodMeters;
  private double least;
  private double most;
  private double mostBefore;
  private long sinceNanos;
  private long lowSinceNanos = Body.MOVING;

  /**
   * The base was so high.
   *
   * @param tiltRad NaN where unknown, which is not upright
   */
  void seen(double heightMeters, double tiltRad, long atNanos) {
    if (!Double.isFinite(heightMeters)) {
      return;
    }
    double seconds = (atNanos - nanos) / 1e9;
    if (Double.isNaN(meters)
        || Math.abs(heightMeters - meters) > 0.05 + JUMP_METERS_PER_SEC * seconds) {
      stoodMeters = 0;
      lowSinceNanos = Body.MOVING;
      mostBefore = heightMeters;
      begin(heightMeters, atNanos);
    }
    meters = heightMeters;
    nanos = atNanos;
    if (stoodMeters > 0 && heightMeters < Math.max(most, mostBefore) - LOW_SHARE * stoodMeters) {
      lowSinceNanos = Math.min(lowSinceNanos, atNanos);
      return;
    }
    lowSinceNanos = Body.MOVING;
    most = Math.max(most, heightMeters);
    least = tiltRad < UPRIGHT_RAD ? Math.min(least, heightMeters) : Double.NEGATIVE_INFINITY;
    if (atNanos - sinceNanos >= WINDOW_NANOS) {
      if (least > LEAST_METERS) {
        stoodMeters = Math.min(Math.max(stoodMeters, least), MOST_METERS);
      }
      mostBefore = most;
      begin(heightMeters, atNanos);
    }
  }

  private void begin(double heightMeters, long atNanos) {
    least = heightMeters;
    most = heightMeters;
    sinceNanos = atNanos;
  }

  Body.Height height() {
    return new Body.Height(meters, stoodMeters, lowSinceNanos, nanos);
  }
}
