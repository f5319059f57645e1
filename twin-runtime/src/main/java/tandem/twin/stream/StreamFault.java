package tandem.twin.stream;

/**
 * Something wrong with the samples of a stream; a hazard of its robot, severity error.
 *
 * @param kind one of the constants here
 * @param text where, which field, expected, found, and what was not done
 * @param sinceWallNanos first time of this episode, ns since 1970
 * @param untilWallNanos -1 while it lasts; equal to {@code sinceWallNanos} where it is an instant
 * @param count samples of this kind so far
 */
public record StreamFault(
    String kind, String topic, String text, long sinceWallNanos, long untilWallNanos, long count) {
  /** NaN, infinite or contradictory values. */
  public static final String BAD_VALUES = "bad-values";

  /** A payload that is not what its type says. */
  public static final String UNDECODABLE = "undecodable";

  /** Another set or order of joints than before. */
  public static final String JOINT_NAMES_CHANGED = "joint-names-changed";

  /** The decoder itself failed. */
  public static final String DECODER_FAILED = "decoder-failed";

  /** The recorder cannot write: of all streams of a robot, topic empty. */
  public static final String NOT_RECORDED = "not-recorded";

  public boolean lasts() {
    return untilWallNanos < 0;
  }

  StreamFault until(long wallNanos) {
    return new StreamFault(kind, topic, text, sinceWallNanos, wallNanos, count);
  }
}
