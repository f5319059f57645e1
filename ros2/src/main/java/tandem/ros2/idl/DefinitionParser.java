package tandem.ros2.idl;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tandem.ros2.TypeName;
import tandem.ros2.idl.Definition.Action;
import tandem.ros2.idl.Definition.Constant;
import tandem.ros2.idl.Definition.Field;
import tandem.ros2.idl.Definition.Message;
import tandem.ros2.idl.Definition.Service;

/**
 * Reads the text of {@code .msg}, {@code .srv} and {@code .action} definitions: fields with
 * defaults, constants, bounded strings and sequences, arrays, comments. Parts are divided by a line
 * {@code ---}.
 */
public final class DefinitionParser {
  private static final Pattern TYPE =
      Pattern.compile("([A-Za-z][A-Za-z0-9_/]*)(?:<=(\\d+))?(?:\\[(?:(<=)?(\\d+))?])?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");
  private static final Pattern CONSTANT =
      Pattern.compile("(\\S+)\\s+([A-Za-z][A-Za-z0-9_]*)\\s*=\\s*(.*)", Pattern.DOTALL);
  private static final int MAX_CAPACITY = Integer.MAX_VALUE - 8;

  private DefinitionParser() {}

  /** Reads any of the three, as the kind of the name says. */
  public static Definition parse(TypeName name, String text) {
    List<String> parts = parts(text);
    return switch (name.kind()) {
      case "msg" -> {
        expectParts(name, parts, 1);
        yield message(name, parts.get(0));
      }
      case "srv" -> {
        expectParts(name, parts, 2);
        yield new Service(
            name,
            message(name.with("_Request"), parts.get(0)),
            message(name.with("_Response"), parts.get(1)));
      }
      default -> {
        expectParts(name, parts, 3);
        yield new Action(
            name,
            message(name.with("_Goal"), parts.get(0)),
            message(name.with("_Result"), parts.get(1)),
            message(name.with("_Feedback"), parts.get(2)));
      }
    };
  }

  private static List<String> parts(String text) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (String line : text.split("\\R", -1)) {
      if (line.strip().equals("---")) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(line).append('\n');
      }
    }
    parts.add(part.toString());
    return parts;
  }

  private static void expectParts(TypeName name, List<String> parts, int count) {
    if (parts.size() != count) {
      throw new MalformedDefinition(
          "definition of %s: expected %d parts divided by ---, found %d"
              .formatted(name, count, parts.size()));
    }
  }

  /** Reads one message, or one part of a service or action. */
  public static Message message(TypeName name, String text) {
    List<Field> fields = new ArrayList<>();
    List<Constant> constants = new ArrayList<>();
    Set<String> names = new HashSet<>();
    int number = 0;
    for (String raw : text.split("\\R", -1)) {
      number++;
      String line = withoutComment(raw).strip();
      if (line.isEmpty()) continue;
      Where where = new Where(name, number, line);
      Matcher constant = CONSTANT.matcher(line);
      if (constant.matches()) {
        Constant read = constant(where, constant);
        if (!names.add(read.name())) throw where.bad("a new name", read.name());
        constants.add(read);
      } else {
        Field read = field(where, line);
        if (!names.add(read.name())) throw where.bad("a new name", read.name());
        fields.add(read);
      }
    }
    return new Message(name, fields, constants);
  }

  /** Where in a text something is wrong. */
  private record Where(TypeName type, int line, String text) {
    MalformedDefinition bad(String expected, String found) {
      return new MalformedDefinition(
          "definition of %s line %d: expected %s, found \"%s\" in \"%s\""
              .formatted(type, line, expected, found, text));
    }
  }

  private static String withoutComment(String line) {
    char quote = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quote != 0) {
        if (c == '\\') i++;
        else if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '#') {
        return line.substring(0, i);
      }
    }
    // An apostrophe in a comment or an unquoted string opens nothing.
    int hash = line.indexOf('#');
    return quote != 0 && hash >= 0 ? line.substring(0, hash) : line;
  }

  private static Constant constant(Where where, Matcher line) {
    FieldType type = type(where, line.group(1));
    if (type.primitive() == null || !type.single()) {
      throw where.bad("a constant of a primitive type", line.group(1));
    }
    String value = line.group(3).strip();
    if (type.primitive().isText()) value = unquoted(where, value);
    else if (value.isEmpty()) throw where.bad("a value", value);
    return new Constant(line.group(2), type.primitive(), type.textBound(), value);
  }

  private static Field field(Where where, String line) {
    int space = firstSpace(line);
    if (space < 0) throw where.bad("a type and a name", line);
    String rest = line.substring(space).strip();
    int end = firstSpace(rest);
    String name = end < 0 ? rest : rest.substring(0, end);
    if (!NAME.matcher(name).matches()) throw where.bad("a name", name);
    String byDefault = end < 0 ? null : rest.substring(end).strip();
    return new Field(name, type(where, line.substring(0, space)), byDefault);
  }

  private static int firstSpace(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isWhitespace(text.charAt(i))) return i;
    }
    return -1;
  }

  private static FieldType type(Where where, String text) {
    Matcher type = TYPE.matcher(text);
    if (!type.matches()) throw where.bad("a type", text);
    Primitive primitive = Primitive.named(type.group(1)).orElse(null);
    TypeName nested = primitive == null ? nested(where, type.group(1)) : null;
    int textBound = type.group(2) == null ? 0 : size(where, type.group(2));
    if (textBound > 0 && (primitive == null || !primitive.isText())) {
      throw where.bad("a bound only on string or wstring", text);
    }
    FieldType.Shape shape = FieldType.Shape.SINGLE;
    int capacity = 0;
    if (text.endsWith("]")) {
      capacity = type.group(4) == null ? 0 : size(where, type.group(4));
      shape =
          type.group(4) == null
              ? FieldType.Shape.UNBOUNDED
              : type.group(3) == null ? FieldType.Shape.ARRAY : FieldType.Shape.BOUNDED;
    }
    return new FieldType(primitive, nested, textBound, shape, capacity);
  }

  private static int size(Where where, String digits) {
    long value = digits.length() > 10 ? Long.MAX_VALUE : Long.parseLong(digits);
    if (value < 1 || value > MAX_CAPACITY) throw where.bad("a size of 1.." + MAX_CAPACITY, digits);
    return (int) value;
  }

  private static TypeName nested(Where where, String text) {
    try {
      return text.contains("/")
          ? TypeName.parse(text)
          : new TypeName(where.type().pkg(), "msg", text);
    } catch (IllegalArgumentException e) {
      throw where.bad("a type", text);
    }
  }

  /** The text of a string literal: without quotes and with its escapes undone. */
  private static String unquoted(Where where, String value) {
    if (value.isEmpty() || value.charAt(0) != '"' && value.charAt(0) != '\'') return value;
    return Literals.unquote(value).orElseThrow(() -> where.bad("a closing quote", value));
  }
}
