package tandem.twin.recorder.mcap;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A cursor over the content of one record; every read names its field, so that an error can. Reads
 * beyond the content are refused before memory is taken.
 */
final class Content {
  private final String record;
  private final ByteBuffer bytes;
  private final long offset;

  /**
   * @param offset of the record in the file, for messages
   */
  Content(String record, ByteBuffer bytes, long offset) {
    this.record = record;
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    this.offset = offset;
  }

  int remaining() {
    return bytes.remaining();
  }

  int u8(String field) throws McapException {
    need(field, 1);
    return bytes.get() & 0xFF;
  }

  int u16(String field) throws McapException {
    need(field, 2);
    return bytes.getShort() & 0xFFFF;
  }

  long u32(String field) throws McapException {
    need(field, 4);
    return bytes.getInt() & 0xFFFF_FFFFL;
  }

  long u64(String field) throws McapException {
    need(field, 8);
    return bytes.getLong();
  }

  /** A u32 length that must fit into what is left. */
  int length32(String field) throws McapException {
    return fitting(field, u32(field));
  }

  /** A u64 length that must fit into what is left. */
  int length64(String field) throws McapException {
    return fitting(field, u64(field));
  }

  private int fitting(String field, long length) throws McapException {
    if (length < 0 || length > bytes.remaining()) {
      throw new McapException(
          "%s length of %s: expected 0..%d, found %s"
              .formatted(field, record, bytes.remaining(), Long.toUnsignedString(length)),
          offset);
    }
    return (int) length;
  }

  byte[] bytes(int length) {
    byte[] copy = new byte[length];
    bytes.get(copy);
    return copy;
  }

  byte[] rest() {
    return bytes(bytes.remaining());
  }

  ByteBuffer slice(int length) {
    var slice = bytes.slice(bytes.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + length);
    return slice;
  }

  String text(String field) throws McapException {
    int length = length32(field);
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(slice(length));
      return text.toString();
    } catch (CharacterCodingException notUtf8) {
      throw new McapException(
          "%s of %s: expected UTF-8, found other bytes".formatted(field, record), offset, notUtf8);
    }
  }

  SortedMap<String, String> textMap(String field) throws McapException {
    var map = map(field);
    SortedMap<String, String> texts = new TreeMap<>();
    while (map.remaining() > 0) {
      String key = map.text(field + " key");
      if (texts.put(key, map.text(field + " value")) != null) {
        throw new McapException(
            "%s of %s: expected a key once, found \"%s\" twice".formatted(field, record, key),
            offset);
      }
    }
    return texts;
  }

  SortedMap<Integer, Long> countMap(String field) throws McapException {
    var map = map(field);
    SortedMap<Integer, Long> counts = new TreeMap<>();
    while (map.remaining() > 0) {
      counts.put(map.u16(field + " key"), map.u64(field + " value"));
    }
    return counts;
  }

  private Content map(String field) throws McapException {
    return new Content(record, slice(length32(field)), offset);
  }

  /** Array of pairs of u64: {first of each, second of each}. */
  long[][] pairs(String field) throws McapException {
    int length = length32(field);
    if (length % 16 != 0) {
      throw new McapException(
          "%s length of %s: expected a multiple of 16, found %d".formatted(field, record, length),
          offset);
    }
    long[][] pairs = new long[2][length / 16];
    for (int i = 0; i < length / 16; i++) {
      pairs[0][i] = bytes.getLong();
      pairs[1][i] = bytes.getLong();
    }
    return pairs;
  }

  private void need(String field, int count) throws McapException {
    if (bytes.remaining() < count) {
      throw new McapException(
          "%s of %s: expected %d bytes, found %d"
              .formatted(field, record, count, bytes.remaining()),
          offset);
    }
  }
}
