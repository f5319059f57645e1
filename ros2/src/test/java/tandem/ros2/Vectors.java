package tandem.ros2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;

/** The golden file that other implementations agree with. */
public final class Vectors {
  private Vectors() {}

  public static JsonNode all() {
    try (InputStream in = Vectors.class.getResourceAsStream("/ros2-vectors.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static byte[] hex(JsonNode text) {
    return HexFormat.of().parseHex(text.asText());
  }
}
