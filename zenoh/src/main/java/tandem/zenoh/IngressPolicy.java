package tandem.zenoh;

/**
 * Decides, per message, what the accepting side takes and where it goes. Called on receiving
 * threads for each message: must be fast, must not block, must not call back into the router.
 */
public interface IngressPolicy {
  /** What is being said. */
  enum Kind {
    PUT,
    DELETE,
    QUERY,
    REPLY
  }

  /**
   * Whether {@code from} may say this on {@code key} at all. False: it reaches nobody; {@code from}
   * stays connected. The policy itself counts and names it. Also asked for Tandem's own local
   * session.
   */
  boolean accept(Router.Peer from, Kind kind, String key);

  /**
   * Whether what {@code from} says on {@code key} may go to {@code to}; not asked for Tandem's
   * local session, which gets everything accepted.
   */
  boolean route(Router.Peer from, Router.Peer to, Kind kind, String key);

  /**
   * Whether {@code to} may learn that {@code from} subscribes, answers or is alive on {@code
   * keyExpr}; asked once per declaration, under the router's lock. What it says about data is still
   * {@link #route}'s business.
   */
  default boolean announce(Router.Peer from, Router.Peer to, String keyExpr) {
    return true;
  }

  /**
   * Told that a session declared a liveliness token ({@code alive}), or that it took it back or
   * ended; before anything that it says later is taken, and under the router's lock.
   */
  default void token(Router.Peer from, String key, boolean alive) {}

  /** Everything goes everywhere. */
  IngressPolicy OPEN =
      new IngressPolicy() {
        @Override
        public boolean accept(Router.Peer from, Kind kind, String key) {
          return true;
        }

        @Override
        public boolean route(Router.Peer from, Router.Peer to, Kind kind, String key) {
          return true;
        }
      };
}
