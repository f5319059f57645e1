package tandem.twin.robot;

import tandem.proto.body.Body;
import tandem.proto.v1.GuardStatus;

/**
 * Everything a decision may look at that is not folded from events. Made by the actor for each
 * decision; the decision itself reads no clock.
 *
 * @param now when the message was taken up
 * @param sensed newest sensed values
 * @param guard what is known of the guard
 * @param body from robot_description; null where there is none or it cannot be read
 */
public record Observation(Moment now, Sensed sensed, GuardSeen guard, Body body) {

  /**
   * @param wallNanos ns since 1970, for people and the journal
   * @param nanos {@code System.nanoTime()}, for ages and deadlines
   */
  public record Moment(long wallNanos, long nanos) {}

  /**
   * @param reachable a gateway has a way to it
   * @param status its newest word; null where there is none
   * @param statusNanos when that was received, monotonic
   */
  public record GuardSeen(boolean reachable, GuardStatus status, long statusNanos) {
    public static final GuardSeen NOBODY = new GuardSeen(false, null, Long.MIN_VALUE);

    public double ageMillis(long nowNanos) {
      return status == null ? Double.POSITIVE_INFINITY : (nowNanos - statusNanos) / 1e6;
    }

    boolean isFresh(long nowNanos, long withinMillis) {
      return reachable && status != null && ageMillis(nowNanos) <= withinMillis;
    }
  }
}
