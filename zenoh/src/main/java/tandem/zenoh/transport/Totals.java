package tandem.zenoh.transport;

import tandem.zenoh.SessionStatistics;

/** Sums of what links have counted. Not thread-safe. */
final class Totals {
  private long sentMessages;
  private long sentBytes;
  private long receivedMessages;
  private long receivedBytes;
  private long dropped;
  private long malformed;

  Totals add(Transport of) {
    sentMessages += of.outbox().sentMessages();
    sentBytes += of.outbox().sentBytes();
    receivedMessages += of.receivedMessages();
    receivedBytes += of.receivedBytes();
    dropped += of.outbox().dropped();
    malformed += of.malformed();
    return this;
  }

  Totals add(Totals of) {
    sentMessages += of.sentMessages;
    sentBytes += of.sentBytes;
    receivedMessages += of.receivedMessages;
    receivedBytes += of.receivedBytes;
    dropped += of.dropped;
    malformed += of.malformed;
    return this;
  }

  SessionStatistics statistics(long droppedWithoutLink, long reconnects, long failedCallbacks) {
    return new SessionStatistics(
        sentMessages,
        sentBytes,
        receivedMessages,
        receivedBytes,
        dropped,
        droppedWithoutLink,
        malformed,
        reconnects,
        failedCallbacks);
  }
}
