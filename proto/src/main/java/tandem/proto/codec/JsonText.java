package tandem.proto.codec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON text (RFC 8259) into maps, lists and values; at most 64 levels deep. */
final class JsonText {
  private static final int MAX_DEPTH = 64;
  private final String text;
  private int at;

  private JsonText(String text) {
    this.text = text;
  }

  static Object parse(String text) {
    var reader = new JsonText(text);
    Object value = reader.value(0);
    reader.blanks();
    if (reader.at < text.length()) throw reader.malformed("end of text");
    return value;
  }

  private Object value(int depth) {
    if (depth > MAX_DEPTH) throw malformed("at most " + MAX_DEPTH + " levels");
    blanks();
    if (at >= text.length()) throw malformed("a value");
    return switch (text.charAt(at)) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> string();
      case 't' -> word("true", Boolean.TRUE);
      case 'f' -> word("false", Boolean.FALSE);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, Object> object(int depth) {
    var members = new LinkedHashMap<String, Object>();
    at++;
    blanks();
    if (take('}')) return members;
    do {
      blanks();
      if (at >= text.length() || text.charAt(at) != '"') throw malformed("a member name");
      String name = string();
      blanks();
      if (!take(':')) throw malformed("':'");
      if (members.containsKey(name)) throw malformed("member '" + name + "' once only");
      members.put(name, value(depth + 1));
      blanks();
    } while (take(','));
    if (!take('}')) throw malformed("',' or '}'");
    return members;
  }

  private List<Object> array(int depth) {
    var items = new ArrayList<Object>();
    at++;
    blanks();
    if (take(']')) return items;
    do {
      items.add(value(depth + 1));
      blanks();
    } while (take(','));
    if (!take(']')) throw malformed("',' or ']'");
    return items;
  }

  private String string() {
    var out = new StringBuilder();
    at++;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') return out.toString();
      if (c < 0x20) throw malformed("no control character in a string");
      out.append(c == '\\' ? escape() : c);
    }
    throw malformed("'\"'");
  }

  private char escape() {
    if (at >= text.length()) throw malformed("an escape");
    char c = text.charAt(at++);
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        if (at + 4 > text.length()) throw malformed("four hex digits");
        int code = 0;
        for (int i = 0; i < 4; i++) {
          int digit = Character.digit(text.charAt(at++), 16);
          if (digit < 0) throw malformed("four hex digits");
          code = code << 4 | digit;
        }
        yield (char) code;
      }
      default -> throw malformed("an escape");
    };
  }

  private Object number() {
    int from = at;
    take('-');
    int digits = digits();
    if (digits == 0) throw malformed("a value");
    if (digits > 1 && text.charAt(at - digits) == '0') throw malformed("no leading zero");
    boolean whole = true;
    if (take('.')) {
      whole = false;
      if (digits() == 0) throw malformed("a digit");
    }
    if (take('e') || take('E')) {
      whole = false;
      if (!take('+')) take('-');
      if (digits() == 0) throw malformed("a digit");
    }
    String digitsText = text.substring(from, at);
    if (whole && digitsText.length() <= 18) return Long.valueOf(digitsText);
    return Double.valueOf(digitsText);
  }

  private int digits() {
    int from = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') at++;
    return at - from;
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) throw malformed("a value");
    at += word.length();
    return value;
  }

  private boolean take(char c) {
    if (at >= text.length() || text.charAt(at) != c) return false;
    at++;
    return true;
  }

  private void blanks() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
  }

  private IllegalArgumentException malformed(String expected) {
    String found = at < text.length() ? "'" + text.charAt(at) + "'" : "end of text";
    return new IllegalArgumentException(
        "JSON: expected %s, found %s at character %d".formatted(expected, found, at));
  }
}
