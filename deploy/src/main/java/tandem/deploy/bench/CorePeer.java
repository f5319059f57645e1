package tandem.deploy.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tandem.proto.codec.Json;

/**
 * A role of the benchmarks played by the real Zenoh core (a Python process). Ends with its standard
 * input.
 */
final class CorePeer implements AutoCloseable {
  private final Process process;
  private final LinkedBlockingQueue<Map<?, ?>> lines = new LinkedBlockingQueue<>();

  private CorePeer(Process process) {
    this.process = process;
    Thread.ofVirtual().start(this::read);
  }

  /** The Python that has the real core; empty where {@code ./tandem test} has not made it yet. */
  static Optional<Path> python() {
    var candidates = new ArrayList<String>();
    candidates.add(System.getProperty("tandem.python"));
    candidates.add(System.getenv("TANDEM_PYTHON"));
    candidates.add(home().resolve(".tandem/venv/bin/python").toString());
    return candidates.stream()
        .filter(path -> path != null && !path.isEmpty())
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Path home() {
    return Path.of(System.getProperty("tandem.home", ".")).toAbsolutePath();
  }

  static CorePeer start(Path python, String... arguments) throws IOException {
    var command = new ArrayList<String>();
    command.add(python.toString());
    command.add(home().resolve("tools/peers/bench_peer.py").toString());
    command.addAll(List.of(arguments));
    return new CorePeer(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private void read() {
    try (var reader = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
      for (String line; (line = reader.readLine()) != null; )
        if (Json.parse(line) instanceof Map<?, ?> object) lines.add(object);
    } catch (IOException e) {
      lines.add(Map.of("event", "failed", "why", String.valueOf(e.getMessage())));
    }
  }

  /** The next line with that event. */
  Map<?, ?> await(String event, double seconds) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + (long) (seconds * 1e9);
    while (true) {
      var line = lines.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      if (line == null)
        throw new IOException("the core's peer did not say '" + event + "' in " + seconds + " s");
      if (event.equals(line.get("event"))) return line;
    }
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly();
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
