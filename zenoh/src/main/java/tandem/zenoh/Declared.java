package tandem.zenoh;

/**
 * Something declared on a session (subscriber, queryable, token, liveliness subscriber); closing
 * undeclares it.
 */
public interface Declared extends AutoCloseable {
  /** The key expression it was declared with, canonical. */
  String key();

  @Override
  void close();
}
