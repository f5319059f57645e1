package tandem.zenoh.link;

import java.net.InetSocketAddress;

/**
 * An address as Zenoh writes it: {@code tcp/HOST:PORT}, an IPv6 host in brackets.
 *
 * @param host as written, without brackets
 */
public record Endpoint(String host, int port) {
  /** Throws {@link IllegalArgumentException} that says what is wrong with the text. */
  public static Endpoint parse(String text) {
    if (!text.startsWith("tcp/"))
      throw new IllegalArgumentException("endpoint: expected tcp/HOST:PORT, found '" + text + "'");
    int colon = text.lastIndexOf(':');
    String host = colon < 4 ? "" : text.substring(4, colon);
    if (host.startsWith("[") && host.endsWith("]")) host = host.substring(1, host.length() - 1);
    int port;
    try {
      port = Integer.parseInt(text.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "endpoint: expected tcp/HOST:PORT, found '" + text + "'", e);
    }
    if (host.isEmpty() || port < 0 || port > 0xFFFF)
      throw new IllegalArgumentException(
          "endpoint: expected tcp/HOST:PORT with port 0..65535, found '" + text + "'");
    return new Endpoint(host, port);
  }

  /** Looks the host up now. */
  public InetSocketAddress resolve() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return "tcp/" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
