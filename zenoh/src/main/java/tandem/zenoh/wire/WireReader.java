package tandem.zenoh.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * A cursor over the bytes of one batch or of one reassembled message. Reads the primitives of the
 * protocol; every length is compared with what is left before anything is allocated. Reads by
 * absolute index, so the buffer's own position never moves. Not thread-safe; may be re-used.
 */
public final class WireReader {
  /** Longest key text taken. */
  public static final int MAX_KEY_BYTES = 65_535;

  private ByteBuffer buffer;
  private int position;
  private int limit;

  public WireReader wrap(ByteBuffer source, int from, int to) {
    if (from < 0 || to < from || to > source.capacity())
      throw new IllegalArgumentException("range " + from + ".." + to + " of " + source);
    buffer = source;
    position = from;
    limit = to;
    return this;
  }

  public static WireReader of(byte[] bytes) {
    return new WireReader().wrap(ByteBuffer.wrap(bytes), 0, bytes.length);
  }

  public ByteBuffer buffer() {
    return buffer;
  }

  public int position() {
    return position;
  }

  public void position(int next) {
    if (next < 0 || next > limit)
      throw new IllegalArgumentException("position " + next + " of " + limit);
    position = next;
  }

  public int limit() {
    return limit;
  }

  public int remaining() {
    return limit - position;
  }

  public boolean hasRemaining() {
    return position < limit;
  }

  int peek() {
    return buffer.get(position) & 0xFF;
  }

  int u8(String field) {
    if (position >= limit) throw new MalformedFrame(field, "1 byte", "end", position);
    return buffer.get(position++) & 0xFF;
  }

  int u16(String field) {
    if (limit - position < 2) throw new MalformedFrame(field, "2 bytes", remaining(), position);
    int low = buffer.get(position) & 0xFF;
    int high = buffer.get(position + 1) & 0xFF;
    position += 2;
    return high << 8 | low;
  }

  /** Unsigned, 7 bits a byte; the ninth byte carries 8 bits. */
  long varint(String field) {
    int start = position;
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      if (position >= limit) throw new MalformedFrame(field, "varint", "end", start);
      long next = buffer.get(position++) & 0xFF;
      if (shift == 56) return value | next << 56;
      value |= (next & 0x7F) << shift;
      if (next < 0x80) return value;
    }
  }

  /** A varint that must fit into 32 bits, kept in an int's bits. */
  int varint32(String field) {
    int start = position;
    long value = varint(field);
    if (value >>> 32 != 0)
      throw new MalformedFrame(field, "0..2^32-1", Long.toUnsignedString(value), start);
    return (int) value;
  }

  /** A length that must fit into what is left. */
  int length(String field) {
    int start = position;
    long value = varint(field);
    if (value < 0 || value > limit - position)
      throw new MalformedFrame(
          field + " length", "0.." + (limit - position), Long.toUnsignedString(value), start);
    return (int) value;
  }

  byte[] bytes(String field) {
    return take(length(field));
  }

  /** {@code count} bytes, already known to be there. */
  byte[] take(int count) {
    var bytes = new byte[count];
    buffer.get(position, bytes, 0, count);
    position += count;
    return bytes;
  }

  void skip(int count) {
    position += count;
  }

  String string(String field, int maxBytes) {
    int start = position;
    int length = length(field);
    if (length > maxBytes)
      throw new MalformedFrame(field + " length", "0.." + maxBytes, length, start);
    String text = text(buffer, position, length, field);
    position += length;
    return text;
  }

  /** Strict UTF-8. */
  static String text(ByteBuffer buffer, int from, int length, String field) {
    if (length == 0) return "";
    var bytes = new byte[length];
    buffer.get(from, bytes, 0, length);
    for (byte b : bytes) if (b < 0) return strict(bytes, from, field);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String strict(byte[] bytes, int at, String field) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedFrame(field, "UTF-8", bytes.length + " other bytes", at);
    }
  }

  /** Length nibble in the upper half of {@code packed}, then the bytes. */
  Zid zid(int packed, String field) {
    return zidOf((packed >>> 4) + 1, field);
  }

  Zid zidOf(int length, String field) {
    if (length < 1 || length > Zid.MAX_BYTES)
      throw new MalformedFrame(field + " length", "1..16", length, position);
    if (length > remaining())
      throw new MalformedFrame(field, length + " bytes", remaining() + " bytes", position);
    int at = position;
    skipZid(length, field);
    position = at;
    return Zid.of(take(length));
  }

  /** Moves past an id of {@code length} bytes, known to be there, that must not be zero. */
  void skipZid(int length, String field) {
    int or = 0;
    for (int i = 0; i < length; i++) or |= buffer.get(position + i);
    if (or == 0) throw new MalformedFrame(field, "not zero", length + " zero bytes", position);
    position += length;
  }
}
