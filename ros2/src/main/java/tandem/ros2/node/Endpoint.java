package tandem.ros2.node;

import java.util.function.Function;
import tandem.ros2.graph.LivelinessToken;
import tandem.zenoh.Declared;
import tandem.zenoh.Session;

/**
 * A liveliness token that follows its session: it holds the zid, so a new link means a new token
 * (and for a publisher a new gid).
 */
final class Endpoint implements AutoCloseable {
  private final Session session;
  private final Function<String, LivelinessToken> ofZid;
  private LivelinessToken token;
  private Declared declared;
  private boolean closed;

  Endpoint(Session session, Function<String, LivelinessToken> ofZid) {
    this.session = session;
    this.ofZid = ofZid;
    renew();
  }

  /** Declares the token of the session's present zid, if that is a new one; says whether it was. */
  synchronized boolean renew() {
    if (closed) return false;
    LivelinessToken now = ofZid.apply(session.zid());
    if (now.equals(token)) return false;
    Declared old = declared;
    token = now;
    declared = session.declareToken(now.key());
    if (old != null) old.close();
    return true;
  }

  synchronized LivelinessToken token() {
    return token;
  }

  @Override
  public synchronized void close() {
    closed = true;
    declared.close();
  }
}
