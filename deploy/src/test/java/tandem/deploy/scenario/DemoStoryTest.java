package tandem.deploy.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The story as a viewer sees it: real processes, real Chromium. */
@Tag("slow") // a minute and a half, and its scenes have deadlines
class DemoStoryTest {
  private static final Path PICTURES =
      tandem.deploy.Home.root().resolve("deploy/target/story-pictures");

  @TempDir Path folder;

  @Test
  void shouldTellTheStoryInTheConsole() throws IOException {
    Files.createDirectories(PICTURES);
    try (var demo =
        TandemProcess.start(
            folder,
            "demo",
            "--story",
            "--json",
            "--port",
            "zenoh=0",
            "--port",
            "api=0",
            "--port",
            "management=0",
            "--port",
            "artery=0",
            "--port",
            "guard=0")) {
      var api = "http://127.0.0.1:" + demo.ready().path("ports").path("api").asInt();

      var round = TandemProcess.storyRound(api, PICTURES);

      assertThat(round.exit()).as("%s%n%s", round.errors(), demo.logTail()).isZero();
      var end =
          demo.await(
              "the story's line",
              Duration.ofSeconds(60),
              node -> "story".equals(node.path("event").asText()));
      assertThat(end.path("passed").asBoolean()).as(end.toString()).isTrue();
      assertThat(end.path("scenes").asInt()).isEqualTo(5);
      assertThat(PICTURES.resolve("story-5-fall.png")).isNotEmptyFile();
      assertThat(demo.stop()).isZero();
    }
  }

  @Test
  void shouldGiveALineForEachSceneWithoutAViewer() {
    var run =
        TandemProcess.run(
            "demo",
            "--story",
            "--headless",
            "--json",
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

    assertThat(run.exit()).as("%s%n%s", run.lines(), run.errors()).isZero();
    assertThat(run.objects().stream().map(node -> node.path("name").asText()))
        .contains("reach", "cable", "take", "stop", "fall");
    assertThat(run.last().path("passed").asBoolean()).isTrue();
  }
}
