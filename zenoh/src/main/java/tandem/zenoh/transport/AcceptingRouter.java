package tandem.zenoh.transport;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import tandem.zenoh.Declared;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionStatistics;
import tandem.zenoh.ZenohException;
import tandem.zenoh.link.Endpoint;
import tandem.zenoh.link.TcpLink;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.PushView;
import tandem.zenoh.wire.WireWriter;
import tandem.zenoh.wire.Zid;

/**
 * Listens on one TCP endpoint, opens a session with each core that connects, and lets {@link
 * Routing} route between them. One thread accepts; each handshake has a thread of its own and
 * little time; each session then has one thread that receives and one that writes.
 */
public final class AcceptingRouter implements Router {
  private static final System.Logger LOG = System.getLogger("tandem.zenoh.router");
  private static final Duration HANDSHAKE = Duration.ofSeconds(5);
  private static final int MAX_HANDSHAKES = 128;
  private static final long DRAIN_MILLIS = 500;

  private final RouterConfig config;
  private final Zid zid = Zid.random();
  private final ServerSocketChannel server;
  private final Routing routing;
  private final LocalSession own;
  private final Map<Zid, LinkFace> sessions = new HashMap<>();
  private final Totals ended = new Totals();
  private final CopyOnWriteArrayList<Watch> watches = new CopyOnWriteArrayList<>();
  private final Semaphore handshakes = new Semaphore(MAX_HANDSHAKES);
  private final Complaints refusals = new Complaints();
  private volatile boolean closed;

  private AcceptingRouter(RouterConfig config, ServerSocketChannel server) {
    this.config = config;
    this.server = server;
    this.routing = new Routing(config.policy(), config.maxDeclarations());
    this.own = new LocalSession(routing, zid, config.blockTimeout());
  }

  /** Listens on the configured endpoint; a {@link ZenohException} says why that failed. */
  public static Router listen(RouterConfig config) {
    var endpoint = Endpoint.parse(config.endpoint());
    ServerSocketChannel server = null;
    try {
      server = ServerSocketChannel.open();
      server.setOption(java.net.StandardSocketOptions.SO_REUSEADDR, true);
      server.bind(endpoint.resolve());
      var router = new AcceptingRouter(config, server);
      Thread.ofPlatform().daemon().name("zenoh-accept").start(router::accept);
      return router;
    } catch (IOException | java.nio.channels.UnresolvedAddressException e) {
      if (server != null) closeQuietly(server);
      throw new ZenohException("cannot listen on " + endpoint + ": " + e.getMessage(), e);
    }
  }

  private static void closeQuietly(java.nio.channels.Channel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "closing a socket", e);
    }
  }

  private void accept() {
    while (!closed) {
      try {
        var channel = server.accept();
        if (handshakes.tryAcquire())
          Thread.ofPlatform().daemon().name("zenoh-handshake").start(() -> handshake(channel));
        else {
          if (refusals.next())
            LOG.log(
                Level.WARNING,
                "refusal {0}: {1} handshakes are open; {2} not served",
                refusals.count(),
                MAX_HANDSHAKES,
                channel.getRemoteAddress());
          channel.close();
        }
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.log(Level.WARNING, "accepting on " + config.endpoint() + " failed; it goes on", e);
      }
    }
  }

  private void handshake(SocketChannel channel) {
    LinkFace face = null;
    TcpLink link = null;
    BatchReader reader = null;
    try {
      link = TcpLink.accepted(channel);
      reader = new BatchReader(link);
      var agreed = new Handshake(link, reader, zid, config.lease(), HANDSHAKE).accept(this::isFree);
      var transport =
          new Transport(link, reader, agreed, config.queueBytes(), config.maxMessageBytes());
      var peer = new Peer(agreed.peerZid().toString(), agreed.whatamiName(), transport.remote());
      face = new LinkFace(peer, transport);
      open(agreed.peerZid(), face);
    } catch (IOException e) {
      abandon(link, reader);
      if (!closed && refusals.next())
        LOG.log(Level.WARNING, "refusal {0}: {1}", refusals.count(), e.getMessage());
    } catch (RuntimeException e) {
      abandon(link, reader);
      LOG.log(Level.ERROR, "a handshake failed; others are not affected", e);
    } finally {
      handshakes.release();
    }
  }

  private static void abandon(TcpLink link, BatchReader reader) {
    if (link != null) link.close();
    if (reader != null) reader.release();
  }

  private boolean isFree(Zid peer) {
    synchronized (sessions) {
      return !closed && !sessions.containsKey(peer) && sessions.size() < config.maxSessions();
    }
  }

  private void open(Zid peer, LinkFace face) throws IOException {
    synchronized (sessions) {
      if (!isFree(peer))
        throw new IOException(
            "peer %s (%s): its zid has a session already, or there are %d sessions; refused"
                .formatted(peer, face.peer.remote(), sessions.size()));
      sessions.put(peer, face);
    }
    routing.add(face);
    LOG.log(Level.INFO, "session with {0} {1} opened", face.peer.whatami(), face.peer);
    for (var watch : watches) watch.opened(face.peer);
    face.transport.start(face);
  }

  /** One session over a link. */
  final class LinkFace extends Face implements Transport.Handler {
    final Transport transport;

    LinkFace(Peer peer, Transport transport) {
      super(peer, false);
      this.transport = transport;
    }

    private Outbox.Sent noted(Outbox.Sent sent, boolean waited) {
      if (sent == Outbox.Sent.TIMED_OUT && waited)
        giveUp("it took nothing for " + config.blockTimeout().toMillis() + " ms");
      return sent;
    }

    private void giveUp(String why) {
      LOG.log(
          Level.WARNING,
          "session with {0} closed: {1}; {2} bytes were queued",
          peer,
          why,
          transport.outbox().queuedBytes());
      transport.abort(why);
    }

    private long blockNanos(boolean wait) {
      return wait ? config.blockTimeout().toNanos() : 0;
    }

    @Override
    Outbox.Sent forward(WireWriter head, PushView push, boolean reliable, boolean wait) {
      return noted(
          transport
              .outbox()
              .send(
                  push.qos(),
                  reliable,
                  blockNanos(wait),
                  head,
                  push.buffer(),
                  null,
                  push.tailFrom(),
                  push.end() - push.tailFrom()),
          wait);
    }

    @Override
    Outbox.Sent forward(
        WireWriter head, byte[] payload, int length, int qos, boolean reliable, boolean wait) {
      return noted(
          transport.outbox().send(qos, reliable, blockNanos(wait), head, null, payload, 0, length),
          wait);
    }

    @Override
    void tell(Declare declare) {
      if (transport.send(declare, true, 0) == Outbox.Sent.TIMED_OUT)
        giveUp("no room for a declaration");
    }

    @Override
    void pass(NetworkMessage message, Face from) {
      if (transport.send(message, true, blockNanos(true)) == Outbox.Sent.TIMED_OUT)
        giveUp("it took nothing for " + config.blockTimeout().toMillis() + " ms");
    }

    @Override
    public void push(PushView view, boolean reliable) {
      try {
        routing.push(this, view, reliable, transport.receivedNanos());
      } catch (IllegalArgumentException e) {
        Routing.complain(this, "push dropped: %s", e.getMessage());
      }
    }

    @Override
    public void message(NetworkMessage message, boolean reliable) {
      try {
        routing.handle(this, message);
      } catch (IllegalArgumentException e) {
        Routing.complain(
            this, "%s dropped: %s", message.getClass().getSimpleName(), e.getMessage());
      }
      own.drainTold();
    }

    @Override
    public void closed(String why) {
      synchronized (sessions) {
        if (sessions.remove(transport.agreed().peerZid(), this)) ended.add(transport);
      }
      routing.remove(this);
      own.drainTold();
      LOG.log(Level.INFO, "session with {0} closed: {1}", peer, why);
      for (var watch : watches) watch.closed(peer, why);
    }
  }

  private final class Watch implements Declared {
    private final PeerListener listener;

    Watch(PeerListener listener) {
      this.listener = listener;
    }

    void opened(Peer peer) {
      own.guarded(() -> listener.opened(peer));
    }

    void closed(Peer peer, String why) {
      own.guarded(() -> listener.closed(peer, why));
    }

    @Override
    public String key() {
      return "";
    }

    @Override
    public void close() {
      watches.remove(this);
    }
  }

  @Override
  public String endpoint() {
    var asked = Endpoint.parse(config.endpoint());
    return new Endpoint(asked.host(), server.socket().getLocalPort()).toString();
  }

  @Override
  public String zid() {
    return zid.toString();
  }

  @Override
  public Session local() {
    return own;
  }

  @Override
  public List<Peer> peers() {
    synchronized (sessions) {
      var all = new ArrayList<Peer>(sessions.size());
      for (var face : sessions.values()) all.add(face.peer);
      return all;
    }
  }

  @Override
  public SessionStatistics statistics(String peerZid) {
    synchronized (sessions) {
      for (var face : sessions.values())
        if (face.peer.zid().equals(peerZid))
          return new Totals().add(face.transport).statistics(0, 0, 0);
    }
    return null;
  }

  @Override
  public java.time.Duration unsent(String peerZid) {
    synchronized (sessions) {
      for (var face : sessions.values())
        if (face.peer.zid().equals(peerZid))
          return java.time.Duration.ofNanos(face.transport.outbox().unsentNanos());
    }
    return java.time.Duration.ZERO;
  }

  @Override
  public SessionStatistics statistics() {
    synchronized (sessions) {
      var sum = new Totals().add(ended);
      for (var face : sessions.values()) sum.add(face.transport);
      return sum.statistics(0, 0, own.failedCallbacks.get());
    }
  }

  @Override
  public Declared onPeer(PeerListener listener) {
    var watch = new Watch(listener);
    watches.add(watch);
    for (var peer : peers()) watch.opened(peer);
    return watch;
  }

  @Override
  public void close(String peerZid, String why) {
    LinkFace found = null;
    synchronized (sessions) {
      for (var face : sessions.values()) if (face.peer.zid().equals(peerZid)) found = face;
    }
    if (found == null) return;
    LOG.log(Level.WARNING, "session with {0} closed by us: {1}", found.peer, why);
    found.transport.abort(why);
  }

  @Override
  public void close() {
    closed = true;
    closeQuietly(server);
    own.close();
    List<LinkFace> open;
    synchronized (sessions) {
      open = List.copyOf(sessions.values());
    }
    for (var face : open) face.transport.outbox().finish();
    for (var face : open) face.transport.close("the router closes", DRAIN_MILLIS);
  }
}
