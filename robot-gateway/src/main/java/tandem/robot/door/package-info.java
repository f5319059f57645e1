/**
 * Names and who may use them: shared by gateway and guard.
 *
 * <p>{@link tandem.robot.door.Identity} says whose a topic is, {@link
 * tandem.robot.door.CommandDoor} who may speak on it (invariant I10). JDK, zenoh and ros2 only.
 * Thread-safe.
 */
package tandem.robot.door;
