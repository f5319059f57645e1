/**
 * One simulator instance, seen as a robot that cannot move anything real.
 *
 * <p>Start at {@link tandem.twin.sim.Simulators}: what kind of simulators there are is told by
 * those who implement {@link tandem.twin.sim.SimulatorControl} (module sim-gateway); each instance
 * has an actor that starts, stops and watches it. Their samples come in as any robot's do, through
 * {@code tandem.twin.stream}. Simulated time is in seconds, wall time in {@code Duration}. Controls
 * may block: they are called on virtual threads, never on an actor's.
 */
package tandem.twin.sim;
