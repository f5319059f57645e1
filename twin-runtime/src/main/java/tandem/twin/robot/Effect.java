package tandem.twin.robot;

import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.TimeToken;

/** What the actor does for a decision, beside writing its events. */
sealed interface Effect {
  /** Nobody waits for the answer. */
  record Tell(GuardRequest request) implements Effect {}

  /** Raise this authority at the guard; the answer comes back as {@code GrantAnswered}. */
  record Grant(long epoch, String holder, String part) implements Effect {}

  /**
   * End all authority up to {@code revoked} in this part (empty: all) before {@code epoch} is
   * granted; the answer comes back as {@code RevokeAnswered}.
   */
  record Revoke(long epoch, long revoked, String part, String why) implements Effect {}

  /**
   * Send this accepted command, with the journal position of its acceptance; the answer comes back
   * as {@code MotionAnswered}.
   */
  record Motion(String commandId) implements Effect {}

  /**
   * Lift the stop that the guard's newest status tells; the answer comes back as {@code
   * ReleaseAnswered}.
   *
   * @param requestId of the stop that this home knows; empty: none
   */
  record Release(String by, String reason, String requestId, TimeToken token, long stopNumber)
      implements Effect {}

  /**
   * Let a guard that lost its state permit motion again, under authorities from {@code epoch} on;
   * the answer comes back as {@code RearmAnswered}.
   */
  record Rearm(long epoch, String by, String reason, TimeToken token) implements Effect {}

  /** Stop, until acknowledged; the answer comes back as {@code StopAnswered}. */
  record Stop(String requestId, String by, String why) implements Effect {}
}
