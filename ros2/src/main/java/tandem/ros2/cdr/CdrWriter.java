package tandem.ros2.cdr;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Writes one CDR message, little-endian, field by field; padding is zero. The mirror of {@link
 * CdrReader}. Not thread-safe; {@link #reset} starts the next message in the same memory.
 */
public final class CdrWriter {
  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);
  private static final int START = CdrReader.HEADER_BYTES;

  private byte[] bytes;
  private int at;

  public CdrWriter() {
    this(256);
  }

  public CdrWriter(int expectedBytes) {
    bytes = new byte[Math.max(expectedBytes, START)];
    reset();
  }

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.LITTLE_ENDIAN);
  }

  /** Begins a new message. */
  public CdrWriter reset() {
    bytes[0] = 0;
    bytes[1] = 1;
    bytes[2] = 0;
    bytes[3] = 0;
    at = START;
    return this;
  }

  /** The message so far, header included; a copy. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, at);
  }

  /** Bytes so far, header included. */
  public int size() {
    return at;
  }

  private int room(int alignment, int count) {
    int from = at + (-(at - START) & (alignment - 1));
    int needed = Math.addExact(from, count);
    if (needed > bytes.length) {
      bytes =
          Arrays.copyOf(
              bytes, (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * bytes.length)));
    }
    while (at < from) bytes[at++] = 0;
    at = needed;
    return from;
  }

  public void bool(boolean value) {
    int8(value ? 1 : 0);
  }

  /** Also of uint8, byte and char: the low eight bits. */
  public void int8(int value) {
    int from = room(1, 1); // first: it may move the bytes
    bytes[from] = (byte) value;
  }

  /** Also of uint16: the low 16 bits. */
  public void int16(int value) {
    int from = room(2, 2);
    SHORT.set(bytes, from, (short) value);
  }

  /** Also of uint32: the same bits. */
  public void int32(int value) {
    int from = room(4, 4);
    INT.set(bytes, from, value);
  }

  /** Also of uint64: the same bits. */
  public void int64(long value) {
    int from = room(8, 8);
    LONG.set(bytes, from, value);
  }

  public void float32(float value) {
    int32(Float.floatToRawIntBits(value));
  }

  public void float64(double value) {
    int64(Double.doubleToRawLongBits(value));
  }

  public void string(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    int32(utf8.length + 1);
    int from = room(1, utf8.length + 1);
    System.arraycopy(utf8, 0, bytes, from, utf8.length);
    bytes[from + utf8.length] = 0;
  }

  /** As {@link CdrReader#wstring}. */
  public void wstring(String value) {
    int32(value.length());
    for (int i = 0; i < value.length(); i++) int16(value.charAt(i));
  }

  /** Count of a sequence that follows. */
  public void count(int count) {
    int32(count);
  }

  /** A sequence of strings. */
  public void strings(List<String> values) {
    count(values.size());
    for (String value : values) string(value);
  }

  /** A sequence of bytes. */
  public void bytes(Bytes values) {
    count(values.size());
    byteArray(values);
  }

  /** A fixed array of bytes: no count. */
  public void byteArray(Bytes values) {
    int from = room(1, values.size());
    values.copyTo(bytes, from);
  }

  /** A sequence of doubles. */
  public void float64s(Float64s values) {
    count(values.size());
    float64Array(values);
  }

  /** A fixed array of doubles: no count. */
  public void float64Array(Float64s values) {
    if (values.size() == 0) return;
    int from = room(8, Math.multiplyExact(values.size(), Double.BYTES));
    values.copyLittleEndianTo(bytes, from);
  }

  /** A sequence of floats. */
  public void float32s(Float32s values) {
    count(values.size());
    float32Array(values);
  }

  /** A fixed array of floats: no count. */
  public void float32Array(Float32s values) {
    if (values.size() == 0) return;
    int from = room(4, Math.multiplyExact(values.size(), Float.BYTES));
    values.copyLittleEndianTo(bytes, from);
  }
}
