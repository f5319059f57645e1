package tandem.twin;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How this node's twin runtime is set up; keys and meaning stand in reference.conf under {@code
 * tandem.twin}.
 *
 * @param config everything, also what other modules read
 * @param data absolute
 * @param join host:port of other nodes of the site
 * @param managementPort -1: none
 */
public record TwinSettings(
    Config config,
    String site,
    Path data,
    List<String> roles,
    List<String> join,
    String arteryHost,
    int arteryPort,
    String managementHost,
    int managementPort) {
  private static final Set<String> ROLES = Set.of("robot-gateway", "twin", "sim", "cloud");

  /**
   * Reads {@code tandem.twin}.
   *
   * @throws IllegalArgumentException naming the key of a bad value
   */
  public static TwinSettings from(Config config) {
    var twin = config.getConfig("tandem.twin");
    if (twin.getString("data").isBlank()) {
      throw new IllegalArgumentException("tandem.twin.data: expected a directory, found none");
    }
    var roles = List.copyOf(twin.getStringList("roles"));
    for (String role : roles) {
      if (!ROLES.contains(role)) {
        throw new IllegalArgumentException(
            "tandem.twin.roles: expected some of %s, found %s".formatted(ROLES, role));
      }
    }
    long maxBytes = twin.getBytes("journal.max-bytes");
    if (maxBytes != 0 && maxBytes < 1 << 18) {
      throw new IllegalArgumentException(
          "tandem.twin.journal.max-bytes: expected 0 or >= 262144, found " + maxBytes);
    }
    return new TwinSettings(
        config,
        twin.getString("site"),
        Path.of(twin.getString("data")).toAbsolutePath().normalize(),
        roles,
        List.copyOf(twin.getStringList("join")),
        twin.getString("artery.hostname"),
        port(twin, "artery.port", 0),
        twin.getString("management.hostname"),
        port(twin, "management.port", -1));
  }

  /** The defaults with the node's own values over them (keys below {@code tandem.twin}). */
  public static TwinSettings of(Map<String, ?> overrides) {
    return from(
        ConfigFactory.parseMap(overrides).atPath("tandem.twin").withFallback(ConfigFactory.load()));
  }

  private static int port(Config twin, String key, int low) {
    int port = twin.getInt(key);
    if (port < low || port > 65_535) {
      throw new IllegalArgumentException(
          "tandem.twin.%s: expected %d..65535, found %d".formatted(key, low, port));
    }
    return port;
  }
}
