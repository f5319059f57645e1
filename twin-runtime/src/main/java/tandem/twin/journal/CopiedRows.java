package tandem.twin.journal;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;

/**
 * Rows of {@code event} as COPY writes them in its binary format: a header, then for each row the
 * number of its fields (i16) and each field after its length (i32, -1: null), then -1 (i16). All
 * big-endian. A part of the stream holds whole rows; the first begins with the header. Not
 * thread-safe.
 */
final class CopiedRows {
  private static final byte[] SIGNATURE = HexFormat.of().parseHex("5047434f50590aff0d0a00");
  private static final int FIELDS = 7;
  private static final int END = -1;

  private final String persistenceId;
  private final Manifests manifests = new Manifests();
  private boolean begun;
  private boolean ended;

  CopiedRows(String persistenceId) {
    this.persistenceId = persistenceId;
  }

  /**
   * @param part kept by the rows
   * @throws SQLException where it is not what was asked for
   */
  void take(byte[] part, Consumer<JournalReader.Row> each) throws SQLException {
    var in = ByteBuffer.wrap(part);
    try {
      if (!begun) {
        header(in);
        begun = true;
      }
      while (in.hasRemaining()) {
        if (ended) throw strange("nothing after the end", in.remaining() + " bytes");
        int fields = in.getShort();
        if (fields == END) {
          ended = true;
        } else if (fields == FIELDS) {
          each.accept(row(in));
        } else {
          throw strange(FIELDS + " fields", fields);
        }
      }
    } catch (BufferUnderflowException e) {
      throw strange("whole rows", "one that is cut off after %d bytes".formatted(part.length));
    }
  }

  /**
   * @throws SQLException where the stream broke off
   */
  void end() throws SQLException {
    if (!ended) throw strange("its end", "no more rows");
  }

  private void header(ByteBuffer in) throws SQLException {
    var signature = new byte[SIGNATURE.length];
    in.get(signature);
    if (!Arrays.equals(signature, SIGNATURE)) {
      throw strange("its signature", HexFormat.of().formatHex(signature));
    }
    in.getInt(); // flags that concern nobody here
    int extension = in.getInt();
    if (extension < 0 || extension > in.remaining()) throw strange("a header", extension);
    in.position(in.position() + extension);
  }

  private JournalReader.Row row(ByteBuffer in) throws SQLException {
    fixed(in, Long.BYTES);
    long sequence = in.getLong();
    int manifestBytes = in.getInt();
    String manifest = "null";
    if (manifestBytes >= 0) {
      int from = skip(in, manifestBytes);
      manifest = manifests.text(in.array(), from, manifestBytes);
    }
    fixed(in, Integer.BYTES);
    int schemaVersion = in.getInt();
    fixed(in, Long.BYTES);
    long hybridNanos = in.getLong();
    ByteString previousHash = bytes(in);
    ByteString payload = bytes(in);
    ByteString hash = bytes(in);
    return new JournalReader.Row(
        persistenceId, sequence, manifest, schemaVersion, hybridNanos, previousHash, payload, hash);
  }

  private void fixed(ByteBuffer in, int expected) throws SQLException {
    int length = in.getInt();
    if (length != expected) throw strange("a number of %d bytes".formatted(expected), length);
  }

  private static ByteString bytes(ByteBuffer in) {
    int length = in.getInt();
    if (length <= 0) return ByteString.EMPTY;
    return UnsafeByteOperations.unsafeWrap(in.array(), skip(in, length), length);
  }

  /** Where it began. */
  private static int skip(ByteBuffer in, int length) {
    int from = in.position();
    if (length > in.remaining()) throw new BufferUnderflowException();
    in.position(from + length);
    return from;
  }

  private SQLException strange(String expected, Object found) {
    return new SQLException(
        "rows of %s as the server copies them: expected %s, found %s"
            .formatted(persistenceId, expected, found));
  }
}
