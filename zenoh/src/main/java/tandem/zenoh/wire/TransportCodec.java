package tandem.zenoh.wire;

import java.util.ArrayList;
import java.util.List;
import tandem.zenoh.wire.TransportMessage.Close;
import tandem.zenoh.wire.TransportMessage.Fragment;
import tandem.zenoh.wire.TransportMessage.Frame;
import tandem.zenoh.wire.TransportMessage.Init;
import tandem.zenoh.wire.TransportMessage.KeepAlive;
import tandem.zenoh.wire.TransportMessage.Oam;
import tandem.zenoh.wire.TransportMessage.Open;

/** Transport messages to bytes and back. Stateless. */
public final class TransportCodec {
  public static final int OAM = 0x00;
  public static final int INIT = 0x01;
  public static final int OPEN = 0x02;
  public static final int CLOSE = 0x03;
  public static final int KEEP_ALIVE = 0x04;
  public static final int FRAME = 0x05;
  public static final int FRAGMENT = 0x06;
  static final int JOIN = 0x07;
  static final int ID = 0x1F;
  static final int Z = 0x80;
  private static final int ACK = 0x20;
  private static final int SIZES = 0x40;
  private static final int SECONDS = 0x40;
  private static final int RELIABLE = 0x20;
  private static final int MORE = 0x40;
  private static final int PRIORITY = 0x31;
  private static final int FIRST = 0x02;
  private static final int DROPPED = 0x03;
  private static final List<Extension> NONE = List.of();

  private TransportCodec() {}

  /** Id of the message that begins at the reader's position. */
  public static int peekId(WireReader in) {
    return in.peek() & ID;
  }

  /** Reads one message; a frame or fragment runs as far as section 2 of the protocol says. */
  public static TransportMessage read(WireReader in) {
    int at = in.position();
    int header = in.u8("transport header");
    boolean z = (header & Z) != 0;
    return switch (header & ID) {
      case INIT -> readInit(in, header);
      case OPEN -> readOpen(in, header);
      case CLOSE -> {
        var close = new Close((header & 0x20) != 0, in.u8("close reason"));
        skipAll(in, z, "Close");
        yield close;
      }
      case KEEP_ALIVE -> {
        skipAll(in, z, "KeepAlive");
        yield new KeepAlive();
      }
      case FRAME -> {
        in.position(at);
        var lane = new Lane().read(in);
        var messages = new ArrayList<NetworkMessage>();
        while (in.hasRemaining() && NetworkCodec.isNetwork(in)) messages.add(NetworkCodec.read(in));
        yield new Frame(lane.reliable, lane.sn, lane.priority, List.copyOf(messages));
      }
      case FRAGMENT -> {
        in.position(at);
        var lane = new Lane().read(in);
        yield new Fragment(
            lane.reliable,
            lane.more,
            lane.sn,
            lane.priority,
            lane.first,
            lane.dropped,
            in.take(in.remaining()));
      }
      case OAM -> readOam(in, header);
      default ->
          throw new MalformedFrame("transport message", "id 0x00..0x06", hex(header & ID), at);
    };
  }

  /** Where a frame or fragment stands in its lane; filled by {@link #read}, may be re-used. */
  public static final class Lane {
    public boolean reliable;
    public boolean more;
    public long sn;
    public int priority;
    public boolean first;
    public boolean dropped;

    /** Reads header, sequence number and extensions of a frame or fragment. */
    public Lane read(WireReader in) {
      int header = in.u8("transport header");
      reliable = (header & RELIABLE) != 0;
      more = (header & MORE) != 0;
      sn = in.varint("sequence number");
      priority = NetworkMessage.DEFAULT_QOS;
      first = false;
      dropped = false;
      boolean z = (header & Z) != 0;
      while (z) {
        int at = in.position();
        int extension = in.u8("extension header");
        z = (extension & Z) != 0;
        switch (extension & ~Z & ~Extension.MANDATORY) {
          case PRIORITY & ~Extension.MANDATORY -> {
            long value = in.varint("frame priority");
            if (value < 0 || value > 7)
              throw new MalformedFrame("frame priority", "0..7", value, at + 1);
            priority = (int) value;
          }
          case FIRST -> first = true;
          case DROPPED -> dropped = true;
          default -> Extension.skip(in, extension, "Frame");
        }
      }
      return this;
    }
  }

  private static Init readInit(WireReader in, int header) {
    boolean ack = (header & ACK) != 0;
    int version = in.u8("version");
    int packed = in.u8("whatami");
    Zid zid = in.zid(packed, "zid");
    int resolution = Init.DEFAULT_RESOLUTION;
    int batchSize = Init.DEFAULT_BATCH_SIZE;
    if ((header & SIZES) != 0) {
      resolution = in.u8("resolution");
      batchSize = in.u16("batch size");
    }
    byte[] cookie = ack ? in.bytes("cookie") : null;
    var extensions = (header & Z) != 0 ? Extension.readAll(in) : NONE;
    return new Init(ack, version, packed & 3, zid, resolution, batchSize, cookie, extensions);
  }

  private static Open readOpen(WireReader in, int header) {
    boolean ack = (header & ACK) != 0;
    int at = in.position();
    long lease = in.varint("lease");
    long millis = (header & SECONDS) != 0 ? lease * 1000 : lease;
    if (lease < 0 || lease > Integer.MAX_VALUE)
      throw new MalformedFrame("lease", "0..2^31-1", Long.toUnsignedString(lease), at);
    long initialSn = in.varint("initial sequence number");
    byte[] cookie = ack ? null : in.bytes("cookie");
    var extensions = (header & Z) != 0 ? Extension.readAll(in) : NONE;
    return new Open(ack, millis, initialSn, cookie, extensions);
  }

  private static Oam readOam(WireReader in, int header) {
    int at = in.position() - 1;
    int id = in.varint32("oam id");
    skipAll(in, (header & Z) != 0, "Oam");
    Extension.skipBody(in, header & 0x60, at);
    return new Oam(id);
  }

  static void skipAll(WireReader in, boolean any, String message) {
    boolean z = any;
    while (z) {
      int header = in.u8("extension header");
      z = (header & Z) != 0;
      Extension.skip(in, header, message);
    }
  }

  public static void write(WireWriter out, TransportMessage message) {
    switch (message) {
      case Init init -> writeInit(out, init);
      case Open open -> writeOpen(out, open);
      case Close(boolean session, int reason) -> out.u8(CLOSE | (session ? 0x20 : 0)).u8(reason);
      case KeepAlive alive -> out.u8(KEEP_ALIVE);
      case Frame(boolean reliable, long sn, int priority, var messages) -> {
        writeFrameHeader(out, reliable, sn, priority);
        for (var one : messages) NetworkCodec.write(out, one);
      }
      case Fragment fragment -> {
        writeFragmentHeader(
            out,
            fragment.reliable(),
            fragment.more(),
            fragment.sn(),
            fragment.priority(),
            fragment.first(),
            fragment.dropped());
        out.raw(fragment.piece());
      }
      case Oam(int id) -> out.u8(OAM).varint32(id);
    }
  }

  public static void writeFrameHeader(WireWriter out, boolean reliable, long sn, int priority) {
    boolean z = priority != NetworkMessage.DEFAULT_QOS;
    out.u8(FRAME | (reliable ? RELIABLE : 0) | (z ? Z : 0)).varint(sn);
    if (z) out.u8(PRIORITY).varint(priority);
  }

  public static void writeFragmentHeader(
      WireWriter out,
      boolean reliable,
      boolean more,
      long sn,
      int priority,
      boolean first,
      boolean dropped) {
    boolean hasPriority = priority != NetworkMessage.DEFAULT_QOS;
    boolean z = hasPriority || first || dropped;
    out.u8(FRAGMENT | (reliable ? RELIABLE : 0) | (more ? MORE : 0) | (z ? Z : 0)).varint(sn);
    if (hasPriority) out.u8(PRIORITY | (first || dropped ? Z : 0)).varint(priority);
    if (first) out.u8(FIRST | (dropped ? Z : 0));
    if (dropped) out.u8(DROPPED);
  }

  private static void writeInit(WireWriter out, Init init) {
    boolean sizes =
        init.resolution() != Init.DEFAULT_RESOLUTION || init.batchSize() != Init.DEFAULT_BATCH_SIZE;
    boolean z = !init.extensions().isEmpty();
    out.u8(INIT | (init.ack() ? ACK : 0) | (sizes ? SIZES : 0) | (z ? Z : 0))
        .u8(init.version())
        .u8(init.zid().length() - 1 << 4 | init.whatami())
        .zid(init.zid());
    if (sizes) out.u8(init.resolution()).u16(init.batchSize());
    if (init.ack()) out.bytes(init.cookie());
    Extension.writeAll(out, init.extensions());
  }

  private static void writeOpen(WireWriter out, Open open) {
    boolean seconds = open.leaseMillis() % 1000 == 0;
    boolean z = !open.extensions().isEmpty();
    out.u8(OPEN | (open.ack() ? ACK : 0) | (seconds ? SECONDS : 0) | (z ? Z : 0))
        .varint(seconds ? open.leaseMillis() / 1000 : open.leaseMillis())
        .varint(open.initialSn());
    if (!open.ack()) out.bytes(open.cookie());
    Extension.writeAll(out, open.extensions());
  }

  static String hex(int value) {
    return "0x%02x".formatted(value);
  }
}
