package tandem.proto.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import tandem.proto.event.Event;
import tandem.proto.v1.StoredEvents;

/**
 * An event in its envelope: whose it is, where it stands in the journal, and the link to the one
 * before.
 *
 * <p>The hash is SHA-256 over, in this order, big-endian, each text and byte string preceded by its
 * length in bytes (u32):
 *
 * <pre>
 *   "tandem-event/1" | robot | term u64 | sequence u64 | manifest | schemaVersion u32
 *   | hybridNanos i64 | previousHash | payload as stored
 * </pre>
 *
 * The payload is hashed as it is stored and never encoded again. {@link #seal} makes one, {@link
 * #open} checks one that was read; both give the same value. Immutable.
 *
 * @param hybridNanos ns since 1970; the wall clock, but at least one more than the event before
 * @param previousHash of the event before; {@link #NO_HASH} for the first of a root term
 */
public record SealedEvent(
    String robot,
    long term,
    long sequence,
    String manifest,
    int schemaVersion,
    long hybridNanos,
    ByteString previousHash,
    ByteString payload,
    ByteString hash,
    Event event) {

  /** 32 zero bytes. */
  public static final ByteString NO_HASH = ByteString.copyFrom(new byte[32]);

  /** UTF-8 of a char of a string. */
  private static final int AT_MOST_BYTES_PER_CHAR = 3;

  private static final byte[] DOMAIN = "tandem-event/1".getBytes(StandardCharsets.US_ASCII);

  /** Encodes the event and puts it in its envelope. */
  public static SealedEvent seal(
      String robot,
      long term,
      long sequence,
      long hybridNanos,
      ByteString previousHash,
      Event event) {
    String manifest = EventCodec.manifest(event);
    ByteString payload = EventCodec.encode(event);
    int version = EventCodec.SCHEMA_VERSION;
    ByteString hash =
        hash(robot, term, sequence, manifest, version, hybridNanos, previousHash, payload);
    return new SealedEvent(
        robot, term, sequence, manifest, version, hybridNanos, previousHash, payload, hash, event);
  }

  /**
   * Checks what was stored.
   *
   * @throws CorruptEvent where the hash does not fit or the payload cannot be read
   */
  public static SealedEvent open(
      String robot,
      long term,
      long sequence,
      String manifest,
      int schemaVersion,
      long hybridNanos,
      ByteString previousHash,
      ByteString payload,
      ByteString hash) {
    ByteString expected =
        hash(robot, term, sequence, manifest, schemaVersion, hybridNanos, previousHash, payload);
    if (!expected.equals(hash)) {
      throw new CorruptEvent(
          "robot %s term %d sequence %d (%s): hash over the stored bytes is %s, stored is %s"
              .formatted(robot, term, sequence, manifest, hex(expected), hex(hash)));
    }
    if (schemaVersion != EventCodec.SCHEMA_VERSION) {
      throw new CorruptEvent(
          "robot %s term %d sequence %d (%s): schema version: expected %d, found %d"
              .formatted(
                  robot, term, sequence, manifest, EventCodec.SCHEMA_VERSION, schemaVersion));
    }
    Event event;
    try {
      event = EventCodec.decode(manifest, payload);
    } catch (CorruptEvent e) {
      throw new CorruptEvent(
          "robot %s term %d sequence %d: %s".formatted(robot, term, sequence, e.getMessage()));
    }
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

  /** The envelope as one message, for places that have no columns. */
  public byte[] toBytes() {
    return StoredEvents.Sealed.newBuilder()
        .setRobot(robot)
        .setTerm(term)
        .setSequence(sequence)
        .setManifest(manifest)
        .setSchemaVersion(schemaVersion)
        .setHybridNanos(hybridNanos)
        .setPreviousHash(previousHash)
        .setPayload(payload)
        .setHash(hash)
        .build()
        .toByteArray();
  }

  /**
   * @throws CorruptEvent as {@link #open}
   */
  public static SealedEvent fromBytes(byte[] bytes) {
    StoredEvents.Sealed m;
    try {
      m = StoredEvents.Sealed.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new CorruptEvent(
          "envelope: expected a tandem.v1.Sealed message, found %d bytes that are none: %s"
              .formatted(bytes.length, e.getMessage()));
    }
    return open(
        m.getRobot(),
        m.getTerm(),
        m.getSequence(),
        m.getManifest(),
        m.getSchemaVersion(),
        m.getHybridNanos(),
        m.getPreviousHash(),
        m.getPayload(),
        m.getHash());
  }

  /** Lower-case hex, for people. */
  public static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every JDK", e);
    }
  }

  /** The bytes that the hash is over, for whoever wants to repeat it. */
  public static byte[] hashed(
      String robot,
      long term,
      long sequence,
      String manifest,
      int schemaVersion,
      long hybridNanos,
      ByteString previousHash,
      ByteString payload) {
    var header =
        header(robot, term, sequence, manifest, schemaVersion, hybridNanos, previousHash, payload);
    return ByteBuffer.allocate(header.remaining() + payload.size())
        .put(header)
        .put(payload.asReadOnlyByteBuffer())
        .array();
  }

  private static ByteString hash(
      String robot,
      long term,
      long sequence,
      String manifest,
      int schemaVersion,
      long hybridNanos,
      ByteString previousHash,
      ByteString payload) {
    MessageDigest digest = sha256();
    digest.update(
        header(robot, term, sequence, manifest, schemaVersion, hybridNanos, previousHash, payload));
    digest.update(payload.asReadOnlyByteBuffer());
    return ByteString.copyFrom(digest.digest());
  }

  /** All but the payload. */
  private static ByteBuffer header(
      String robot,
      long term,
      long sequence,
      String manifest,
      int schemaVersion,
      long hybridNanos,
      ByteString previousHash,
      ByteString payload) {
    var header =
        ByteBuffer.allocate(twinBytesAtMost(robot) + eventBytesAtMost(manifest, previousHash));
    putTwin(header, robot, term);
    putEvent(header, sequence, manifest, schemaVersion, hybridNanos, previousHash, payload);
    return header.flip();
  }

  /** What is the same for all events of a term. */
  static void putTwin(ByteBuffer to, String robot, long term) {
    to.putInt(DOMAIN.length).put(DOMAIN);
    put(to, robot);
    to.putLong(term);
  }

  /** All that follows, up to the payload; needs {@link #eventBytesAtMost}. */
  static void putEvent(
      ByteBuffer to,
      long sequence,
      String manifest,
      int schemaVersion,
      long hybridNanos,
      ByteString previousHash,
      ByteString payload) {
    to.putLong(sequence);
    put(to, manifest);
    to.putInt(schemaVersion).putLong(hybridNanos).putInt(previousHash.size());
    previousHash.copyTo(to);
    to.putInt(payload.size());
  }

  static int twinBytesAtMost(String robot) {
    return 2 * Integer.BYTES + DOMAIN.length + AT_MOST_BYTES_PER_CHAR * robot.length() + Long.BYTES;
  }

  static int eventBytesAtMost(String manifest, ByteString previousHash) {
    return 4 * Integer.BYTES
        + 2 * Long.BYTES
        + AT_MOST_BYTES_PER_CHAR * manifest.length()
        + previousHash.size();
  }

  private static void put(ByteBuffer to, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    to.putInt(utf8.length).put(utf8);
  }
}
