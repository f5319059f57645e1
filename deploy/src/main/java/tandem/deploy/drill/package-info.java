/**
 * {@code ./tandem drill}: breaks something on purpose, in processes of its own on free ports and in
 * a directory of its own, and says in figures whether the promise held.
 *
 * <p>Start at {@link tandem.deploy.drill.DrillCommand}; each {@link tandem.deploy.drill.Drill} is
 * one file; {@link tandem.deploy.drill.Stage} starts nodes and robots and waits for conditions.
 * Times are of this machine's monotonic clock, unit in the name.
 */
package tandem.deploy.drill;
