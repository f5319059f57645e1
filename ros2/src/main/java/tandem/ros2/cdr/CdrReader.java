package tandem.ros2.cdr;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Reads one CDR message field by field.
 *
 * <pre>
 *   byte 0     1           2         4
 *        +-----+-----------+---------+------------------------------------------
 *        | 0   | 0 BE 1 LE | options | fields, each aligned to its size from here
 *        +-----+-----------+---------+------------------------------------------
 * </pre>
 *
 * The name that each method takes is only for the message of a refusal; {@link #begin} and {@link
 * #end} make it a path. Bytes behind the last field are legal. The input is not copied or modified.
 * Not thread-safe; {@link #wrap} makes it ready for the next message without allocation.
 */
public final class CdrReader {
  public static final int HEADER_BYTES = 4;
  private static final VarHandle SHORT_LE = view(short[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT_BE = view(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT_LE = view(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT_BE = view(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG_LE = view(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG_BE = view(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int MAX_DEPTH = 64;

  private byte[] bytes;
  private int start;
  private int end;
  private int at;
  private boolean big;
  private final String[] path = new String[MAX_DEPTH];
  private final int[] index = new int[MAX_DEPTH];
  private int depth;

  public CdrReader() {
    wrap(new byte[HEADER_BYTES]);
  }

  public CdrReader(byte[] message) {
    wrap(message);
  }

  private static VarHandle view(Class<?> type, ByteOrder order) {
    return MethodHandles.byteArrayViewVarHandle(type, order);
  }

  public CdrReader wrap(byte[] message) {
    return wrap(message, 0, message.length);
  }

  /** Starts on the message in {@code length} bytes from {@code offset}; the header is checked. */
  public CdrReader wrap(byte[] message, int offset, int length) {
    java.util.Objects.checkFromIndexSize(offset, length, message.length);
    bytes = message;
    start = offset + HEADER_BYTES;
    end = offset + length;
    at = offset;
    depth = 0;
    big = false;
    if (length < HEADER_BYTES) {
      throw new MalformedCdr(
          "CDR header: expected %d bytes, found %d; message not read"
              .formatted(HEADER_BYTES, length));
    }
    int kind = (message[offset] & 0xff) << 8 | message[offset + 1] & 0xff;
    switch (kind) {
      case 0 -> big = true;
      case 1 -> big = false;
      case 2, 3 ->
          throw refused(message, offset, "a parameter list (PL_CDR), which ROS 2 does not send");
      case 6, 7, 8, 9, 10, 11 ->
          throw refused(message, offset, "XCDR2, which ROS 2 does not use by default");
      default -> throw refused(message, offset, "an unknown encapsulation");
    }
    at = start;
    return this;
  }

  private static MalformedCdr refused(byte[] message, int offset, String what) {
    return new MalformedCdr(
        "CDR header: expected 00 00 (big-endian) or 00 01 (little-endian), found %02x %02x: %s;"
                .formatted(message[offset], message[offset + 1], what)
            + " message not read");
  }

  /** Enters a nested message: later names are shown behind this one. */
  public void begin(String field) {
    begin(field, -1);
  }

  /** Enters an element of a sequence or array. */
  public void begin(String field, int element) {
    if (depth == MAX_DEPTH) throw bad(field, "at most " + MAX_DEPTH + " nested messages", "more");
    path[depth] = field;
    index[depth++] = element;
  }

  /** Leaves what {@link #begin} entered. */
  public void end() {
    depth--;
  }

  private String pathOf(String field) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < depth; i++) {
      text.append(path[i]);
      if (index[i] >= 0) text.append('[').append(index[i]).append(']');
      text.append('.');
    }
    return text.append(field).toString();
  }

  private MalformedCdr bad(String field, String expected, String found) {
    return MalformedCdr.at(pathOf(field), at - start + HEADER_BYTES, expected, found);
  }

  /** Moves to the alignment, checks that {@code count} bytes are there, and steps over them. */
  private int take(String field, int alignment, int count) {
    int from = at + (-(at - start) & (alignment - 1));
    if (count > end - from) {
      throw bad(field, count + " bytes", Math.max(0, end - from) + " left");
    }
    at = from + count;
    return from;
  }

  private int bytesOf(String field, int count, int elementBytes) {
    if (count > (end - at) / elementBytes) {
      throw bad(
          field, count + " elements of " + elementBytes + " bytes", (end - at) + " bytes left");
    }
    return count * elementBytes;
  }

  /** Bytes not yet read. */
  public int remaining() {
    return end - at;
  }

  /** Offset of the next byte, counted from the begin of the message, header included. */
  public int position() {
    return at - start + HEADER_BYTES;
  }

  public boolean bool(String field) {
    return bytes[take(field, 1, 1)] != 0;
  }

  public byte int8(String field) {
    return bytes[take(field, 1, 1)];
  }

  public int uint8(String field) {
    return bytes[take(field, 1, 1)] & 0xff;
  }

  public short int16(String field) {
    int from = take(field, 2, 2);
    return (short) (big ? SHORT_BE : SHORT_LE).get(bytes, from);
  }

  public int uint16(String field) {
    return int16(field) & 0xffff;
  }

  public int int32(String field) {
    int from = take(field, 4, 4);
    return big ? (int) INT_BE.get(bytes, from) : (int) INT_LE.get(bytes, from);
  }

  public long uint32(String field) {
    return int32(field) & 0xffff_ffffL;
  }

  /** Signed; of a uint64 the same bits. */
  public long int64(String field) {
    int from = take(field, 8, 8);
    return big ? (long) LONG_BE.get(bytes, from) : (long) LONG_LE.get(bytes, from);
  }

  public float float32(String field) {
    return Float.intBitsToFloat(int32(field));
  }

  public double float64(String field) {
    return Double.longBitsToDouble(int64(field));
  }

  /** UTF-8; bytes that are not become the replacement character. */
  public String string(String field) {
    return string(field, 0);
  }

  /** As {@link #string(String)}, at most {@code bound} bytes long; 0: no bound. */
  public String string(String field, int bound) {
    int length = stringLength(field, bound);
    int from = take(field, 1, length);
    return new String(bytes, from, unterminated(from, length), StandardCharsets.UTF_8);
  }

  /** Steps over a string. */
  public void skipString(String field) {
    take(field, 1, stringLength(field, 0));
  }

  private int unterminated(int from, int length) {
    return length > 0 && bytes[from + length - 1] == 0 ? length - 1 : length;
  }

  private int stringLength(String field, int bound) {
    long length = uint32(field);
    if (length > end - at) {
      at -= 4;
      throw bad(field, "a string within the " + (end - at - 4) + " bytes left", length + " bytes");
    }
    if (bound > 0 && length > bound + 1L) {
      at -= 4;
      throw bad(field, "a string of at most " + bound + " bytes", (length - 1) + " bytes");
    }
    return (int) length;
  }

  /**
   * UTF-16 code units behind their count, without NUL (as Fast-CDR 2 writes them; not compared with
   * a ROS 2 node).
   */
  public String wstring(String field, int bound) {
    int length = count(field, 2);
    if (bound > 0 && length > bound) {
      throw bad(field, "a wstring of at most " + bound + " units", length + " units");
    }
    char[] units = new char[length];
    for (int i = 0; i < length; i++) units[i] = (char) uint16(field);
    return new String(units);
  }

  /**
   * Count of a sequence, refused where the bytes left cannot hold so many elements of at least
   * {@code minElementBytes} each.
   */
  public int count(String field, int minElementBytes) {
    long count = uint32(field);
    if (count * minElementBytes > end - at) {
      at -= 4;
      throw bad(
          field,
          "a count of at most " + (end - at - 4) / minElementBytes + " elements",
          Long.toString(count));
    }
    return (int) count;
  }

  /** As {@link #count(String, int)} for a sequence of at most {@code bound} elements. */
  public int count(String field, int minElementBytes, int bound) {
    int count = count(field, minElementBytes);
    if (count > bound) {
      at -= 4;
      throw bad(field, "at most " + bound + " elements", Integer.toString(count));
    }
    return count;
  }

  /**
   * A fixed array of {@code count} elements follows: refused where the bytes left cannot hold them.
   */
  public int expect(String field, int count, int minElementBytes) {
    if ((long) count * minElementBytes > end - at) {
      throw bad(field, count + " elements", (end - at) + " bytes left");
    }
    return count;
  }

  /** A sequence of bytes as a view. */
  public Bytes bytes(String field) {
    return bytes(field, count(field, 1));
  }

  /** An array of {@code count} bytes as a view. */
  public Bytes bytes(String field, int count) {
    return new Bytes(bytes, take(field, 1, count), count);
  }

  /** A sequence of doubles as a view. */
  public Float64s float64s(String field) {
    return float64s(field, count(field, Double.BYTES));
  }

  /** An array of {@code count} doubles as a view. */
  public Float64s float64s(String field, int count) {
    if (count == 0) return Float64s.EMPTY;
    return new Float64s(bytes, take(field, 8, bytesOf(field, count, Double.BYTES)), count, big);
  }

  /** A sequence of floats as a view. */
  public Float32s float32s(String field) {
    return float32s(field, count(field, Float.BYTES));
  }

  /** An array of {@code count} floats as a view. */
  public Float32s float32s(String field, int count) {
    if (count == 0) return Float32s.EMPTY;
    return new Float32s(bytes, take(field, 4, bytesOf(field, count, Float.BYTES)), count, big);
  }

  /** A sequence of strings. */
  public List<String> strings(String field) {
    int count = count(field, 4);
    String[] strings = new String[count];
    for (int i = 0; i < count; i++) strings[i] = string(field);
    return List.of(strings);
  }

  /**
   * A sequence of strings that is usually the same as last time, such as joint names: where its
   * bytes are those that {@code last} was made from, {@code last}'s list comes back and nothing is
   * allocated.
   */
  public List<String> strings(String field, StringCache last) {
    int from = at;
    int phase = from - start & 3;
    // The same bytes at the same alignment are the same strings.
    if (last.begins(bytes, from, end, phase, big)) {
      at += last.raw.length;
      return last.strings;
    }
    List<String> made = strings(field);
    return last.keep(made, bytes, from, at, phase, big);
  }

  /** What a caller keeps between messages for {@link #strings(String, StringCache)}. */
  public static final class StringCache {
    private byte[] raw = new byte[0];
    private int phase = -1;
    private boolean big;
    private List<String> strings = List.of();

    private boolean begins(byte[] bytes, int from, int end, int ofPhase, boolean ofBig) {
      return phase == ofPhase
          && big == ofBig
          && raw.length <= end - from
          && java.util.Arrays.equals(raw, 0, raw.length, bytes, from, from + raw.length);
    }

    private List<String> keep(
        List<String> made, byte[] bytes, int from, int to, int ofPhase, boolean ofBig) {
      raw = java.util.Arrays.copyOfRange(bytes, from, to);
      phase = ofPhase;
      big = ofBig;
      strings = made;
      return made;
    }
  }
}
