package tandem.proto.event;

/**
 * What the robot's own samples say about the end of a command.
 *
 * @param errorRad largest joint error; 0 for a reach
 * @param errorMeters distance of the tip from its target; null for a joint goal
 * @param settledMillis how long the error has been below the tolerance
 */
public record Evidence(Used used, double errorRad, Double errorMeters, double settledMillis) {}
