package tandem.twin.stream;

/**
 * The way of one (robot, topic) into the twin. {@link #receive} is called by the receiving thread:
 * it writes to the recorder and counts, without a mailbox hop. Thread-safe.
 */
public interface StreamInlet {
  void receive(RawSample sample);

  /** Samples lost at a place of the caller's own (as {@code admission}), counted there. */
  void dropped(String place, long samples);

  /** A publisher's token went away. */
  void publisherGone(String publisher);

  /**
   * A sample that is not this stream's, though it came on its topic: counted as offered and dropped
   * at {@code place}; the newest 16 are kept aside with their bytes and {@code why}.
   */
  void reject(RawSample sample, String place, String why);
}
