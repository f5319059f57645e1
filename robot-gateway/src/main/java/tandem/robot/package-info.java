/**
 * The spinal cord: sits next to the body, with the reflexes in it.
 *
 * <p>{@link tandem.robot.RobotGateway} is the whole of it for a node. Samples come in through
 * {@code tandem.robot.inbound}, commands go out through {@code tandem.robot.outbound} to the guard,
 * a process of its own ({@code tandem.robot.guard}).
 */
package tandem.robot;
