package tandem.deploy.drill;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;

/** A TCP relay that can be cut and mended, as a cable. Thread-safe. */
final class Relay implements AutoCloseable {
  private final int target;
  private final int port;
  private final Set<Socket> sockets = new HashSet<>();
  private ServerSocket server;

  Relay(int target) {
    this.target = target;
    this.port = Stage.freePort();
    mend();
  }

  String endpoint() {
    return "tcp/127.0.0.1:" + port;
  }

  /** Accepts again. */
  synchronized void mend() {
    try {
      server = new ServerSocket(port, 16, InetAddress.getLoopbackAddress());
      var accepting = server;
      Thread.ofPlatform().daemon().name("relay").start(() -> accept(accepting));
    } catch (IOException e) {
      throw new UncheckedIOException("relay on port " + port, e);
    }
  }

  /** Resets what is open and refuses what comes. */
  synchronized void cut() {
    try {
      server.close();
      for (var socket : sockets) {
        socket.setSoLinger(true, 0);
        socket.close();
      }
      sockets.clear();
    } catch (IOException e) {
      throw new UncheckedIOException("relay on port " + port + " not cut", e);
    }
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        var here = from.accept();
        var there = new Socket(InetAddress.getLoopbackAddress(), target);
        here.setTcpNoDelay(true);
        there.setTcpNoDelay(true);
        synchronized (this) {
          if (from.isClosed()) {
            here.close();
            there.close();
            return;
          }
          sockets.add(here);
          sockets.add(there);
        }
        pump(here, there);
        pump(there, here);
      } catch (IOException e) {
        if (!from.isClosed()) System.err.println("tandem drill: relay: " + e);
      }
    }
  }

  private void pump(Socket from, Socket to) {
    Thread.ofVirtual()
        .start(
            () -> {
              try (from;
                  to) {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                in.transferTo(out);
              } catch (IOException e) {
                // One end closed or was cut: so does the other.
                synchronized (this) {
                  sockets.remove(from);
                  sockets.remove(to);
                }
              }
            });
  }

  @Override
  public void close() {
    cut();
  }
}
