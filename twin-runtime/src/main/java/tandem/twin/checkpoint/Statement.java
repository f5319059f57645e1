package tandem.twin.checkpoint;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import tandem.proto.codec.SealedEvent;

/**
 * What a node states and signs, one after the other; each holds the hash of the one before.
 *
 * <pre>
 *   byte 0        24       32        40         72      80      112
 *        +--------+--------+---------+----------+-------+-------+-----------
 *        | kind   | number | atNanos | previous | count | value | signature
 *        | ASCII  | u64    | i64     | 32 bytes | u64   | 32 b. | 64 bytes
 *        +--------+--------+---------+----------+-------+-------+-----------
 * </pre>
 *
 * The signature (Ed25519) is over bytes 0 to 111. Of a key it is the key's before it, of the first
 * its own; of everything else that of the newest key before.
 *
 * @param number from 1, without gaps
 * @param atNanos the node's wall clock, ns since 1970
 * @param previous {@link #link} of the statement before; zeros before the first
 * @param count key: its number; software: bytes of the text; checkpoint: leaves of the tree
 * @param value key: the public key; software: SHA-256 of the text; checkpoint: root of the tree
 */
public record Statement(
    Kind kind,
    long number,
    long atNanos,
    ByteString previous,
    long count,
    ByteString value,
    ByteString signature) {
  static final int SIGNED_BYTES = 112;
  static final int SIGNATURE_BYTES = 64;

  /** With its signature. */
  public static final int BYTES = SIGNED_BYTES + SIGNATURE_BYTES;

  private static final int KIND_BYTES = 24;

  /** What is stated; the text is what is signed. */
  public enum Kind {
    /** From here on this key signs. */
    KEY("tandem-key/1"),
    /** This software began to run. */
    SOFTWARE("tandem-software/1"),
    /** So far all twins' journals had come. */
    CHECKPOINT("tandem-checkpoint/1");

    private final byte[] text;

    Kind(String text) {
      this.text = Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), KIND_BYTES);
    }

    private static Optional<Kind> of(byte[] text) {
      return Arrays.stream(values()).filter(kind -> Arrays.equals(kind.text, text)).findAny();
    }
  }

  static Statement signed(
      Kind kind,
      long number,
      long atNanos,
      ByteString previous,
      long count,
      ByteString value,
      NodeKey key) {
    var unsigned =
        new Statement(kind, number, atNanos, previous, count, value, ByteString.EMPTY).signed();
    return new Statement(
        kind, number, atNanos, previous, count, value, ByteString.copyFrom(key.sign(unsigned)));
  }

  /** Empty where the kind is unknown. */
  static Optional<Statement> read(ByteBuffer from) {
    var kind = Kind.of(bytes(from, KIND_BYTES).toByteArray());
    long number = from.getLong();
    long atNanos = from.getLong();
    ByteString previous = bytes(from, Head.HASH_BYTES);
    long count = from.getLong();
    ByteString value = bytes(from, Head.HASH_BYTES);
    ByteString signature = bytes(from, SIGNATURE_BYTES);
    return kind.map(k -> new Statement(k, number, atNanos, previous, count, value, signature));
  }

  private static ByteString bytes(ByteBuffer from, int count) {
    byte[] bytes = new byte[count];
    from.get(bytes);
    return ByteString.copyFrom(bytes);
  }

  /** What the signature is over. */
  private byte[] signed() {
    return ByteBuffer.allocate(SIGNED_BYTES)
        .put(kind.text)
        .putLong(number)
        .putLong(atNanos)
        .put(previous.asReadOnlyByteBuffer())
        .putLong(count)
        .put(value.asReadOnlyByteBuffer())
        .array();
  }

  /** All {@value #BYTES} bytes. */
  public byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).put(signed()).put(signature.asReadOnlyByteBuffer()).array();
  }

  /** SHA-256 over all its bytes: what the next one holds. */
  public ByteString link() {
    return ByteString.copyFrom(SealedEvent.sha256().digest(toBytes()));
  }

  boolean isSignedBy(ByteString publicKey) {
    return NodeKey.verify(publicKey, signed(), signature);
  }
}
