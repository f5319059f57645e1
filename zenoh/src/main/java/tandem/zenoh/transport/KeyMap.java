package tandem.zenoh.transport;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import tandem.zenoh.keyexpr.KeyExpr;
import tandem.zenoh.wire.PushView;
import tandem.zenoh.wire.WireKey;

/**
 * What the key numbers of one peer mean, and every key it used lately, looked up by the bytes on
 * the wire without making a string. We declare no numbers ourselves, so a number of the receiver's
 * is unknown. For the receiving thread only.
 */
final class KeyMap {
  /** A key as used on this session, with what the session's owner remembers about it. */
  static final class Key {
    final KeyExpr expr;
    final String text;
    final byte[] utf8;
    final long hash;
    final int scope;
    final ByteBuffer suffix;

    /** The owner's route, and the version of its tables that the route was made from. */
    Object route;

    long routeVersion = -1;
    Key next;

    Key(KeyExpr expr, long hash, int scope, ByteBuffer suffix) {
      this.expr = expr;
      this.text = expr.toString();
      this.utf8 = text.getBytes(StandardCharsets.UTF_8);
      this.hash = hash;
      this.scope = scope;
      this.suffix = suffix;
    }
  }

  private static final int SLOTS = 1 << 12;
  private static final int MAX_KEYS = 3 * SLOTS;
  private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

  private final Map<Integer, String> declared = new HashMap<>();
  private final Key[] slots = new Key[SLOTS];
  private int size;

  /** Remembers a number; a known one may only be told again with the same text. */
  void declare(int id, String text) {
    declared.put(id, text);
    forget();
  }

  void undeclare(int id) {
    if (declared.remove(id) != null) forget();
  }

  int declared() {
    return declared.size();
  }

  private void forget() {
    if (size == 0) return;
    java.util.Arrays.fill(slots, null);
    size = 0;
  }

  /** Full text; null where the number is unknown. */
  String text(WireKey key) {
    if (key.scope() == 0) return key.suffix();
    if (!key.bySender()) return null;
    String base = declared.get(key.scope());
    return base == null ? null : base + key.suffix();
  }

  /**
   * The key of a push; null where its number is unknown. Throws {@link IllegalArgumentException}
   * where the whole is no key expression.
   */
  Key find(PushView push) {
    int scope = push.scope();
    if (scope != 0 && !push.bySender()) return null;
    var buffer = push.buffer();
    int from = push.suffixFrom();
    int length = push.suffixLength();
    long hash = hash(buffer, from, length, scope);
    int slot = (int) (hash >>> 40) & SLOTS - 1;
    for (var key = slots[slot]; key != null; key = key.next)
      if (key.hash == hash && key.scope == scope && same(key.suffix, buffer, from, length))
        return key;
    return add(push, hash, slot);
  }

  private Key add(PushView push, long hash, int slot) {
    String text = text(push.key());
    if (text == null) return null;
    var bytes = new byte[push.suffixLength()];
    push.buffer().get(push.suffixFrom(), bytes);
    var key =
        new Key(
            KeyExpr.of(text),
            hash,
            push.scope(),
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    int into = slot;
    if (size >= MAX_KEYS) forget();
    key.next = slots[into];
    slots[into] = key;
    size++;
    return key;
  }

  private static long hash(ByteBuffer buffer, int from, int length, int scope) {
    long hash = scope * PRIME + length;
    int at = from;
    int end = from + length;
    for (; at + 8 <= end; at += 8) hash = Long.rotateLeft(hash ^ buffer.getLong(at), 29) * PRIME;
    for (; at < end; at++) hash = Long.rotateLeft(hash ^ buffer.get(at), 29) * PRIME;
    return hash ^ hash >>> 32;
  }

  private static boolean same(ByteBuffer known, ByteBuffer buffer, int from, int length) {
    if (known.capacity() != length) return false;
    int i = 0;
    for (; i + 8 <= length; i += 8) if (known.getLong(i) != buffer.getLong(from + i)) return false;
    for (; i < length; i++) if (known.get(i) != buffer.get(from + i)) return false;
    return true;
  }
}
