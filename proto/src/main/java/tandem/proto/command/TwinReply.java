package tandem.proto.command;

/** A twin's answer. */
public sealed interface TwinReply {
  /** Done, and durable: the journal's newest sequence. */
  record Done(long sequence) implements TwinReply {}

  /**
   * Turned down.
   *
   * @param code stable, as {@code tandem.lease.held}
   * @param why names what was expected and found, and what was not done
   */
  record Refused(String code, String why) implements TwinReply {}
}
