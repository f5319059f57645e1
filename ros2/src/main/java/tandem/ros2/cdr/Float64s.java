package tandem.ros2.cdr;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Numbers of type {@code double}: a view onto a message, not copied, or an array of ours. Equal
 * where the bits of all elements are equal (so NaN equals itself).
 */
public final class Float64s {
  private static final VarHandle LITTLE =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle BIG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  public static final Float64s EMPTY = of();
  private final byte[] bytes;
  private final int offset;
  private final int size;
  private final boolean big;
  private final double[] values;

  Float64s(byte[] bytes, int offset, int size, boolean big) {
    this.bytes = bytes;
    this.offset = offset;
    this.size = size;
    this.big = big;
    this.values = null;
  }

  private Float64s(double[] values) {
    this.bytes = null;
    this.offset = 0;
    this.size = values.length;
    this.big = false;
    this.values = values;
  }

  /** A view onto the array, which must not be modified afterwards. */
  public static Float64s of(double... values) {
    return new Float64s(values);
  }

  public int size() {
    return size;
  }

  public double get(int i) {
    if (values != null) return values[i];
    int from = offset + Objects.checkIndex(i, size) * Double.BYTES;
    return big
        ? Double.longBitsToDouble((long) BIG.get(bytes, from))
        : Double.longBitsToDouble((long) LITTLE.get(bytes, from));
  }

  /** A copy. */
  public double[] toArray() {
    if (values != null) return values.clone();
    double[] copy = new double[size];
    for (int i = 0; i < size; i++) copy[i] = get(i);
    return copy;
  }

  void copyLittleEndianTo(byte[] target, int from) {
    if (values == null && !big) {
      System.arraycopy(bytes, offset, target, from, size * Double.BYTES);
      return;
    }
    for (int i = 0; i < size; i++) {
      LITTLE.set(target, from + i * Double.BYTES, Double.doubleToRawLongBits(get(i)));
    }
  }

  @Override
  public boolean equals(Object other) {
    if (!(other instanceof Float64s that) || that.size != size) return false;
    for (int i = 0; i < size; i++) {
      if (Double.doubleToRawLongBits(get(i)) != Double.doubleToRawLongBits(that.get(i)))
        return false;
    }
    return true;
  }

  @Override
  public int hashCode() {
    int hash = size;
    for (int i = 0; i < size; i++)
      hash = 31 * hash + Long.hashCode(Double.doubleToRawLongBits(get(i)));
    return hash;
  }

  /** All elements, as of an array. */
  @Override
  public String toString() {
    return java.util.Arrays.toString(toArray());
  }
}
