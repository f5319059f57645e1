package tandem.cloud.http;

import java.util.List;
import java.util.Set;

/**
 * Where and for whom the API is served.
 *
 * @param host address to bind
 * @param port 0: any free one
 * @param beyondLoopback permits an address that other machines reach; there is no authentication
 * @param hostNames names, beside IP addresses and {@code localhost}, that a Host header may carry
 * @param console serves the console's pages too
 * @param site name of the site, shown
 * @param roles roles of the node, shown
 * @param version of the software, shown
 * @param maxBodyBytes largest request body
 * @param maxLiveClients open WebSocket connections at a time
 */
public record ApiSettings(
    String host,
    int port,
    boolean beyondLoopback,
    Set<String> hostNames,
    boolean console,
    String site,
    List<String> roles,
    String version,
    int maxBodyBytes,
    int maxLiveClients) {

  public ApiSettings {
    hostNames = Set.copyOf(hostNames);
    roles = List.copyOf(roles);
    if (port < 0 || port > 65_535)
      throw new IllegalArgumentException("api port: expected 0..65535, found " + port);
    if (maxBodyBytes < 1024)
      throw new IllegalArgumentException("maxBodyBytes: expected >= 1024, found " + maxBodyBytes);
    if (maxLiveClients < 1)
      throw new IllegalArgumentException("maxLiveClients: expected >= 1, found " + maxLiveClients);
  }

  /** Loopback, with the console, bodies up to 64 KiB, 64 live clients. */
  public static ApiSettings onLoopback(int port, String site, List<String> roles, String version) {
    return new ApiSettings(
        "127.0.0.1", port, false, Set.of(), true, site, roles, version, 64 << 10, 64);
  }

  public ApiSettings withConsole(boolean served) {
    return new ApiSettings(
        host,
        port,
        beyondLoopback,
        hostNames,
        served,
        site,
        roles,
        version,
        maxBodyBytes,
        maxLiveClients);
  }

  public ApiSettings withHost(String address, boolean mayLeaveLoopback) {
    return new ApiSettings(
        address,
        port,
        mayLeaveLoopback,
        hostNames,
        console,
        site,
        roles,
        version,
        maxBodyBytes,
        maxLiveClients);
  }
}
