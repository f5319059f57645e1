/**
 * The demo robot: a process of its own and an ordinary ROS 2 peer over Zenoh.
 *
 * <p>Start at {@link tandem.sim.robot.DemoRobot}, the main class. {@link tandem.sim.robot.Topic} is
 * its interface as a table; {@link tandem.sim.robot.RobotLoop} steps the simulation against the
 * clock and publishes; {@link tandem.sim.robot.Inbox} turns messages into commands; {@link
 * tandem.sim.robot.Navigator} serves its action; {@link tandem.sim.robot.Peers} are its links. It
 * knows nothing of twins and may not depend on {@code tandem.twin}.
 *
 * <p>Threads: one steps and publishes what is fast, one casts rays, the links have their own.
 */
package tandem.sim.robot;
