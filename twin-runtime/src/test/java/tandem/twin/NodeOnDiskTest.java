package tandem.twin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.twin.audit.SegmentFiles;
import tandem.twin.journal.JournalDatabase;

/** A node with its recorder, journal and management port together. */
class NodeOnDiskTest {
  @TempDir Path data;

  @Test
  void shouldShowItsActorsAndLeaveOnlySealedSegmentsBehind() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of("management.port", 0)).connect()) {
      int port = site.node.managementPort();
      await(() -> get(port, "/tandem/streams").contains("\"topic\":\"/ada/joint_states\""));
      await(
          () -> {
            String actors = get(port, "/tandem/actors");
            return actors.contains("RobotTwin")
                && actors.contains("SensorStream")
                && actors.contains("p99Micros");
          });
      assertThat(get(port, "/tandem/twins")).contains("\"robot\":\"ada\"");
      assertThat(get(port, "/metrics")).contains("tandem_recorder_troubles 0.0");
    }

    List<SealedEvent> events = new ArrayList<>();
    try (var reader = JournalDatabase.openStopped(data)) {
      for (var term : reader.terms("ada")) {
        reader.events(term, 1, Long.MAX_VALUE, Long.MAX_VALUE, events::add);
      }
    }
    var verdict =
        new SegmentFiles(true)
            .verify(
                data,
                "ada",
                events.stream().filter(e -> e.event() instanceof Event.OfSegment).toList());
    assertThat(verdict.firstBad()).isNull();
    assertThat(verdict.segments()).isEqualTo(1);
    assertThat(verdict.samples()).isPositive();
    assertThat(verdict.tornBytes()).isZero();
    assertThat(SegmentFiles.unclaimed(data, Set.of("ada"))).isEmpty();
    try (Stream<Path> all = Files.walk(data.resolve("segments"))) {
      assertThat(all.filter(Files::isRegularFile)).allMatch(f -> f.toString().endsWith(".mcap"));
    }
  }

  private static String get(int port, String path) {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (java.io.IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static void await(java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline of 60 s").isLessThan(deadline);
      Thread.yield();
    }
  }
}
