/**
 * What the simulated robot senses, as ROS 2 messages.
 *
 * <p>{@link tandem.sim.sense.Messages} turns the state of a {@link
 * tandem.sim.control.SimulatedHumanoid} into joint states, IMU, odometry, transforms and wrenches;
 * {@link tandem.sim.sense.Eyes} casts the rays of LiDAR and camera; {@link
 * tandem.sim.sense.Battery} drains. Noise-free: what is published is what the engine computes.
 *
 * <p>Units and axes REP-103, IMU REP-145, ranges REP-117, depth REP-118. Not thread-safe.
 */
package tandem.sim.sense;
