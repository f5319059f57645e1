package tandem.twin.recorder;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Samples of one robot between the receiving threads and the writer: a batch that grows under a
 * lock held for an append or a swap, bounded by the bytes that wait, of this robot and of all.
 */
final class Intake {
  /** A sample's share of the bound beyond its payload. */
  private static final int SAMPLE_BYTES = 96;

  private static final int SMALLEST = 64;

  /** Samples in order of receipt. Owned by the writer once swapped out. */
  static final class Batch {
    RecordedStream[] streams = new RecordedStream[SMALLEST];
    byte[][] payloads = new byte[SMALLEST][];
    String[] publishers = new String[SMALLEST];
    long[] sequences = new long[SMALLEST];
    long[] sourceNanos = new long[SMALLEST];
    long[] wallNanos = new long[SMALLEST];
    int size;
    int taken; // by the writer

    private void grow() {
      int capacity = 2 * payloads.length;
      streams = java.util.Arrays.copyOf(streams, capacity);
      payloads = java.util.Arrays.copyOf(payloads, capacity);
      publishers = java.util.Arrays.copyOf(publishers, capacity);
      sequences = java.util.Arrays.copyOf(sequences, capacity);
      sourceNanos = java.util.Arrays.copyOf(sourceNanos, capacity);
      wallNanos = java.util.Arrays.copyOf(wallNanos, capacity);
    }

    boolean isEmpty() {
      return taken == size;
    }

    private Batch cleared() {
      if (payloads.length > 1 << 16) {
        return new Batch();
      }
      java.util.Arrays.fill(payloads, 0, size, null);
      size = 0;
      taken = 0;
      return this;
    }
  }

  private final long robotLimit;
  private final long nodeLimit;
  private final AtomicLong nodeBytes;
  private final AtomicLong robotBytes = new AtomicLong();
  private Batch filling = new Batch();

  /**
   * @param nodeBytes waiting of all robots
   */
  Intake(long robotLimit, long nodeLimit, AtomicLong nodeBytes) {
    this.robotLimit = robotLimit;
    this.nodeLimit = nodeLimit;
    this.nodeBytes = nodeBytes;
  }

  /**
   * Takes a sample if there is room.
   *
   * @return bytes of this robot that wait now, or -1 where there was no room
   */
  long offer(
      RecordedStream stream,
      byte[] payload,
      String publisher,
      long sequence,
      long sourceNanos,
      long wallNanos) {
    long bytes = payload.length + SAMPLE_BYTES;
    long waiting = robotBytes.addAndGet(bytes);
    if (waiting > robotLimit || nodeBytes.addAndGet(bytes) > nodeLimit) {
      if (waiting <= robotLimit) {
        nodeBytes.addAndGet(-bytes);
      }
      robotBytes.addAndGet(-bytes);
      return -1;
    }
    synchronized (this) {
      var batch = filling;
      int at = batch.size;
      if (at == batch.payloads.length) {
        batch.grow();
      }
      batch.streams[at] = stream;
      batch.payloads[at] = payload;
      batch.publishers[at] = publisher;
      batch.sequences[at] = sequence;
      batch.sourceNanos[at] = sourceNanos;
      batch.wallNanos[at] = wallNanos;
      batch.size = at + 1;
    }
    return waiting;
  }

  /** What has come in, for an empty batch that is filled next. */
  Batch swap(Batch empty) {
    synchronized (this) {
      if (filling.size == 0) {
        return empty;
      }
      var full = filling;
      filling = empty.cleared();
      return full;
    }
  }

  /** The sample at the head of the batch is in the segment. */
  void taken(Batch batch) {
    long bytes = batch.payloads[batch.taken].length + SAMPLE_BYTES;
    batch.payloads[batch.taken] = null;
    batch.taken++;
    robotBytes.addAndGet(-bytes);
    nodeBytes.addAndGet(-bytes);
  }

  long waitingBytes() {
    return robotBytes.get();
  }
}
