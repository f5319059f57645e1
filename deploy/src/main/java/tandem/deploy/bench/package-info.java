/**
 * Benchmarks: each prints lines of JSON with its name, its parameters and figures whose names end
 * in their unit. Start at {@link tandem.deploy.bench.Bench}. The machine's load stands in every
 * line, and on a virtual machine what its host took of it ({@link tandem.deploy.bench.StolenTime});
 * ratios within one run are what can be trusted on a shared machine.
 */
package tandem.deploy.bench;
