package tandem.twin.stream;

/**
 * One sample as it came off the wire.
 *
 * @param payload CDR with its 4-byte header, byte for byte as received; kept, so do not modify it
 *     afterwards
 * @param publisher gid in hex, or another stable name of the publisher where the wire has no gid
 * @param sequence per publisher; -1 where the wire has none
 * @param sourceNanos sender's time, ns since 1970; -1 where the wire has none
 * @param receivedNanos {@code System.nanoTime()} of the gateway
 * @param receivedWallNanos gateway's wall clock, ns since 1970
 * @param history delivered by a history query, not live
 */
public record RawSample(
    byte[] payload,
    String publisher,
    long sequence,
    long sourceNanos,
    long receivedNanos,
    long receivedWallNanos,
    boolean history) {}
