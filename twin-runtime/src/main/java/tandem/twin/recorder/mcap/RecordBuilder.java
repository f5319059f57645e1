package tandem.twin.recorder.mcap;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;

/** The bytes of one small record, field by field. */
final class RecordBuilder {
  private ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);

  RecordBuilder(int opcode) {
    bytes.put((byte) opcode).putLong(0);
  }

  RecordBuilder u8(int value) {
    room(1).put((byte) value);
    return this;
  }

  RecordBuilder u16(int value) {
    room(2).putShort((short) value);
    return this;
  }

  RecordBuilder u32(int value) {
    room(4).putInt(value);
    return this;
  }

  RecordBuilder u64(long value) {
    room(8).putLong(value);
    return this;
  }

  RecordBuilder bytes(byte[] value) {
    room(value.length).put(value);
    return this;
  }

  RecordBuilder text(String value) {
    byte[] utf8 = value.getBytes(UTF_8);
    return u32(utf8.length).bytes(utf8);
  }

  RecordBuilder map(SortedMap<String, String> values) {
    int lengthAt = reserve();
    for (Map.Entry<String, String> value : values.entrySet()) {
      text(value.getKey()).text(value.getValue());
    }
    return measure(lengthAt);
  }

  RecordBuilder counts(SortedMap<Integer, Long> values) {
    int lengthAt = reserve();
    for (Map.Entry<Integer, Long> value : values.entrySet()) {
      u16(value.getKey()).u64(value.getValue());
    }
    return measure(lengthAt);
  }

  private int reserve() {
    int at = bytes.position();
    u32(0);
    return at;
  }

  private RecordBuilder measure(int lengthAt) {
    bytes.putInt(lengthAt, bytes.position() - lengthAt - 4);
    return this;
  }

  byte[] build() {
    bytes.putLong(1, bytes.position() - McapRecord.HEAD_BYTES);
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private ByteBuffer room(int more) {
    if (bytes.remaining() < more) {
      bytes =
          ByteBuffer.allocate(Math.max(2 * bytes.capacity(), bytes.position() + more))
              .order(ByteOrder.LITTLE_ENDIAN)
              .put(bytes.flip());
    }
    return bytes;
  }
}
