package tandem.proto.codec;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Values as bytes with exactly one form each, for digests: not meant to be read back, and
 * independent of any library's idea of serialisation.
 *
 * <pre>
 *   field  = number u16 | kind u8 | value
 *   kind 1 = integer i64 | 2 = double, doubleToLongBits i64 | 3 = text, 4 = bytes: length u32, bytes
 *        5 = list: count u32, per element a message | 6 = message: fields | end marker u16 0xffff
 * </pre>
 *
 * Big-endian. Fields are written by rising number (checked); maps are lists sorted by key. Not
 * thread-safe.
 */
public final class CanonicalEncoder {
  private static final int END = 0xffff;

  private final ByteArrayOutputStream out;
  private int last = -1;

  public CanonicalEncoder() {
    this(new ByteArrayOutputStream(512));
  }

  private CanonicalEncoder(ByteArrayOutputStream out) {
    this.out = out;
  }

  public CanonicalEncoder integer(int field, long value) {
    start(field, 1);
    i64(value);
    return this;
  }

  public CanonicalEncoder flag(int field, boolean value) {
    return integer(field, value ? 1 : 0);
  }

  /** Every bit counts: -0.0 differs from 0.0. */
  public CanonicalEncoder real(int field, double value) {
    start(field, 2);
    i64(Double.doubleToLongBits(value));
    return this;
  }

  public CanonicalEncoder text(int field, String value) {
    start(field, 3);
    bytes(value.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  public CanonicalEncoder bytes(int field, ByteString value) {
    start(field, 4);
    bytes(value.toByteArray());
    return this;
  }

  /** In the collection's order. */
  public <T> CanonicalEncoder list(
      int field, Collection<T> values, BiConsumer<CanonicalEncoder, T> element) {
    start(field, 5);
    i32(values.size());
    for (T value : values) nested(value, element);
    return this;
  }

  /** Sorted by key; key is field 1 of each element, the value's fields follow from 2 on. */
  public <V> CanonicalEncoder map(
      int field, Map<String, V> values, BiConsumer<CanonicalEncoder, V> value) {
    return list(
        field,
        new TreeMap<>(values).entrySet(),
        (encoder, entry) -> value.accept(encoder.text(1, entry.getKey()), entry.getValue()));
  }

  /** An absent value is an empty message, as field 0 alone tells it from one with fields. */
  public <T> CanonicalEncoder message(
      int field, T valueOrNull, BiConsumer<CanonicalEncoder, T> fields) {
    start(field, 6);
    if (valueOrNull == null) {
      i16(END);
    } else {
      nested(valueOrNull, (encoder, value) -> fields.accept(encoder.flag(0, true), value));
    }
    return this;
  }

  public byte[] toByteArray() {
    return out.toByteArray();
  }

  /** SHA-256 over what was written, lower-case hex. */
  public String sha256Hex() {
    return SealedEvent.hex(ByteString.copyFrom(SealedEvent.sha256().digest(out.toByteArray())));
  }

  private <T> void nested(T value, BiConsumer<CanonicalEncoder, T> fields) {
    fields.accept(new CanonicalEncoder(out), value);
    i16(END);
  }

  private void start(int field, int kind) {
    if (field <= last || field >= END) {
      throw new IllegalArgumentException(
          "field number: expected %d..%d, found %d".formatted(last + 1, END - 1, field));
    }
    last = field;
    i16(field);
    out.write(kind);
  }

  private void bytes(byte[] value) {
    i32(value.length);
    out.writeBytes(value);
  }

  private void i16(int value) {
    out.write(value >>> 8);
    out.write(value);
  }

  private void i32(int value) {
    i16(value >>> 16);
    i16(value);
  }

  private void i64(long value) {
    i32((int) (value >>> 32));
    i32((int) value);
  }
}
