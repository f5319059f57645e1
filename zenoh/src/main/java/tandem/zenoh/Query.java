package tandem.zenoh;

/**
 * A question to a queryable. Answer any number of times from any thread, then {@link #close}: the
 * asker waits for that. An unclosed query is closed when it is out of time or the session ends.
 */
public interface Query extends AutoCloseable {
  /** The asked key expression, without parameters. */
  String key();

  /** What stood behind the question mark; empty where there was none. */
  String parameters();

  /** Null where the query had no body. */
  byte[] payload();

  /** Null where the query had no body. */
  Encoding encoding();

  /** Null where there was none. */
  byte[] attachment();

  /** Printed zid of the session it came from. */
  String sourceZid();

  /** Answers with a value; {@code key} need not be the asked one if the asker allows any. */
  void reply(String key, byte[] payload, PutOptions options);

  /** Answers that the key is deleted. */
  void replyDelete(String key, PutOptions options);

  /** Answers with an error. */
  void replyError(byte[] payload, Encoding encoding);

  @Override
  void close();
}
