package tandem.twin.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.Json;
import tandem.proto.event.Event;
import tandem.twin.SharedData;

/** Segments read by PyPI mcap (by stream, by index), mcap-ros2-support and rosbags. */
class ForeignReadersTest {
  private static final String QOS =
      """
      - history: 1
        depth: 10
        reliability: 1
        durability: 2
        deadline:
          sec: 9223372036
          nsec: 854775807
        lifespan:
          sec: 9223372036
          nsec: 854775807
        liveliness: 1
        liveliness_lease_duration:
          sec: 9223372036
          nsec: 854775807
        avoid_ros_namespace_conventions: false
      """;

  @TempDir Path data;

  @Test
  void shouldWriteSegmentsThatForeignReadersReadByteForByte() throws Exception {
    String python = python();
    List<Event.SegmentSealed> sealed = Collections.synchronizedList(new ArrayList<>());
    var text = MessageDigest.getInstance("SHA-256");
    var image = MessageDigest.getInstance("SHA-256");
    List<Object> said = new ArrayList<>();
    var settings =
        new RecorderSettings(
            data,
            64 << 20,
            Duration.ofMinutes(1),
            Duration.ofMillis(20),
            1 << 14,
            64 << 20,
            64 << 20,
            1);
    try (var recorder =
        new Recorder(
            settings,
            (robot, event) -> {
              if (event instanceof Event.SegmentSealed segment) {
                sealed.add(segment);
              }
              return CompletableFuture.completedFuture(1L);
            })) {
      var texts =
          recorder.open(
              new RecordedStream(
                  "ada",
                  "/ada/status",
                  "std_msgs/msg/String",
                  "RIHS01_df668c740482bbd48fb39d76a70dfd4bd59db1288021743503259e948f6b1a18",
                  "string data\n",
                  QOS),
              () -> StreamCounts.ZERO);
      var images =
          recorder.open(
              new RecordedStream(
                  "ada", "/ada/image", "tandem_test/msg/Blob", "", "uint8[] data\n", ""),
              () -> StreamCounts.ZERO);
      for (int i = 0; i < 500; i++) {
        byte[] payload = cdr("sample " + i);
        said.add("sample " + i);
        text.update(payload);
        texts.record(payload, i % 2 == 0 ? "aa" : "bb", i, 5_000L + i, 10_000L + i);
        if (i % 100 == 0) {
          byte[] large = new byte[40_000 + i];
          large[1] = 1;
          image.update(large);
          images.record(large, "cc", i, -1, 10_000L + i);
        }
      }
    }

    var found = (Map<?, ?>) Json.parse(run(python, data.resolve(sealed.getFirst().file())));

    var expected =
        Map.of(
            "/ada/status", List.of(500L, HexFormat.of().formatHex(text.digest())),
            "/ada/image", List.of(5L, HexFormat.of().formatHex(image.digest())));
    assertThat(found.get("profile")).isEqualTo("ros2");
    for (var reader : List.of("streamed", "indexed", "rosbags")) {
      var topics = (Map<?, ?>) found.get(reader);
      assertThat(topics.keySet().toString()).as(reader).contains("/ada/status", "/ada/image");
      expected.forEach(
          (topic, countAndHash) -> {
            var seen = (List<?>) topics.get(topic);
            assertThat(((Number) seen.getFirst()).longValue())
                .as("%s of %s", reader, topic)
                .isEqualTo(countAndHash.getFirst());
            if (!reader.equals("rosbags")) { // it merges publishers by time: equal here as well
              assertThat(seen.getLast()).isEqualTo(countAndHash.getLast());
            }
          });
    }
    assertThat((List<?>) found.get("texts")).isEqualTo(said);
    var metadata = (Map<?, ?>) ((Map<?, ?>) found.get("metadata")).get("/ada/status");
    assertThat(metadata.keySet().toString())
        .contains("offered_qos_profiles", "topic_type_hash", "tandem.publisher");
  }

  private static byte[] cdr(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(4 + 4 + utf8.length + 1)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {0, 1, 0, 0})
        .putInt(utf8.length + 1)
        .put(utf8)
        .put((byte) 0)
        .array();
  }

  private static String python() {
    String python = System.getProperty("tandem.python", System.getenv("TANDEM_PYTHON"));
    if (python == null || !Files.isExecutable(Path.of(python))) {
      String why =
          "MISSING PEER: no Python with mcap, mcap-ros2-support and rosbags (tandem.python);"
              + " foreign readers were not tried";
      System.out.println(why);
      Assumptions.abort(why);
    }
    return python;
  }

  private static String run(String python, Path segment) throws Exception {
    Path script = SharedData.repository().resolve("tools/peers/read_mcap.py");
    Path errors = Files.createTempFile("read_mcap", ".txt");
    try {
      var process =
          new ProcessBuilder(python, script.toString(), "--mcap", segment.toString())
              .redirectError(errors.toFile())
              .start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
      return out;
    } catch (IOException failure) {
      throw new IOException(Files.readString(errors), failure);
    } finally {
      Files.delete(errors);
    }
  }
}
