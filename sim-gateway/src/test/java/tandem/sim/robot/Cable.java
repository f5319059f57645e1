package tandem.sim.robot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** A TCP way to a Zenoh endpoint, to be cut or to fall silent; what connects later gets nothing. */
final class Cable implements AutoCloseable {
  private final int to;
  private final ServerSocket listener;
  private final List<Socket> ends = new CopyOnWriteArrayList<>();
  private final CountDownLatch released = new CountDownLatch(1);
  private volatile boolean held;
  private volatile boolean cut;

  Cable(String endpoint) throws IOException {
    to = Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
    listener = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  String endpoint() {
    return "tcp/127.0.0.1:" + listener.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket near = listener.accept();
        ends.add(near);
        if (cut) {
          near.close();
          continue;
        }
        Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
        ends.add(far);
        Thread.ofVirtual().start(() -> carry(near, far));
        Thread.ofVirtual().start(() -> carry(far, near));
      }
    } catch (IOException e) {
      release(); // the listener was closed
    }
  }

  private void carry(Socket from, Socket into) {
    var bytes = new byte[1 << 14];
    try (from;
        into) {
      for (int n; (n = from.getInputStream().read(bytes)) >= 0; ) {
        if (held) released.await();
        into.getOutputStream().write(bytes, 0, n);
      }
    } catch (IOException e) {
      ends.remove(from); // one end is gone, so is the other
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nothing comes through any more, both ways; both ends stay open. */
  void hold() {
    held = true;
  }

  void cut() {
    cut = true;
    release();
  }

  private void release() {
    for (Socket end : ends) {
      try {
        end.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    released.countDown();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    release();
  }
}
