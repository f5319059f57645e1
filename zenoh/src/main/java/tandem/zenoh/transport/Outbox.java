package tandem.zenoh.transport;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import tandem.zenoh.link.TcpLink;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.TransportCodec;
import tandem.zenoh.wire.TransportMessage.Close;
import tandem.zenoh.wire.WireWriter;

/**
 * What waits to be written to one link: encoded messages, packed into batches of the agreed size,
 * in one queue per priority and reliability; bounded in bytes.
 *
 * <pre>
 *  batch buffer  0          ..        16                          size
 *                +-- prefix, header ---+-- messages or one piece ---+
 * </pre>
 *
 * Header and sequence number are put in front only when a batch leaves, so an urgent batch may
 * overtake. Whoever sends may write too, if nobody else does and the socket has room ({@link
 * #flush}); the link's writer thread does the rest, waits for the socket, and says that we live. At
 * most one thread writes at a time. Thread-safe.
 */
final class Outbox {
  /** How a send ended. */
  enum Sent {
    QUEUED,
    /** Drop-class, and the queue was full. */
    DROPPED,
    /** Block-class, and no room within the time. */
    TIMED_OUT,
    CLOSED
  }

  private static final int CONTENT = 16;
  private static final int MAX_GATHER = 16;
  private static final int EAGER_BYTES = 48 << 10;
  private static final long QUIET_NANOS = 20_000;
  private static final int LANES = 16;
  private static final long NOTHING = Long.MIN_VALUE;

  private static final class Batch {
    ByteBuffer buffer;
    int size = CONTENT;
    boolean raw;
    boolean fragment;
    boolean more;
    boolean first;
    boolean reliable;
    int priority;
    long queuedNanos;
    Batch next;
  }

  private final TcpLink link;
  private final Agreed agreed;
  private final int queueBytes;
  private final int contentBytes;
  private final long keepAliveNanos;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final Batch[] heads = new Batch[LANES];
  private final Batch[] tails = new Batch[LANES];
  private final long[] nextSn = new long[LANES];
  private int chainLane = -1;
  private long queued;
  private int waiters;
  private boolean writerIdle;
  private boolean wake;
  private boolean finishing;
  private boolean closed;
  private long sentMessages;
  private long dropped;

  private final ReentrantLock writing = new ReentrantLock();
  private final Batch[] inflight = new Batch[MAX_GATHER];
  private final ByteBuffer[] gather = new ByteBuffer[MAX_GATHER];
  private final WireWriter header = new WireWriter(CONTENT);
  private int inflightFrom;
  private int inflightTo;
  private volatile long inflightNanos = NOTHING;
  private long sentBytes;
  private volatile long lastWriteNanos = System.nanoTime();

  /** The receiving thread that last put off flushing this: a short cut for that thread only. */
  volatile LinkThread deferredBy;

  Outbox(TcpLink link, Agreed agreed, int queueBytes) {
    this.link = link;
    this.agreed = agreed;
    this.queueBytes = queueBytes;
    this.contentBytes = agreed.batchSize() - CONTENT;
    this.keepAliveNanos = TimeUnit.MILLISECONDS.toNanos(Math.max(1, agreed.ownLeaseMillis() / 4));
    for (int i = 0; i < LANES; i++) nextSn[i] = agreed.ownInitialSn();
  }

  /**
   * Queues one encoded network message: {@code head}, then {@code length} bytes of one of the tails
   * (both may be null). All bytes are copied. A message larger than the whole queue is taken when
   * the queue is empty. Drop-class leaves a quarter of the queue to block-class.
   *
   * @param qos of the message: priority, do not drop, express
   * @param blockNanos how long block-class waits for room
   */
  Sent send(
      int qos,
      boolean reliable,
      long blockNanos,
      WireWriter head,
      ByteBuffer tail,
      byte[] tailBytes,
      int from,
      int length) {
    int total = head.size() + length;
    boolean block = (qos & NetworkMessage.DO_NOT_DROP) != 0;
    long bound = bound(qos, block);
    boolean idle;
    long waiting;
    lock.lock();
    try {
      if (closed || finishing) return Sent.CLOSED;
      if (queued != 0 && queued + total > bound) {
        if (!block) {
          dropped++;
          return Sent.DROPPED;
        }
        if (blockNanos > 0 && Thread.currentThread() instanceof LinkThread receiving)
          flushOthers(receiving);
        var outcome = awaitRoom(total, bound, blockNanos);
        if (outcome != Sent.QUEUED) return outcome;
      }
      append(qos & 7, reliable, head, tail, tailBytes, from, length, total);
      sentMessages++;
      queued += total;
      waiting = queued;
      idle = writerIdle;
    } finally {
      lock.unlock();
    }
    boolean express = (qos & NetworkMessage.EXPRESS) != 0;
    if (!express && Thread.currentThread() instanceof LinkThread receiving) {
      if (waiting < EAGER_BYTES) receiving.defer(this);
      else flush();
    } else if (idle) {
      if (express || System.nanoTime() - lastWriteNanos > QUIET_NANOS) flush();
      else wakeWriter();
    }
    return Sent.QUEUED;
  }

  /** Drop-class leaves a quarter to block-class; declarations may use a quarter more. */
  private long bound(int qos, boolean block) {
    if (!block) return queueBytes - queueBytes / 4;
    return (qos & 7) == 0 ? queueBytes + (long) queueBytes / 4 : queueBytes;
  }

  /** With the lock held, but not meanwhile: what this thread has put off must not wait with it. */
  private void flushOthers(LinkThread receiving) {
    lock.unlock();
    try {
      receiving.flushDeferred();
    } finally {
      lock.lock();
    }
  }

  /** With the lock held. */
  private Sent awaitRoom(int total, long bound, long blockNanos) {
    long left = blockNanos;
    waiters++;
    try {
      while (queued != 0 && queued + total > bound) {
        if (closed || finishing) return Sent.CLOSED;
        if (left <= 0) return Sent.TIMED_OUT;
        signalWriter();
        left = room.awaitNanos(left);
      }
      return closed || finishing ? Sent.CLOSED : Sent.QUEUED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Sent.TIMED_OUT;
    } finally {
      waiters--;
    }
  }

  private void append(
      int priority,
      boolean reliable,
      WireWriter head,
      ByteBuffer tail,
      byte[] tailBytes,
      int from,
      int length,
      int total) {
    int lane = priority << 1 | (reliable ? 1 : 0);
    var last = tails[lane];
    int headSize = head.size();
    if (total <= contentBytes) {
      if (last == null || last.fragment || last.raw || last.size - CONTENT + total > contentBytes)
        last = push(lane, priority, reliable);
      last.buffer.put(last.size, head.array(), 0, headSize);
      copy(last.buffer, last.size + headSize, tail, tailBytes, from, length);
      last.size += total;
      return;
    }
    int done = 0;
    while (done < total) {
      var piece = push(lane, priority, reliable);
      int size = Math.min(contentBytes, total - done);
      int ofHead = Math.max(0, Math.min(size, headSize - done));
      if (ofHead > 0) piece.buffer.put(CONTENT, head.array(), done, ofHead);
      int tailDone = Math.max(0, done - headSize);
      copy(piece.buffer, CONTENT + ofHead, tail, tailBytes, from + tailDone, size - ofHead);
      piece.size = CONTENT + size;
      piece.fragment = true;
      piece.first = done == 0;
      done += size;
      piece.more = done < total;
    }
  }

  private static void copy(
      ByteBuffer to, int at, ByteBuffer tail, byte[] tailBytes, int from, int length) {
    if (length == 0) return;
    if (tail != null) to.put(at, tail, from, length);
    else to.put(at, tailBytes, from, length);
  }

  private Batch push(int lane, int priority, boolean reliable) {
    var batch = new Batch();
    batch.buffer = BatchPool.take();
    batch.priority = priority;
    batch.reliable = reliable;
    batch.queuedNanos = System.nanoTime();
    if (tails[lane] == null) heads[lane] = batch;
    else tails[lane].next = batch;
    tails[lane] = batch;
    return batch;
  }

  /**
   * Writes what the socket takes now, unless another thread is at it; leaves the rest to the
   * writer.
   */
  void flush() {
    if (!writing.tryLock()) {
      wakeWriter();
      return;
    }
    boolean done;
    try {
      done = drain();
    } catch (IOException e) {
      done = false;
    } finally {
      writing.unlock();
    }
    if (!done) wakeWriter();
  }

  private void wakeWriter() {
    lock.lock();
    try {
      signalWriter();
    } finally {
      lock.unlock();
    }
  }

  private void signalWriter() {
    wake = true;
    if (writerIdle) work.signal();
  }

  /** Under {@link #writing}. True: nothing is left; false: the socket takes no more now. */
  private boolean drain() throws IOException {
    while (true) {
      if (inflightFrom == inflightTo && !pick()) return true;
      long offered = 0;
      for (int i = inflightFrom; i < inflightTo; i++) offered += gather[i].remaining();
      long count = link.write(gather, inflightFrom, inflightTo - inflightFrom);
      sentBytes += count;
      if (count > 0) lastWriteNanos = System.nanoTime();
      recycle();
      if (count < offered) return false;
    }
  }

  private void recycle() {
    long freed = 0;
    while (inflightFrom < inflightTo && !gather[inflightFrom].hasRemaining()) {
      var batch = inflight[inflightFrom];
      if (!batch.raw) freed += batch.size - CONTENT;
      BatchPool.give(batch.buffer);
      inflight[inflightFrom] = null;
      gather[inflightFrom] = null;
      inflightFrom++;
    }
    if (inflightFrom == inflightTo) {
      inflightFrom = 0;
      inflightTo = 0;
      inflightNanos = NOTHING;
    } else {
      inflightNanos = oldestInflight();
    }
    if (freed == 0) return;
    lock.lock();
    try {
      queued -= freed;
      if (waiters > 0) room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Moves the most urgent batches to the way out. False: there are none. */
  private boolean pick() {
    lock.lock();
    try {
      while (inflightTo < MAX_GATHER) {
        int lane = chainLane >= 0 ? chainLane : mostUrgent();
        if (lane < 0) break;
        var batch = heads[lane];
        heads[lane] = batch.next;
        if (batch.next == null) tails[lane] = null;
        batch.next = null;
        if (batch.fragment && !agreed.qos()) chainLane = batch.more ? lane : -1;
        frame(batch);
        inflight[inflightTo] = batch;
        gather[inflightTo++] = batch.buffer;
      }
      if (inflightTo > 0) inflightNanos = oldestInflight();
      return inflightTo > 0;
    } finally {
      lock.unlock();
    }
  }

  private int mostUrgent() {
    for (int lane = 0; lane < LANES; lane += 2) {
      if (heads[lane + 1] != null) return lane + 1;
      if (heads[lane] != null) return lane;
    }
    return -1;
  }

  /** Puts length, header and sequence number in front of the content. */
  private void frame(Batch batch) {
    var buffer = batch.buffer;
    header.clear();
    if (!batch.raw) {
      int priority = agreed.qos() ? batch.priority : NetworkMessage.DEFAULT_QOS;
      int lane = priority << 1 | (batch.reliable ? 1 : 0);
      long sn = nextSn[lane];
      nextSn[lane] = sn + 1 & agreed.snMask();
      if (batch.fragment)
        TransportCodec.writeFragmentHeader(
            header,
            batch.reliable,
            batch.more,
            sn,
            priority,
            batch.first && agreed.patch() > 0,
            false);
      else TransportCodec.writeFrameHeader(header, batch.reliable, sn, priority);
    }
    int size = header.size();
    buffer.put(CONTENT - size, header.array(), 0, size);
    int start = CONTENT - size - 2;
    int length = batch.size - CONTENT + size;
    buffer.put(start, (byte) length).put(start + 1, (byte) (length >>> 8));
    buffer.limit(batch.size).position(start);
  }

  private void queueRaw(int... bytes) {
    var batch = push(1, 0, true);
    batch.raw = true;
    for (int one : bytes) batch.buffer.put(batch.size++, (byte) one);
  }

  /** Body of the writer thread: until closed, or finished and empty. */
  void writeUntilClosed() throws IOException {
    while (true) {
      boolean done;
      writing.lock();
      try {
        done = drain();
      } finally {
        writing.unlock();
      }
      if (!done) {
        link.awaitWritable(agreed.ownLeaseMillis() / 4);
        if (isClosed()) return;
      } else if (!awaitWork()) return;
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** False: closed, or finished with nothing left. */
  private boolean awaitWork() {
    lock.lock();
    try {
      if (finishing && mostUrgent() < 0) return false;
      writerIdle = true;
      while (!wake && !closed && !finishing && mostUrgent() < 0) {
        long left = keepAliveNanos - (System.nanoTime() - lastWriteNanos);
        if (left <= 0) {
          queueRaw(TransportCodec.KEEP_ALIVE);
          break;
        }
        work.awaitNanos(left);
      }
      return !closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      writerIdle = false;
      wake = false;
      lock.unlock();
    }
  }

  /** Takes no more; what is queued is still written, then a Close. The writer thread then ends. */
  void finish() {
    lock.lock();
    try {
      if (finishing || closed) return;
      finishing = true;
      room.signalAll();
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Last bytes on a link whose queue has been written out; best effort. */
  void writeClose() throws IOException {
    writing.lock();
    try {
      var bytes = ByteBuffer.wrap(new byte[] {2, 0, TransportCodec.CLOSE, Close.GENERIC});
      if (inflightFrom == inflightTo) link.write(new ByteBuffer[] {bytes}, 0, 1);
    } finally {
      writing.unlock();
    }
  }

  /** Ends at once and frees what was queued; waiters are released. */
  void close() {
    lock.lock();
    try {
      closed = true;
      for (int lane = 0; lane < LANES; lane++) {
        for (var batch = heads[lane]; batch != null; batch = batch.next)
          BatchPool.give(batch.buffer);
        heads[lane] = null;
        tails[lane] = null;
      }
      room.signalAll();
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  private long oldestInflight() {
    long oldest = inflight[inflightFrom].queuedNanos;
    for (int i = inflightFrom + 1; i < inflightTo; i++)
      if (inflight[i].queuedNanos - oldest < 0) oldest = inflight[i].queuedNanos;
    return oldest;
  }

  /**
   * For how long the oldest byte has waited here; 0 where none does. What the system's socket
   * buffers hold has left, as far as this can see.
   */
  long unsentNanos() {
    long now = System.nanoTime();
    long waited = 0;
    long way = inflightNanos;
    if (way != NOTHING) waited = Math.max(waited, now - way);
    lock.lock();
    try {
      for (var head : heads) if (head != null) waited = Math.max(waited, now - head.queuedNanos);
    } finally {
      lock.unlock();
    }
    return waited;
  }

  long queuedBytes() {
    lock.lock();
    try {
      return queued;
    } finally {
      lock.unlock();
    }
  }

  long sentMessages() {
    lock.lock();
    try {
      return sentMessages;
    } finally {
      lock.unlock();
    }
  }

  long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  long sentBytes() {
    writing.lock();
    try {
      return sentBytes;
    } finally {
      writing.unlock();
    }
  }
}
