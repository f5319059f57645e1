package tandem.zenoh;

/**
 * Receives the answers of one get, on a thread of the session; must not block. {@code done} comes
 * exactly once, last, also after a timeout or when the session closes.
 */
public interface Replies {
  /** One answer. */
  void reply(Reply reply);

  /** No more answers. {@code timedOut}: the time ran out before every queryable had finished. */
  void done(boolean timedOut);
}
