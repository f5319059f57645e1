package tandem.zenoh;

import java.util.function.Consumer;

/**
 * A member of a Zenoh network: publishes, subscribes, asks, answers, and says what is alive.
 *
 * <p>All methods may be called from any thread. Callbacks run on the receiving thread of the link,
 * in order of arrival, and must not block; a callback that throws is counted ({@link
 * SessionStatistics#failedCallbacks}) and does not end the session. Keys are checked and made
 * canonical; a malformed one is an {@link IllegalArgumentException}.
 *
 * <p>After a lost link a session opened with {@link #open} connects again by itself, with a new
 * zid, and re-declares everything. While there is no link, drop-class puts are dropped (and
 * counted), block-class puts wait as long as the configuration allows and then fail.
 */
public interface Session extends AutoCloseable {
  /**
   * Connects as a client. Throws {@link ZenohException} when no endpoint answers within the
   * configured time.
   */
  static Session open(SessionConfig config) {
    return tandem.zenoh.transport.ClientSession.open(config);
  }

  /** Printed zid; changes with each reconnect. */
  String zid();

  /** Printed zid of the other end; null while there is no link. */
  String peerZid();

  /** Whether there is a link now. */
  boolean connected();

  /** Told true and false as the link comes and goes; called at once with the present state. */
  Declared onConnection(Consumer<Boolean> listener);

  /**
   * Told the new printed zid each time a link comes back, before anything is declared on it: what
   * holds the zid in its key can be declared anew without the old one ever being seen there.
   */
  Declared onIdentity(Consumer<String> listener);

  /** Puts once, without a declared publisher; false: dropped by the congestion rule. */
  boolean put(String key, byte[] payload, PutOptions options);

  /** Deletes; false: dropped by the congestion rule. */
  boolean delete(String key, PutOptions options);

  Publisher declarePublisher(String key, Qos qos);

  Declared declareSubscriber(String keyExpr, Consumer<Sample> callback);

  /** {@code complete}: it can answer for every key of the expression. */
  Declared declareQueryable(String keyExpr, boolean complete, Consumer<Query> callback);

  /** Asks; {@code selector} is {@code keyexpr} or {@code keyexpr?parameters}. */
  void get(String selector, GetOptions options, Replies replies);

  /** Declares that something is alive as long as this session is. */
  Declared declareToken(String key);

  /**
   * Tokens that come (put) and go (delete); with {@code history} also those that are there already.
   */
  Declared subscribeTokens(String keyExpr, boolean history, Consumer<Sample> callback);

  /** Asks which tokens are there now; each is a {@link Reply.Value}. */
  void getTokens(String keyExpr, java.time.Duration timeout, Replies replies);

  SessionStatistics statistics();

  /**
   * For how long the oldest byte has waited to be written to the link; zero where nothing waits, or
   * there is no link. What the system's socket buffers hold counts as written.
   */
  java.time.Duration unsent();

  /**
   * Ends the present link at once: what waits on it is never sent. A client connects anew; a no-op
   * for a session in process.
   */
  void dropLink(String why);

  @Override
  void close();
}
