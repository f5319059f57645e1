package tandem.ros2.dynamic;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import tandem.ros2.TypeName;

/**
 * A message of any type: values by ROS field name.
 *
 * <table>
 * <caption>Java types of values</caption>
 * <tr><td>bool</td><td>Boolean, of many boolean[]</td></tr>
 * <tr><td>int8, uint8, byte, char</td><td>Long, of many byte[]</td></tr>
 * <tr><td>int16, uint16</td><td>Long, of many short[]</td></tr>
 * <tr><td>int32, uint32</td><td>Long, of many int[]</td></tr>
 * <tr><td>int64, uint64</td><td>Long, of many long[]; uint64 as its bits</td></tr>
 * <tr><td>float32, float64</td><td>Float, Double, of many float[], double[]</td></tr>
 * <tr><td>string, wstring</td><td>String, of many String[]</td></tr>
 * <tr><td>nested</td><td>DynamicMessage, of many DynamicMessage[]</td></tr>
 * </table>
 *
 * Arrays of unsigned types hold the bits. Equal where type and all values are equal, floats by
 * bits.
 */
public final class DynamicMessage {
  private final MessageCodec codec;
  private final Object[] values;

  DynamicMessage(MessageCodec codec, Object[] values) {
    this.codec = codec;
    this.values = values;
  }

  public TypeName type() {
    return codec.type();
  }

  Object[] values() {
    return values;
  }

  MessageCodec codec() {
    return codec;
  }

  /** The value behind a path such as {@code header.stamp.sec} or {@code points[2].x}. */
  public Object get(String path) {
    Object at = this;
    for (String step : path.split("\\.", -1)) {
      int bracket = step.indexOf('[');
      String name = bracket < 0 ? step : step.substring(0, bracket);
      if (!(at instanceof DynamicMessage message)) throw noSuch(path, step);
      int index = message.codec.index(name);
      if (index < 0) throw noSuch(path, step);
      at = message.values[index];
      if (bracket >= 0) {
        int element = Integer.parseInt(step.substring(bracket + 1, step.length() - 1));
        at = java.lang.reflect.Array.get(at, element);
      }
    }
    return at;
  }

  private IllegalArgumentException noSuch(String path, String step) {
    return new IllegalArgumentException(
        "%s: no field \"%s\" in path \"%s\"".formatted(type(), step, path));
  }

  /** As maps, lists and boxed values, in field order; unsigned values as they are meant. */
  public Map<String, Object> toTree() {
    Map<String, Object> tree = new LinkedHashMap<>();
    codec.toTree(this, tree);
    return tree;
  }

  /**
   * As JSON with ROS field names, on one line. Numbers that JSON does not have are the strings
   * {@code "NaN"}, {@code "Infinity"}, {@code "-Infinity"}; 64-bit integers are numbers.
   */
  public String toJson() {
    StringBuilder json = new StringBuilder();
    codec.toJson(this, json);
    return json.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof DynamicMessage that
        && that.type().equals(type())
        && Arrays.deepEquals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(values);
  }

  /** Type and JSON. */
  @Override
  public String toString() {
    return type() + " " + toJson();
  }
}
