package tandem.zenoh.wire;

/**
 * A key expression on the wire: the text declared for number {@code scope} (0: none), followed
 * directly by {@code suffix}.
 *
 * @param bySender the number was declared by the sender of the message that holds this key; else by
 *     its receiver (flag M)
 */
public record WireKey(int scope, String suffix, boolean bySender) {
  static final int NAMED = 0x20;
  static final int BY_SENDER = 0x40;

  public static WireKey full(String key) {
    return new WireKey(0, key, true);
  }

  int flags() {
    return (suffix.isEmpty() ? 0 : NAMED) | (bySender ? BY_SENDER : 0);
  }

  static WireKey read(WireReader in, boolean named, boolean bySender) {
    int at = in.position();
    int scope = in.varint32("key number");
    if (scope < 0 || scope > 0xFFFF)
      throw new MalformedFrame("key number", "0..65535", Integer.toUnsignedString(scope), at);
    String suffix = named ? in.string("key suffix", WireReader.MAX_KEY_BYTES) : "";
    return new WireKey(scope, suffix, bySender);
  }

  void write(WireWriter out) {
    out.varint(scope);
    if (!suffix.isEmpty()) out.string(suffix);
  }
}
