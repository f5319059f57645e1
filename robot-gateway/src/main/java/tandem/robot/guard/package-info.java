/**
 * The guard: the one process through which a robot is commanded, and the reflexes beside it.
 *
 * <p>Start at {@link tandem.robot.guard.GuardCore}: every rule is in its {@code decide}, which is
 * pure and finds its rules by subject in {@code Grants} and {@code Parts}, {@code Motions}, {@code
 * Streams} (hold-to-move, led by {@code Ramp}) and {@code Halts}; {@code GuardSchedules} tries to
 * break them all. {@link tandem.robot.guard.GuardState} is what it knows, {@link
 * tandem.robot.guard.GuardInput} what can happen, {@link tandem.robot.guard.GuardEffect} what it
 * wants done, {@link tandem.robot.guard.MotionPlan} the limits. {@code Guard} runs it: one thread,
 * one queue, the files of its state directory and the Zenoh links; {@code GuardMain} is the
 * process. Times are nanoseconds of the guard's own monotonic clock; wall clocks are only shown.
 * Refusals carry a code {@code tandem.guard.*} and say what was not done. No Akka here, and nothing
 * of the twin.
 */
package tandem.robot.guard;
