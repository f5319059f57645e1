package tandem.ros2.dynamic;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tandem.ros2.TypeName;
import tandem.ros2.cdr.Bytes;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.idl.Definition.Field;
import tandem.ros2.idl.Definition.Message;
import tandem.ros2.idl.FieldType;
import tandem.ros2.idl.FieldType.Shape;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.idl.Literals;
import tandem.ros2.idl.Primitive;

/**
 * Reads and writes messages of one type as its definition says. Make it once, keep it: resolving
 * nested types costs more than reading a message. Immutable, thread-safe.
 *
 * <p>What a message may cost is bounded by its bytes: a count is refused where the bytes left
 * cannot hold so many elements of the least size, and a fixed array is refused before it is
 * allocated.
 */
public final class MessageCodec {
  private record Slot(String name, FieldType type, MessageCodec nested, Object byDefault) {}

  private final TypeName type;
  private final List<Slot> slots;
  private final Map<String, Integer> indexes = new LinkedHashMap<>();
  private final int minBytes;

  private MessageCodec(TypeName type, List<Slot> slots) {
    this.type = type;
    this.slots = List.copyOf(slots);
    long bytes = 0;
    for (Slot slot : slots) {
      indexes.put(slot.name(), indexes.size());
      bytes += minBytes(slot);
    }
    this.minBytes = (int) Math.min(bytes, Integer.MAX_VALUE);
  }

  private static long minBytes(Slot slot) {
    return switch (slot.type().shape()) {
      case SINGLE -> elementBytes(slot);
      case ARRAY -> elementBytes(slot) * slot.type().capacity();
      case BOUNDED, UNBOUNDED -> Integer.BYTES;
    };
  }

  private static long elementBytes(Slot slot) {
    return slot.nested() == null ? slot.type().primitive().minBytes() : slot.nested().minBytes;
  }

  /** Of a type that the registry knows with all that it is made of. */
  public static MessageCodec of(InterfaceRegistry registry, TypeName type) {
    registry.closure(type); // refuses what is missing or contains itself
    return of(registry, type, new ConcurrentHashMap<>());
  }

  private static MessageCodec of(
      InterfaceRegistry registry, TypeName type, Map<TypeName, MessageCodec> made) {
    MessageCodec known = made.get(type);
    if (known != null) return known;
    Message message = registry.message(type);
    List<Slot> slots = new ArrayList<>();
    for (Field field : message.wireFields()) {
      TypeName nested = field.type().nested();
      MessageCodec codec = nested == null ? null : of(registry, nested, made);
      Slot slot = new Slot(field.name(), field.type(), codec, null);
      if (field.byDefault() != null) {
        slot = new Slot(field.name(), field.type(), codec, parsedDefault(type, slot, field));
      }
      slots.add(slot);
    }
    MessageCodec codec = new MessageCodec(type, slots);
    made.put(type, codec);
    return codec;
  }

  private static Object parsedDefault(TypeName type, Slot slot, Field field) {
    try {
      if (slot.type().single()) return literal(slot, Literals.elements(field.byDefault()).get(0));
      List<Object> elements = new ArrayList<>();
      for (String element : Literals.elements(field.byDefault())) {
        elements.add(literal(slot, element));
      }
      return value(field.name(), slot, elements);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s: default of %s: expected %s, found %s"
              .formatted(type, field.name(), slot.type().text(type.pkg()), field.byDefault()),
          e);
    }
  }

  private static Object literal(Slot slot, String text) {
    Primitive primitive = slot.type().primitive();
    if (primitive == null) throw new IllegalArgumentException("a nested type has no default");
    return switch (primitive) {
      case BOOL -> Literals.truth(text);
      case FLOAT32 -> Float.parseFloat(text);
      case FLOAT64 -> Double.parseDouble(text);
      case STRING, WSTRING -> Literals.text(text);
      default -> Literals.integer(text);
    };
  }

  public TypeName type() {
    return type;
  }

  int index(String name) {
    return indexes.getOrDefault(name, -1);
  }

  // ---- reading

  /** Reads a message with its 4-byte header; bytes behind it are legal. */
  public DynamicMessage decode(byte[] cdr) {
    return read(new CdrReader(cdr));
  }

  /** Reads where the reader stands. */
  public DynamicMessage read(CdrReader in) {
    Object[] values = new Object[slots.size()];
    for (int i = 0; i < values.length; i++) {
      Slot slot = slots.get(i);
      values[i] = slot.type().single() ? readOne(in, slot) : readMany(in, slot);
    }
    return new DynamicMessage(this, values);
  }

  private static Object readOne(CdrReader in, Slot slot) {
    String name = slot.name();
    if (slot.nested() != null) {
      in.begin(name);
      DynamicMessage nested = slot.nested().read(in);
      in.end();
      return nested;
    }
    return switch (slot.type().primitive()) {
      case BOOL -> in.bool(name);
      case INT8 -> (long) in.int8(name);
      case BYTE, CHAR, UINT8 -> (long) in.uint8(name);
      case INT16 -> (long) in.int16(name);
      case UINT16 -> (long) in.uint16(name);
      case INT32 -> (long) in.int32(name);
      case UINT32 -> in.uint32(name);
      case INT64, UINT64 -> in.int64(name);
      case FLOAT32 -> in.float32(name);
      case FLOAT64 -> in.float64(name);
      case STRING -> in.string(name, slot.type().textBound());
      case WSTRING -> in.wstring(name, slot.type().textBound());
    };
  }

  private static Object readMany(CdrReader in, Slot slot) {
    String name = slot.name();
    FieldType type = slot.type();
    int element = (int) Math.max(1, Math.min(elementBytes(slot), Integer.MAX_VALUE));
    int count =
        switch (type.shape()) {
          case ARRAY -> in.expect(name, type.capacity(), element);
          case BOUNDED -> in.count(name, element, type.capacity());
          default -> in.count(name, element);
        };
    if (slot.nested() != null) {
      DynamicMessage[] messages = new DynamicMessage[count];
      for (int i = 0; i < count; i++) {
        in.begin(name, i);
        messages[i] = slot.nested().read(in);
        in.end();
      }
      return messages;
    }
    return switch (type.primitive()) {
      case BOOL -> {
        boolean[] all = new boolean[count];
        for (int i = 0; i < count; i++) all[i] = in.bool(name);
        yield all;
      }
      case BYTE, CHAR, INT8, UINT8 -> in.bytes(name, count).toArray();
      case INT16, UINT16 -> {
        short[] all = new short[count];
        for (int i = 0; i < count; i++) all[i] = in.int16(name);
        yield all;
      }
      case INT32, UINT32 -> {
        int[] all = new int[count];
        for (int i = 0; i < count; i++) all[i] = in.int32(name);
        yield all;
      }
      case INT64, UINT64 -> {
        long[] all = new long[count];
        for (int i = 0; i < count; i++) all[i] = in.int64(name);
        yield all;
      }
      case FLOAT32 -> in.float32s(name, count).toArray();
      case FLOAT64 -> in.float64s(name, count).toArray();
      case STRING -> {
        String[] all = new String[count];
        for (int i = 0; i < count; i++) all[i] = in.string(name, type.textBound());
        yield all;
      }
      case WSTRING -> {
        String[] all = new String[count];
        for (int i = 0; i < count; i++) all[i] = in.wstring(name, type.textBound());
        yield all;
      }
    };
  }

  // ---- writing

  /** Writes a message with its 4-byte header, little-endian. */
  public byte[] encode(DynamicMessage message) {
    CdrWriter out = new CdrWriter();
    write(out, message);
    return out.toBytes();
  }

  /** Writes where the writer stands. */
  public void write(CdrWriter out, DynamicMessage message) {
    if (!message.type().equals(type)) {
      throw new IllegalArgumentException(
          "expected a message of type %s, found %s".formatted(type, message.type()));
    }
    Object[] values = message.values();
    for (int i = 0; i < values.length; i++) {
      Slot slot = slots.get(i);
      if (slot.type().single()) writeOne(out, slot, values[i]);
      else writeMany(out, slot, values[i]);
    }
  }

  private static void writeOne(CdrWriter out, Slot slot, Object value) {
    if (slot.nested() != null) {
      slot.nested().write(out, (DynamicMessage) value);
      return;
    }
    switch (slot.type().primitive()) {
      case BOOL -> out.bool((Boolean) value);
      case BYTE, CHAR, INT8, UINT8 -> out.int8((int) (long) (Long) value);
      case INT16, UINT16 -> out.int16((int) (long) (Long) value);
      case INT32, UINT32 -> out.int32((int) (long) (Long) value);
      case INT64, UINT64 -> out.int64((Long) value);
      case FLOAT32 -> out.float32((Float) value);
      case FLOAT64 -> out.float64((Double) value);
      case STRING -> out.string((String) value);
      case WSTRING -> out.wstring((String) value);
    }
  }

  private static void writeMany(CdrWriter out, Slot slot, Object many) {
    int count = Array.getLength(many);
    if (slot.type().shape() != Shape.ARRAY) out.count(count);
    if (many instanceof byte[] bytes) {
      out.byteArray(Bytes.of(bytes));
      return;
    }
    for (int i = 0; i < count; i++) {
      switch (many) {
        case boolean[] all -> out.bool(all[i]);
        case short[] all -> out.int16(all[i]);
        case int[] all -> out.int32(all[i]);
        case long[] all -> out.int64(all[i]);
        case float[] all -> out.float32(all[i]);
        case double[] all -> out.float64(all[i]);
        case Object[] all -> writeOne(out, slot, all[i]);
        default -> throw new IllegalStateException("no array of " + slot.name());
      }
    }
  }

  // ---- making

  /** A message with all fields at their defaults. */
  public DynamicMessage defaults() {
    return fromTree(Map.of());
  }

  /**
   * Makes a message of maps, lists, arrays, numbers, strings and booleans by ROS field name; what
   * is missing has its default. An unknown name, or a value that does not fit, is refused with its
   * path.
   */
  public DynamicMessage fromTree(Map<String, ?> tree) {
    return fromTree("", tree);
  }

  private DynamicMessage fromTree(String path, Map<?, ?> tree) {
    for (Object name : tree.keySet()) {
      if (!indexes.containsKey(name)) {
        throw new IllegalArgumentException(
            "%s: no field \"%s%s\"; it has %s".formatted(type, path, name, indexes.keySet()));
      }
    }
    Object[] values = new Object[slots.size()];
    for (int i = 0; i < values.length; i++) {
      Slot slot = slots.get(i);
      Object given = tree.get(slot.name());
      if (given != null) values[i] = value(path + slot.name(), slot, given);
      else if (slot.byDefault() != null) values[i] = slot.byDefault();
      else values[i] = zero(slot);
    }
    return new DynamicMessage(this, values);
  }

  private static Object zero(Slot slot) {
    if (slot.type().single()) {
      if (slot.nested() != null) return slot.nested().defaults();
      return switch (slot.type().primitive()) {
        case BOOL -> false;
        case FLOAT32 -> 0f;
        case FLOAT64 -> 0.0;
        case STRING, WSTRING -> "";
        default -> 0L;
      };
    }
    Object many = newArray(slot, slot.type().shape() == Shape.ARRAY ? slot.type().capacity() : 0);
    if (many instanceof String[] texts) java.util.Arrays.fill(texts, "");
    if (many instanceof DynamicMessage[] messages) {
      java.util.Arrays.setAll(messages, i -> slot.nested().defaults());
    }
    return many;
  }

  private static Object newArray(Slot slot, int count) {
    if (slot.nested() != null) return new DynamicMessage[count];
    return switch (slot.type().primitive()) {
      case BOOL -> new boolean[count];
      case BYTE, CHAR, INT8, UINT8 -> new byte[count];
      case INT16, UINT16 -> new short[count];
      case INT32, UINT32 -> new int[count];
      case INT64, UINT64 -> new long[count];
      case FLOAT32 -> new float[count];
      case FLOAT64 -> new double[count];
      case STRING, WSTRING -> new String[count];
    };
  }

  private static Object value(String path, Slot slot, Object given) {
    if (slot.type().single()) return one(path, slot, given);
    int count;
    if (given instanceof List<?> list) count = list.size();
    else if (given.getClass().isArray()) count = Array.getLength(given);
    else throw unfit(path, "a list", given);
    FieldType type = slot.type();
    if (type.shape() == Shape.ARRAY && count != type.capacity()
        || type.shape() == Shape.BOUNDED && count > type.capacity()) {
      throw new IllegalArgumentException(
          "%s: expected %s%d elements, found %d"
              .formatted(
                  path, type.shape() == Shape.ARRAY ? "" : "at most ", type.capacity(), count));
    }
    Object many = newArray(slot, count);
    if (many.getClass() == given.getClass() && given.getClass().getComponentType().isPrimitive()) {
      System.arraycopy(given, 0, many, 0, count); // the bits, as they are kept here
      return many;
    }
    for (int i = 0; i < count; i++) {
      Object element = given instanceof List<?> list ? list.get(i) : Array.get(given, i);
      Object fitted = one(path + "[" + i + "]", slot, element);
      switch (many) {
        case byte[] all -> all[i] = (byte) (long) (Long) fitted;
        case short[] all -> all[i] = (short) (long) (Long) fitted;
        case int[] all -> all[i] = (int) (long) (Long) fitted;
        default -> Array.set(many, i, fitted);
      }
    }
    return many;
  }

  private static Object one(String path, Slot slot, Object given) {
    if (slot.nested() != null) {
      if (given instanceof DynamicMessage message && message.type().equals(slot.nested().type)) {
        return message;
      }
      if (!(given instanceof Map<?, ?> map)) throw unfit(path, slot.nested().type, given);
      return slot.nested().fromTree(path + ".", map);
    }
    Primitive primitive = slot.type().primitive();
    return switch (primitive) {
      case BOOL -> {
        if (!(given instanceof Boolean truth)) throw unfit(path, "true or false", given);
        yield truth;
      }
      case FLOAT32 -> (float) floating(path, given);
      case FLOAT64 -> floating(path, given);
      case STRING, WSTRING -> {
        if (!(given instanceof String text)) throw unfit(path, "a text", given);
        yield bounded(path, slot, text);
      }
      default -> integer(path, primitive, given);
    };
  }

  private static String bounded(String path, Slot slot, String text) {
    int bound = slot.type().textBound();
    int length =
        slot.type().primitive() == Primitive.WSTRING
            ? text.length()
            : text.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    if (bound > 0 && length > bound) throw unfit(path, "at most " + bound + " bytes", length);
    return text;
  }

  private static double floating(String path, Object given) {
    if (given instanceof Number number) return number.doubleValue();
    if (given instanceof String text
        && (text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity"))) {
      return Double.parseDouble(text);
    }
    throw unfit(path, "a number", given);
  }

  private static Long integer(String path, Primitive primitive, Object given) {
    BigInteger value =
        switch (given) {
          case BigInteger big -> big;
          case Long number -> BigInteger.valueOf(number);
          case Integer number -> BigInteger.valueOf(number);
          case Short number -> BigInteger.valueOf(number);
          case Byte number -> BigInteger.valueOf(number);
          case BigDecimal decimal when decimal.stripTrailingZeros().scale() <= 0 ->
              decimal.toBigInteger();
          case Double number when number == Math.rint(number) && Math.abs(number) < 0x1p53 ->
              BigInteger.valueOf(number.longValue());
          default -> throw unfit(path, "a whole number", given);
        };
    boolean signed =
        switch (primitive) {
          case INT8, INT16, INT32, INT64 -> true;
          default -> false;
        };
    int bits = primitive.minBytes() * 8;
    boolean fits =
        signed
            ? value.bitLength() < bits
            : value.bitLength() <= bits
                && (value.signum() >= 0 || given instanceof Long && bits == 64);
    if (!fits) throw unfit(path, primitive.idl(), given);
    return value.longValue();
  }

  private static IllegalArgumentException unfit(String path, Object expected, Object found) {
    String shown = String.valueOf(found);
    return new IllegalArgumentException(
        "%s: expected %s, found %s"
            .formatted(path, expected, shown.length() > 80 ? shown.substring(0, 80) : shown));
  }

  // ---- showing

  void toTree(DynamicMessage message, Map<String, Object> tree) {
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      Object value = message.values()[i];
      if (slot.type().single()) {
        tree.put(slot.name(), meant(slot, value));
      } else {
        List<Object> list = new ArrayList<>();
        for (int k = 0; k < Array.getLength(value); k++) list.add(meant(slot, Array.get(value, k)));
        tree.put(slot.name(), list);
      }
    }
  }

  /** A value as it is meant: unsigned ones as positive numbers. */
  private static Object meant(Slot slot, Object value) {
    if (value instanceof DynamicMessage nested) return nested.toTree();
    if (!(value instanceof Number number) || !slot.type().primitive().isInteger()) return value;
    long bits = number.longValue();
    return switch (slot.type().primitive()) {
      case BYTE, CHAR, UINT8 -> bits & 0xff;
      case UINT16 -> bits & 0xffff;
      case UINT32 -> bits & 0xffff_ffffL;
      case UINT64 -> bits >= 0 ? (Object) bits : new BigInteger(Long.toUnsignedString(bits));
      default -> bits;
    };
  }

  void toJson(DynamicMessage message, StringBuilder json) {
    json.append('{');
    for (int i = 0; i < slots.size(); i++) {
      Slot slot = slots.get(i);
      Object value = message.values()[i];
      if (i > 0) json.append(',');
      json.append('"').append(slot.name()).append("\":");
      if (slot.type().single()) {
        json(slot, value, json);
      } else {
        json.append('[');
        for (int k = 0; k < Array.getLength(value); k++) {
          if (k > 0) json.append(',');
          json(slot, Array.get(value, k), json);
        }
        json.append(']');
      }
    }
    json.append('}');
  }

  private static void json(Slot slot, Object value, StringBuilder json) {
    switch (value) {
      case DynamicMessage nested -> nested.codec().toJson(nested, json);
      case String text -> quoted(text, json);
      case Double number when !Double.isFinite(number) -> quoted(number.toString(), json);
      case Float number when !Float.isFinite(number) -> quoted(number.toString(), json);
      default -> json.append(meant(slot, value));
    }
  }

  private static void quoted(String text, StringBuilder json) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> {
          if (c < ' ' || Character.isSurrogate(c) && !paired(text, i)) {
            json.append("\\u%04x".formatted((int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    json.append('"');
  }

  private static boolean paired(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }
}
