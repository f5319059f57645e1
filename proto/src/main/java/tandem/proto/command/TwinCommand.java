package tandem.proto.command;

import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.RobotProfile;

/** Wishes of people, news of gateways and guards, and the passing of time. */
public sealed interface TwinCommand {

  // People

  /** Motion; id is the caller's, unique for ever. */
  record Move(String id, String by, Goal goal, long expiresMillis) implements TwinCommand {}

  record Cancel(String id, String by, String why) implements TwinCommand {}

  /** A stop that is already on its way to the guard. */
  record Stop(String requestId, String by, String why, long atNanos) implements TwinCommand {}

  record ReleaseStop(String by, String reason) implements TwinCommand {}

  record AcquireLease(String by, long forMillis) implements TwinCommand {}

  record TakeLease(String by, long forMillis, String reason) implements TwinCommand {}

  record ReleaseLease(String by) implements TwinCommand {}

  /** The holder is still there. */
  record KeepLease(String by) implements TwinCommand {}

  record AcceptProfile(String by) implements TwinCommand {}

  // Gateways

  record Admit(String dreamOf, String link, String namespace, int domain) implements TwinCommand {}

  record LoseContact(String why) implements TwinCommand {}

  record ClaimName(String holder, String refused) implements TwinCommand {}

  record Propose(RobotProfile profile) implements TwinCommand {}

  record SeeForeign(String topic, String publisher, boolean refused) implements TwinCommand {}

  // The guard's words

  record TakeLog(GuardLogRecord record) implements TwinCommand {}

  /** Answer to a grant; code {@code tandem.guard.no-answer} where there was none. */
  record GrantAnswered(long epoch, boolean accepted, String code, String why)
      implements TwinCommand {}

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

  /** The guard acknowledged a stop. */
  record StopAnswered(String requestId) implements TwinCommand {}

  record ReleaseAnswered(String by, String reason, boolean accepted, String code, String why)
      implements TwinCommand {}

  // The runtime itself

  /** Look again: newer samples, a newer guard status, or time has passed. */
  record Review() implements TwinCommand {}

  /** The twin has just been rebuilt on this node. */
  record Awake() implements TwinCommand {}

  /** A fact for the journal. */
  record Record(Event event) implements TwinCommand {}
}
