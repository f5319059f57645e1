package tandem.twin.recorder;

/** The way of one (robot, topic) into the recorder. Thread-safe; never waits for a disk. */
public interface RecorderInlet {
  /**
   * Takes a sample over for writing.
   *
   * @param payload kept, byte for byte; not modified
   * @param publisher gid in hex or another stable name
   * @param sequence of the publisher; -1 where the wire has none
   * @param sourceNanos sender's time, ns since 1970; -1 where the wire has none
   * @param receivedWallNanos gateway's wall clock, ns since 1970
   * @return false where there was no room: the caller counts it dropped at {@code recorder}
   */
  boolean record(
      byte[] payload, String publisher, long sequence, long sourceNanos, long receivedWallNanos);
}
