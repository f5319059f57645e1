package tandem.deploy.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The standard output of a process, line by line, as it comes. Thread-safe. */
final class Lines {
  static final ObjectMapper JSON = new ObjectMapper();
  private final List<String> lines = new ArrayList<>();
  private boolean ended;

  Lines(InputStream stream) {
    Thread.ofVirtual().start(() -> read(stream));
  }

  private void read(InputStream stream) {
    try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line; (line = reader.readLine()) != null; ) add(line);
    } catch (IOException e) {
      add("(reading ended: " + e.getMessage() + ")");
    }
    synchronized (this) {
      ended = true;
      notifyAll();
    }
  }

  private synchronized void add(String line) {
    lines.add(line);
    notifyAll();
  }

  synchronized List<String> all() {
    return List.copyOf(lines);
  }

  /** JSON lines that are there now and fit. */
  List<JsonNode> matching(Predicate<JsonNode> wanted) {
    return all().stream()
        .map(Lines::json)
        .filter(node -> node != null && wanted.test(node))
        .toList();
  }

  /** The first JSON line that fits; fails with everything that was seen. */
  synchronized JsonNode await(String what, Duration atMost, Predicate<JsonNode> wanted) {
    long deadline = System.nanoTime() + atMost.toNanos();
    int seen = 0;
    while (true) {
      for (; seen < lines.size(); seen++) {
        var node = json(lines.get(seen));
        if (node != null && wanted.test(node)) return node;
      }
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (ended || left <= 0)
        throw new AssertionError(
            "%s: not seen within %s%s; lines were:%n%s"
                .formatted(what, atMost, ended ? " (the process ended)" : "", tail()));
      try {
        wait(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + what, e);
      }
    }
  }

  private String tail() {
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
  }

  static JsonNode json(String line) {
    if (!line.startsWith("{")) return null;
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException("malformed JSON line: " + line, e);
    }
  }
}
