package tandem.twin.robot;

import tandem.proto.v1.GuardRequest;

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

  /** Lift the stop; the answer comes back as {@code ReleaseAnswered}. */
  record Release(String by, String reason) implements Effect {}

  /**
   * Let a guard that lost its state permit motion again, under authorities from {@code epoch} on;
   * the answer comes back as {@code RearmAnswered}.
   */
  record Rearm(long epoch, String by, String reason) implements Effect {}

  /** Stop, until acknowledged; the answer comes back as {@code StopAnswered}. */
  record Stop(String requestId, String by, String why) implements Effect {}
}
