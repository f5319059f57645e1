package tandem.cloud.http;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Keeps pages of other sites, open in the same browser, from speaking to this server: a request
 * must be addressed to an IP address, to {@code localhost} or to a configured name (a name that an
 * attacker's DNS points here is neither), and one that a page sends must come from our own page.
 * Pure.
 */
final class RequestGate {
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Pattern IPV6 = Pattern.compile("\\[[0-9a-f:.]+]");
  private final Set<String> hostNames;

  RequestGate(Set<String> hostNames) {
    this.hostNames = hostNames;
  }

  /**
   * @param host value of the Host header, null when absent
   * @param origin value of the Origin header, null when absent (programs send none)
   * @return why the request is refused, or empty
   */
  Optional<String> refusal(String host, String origin) {
    if (host == null || host.isBlank()) return Optional.of("Host header: expected one, found none");
    String name = host.strip().toLowerCase(Locale.ROOT).replaceFirst(":\\d{1,5}$", "");
    boolean known =
        name.equals("localhost")
            || IPV4.matcher(name).matches()
            || IPV6.matcher(name).matches()
            || hostNames.contains(name);
    if (!known)
      return Optional.of(
          "Host header: expected an IP address, localhost or a configured name, found " + name);
    if (origin == null || sameOrigin(host.strip(), origin.strip())) return Optional.empty();
    return Optional.of(
        "Origin header: expected this server's own page (%s), found %s"
            .formatted(host.strip(), origin.strip()));
  }

  private static boolean sameOrigin(String host, String origin) {
    try {
      var uri = URI.create(origin);
      boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      return web && uri.getRawAuthority() != null && uri.getRawAuthority().equalsIgnoreCase(host);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
