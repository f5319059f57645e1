package tandem.zenoh.transport;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** Buffers of 64 KiB outside the heap that all links of the process share. Thread-safe. */
final class BatchPool {
  static final int BUFFER_BYTES = 64 << 10;
  private static final int KEPT = 256;
  private static final ArrayDeque<ByteBuffer> FREE = new ArrayDeque<>();

  private BatchPool() {}

  static ByteBuffer take() {
    synchronized (FREE) {
      var buffer = FREE.pollLast();
      if (buffer != null) return buffer;
    }
    return ByteBuffer.allocateDirect(BUFFER_BYTES);
  }

  static void give(ByteBuffer buffer) {
    buffer.clear();
    synchronized (FREE) {
      if (FREE.size() < KEPT) FREE.addLast(buffer);
    }
  }
}
