package tandem.deploy.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A foreign process: a script of tools/peers on the real Zenoh core. Ends with its standard input.
 */
final class Peer implements AutoCloseable {
  private final Process process;
  private final Lines lines;
  private final Path errors;

  private Peer(Process process, Path errors) {
    this.process = process;
    this.lines = new Lines(process.getInputStream());
    this.errors = errors;
  }

  static Peer start(String script, String... arguments) {
    var command = new ArrayList<String>();
    command.add(TandemProcess.python());
    command.add(folder().resolve(script).toString());
    command.addAll(List.of(arguments));
    try {
      var errors = Files.createTempFile("peer-", ".err");
      return new Peer(new ProcessBuilder(command).redirectError(errors.toFile()).start(), errors);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path folder() {
    for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent())
      if (Files.isDirectory(at.resolve("tools/peers"))) return at.resolve("tools/peers");
    throw new AssertionError("no tools/peers above " + Path.of("").toAbsolutePath());
  }

  JsonNode await(String event, Duration atMost) {
    return await(event, atMost, node -> event.equals(node.path("event").asText()));
  }

  JsonNode await(String what, Duration atMost, Predicate<JsonNode> wanted) {
    try {
      return lines.await(what, atMost, wanted);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\nstderr:\n" + errors(), e);
    }
  }

  List<JsonNode> events(String event) {
    return lines.matching(node -> event.equals(node.path("event").asText()));
  }

  /** Lets it end by itself; gives the exit code. */
  int join(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS))
        throw new AssertionError("peer did not end within " + atMost + "; stderr:\n" + errors());
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Writes a line to its standard input. */
  void say(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes());
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the peer hears no more; stderr: " + errors(), e);
    }
  }

  /** kill -9. */
  void kill() {
    process.destroyForcibly();
    join(Duration.ofSeconds(10));
  }

  String errors() {
    try {
      return Files.readString(errors);
    } catch (IOException e) {
      return "(none: " + e.getMessage() + ")";
    }
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly();
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
