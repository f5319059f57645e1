package tandem.twin.stream;

/**
 * Something wrong with the samples of a stream; a hazard of its robot.
 *
 * @param kind {@code bad-values}, {@code undecodable}, {@code joint-names-changed}, {@code
 *     clock-stepped} or {@code decoder-failed}
 * @param severity {@code warning} or {@code error}
 * @param text where, which field, expected, found
 * @param sinceWallNanos first time of this episode, ns since 1970
 * @param untilWallNanos -1 while it lasts; equal to {@code sinceWallNanos} where it is an instant
 * @param count samples or instants of this kind so far
 */
public record StreamFault(
    String kind,
    String severity,
    String topic,
    String text,
    long sinceWallNanos,
    long untilWallNanos,
    long count) {
  public static final String BAD_VALUES = "bad-values";
  public static final String UNDECODABLE = "undecodable";
  public static final String JOINT_NAMES_CHANGED = "joint-names-changed";
  public static final String CLOCK_STEPPED = "clock-stepped";
  public static final String DECODER_FAILED = "decoder-failed";

  public boolean lasts() {
    return untilWallNanos < 0;
  }
}
