package tandem.twin.site;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the life lines at the node that is watched: greets whoever connects and holds the
 * connection for as long as the process lives. Nothing is read; a byte that comes ends the
 * connection it came on. It listens until {@link #close}: a refused connection is what tells the
 * others that this process is gone, so no trouble with one connection may end it.
 */
final class LifeLineListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LifeLineListener.class);
  private static final int BACKLOG = 256;
  private static final long AFTER_TROUBLE_NANOS = 50_000_000;

  private final ServerSocket server;
  private final byte[] greeting;
  private final int most;
  private final Set<Socket> held = ConcurrentHashMap.newKeySet();
  private final LongAdder turnedAway = new LongAdder();

  /**
   * @param host of Artery; nothing else is listened on
   * @param most connections held at the same time; further ones are closed at once
   * @throws IOException where nobody can listen there
   */
  LifeLineListener(InetAddress host, long incarnation, int most) throws IOException {
    this.most = most;
    greeting =
        ByteBuffer.allocate(LifeLine.GREETING_BYTES)
            .putLong(LifeLine.MAGIC)
            .putLong(incarnation)
            .array();
    server = new ServerSocket();
    try {
      server.bind(new InetSocketAddress(host, 0), BACKLOG);
    } catch (IOException e) {
      server.close();
      throw new IOException("life line: %s: cannot listen: %s".formatted(host, e.getMessage()), e);
    }
    Thread.ofVirtual().name("tandem-life-lines").start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** Connections closed because there were too many, or because something was sent on them. */
  long turnedAway() {
    return turnedAway.sum();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        greet(server.accept());
      } catch (IOException e) {
        if (server.isClosed()) return;
        LOG.warn("life line: not accepted: {}; others are", e.getMessage());
        LockSupport.parkNanos(AFTER_TROUBLE_NANOS); // out of files: they may come back
      }
    }
  }

  /** Writes on this thread: 16 bytes go into an empty send buffer. */
  private void greet(Socket peer) {
    if (held.size() >= most) {
      turnedAway.increment();
      closeQuietly(peer);
      return;
    }
    held.add(peer);
    try {
      peer.setKeepAlive(true);
      peer.getOutputStream().write(greeting);
      Thread.ofVirtual().name("tandem-life-line-held").start(() -> hold(peer));
    } catch (IOException e) {
      held.remove(peer);
      closeQuietly(peer);
    }
    if (server.isClosed()) closeQuietly(peer);
  }

  private void hold(Socket peer) {
    try {
      if (peer.getInputStream().read() >= 0) turnedAway.increment();
    } catch (IOException e) {
      // It is over.
    } finally {
      held.remove(peer);
      closeQuietly(peer);
    }
  }

  private static void closeQuietly(Socket peer) {
    try {
      peer.close();
    } catch (IOException e) {
      // Closed it is all the same.
    }
  }

  /** First the door, then the lines: whoever tries again is refused. */
  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      LOG.warn("life line: not closed: {}", e.getMessage());
    }
    held.forEach(LifeLineListener::closeQuietly);
  }
}
