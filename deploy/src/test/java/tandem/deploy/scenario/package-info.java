/**
 * Whole processes against each other, as a user runs them: nodes, robots, guards, and foreign peers
 * on the real Zenoh core. Start at {@link tandem.deploy.scenario.TandemProcess} (ours) and {@link
 * tandem.deploy.scenario.Peer} (theirs). Every wait has a deadline and says what it saw.
 */
package tandem.deploy.scenario;
