package tandem.zenoh.transport;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import tandem.zenoh.keyexpr.KeyExpr;

/**
 * Who declares which key expression, for one kind of declaration. A session stands in the list of
 * an expression as often as it has declared it. Plain keys are found by their text; only those with
 * wildcards are tried one by one. Guarded by the lock of {@link Routing}.
 */
final class Declarers {
  private record Entry(KeyExpr expr, List<Face> faces) {}

  private final Map<String, Entry> plain = new HashMap<>();
  private final Map<String, Entry> wild = new LinkedHashMap<>();

  private Map<String, Entry> side(KeyExpr expr) {
    return expr.isWild() ? wild : plain;
  }

  void add(KeyExpr expr, Face face) {
    side(expr)
        .computeIfAbsent(expr.toString(), text -> new Entry(expr, new ArrayList<>(2)))
        .faces
        .add(face);
  }

  void remove(KeyExpr expr, Face face) {
    var entry = side(expr).get(expr.toString());
    if (entry != null && entry.faces.remove(face) && entry.faces.isEmpty())
      side(expr).remove(expr.toString());
  }

  /** Who declares exactly this. */
  List<Face> of(KeyExpr expr) {
    var entry = side(expr).get(expr.toString());
    return entry == null ? List.of() : entry.faces;
  }

  /** All expressions that meet the asked one, with who declares them; null asks for all. */
  void meeting(KeyExpr asked, BiConsumer<KeyExpr, List<Face>> found) {
    if (asked != null && !asked.isWild()) {
      var same = plain.get(asked.toString());
      if (same != null) found.accept(same.expr, same.faces);
    } else {
      for (var entry : plain.values())
        if (asked == null || asked.intersects(entry.expr)) found.accept(entry.expr, entry.faces);
    }
    for (var entry : wild.values())
      if (asked == null || asked.intersects(entry.expr)) found.accept(entry.expr, entry.faces);
  }
}
