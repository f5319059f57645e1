package tandem.ros2.action;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * Identity of a goal, {@code unique_identifier_msgs/msg/UUID}: 16 bytes that its client chose.
 *
 * @param high bytes 0..7, first byte highest
 * @param low bytes 8..15
 */
public record GoalId(long high, long low) {
  public static final int BYTES = 16;

  /** In a cancel: no goal in particular. */
  public static final GoalId ZERO = new GoalId(0, 0);

  private static final SecureRandom RANDOM = new SecureRandom();

  public static GoalId random() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return of(bytes);
  }

  /** Reads 16 bytes. */
  public static GoalId of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "goal id: expected %d bytes, found %d".formatted(BYTES, bytes.length));
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new GoalId(in.getLong(), in.getLong());
  }

  /** Its 16 bytes, new. */
  public byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
  }

  /** As a UUID is written. */
  @Override
  public String toString() {
    return new UUID(high, low).toString();
  }
}
