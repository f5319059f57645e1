package tandem.ros2.idl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Values as they stand in definitions. */
public final class Literals {
  private Literals() {}

  /** The text between quotes, escapes undone; empty where there is no closing quote. */
  static Optional<String> unquote(String text) {
    char quote = text.charAt(0);
    StringBuilder plain = new StringBuilder();
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) plain.append(escaped(text.charAt(++i)));
      else if (c == quote) return Optional.of(plain.toString());
      else plain.append(c);
    }
    return Optional.empty();
  }

  private static String escaped(char c) {
    return switch (c) {
      case 'n' -> "\n";
      case 't' -> "\t";
      case 'r' -> "\r";
      case '\\', '"', '\'' -> String.valueOf(c);
      default -> "\\" + c;
    };
  }

  /** In double quotes, with escapes. */
  static String quote(String text) {
    return "\""
        + text.replace("\\", "\\\\")
            .replace("\"", "\\\"")
            .replace("\n", "\\n")
            .replace("\r", "\\r")
            .replace("\t", "\\t")
        + "\"";
  }

  /** The elements of {@code [1, "a, b", 3]}; of a text without brackets itself. */
  public static List<String> elements(String text) {
    String inner = text.strip();
    if (!inner.startsWith("[") || !inner.endsWith("]")) return List.of(inner);
    inner = inner.substring(1, inner.length() - 1);
    List<String> elements = new ArrayList<>();
    StringBuilder element = new StringBuilder();
    char quote = 0;
    for (int i = 0; i < inner.length(); i++) {
      char c = inner.charAt(i);
      if (quote != 0) {
        if (c == '\\' && i + 1 < inner.length()) element.append(c).append(inner.charAt(++i));
        else {
          element.append(c);
          if (c == quote) quote = 0;
        }
      } else if (c == ',') {
        elements.add(element.toString().strip());
        element.setLength(0);
      } else {
        if (c == '"' || c == '\'') quote = c;
        element.append(c);
      }
    }
    if (!element.toString().isBlank()) elements.add(element.toString().strip());
    return elements;
  }

  /** A string default: without its quotes where it has some. */
  public static String text(String literal) {
    if (literal.isEmpty() || literal.charAt(0) != '"' && literal.charAt(0) != '\'') return literal;
    return unquote(literal).orElse(literal);
  }

  /** True for {@code true}, {@code True} and 1. */
  public static boolean truth(String literal) {
    return literal.equalsIgnoreCase("true") || literal.equals("1");
  }

  /** A whole number, decimal, hexadecimal, octal (0o) or binary (0b); of uint64 its bits. */
  public static long integer(String literal) {
    String text = literal.startsWith("+") ? literal.substring(1) : literal;
    boolean negative = text.startsWith("-");
    if (negative) text = text.substring(1);
    long value;
    if (text.startsWith("0x") || text.startsWith("0X")) {
      value = Long.parseUnsignedLong(text.substring(2), 16);
    } else if (text.startsWith("0b") || text.startsWith("0B")) {
      value = Long.parseUnsignedLong(text.substring(2), 2);
    } else if (text.startsWith("0o") || text.startsWith("0O")) {
      value = Long.parseUnsignedLong(text.substring(2), 8);
    } else {
      value = Long.parseUnsignedLong(text);
    }
    return negative ? -value : value;
  }
}
