package tandem.robot;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Carries TCP to a target, until it is paused: then both ends stay connected and hear nothing. Or
 * until its cable is pulled: then the near end is closed, and the far one hears nothing of that.
 */
final class PausableProxy implements AutoCloseable {
  private final ServerSocket server;
  private final int target;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<Socket> nears = new CopyOnWriteArrayList<>();
  private final Set<Socket> forsaken = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition running = lock.newCondition();
  private boolean paused;

  PausableProxy(String endpoint) throws IOException {
    target = Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
    server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  String endpoint() {
    return "tcp/127.0.0.1:" + server.getLocalPort();
  }

  void pause(boolean now) {
    lock.lock();
    try {
      paused = now;
      running.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Connections made afterwards are carried. */
  void pull() throws IOException {
    for (Socket socket : sockets) {
      if (!nears.contains(socket)) forsaken.add(socket);
    }
    for (Socket near : nears) {
      near.close();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket near = server.accept();
        Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
        near.setTcpNoDelay(true);
        far.setTcpNoDelay(true);
        nears.add(near);
        sockets.add(near);
        sockets.add(far);
        Thread.startVirtualThread(() -> pump(near, far));
        Thread.startVirtualThread(() -> pump(far, near));
      }
    } catch (IOException closed) {
      // the test is over
    }
  }

  private void pump(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[65_536];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        lock.lock();
        try {
          while (paused) {
            running.awaitUninterruptibly();
          }
        } finally {
          lock.unlock();
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException closed) {
      // one end closed; the other is closed with it, unless the cable was pulled
    }
    close(from);
    close(to);
  }

  private void close(Socket one) {
    if (forsaken.contains(one)) return;
    try {
      one.close();
    } catch (IOException closed) {
      // it is
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    pause(false);
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
