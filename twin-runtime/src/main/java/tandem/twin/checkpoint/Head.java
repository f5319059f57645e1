package tandem.twin.checkpoint;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * How far one twin's journal had come. As a leaf of the tree:
 *
 * <pre>
 *   u16 bytes of the id | persistence id | sequence u64 | hash (32 bytes)
 * </pre>
 *
 * @param persistenceId {@code RobotTwin|<robot>~<term>}
 * @param hash of the event at {@code sequence}
 */
public record Head(String persistenceId, long sequence, ByteString hash) {
  static final int HASH_BYTES = 32;
  private static final int MAX_ID_BYTES = 255;

  public Head {
    if (hash.size() != HASH_BYTES) {
      throw new IllegalArgumentException(
          "head of %s: hash: expected %d bytes, found %d"
              .formatted(persistenceId, HASH_BYTES, hash.size()));
    }
  }

  /** What is hashed into the tree. */
  public byte[] leaf() {
    byte[] id = persistenceId.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Short.BYTES + id.length + Long.BYTES + HASH_BYTES)
        .putShort((short) id.length)
        .put(id)
        .putLong(sequence)
        .put(hash.asReadOnlyByteBuffer())
        .array();
  }

  static Head read(ByteBuffer from) throws IOException {
    int length = from.remaining() < Short.BYTES ? -1 : Short.toUnsignedInt(from.getShort());
    if (length < 1 || length > MAX_ID_BYTES) {
      throw new IOException(
          "head: bytes of the id: expected 1..%d, found %d".formatted(MAX_ID_BYTES, length));
    }
    int bytes = length + Long.BYTES + HASH_BYTES;
    if (from.remaining() < bytes) {
      throw new IOException("head: expected %d bytes, found %d".formatted(bytes, from.remaining()));
    }
    byte[] id = new byte[length];
    from.get(id);
    long sequence = from.getLong();
    byte[] hash = new byte[HASH_BYTES];
    from.get(hash);
    return new Head(new String(id, StandardCharsets.UTF_8), sequence, ByteString.copyFrom(hash));
  }
}
