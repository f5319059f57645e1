package tandem.zenoh;

import java.time.Duration;
import java.util.List;

/**
 * How a client session connects.
 *
 * @param endpoints tried in turn, as {@code tcp/127.0.0.1:7447}
 * @param connectTimeout how long {@link Session#open} tries
 * @param lease announced to the other end
 * @param queueBytes bound of what waits to be written
 * @param blockTimeout how long a block-class put waits for room or for a link before it fails
 * @param maxMessageBytes bound of one reassembled message
 */
public record SessionConfig(
    List<String> endpoints,
    Duration connectTimeout,
    Duration lease,
    int queueBytes,
    Duration blockTimeout,
    int maxMessageBytes) {
  public static SessionConfig to(String... endpoints) {
    return new SessionConfig(
        List.of(endpoints),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        16 << 20,
        Duration.ofSeconds(10),
        64 << 20);
  }
}
