package tandem.ros2.node;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tandem.zenoh.Declared;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * Asks every advanced publisher on some keys for what it has kept: those that are there now, each
 * one that appears later, and all again after a new link. Does not remove duplicates.
 */
final class History implements AutoCloseable {
  /** What a history receives; on threads of the session. */
  interface Receiver {
    /** A question goes out. */
    void asked();

    void sample(Sample sample);

    /** The answers to one question are complete, or their time is over. */
    void answered();
  }

  private static final GetOptions ASK =
      GetOptions.DEFAULT
          .withTarget(GetOptions.Target.ALL)
          .withConsolidation(GetOptions.Consolidation.NONE)
          .withTimeout(Duration.ofSeconds(5))
          .withAnyReplyKey();

  private static final int MAX_CACHES = 4_096;

  private final Session session;
  private final int depth;
  private final Receiver receiver;
  private final Set<String> latchedKeys = ConcurrentHashMap.newKeySet();
  private final Set<String> caches = ConcurrentHashMap.newKeySet();
  private final Declared tokens;
  private final Declared connection;
  private volatile boolean closed;
  private volatile boolean linkWasLost;

  History(Session session, String dataKeyExpr, int depth, Receiver receiver) {
    this.session = session;
    this.depth = depth;
    this.receiver = receiver;
    this.tokens =
        session.subscribeTokens(AdvancedKeys.publishers(dataKeyExpr), true, this::tokenChanged);
    this.connection = session.onConnection(this::linkChanged);
  }

  private void tokenChanged(Sample token) {
    if (token.kind() == Sample.Kind.DELETE) {
      caches.remove(token.key());
      return;
    }
    String dataKey = AdvancedKeys.dataKey(token.key());
    if (dataKey != null && latchedKeys.size() < MAX_CACHES) latchedKeys.add(dataKey);
    if (caches.size() < MAX_CACHES) caches.add(token.key());
    ask(token.key());
  }

  /**
   * A token that stays alive over a lost link is not told again: its cache may have more by now.
   */
  private void linkChanged(boolean connected) {
    if (!connected) {
      linkWasLost = true;
    } else if (linkWasLost) {
      linkWasLost = false;
      caches.forEach(this::ask);
    }
  }

  /** Asks the caches behind a key expression. */
  void ask(String keyExpr) {
    if (closed) return;
    receiver.asked();
    try {
      session.get(keyExpr + AdvancedKeys.history(depth), ASK, new Answers());
    } catch (RuntimeException e) {
      receiver.answered(); // nobody else will say so
      throw e;
    }
  }

  /** Whether a publisher with a cache was seen on that key. */
  boolean latched(String dataKey) {
    return latchedKeys.contains(dataKey);
  }

  private final class Answers implements Replies {
    @Override
    public void reply(Reply reply) {
      switch (reply) {
        case Reply.Value value -> {
          if (!closed && value.sample().kind() == Sample.Kind.PUT) receiver.sample(value.sample());
        }
        // A cache that refuses has nothing for us; live samples still come.
        case Reply.Failure refused -> {}
      }
    }

    @Override
    public void done(boolean timedOut) {
      receiver.answered();
    }
  }

  @Override
  public void close() {
    closed = true;
    connection.close();
    tokens.close();
  }
}
