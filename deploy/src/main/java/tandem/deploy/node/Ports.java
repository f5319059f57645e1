package tandem.deploy.node;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The ports of a node by the names of the outside contract. Explicit ones are taken as they are;
 * the others are the defaults plus the offset. 0 means any free one.
 *
 * @param offset added to every default
 * @param explicit by name
 */
public record Ports(int offset, Map<String, Integer> explicit) {
  /** Defaults, in the order of the {@code ready} line. */
  private static final Map<String, Integer> DEFAULTS = new LinkedHashMap<>();

  static {
    DEFAULTS.put("zenoh", 7447);
    DEFAULTS.put("api", 8080);
    DEFAULTS.put("management", 8558);
    DEFAULTS.put("artery", 25_520);
    DEFAULTS.put("guard", 7450);
  }

  public Ports {
    explicit = Map.copyOf(explicit);
    for (var entry : explicit.entrySet()) {
      if (!DEFAULTS.containsKey(entry.getKey()))
        throw new IllegalArgumentException(
            "--port: expected one of %s, found '%s'".formatted(names(), entry.getKey()));
      if (entry.getValue() < 0 || entry.getValue() > 65_535)
        throw new IllegalArgumentException(
            "--port %s: expected 0..65535, found %d".formatted(entry.getKey(), entry.getValue()));
    }
    if (offset < 0 || offset > 40_000)
      throw new IllegalArgumentException("--port-offset: expected 0..40000, found " + offset);
  }

  /** Names that {@code --port} knows. */
  public static Set<String> names() {
    return DEFAULTS.keySet();
  }

  /** The port to ask for. */
  public int of(String name) {
    var asked = explicit.get(name);
    return asked != null ? asked : DEFAULTS.get(name) + offset;
  }

  /** The n-th port of a row that begins at the name's (guards); any stays any. */
  public int of(String name, int nth) {
    int first = of(name);
    return first == 0 ? 0 : first + nth;
  }
}
