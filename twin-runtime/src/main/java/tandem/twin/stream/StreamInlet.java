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
   * A payload that could not be understood by the gateway: kept aside with its bytes and the error,
   * counted.
   */
  void poison(RawSample sample, String why);
}
