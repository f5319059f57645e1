package tandem.twin.stream;

/**
 * Which sample a value comes from (invariant I9).
 *
 * @param publisher gid in hex or another stable name
 * @param sequence -1 where the wire has none
 * @param stampBy {@code sender} or {@code gateway}
 * @param sourceNanos sender's stamp, ns since 1970; -1 where the wire has none
 * @param receivedNanos monotonic clock of this process; 0 when read from a segment
 * @param receivedWallNanos gateway's wall clock, ns since 1970
 */
public record Origin(
    String topic,
    String publisher,
    long sequence,
    String stampBy,
    long sourceNanos,
    long receivedNanos,
    long receivedWallNanos) {
  static Origin of(String topic, RawSample sample) {
    return new Origin(
        topic,
        sample.publisher(),
        sample.sequence(),
        Inlet.stampBy(sample),
        sample.sourceNanos(),
        sample.receivedNanos(),
        sample.receivedWallNanos());
  }
}
