package tandem.zenoh;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tandem.zenoh.link.Endpoint;
import tandem.zenoh.wire.Declaration;
import tandem.zenoh.wire.Extension;
import tandem.zenoh.wire.NetworkMessage;
import tandem.zenoh.wire.NetworkMessage.Declare;
import tandem.zenoh.wire.NetworkMessage.Interest;
import tandem.zenoh.wire.TransportCodec;
import tandem.zenoh.wire.TransportMessage;
import tandem.zenoh.wire.TransportMessage.Frame;
import tandem.zenoh.wire.TransportMessage.Init;
import tandem.zenoh.wire.TransportMessage.Open;
import tandem.zenoh.wire.WireKey;
import tandem.zenoh.wire.WireReader;
import tandem.zenoh.wire.WireWriter;
import tandem.zenoh.wire.Zid;

/** A peer that says exactly the bytes it is told to, for what a well-behaved one never does. */
public final class RawPeer implements AutoCloseable {
  public static final long FIRST_SN = 100;
  private static final int PATIENCE_MILLIS = 30_000;

  public final Zid zid;
  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;
  private final ArrayDeque<NetworkMessage> unread = new ArrayDeque<>();
  private long sn = FIRST_SN;

  private RawPeer(String endpoint, Zid zid) throws IOException {
    this.zid = zid;
    var address = Endpoint.parse(endpoint);
    socket = new Socket(address.host(), address.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
  }

  /** Connected, nothing said. */
  public static RawPeer silent(String endpoint) throws IOException {
    return new RawPeer(endpoint, Zid.random());
  }

  /** With an open session: no priorities, the given patch level, lease and batch size. */
  public static RawPeer open(String endpoint, int patch, long leaseMillis, int batchSize)
      throws IOException {
    return open(endpoint, Zid.random(), patch, leaseMillis, batchSize, Init.DEFAULT_RESOLUTION);
  }

  public static RawPeer open(
      String endpoint, Zid zid, int patch, long leaseMillis, int batchSize, int resolution)
      throws IOException {
    var peer = new RawPeer(endpoint, zid);
    peer.say(new Init(false, Init.VERSION, 2, zid, resolution, batchSize, null, extensions(patch)));
    var ack = (Init) peer.hear().getFirst();
    peer.say(new Open(false, leaseMillis, FIRST_SN, ack.cookie(), List.of()));
    var opened = peer.hear().getFirst();
    if (!(opened instanceof Open)) throw new IOException("refused: " + opened);
    return peer;
  }

  /** Patch 2 stands for patch 1 with priorities. */
  private static List<Extension> extensions(int patch) {
    return switch (patch) {
      case 0 -> List.of();
      case 1 -> List.of(Extension.varint(Init.PATCH, 1));
      default -> List.of(Extension.unit(Init.QOS), Extension.varint(Init.PATCH, 1));
    };
  }

  /** Declares a subscriber and waits until the router knows it. */
  public void subscribe(String key) throws IOException {
    say(
        new Declare(Declare.NO_INTEREST, new Declaration.Subscriber(1, WireKey.full(key))),
        new Interest(
            1,
            Interest.CURRENT,
            Interest.TOKENS,
            WireKey.full("settle"),
            NetworkMessage.DEFAULT_QOS));
    while (!(await(Declare.class).declaration() instanceof Declaration.Final)) {}
  }

  public static RawPeer open(String endpoint) throws IOException {
    return open(endpoint, 1, 60_000, 65_535);
  }

  /** One batch with one message. */
  public void say(TransportMessage message) throws IOException {
    var bytes = new WireWriter();
    TransportCodec.write(bytes, message);
    batch(bytes.toBytes());
  }

  /** One reliable frame with the next number. */
  public void say(NetworkMessage... messages) throws IOException {
    say(new Frame(true, sn++, NetworkMessage.DEFAULT_QOS, List.of(messages)));
  }

  public long nextSn() {
    return sn++;
  }

  /** One batch with these bytes. */
  public void batch(byte[] bytes) throws IOException {
    var framed = new byte[bytes.length + 2];
    framed[0] = (byte) bytes.length;
    framed[1] = (byte) (bytes.length >>> 8);
    System.arraycopy(bytes, 0, framed, 2, bytes.length);
    raw(framed);
  }

  public void raw(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** The bytes of the next batch. */
  public byte[] hearBytes() throws IOException {
    int low = in.readUnsignedByte();
    int length = low | in.readUnsignedByte() << 8;
    var bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }

  public List<TransportMessage> hear() throws IOException {
    var reader = WireReader.of(hearBytes());
    var all = new ArrayList<TransportMessage>();
    while (reader.hasRemaining()) all.add(TransportCodec.read(reader));
    return all;
  }

  /** Reads on until a network message of this kind comes; others before it are dropped. */
  public <T extends NetworkMessage> T await(Class<T> kind) throws IOException {
    while (true) {
      for (var one = unread.poll(); one != null; one = unread.poll())
        if (kind.isInstance(one)) return kind.cast(one);
      for (var message : hear())
        if (message instanceof Frame frame) unread.addAll(frame.messages());
    }
  }

  /** Whether the other side has closed the link; reads and drops what came before. */
  public boolean awaitEnd() throws IOException {
    try {
      while (true) {
        var bytes = hearBytes();
        if (Arrays.equals(bytes, new byte[0])) return false;
      }
    } catch (EOFException | java.net.SocketException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
