package tandem.twin.stream;

import java.util.List;

/**
 * What the streams of a robot tell its twin, conflated: newest values, and how far each stream is.
 *
 * @param newestNanos monotonic receive time of the newest sample of any stream of the robot
 */
public record Observation(
    String robot, SensedState sensed, List<Progress> progress, long newestNanos) {
  /**
   * How far a stream is.
   *
   * @param sequence of the newest sample; -1 where the wire has none
   */
  public record Progress(
      String topic, String publisher, long sequence, long delivered, long dropped) {}
}
