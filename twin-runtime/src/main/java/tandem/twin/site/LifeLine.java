package tandem.twin.site;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One node's connection to one incarnation of another node. Says {@link Watcher#gone} at most once,
 * and only when the connection stood, broke, and a new one was then refused or met another
 * incarnation: the process is no more. Silence, a time-out, an unreachable host, a stranger's
 * greeting say nothing of the kind.
 *
 * <p>The other side sends one greeting and never anything else:
 *
 * <pre>
 *   byte 0            8
 *        +------------+-------------+
 *        | TANDLIFE   | incarnation |
 *        | 8 x ASCII  | i64         |
 *        +------------+-------------+
 * </pre>
 *
 * Big-endian. A thread of its own; thread-safe.
 */
final class LifeLine implements AutoCloseable {
  static final long MAGIC = 0x54414e444c494645L;
  static final int GREETING_BYTES = 16;

  /** Who wants to know; called on the line's thread. */
  interface Watcher {
    void up();

    void broken();

    /** No greeting: the process may be paused, or the network is slow. */
    void unanswered();

    void gone(String how);
  }

  /**
   * How long things may take.
   *
   * @param answerMillis for connecting, and for the greeting after it
   * @param firstPauseMillis before the second attempt; doubled each time
   * @param longestPauseMillis between attempts
   */
  record Patience(int answerMillis, long firstPauseMillis, long longestPauseMillis) {
    static final Patience USUAL = new Patience(2_000, 10, 1_000);
  }

  private enum Outcome {
    BROKEN,
    REFUSED,
    OTHER_INCARNATION,
    NOTHING
  }

  private final InetSocketAddress there;
  private final long incarnation;
  private final Patience patience;
  private final Watcher watcher;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile Socket socket;
  private volatile int attempts;

  LifeLine(InetSocketAddress there, long incarnation, Patience patience, Watcher watcher) {
    this.there = there;
    this.incarnation = incarnation;
    this.patience = patience;
    this.watcher = watcher;
  }

  void start() {
    Thread.ofVirtual().name("tandem-life-line-" + there).start(this::run);
  }

  private void run() {
    boolean stood = false;
    long pause = patience.firstPauseMillis();
    while (!isClosed()) {
      attempts++;
      Outcome outcome = hold();
      if (isClosed()) return;
      if (outcome == Outcome.BROKEN) {
        stood = true;
        pause = patience.firstPauseMillis();
        watcher.broken();
        continue; // whether it is gone shows now
      }
      if (stood && outcome != Outcome.NOTHING) {
        watcher.gone(
            outcome == Outcome.REFUSED
                ? "its connection broke and a new one was refused"
                : "its connection broke and another incarnation answers");
        return;
      }
      try {
        if (closing.await(pause, TimeUnit.MILLISECONDS)) return;
      } catch (InterruptedException e) {
        return;
      }
      pause = Math.min(patience.longestPauseMillis(), 2 * pause);
    }
  }

  private boolean isClosed() {
    return closing.getCount() == 0;
  }

  /** Connects and stays until the connection breaks, or says why there is none. */
  private Outcome hold() {
    boolean stands = false;
    try (var own = new Socket()) {
      socket = own;
      if (isClosed()) return Outcome.NOTHING;
      own.connect(there, patience.answerMillis());
      own.setKeepAlive(true);
      own.setSoTimeout(patience.answerMillis());
      InputStream in = own.getInputStream();
      var greeting = ByteBuffer.wrap(in.readNBytes(GREETING_BYTES));
      if (greeting.remaining() < GREETING_BYTES || greeting.getLong() != MAGIC) {
        return Outcome.NOTHING;
      }
      if (greeting.getLong() != incarnation) return Outcome.OTHER_INCARNATION;
      own.setSoTimeout(0);
      stands = true;
      watcher.up();
      in.read(); // whatever it is, the line is over: nothing is ever sent
      return Outcome.BROKEN;
    } catch (SocketTimeoutException e) {
      watcher.unanswered();
      return Outcome.NOTHING;
    } catch (ConnectException e) {
      return isRefusal(e) ? Outcome.REFUSED : Outcome.NOTHING;
    } catch (IOException e) {
      return stands ? Outcome.BROKEN : Outcome.NOTHING;
    } finally {
      socket = null;
    }
  }

  /** A {@link ConnectException} is also "timed out" and "network is unreachable". */
  private static boolean isRefusal(ConnectException e) {
    return String.valueOf(e.getMessage()).startsWith("Connection refused");
  }

  /** Connections that were tried; only the line's own thread counts. */
  int attempts() {
    return attempts;
  }

  /** Breaks the connection as a network does that resets it; the line is built anew. */
  void cut() {
    closeSocket();
  }

  private void closeSocket() {
    Socket now = socket;
    if (now == null) return;
    try {
      now.close();
    } catch (IOException e) {
      // Closed it is all the same.
    }
  }

  @Override
  public void close() {
    closing.countDown();
    closeSocket();
  }
}
