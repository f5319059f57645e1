/**
 * Simulators into the twin: the dream of a robot.
 *
 * <p>{@link tandem.sim.feed.Dream} is one simulated body that follows a robot's joints and keeps
 * its own balance, step by step and without a clock; {@link tandem.sim.feed.DreamSimulator} runs it
 * in real time on a thread of its own and hands its samples to the streams of this node, encoded as
 * a robot would, marked as dream. Nothing of it is sent to a robot and nothing in it can reach one:
 * it has no publisher, only {@link tandem.twin.stream.Streams}.
 */
package tandem.sim.feed;
