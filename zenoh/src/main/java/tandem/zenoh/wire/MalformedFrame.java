package tandem.zenoh.wire;

/**
 * Bytes that are no Zenoh message. Says which field, what was expected, what was found, and at
 * which byte of the buffer that was read.
 */
public final class MalformedFrame extends RuntimeException {
  private final int at;

  public MalformedFrame(String field, Object expected, Object found, int at) {
    super(field + ": expected " + expected + ", found " + found + " at byte " + at);
    this.at = at;
  }

  /** Byte offset within the buffer that was read. */
  public int at() {
    return at;
  }
}
