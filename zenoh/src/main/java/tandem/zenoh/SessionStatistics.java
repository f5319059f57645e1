package tandem.zenoh;

/** Counts since the session was opened, over all its links. */
public record SessionStatistics(
    long sentMessages,
    long sentBytes,
    long receivedMessages,
    long receivedBytes,
    long droppedByCongestion,
    long droppedWithoutLink,
    long malformed,
    long reconnects,
    long failedCallbacks) {}
