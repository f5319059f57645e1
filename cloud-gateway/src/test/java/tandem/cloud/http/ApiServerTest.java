package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.cloud.fake.FakeNode;
import tandem.proto.codec.Json;
import tandem.twin.Refused;

class ApiServerTest {
  private static FakeNode node;
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws Exception {
    node = new FakeNode(0);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void shouldListTwinsRobotsFirst() throws Exception {
    var twins = (List<?>) json(get("/api/twins"));

    assertThat(twins.stream().map(t -> String.valueOf(((Map<?, ?>) t).get("robot"))))
        .containsExactly("ada", "ada-dream");
  }

  @Test
  void shouldSayThatItTellsNoStory() throws Exception {
    var answer = get("/api/story");

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(((Map<?, ?>) json(answer)).get("code")).isEqualTo("tandem.story.none");
  }

  @Test
  void shouldShowATwinInTheFormOfTheContract() throws Exception {
    var twin = (Map<?, ?>) json(get("/api/twins/ada"));

    assertThat(twin.keySet().stream().map(Object::toString))
        .contains(
            "robot",
            "site",
            "home",
            "term",
            "sequence",
            "mode",
            "ageMs",
            "joints",
            "orientation",
            "position",
            "lease",
            "stop",
            "hazards",
            "digest",
            "body");
    assertThat(((Map<?, ?>) twin.get("joints")).keySet().stream().map(Object::toString))
        .containsExactly("names", "positionsRad", "velocitiesRadPerSec", "effortsNm");
    assertThat((List<?>) ((Map<?, ?>) twin.get("joints")).get("names")).hasSize(27);
  }

  @Test
  void shouldGiveDescriptionProfileStreamsSimulatorsAlarmsAndVersion() throws Exception {
    assertThat(get("/api/twins/ada/description").body()).contains("<robot name=");
    assertThat(((Map<?, ?>) json(get("/api/twins/ada/profile"))).get("source"))
        .isEqualTo("accepted");
    assertThat((List<?>) json(get("/api/streams?robot=ada"))).hasSize(9);
    assertThat((List<?>) json(get("/api/streams"))).hasSize(10);
    assertThat((List<?>) json(get("/api/simulators"))).hasSize(1);
    assertThat((List<?>) json(get("/api/alarms"))).isEmpty();
    assertThat(((Map<?, ?>) json(get("/api/version"))).get("api")).isEqualTo(1L);
    assertThat(get("/api/twins").headers().firstValue("Cache-Control")).contains("no-store");
  }

  @Test
  void shouldLeaseCommandWaitAndExplainRefusals() throws Exception {
    var lease =
        post("/api/twins/ada/lease", "{\"action\":\"acquire\",\"by\":\"t\",\"forSeconds\":60}");
    var sent = (Map<?, ?>) json(post("/api/twins/ada/commands", joint("left_elbow", 0.4)));
    var tooFar = (Map<?, ?>) json(post("/api/twins/ada/commands", joint("left_elbow", 40)));

    assertThat(((Map<?, ?>) json(lease)).get("holder")).isEqualTo("t");
    assertThat(sent.get("state")).isEqualTo("sent");
    assertThat(tooFar.get("state")).isEqualTo("refused");
    assertThat((String) tooFar.get("why")).contains("left_elbow", "2.40", "not sent");
    var seen = (Map<?, ?>) json(get("/api/commands/" + sent.get("id") + "?wait=5s"));
    assertThat(seen.get("id")).isEqualTo(sent.get("id"));
    assertThat((List<?>) json(get("/api/twins/ada/commands?atMost=1"))).hasSize(1);
    var held = post("/api/twins/ada/lease", "{\"action\":\"acquire\",\"by\":\"other\"}");
    assertThat(held.statusCode()).isEqualTo(409);
    assertThat(held.body()).contains("tandem.lease.held", "held by t");
    assertThat(post("/api/twins/ada/lease", "{\"action\":\"release\",\"by\":\"t\"}").statusCode())
        .isEqualTo(200);
  }

  @Test
  void shouldStopForAnybodyWithoutLeaseEvenWithAnEmptyBody() throws Exception {
    var bare =
        CLIENT.send(
            HttpRequest.newBuilder(uri("/api/twins/ada/stop"))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofString());
    var stopped = (Map<?, ?>) json(bare);

    var noReason = post("/api/twins/ada/stop", "{\"by\":\"t\",\"release\":true}");
    var released =
        (Map<?, ?>)
            json(
                post(
                    "/api/twins/ada/stop", "{\"by\":\"t\",\"release\":true,\"reason\":\"clear\"}"));

    assertThat(stopped.get("latched")).isEqualTo(true);
    assertThat(noReason.statusCode()).isEqualTo(400);
    assertThat(released.get("latched")).isEqualTo(false);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/twins/nobody|404|tandem.robot.unknown",
        "/api/twins/nobody/description|404|tandem.robot.unknown",
        "/api/commands/none|404|tandem.command.unknown",
        "/api/nothing|404|tandem.api.unknown",
        "/nothing|404|tandem.console.unknown",
        "/api/commands/x?wait=soon|400|tandem.request.invalid",
        "/api/twins/ada/commands?atMost=lots|400|tandem.request.invalid",
        "/api/audit/verify|503|tandem.audit.unavailable",
        "/api/audit/replay/ada|400|tandem.request.invalid",
        "/api/audit/replay/ada?at=yesterday|400|tandem.request.invalid",
        "/api/audit/replay/ada?at=-10s|503|tandem.audit.unavailable",
        "/api/audit/explain/c-1|503|tandem.audit.unavailable",
        "/api/audit/export/ada?format=csv|400|tandem.request.invalid",
        "/api/audit/export/ada?format=bundle|503|tandem.audit.unavailable",
      })
  void shouldAnswerEachErrorWithACodeAndAText(String path, int status, String code)
      throws Exception {
    var answer = get(path);

    assertThat(answer.statusCode()).isEqualTo(status);
    var error = (Map<?, ?>) json(answer);
    assertThat(error.get("code")).isEqualTo(code);
    assertThat((String) error.get("error")).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{\"by\":\"t\",\"joint\":{\"targets\":[{\"joint\":\"left_elbow\",\"positionRad\":NaN}]}}",
        "{\"by\":\"t\",\"unknown\":1}",
        "{\"by\":\"t\",\"by\":\"u\"}"
      })
  void shouldRefuseABodyThatIsNoRequest(String body) throws Exception {
    var answer = post("/api/twins/ada/commands", body);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("tandem.request.malformed", "not passed on");
  }

  @Test
  void shouldRefuseBytesThatAreNotUtf8() throws Exception {
    var answer =
        CLIENT.send(
            HttpRequest.newBuilder(uri("/api/twins/ada/commands"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {'{', (byte) 0xff, '}'}))
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(400);
  }

  @Test
  void shouldRefuseAHugeBodyBeforeReadingIt() throws Exception {
    String answer =
        raw(
            """
            POST /api/twins/ada/commands HTTP/1.1\r
            Host: 127.0.0.1\r
            Content-Type: application/json\r
            Content-Length: 9000000000\r
            Connection: close\r
            \r
            {"by":"t"}\
            """);

    assertThat(answer).startsWith("HTTP/1.1 413");
    assertThat(get("/api/version").statusCode()).isEqualTo(200);
  }

  @Test
  void shouldRefuseAHugeBodyOfUnknownLength() throws Exception {
    String chunk = "10000\r\n" + " ".repeat(0x10000) + "\r\n";
    String answer =
        raw(
            "POST /api/twins/ada/commands HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
                + "Connection: close\r\n\r\n"
                + chunk
                + chunk
                + "0\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 413").contains("tandem.request.size");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
  void shouldRefuseWhatAFormOfAnotherSiteCanSend(String type) throws Exception {
    var answer =
        CLIENT.send(
            HttpRequest.newBuilder(uri("/api/twins/ada/stop"))
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString("{\"by\":\"t\"}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(415);
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, http://evil.example", "evil.example,", "127.0.0.1, null"})
  void shouldRefuseOtherSites(String host, String origin) throws Exception {
    int stops = node.twins.stops();
    String answer =
        raw(
            "POST /api/twins/ada/stop HTTP/1.1\r\nHost: "
                + host
                + "\r\n"
                + (origin == null ? "" : "Origin: " + origin + "\r\n")
                + "Content-Length: 0\r\nConnection: close\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 403").contains("tandem.request.origin");
    assertThat(node.twins.stops()).isEqualTo(stops);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../reference.conf",
        "/parts/..%2f..%2freference.conf",
        "/%2e%2e/reference.conf",
        "/vendor/../../reference.conf",
        "//etc/passwd"
      })
  void shouldServeNoFileOutsideTheConsole(String path) throws Exception {
    String answer =
        raw("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 404");
  }

  @Test
  void shouldSayWhichMethodIsExpected() throws Exception {
    String answer =
        raw("DELETE /api/twins/ada HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 405").contains("application/json", "\"code\"");
  }

  @ParameterizedTest
  @CsvSource({
    "tandem.robot.unknown, 404",
    "tandem.profile.missing, 404",
    "tandem.request.malformed, 400",
    "tandem.lease.held, 409",
    "tandem.profile.ambiguous, 409",
    "tandem.twin.no-answer, 503",
    "tandem.stop.unconfirmed, 503",
  })
  void shouldGiveEachCodeItsStatus(String code, int status) {
    assertThat(Answers.status(code).intValue()).isEqualTo(status);
  }

  @Test
  void shouldServeThePage() throws Exception {
    var page = get("/");

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("<canvas id=\"scene\"");
  }

  @Test
  void shouldNotBindBeyondLoopbackUnlessToldTo() {
    var settings =
        ApiSettings.onLoopback(0, "test", List.of("cloud"), "test").withHost("0.0.0.0", false);

    assertThatThrownBy(
            () ->
                ApiServer.start(node.system(), node.twins, AuditDoor.closed("no"), settings)
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(Refused.class)
        .hasMessageContaining("0.0.0.0")
        .hasMessageContaining("not bound");
  }

  @Test
  void shouldSayThatAPortIsTaken() {
    var settings = ApiSettings.onLoopback(node.server().port(), "test", List.of("cloud"), "test");

    assertThatThrownBy(
            () ->
                ApiServer.start(node.system(), node.twins, AuditDoor.closed("no"), settings)
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS))
        .cause()
        .hasMessageContaining("API not served");
  }

  private static String joint(String joint, double rad) {
    return "{\"by\":\"t\",\"joint\":{\"targets\":[{\"joint\":\"%s\",\"positionRad\":%s}],\"durationSeconds\":1}}"
        .formatted(joint, rad);
  }

  private static URI uri(String path) {
    return URI.create(node.url() + path);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static Object json(HttpResponse<String> response) {
    return Json.parse(response.body());
  }

  private static String raw(String request) throws IOException {
    try (var socket = new Socket("127.0.0.1", node.server().port())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
