/**
 * The demo robot's body and its surroundings, described once.
 *
 * <p>Start at {@link tandem.sim.body.Humanoid#standard}: links, joints and frames of an original
 * 27-joint humanoid. {@link tandem.sim.body.Mjcf} writes it for the engine, {@link
 * tandem.sim.body.Urdf} for ROS, and {@link tandem.sim.body.Kinematics} computes with it; a test
 * proves that the three agree. {@link tandem.sim.body.Scene} is the ground with rubble.
 *
 * <p>Units SI, angles rad; axes as in REP-103 (x forward, y left, z up), link and frame names as in
 * REP-120, optical frames with z forward. Everything here is immutable, pure and deterministic.
 */
package tandem.sim.body;
