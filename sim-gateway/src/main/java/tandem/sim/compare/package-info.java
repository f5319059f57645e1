/**
 * A real robot against its dream: residuals with their units. Pure.
 *
 * <p>{@link tandem.sim.compare.Difference#between} is all of it.
 */
package tandem.sim.compare;
