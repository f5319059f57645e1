/**
 * Commands out: from a twin to its robot's guard, and the guard's word back.
 *
 * <p>Start at {@link tandem.robot.outbound.GuardDesk}: it keeps one {@code GuardContact} per robot,
 * which proves the guard's session by a challenge and then is the twin's {@link
 * tandem.twin.robot.GuardPort}; {@code GuardProcesses} starts guards and finds those that survived.
 * What a guard judges is elsewhere ({@code tandem.robot.guard}).
 */
package tandem.robot.outbound;
