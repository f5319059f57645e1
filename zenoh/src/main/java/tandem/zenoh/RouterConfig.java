package tandem.zenoh;

import java.time.Duration;

/**
 * How the accepting side listens.
 *
 * @param endpoint as {@code tcp/127.0.0.1:7447}; port 0: any
 * @param policy who may say what to whom
 * @param lease announced to the other ends
 * @param queueBytes bound, per session, of what waits to be written; a reader that is slower loses
 *     drop-class messages and, past the block time, its session
 * @param maxMessageBytes bound of one reassembled message
 * @param maxSessions more are refused
 * @param maxDeclarations per session: subscribers, queryables, tokens and key numbers together
 */
public record RouterConfig(
    String endpoint,
    IngressPolicy policy,
    Duration lease,
    int queueBytes,
    Duration blockTimeout,
    int maxMessageBytes,
    int maxSessions,
    int maxDeclarations) {
  public static RouterConfig on(String endpoint) {
    return new RouterConfig(
        endpoint,
        IngressPolicy.OPEN,
        Duration.ofSeconds(10),
        32 << 20,
        Duration.ofSeconds(5),
        64 << 20,
        256,
        20_000);
  }

  public RouterConfig withPolicy(IngressPolicy other) {
    return new RouterConfig(
        endpoint,
        other,
        lease,
        queueBytes,
        blockTimeout,
        maxMessageBytes,
        maxSessions,
        maxDeclarations);
  }
}
