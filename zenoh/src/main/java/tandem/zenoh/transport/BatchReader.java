package tandem.zenoh.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import tandem.zenoh.link.TcpLink;

/**
 * Cuts what a link delivers into batches: a 16-bit little-endian length, then that many bytes. Many
 * batches may come with one read. For one thread.
 */
final class BatchReader {
  private static final int PREFIX_BYTES = 2;
  private static final int BUFFER_BYTES = 256 << 10;

  private final TcpLink link;
  private static final int KEPT = 16;
  private static final ArrayDeque<ByteBuffer> FREE = new ArrayDeque<>();

  private ByteBuffer buffer = take();
  private int next;
  private int filled;
  private int batchFrom;
  private int batchTo;
  private long consumed;

  BatchReader(TcpLink link) {
    this.link = link;
  }

  private static ByteBuffer take() {
    synchronized (FREE) {
      var buffer = FREE.pollLast();
      if (buffer != null) return buffer;
    }
    return ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Gives the buffer to the next link; by the thread that reads, when it is done. */
  void release() {
    if (buffer == null) return;
    synchronized (FREE) {
      if (FREE.size() < KEPT) FREE.addLast(buffer);
    }
    buffer = null;
  }

  /**
   * Reads more bytes, waiting at most so long. The batches handed out before are gone.
   *
   * @return bytes read, 0 when the time ran out, -1 at the end of the stream
   */
  int fill(long timeoutMillis) throws IOException {
    if (next == filled) {
      consumed += next;
      next = 0;
      filled = 0;
    } else if (BUFFER_BYTES - filled < PREFIX_BYTES + 0xFFFF) {
      buffer.limit(filled).position(next);
      buffer.compact();
      consumed += next;
      filled -= next;
      next = 0;
    }
    buffer.limit(BUFFER_BYTES).position(filled);
    int count = link.read(buffer, timeoutMillis);
    if (count > 0) filled += count;
    buffer.clear();
    return count;
  }

  /** Moves to the next whole batch; false: more bytes are needed. */
  boolean nextBatch() {
    if (filled - next < PREFIX_BYTES) return false;
    int length = buffer.getShort(next) & 0xFFFF;
    if (filled - next - PREFIX_BYTES < length) return false;
    batchFrom = next + PREFIX_BYTES;
    batchTo = batchFrom + length;
    next = batchTo;
    return true;
  }

  ByteBuffer buffer() {
    return buffer;
  }

  int batchFrom() {
    return batchFrom;
  }

  int batchTo() {
    return batchTo;
  }

  /** Offset in the whole stream of a place in the buffer. */
  long streamOffset(int inBuffer) {
    return consumed + inBuffer;
  }
}
