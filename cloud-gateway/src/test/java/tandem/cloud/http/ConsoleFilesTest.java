package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;

import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleFilesTest {
  private final ConsoleFiles files = new ConsoleFiles();

  @ParameterizedTest
  @CsvSource({
    "'', text/html",
    "main.js, application/javascript",
    "parts/joints.js, application/javascript",
    "console.css, text/css",
    "icon.svg, image/svg+xml",
    "vendor/three/three.module.min.js, application/javascript",
    "vendor/three/OrbitControls.js, application/javascript",
  })
  void shouldServeItsFilesWithTheirType(String path, String type) {
    var response = files.answer(path, null);

    assertThat(response.status().intValue()).isEqualTo(200);
    assertThat(response.entity().getContentType().mediaType().toString()).isEqualTo(type);
    assertThat(header(response, "X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(header(response, "Cache-Control")).isEqualTo("no-cache");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../reference.conf",
        "parts/../../reference.conf",
        "..",
        "parts//joints.js",
        "parts\\joints.js",
        "/etc/passwd",
        "console.css/",
        "vendor/three/LICENSE",
        "main.js\0",
        "%2e%2e/reference.conf",
        "application.conf",
        "tandem/cloud/http/ApiServer.class"
      })
  void shouldServeNothingElse(String path) {
    assertThat(files.answer(path, null).status().intValue()).isEqualTo(404);
  }

  @Test
  void shouldTellThatAFileIsUnchanged() {
    String tag = header(files.answer("main.js", null), "ETag");

    assertThat(files.answer("main.js", tag).status().intValue()).isEqualTo(304);
    assertThat(files.answer("main.js", "\"other\"").status().intValue()).isEqualTo(200);
  }

  @Test
  void shouldPermitOnlyItsOwnScriptsAndTheImportMapByHash() throws Exception {
    var response = files.answer("", null);
    String page = text(response);
    var map =
        Pattern.compile("<script type=\"importmap\">(.*?)</script>", Pattern.DOTALL).matcher(page);
    assertThat(map.find()).isTrue();
    String hash =
        Base64.getEncoder()
            .encodeToString(
                MessageDigest.getInstance("SHA-256")
                    .digest(map.group(1).getBytes(StandardCharsets.UTF_8)));

    assertThat(header(response, "Content-Security-Policy"))
        .startsWith("default-src 'self'; script-src 'self' 'sha256-" + hash + "';")
        .doesNotContain("unsafe");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "main.js",
        "api.js",
        "live.js",
        "store.js",
        "stop.js",
        "control.js",
        "urdf.js",
        "view3d.js",
        "dom.js",
        "frames.js",
        "console.css",
        "parts/top.js",
        "parts/robots.js",
        "parts/lease.js",
        "parts/reach.js",
        "parts/joints.js",
        "parts/drawer.js"
      })
  void shouldNameNoAddressElsewhereAndNoEmergencyStop(String path) {
    String text = text(files.answer(path, null));

    assertThat(text).doesNotContainIgnoringCase("emergency").doesNotContain("https://");
    assertThat(text.replace("'https:'", "").replace("http://www.w3.org", ""))
        .doesNotContain("http://")
        .doesNotContain("innerHTML")
        .doesNotContain("style=\"");
  }

  private static String text(HttpResponse response) {
    return ((HttpEntity.Strict) response.entity()).getData().utf8String();
  }

  private static String header(HttpResponse response, String name) {
    return response.getHeader(name).orElseThrow().value();
  }
}
