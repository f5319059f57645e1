/**
 * Counters and health of the node's actors, and the routes of the management port.
 *
 * <p>Start at {@link tandem.twin.telemetry.Telemetry}: {@code watched} notes handling times,
 * restarts and failures of a behavior; {@link tandem.twin.telemetry.CountingMailbox}, the default
 * mailbox by this module's reference.conf, notes depth and processed messages of every typed actor.
 * Times are monotonic ns inside and microseconds in views. Nothing here blocks an actor.
 */
package tandem.twin.telemetry;
