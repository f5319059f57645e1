package tandem.proto.codec;

/** Stored bytes are not what was written: says which field, what was expected and found. */
public final class CorruptEvent extends RuntimeException {
  public CorruptEvent(String what) {
    super(what);
  }
}
