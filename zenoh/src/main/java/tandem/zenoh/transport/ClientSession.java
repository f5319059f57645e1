package tandem.zenoh.transport;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;
import tandem.zenoh.SessionStatistics;
import tandem.zenoh.ZenohException;
import tandem.zenoh.keyexpr.KeyExpr;
import tandem.zenoh.link.Endpoint;
import tandem.zenoh.link.TcpLink;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.PushView;
import tandem.zenoh.wire.Zid;

/**
 * A session over a link that it opens itself, in client mode. When the link is lost it tries its
 * endpoints again, from 100 ms apart to 2 s, with a new identity each time, because a router does
 * not take the old one before its lease has run out.
 */
public final class ClientSession extends SessionCore {
  private static final long FIRST_RETRY_MILLIS = 100;
  private static final long LAST_RETRY_MILLIS = 2000;
  private static final long DRAIN_MILLIS = 2000;
  private static final Duration ATTEMPT = Duration.ofSeconds(3);

  private final SessionConfig config;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile Transport transport;
  private volatile Zid zid = Zid.random();
  private Thread reconnecting;
  private long reconnects;
  private final Totals lost = new Totals();

  private ClientSession(SessionConfig config) {
    this.config = config;
  }

  /** Connects to the first endpoint that answers. */
  public static Session open(SessionConfig config) {
    if (config.endpoints().isEmpty())
      throw new IllegalArgumentException("endpoints: expected at least one, found none");
    for (var endpoint : config.endpoints()) Endpoint.parse(endpoint);
    var session = new ClientSession(config);
    long deadline = System.nanoTime() + config.connectTimeout().toNanos();
    long pause = FIRST_RETRY_MILLIS;
    while (true) {
      try {
        session.connect(deadline);
        return session;
      } catch (IOException e) {
        long left = deadline - System.nanoTime();
        if (left <= 0)
          throw new ZenohException(
              "none of %s took a session within %s; last: %s"
                  .formatted(config.endpoints(), config.connectTimeout(), e.getMessage()),
              e);
        session.pause(Math.min(left, TimeUnit.MILLISECONDS.toNanos(pause)));
        pause = Math.min(2 * pause, LAST_RETRY_MILLIS);
      }
    }
  }

  /** Waits so long, or until closed. */
  private void pause(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (left > 0 && !isClosed()) left = changed.awaitNanos(left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ZenohException("interrupted while connecting to " + config.endpoints(), e);
    } finally {
      lock.unlock();
    }
  }

  private void connect(long deadlineNanos) throws IOException {
    IOException last = null;
    for (var text : config.endpoints()) {
      long left = deadlineNanos - System.nanoTime();
      var timeout = Duration.ofNanos(Math.max(1_000_000, Math.min(left, ATTEMPT.toNanos())));
      try {
        connect(text, timeout);
        return;
      } catch (IOException e) {
        if (last != null) e.addSuppressed(last);
        last = e;
      } catch (java.nio.channels.UnresolvedAddressException e) {
        last = new IOException("the host of " + text + " is unknown", e);
      }
    }
    throw last;
  }

  private void connect(String endpoint, Duration timeout) throws IOException {
    var link = TcpLink.connect(Endpoint.parse(endpoint).resolve(), timeout);
    var reader = new BatchReader(link);
    try {
      var next = Zid.random();
      var agreed = new Handshake(link, reader, next, config.lease(), timeout).connect();
      var opened =
          new Transport(link, reader, agreed, config.queueBytes(), config.maxMessageBytes());
      lock.lock();
      try {
        if (isClosed()) throw new IOException("the session was closed meanwhile");
        zid = next;
      } finally {
        lock.unlock();
      }
      tellIdentity();
      lock.lock();
      try {
        if (isClosed()) throw new IOException("the session was closed meanwhile");
        transport = opened;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      opened.start(new Receiver(opened));
    } catch (IOException | RuntimeException e) {
      link.close();
      reader.release();
      throw e;
    }
    declareAll();
    tellConnection();
  }

  /** What one link brings. */
  private final class Receiver implements Transport.Handler {
    private final Transport of;
    private final KeyMap keys = new KeyMap();
    private final Complaints complaints = new Complaints();
    private final String peer;

    Receiver(Transport of) {
      this.of = of;
      this.peer = of.agreed().peerZid().toString();
    }

    @Override
    public void push(PushView view, boolean reliable) {
      KeyMap.Key key;
      try {
        key = keys.find(view);
      } catch (IllegalArgumentException e) {
        complain("sample", e);
        return;
      }
      if (key == null) {
        LOG.log(Level.DEBUG, "sample from {0} on unknown key number dropped", peer);
        return;
      }
      long version = subscriberVersion;
      if (key.routeVersion != version) {
        key.route = matching(key.expr);
        key.routeVersion = version;
      }
      var to = (Subscription[]) key.route;
      if (to.length > 0) deliver(to, sample(view, key.text, peer, reliable, of.receivedNanos()));
    }

    @Override
    public void message(NetworkMessage message, boolean reliable) {
      try {
        receive(message, keys, peer, of.receivedNanos());
      } catch (IllegalArgumentException e) {
        complain(message.getClass().getSimpleName(), e);
      }
    }

    private void complain(String what, IllegalArgumentException e) {
      if (complaints.next())
        LOG.log(
            Level.WARNING,
            "{0} from {1} dropped (complaint {2}): {3}",
            what,
            peer,
            complaints.count(),
            e.getMessage());
    }

    @Override
    public void closed(String why) {
      lost(of, why);
    }
  }

  static Sample sample(
      PushView view, String key, String from, boolean reliable, long receivedNanos) {
    return new Sample(
        key,
        view.isDelete() ? Sample.Kind.DELETE : Sample.Kind.PUT,
        view.payload(),
        view.encoding(),
        view.attachment(),
        view.timestamp(),
        view.sourceInfo(),
        from,
        Outgoing.qos(view.qos(), reliable),
        receivedNanos);
  }

  private void lost(Transport which, String why) {
    lock.lock();
    try {
      if (transport != which) return;
      transport = null;
      lost.add(which);
      changed.signalAll();
      if (!isClosed()) {
        LOG.log(Level.INFO, "session {0} lost its link: {1}; connecting again", zid, why);
        reconnecting =
            Thread.ofPlatform().daemon().name("zenoh-reconnect").unstarted(this::reconnect);
        reconnecting.start();
      }
    } finally {
      lock.unlock();
    }
    linkLost();
    tellConnection();
  }

  private void reconnect() {
    long pause = FIRST_RETRY_MILLIS;
    while (!isClosed()) {
      try {
        pause(TimeUnit.MILLISECONDS.toNanos(pause));
        if (isClosed()) return;
        connect(System.nanoTime() + ATTEMPT.toNanos() * config.endpoints().size());
        lock.lock();
        try {
          reconnects++;
        } finally {
          lock.unlock();
        }
        return;
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "not yet connected again: {0}", e.getMessage());
        pause = Math.min(2 * pause, LAST_RETRY_MILLIS);
      } catch (ZenohException e) {
        LOG.log(Level.WARNING, "gave up connecting to {0}: {1}", config.endpoints(), e);
        return;
      }
    }
  }

  /** The link; waits for one at most so long; null: there is none. */
  private Transport await(long nanos) {
    var now = transport;
    if (now != null || nanos <= 0) return now;
    lock.lock();
    try {
      long left = nanos;
      while (transport == null && !isClosed() && left > 0) left = changed.awaitNanos(left);
      return transport;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  boolean sendUp(NetworkMessage message) {
    var now = transport;
    if (now == null) return false;
    var sent = now.send(message, true, config.blockTimeout().toNanos());
    if (sent == Outbox.Sent.TIMED_OUT)
      now.abort(
          "%s took nothing for %s; link given up because a %s could not be sent"
              .formatted(now.remote(), config.blockTimeout(), message.getClass().getSimpleName()));
    return sent == Outbox.Sent.QUEUED;
  }

  @Override
  boolean trySendUp(NetworkMessage message) {
    var now = transport;
    return now != null && now.send(message, true, 0) == Outbox.Sent.QUEUED;
  }

  @Override
  boolean pushUp(KeyExpr key, byte[] utf8, boolean delete, byte[] payload, PutOptions options) {
    boolean block = options.qos().congestion() == Qos.Congestion.BLOCK;
    long blockNanos = block ? config.blockTimeout().toNanos() : 0;
    long deadline = System.nanoTime() + blockNanos;
    while (true) {
      var now = await(block ? deadline - System.nanoTime() : 0);
      if (now == null) {
        if (isClosed()) checkOpen();
        droppedWithoutLink.incrementAndGet();
        if (!block) return false;
        throw new ZenohException(
            "put on %s: no link to %s within %s; not sent"
                .formatted(key, config.endpoints(), config.blockTimeout()));
      }
      var head = Outgoing.mine().push(utf8, delete, payload.length, options);
      var sent =
          now.outbox()
              .send(
                  Outgoing.qos(options.qos()),
                  options.qos().reliable(),
                  deadline - System.nanoTime(),
                  head,
                  null,
                  payload,
                  0,
                  delete ? 0 : payload.length);
      switch (sent) {
        case QUEUED -> {
          return true;
        }
        case DROPPED -> {
          return false;
        }
        case TIMED_OUT ->
            throw new ZenohException(
                "put on %s: %s took nothing for %s with %d bytes queued; not sent"
                    .formatted(
                        key, now.remote(), config.blockTimeout(), now.outbox().queuedBytes()));
        case CLOSED -> {
          if (!block) {
            droppedWithoutLink.incrementAndGet();
            return false;
          }
          awaitOther(now, deadline - System.nanoTime());
        }
      }
    }
  }

  /** Waits until the session has noticed that this link is closed. */
  private void awaitOther(Transport than, long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (transport == than && !isClosed() && left > 0) left = changed.awaitNanos(left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  @Override
  Zid identity() {
    return zid;
  }

  @Override
  Duration blockTimeout() {
    return config.blockTimeout();
  }

  @Override
  public String zid() {
    return zid.toString();
  }

  @Override
  public String peerZid() {
    var now = transport;
    return now == null ? null : now.agreed().peerZid().toString();
  }

  @Override
  public boolean connected() {
    return transport != null;
  }

  @Override
  public java.time.Duration unsent() {
    Transport now = transport;
    return java.time.Duration.ofNanos(now == null ? 0 : now.outbox().unsentNanos());
  }

  @Override
  public void dropLink(String why) {
    Transport now = transport;
    if (now != null) now.abort(why);
  }

  @Override
  public SessionStatistics statistics() {
    lock.lock();
    try {
      var sum = new Totals();
      sum.add(lost);
      var now = transport;
      if (now != null) sum.add(now);
      return sum.statistics(droppedWithoutLink.get(), reconnects, failedCallbacks.get());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    if (!closeCore()) return;
    Transport now;
    lock.lock();
    try {
      now = transport;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (now != null) now.close("closed by us", DRAIN_MILLIS);
  }
}
