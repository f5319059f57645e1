package tandem.twin.recorder;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * Figures of the recorder by hand: {@code RecorderThroughput DIR SECONDS PAYLOAD_BYTES}. Prints
 * messages/s and MB/s that came to disk with CRC and SHA-256; a sample refused is offered again.
 */
final class RecorderThroughput {
  public static void main(String[] arguments) throws Exception {
    Path data = Files.createDirectories(Path.of(arguments[0]));
    double seconds = Double.parseDouble(arguments[1]);
    byte[] payload = new byte[Integer.parseInt(arguments[2])];
    new java.util.Random(1).nextBytes(payload);
    var settings =
        new RecorderSettings(
            data,
            256 << 20,
            Duration.ofSeconds(60),
            Duration.ofMillis(100),
            1 << 20,
            64 << 20,
            256 << 20,
            1);
    long start = System.nanoTime();
    long sent = 0;
    long refused = 0;
    try (var recorder =
        new Recorder(settings, (robot, event) -> CompletableFuture.completedFuture(1L))) {
      var inlet =
          recorder.open(
              new RecordedStream("ada", "/ada/t", "a/msg/B", "", "", ""), () -> StreamCounts.ZERO);
      while (System.nanoTime() - start < seconds * 1e9) {
        if (inlet.record(payload, "gid", sent, sent, sent)) {
          sent++;
        } else {
          refused++;
          LockSupport.parkNanos(100_000);
        }
      }
    }
    double took = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "payloadBytes %d messagesPerSecond %.0f megabytesPerSecond %.0f refusedOffers %d%n",
        payload.length, sent / took, sent * (double) payload.length / took / 1e6, refused);
  }

  private RecorderThroughput() {}
}
