package tandem.proto.event;

/**
 * What the robot's own samples say about the end of a command.
 *
 * @param errorRad largest joint error, of a navigation the error of its yaw; 0 for a reach
 * @param errorMeters distance of the tip, or of the base, from its target; null for a joint goal
 *     and where the target is in a frame that odometry does not know
 * @param settledMillis how long the error has been below the tolerance
 */
public record Evidence(Used used, double errorRad, Double errorMeters, double settledMillis) {}
