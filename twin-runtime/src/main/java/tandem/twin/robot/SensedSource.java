package tandem.twin.robot;

/** The newest values of every robot of this node, unthinned. Thread-safe; never blocks. */
public interface SensedSource {
  /** {@link Sensed#NOTHING} where the robot has no stream. */
  Sensed newest(String robot);

  /** Text of the newest robot_description; null where none was received. */
  String description(String robot);
}
