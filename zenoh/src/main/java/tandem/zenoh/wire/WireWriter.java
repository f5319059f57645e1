package tandem.zenoh.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Growing bytes with the primitives of the protocol. Not thread-safe; may be re-used. */
public final class WireWriter {
  private byte[] bytes;
  private int size;

  public WireWriter() {
    this(256);
  }

  public WireWriter(int capacity) {
    bytes = new byte[capacity];
  }

  public WireWriter clear() {
    size = 0;
    return this;
  }

  /** The bytes written so far, from 0 to {@link #size}; the writer's own array. */
  public byte[] array() {
    return bytes;
  }

  public int size() {
    return size;
  }

  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  private void room(int more) {
    if (bytes.length - size < more)
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), bytes.length * 2));
  }

  public WireWriter u8(int value) {
    room(1);
    bytes[size++] = (byte) value;
    return this;
  }

  WireWriter u16(int value) {
    return u8(value).u8(value >>> 8);
  }

  public WireWriter varint(long value) {
    room(9);
    long rest = value;
    for (int i = 0; i < 8; i++) {
      if (rest >>> 7 == 0) {
        bytes[size++] = (byte) rest;
        return this;
      }
      bytes[size++] = (byte) (rest & 0x7F | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
    return this;
  }

  /** An unsigned 32-bit number kept in an int's bits. */
  WireWriter varint32(int value) {
    return varint(Integer.toUnsignedLong(value));
  }

  public WireWriter raw(byte[] source) {
    return raw(source, 0, source.length);
  }

  public WireWriter raw(byte[] source, int from, int length) {
    room(length);
    System.arraycopy(source, from, bytes, size, length);
    size += length;
    return this;
  }

  public WireWriter bytes(byte[] source) {
    return varint(source.length).raw(source);
  }

  WireWriter string(String text) {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  WireWriter zid(Zid zid) {
    return raw(zid.bytes());
  }

  /** Bytes that {@link #varint} takes for this value. */
  public static int varintSize(long value) {
    int bits = 64 - Long.numberOfLeadingZeros(value | 1);
    return Math.min(9, (bits + 6) / 7);
  }
}
