/**
 * The twin of one robot: what is believed about it and the diary behind it.
 *
 * <p>Sensed values ({@link tandem.twin.robot.Sensed}) come in through {@link
 * tandem.twin.robot.TwinInlet}, news of the gateways through {@link tandem.twin.robot.RobotDoor};
 * the way to the body leads through {@link tandem.twin.robot.GuardPort} only: commands from {@link
 * tandem.twin.robot.RobotTwin} once they are durable, setpoints of held controls through {@link
 * tandem.twin.robot.TeleopLine}, stops through {@link tandem.twin.robot.StopLine}. The rules stand
 * by subject in the classes that {@code Deciding} names; start at {@code TwinCore}. Decided state
 * is a fold of events, sensed state is not part of it.
 *
 * <p>Units: rad, m, N m; monotonic and wall times in ns, named so.
 */
package tandem.twin.robot;
