package tandem.deploy.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole loop as a user starts it: measured by itself, killed at any moment, broken by drills.
 */
class DemoTest {
  private static final List<String> ANY_PORTS =
      List.of(
          "--port",
          "zenoh=0",
          "--port",
          "api=0",
          "--port",
          "management=0",
          "--port",
          "artery=0",
          "--port",
          "guard=0");

  @TempDir Path folder;

  @Test
  void shouldRunTheWholeLoopHeadless() {
    var run = TandemProcess.run(words("demo", "--headless", "--for", "10s", "--json"));

    // Not the exit code: it also judges the real-time factor, and speed is no matter of tests.
    assertThat(run.objects()).as(run.errors()).hasSizeGreaterThan(1);
    assertThat(run.objects().getFirst().path("event").asText()).isEqualTo("ready");
    var summary = run.last();
    assertThat(summary.path("event").asText()).isEqualTo("summary");
    assertThat(summary.path("robot").asText()).isEqualTo("ada");
    assertThat(summary.path("command").path("state").asText()).isEqualTo("done");
    assertThat(summary.path("replay").path("equal").asBoolean()).isTrue();
    assertThat(summary.path("streams")).hasSizeGreaterThanOrEqualTo(16);
    for (var stream : summary.path("streams")) {
      assertThat(stream.path("dropped").asLong()).as(stream.toString()).isZero();
      assertThat(stream.path("offered").asLong())
          .as(stream.toString())
          .isPositive()
          .isEqualTo(
              stream.path("delivered").asLong()
                  + stream.path("late").asLong()
                  + stream.path("duplicate").asLong());
    }
  }

  /** By slider and by reach target, then the stop and its release, in a real browser. */
  @Test
  void shouldLetAnOperatorMoveAndStopTheRobotAtTheConsole() {
    try (var demo = TandemProcess.start(folder, words("demo", "--json"))) {
      var api = "http://127.0.0.1:" + demo.ready().path("ports").path("api").asInt();

      var round = TandemProcess.consoleRound(api, folder);

      assertThat(round.exit()).as("%s%n%s", round.errors(), demo.logTail()).isZero();
      assertThat(simulator("stop", api).path("state").asText()).isEqualTo("stopped");
      assertThat(simulator("start", api).path("state").asText()).isEqualTo("running");
      var unknown = TandemProcess.run("sim", "stop", "nobody", "--api", api);
      assertThat(unknown.exit()).isEqualTo(1);
      assertThat(unknown.errors()).contains("embedded/ada-dream");
    }
  }

  @Test
  void shouldLoseNothingAcknowledgedWhenAllIsKilledThreeTimes() {
    killed(3, 20_260_101);
  }

  @Tag("slow")
  @Test
  void shouldLoseNothingAcknowledgedWhenAllIsKilledTenTimes() {
    killed(10, System.nanoTime());
  }

  /** Kills the demo and its children, each time later events than the last. */
  private void killed(int times, long seed) {
    var data = folder.resolve("data").toString();
    var random = new Random(seed);
    for (int i = 0; i < times; i++) {
      String moment = "kill %d of seed %d".formatted(i + 1, seed);
      JsonNode seen;
      try (var demo = TandemProcess.start(folder, words("demo", "--json", "--data", data))) {
        var api = "http://127.0.0.1:" + demo.ready().path("ports").path("api").asInt();
        long until = System.nanoTime() + Duration.ofMillis(random.nextInt(6_000)).toNanos();
        seen = null;
        int leases = 0;
        while (seen == null || System.nanoTime() < until) {
          // Events keep coming: a lease is taken and given back.
          TandemProcess.run(
              "twin",
              "lease",
              "ada",
              leases++ % 2 == 0 ? "acquire" : "release",
              "--as",
              "tester",
              "--api",
              api);
          var shown = TandemProcess.run("twin", "show", "ada", "--json", "--api", api);
          if (!shown.objects().isEmpty()) seen = shown.last();
        }
        demo.killWithChildren();
      }

      var verified = TandemProcess.run("audit", "verify", "--json", "--data", data);
      assertThat(verified.exit()).as("%s: %s", moment, verified.lines()).isZero();
      var replayed =
          TandemProcess.run(
              "audit",
              "replay",
              "ada",
              "--sequence",
              seen.path("sequence").asText(),
              "--json",
              "--data",
              data);
      assertThat(replayed.exit()).as("%s: %s", moment, replayed.errors()).isZero();
      assertThat(replayed.last().path("digest").asText())
          .as("%s: digest at acknowledged sequence %s", moment, seen.path("sequence"))
          .isEqualTo(seen.path("digest").asText());
    }
    var after =
        TandemProcess.run(words("demo", "--headless", "--for", "5s", "--json", "--data", data));
    assertThat(after.last().path("replay").path("equal").asBoolean()).as(after.errors()).isTrue();
    assertThat(TandemProcess.run("audit", "verify", "--json", "--data", data).exit()).isZero();
  }

  @Tag("slow") // drills judge deadlines, which the fast lane does not
  @ParameterizedTest
  @ValueSource(
      strings = {
        "restart",
        "loss",
        "stop",
        "last-hop",
        "deadman --brief",
        "layers --brief",
        "authority --brief"
      })
  void shouldHoldWhatADrillPromises(String drill) {
    if (drill.equals("restart")) TandemProcess.python();

    var run = TandemProcess.run(("drill " + drill + " --json").split(" "));

    assertThat(run.last().path("passed").asBoolean())
        .as("%s%n%s", run.lines(), run.errors())
        .isTrue();
    assertThat(run.exit()).isZero();
  }

  private static JsonNode simulator(String what, String api) {
    return TandemProcess.run("sim", what, "embedded/ada-dream", "--json", "--api", api).only();
  }

  private static String[] words(String... first) {
    var words = new ArrayList<>(List.of(first));
    words.addAll(ANY_PORTS);
    return words.toArray(String[]::new);
  }
}
