package tandem.zenoh;

/** One answer to a get. */
public sealed interface Reply {
  /** Printed zid of the session it came from (the router's on a client session). */
  String sourceZid();

  /** A value, or a delete. */
  record Value(Sample sample, String sourceZid) implements Reply {}

  /** The queryable's error. */
  record Failure(byte[] payload, Encoding encoding, String sourceZid) implements Reply {}
}
