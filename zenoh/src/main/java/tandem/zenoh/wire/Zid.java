package tandem.zenoh.wire;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Identity of a session: 1 to 16 bytes, little-endian, the last one not zero. Printed as the hex of
 * the number, so with the bytes reversed and without leading zeros.
 */
public final class Zid {
  public static final int MAX_BYTES = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] littleEndian;
  private final String printed;

  private Zid(byte[] littleEndian) {
    this.littleEndian = littleEndian;
    this.printed = print(littleEndian);
  }

  /** A fresh random one of 16 bytes. */
  public static Zid random() {
    var bytes = new byte[MAX_BYTES];
    RANDOM.nextBytes(bytes);
    bytes[MAX_BYTES - 1] |= 0x10;
    return new Zid(bytes);
  }

  /** From the bytes of the wire, which are copied; trailing zeros are stripped as the core does. */
  public static Zid of(byte[] bytes) {
    int length = bytes.length;
    while (length > 1 && bytes[length - 1] == 0) length--;
    if (length < 1 || length > MAX_BYTES)
      throw new IllegalArgumentException("zid: expected 1..16 bytes, found " + bytes.length);
    return new Zid(Arrays.copyOf(bytes, length));
  }

  /** From the printed form. */
  public static Zid parse(String hex) {
    String even = (hex.length() & 1) == 0 ? hex : "0" + hex;
    byte[] bytes;
    try {
      bytes = HexFormat.of().parseHex(even);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("zid: expected 1..32 hex digits, found '" + hex + "'", e);
    }
    for (int i = 0, j = bytes.length - 1; i < j; i++, j--) {
      byte swap = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = swap;
    }
    if (bytes.length == 0)
      throw new IllegalArgumentException("zid: expected 1..32 hex digits, found ''");
    return of(bytes);
  }

  int length() {
    return littleEndian.length;
  }

  byte[] bytes() {
    return littleEndian;
  }

  private static String print(byte[] littleEndian) {
    var text = new StringBuilder(2 * littleEndian.length);
    for (int i = littleEndian.length - 1; i >= 0; i--)
      text.append(HexFormat.of().toHexDigits(littleEndian[i]));
    int zeros = 0;
    while (zeros < text.length() - 1 && text.charAt(zeros) == '0') zeros++;
    return text.substring(zeros);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Zid zid && Arrays.equals(littleEndian, zid.littleEndian);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(littleEndian);
  }

  /** The printed form. */
  @Override
  public String toString() {
    return printed;
  }
}
