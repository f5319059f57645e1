package tandem.proto.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Puts parsed JSON into a protobuf builder, refusing what does not fit. */
final class JsonBinder {
  private JsonBinder() {}

  static void bind(Object json, Message.Builder builder, String path) {
    if (!(json instanceof Map<?, ?> members)) throw wrong(path, "an object", json);
    for (var member : members.entrySet()) {
      String name = (String) member.getKey();
      String where = path.isEmpty() ? name : path + "." + name;
      var field = field(builder, name);
      if (field == null)
        throw new IllegalArgumentException(
            "JSON: unknown field '%s' in %s"
                .formatted(where, builder.getDescriptorForType().getName()));
      Object value = member.getValue();
      if (value == null) {
        // A page's JSON writes a NaN as null: it must not pass for 0.
        if (isNumberThatHasToStand(field)) builder.setField(field, Double.NaN);
        continue;
      }
      if (field.isMapField()) map(value, field, builder, where);
      else if (field.isRepeated()) {
        if (!(value instanceof List<?> items)) throw wrong(where, "an array", value);
        for (int i = 0; i < items.size(); i++)
          builder.addRepeatedField(
              field, single(items.get(i), field, builder, where + "[" + i + "]"));
      } else {
        if (field.getRealContainingOneof() != null
            && builder.hasOneof(field.getRealContainingOneof()))
          throw new IllegalArgumentException(
              "JSON: field '%s': only one of %s may be given"
                  .formatted(where, field.getRealContainingOneof().getName()));
        builder.setField(field, single(value, field, builder, where));
      }
    }
  }

  private static boolean isNumberThatHasToStand(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.DOUBLE
        && !field.isRepeated()
        && !field.hasPresence();
  }

  private static FieldDescriptor field(Message.Builder builder, String name) {
    for (var field : builder.getDescriptorForType().getFields())
      if (field.getJsonName().equals(name)) return field;
    return null;
  }

  private static void map(
      Object value, FieldDescriptor field, Message.Builder builder, String where) {
    if (!(value instanceof Map<?, ?> members)) throw wrong(where, "an object", value);
    for (var member : members.entrySet()) {
      var entry = builder.newBuilderForField(field);
      var fields = entry.getDescriptorForType();
      entry.setField(fields.findFieldByName("key"), member.getKey());
      var valueField = fields.findFieldByName("value");
      entry.setField(
          valueField, single(member.getValue(), valueField, entry, where + "." + member.getKey()));
      builder.addRepeatedField(field, entry.build());
    }
  }

  private static Object single(
      Object value, FieldDescriptor field, Message.Builder parent, String where) {
    return switch (field.getJavaType()) {
      case MESSAGE -> {
        var child = parent.newBuilderForField(field);
        bind(value, child, where);
        yield child.build();
      }
      case STRING -> {
        if (value instanceof String text) yield text;
        throw wrong(where, "a string", value);
      }
      case BYTE_STRING -> {
        if (!(value instanceof String text)) throw wrong(where, "base64 text", value);
        try {
          yield ByteString.copyFrom(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException e) {
          throw wrong(where, "base64 text", value);
        }
      }
      case BOOLEAN -> {
        if (value instanceof Boolean flag) yield flag;
        throw wrong(where, "true or false", value);
      }
      case DOUBLE -> finite(value, where);
      case FLOAT -> (float) finite(value, where);
      case INT ->
          (int) whole(value, field, where, 0xFFFF_FFFFL, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case LONG -> whole(value, field, where, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE);
      case ENUM -> {
        var constant = field.getEnumType().findValueByName(String.valueOf(value));
        if (constant == null)
          throw wrong(where, "a constant of " + field.getEnumType().getName(), value);
        yield constant;
      }
    };
  }

  private static double finite(Object value, String where) {
    if (!(value instanceof Number number)) throw wrong(where, "a number", value);
    double result = number.doubleValue();
    if (!Double.isFinite(result)) throw wrong(where, "a finite number", value);
    return result;
  }

  private static long whole(
      Object value, FieldDescriptor field, String where, long unsignedMax, long min, long max) {
    if (!(value instanceof Number number)) throw wrong(where, "a whole number", value);
    double asDouble = number.doubleValue();
    if (asDouble != Math.rint(asDouble)) throw wrong(where, "a whole number", value);
    boolean unsigned =
        switch (field.getType()) {
          case UINT32, UINT64, FIXED32, FIXED64 -> true;
          default -> false;
        };
    double low = unsigned ? 0 : min;
    double high = unsigned ? unsignedMax : max;
    if (asDouble < low || asDouble > high)
      throw wrong(where, "%.0f..%.0f".formatted(low, high), value);
    return number.longValue();
  }

  private static IllegalArgumentException wrong(String where, String expected, Object found) {
    String text = String.valueOf(found);
    return new IllegalArgumentException(
        "JSON: field '%s': expected %s, found %s"
            .formatted(
                where.isEmpty() ? "(top)" : where,
                expected,
                text.length() > 60 ? text.substring(0, 60) + "..." : text));
  }
}
