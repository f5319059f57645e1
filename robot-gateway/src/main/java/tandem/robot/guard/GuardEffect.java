package tandem.robot.guard;

import java.util.List;
import tandem.proto.v1.Authority;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.Pose;
import tandem.proto.v1.RobotProfile;

/** What the guard's core wants done; run in the order given. */
public sealed interface GuardEffect {
  /**
   * Write and sync, then say how it ended with {@link GuardInput.Stored}; other inputs may come
   * meanwhile. A newer one contains the older ones, which need neither be written nor answered.
   *
   * @param number strictly rising
   */
  record Store(long number, GuardMemory memory) implements GuardEffect {}

  /** Keep the profile for the next start. */
  record StoreProfile(RobotProfile profile) implements GuardEffect {}

  /** Answer a request. {@code code} is empty when accepted without remark. */
  record Reply(long replyTo, boolean accepted, String code, String why) implements GuardEffect {}

  /** Append to the guard's own log; {@code sync}: on disk as soon as may be. */
  record Log(
      String kind,
      String commandId,
      Authority authority,
      String by,
      String why,
      String code,
      boolean sync)
      implements GuardEffect {}

  /** Log records up to this number need not be kept for the gateway any more. */
  record AckLog(long upTo) implements GuardEffect {}

  /**
   * Send joints from one posture to another, at rest at both ends. Never to a controller that takes
   * positions only ({@code std_msgs/msg/Float64MultiArray}): the core leads those point by point
   * with {@link StreamJoints}.
   *
   * @param commandId empty for a hold of the guard's own; else answered by {@link
   *     GuardInput.Published} and, where the target is an action, later by {@link
   *     GuardInput.GoalEnded}
   * @param target topic or action, its {@code type_hash} that of the listener that is there now
   * @param startRad measured positions, in the order of {@code joints}
   */
  record MoveJoints(
      String commandId,
      CommandTarget target,
      List<String> joints,
      List<Double> startRad,
      List<Double> endRad,
      double durationSeconds)
      implements GuardEffect {}

  /**
   * Send the next point of a motion that the guard leads, and where it comes to rest should nothing
   * more be heard: the newest wins. A controller that takes positions only is sent those of the
   * point. Not answered.
   *
   * @param positionsRad in the order of {@code joints}, to be reached after {@code seconds}
   * @param restRad where they come to rest after {@code restSeconds}; as long as the next point
   *     where they already do
   */
  record StreamJoints(
      CommandTarget target,
      List<String> joints,
      List<Double> positionsRad,
      List<Double> velocitiesRadPerSec,
      double seconds,
      List<Double> restRad,
      double restSeconds)
      implements GuardEffect {}

  /**
   * Send a pose for a tip.
   *
   * @param commandId empty in a stream; else answered by {@link GuardInput.Published}
   */
  record MoveTip(
      String commandId,
      CommandTarget target,
      String frame,
      Pose pose,
      boolean withOrientation,
      double durationSeconds)
      implements GuardEffect {}

  /**
   * Send a velocity of the base, as Twist or TwistStamped by the target's type (m/s, rad/s; base
   * frame, REP-103).
   *
   * @param commandId empty where nothing waits for {@link GuardInput.Published}
   * @param frame of the header, where the type has one
   */
  record MoveBase(
      String commandId, CommandTarget target, String frame, double vx, double vy, double wz)
      implements GuardEffect {}

  /**
   * Send a place for the base as a goal of {@code NavigateToPose} (metres, radians; a frame with z
   * up, REP-103); answered by {@link GuardInput.Published}, later by {@link GuardInput.GoalEnded}.
   *
   * @param commandId also gives the goal its id: a guard that starts again can cancel it
   * @param target its {@code type_hash} that of the server that is there now
   */
  record NavigateTo(
      String commandId,
      CommandTarget target,
      String frame,
      double xMeters,
      double yMeters,
      double yawRad)
      implements GuardEffect {}

  /** Name a stance as std_msgs/String; answered by {@link GuardInput.Published}. */
  record TakeStance(String commandId, CommandTarget target, String stance) implements GuardEffect {}

  /**
   * Cancel goals of an action; only reduces motion, needs no answer.
   *
   * @param all whoever sent them
   * @param commands else of these commands, which a guard before this one may have sent; empty: of
   *     all that this one did
   */
  record CancelGoals(CommandTarget target, boolean all, List<String> commands)
      implements GuardEffect {}

  /** Tell the robot itself to stop, or that the stop is released. */
  record TellStop(boolean stop) implements GuardEffect {}
}
