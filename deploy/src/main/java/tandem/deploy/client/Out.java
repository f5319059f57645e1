package tandem.deploy.client;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tandem.proto.codec.Json;

/**
 * Results on stdout: one JSON object a line, or the same for people. Thread-safe; each line is
 * written whole and flushed.
 */
public final class Out {
  private final PrintStream out;
  private final boolean json;

  public Out(PrintStream out, boolean json) {
    this.out = out;
    this.json = json;
  }

  /** On stdout. */
  public static Out standard(boolean json) {
    return new Out(new PrintStream(System.out, false, StandardCharsets.UTF_8), json);
  }

  public boolean json() {
    return json;
  }

  /** A line as it is. */
  public synchronized void line(String text) {
    out.println(text);
    out.flush();
  }

  /** An object: one line of JSON, or for people one line per field. */
  public void object(Map<String, ?> fields) {
    if (json) line(toJson(fields));
    else describe("", fields);
  }

  /** An object given as JSON text. */
  public void object(String jsonText) {
    if (json) line(jsonText);
    else if (Json.parse(jsonText) instanceof Map<?, ?> fields) describe("", fields);
    else line(jsonText);
  }

  /** Objects given as JSON: a line each, or for people a table of the named columns. */
  public void table(List<?> rows, String... columns) {
    if (json) {
      for (var row : rows) line(toJson(row));
      return;
    }
    var cells = new ArrayList<List<String>>();
    cells.add(List.of(columns));
    for (var row : rows) {
      var line = new ArrayList<String>();
      for (var column : columns) line.add(text(at(row, column)));
      cells.add(line);
    }
    int[] widths = new int[columns.length];
    for (var line : cells)
      for (int i = 0; i < widths.length; i++) widths[i] = Math.max(widths[i], line.get(i).length());
    for (var line : cells) {
      var text = new StringBuilder();
      for (int i = 0; i < widths.length; i++)
        text.append(i == 0 ? "" : "  ")
            .append(line.get(i))
            .append(" ".repeat(widths[i] - line.get(i).length()));
      line(text.toString().stripTrailing());
    }
  }

  private void describe(String prefix, Map<?, ?> fields) {
    for (var field : fields.entrySet()) {
      var name = prefix + field.getKey();
      if (field.getValue() instanceof Map<?, ?> inner) describe(name + ".", inner);
      else line(name + ": " + text(field.getValue()));
    }
  }

  private static Object at(Object row, String path) {
    Object value = row;
    for (var name : path.split("\\."))
      value = value instanceof Map<?, ?> fields ? fields.get(name) : null;
    return value;
  }

  private static String text(Object value) {
    return switch (value) {
      case null -> "-";
      case Double number ->
          number == Math.rint(number) && Math.abs(number) < 1e15
              ? String.format(Locale.ROOT, "%.0f", number)
              : String.format(Locale.ROOT, "%.3f", number);
      case List<?> list -> {
        var parts = new ArrayList<String>();
        for (var part : list) parts.add(part instanceof Map<?, ?> ? toJson(part) : text(part));
        yield "[" + String.join(" ", parts) + "]";
      }
      case Map<?, ?> map -> map.isEmpty() ? "-" : toJson(map);
      default -> value.toString();
    };
  }

  /** Maps, lists, strings, numbers, booleans and null as JSON, in the order they have. */
  public static String toJson(Object value) {
    var text = new StringBuilder(128);
    write(text, value);
    return text.toString();
  }

  private static void write(StringBuilder text, Object value) {
    switch (value) {
      case null -> text.append("null");
      case String string -> text.append(Json.quote(string));
      case Double number when !Double.isFinite(number) -> text.append("null");
      case Float number when !Float.isFinite(number) -> text.append("null");
      case Number number -> text.append(number);
      case Boolean bool -> text.append(bool);
      case Map<?, ?> map -> {
        text.append('{');
        String separator = "";
        for (var entry : map.entrySet()) {
          text.append(separator).append(Json.quote(entry.getKey().toString())).append(':');
          write(text, entry.getValue());
          separator = ",";
        }
        text.append('}');
      }
      case Iterable<?> list -> {
        text.append('[');
        String separator = "";
        for (var item : list) {
          text.append(separator);
          write(text, item);
          separator = ",";
        }
        text.append(']');
      }
      default -> text.append(Json.quote(value.toString()));
    }
  }

  /** Fields in the order given: name, value, name, value, ... */
  public static Map<String, Object> fields(Object... namesAndValues) {
    var fields = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2)
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    return fields;
  }
}
