package tandem.zenoh.transport;

import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import tandem.zenoh.link.TcpLink;
import tandem.zenoh.wire.Extension;
import tandem.zenoh.wire.MalformedFrame;
import tandem.zenoh.wire.TransportCodec;
import tandem.zenoh.wire.TransportMessage;
import tandem.zenoh.wire.TransportMessage.Close;
import tandem.zenoh.wire.TransportMessage.Init;
import tandem.zenoh.wire.TransportMessage.Open;
import tandem.zenoh.wire.WireReader;
import tandem.zenoh.wire.WireWriter;
import tandem.zenoh.wire.Zid;

/**
 * The four messages that open a session.
 *
 * <pre>
 *  connect                          accept
 *     InitSyn  -------------------&gt;
 *              &lt;------------------- InitAck (cookie)
 *     OpenSyn (cookie) -----------&gt;
 *              &lt;------------------- OpenAck
 * </pre>
 *
 * We offer, and agree to, priorities (QoS) and the fragment marks of patch 1; every other ability
 * is left unanswered, which turns it off. A failure is a {@link ProtocolException} that names the
 * peer and the field; the peer gets a Close with its reason.
 */
final class Handshake {
  static final int ROUTER = 0;
  static final int CLIENT = 2;
  private static final int MIN_BATCH_BYTES = 128;
  private static final int COOKIE_BYTES = 16;
  private static final SecureRandom RANDOM = new SecureRandom();
  // Widths in which the core keeps sequence numbers: as many bits as fill 1, 2, 4 and 9 varint
  // bytes.
  private static final long[] SN_MASKS = {0x7F, 0x3FFF, 0xFFF_FFFF, Long.MAX_VALUE};

  private final TcpLink link;
  private final BatchReader reader;
  private final Zid zid;
  private final long leaseMillis;
  private final long deadlineNanos;

  Handshake(TcpLink link, BatchReader reader, Zid zid, Duration lease, Duration timeout) {
    this.link = link;
    this.reader = reader;
    this.zid = zid;
    this.leaseMillis = lease.toMillis();
    this.deadlineNanos = System.nanoTime() + timeout.toNanos();
  }

  Agreed connect() throws IOException {
    send(
        new Init(
            false,
            Init.VERSION,
            CLIENT,
            zid,
            Init.DEFAULT_RESOLUTION,
            Init.DEFAULT_BATCH_SIZE,
            null,
            List.of(Extension.unit(Init.QOS), Extension.varint(Init.PATCH, 1))));
    var answer = receive();
    if (!(answer instanceof Init ack) || !ack.ack()) throw unexpected("InitAck", answer);
    int resolution = min(ack.resolution(), Init.DEFAULT_RESOLUTION);
    int batchSize = checkedBatch(ack.batchSize());
    long mask = SN_MASKS[resolution & 3];
    long initialSn = RANDOM.nextLong() & mask;
    send(new Open(false, leaseMillis, initialSn, ack.cookie(), List.of()));
    answer = receive();
    if (!(answer instanceof Open open) || !open.ack()) throw unexpected("OpenAck", answer);
    return agree(
        ack.zid(),
        ack.whatami(),
        batchSize,
        mask,
        ack.offers(Init.QOS),
        (int) Math.min(1, ack.patch()),
        open,
        initialSn);
  }

  /** {@code free}: whether a session with this identity may open. */
  Agreed accept(Predicate<Zid> free) throws IOException {
    var first = receive();
    if (!(first instanceof Init syn) || syn.ack()) throw refuse(Close.INVALID, "InitSyn", first);
    if (syn.version() != Init.VERSION)
      throw refuse(Close.INVALID, "version 9", "version " + syn.version());
    if (syn.zid().equals(zid)) throw refuse(Close.TO_SELF, "another zid than our own", zid);
    if (syn.whatami() == ROUTER)
      throw refuse(
          Close.UNSUPPORTED,
          "a client or a peer (this side does not speak between routers: connect to that router"
              + " as its client)",
          "router " + syn.zid());
    int batchSize = checkedBatch(syn.batchSize());
    int resolution = min(syn.resolution(), Init.DEFAULT_RESOLUTION);
    boolean qos = syn.offers(Init.QOS);
    int patch = (int) Math.min(1, syn.patch());
    var extensions = new ArrayList<Extension>(2);
    if (qos) extensions.add(Extension.unit(Init.QOS));
    if (patch > 0) extensions.add(Extension.varint(Init.PATCH, patch));
    var cookie = new byte[COOKIE_BYTES];
    RANDOM.nextBytes(cookie);
    send(new Init(true, Init.VERSION, ROUTER, zid, resolution, batchSize, cookie, extensions));
    var second = receive();
    if (!(second instanceof Open open) || open.ack())
      throw refuse(Close.INVALID, "OpenSyn", second);
    if (!MessageDigest.isEqual(cookie, open.cookie()))
      throw refuse(Close.INVALID, "the cookie of our InitAck", "another one");
    if (!free.test(syn.zid()))
      throw refuse(Close.MAX_LINKS, "a zid without an open session", syn.zid());
    long mask = SN_MASKS[resolution & 3];
    long initialSn = RANDOM.nextLong() & mask;
    send(new Open(true, leaseMillis, initialSn, null, List.of()));
    return agree(syn.zid(), syn.whatami(), batchSize, mask, qos, patch, open, initialSn);
  }

  private Agreed agree(
      Zid peer,
      int whatami,
      int batchSize,
      long mask,
      boolean qos,
      int patch,
      Open open,
      long initialSn)
      throws IOException {
    if (open.leaseMillis() < 1) throw refuse(Close.INVALID, "a lease above 0", open.leaseMillis());
    return new Agreed(
        peer,
        whatami,
        batchSize,
        mask,
        qos,
        patch,
        leaseMillis,
        open.leaseMillis(),
        initialSn,
        open.initialSn() & mask);
  }

  private static int min(int a, int b) {
    return Math.min(a & 3, b & 3) | Math.min(a >>> 2 & 3, b >>> 2 & 3) << 2;
  }

  private int checkedBatch(int offered) throws IOException {
    if (offered < MIN_BATCH_BYTES)
      throw refuse(Close.UNSUPPORTED, "batch size of at least " + MIN_BATCH_BYTES, offered);
    return offered;
  }

  private void send(TransportMessage message) throws IOException {
    var out = new WireWriter();
    TransportCodec.write(out, message);
    var bytes = ByteBuffer.allocate(out.size() + 2);
    bytes.put((byte) out.size()).put((byte) (out.size() >>> 8));
    bytes.put(out.array(), 0, out.size()).flip();
    var one = new ByteBuffer[] {bytes};
    while (true) {
      link.write(one, 0, 1);
      if (!bytes.hasRemaining()) return;
      link.awaitWritable(leftMillis());
    }
  }

  private TransportMessage receive() throws IOException {
    while (!reader.nextBatch()) {
      int count = reader.fill(leftMillis());
      if (count < 0)
        throw new ProtocolException("peer " + link.remote() + " closed the link in the handshake");
    }
    var in = new WireReader().wrap(reader.buffer(), reader.batchFrom(), reader.batchTo());
    try {
      var message = TransportCodec.read(in);
      if (message instanceof Close(boolean session, int reason))
        throw new ProtocolException(
            "peer " + link.remote() + " refused the session: " + Close.name(reason));
      return message;
    } catch (MalformedFrame e) {
      throw refuse(Close.INVALID, "a handshake message", e.getMessage());
    }
  }

  private long leftMillis() throws IOException {
    long left = (deadlineNanos - System.nanoTime()) / 1_000_000;
    if (left <= 0)
      throw new SocketTimeoutException("peer " + link.remote() + " did not finish the handshake");
    return left;
  }

  private ProtocolException unexpected(String expected, TransportMessage found) {
    return new ProtocolException(
        "handshake with %s: expected %s, found %s"
            .formatted(link.remote(), expected, found.getClass().getSimpleName()));
  }

  private ProtocolException refuse(int reason, String expected, Object found) throws IOException {
    send(new Close(false, reason));
    Object shown = found instanceof TransportMessage m ? m.getClass().getSimpleName() : found;
    return new ProtocolException(
        "handshake with %s: expected %s, found %s; refused as %s"
            .formatted(link.remote(), expected, shown, Close.name(reason)));
  }
}
