package tandem.ros2.node;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import tandem.zenoh.Declared;
import tandem.zenoh.GetOptions;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * Asks every advanced publisher on some keys for what it has kept: those that are there now, and
 * each one that appears later. Does not remove duplicates.
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

  private static final int MAX_LATCHED_KEYS = 4_096;

  private final Session session;
  private final int depth;
  private final Receiver receiver;
  private final Set<String> latchedKeys = ConcurrentHashMap.newKeySet();
  private final Declared tokens;
  private volatile boolean closed;

  History(Session session, String dataKeyExpr, int depth, Receiver receiver) {
    this.session = session;
    this.depth = depth;
    this.receiver = receiver;
    Consumer<Sample> onToken =
        token -> {
          if (token.kind() != Sample.Kind.PUT) return;
          String dataKey = AdvancedKeys.dataKey(token.key());
          if (dataKey != null && latchedKeys.size() < MAX_LATCHED_KEYS) latchedKeys.add(dataKey);
          ask(token.key());
        };
    this.tokens = session.subscribeTokens(AdvancedKeys.publishers(dataKeyExpr), true, onToken);
  }

  /** Whether a publisher with a cache was seen on that key. */
  boolean latched(String dataKey) {
    return latchedKeys.contains(dataKey);
  }

  /** Asks the caches behind a key expression. */
  void ask(String keyExpr) {
    if (closed) return;
    receiver.asked();
    session.get(keyExpr + AdvancedKeys.history(depth), ASK, new Answers());
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
    tokens.close();
  }
}
