package tandem.ros2;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Identity of an endpoint, 16 bytes: XXH3-128 (seed 0) of its liveliness token, low half first.
 *
 * @param low bytes 0..7, little-endian
 * @param high bytes 8..15, little-endian
 */
public record Gid(long low, long high) {
  public static final int BYTES = 16;
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The gid that belongs to a liveliness token. */
  public static Gid ofToken(String token) {
    Xxh3.Hash128 hash = Xxh3.hash128(token.getBytes(StandardCharsets.UTF_8));
    return new Gid(hash.low(), hash.high());
  }

  /** Reads 16 bytes. */
  public static Gid read(byte[] bytes, int offset) {
    return new Gid((long) LONG.get(bytes, offset), (long) LONG.get(bytes, offset + Long.BYTES));
  }

  /** Writes 16 bytes. */
  public void write(byte[] bytes, int offset) {
    LONG.set(bytes, offset, low);
    LONG.set(bytes, offset + Long.BYTES, high);
  }

  /** 32 hex digits in the order of the bytes. */
  @Override
  public String toString() {
    byte[] bytes = new byte[BYTES];
    write(bytes, 0);
    return HexFormat.of().formatHex(bytes);
  }
}
