package tandem.twin.journal;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.SealedEvent;

/**
 * A twin's decided state at one sequence, as bytes. It shortens recovery and is a witness of the
 * chain's head; events stay the truth.
 *
 * <p>sha256 is over {@code "tandem-snapshot/1"}, persistence id, sequence, hybridNanos, headHash,
 * digestVersion, digest and image; big-endian, texts and byte strings preceded by their length
 * (u32).
 *
 * @param headHash hash of the event at {@code sequence}
 * @param digest canonical state digest, hex
 * @param image protobuf {@code TwinImage}
 */
public record StoredSnapshot(
    String persistenceId,
    long sequence,
    long hybridNanos,
    ByteString headHash,
    int digestVersion,
    String digest,
    ByteString image,
    ByteString sha256) {

  public static StoredSnapshot of(
      String persistenceId,
      long sequence,
      long hybridNanos,
      ByteString headHash,
      int digestVersion,
      String digest,
      ByteString image) {
    return new StoredSnapshot(
        persistenceId,
        sequence,
        hybridNanos,
        headHash,
        digestVersion,
        digest,
        image,
        hash(persistenceId, sequence, hybridNanos, headHash, digestVersion, digest, image));
  }

  /**
   * @throws CorruptEvent where the stored hash does not fit
   */
  public StoredSnapshot checked() {
    ByteString expected =
        hash(persistenceId, sequence, hybridNanos, headHash, digestVersion, digest, image);
    if (!expected.equals(sha256)) {
      throw new CorruptEvent(
          "snapshot of %s at sequence %d: hash over the stored bytes is %s, stored is %s"
              .formatted(
                  persistenceId, sequence, SealedEvent.hex(expected), SealedEvent.hex(sha256)));
    }
    return this;
  }

  private static ByteString hash(
      String persistenceId,
      long sequence,
      long hybridNanos,
      ByteString headHash,
      int digestVersion,
      String digest,
      ByteString image) {
    var sha = SealedEvent.sha256();
    for (byte[] text :
        new byte[][] {
          "tandem-snapshot/1".getBytes(StandardCharsets.US_ASCII),
          persistenceId.getBytes(StandardCharsets.UTF_8),
          ByteBuffer.allocate(16).putLong(sequence).putLong(hybridNanos).array(),
          headHash.toByteArray(),
          ByteBuffer.allocate(4).putInt(digestVersion).array(),
          digest.getBytes(StandardCharsets.UTF_8),
          image.toByteArray()
        }) {
      sha.update(ByteBuffer.allocate(4).putInt(0, text.length));
      sha.update(text);
    }
    return ByteString.copyFrom(sha.digest());
  }
}
