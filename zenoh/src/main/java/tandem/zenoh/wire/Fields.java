package tandem.zenoh.wire;

import tandem.zenoh.Encoding;
import tandem.zenoh.SourceInfo;
import tandem.zenoh.Timestamp;

/** Compound fields that several messages share. */
final class Fields {
  private static final int MAX_SCHEMA_BYTES = 65_535;
  private static final Encoding[] PLAIN = new Encoding[64];

  static {
    for (int id = 0; id < PLAIN.length; id++) PLAIN[id] = new Encoding(id, null);
  }

  private Fields() {}

  static Timestamp timestamp(WireReader in) {
    long ntp64 = in.varint("timestamp");
    int at = in.position();
    int length = in.length("timestamp zid");
    if (length < 1 || length > Zid.MAX_BYTES)
      throw new MalformedFrame("timestamp zid length", "1..16", length, at);
    return new Timestamp(ntp64, in.zidOf(length, "timestamp zid").toString());
  }

  static void skipTimestamp(WireReader in) {
    in.varint("timestamp");
    int at = in.position();
    int length = in.length("timestamp zid");
    if (length < 1 || length > Zid.MAX_BYTES)
      throw new MalformedFrame("timestamp zid length", "1..16", length, at);
    in.skipZid(length, "timestamp zid");
  }

  static void skipSourceInfo(WireReader in) {
    int length = (in.u8("source info") >>> 4) + 1;
    if (length > in.remaining())
      throw new MalformedFrame("source info zid", length + " bytes", in.remaining(), in.position());
    in.skipZid(length, "source info zid");
    in.varint32("source info entity");
    in.varint32("source info sequence");
  }

  static void expectEnd(WireReader in, String field) {
    if (in.hasRemaining())
      throw new MalformedFrame(field, "its end", in.remaining() + " more bytes", in.position());
  }

  static void write(WireWriter out, Timestamp timestamp) {
    byte[] zid = Zid.parse(timestamp.zid()).bytes();
    out.varint(timestamp.ntp64()).bytes(zid);
  }

  static Encoding encoding(WireReader in) {
    int at = in.position();
    int packed = in.varint32("encoding");
    int id = packed >>> 1;
    if (id > 0xFFFF) throw new MalformedFrame("encoding", "0..65535", id, at);
    if ((packed & 1) != 0) return new Encoding(id, in.string("encoding schema", MAX_SCHEMA_BYTES));
    return id < PLAIN.length ? PLAIN[id] : new Encoding(id, null);
  }

  static void skipEncoding(WireReader in) {
    if ((in.varint32("encoding") & 1) != 0) in.skip(in.length("encoding schema"));
  }

  static void write(WireWriter out, Encoding encoding) {
    boolean schema = encoding.schema() != null && !encoding.schema().isEmpty();
    out.varint((long) encoding.id() << 1 | (schema ? 1 : 0));
    if (schema) out.string(encoding.schema());
  }

  static boolean isDefault(Encoding encoding) {
    return encoding == null
        || encoding.id() == 0 && (encoding.schema() == null || encoding.schema().isEmpty());
  }

  /** Reads the body of an extension that ends at {@code end}. */
  static SourceInfo sourceInfo(WireReader in) {
    Zid zid = in.zid(in.u8("source info"), "source info zid");
    long entity = Integer.toUnsignedLong(in.varint32("source info entity"));
    long sequence = Integer.toUnsignedLong(in.varint32("source info sequence"));
    return new SourceInfo(zid.toString(), entity, sequence);
  }

  static void write(WireWriter out, SourceInfo info) {
    Zid zid = Zid.parse(info.zid());
    int size =
        1
            + zid.length()
            + WireWriter.varintSize(info.entityId())
            + WireWriter.varintSize(info.sequence());
    out.varint(size)
        .u8(zid.length() - 1 << 4)
        .zid(zid)
        .varint(info.entityId())
        .varint(info.sequence());
  }

  /**
   * A reader over the body of a bytes extension: {@code in} is moved behind it, and what the body's
   * own reader leaves unread is ignored.
   */
  static WireReader body(WireReader in, String field) {
    int length = in.length(field);
    var body = new WireReader().wrap(in.buffer(), in.position(), in.position() + length);
    in.skip(length);
    return body;
  }
}
