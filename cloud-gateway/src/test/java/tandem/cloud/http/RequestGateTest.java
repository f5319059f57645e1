package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestGateTest {
  private final RequestGate gate = new RequestGate(Set.of("tandem.example"));

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:8080,",
    "localhost:8080, http://localhost:8080",
    "[::1]:8080, http://[::1]:8080",
    "10.0.0.7, http://10.0.0.7",
    "tandem.example:8080, http://tandem.example:8080",
    "TANDEM.example:8080, https://tandem.EXAMPLE:8080",
  })
  void shouldLetOurOwnPageAndProgramsIn(String host, String origin) {
    assertThat(gate.refusal(host, origin)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:8080, http://evil.example",
    "127.0.0.1:8080, http://127.0.0.1:9090",
    "127.0.0.1:8080, null",
    "127.0.0.1:8080, file:///tmp/x.html",
    "127.0.0.1:8080, http://127.0.0.1:8080.evil.example",
    "127.0.0.1:8080, '::not a uri'",
  })
  void shouldRefuseAPageOfAnotherSite(String host, String origin) {
    assertThat(gate.refusal(host, origin)).get().asString().startsWith("Origin header: expected");
  }

  @Test
  void shouldRefuseANameThatAnotherSitePointedHere() {
    assertThat(gate.refusal("evil.example:8080", "http://evil.example:8080"))
        .get()
        .asString()
        .contains("evil.example");
    assertThat(gate.refusal(null, null)).isPresent();
    assertThat(gate.refusal("1.2.3.4.evil.example", null)).isPresent();
  }
}
