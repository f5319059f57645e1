package tandem.twin.journal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Manifests as strings: there are few, and every row has one, mostly one of the last. Not
 * thread-safe.
 */
final class Manifests {
  private static final int KEPT = 256;
  private final byte[][] bytes = new byte[KEPT][];
  private final String[] texts = new String[KEPT];

  String text(byte[] row, int from, int length) {
    int place = length;
    for (int i = from; i < from + length; i++) place = 31 * place + row[i];
    place = (place ^ place >>> 8 ^ place >>> 16) & KEPT - 1;
    byte[] kept = bytes[place];
    if (kept != null && Arrays.equals(kept, 0, kept.length, row, from, from + length)) {
      return texts[place];
    }
    bytes[place] = Arrays.copyOfRange(row, from, from + length);
    return texts[place] = new String(row, from, length, StandardCharsets.UTF_8);
  }
}
