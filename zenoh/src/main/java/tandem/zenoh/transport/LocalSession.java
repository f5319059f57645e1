package tandem.zenoh.transport;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import tandem.zenoh.IngressPolicy;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Router;
import tandem.zenoh.SessionStatistics;
import tandem.zenoh.keyexpr.KeyExpr;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.PushView;
import tandem.zenoh.wire.WireWriter;
import tandem.zenoh.wire.Zid;

/**
 * The router's own session: a member of {@link Routing} like the others, but reached by calls. Its
 * callbacks run on the receiving thread of whoever caused them, never under the lock of the tables.
 */
final class LocalSession extends SessionCore {
  private static final int MAX_ROUTES = 4096;

  private record RemoteRoute(long version, Face[] to) {}

  private final Routing routing;
  private final Zid zid;
  private final Duration blockTimeout;
  private final Member face;
  private final ConcurrentHashMap<String, RemoteRoute> routes = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Declare> told = new ConcurrentLinkedQueue<>();
  private final AtomicInteger telling = new AtomicInteger();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  LocalSession(Routing routing, Zid zid, Duration blockTimeout) {
    this.routing = routing;
    this.zid = zid;
    this.blockTimeout = blockTimeout;
    this.face = new Member(new Router.Peer(zid.toString(), "router", null));
    routing.localSession(this);
    routing.add(face);
  }

  Face face() {
    return face;
  }

  private final class Member extends Face {
    Member(Router.Peer peer) {
      super(peer, true);
    }

    @Override
    void tell(Declare declare) {
      told.add(declare);
    }

    @Override
    void pass(NetworkMessage message, Face from) {
      receive(message, keys, from.peer.zid(), System.nanoTime());
    }

    @Override
    Outbox.Sent forward(WireWriter head, PushView push, boolean reliable, boolean wait) {
      return Outbox.Sent.QUEUED;
    }

    @Override
    Outbox.Sent forward(
        WireWriter head, byte[] payload, int length, int qos, boolean reliable, boolean wait) {
      return Outbox.Sent.QUEUED;
    }
  }

  /** Hands over what the tables had to say, in order; by one thread at a time. */
  void drainTold() {
    if (told.isEmpty() || telling.getAndIncrement() != 0) return;
    int rounds = 1;
    do {
      for (var next = told.poll(); next != null; next = told.poll())
        receive(next, face.keys, zid.toString(), System.nanoTime());
      rounds = telling.addAndGet(-rounds);
    } while (rounds != 0);
  }

  Face[] remoteRoute(KeyExpr key, long version) {
    var route = routes.get(key.toString());
    return route != null && route.version == version ? route.to : null;
  }

  void rememberRoute(KeyExpr key, long version, Face[] to) {
    if (routes.size() >= MAX_ROUTES) routes.clear();
    routes.put(key.toString(), new RemoteRoute(version, to));
  }

  @Override
  boolean sendUp(NetworkMessage message) {
    sent.incrementAndGet();
    routing.handle(face, message);
    drainTold();
    return true;
  }

  @Override
  boolean trySendUp(NetworkMessage message) {
    return sendUp(message); // nothing of our own waits before the routing
  }

  @Override
  boolean mayPut(KeyExpr expr, boolean delete) {
    return routing.accepts(
        face, delete ? IngressPolicy.Kind.DELETE : IngressPolicy.Kind.PUT, expr.toString());
  }

  @Override
  boolean pushUp(KeyExpr key, byte[] utf8, boolean delete, byte[] payload, PutOptions options) {
    sent.incrementAndGet();
    boolean all = routing.pushLocal(face, key, utf8, delete, payload, options);
    if (!all) dropped.incrementAndGet();
    return all;
  }

  @Override
  Zid identity() {
    return zid;
  }

  @Override
  Duration blockTimeout() {
    return blockTimeout;
  }

  @Override
  public String zid() {
    return zid.toString();
  }

  @Override
  public String peerZid() {
    return zid.toString();
  }

  @Override
  public boolean connected() {
    return !isClosed();
  }

  @Override
  public java.time.Duration unsent() {
    return java.time.Duration.ZERO;
  }

  @Override
  public void dropLink(String why) {}

  @Override
  public SessionStatistics statistics() {
    return new SessionStatistics(
        sent.get(), 0, 0, 0, dropped.get(), 0, 0, 0, failedCallbacks.get());
  }

  @Override
  public void close() {
    if (!closeCore()) return;
    routing.remove(face);
    tellConnection();
  }
}
