/**
 * What makes the simulated humanoid stand, move its arms and refuse nonsense.
 *
 * <p>Start at {@link tandem.sim.control.SimulatedHumanoid}: one simulation with its sensors; each
 * step takes references from {@link tandem.sim.control.Motion} and torques from {@link
 * tandem.sim.control.Balance}. {@link tandem.sim.control.Command} is the vocabulary, {@link
 * tandem.sim.control.CommandRules} the pure judgement of what is accepted. {@link
 * tandem.sim.control.Navigation} goes to a place, {@link tandem.sim.control.Assistance} moves the
 * base there. {@link tandem.sim.control.Pushes} disturbs, {@link tandem.sim.control.FallDetector}
 * watches.
 *
 * <p>Time is counted in steps; nothing here reads a clock, so the same seed and the same commands
 * at the same steps give the same bytes of state. Not thread-safe: one thread per simulation.
 */
package tandem.sim.control;
