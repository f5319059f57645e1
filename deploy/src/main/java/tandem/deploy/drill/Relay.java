package tandem.deploy.drill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A TCP relay that is a bad cable: it delays with jitter, stalls (which is what a lost packet is on
 * TCP), holds bytes back and lets them go later, in one direction or both, and can be cut and
 * mended. Bytes stay whole and in order. Seeded. Thread-safe.
 */
public final class Relay implements AutoCloseable {
  private static final int CHUNK_BYTES = 16 << 10;
  private static final int MOST_CHUNKS = 4096;

  /** Who speaks. */
  public enum Way {
    /** From who connected to where the relay leads. */
    FORTH,
    BACK
  }

  /**
   * How bytes come late.
   *
   * @param delay of every chunk
   * @param jitter up to so much more or less, evenly spread
   * @param stallChance of each chunk to be held up
   * @param stall for so long
   */
  public record Weather(Duration delay, Duration jitter, double stallChance, Duration stall) {
    public static final Weather CLEAR = new Weather(Duration.ZERO, Duration.ZERO, 0, Duration.ZERO);
  }

  private record Chunk(byte[] bytes, long dueNanos) {}

  private volatile int target;
  private final int port;
  private final Set<Socket> sockets = new HashSet<>();
  private final Set<Way> held = new HashSet<>();
  private final SplittableRandom random;
  private Weather weather = Weather.CLEAR;
  private ServerSocket server;

  Relay(int target) {
    this(target, 1);
  }

  public Relay(int target, long seed) {
    this.target = target;
    this.port = Stage.freePort();
    this.random = new SplittableRandom(seed);
    mend();
  }

  public String endpoint() {
    return "tcp/127.0.0.1:" + port;
  }

  public int port() {
    return port;
  }

  /** Connections that come from now on lead to this port. */
  public void leadTo(int port) {
    target = port;
  }

  /** From the next chunk on. */
  public synchronized void weather(Weather now) {
    weather = now;
  }

  /** What this side says waits from now on; both ends keep their connections. */
  public synchronized void hold(Way way) {
    held.add(way);
  }

  /** What waited goes on, all of it, at once. */
  public synchronized void release(Way way) {
    held.remove(way);
    notifyAll();
  }

  /** Accepts again. */
  public synchronized void mend() {
    try {
      server = new ServerSocket(port, 16, InetAddress.getLoopbackAddress());
      var accepting = server;
      Thread.ofPlatform().daemon().name("relay").start(() -> accept(accepting));
    } catch (IOException e) {
      throw new UncheckedIOException("relay on port " + port, e);
    }
  }

  /** Resets what is open; what comes is accepted. */
  public synchronized void reset() {
    try {
      for (var socket : sockets) {
        socket.setSoLinger(true, 0);
        socket.close();
      }
      sockets.clear();
      notifyAll();
    } catch (IOException e) {
      throw new UncheckedIOException("relay on port " + port + " not reset", e);
    }
  }

  /** Resets what is open and refuses what comes. */
  public synchronized void cut() {
    try {
      server.close();
      reset();
    } catch (IOException e) {
      throw new UncheckedIOException("relay on port " + port + " not cut", e);
    }
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        var here = from.accept();
        var there = reached(here);
        if (there == null) continue;
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
        pump(Way.FORTH, here, there);
        pump(Way.BACK, there, here);
      } catch (IOException e) {
        if (!from.isClosed()) System.err.println("tandem drill: relay: " + e);
      }
    }
  }

  /** Null where nobody listens: then who came is refused, too. */
  private Socket reached(Socket here) throws IOException {
    try {
      return new Socket(InetAddress.getLoopbackAddress(), target);
    } catch (IOException nobody) {
      here.close();
      return null;
    }
  }

  private void pump(Way way, Socket from, Socket to) {
    var waiting = new LinkedBlockingQueue<Chunk>(MOST_CHUNKS);
    Thread.ofVirtual().start(() -> read(from, to, waiting));
    Thread.ofVirtual().start(() -> write(way, from, to, waiting));
  }

  private void read(Socket from, Socket to, LinkedBlockingQueue<Chunk> waiting) {
    long last = System.nanoTime();
    var buffer = new byte[CHUNK_BYTES];
    try {
      var in = from.getInputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        last = Math.max(last, System.nanoTime() + lateness());
        waiting.put(new Chunk(java.util.Arrays.copyOf(buffer, read), last));
      }
      waiting.put(new Chunk(null, last));
    } catch (IOException e) {
      both(from, to); // one end closed or was cut: so does the other
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized long lateness() {
    long jitter = weather.jitter().toNanos();
    long late = weather.delay().toNanos() + (jitter == 0 ? 0 : random.nextLong(-jitter, jitter));
    if (random.nextDouble() < weather.stallChance()) late += weather.stall().toNanos();
    return Math.max(0, late);
  }

  private void write(Way way, Socket from, Socket to, LinkedBlockingQueue<Chunk> waiting) {
    try {
      var out = to.getOutputStream();
      while (true) {
        var chunk = waiting.take();
        long left = chunk.dueNanos() - System.nanoTime();
        if (left > 0) TimeUnit.NANOSECONDS.sleep(left);
        synchronized (this) {
          while (held.contains(way) && !to.isClosed()) wait();
        }
        if (chunk.bytes() == null) break;
        out.write(chunk.bytes());
      }
      both(from, to);
    } catch (IOException e) {
      both(from, to);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void both(Socket from, Socket to) {
    for (var socket : new Socket[] {from, to}) {
      sockets.remove(socket);
      try {
        socket.close();
      } catch (IOException e) {
        System.err.println("tandem drill: relay: not closed cleanly: " + e);
      }
    }
    notifyAll();
  }

  @Override
  public void close() {
    cut();
  }
}
