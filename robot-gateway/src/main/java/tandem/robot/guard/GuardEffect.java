package tandem.robot.guard;

import java.util.List;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.Pose;
import tandem.proto.v1.RobotProfile;

/** What the guard's core wants done; run in the order given. */
public sealed interface GuardEffect {
  /**
   * Write and sync, then say how it ended with {@link GuardInput.Stored} before anything else.
   * Always the last of its list.
   */
  record Store(GuardMemory memory) implements GuardEffect {}

  /** Keep the profile for the next start. */
  record StoreProfile(RobotProfile profile) implements GuardEffect {}

  /** Answer a request. {@code code} is empty when accepted without remark. */
  record Reply(long replyTo, boolean accepted, String code, String why) implements GuardEffect {}

  /** Append to the guard's own log; {@code sync}: on disk before the next effect. */
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
   * Send joints from one posture to another, at rest at both ends.
   *
   * @param commandId empty for a hold of the guard's own; else answered by {@link
   *     GuardInput.Published}
   * @param startRad measured positions, in the order of {@code joints}
   */
  record MoveJoints(
      String commandId,
      String topic,
      String typeHash,
      List<String> joints,
      List<Double> startRad,
      List<Double> endRad,
      double durationSeconds)
      implements GuardEffect {}

  /** Send a pose for a tip; answered by {@link GuardInput.Published}. */
  record MoveTip(
      String commandId,
      String topic,
      String typeHash,
      String frame,
      Pose pose,
      boolean withOrientation,
      double durationSeconds)
      implements GuardEffect {}

  /** Tell the robot itself to stop, or that the stop is released. */
  record TellStop(boolean stop) implements GuardEffect {}
}
