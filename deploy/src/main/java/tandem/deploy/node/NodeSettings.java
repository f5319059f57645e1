package tandem.deploy.node;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What one node is to be.
 *
 * @param name of the command, for people: demo, edge, sim, cloud
 * @param roles of {@code robot-gateway, twin, sim, cloud}
 * @param data directory of journal, segments and guard states
 * @param zenohListen endpoint of the accepting side; its port is replaced by {@code ports} unless
 *     it was given
 * @param zenohConnect other routers to link to
 * @param guardsEndWithUs guards are children that do not outlive this process (demo)
 * @param config more configuration, keys as in reference.conf
 */
public record NodeSettings(
    String name,
    List<String> roles,
    String site,
    Path data,
    String zenohListen,
    List<String> zenohConnect,
    Ports ports,
    boolean guardsEndWithUs,
    Map<String, Object> config) {
  public NodeSettings {
    roles = List.copyOf(roles);
    zenohConnect = List.copyOf(zenohConnect);
    config = Map.copyOf(config);
  }

  public boolean has(String role) {
    return roles.contains(role);
  }
}
