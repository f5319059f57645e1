package tandem.zenoh;

/**
 * The accepting side: takes sessions of any Zenoh core on one endpoint, routes between them under
 * an {@link IngressPolicy}, and has a session of its own ({@link #local}) that sees what the policy
 * lets through to Tandem.
 */
public interface Router extends AutoCloseable {
  static Router listen(RouterConfig config) {
    return tandem.zenoh.transport.AcceptingRouter.listen(config);
  }

  /** Where it really listens, with the port that was chosen if 0 was asked for. */
  String endpoint();

  String zid();

  /** Tandem's own session on this router, in process. Never reconnects, closes with the router. */
  Session local();

  /** The sessions that are open now. */
  java.util.List<Peer> peers();

  /**
   * Counts of one open session as the router sees them: sent is what went to that peer, dropped is
   * what it was too slow for. Null where no such session is open.
   */
  SessionStatistics statistics(String peerZid);

  /** As {@link Session#unsent}, of one session; zero where there is none of that zid. */
  java.time.Duration unsent(String peerZid);

  /** Sum over all sessions there have been, the open ones included; without the local one. */
  SessionStatistics statistics();

  /** Told of sessions that open and close; called at once for those that are open. */
  Declared onPeer(PeerListener listener);

  /** Closes one session, with the reason in the log. */
  void close(String peerZid, String why);

  /** Told when a session opened or closed, on that session's thread. */
  interface PeerListener {
    void opened(Peer peer);

    void closed(Peer peer, String why);
  }

  /**
   * One session of the accepting side.
   *
   * @param zid printed form
   * @param whatami router, peer or client, as it said
   * @param remote address of its socket
   */
  record Peer(String zid, String whatami, java.net.InetSocketAddress remote) {}

  @Override
  void close();
}
