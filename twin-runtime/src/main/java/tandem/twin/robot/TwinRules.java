package tandem.twin.robot;

import com.typesafe.config.Config;

/**
 * The figures by which a twin decides, read from {@code tandem.twin.rules}; their meaning stands in
 * reference.conf. Milliseconds, radians, metres.
 */
public record TwinRules(
    long silenceMillis,
    long freshMillis,
    long guardFreshMillis,
    long keepAliveMillis,
    double toleranceRad,
    double toleranceMeters,
    long settleMillis,
    double motionRad,
    double stillRadPerSec,
    long stillMillis,
    double accelerationRadPerSec2,
    double marginRad,
    double fallenTiltRad,
    double standingTiltRad,
    long bodyMillis,
    long answerGraceMillis) {

  /**
   * @throws IllegalArgumentException naming the key of a value outside its range
   */
  public static TwinRules from(Config config) {
    var rules = config.getConfig("tandem.twin.rules");
    return new TwinRules(
        millis(rules, "silence-after", 200, 60_000),
        millis(rules, "fresh-within", 10, 5_000),
        millis(rules, "guard-fresh-within", 100, 2_000),
        millis(rules, "keep-alive-every", 50, 500),
        number(rules, "tolerance-rad", 1e-4, 0.5),
        number(rules, "tolerance-meters", 1e-3, 0.5),
        millis(rules, "settle-for", 10, 5_000),
        number(rules, "motion-rad", 1e-4, 0.2),
        number(rules, "still-rad-per-sec", 1e-3, 1),
        millis(rules, "still-for", 50, 5_000),
        number(rules, "acceleration-rad-per-sec2", 0.1, 1_000),
        number(rules, "margin-rad", 0, 0.5),
        number(rules, "fallen-tilt-rad", 0.3, 3),
        number(rules, "standing-tilt-rad", 0.1, 1.5),
        millis(rules, "body-after", 0, 5_000),
        millis(rules, "answer-grace", 50, 5_000));
  }

  private static long millis(Config rules, String key, long low, long high) {
    long value = rules.getDuration(key).toMillis();
    if (value < low || value > high) {
      throw new IllegalArgumentException(
          "tandem.twin.rules.%s: expected %dms..%dms, found %dms".formatted(key, low, high, value));
    }
    return value;
  }

  private static double number(Config rules, String key, double low, double high) {
    double value = rules.getDouble(key);
    if (!(value >= low && value <= high)) {
      throw new IllegalArgumentException(
          "tandem.twin.rules.%s: expected %s..%s, found %s".formatted(key, low, high, value));
    }
    return value;
  }
}
