package tandem.ros2.cdr;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Numbers of type {@code float}: a view onto a message, not copied, or an array of ours. Equal
 * where the bits of all elements are equal (so NaN equals itself).
 */
public final class Float32s {
  private static final VarHandle LITTLE =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BIG =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  public static final Float32s EMPTY = of();
  private final byte[] bytes;
  private final int offset;
  private final int size;
  private final boolean big;
  private final float[] values;

  Float32s(byte[] bytes, int offset, int size, boolean big) {
    this.bytes = bytes;
    this.offset = offset;
    this.size = size;
    this.big = big;
    this.values = null;
  }

  private Float32s(float[] values) {
    this.bytes = null;
    this.offset = 0;
    this.size = values.length;
    this.big = false;
    this.values = values;
  }

  /** A view onto the array, which must not be modified afterwards. */
  public static Float32s of(float... values) {
    return new Float32s(values);
  }

  public int size() {
    return size;
  }

  public float get(int i) {
    if (values != null) return values[i];
    int from = offset + Objects.checkIndex(i, size) * Float.BYTES;
    return big
        ? Float.intBitsToFloat((int) BIG.get(bytes, from))
        : Float.intBitsToFloat((int) LITTLE.get(bytes, from));
  }

  /** A copy. */
  public float[] toArray() {
    if (values != null) return values.clone();
    float[] copy = new float[size];
    for (int i = 0; i < size; i++) copy[i] = get(i);
    return copy;
  }

  void copyLittleEndianTo(byte[] target, int from) {
    if (values == null && !big) {
      System.arraycopy(bytes, offset, target, from, size * Float.BYTES);
      return;
    }
    for (int i = 0; i < size; i++) {
      LITTLE.set(target, from + i * Float.BYTES, Float.floatToRawIntBits(get(i)));
    }
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Float32s that) || that.size != size) return false;
    for (int i = 0; i < size; i++) {
      if (Float.floatToRawIntBits(get(i)) != Float.floatToRawIntBits(that.get(i))) return false;
    }
    return true;
  }

  @Override
  public int hashCode() {
    int hash = size;
    for (int i = 0; i < size; i++) hash = 31 * hash + Float.floatToRawIntBits(get(i));
    return hash;
  }

  /** All elements, as of an array. */
  @Override
  public String toString() {
    return java.util.Arrays.toString(toArray());
  }
}
