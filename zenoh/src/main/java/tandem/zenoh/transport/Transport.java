package tandem.zenoh.transport;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import tandem.zenoh.link.TcpLink;
import tandem.zenoh.wire.MalformedFrame;
import tandem.zenoh.wire.NetworkCodec;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.PushView;
import tandem.zenoh.wire.TransportCodec;
import tandem.zenoh.wire.TransportMessage.Close;
import tandem.zenoh.wire.WireReader;
import tandem.zenoh.wire.WireWriter;

/**
 * One open session over one link, after the handshake: a receiving thread that takes batches apart
 * and hands over network messages, a writing thread behind an {@link Outbox}, the lease, sequence
 * numbers and fragments.
 */
final class Transport {
  private static final System.Logger LOG = System.getLogger("tandem.zenoh.transport");
  private static final int DATA_LANE = NetworkMessage.DEFAULT_QOS;
  private static final int MAX_FIRST_ALLOCATION = 8 << 20;
  private static final int KEPT_BYTES = 1 << 20;

  /** What a session does with what it receives; called on the receiving thread. */
  interface Handler {
    /** A push; the view is valid only during the call. */
    void push(PushView view, boolean reliable);

    /** Any other network message. */
    void message(NetworkMessage message, boolean reliable);

    /** The last call, exactly once. */
    void closed(String why);
  }

  /** One receiving sequence with its reassembly. */
  private static final class Lane {
    long last;
    byte[] assembled;
    int size;
    boolean chain;
    boolean skipping;
    int lastMessageBytes = 64 << 10;
  }

  private final TcpLink link;
  private final BatchReader reader;
  private final Agreed agreed;
  private final Outbox outbox;
  private final int maxMessageBytes;
  private final Lane[] lanes = new Lane[16];
  private final WireReader in = new WireReader();
  private final WireReader whole = new WireReader();
  private final PushView view = new PushView();
  private final TransportCodec.Lane lane = new TransportCodec.Lane();
  private final AtomicReference<String> end = new AtomicReference<>();
  private final Complaints complaints = new Complaints();
  private final Thread writer;
  private final LinkThread receiver;
  private Handler handler;
  private long reassembling;
  private volatile long receivedMessages;
  private volatile long receivedBytes;
  private volatile long malformed;
  private long receivedNanos;

  Transport(TcpLink link, BatchReader reader, Agreed agreed, int queueBytes, int maxMessageBytes) {
    this.link = link;
    this.reader = reader;
    this.agreed = agreed;
    this.outbox = new Outbox(link, agreed, queueBytes);
    this.maxMessageBytes = maxMessageBytes;
    String name = agreed.peerZid().toString();
    writer = Thread.ofPlatform().daemon().name("zenoh-write-" + name).unstarted(this::write);
    receiver = new LinkThread(this::receive, "zenoh-read-" + name);
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = new Lane();
      lanes[i].last = agreed.peerInitialSn() - 1 & agreed.snMask();
    }
  }

  /** Runs once; one that was closed before only tells its handler so. */
  void start(Handler to) {
    handler = to;
    writer.start();
    receiver.start();
  }

  Agreed agreed() {
    return agreed;
  }

  Outbox outbox() {
    return outbox;
  }

  InetSocketAddress remote() {
    return link.remote();
  }

  /** When the bytes now being handled had been read. */
  long receivedNanos() {
    return receivedNanos;
  }

  /**
   * Sends a message outside the hot path. Declarations wait for room as long as it takes a lease.
   */
  Outbox.Sent send(NetworkMessage message, boolean reliable, long blockNanos) {
    var out = new WireWriter();
    NetworkCodec.write(out, message);
    return outbox.send(message.qos(), reliable, blockNanos, out, null, null, 0, 0);
  }

  long receivedMessages() {
    return receivedMessages;
  }

  long receivedBytes() {
    return receivedBytes;
  }

  long malformed() {
    return malformed;
  }

  /**
   * Ends the link now, with the reason for the log. The handler is told on the receiving thread.
   */
  void abort(String why) {
    end.compareAndSet(null, why);
    outbox.close();
    link.close();
  }

  /** Writes out what is queued, says goodbye and closes; waits for that at most so long. */
  void close(String why, long millis) {
    end.compareAndSet(null, why);
    outbox.finish();
    if (Thread.currentThread() != writer && Thread.currentThread() != receiver) {
      try {
        writer.join(Math.max(1, millis));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      abort(why);
    }
  }

  private void write() {
    try {
      outbox.writeUntilClosed();
      if (link.isOpen()) outbox.writeClose();
      abort("closed by us");
    } catch (IOException | java.nio.channels.ClosedSelectorException e) {
      abort("writing to " + link.remote() + " failed: " + e.getMessage());
    }
  }

  private void receive() {
    String why;
    try {
      why = receiveUntilClosed();
    } catch (MalformedFrame e) {
      malformed++;
      why =
          "malformed bytes from peer %s (%s): %s (byte %d of its stream); link closed"
              .formatted(
                  agreed.peerZid(), link.remote(), e.getMessage(), reader.streamOffset(e.at()));
      LOG.log(Level.WARNING, why);
    } catch (IOException
        | java.nio.channels.ClosedSelectorException
        | java.nio.channels.CancelledKeyException e) {
      why = "link to " + link.remote() + " lost: " + e.getMessage();
    } catch (RuntimeException e) {
      why = "receiving from " + link.remote() + " failed: " + e;
      LOG.log(Level.ERROR, why, e);
    }
    receiver.flushDeferred();
    end.compareAndSet(null, why);
    abort(end.get());
    handler.closed(end.get());
    receiver.flushDeferred(); // what others are told of this end
    reader.release();
  }

  private String receiveUntilClosed() throws IOException {
    long leaseNanos = agreed.peerLeaseMillis() * 1_000_000;
    receivedNanos = System.nanoTime();
    while (true) {
      while (reader.nextBatch()) {
        if (!batch()) return "closed by the peer";
      }
      receiver.flushDeferred();
      long leftNanos = leaseNanos - (System.nanoTime() - receivedNanos);
      int count = reader.fill(Math.max(1, leftNanos / 1_000_000));
      if (count < 0) return "the peer's end of the link was closed";
      if (count > 0) {
        receivedNanos = System.nanoTime();
        receivedBytes += count;
      } else if (System.nanoTime() - receivedNanos >= leaseNanos) {
        String why =
            "peer %s (%s) silent for longer than its lease of %d ms; link closed"
                .formatted(agreed.peerZid(), link.remote(), agreed.peerLeaseMillis());
        LOG.log(Level.INFO, why);
        return why;
      }
    }
  }

  /** False: the peer said Close. */
  private boolean batch() {
    in.wrap(reader.buffer(), reader.batchFrom(), reader.batchTo());
    while (in.hasRemaining()) {
      switch (TransportCodec.peekId(in)) {
        case TransportCodec.FRAME -> frame();
        case TransportCodec.FRAGMENT -> fragment();
        case TransportCodec.INIT, TransportCodec.OPEN ->
            throw new MalformedFrame(
                "transport message", "no handshake in an open session", "one", in.position());
        default -> {
          if (TransportCodec.read(in) instanceof Close) return false;
        }
      }
    }
    return true;
  }

  private Lane laneOf() {
    int priority = agreed.qos() ? lane.priority : DATA_LANE;
    return lanes[priority << 1 | (lane.reliable ? 1 : 0)];
  }

  /** The half-window rule: ahead of the last one by less than half of all numbers. */
  private boolean isAhead(Lane of, long sn) {
    long ahead = sn - of.last & agreed.snMask();
    return ahead != 0 && ahead <= agreed.snMask() >>> 1;
  }

  private void frame() {
    lane.read(in);
    var state = laneOf();
    boolean fresh = isAhead(state, lane.sn);
    if (fresh) state.last = lane.sn & agreed.snMask();
    else
      LOG.log(
          Level.DEBUG,
          "frame {0} of {1} is not ahead of {2}; dropped",
          lane.sn,
          agreed.peerZid(),
          state.last);
    while (in.hasRemaining() && NetworkCodec.isNetwork(in)) network(in, lane.reliable, fresh);
  }

  private void network(WireReader from, boolean reliable, boolean fresh) {
    if (NetworkCodec.isPush(from)) {
      view.read(from);
      if (fresh) {
        receivedMessages++;
        handler.push(view, reliable);
      }
    } else {
      var message = NetworkCodec.read(from);
      if (fresh) {
        receivedMessages++;
        handler.message(message, reliable);
      }
    }
  }

  private void fragment() {
    lane.read(in);
    var state = laneOf();
    int at = in.position();
    int length = in.remaining();
    in.position(in.limit());
    if (!isAhead(state, lane.sn)) return;
    boolean follows = (lane.sn - state.last & agreed.snMask()) == 1;
    state.last = lane.sn & agreed.snMask();
    boolean begins = agreed.patch() > 0 ? lane.first : !state.chain && !state.skipping;
    if (lane.dropped || (state.chain && (begins || !follows))) {
      malformed++;
      LOG.log(
          Level.DEBUG,
          "fragmented message of {0} given up after {1} bytes: {2}",
          agreed.peerZid(),
          state.size,
          lane.dropped ? "its sender dropped the rest" : "a piece is missing");
      release(state);
      state.skipping = lane.more && !begins;
    }
    if (state.skipping || (!state.chain && !begins)) {
      state.skipping = lane.more && agreed.patch() == 0;
      return;
    }
    if (!state.chain) {
      state.chain = true;
      state.size = 0;
    }
    if (!room(state, length)) {
      malformed++;
      if (complaints.next())
        LOG.log(
            Level.WARNING,
            "fragmented message of peer %s (%s): expected at most %d bytes, found more; message dropped"
                .formatted(agreed.peerZid(), link.remote(), maxMessageBytes));
      release(state);
      state.skipping = lane.more && agreed.patch() == 0;
      return;
    }
    reader.buffer().get(at, state.assembled, state.size, length);
    state.size += length;
    if (lane.more) return;
    int size = state.size;
    var buffer = ByteBuffer.wrap(state.assembled).order(ByteOrder.LITTLE_ENDIAN);
    boolean reliable = lane.reliable;
    state.lastMessageBytes = size;
    state.chain = false;
    whole.wrap(buffer, 0, size);
    try {
      network(whole, reliable, true);
      release(state);
    } catch (MalformedFrame e) {
      throw new MalformedFrame("reassembled message of " + size + " bytes", "a message", e, at);
    }
  }

  private void release(Lane state) {
    if (state.assembled != null && state.assembled.length > KEPT_BYTES) {
      reassembling -= state.assembled.length;
      state.assembled = null;
    }
    state.size = 0;
    state.chain = false;
  }

  /** Makes room for so many more bytes; false: over the bound of the session. */
  private boolean room(Lane state, int more) {
    long needed = (long) state.size + more;
    if (needed > maxMessageBytes) return false;
    int have = state.assembled == null ? 0 : state.assembled.length;
    if (needed <= have) return true;
    long wanted =
        have == 0
            ? Math.max(needed, Math.min(state.lastMessageBytes, MAX_FIRST_ALLOCATION))
            : Math.max(needed, have * 2L);
    wanted = Math.min(wanted, maxMessageBytes);
    if (reassembling - have + wanted > maxMessageBytes) wanted = needed;
    if (reassembling - have + wanted > maxMessageBytes) return false;
    state.assembled =
        have == 0 ? new byte[(int) wanted] : Arrays.copyOf(state.assembled, (int) wanted);
    reassembling += wanted - have;
    return true;
  }
}
