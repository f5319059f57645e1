package tandem.ros2;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class Xxh3Test {
  @Test
  void shouldAgreeWithTheReferenceLibraryAtEveryLengthClass() throws IOException {
    int lines = 0;
    try (var golden =
        new BufferedReader(
            new InputStreamReader(
                Xxh3Test.class.getResourceAsStream("/xxh3-128.txt"), StandardCharsets.UTF_8))) {
      for (String line = golden.readLine(); line != null; line = golden.readLine()) {
        int length = Integer.parseInt(line.substring(0, line.indexOf(' ')));
        Xxh3.Hash128 hash = Xxh3.hash128(input(length));
        assertThat("%d %016x%016x".formatted(length, hash.high(), hash.low())).isEqualTo(line);
        lines++;
      }
    }
    assertThat(lines).isEqualTo(312);
  }

  private static byte[] input(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) bytes[i] = (byte) (i * 7 + 3);
    return bytes;
  }
}
