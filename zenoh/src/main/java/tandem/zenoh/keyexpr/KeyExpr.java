package tandem.zenoh.keyexpr;

import java.util.ArrayList;
import java.util.List;

/**
 * A key expression: a set of keys, in canonical form.
 *
 * <pre>
 *  a/b      this key alone                    *    any one chunk
 *  a/**     a and everything below it         $*   any text within a chunk
 *  {@literal @}x       matched only by the same text, never by a wildcard
 * </pre>
 *
 * Immutable; made by {@link #of}. {@link #intersects} and {@link #includes} take time in proportion
 * to the product of both chunk counts, whatever the wildcards; a double wildcard in more than
 * {@value #MAX_WILD_CHUNKS} chunks is refused.
 */
public final class KeyExpr {
  /** Longest text, in bytes of UTF-8. */
  public static final int MAX_BYTES = 65_535;

  /** Most chunks of an expression that holds a double wildcard. */
  public static final int MAX_WILD_CHUNKS = 512;

  private static final String ANY = "*";
  private static final String ANY_NUMBER = "**";

  private final String text;
  private final String[] chunks;
  private final boolean wild;

  private KeyExpr(String text, String[] chunks, boolean wild) {
    this.text = text;
    this.chunks = chunks;
    this.wild = wild;
  }

  /**
   * Checks the text and makes it canonical. Throws {@link IllegalArgumentException} that names the
   * place of what is wrong.
   */
  public static KeyExpr of(String text) {
    if (text.isEmpty()) throw bad(text, "at least one chunk", "none", 0);
    if (text.length() > MAX_BYTES)
      throw bad(
          text.substring(0, 40) + "...",
          "at most " + MAX_BYTES + " bytes",
          text.length() + " characters",
          0);
    var chunks = split(text);
    boolean wild = false;
    boolean any = false;
    for (String chunk : chunks) {
      any |= chunk.equals(ANY_NUMBER);
      wild |= chunk.indexOf('*') >= 0;
    }
    if (!wild) return new KeyExpr(text, chunks.toArray(String[]::new), false);
    if (any && chunks.size() > MAX_WILD_CHUNKS)
      throw bad(
          text.substring(0, Math.min(40, text.length())) + "...",
          "at most " + MAX_WILD_CHUNKS + " chunks beside **",
          chunks.size(),
          0);
    var canonical = canonical(chunks);
    return new KeyExpr(String.join("/", canonical), canonical.toArray(String[]::new), true);
  }

  /** The canonical form of a text. */
  public static String canonical(String text) {
    return of(text).text;
  }

  private static List<String> split(String text) {
    var chunks = new ArrayList<String>();
    int from = 0;
    for (int i = 0; i <= text.length(); i++) {
      if (i < text.length() && text.charAt(i) != '/') continue;
      if (i == from) throw bad(text, "a chunk", i == text.length() ? "the end" : "'/'", i);
      chunks.add(checked(text, from, i));
      from = i + 1;
    }
    return chunks;
  }

  /** One chunk with {@code $*$*} shortened and a lone {@code $*} as {@code *}. */
  private static String checked(String text, int from, int to) {
    boolean dollar = false;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (c == '#' || c == '?') throw bad(text, "no '" + c + "'", "one", i);
      if (c == '$') {
        if (i + 1 >= to || text.charAt(i + 1) != '*') throw bad(text, "'*' after '$'", "none", i);
        dollar = true;
        i++;
      } else if (c == '*') {
        int length = to - from;
        boolean whole = length == 1 || length == 2 && text.charAt(from) == text.charAt(from + 1);
        if (!whole) throw bad(text, "'*' or '**' alone in its chunk, else '$*'", "'*'", i);
      }
    }
    String chunk = text.substring(from, to);
    if (!dollar) return chunk;
    while (chunk.contains("$*$*")) chunk = chunk.replace("$*$*", "$*");
    return chunk.equals("$*") ? ANY : chunk;
  }

  /** Puts single wildcards before the double one they stand with, of which one is enough. */
  private static List<String> canonical(List<String> chunks) {
    var out = new ArrayList<String>(chunks.size());
    boolean pending = false;
    for (String chunk : chunks) {
      if (chunk.equals(ANY_NUMBER)) pending = true;
      else if (chunk.equals(ANY)) out.add(chunk);
      else {
        if (pending) out.add(ANY_NUMBER);
        pending = false;
        out.add(chunk);
      }
    }
    if (pending) out.add(ANY_NUMBER);
    return out;
  }

  private static IllegalArgumentException bad(String text, String expected, Object found, int at) {
    return new IllegalArgumentException(
        "key expression '%s': expected %s, found %s at character %d"
            .formatted(text, expected, found, at));
  }

  /** Whether it holds a wildcard, and so stands for more than one key. */
  public boolean isWild() {
    return wild;
  }

  /** Whether some key belongs to both. */
  public boolean intersects(KeyExpr other) {
    if (!wild && !other.wild) return text.equals(other.text);
    String[] a = chunks;
    String[] b = other.chunks;
    // reach[j]: whether a from i on meets b from j on; rows are filled from the end.
    var below = new boolean[b.length + 1];
    var row = new boolean[b.length + 1];
    for (int i = a.length; i >= 0; i--) {
      boolean anyA = i < a.length && a[i].equals(ANY_NUMBER);
      for (int j = b.length; j >= 0; j--) {
        boolean anyB = j < b.length && b[j].equals(ANY_NUMBER);
        boolean meets;
        if (i == a.length && j == b.length) meets = true;
        else if (anyA) meets = below[j] || j < b.length && !isVerbatim(b[j]) && row[j + 1];
        else if (anyB) meets = row[j + 1] || i < a.length && !isVerbatim(a[i]) && below[j];
        else meets = i < a.length && j < b.length && below[j + 1] && chunksMeet(a[i], b[j]);
        row[j] = meets;
      }
      var swap = below;
      below = row;
      row = swap;
    }
    return below[0];
  }

  /** Whether every key of {@code other} belongs to this. */
  public boolean includes(KeyExpr other) {
    if (!wild) return text.equals(other.text);
    String[] a = chunks;
    String[] b = other.chunks;
    var below = new boolean[b.length + 1];
    var row = new boolean[b.length + 1];
    for (int i = a.length; i >= 0; i--) {
      boolean anyA = i < a.length && a[i].equals(ANY_NUMBER);
      for (int j = b.length; j >= 0; j--) {
        boolean holds;
        if (i == a.length) holds = j == b.length;
        else if (anyA) holds = below[j] || j < b.length && !isVerbatim(b[j]) && row[j + 1];
        else if (j == b.length || b[j].equals(ANY_NUMBER)) holds = false;
        else holds = below[j + 1] && chunkHolds(a[i], b[j]);
        row[j] = holds;
      }
      var swap = below;
      below = row;
      row = swap;
    }
    return below[0];
  }

  private static boolean isVerbatim(String chunk) {
    return chunk.charAt(0) == '@';
  }

  private static boolean chunksMeet(String a, String b) {
    if (a.equals(b)) return true;
    if (isVerbatim(a) || isVerbatim(b)) return false;
    if (a.equals(ANY) || b.equals(ANY)) return true;
    int starA = a.indexOf("$*");
    int starB = b.indexOf("$*");
    if (starA < 0) return starB >= 0 && globHolds(b, a);
    if (starB < 0) return globHolds(a, b);
    int prefix = Math.min(starA, starB);
    if (!a.regionMatches(0, b, 0, prefix)) return false;
    int suffix = Math.min(a.length() - a.lastIndexOf("$*"), b.length() - b.lastIndexOf("$*")) - 2;
    return a.regionMatches(a.length() - suffix, b, b.length() - suffix, suffix);
  }

  private static boolean chunkHolds(String a, String b) {
    if (a.equals(b)) return true;
    if (isVerbatim(a) || isVerbatim(b)) return false;
    return a.equals(ANY) || !b.equals(ANY) && a.contains("$*") && globHolds(a, b);
  }

  /**
   * Whether {@code glob} holds {@code text}. A {@code $*} within the text is two characters that no
   * literal of the glob can match, so only a wildcard of the glob covers it.
   */
  private static boolean globHolds(String glob, String text) {
    int first = glob.indexOf("$*");
    int last = glob.lastIndexOf("$*");
    int tail = glob.length() - last - 2;
    if (text.length() < first + tail
        || !text.startsWith(glob.substring(0, first))
        || !text.endsWith(glob.substring(last + 2))) return false;
    int from = first;
    int to = text.length() - tail;
    int star = first;
    while (star < last) {
      int next = glob.indexOf("$*", star + 2);
      String middle = glob.substring(star + 2, next);
      int found = text.indexOf(middle, from);
      if (found < 0 || found + middle.length() > to) return false;
      from = found + middle.length();
      star = next;
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyExpr key && text.equals(key.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** The canonical text. */
  @Override
  public String toString() {
    return text;
  }
}
