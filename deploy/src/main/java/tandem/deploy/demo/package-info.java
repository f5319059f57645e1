/**
 * {@code ./tandem demo}: one node with every role, its robots as processes of their own, their
 * dreams; and the headless run that measures itself.
 *
 * <p>Start at {@link tandem.deploy.demo.Demo}. {@link tandem.deploy.demo.RobotWitness} listens to
 * what robot and guard say about themselves; {@link tandem.deploy.demo.Summary} turns figures into
 * the summary line and says what is wrong with them. Times in the figures are seconds and
 * milliseconds of this machine's monotonic clock.
 */
package tandem.deploy.demo;
