package tandem.zenoh;

/**
 * One put or delete as it arrived.
 *
 * <p>The arrays are the receiver's own: nobody writes to them afterwards. {@code encoding} is
 * {@link Encoding#BYTES} where the sender named none.
 *
 * @param key full key
 * @param payload empty for a delete
 * @param attachment null where there was none
 * @param timestamp null where there was none
 * @param sourceInfo null where there was none
 * @param sourceZid printed zid of the session that handed it to us: the sender itself on a link of
 *     ours, the router's on a client session, our own for a local put
 * @param receivedNanos {@code System.nanoTime()} when the batch that held it had been read
 */
public record Sample(
    String key,
    Kind kind,
    byte[] payload,
    Encoding encoding,
    byte[] attachment,
    Timestamp timestamp,
    SourceInfo sourceInfo,
    String sourceZid,
    Qos qos,
    long receivedNanos) {
  /** What happened to the key. */
  public enum Kind {
    PUT,
    DELETE
  }
}
