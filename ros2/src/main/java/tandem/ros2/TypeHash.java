package tandem.ros2;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The hash chunk of a key. Opaque on reading: distributions without hashes write a fixed text
 * there.
 *
 * @param text {@code RIHS01_} and 64 lower-case hex digits, or whatever the other end wrote
 */
public record TypeHash(String text) {
  private static final String RIHS01 = "RIHS01_";

  public TypeHash {
    if (text.isEmpty() || text.contains("/")) {
      throw new IllegalArgumentException(
          "type hash: expected a text without slash, found \"%s\"".formatted(text));
    }
  }

  /**
   * RIHS01 of a type description: SHA-256 of its JSON text (REP-2011; the text is made by {@code
   * tandem.ros2.idl.InterfaceRegistry}).
   */
  public static TypeHash ofDescription(String json) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8));
      return new TypeHash(RIHS01 + HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK has no SHA-256; no type hash computed", e);
    }
  }

  /** Whether it is a RIHS01 hash at all. */
  public boolean known() {
    return text.length() == RIHS01.length() + 64 && text.startsWith(RIHS01);
  }

  @Override
  public String toString() {
    return text;
  }
}
