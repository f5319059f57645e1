package tandem.twin.robot;

import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.v1.TimeToken;

/**
 * One command through its whole life.
 *
 * <pre>
 *   CREATED -> REFUSED | ACCEPTED -> SENT -> EXECUTING -> DONE | FAILED
 *   any that is not final -> CANCELLED | EXPIRED | SUPERSEDED | UNKNOWN
 * </pre>
 *
 * @param sentGoal null until accepted, as {@code token}
 * @param epoch 0 until accepted
 * @param startByMillis after the token, as {@code endByMillis}
 * @param code empty unless it ended other than done; as {@code why}
 * @param createdNanos ns since 1970, as the other times; 0: not yet
 * @param evidence null until a sample speaks
 * @param acceptedSequence journal sequence of its acceptance; 0: not yet
 */
public record CommandRecord(
    String id,
    String by,
    Phase phase,
    Goal goal,
    Goal sentGoal,
    long expiresMillis,
    long epoch,
    long sequenceInEpoch,
    TimeToken token,
    long startByMillis,
    long endByMillis,
    String code,
    String why,
    long createdNanos,
    long acceptedNanos,
    long sentNanos,
    long guardAcceptedNanos,
    long firstMotionNanos,
    long doneNanos,
    Evidence evidence,
    long acceptedSequence) {

  /** In the contract's words, lower case. */
  public enum Phase {
    CREATED,
    ACCEPTED,
    REFUSED,
    SENT,
    EXECUTING,
    DONE,
    FAILED,
    CANCELLED,
    EXPIRED,
    SUPERSEDED,
    UNKNOWN;

    public boolean isFinal() {
      return switch (this) {
        case CREATED, ACCEPTED, SENT, EXECUTING -> false;
        case REFUSED, DONE, FAILED, CANCELLED, EXPIRED, SUPERSEDED, UNKNOWN -> true;
      };
    }

    /** It has left the twin, or never will. */
    public boolean isSentOrFinal() {
      return this == SENT || this == EXECUTING || isFinal();
    }

    public String text() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  static CommandRecord created(String id, String by, Goal goal, long expiresMillis, long nanos) {
    return new CommandRecord(
        id,
        by,
        Phase.CREATED,
        goal,
        null,
        expiresMillis,
        0,
        0,
        null,
        0,
        0,
        "",
        "",
        nanos,
        0,
        0,
        0,
        0,
        0,
        null,
        0);
  }

  CommandRecord accepted(
      Goal sent,
      long inEpoch,
      long number,
      TimeToken newest,
      long startBy,
      long endBy,
      long nanos,
      long journalSequence) {
    return new CommandRecord(
        id,
        by,
        Phase.ACCEPTED,
        goal,
        sent,
        expiresMillis,
        inEpoch,
        number,
        newest,
        startBy,
        endBy,
        "",
        "",
        createdNanos,
        nanos,
        0,
        0,
        0,
        0,
        null,
        journalSequence);
  }

  CommandRecord sent(long nanos) {
    return times(phase == Phase.ACCEPTED ? Phase.SENT : phase, nanos, 0, 0);
  }

  CommandRecord guardAccepted(long nanos) {
    return times(phase.isFinal() ? phase : Phase.EXECUTING, 0, nanos, 0);
  }

  CommandRecord firstMotion(long nanos) {
    return times(phase, 0, 0, nanos);
  }

  private CommandRecord times(Phase next, long sent, long guardAccepted, long firstMotion) {
    return new CommandRecord(
        id,
        by,
        next,
        goal,
        sentGoal,
        expiresMillis,
        epoch,
        sequenceInEpoch,
        token,
        startByMillis,
        endByMillis,
        code,
        why,
        createdNanos,
        acceptedNanos,
        sent == 0 ? sentNanos : sent,
        guardAccepted == 0 ? guardAcceptedNanos : guardAccepted,
        firstMotion == 0 ? firstMotionNanos : firstMotion,
        doneNanos,
        evidence,
        acceptedSequence);
  }

  CommandRecord ended(Phase last, String endCode, String endWhy, long nanos, Evidence seen) {
    return new CommandRecord(
        id,
        by,
        last,
        goal,
        sentGoal,
        expiresMillis,
        epoch,
        sequenceInEpoch,
        token,
        startByMillis,
        endByMillis,
        endCode,
        endWhy,
        createdNanos,
        acceptedNanos,
        sentNanos,
        guardAcceptedNanos,
        firstMotionNanos,
        nanos,
        seen == null ? evidence : seen,
        acceptedSequence);
  }
}
