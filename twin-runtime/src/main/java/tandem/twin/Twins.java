package tandem.twin;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import tandem.proto.v1.AlarmView;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.SimulatorView;
import tandem.proto.v1.StopRequest;
import tandem.proto.v1.StopView;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TwinView;

/**
 * What people and programs may ask of the twins of this site: the only door of the API, the console
 * and the demo.
 *
 * <p>Thread-safe; never blocks. A stage fails with {@link Refused} (a stable code and a text for a
 * person) or with a timeout that says what is not known. Lists are sorted: real robots by name,
 * then dreams by name.
 */
public interface Twins {
  /** Every twin this site knows, with its newest values. */
  CompletionStage<List<TwinView>> list();

  /** The newest sample, unthinned, in full double precision; code {@code tandem.robot.unknown}. */
  CompletionStage<TwinView> show(String robot);

  /**
   * Told on each change of the twin (an event, or newer sensed values, at most 50 times a second).
   */
  AutoCloseable watch(String robot, Consumer<TwinView> listener);

  /**
   * Completes when the command is sent or in a final state (a refusal is a state, not a failure).
   */
  CompletionStage<CommandView> command(CommandRequest request);

  /**
   * Completes when the command is in a final state, or with its present state after {@code atMost}.
   */
  CompletionStage<CommandView> await(String commandId, Duration atMost);

  /** Cancels a command in any state that is not final. */
  CompletionStage<CommandView> cancel(String commandId, String by, String why);

  /** The newest commands of a robot, newest first. */
  CompletionStage<List<CommandView>> commands(String robot, int atMost);

  /**
   * Latches the stop, or releases it ({@code release} with a reason); straight to the guard, no
   * journal first.
   */
  CompletionStage<StopView> stop(StopRequest request);

  /**
   * Lets a guard that lost its state permit motion again. Completes when the guard has confirmed
   * it; leases do not come back. Codes {@code tandem.guard.absent}, {@code tandem.guard.no-reason},
   * {@code tandem.guard.newer-term}.
   */
  CompletionStage<TwinView> rearm(String robot, String by, String reason);

  /**
   * One reading of a held control, on its way to the guard without journal or mailbox. Completes
   * with the guard's answer, or with why it was not passed on (a refusal is an answer, not a
   * failure). Of one stream at most one setpoint is under way to the guard; a newer one replaces
   * the one that waits, which is answered with code {@code tandem.teleop.replaced}; letting go is
   * never replaced. Code {@code tandem.teleop.not-open} where the command is no open stream here.
   */
  CompletionStage<TeleopState> setpoint(String robot, String commandId, TeleopSetpoint setpoint);

  /**
   * What holds for a stream now, answering no setpoint (number 0): newest token, measured round
   * trip, state of the command. Codes {@code tandem.robot.unknown}, {@code tandem.command.unknown}.
   */
  CompletionStage<TeleopState> teleop(String robot, String commandId);

  CompletionStage<LeaseView> lease(LeaseRequest request);

  /** The profile in use, or, where none is, the proposed one with its ambiguities. */
  CompletionStage<RobotProfile> profile(String robot);

  /**
   * The newest proposal with its ambiguities, in use or not; code {@code tandem.profile.missing}.
   */
  CompletionStage<RobotProfile> proposedProfile(String robot);

  /** Accepts the proposed profile; code {@code tandem.profile.ambiguous} where it has no target. */
  CompletionStage<RobotProfile> acceptProfile(String robot, String by);

  /** The text of the robot's newest robot_description; code {@code tandem.robot.no-description}. */
  CompletionStage<String> description(String robot);

  /** All streams, or those of one robot (null: all). */
  CompletionStage<List<StreamView>> streams(String robot);

  List<SimulatorView> simulators();

  /** Completes when it runs, stands still, or has failed; code {@code tandem.simulator.unknown}. */
  CompletionStage<SimulatorView> runSimulator(String id, boolean run);

  /** Alarms raised and cleared, newest first; a raised alarm never vanishes silently. */
  CompletionStage<List<AlarmView>> alarms();
}
