package tandem.zenoh.wire;

/** What a {@link NetworkMessage.Declare} declares. Ids are unique per kind and session. */
public sealed interface Declaration {
  /** Gives a key text a number. */
  record Key(int id, WireKey key) implements Declaration {}

  /** Takes the number back. */
  record UndeclareKey(int id) implements Declaration {}

  /** Somebody listens. */
  record Subscriber(int id, WireKey key) implements Declaration {}

  /** {@code key}: null where the extension is absent. */
  record UndeclareSubscriber(int id, WireKey key) implements Declaration {}

  /**
   * Somebody answers.
   *
   * @param distance hops
   */
  record Queryable(int id, WireKey key, boolean complete, int distance) implements Declaration {}

  /** {@code key}: null where the extension is absent. */
  record UndeclareQueryable(int id, WireKey key) implements Declaration {}

  /** Something is alive. */
  record Token(int id, WireKey key) implements Declaration {}

  /** {@code key}: null where the extension is absent. */
  record UndeclareToken(int id, WireKey key) implements Declaration {}

  /** All that is there now has been said. */
  record Final() implements Declaration {}
}
