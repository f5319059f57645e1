/**
 * The twin runtime of one node. {@link tandem.twin.TwinRuntime} starts it; people and programs come
 * in through {@link tandem.twin.Twins}, gateways through {@link tandem.twin.robot.RobotDoor} and
 * {@link tandem.twin.stream.Streams}.
 *
 * <p>A wish goes: {@code Twins} - {@code RobotTwin} (decides, writes) - journal - guard; a sample
 * goes: {@code StreamInlet} - recorder and senses - {@code Observe} - {@code RobotTwin}. A stop
 * takes the shortest way there is.
 */
package tandem.twin;
