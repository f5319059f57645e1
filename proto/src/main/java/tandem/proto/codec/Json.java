package tandem.proto.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import java.util.Base64;
import java.util.List;

/**
 * Protobuf messages as the JSON of the outside contract: lowerCamelCase names, 64-bit integers as
 * numbers (JsonFormat of protobuf-java-util makes them strings), an unset {@code optional} or
 * message field as null, members of a {@code oneof} only where set, bytes as base64, numbers that
 * are not finite as null, which is read as NaN. One line, no spaces. Stateless; any thread.
 */
public final class Json {
  private Json() {}

  /** One line, without line end. */
  public static String print(MessageOrBuilder message) {
    var out = new StringBuilder(256);
    object(out, message);
    return out.toString();
  }

  /** An array of messages on one line. */
  public static String print(List<? extends MessageOrBuilder> messages) {
    var out = new StringBuilder(256).append('[');
    for (int i = 0; i < messages.size(); i++) {
      if (i > 0) out.append(',');
      object(out, messages.get(i));
    }
    return out.append(']').toString();
  }

  /** A JSON string with its quotes. */
  public static String quote(String text) {
    var out = new StringBuilder(text.length() + 2);
    string(out, text);
    return out.toString();
  }

  /**
   * Reads an object into the builder.
   *
   * @throws IllegalArgumentException for malformed JSON, unknown fields, wrong types and numbers
   *     out of range, naming field and position
   */
  public static <B extends Message.Builder> B parse(String text, B builder) {
    JsonBinder.bind(JsonText.parse(text), builder, "");
    return builder;
  }

  /**
   * Reads any JSON value: a {@code Map<String, Object>}, {@code List<Object>}, {@code String},
   * {@code Double}, {@code Long} (whole numbers that fit), {@code Boolean} or null.
   *
   * @throws IllegalArgumentException for malformed JSON, naming the position
   */
  public static Object parse(String text) {
    return JsonText.parse(text);
  }

  private static void object(StringBuilder out, MessageOrBuilder message) {
    out.append('{');
    boolean first = true;
    for (var field : message.getDescriptorForType().getFields()) {
      boolean absent = field.hasPresence() && !message.hasField(field);
      if (absent && field.getRealContainingOneof() != null) continue;
      if (!first) out.append(',');
      first = false;
      string(out, field.getJsonName());
      out.append(':');
      if (absent) out.append("null");
      else if (field.isMapField()) map(out, (List<?>) message.getField(field));
      else if (field.isRepeated()) array(out, field, (List<?>) message.getField(field));
      else value(out, field, message.getField(field));
    }
    out.append('}');
  }

  private static void map(StringBuilder out, List<?> entries) {
    out.append('{');
    boolean first = true;
    var sorted =
        entries.stream()
            .map(e -> (MapEntry<?, ?>) e)
            .sorted((a, b) -> a.getKey().toString().compareTo(b.getKey().toString()))
            .toList();
    for (var entry : sorted) {
      if (!first) out.append(',');
      first = false;
      string(out, entry.getKey().toString());
      out.append(':');
      value(out, entry.getDescriptorForType().findFieldByName("value"), entry.getValue());
    }
    out.append('}');
  }

  private static void array(StringBuilder out, FieldDescriptor field, List<?> values) {
    out.append('[');
    for (int i = 0; i < values.size(); i++) {
      if (i > 0) out.append(',');
      value(out, field, values.get(i));
    }
    out.append(']');
  }

  private static void value(StringBuilder out, FieldDescriptor field, Object value) {
    switch (value) {
      case Message message -> object(out, message);
      case String text -> string(out, text);
      case ByteString bytes -> string(out, Base64.getEncoder().encodeToString(bytes.toByteArray()));
      case EnumValueDescriptor constant -> string(out, constant.getName());
      case Double number -> finite(out, number);
      case Float number -> finite(out, number);
      case Long number when unsigned(field) -> out.append(Long.toUnsignedString(number));
      case Integer number when unsigned(field) -> out.append(Integer.toUnsignedString(number));
      default -> out.append(value);
    }
  }

  private static boolean unsigned(FieldDescriptor field) {
    return switch (field.getType()) {
      case UINT32, UINT64, FIXED32, FIXED64 -> true;
      default -> false;
    };
  }

  private static void finite(StringBuilder out, Number number) {
    double value = number.doubleValue();
    if (!Double.isFinite(value)) out.append("null");
    else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      if (value == 0 && 1 / value < 0) out.append("-0.0");
      else out.append((long) value).append(".0");
    } else out.append(number);
  }

  private static void string(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20 || Character.isSurrogate(c) && !pair(text, i))
            out.append("\\u%04x".formatted((int) c));
          else out.append(c);
        }
      }
    }
    out.append('"');
  }

  private static boolean pair(String text, int i) {
    char c = text.charAt(i);
    return Character.isHighSurrogate(c)
        ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
  }
}
