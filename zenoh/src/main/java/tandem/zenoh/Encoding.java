package tandem.zenoh;

/**
 * What a payload is.
 *
 * @param id the number on the wire (0 bytes, 1 zenoh/string, 4 text/plain, 7 application/cdr, 13
 *     protobuf, ...)
 * @param schema null where there is none
 */
public record Encoding(int id, String schema) {
  public static final Encoding BYTES = new Encoding(0, null);
  public static final Encoding STRING = new Encoding(1, null);
  public static final Encoding TEXT = new Encoding(4, null);
  public static final Encoding CDR = new Encoding(7, null);
  public static final Encoding PROTOBUF = new Encoding(13, null);
}
