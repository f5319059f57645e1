package tandem.twin;

/**
 * A question or wish that was turned down: a stable code, and a text that says what was not done
 * and why.
 */
public final class Refused extends RuntimeException {
  private final String code;

  public Refused(String code, String why) {
    super(why, null, false, false);
    this.code = code;
  }

  /** Stable, as {@code tandem.robot.unknown}. */
  public String code() {
    return code;
  }
}
