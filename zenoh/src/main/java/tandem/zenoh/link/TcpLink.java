package tandem.zenoh.link;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/**
 * One TCP connection that moves bytes. Reading is for one thread, which may wait; writing never
 * waits: {@link #write} takes what the socket takes, {@link #awaitWritable} waits for more room.
 * Different threads may read and write at the same time; writers exclude each other themselves.
 */
public final class TcpLink implements AutoCloseable {
  private final SocketChannel channel;
  private final Selector readable;
  private final Selector writable;
  private final InetSocketAddress remote;

  private TcpLink(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    remote = (InetSocketAddress) channel.getRemoteAddress();
    readable = Selector.open();
    try {
      writable = Selector.open();
    } catch (IOException e) {
      readable.close();
      throw e;
    }
    channel.register(readable, SelectionKey.OP_READ);
    channel.register(writable, SelectionKey.OP_WRITE);
  }

  /** Takes over an accepted connection; closes it if that fails. */
  public static TcpLink accepted(SocketChannel channel) throws IOException {
    try {
      return new TcpLink(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Connects within the time, or says why not. */
  public static TcpLink connect(InetSocketAddress address, Duration timeout) throws IOException {
    var channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      if (!channel.connect(address)) {
        try (var selector = Selector.open()) {
          channel.register(selector, SelectionKey.OP_CONNECT);
          if (selector.select(Math.max(1, timeout.toMillis())) == 0 || !channel.finishConnect())
            throw new SocketTimeoutException("no answer from " + address + " within " + timeout);
        }
      }
      return new TcpLink(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  public InetSocketAddress remote() {
    return remote;
  }

  /**
   * Reads what is there, waiting for it at most {@code timeoutMillis}.
   *
   * @return bytes read, 0 when the time ran out, -1 at the end of the stream
   */
  public int read(ByteBuffer into, long timeoutMillis) throws IOException {
    int count = channel.read(into);
    if (count != 0) return count;
    readable.select(key -> {}, Math.max(1, timeoutMillis));
    return channel.read(into);
  }

  /** Writes from the buffers what the socket takes now; returns the count of bytes. */
  public long write(ByteBuffer[] buffers, int from, int count) throws IOException {
    return count == 1 ? channel.write(buffers[from]) : channel.write(buffers, from, count);
  }

  /** Waits until the socket takes bytes again, or the time ran out. */
  public void awaitWritable(long timeoutMillis) throws IOException {
    writable.select(key -> {}, Math.max(1, timeoutMillis));
  }

  public boolean isOpen() {
    return channel.isOpen();
  }

  /** Closes the connection and wakes whoever waits on it. May be called from any thread. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      System.getLogger(TcpLink.class.getName())
          .log(System.Logger.Level.DEBUG, "closing the link to " + remote, e);
    }
    closeSelector(readable);
    closeSelector(writable);
  }

  private void closeSelector(Selector selector) {
    try {
      selector.close();
    } catch (IOException e) {
      System.getLogger(TcpLink.class.getName())
          .log(System.Logger.Level.DEBUG, "closing a selector of the link to " + remote, e);
    }
  }
}
