package tandem.ros2.cdr;

/** CDR bytes that do not hold what they should: says field path, byte, expected and found. */
public final class MalformedCdr extends IllegalArgumentException {
  public MalformedCdr(String message) {
    super(message);
  }

  static MalformedCdr at(String path, long offset, String expected, String found) {
    return new MalformedCdr(
        "CDR field %s: expected %s, found %s at byte %d; message not read"
            .formatted(path, expected, found, offset));
  }
}
