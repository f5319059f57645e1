package tandem.zenoh;

import java.time.Duration;

/**
 * How a get is asked; null means absent.
 *
 * @param timeout at most a day
 * @param qos with congestion DROP a query that does not go out at once is given up at once
 * @param payload body of the query
 * @param anyReplyKey accept replies whose key does not intersect the asked one (the {@code _anyke}
 *     parameter is the caller's business)
 */
public record GetOptions(
    Duration timeout,
    Target target,
    Consolidation consolidation,
    Qos qos,
    byte[] payload,
    Encoding encoding,
    byte[] attachment,
    boolean anyReplyKey) {
  /** Which queryables are asked. */
  public enum Target {
    BEST_MATCHING,
    ALL,
    ALL_COMPLETE
  }

  /** Which replies of the same key are handed on. */
  public enum Consolidation {
    AUTO,
    NONE,
    MONOTONIC,
    LATEST
  }

  public static final GetOptions DEFAULT =
      new GetOptions(
          Duration.ofSeconds(10),
          Target.BEST_MATCHING,
          Consolidation.AUTO,
          Qos.DATA_BLOCK,
          null,
          null,
          null,
          false);

  public GetOptions withTimeout(Duration other) {
    return new GetOptions(
        other, target, consolidation, qos, payload, encoding, attachment, anyReplyKey);
  }

  public GetOptions withTarget(Target other) {
    return new GetOptions(
        timeout, other, consolidation, qos, payload, encoding, attachment, anyReplyKey);
  }

  public GetOptions withConsolidation(Consolidation other) {
    return new GetOptions(timeout, target, other, qos, payload, encoding, attachment, anyReplyKey);
  }

  public GetOptions withQos(Qos other) {
    return new GetOptions(
        timeout, target, consolidation, other, payload, encoding, attachment, anyReplyKey);
  }

  public GetOptions withPayload(byte[] bytes, Encoding ofBytes) {
    return new GetOptions(
        timeout, target, consolidation, qos, bytes, ofBytes, attachment, anyReplyKey);
  }

  public GetOptions withAttachment(byte[] bytes) {
    return new GetOptions(
        timeout, target, consolidation, qos, payload, encoding, bytes, anyReplyKey);
  }

  public GetOptions withAnyReplyKey() {
    return new GetOptions(timeout, target, consolidation, qos, payload, encoding, attachment, true);
  }
}
