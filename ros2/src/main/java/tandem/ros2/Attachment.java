package tandem.ros2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What rmw_zenoh puts beside each sample, request and response.
 *
 * <pre>
 *   byte 0          8             16   17          33
 *        +----------+-------------+----+-----------+
 *        | sequence | source time | 16 | gid       |
 *        | i64      | i64 ns      | u8 | 16 bytes  |
 *        +----------+-------------+----+-----------+
 * </pre>
 *
 * Little-endian; byte 16 is the length of the gid. Layout of rmw_zenoh since 0.6 (April 2025).
 *
 * @param sequence per publisher, from 1 (some senders: from 0)
 * @param sourceTimeNanos the sender's clock, ns since 1970
 * @param gid the sender
 */
public record Attachment(long sequence, long sourceTimeNanos, Gid gid) {
  private static final int TIME_OFFSET = Long.BYTES;
  private static final int GID_LENGTH_OFFSET = TIME_OFFSET + Long.BYTES;
  private static final int GID_OFFSET = GID_LENGTH_OFFSET + 1;
  public static final int BYTES = GID_OFFSET + Gid.BYTES;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /**
   * Reads an attachment; null or a form that is not ours is an {@link IllegalArgumentException}
   * that says which.
   */
  public static Attachment parse(byte[] bytes) {
    String wrong = problem(bytes);
    if (wrong != null) throw new IllegalArgumentException(wrong);
    return new Attachment(
        (long) LONG.get(bytes, 0),
        (long) LONG.get(bytes, TIME_OFFSET),
        Gid.read(bytes, GID_OFFSET));
  }

  /** What is wrong with the bytes as an attachment; null where nothing is. Throws never. */
  public static String problem(byte[] bytes) {
    if (bytes == null) {
      return "attachment: expected %d bytes, found none; sender and sequence are unknown"
          .formatted(BYTES);
    }
    if (bytes.length == BYTES && bytes[GID_LENGTH_OFFSET] == Gid.BYTES) return null;
    if (named(bytes)) {
      return ("attachment: expected %d bytes, found %d that name their fields (sequence_number):"
              + " the sender is rmw_zenoh before 0.6 (April 2025); not read, update the sender")
          .formatted(BYTES, bytes.length);
    }
    if (bytes.length != BYTES) {
      return "attachment: expected %d bytes, found %d; not read".formatted(BYTES, bytes.length);
    }
    return "attachment: length of the gid: expected %d, found %d at byte %d; not read"
        .formatted(Gid.BYTES, bytes[GID_LENGTH_OFFSET] & 0xff, GID_LENGTH_OFFSET);
  }

  private static boolean named(byte[] bytes) {
    String start = new String(bytes, 0, Math.min(bytes.length, 64), StandardCharsets.ISO_8859_1);
    return start.contains("sequence_num");
  }

  /** Its 33 bytes, new. */
  public byte[] toBytes() {
    byte[] bytes = new byte[BYTES];
    LONG.set(bytes, 0, sequence);
    LONG.set(bytes, TIME_OFFSET, sourceTimeNanos);
    bytes[GID_LENGTH_OFFSET] = Gid.BYTES;
    gid.write(bytes, GID_OFFSET);
    return bytes;
  }
}
