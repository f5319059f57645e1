package tandem.deploy.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import tandem.deploy.client.Api;

/** An edge of a test, its command line as an operator uses it, and foreign robots on it. */
final class Site implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(30);
  private static final Duration LONG = Duration.ofSeconds(60);
  private final TandemProcess edge;
  private final String zenoh;
  private final String api;

  private Site(TandemProcess edge) {
    this.edge = edge;
    var ports = edge.ready().get("ports");
    zenoh = "tcp/127.0.0.1:" + ports.get("zenoh").asInt();
    api = "http://127.0.0.1:" + ports.get("api").asInt();
  }

  /** An edge that keeps its data and its log under a directory. */
  static Site start(Path data, List<String> configuration) {
    var words = new ArrayList<>(List.of("edge", "--data", data.resolve("edge").toString()));
    for (var port : List.of("zenoh", "api", "management", "artery"))
      words.addAll(List.of("--port", port + "=0"));
    for (var one : configuration) words.addAll(List.of("--config", one));
    return new Site(TandemProcess.start(data, words.toArray(String[]::new)));
  }

  String zenoh() {
    return zenoh;
  }

  String api() {
    return api;
  }

  /** A robot of tools/peers/arm_server.py, connected. */
  Peer robot(String name, String... more) {
    var words = new ArrayList<>(List.of("--namespace", name, "--connect", zenoh));
    words.addAll(List.of(more));
    var robot = Peer.start("arm_server.py", words.toArray(String[]::new));
    robot.await("ready", SOON);
    return robot;
  }

  TandemProcess.Result run(String... words) {
    var all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--json", "--api", api));
    return TandemProcess.run(all.toArray(String[]::new));
  }

  private TandemProcess.Result asked(String robot, String... form) {
    var words = new ArrayList<>(List.of("twin", "command", robot));
    words.addAll(List.of(form));
    words.addAll(List.of("--as", "tester"));
    return run(words.toArray(String[]::new));
  }

  /** The command as it was last told. */
  JsonNode command(String robot, String... form) {
    return asked(robot, form).last();
  }

  /** Words of a refusal, of whoever refused it first. */
  String wrong(String robot, String... form) {
    var result = asked(robot, form);
    assertThat(result.exit()).as("%s", result).isIn(1, 2);
    return result.lines() + result.errors();
  }

  /** A guard needs a moment to start after its robot came: refusals that say so are asked again. */
  JsonNode untilTaken(String robot, String... form) {
    return poll(
        "a command that the guard takes",
        () -> command(robot, form),
        command ->
            !command.path("state").asText().equals("refused")
                || !command.path("code").asText().contains("guard")
                    && !command.path("code").asText().contains("profile"));
  }

  /** Gives the tester the lease for minutes. */
  void lease(String robot) {
    run("twin", "lease", robot, "acquire", "--as", "tester", "--for", "600s");
  }

  void cancel(JsonNode command) {
    try (var node = new Api(api)) {
      node.post(
          "/api/commands/" + command.get("id").asText() + "/cancel",
          "{\"by\":\"tester\",\"reason\":\"enough\"}");
    }
  }

  void release(String robot) {
    run("twin", "command", robot, "stop", "--release", "--reason", "seen enough", "--as", "tester");
  }

  JsonNode state(String id) {
    try (var node = new Api(api)) {
      return Lines.json(node.get("/api/commands/" + id));
    }
  }

  /** The command once it has come to a state. */
  JsonNode until(String state, String id) {
    return poll(state, () -> state(id), one -> one.path("state").asText().equals(state));
  }

  JsonNode newest(String robot) {
    try (var node = new Api(api)) {
      var all = (List<?>) node.value("/api/twins/" + robot + "/commands");
      return state(((java.util.Map<?, ?>) all.getFirst()).get("id").toString());
    }
  }

  static boolean isFinal(JsonNode command) {
    return List.of("done", "failed", "cancelled", "refused", "expired", "unknown")
        .contains(command.path("state").asText());
  }

  /** What the doctor finds at a robot, by its checks. */
  TreeMap<String, JsonNode> doctor(String robot) {
    var found = new TreeMap<String, JsonNode>();
    run("doctor", "--robot", robot, "--endpoint", zenoh)
        .objects()
        .forEach(one -> found.put(one.get("check").asText(), one));
    return found;
  }

  static <T> T poll(String what, Supplier<T> look, Predicate<T> wanted) {
    long end = System.nanoTime() + LONG.toNanos();
    T last = look.get();
    while (!wanted.test(last)) {
      if (System.nanoTime() > end)
        throw new AssertionError("not within " + LONG + ": " + what + ": " + last);
      last = look.get();
    }
    return last;
  }

  @Override
  public void close() {
    edge.close();
  }
}
