package tandem.proto.command;

import java.util.List;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.TimeToken;

/** Wishes of people, news of gateways and guards, and the passing of time. */
public sealed interface TwinCommand {

  // People

  /**
   * Motion; id is the caller's, unique for ever.
   *
   * @param asked the guard's time when it was asked for; without a boot id: just now
   */
  record Move(String id, String by, Goal goal, long expiresMillis, TimeToken asked)
      implements TwinCommand {
    public Move(String id, String by, Goal goal, long expiresMillis) {
      this(id, by, goal, expiresMillis, TimeToken.getDefaultInstance());
    }
  }

  record Cancel(String id, String by, String why) implements TwinCommand {}

  /** A stop that is already on its way to the guard. */
  record Stop(String requestId, String by, String why, long atNanos) implements TwinCommand {}

  record ReleaseStop(String by, String reason) implements TwinCommand {}

  /** Motion may be permitted again after the guard lost its state. */
  record Rearm(String by, String reason) implements TwinCommand {}

  /** part: body, arms or locomotion, as in the commands below; empty: body. */
  record AcquireLease(String by, String part, long forMillis) implements TwinCommand {}

  record TakeLease(String by, String part, long forMillis, String reason) implements TwinCommand {}

  /** part empty: everything that {@code by} holds. */
  record ReleaseLease(String by, String part) implements TwinCommand {}

  /** The holder is still there. */
  record KeepLease(String by) implements TwinCommand {}

  /** Asks whoever holds the part for it. */
  record WishLease(String by, String part, String reason) implements TwinCommand {}

  /** part empty: every wish of {@code by}. */
  record WithdrawWish(String by, String part) implements TwinCommand {}

  /** The holder of the part says no to the wish of another; part empty: to all of them. */
  record DeclineWish(String by, String wisher, String part) implements TwinCommand {}

  /** The holder gives the part to somebody who wishes for it. */
  record HandOver(String by, String to, String part, long forMillis) implements TwinCommand {}

  record AcceptProfile(String by) implements TwinCommand {}

  // Gateways

  record Admit(String dreamOf, String link, String namespace, int domain) implements TwinCommand {}

  record LoseContact(String why) implements TwinCommand {}

  record ClaimName(String holder, String refused) implements TwinCommand {}

  record Propose(RobotProfile profile) implements TwinCommand {}

  record SeeForeign(String topic, String publisher, boolean refused) implements TwinCommand {}

  // The guard's words

  /** Records of its log, in the order of their numbers. */
  record TakeLog(List<GuardLogRecord> records) implements TwinCommand {
    public TakeLog {
      records = List.copyOf(records);
    }

    public TakeLog(GuardLogRecord record) {
      this(List.of(record));
    }
  }

  /** Answer to a grant; code {@code tandem.guard.no-answer} where there was none. */
  record GrantAnswered(long epoch, boolean accepted, String code, String why)
      implements TwinCommand {}

  /** Answer to the revocation that comes before the grant of this epoch, as above. */
  record RevokeAnswered(long epoch, boolean accepted, String code, String why)
      implements TwinCommand {}

  /** The guard has taken the setpoint that ends this stream: its control was let go. */
  record LetGo(String id) implements TwinCommand {}

  /**
   * Answer to a motion.
   *
   * @param answered false: it is not known whether the guard acted
   */
  record MotionAnswered(
      String id,
      boolean answered,
      boolean accepted,
      String code,
      String why,
      long sentNanos,
      long answeredNanos)
      implements TwinCommand {}

  /**
   * Answer to a cancel, or to the revocation of a lease that has ended here.
   *
   * @param commandId empty: of the lease of this epoch
   * @param answered false: it is not known whether the guard acted
   * @param code empty where it was accepted
   */
  record EndAnswered(String commandId, long epoch, boolean answered, String code)
      implements TwinCommand {}

  /** The guard acknowledged a stop. */
  record StopAnswered(String requestId) implements TwinCommand {}

  record ReleaseAnswered(String by, String reason, boolean accepted, String code, String why)
      implements TwinCommand {}

  record RearmAnswered(String by, String reason, boolean accepted, String code, String why)
      implements TwinCommand {}

  // The runtime itself

  /** Look again: newer samples, a newer guard status, or time has passed. */
  record Review() implements TwinCommand {}

  /** The twin has just been rebuilt on this node. */
  record Awake() implements TwinCommand {}

  /** A fact for the journal. */
  record Record(Event event) implements TwinCommand {}
}
