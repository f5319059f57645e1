package tandem.ros2.cdr;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/** Bytes inside a message, not copied. Equal where their contents are equal. */
public final class Bytes {
  public static final Bytes EMPTY = of(new byte[0]);
  private final byte[] bytes;
  private final int offset;
  private final int size;

  Bytes(byte[] bytes, int offset, int size) {
    this.bytes = bytes;
    this.offset = offset;
    this.size = size;
  }

  /** A view onto the whole array, which must not be modified afterwards. */
  public static Bytes of(byte[] bytes) {
    return new Bytes(bytes, 0, bytes.length);
  }

  public int size() {
    return size;
  }

  public byte get(int i) {
    return bytes[offset + Objects.checkIndex(i, size)];
  }

  /** The value 0..255. */
  public int unsigned(int i) {
    return get(i) & 0xff;
  }

  /** Read-only, little-endian, no copy. */
  public ByteBuffer buffer() {
    return ByteBuffer.wrap(bytes, offset, size)
        .slice()
        .asReadOnlyBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A copy. */
  public byte[] toArray() {
    return Arrays.copyOfRange(bytes, offset, offset + size);
  }

  void copyTo(byte[] target, int from) {
    System.arraycopy(bytes, offset, target, from, size);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes that
        && Arrays.equals(
            bytes, offset, offset + size, that.bytes, that.offset, that.offset + that.size);
  }

  @Override
  public int hashCode() {
    return buffer().hashCode();
  }

  @Override
  public String toString() {
    return size + " bytes";
  }
}
