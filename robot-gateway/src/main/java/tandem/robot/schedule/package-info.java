/**
 * Guard and twin together under seeded schedules: virtual time, a network that loses, doubles,
 * reorders, holds and releases, disks that fail, processes that pause and die, wall clocks that
 * jump, state that is lost, homes that take over.
 *
 * <p>Start at {@link tandem.robot.schedule.AuthoritySchedules}; one seed is one {@code Schedule},
 * which drives {@link tandem.robot.guard.DrivenGuard} and, in each {@code Home}, {@link
 * tandem.twin.robot.TwinModel}: the cores as they run, not copies. {@code AuthorityOracle} judges
 * by what can be seen from outside, {@link tandem.robot.schedule.AuthorityMutation} breaks either
 * side on purpose. The guard alone, under homes that keep to no rule, is the business of {@code
 * tandem.robot.guard.GuardSchedules}. Times are ns of the schedule; one thread a schedule.
 */
package tandem.robot.schedule;
