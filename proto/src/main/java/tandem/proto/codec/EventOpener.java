package tandem.proto.codec;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;
import tandem.proto.event.Event;

/**
 * Checks many events of one term: {@link SealedEvent#open} with digest and buffers made once. Only
 * says yes by itself: whatever does not fit is put to {@code open}, which says why. Not
 * thread-safe.
 */
public final class EventOpener {
  /** A longer payload is hashed where it is. */
  private static final int COPIED_BYTES = 8 << 10;

  private final String robot;
  private final long term;
  private final MessageDigest sha = SealedEvent.sha256();
  private final byte[] found = new byte[SealedEvent.NO_HASH.size()];
  private final byte[] stored = new byte[found.length];
  private final int begin;
  private ByteBuffer bytes;

  public EventOpener(String robot, long term) {
    this.robot = robot;
    this.term = term;
    bytes = ByteBuffer.allocate(SealedEvent.twinBytesAtMost(robot) + (1 << 10));
    SealedEvent.putTwin(bytes, robot, term);
    begin = bytes.position();
  }

  /**
   * @throws CorruptEvent as {@link SealedEvent#open}
   */
  public SealedEvent open(
      long sequence,
      String manifest,
      int schemaVersion,
      long hybridNanos,
      ByteString previousHash,
      ByteString payload,
      ByteString hash) {
    if (schemaVersion == EventCodec.SCHEMA_VERSION && hash.size() == found.length) {
      hash(sequence, manifest, schemaVersion, hybridNanos, previousHash, payload);
      hash.copyTo(stored, 0);
      if (Arrays.equals(stored, found)) {
        Event event = decoded(manifest, payload);
        if (event != null) {
          return new SealedEvent(
              robot,
              term,
              sequence,
              manifest,
              schemaVersion,
              hybridNanos,
              previousHash,
              payload,
              hash,
              event);
        }
      }
    }
    return SealedEvent.open(
        robot, term, sequence, manifest, schemaVersion, hybridNanos, previousHash, payload, hash);
  }

  /** Null where it cannot be read. */
  private static Event decoded(String manifest, ByteString payload) {
    try {
      return EventCodec.decode(manifest, payload);
    } catch (CorruptEvent unreadable) {
      return null;
    }
  }

  private void hash(
      long sequence,
      String manifest,
      int schemaVersion,
      long hybridNanos,
      ByteString previousHash,
      ByteString payload) {
    boolean copied = payload.size() <= COPIED_BYTES;
    int most =
        begin
            + SealedEvent.eventBytesAtMost(manifest, previousHash)
            + (copied ? payload.size() : 0);
    if (bytes.capacity() < most) {
      bytes = ByteBuffer.allocate(2 * most).put(bytes.array(), 0, begin);
    }
    bytes.position(begin);
    SealedEvent.putEvent(
        bytes, sequence, manifest, schemaVersion, hybridNanos, previousHash, payload);
    if (copied) {
      payload.copyTo(bytes.array(), bytes.position());
      sha.update(bytes.array(), 0, bytes.position() + payload.size());
    } else {
      sha.update(bytes.array(), 0, bytes.position());
      sha.update(payload.asReadOnlyByteBuffer());
    }
    try {
      sha.digest(found, 0, found.length);
    } catch (DigestException e) {
      throw new IllegalStateException("SHA-256 fits into 32 bytes", e);
    }
  }
}
