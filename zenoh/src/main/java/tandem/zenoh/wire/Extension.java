package tandem.zenoh.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One extension as it stood on the wire.
 *
 * <pre>
 *  bit 7        6..5              4          3..0
 *  +------+------------------+-----------+--------+
 *  | more | kind             | mandatory | id     |
 *  +------+------------------+-----------+--------+
 *           0 unit, 1 varint, 2 bytes
 * </pre>
 *
 * @param header without the more bit
 * @param value of a varint, else 0
 * @param bytes of a bytes extension, else empty
 */
public record Extension(int header, long value, byte[] bytes) {
  static final int MORE = 0x80;
  static final int MANDATORY = 0x10;
  private static final int KIND = 0x60;
  private static final int VARINT = 0x20;
  private static final int BYTES = 0x40;
  private static final byte[] NONE = {};

  public static Extension unit(int header) {
    return new Extension(header, 0, NONE);
  }

  public static Extension varint(int header, long value) {
    return new Extension(header, value, NONE);
  }

  /** Moves past the body of an extension nobody knows; a mandatory one is refused. */
  static void skip(WireReader in, int header, String message) {
    int at = in.position() - 1;
    if ((header & MANDATORY) != 0)
      throw new MalformedFrame(
          message + " extension", "a known one, as it is mandatory", hex(header), at);
    skipBody(in, header, at);
  }

  static void skipBody(WireReader in, int header, int at) {
    switch (header & KIND) {
      case 0 -> {}
      case VARINT -> in.varint("extension");
      case BYTES -> in.skip(in.length("extension"));
      default -> throw new MalformedFrame("extension kind", "0..2", 3, at);
    }
  }

  /** All extensions of a handshake message, kept raw. */
  static List<Extension> readAll(WireReader in) {
    var all = new ArrayList<Extension>(4);
    int header;
    do {
      int at = in.position();
      header = in.u8("extension header");
      int own = header & ~MORE;
      all.add(
          switch (header & KIND) {
            case 0 -> unit(own);
            case VARINT -> varint(own, in.varint("extension"));
            case BYTES -> new Extension(own, 0, in.bytes("extension"));
            default -> throw new MalformedFrame("extension kind", "0..2", 3, at);
          });
    } while ((header & MORE) != 0);
    return List.copyOf(all);
  }

  static void writeAll(WireWriter out, List<Extension> all) {
    for (int i = 0; i < all.size(); i++) {
      var one = all.get(i);
      out.u8(one.header | (i + 1 < all.size() ? MORE : 0));
      switch (one.header & KIND) {
        case VARINT -> out.varint(one.value);
        case BYTES -> out.bytes(one.bytes);
        default -> {}
      }
    }
  }

  static String hex(int header) {
    return "0x%02x".formatted(header & ~MORE);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Extension(int h, long v, byte[] b)
        && h == header
        && v == value
        && Arrays.equals(b, bytes);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * header + Long.hashCode(value)) + Arrays.hashCode(bytes);
  }
}
