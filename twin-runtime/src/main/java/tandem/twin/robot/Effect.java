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

  /** End this at the guard, until answered; the answer comes back as {@code EndAnswered}. */
  record End(Ending ending) implements Effect {}

  /** What has ended here and has to end at the guard. */
  sealed interface Ending {
    record OfCommand(String id, String by, String why) implements Ending {}

    record OfLease(long epoch, String part, String why) implements Ending {}

    /**
     * @param commandId empty: the lease of this epoch is meant
     */
    default boolean isOf(String commandId, long epoch) {
      return switch (this) {
        case OfCommand command -> command.id().equals(commandId);
        case OfLease lease -> commandId.isEmpty() && lease.epoch() == epoch;
      };
    }

    default boolean isSame(Ending other) {
      return switch (other) {
        case OfCommand command -> isOf(command.id(), 0);
        case OfLease lease -> isOf("", lease.epoch());
      };
    }

    /** The other ends this as well. */
    default boolean isBelow(Ending other) {
      return this instanceof OfLease mine
          && other instanceof OfLease its
          && mine.part().equals(its.part())
          && mine.epoch() < its.epoch();
    }

    /** For a person. */
    default String text() {
      return switch (this) {
        case OfCommand(var id, var by, var why) -> "command %s (%s: %s)".formatted(id, by, why);
        case OfLease(var epoch, var part, var why) ->
            "lease %d of the %s (%s)".formatted(epoch, part, why);
      };
    }
  }

  /** Stop, until acknowledged; the answer comes back as {@code StopAnswered}. */
  record Stop(String requestId, String by, String why) implements Effect {}
}
