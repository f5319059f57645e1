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
import org.opentest4j.TestAbortedException;

/**
 * A process of ours, started as the launcher starts it: the same main class on this build's class
 * path. Only what was started here is ever ended, by its process id; {@link #close} ends it in
 * order, with its children.
 */
final class TandemProcess implements AutoCloseable {
  static final Duration START = Duration.ofSeconds(90);
  private final Process process;
  private final Lines lines;
  private final Path log;

  private TandemProcess(Process process, Path log) {
    this.process = process;
    this.lines = new Lines(process.getInputStream());
    this.log = log;
  }

  /** A command that has ended. */
  record Result(int exit, List<JsonNode> objects, List<String> lines, String errors) {
    JsonNode only() {
      if (objects.size() != 1)
        throw new AssertionError(
            "expected one line of JSON, found %s; exit %d; stderr:%n%s"
                .formatted(lines, exit, errors));
      return objects.getFirst();
    }

    JsonNode last() {
      if (objects.isEmpty())
        throw new AssertionError(
            "expected JSON lines, found %s; exit %d; stderr:%n%s".formatted(lines, exit, errors));
      return objects.getLast();
    }
  }

  /** Starts a node; its log goes to {@code directory}. */
  static TandemProcess start(Path directory, String... arguments) {
    try {
      var log = Files.createTempFile(directory, arguments[0] + "-", ".log");
      var builder = new ProcessBuilder(command("-Xmx1g", arguments));
      builder.redirectError(log.toFile());
      return new TandemProcess(builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a command to its end. */
  static Result run(String... arguments) {
    return run(command("-Xmx512m", arguments));
  }

  /**
   * What an operator does at the console, in a real browser (the harness of the console's own
   * tests).
   *
   * @param pictures folder for screenshots
   */
  static Result consoleRound(String api, Path pictures) {
    return browserRound("ConsoleRound", api, pictures);
  }

  /** What a viewer of the story sees, as the other. */
  static Result storyRound(String api, Path pictures) {
    return browserRound("StoryRound", api, pictures);
  }

  private static Result browserRound(String round, String api, Path pictures) {
    var harness = tandem.deploy.Home.root().resolve("cloud-gateway/target/test-classes");
    if (!Files.isDirectory(harness)) {
      System.err.println("MISSING: " + harness + "; ./tandem test makes it");
      throw new TestAbortedException("the console's test classes are not built");
    }
    var result =
        run(
            List.of(
                java(),
                "-cp",
                harness + ":" + classPath(),
                "tandem.cloud.browser." + round,
                api,
                pictures.toString()));
    if (result.exit() == 3) {
      System.err.println(result.errors());
      throw new TestAbortedException("no Chromium");
    }
    return result;
  }

  private static Result run(List<String> command) {
    try {
      var errors = Files.createTempFile("tandem-", ".err");
      var builder = new ProcessBuilder(command);
      builder.redirectError(errors.toFile());
      var process = builder.start();
      process.getOutputStream().close();
      var lines = new String(process.getInputStream().readAllBytes()).lines().toList();
      if (!process.waitFor(300, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("did not end within 300 s: " + command);
      }
      var objects = lines.stream().map(Lines::json).filter(node -> node != null).toList();
      return new Result(process.exitValue(), objects, lines, Files.readString(errors));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted: " + command, e);
    }
  }

  private static List<String> command(String heap, String... arguments) {
    var command = new ArrayList<String>();
    command.add(java());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            heap));
    command.add("-Dtandem.home=" + tandem.deploy.Home.root());
    for (var key : List.of("tandem.mujoco", "tandem.python"))
      if (System.getProperty(key) != null) command.add("-D" + key + "=" + System.getProperty(key));
    command.add("-cp");
    command.add(classPath());
    command.add("tandem.deploy.cli.Main");
    command.addAll(List.of(arguments));
    return command;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  /** Waits for the line that says it serves. */
  JsonNode ready() {
    return await("ready", START, node -> "ready".equals(node.path("event").asText()));
  }

  JsonNode await(String what, Duration atMost, java.util.function.Predicate<JsonNode> wanted) {
    try {
      return lines.await(what, atMost, wanted);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\nlog:\n" + logTail(), e);
    }
  }

  Lines lines() {
    return lines;
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /** kill -9 of this process and what it started. */
  void killWithChildren() {
    var family = process.descendants().toList();
    process.destroyForcibly();
    family.forEach(ProcessHandle::destroyForcibly);
    join(Duration.ofSeconds(20));
  }

  /** kill -9 of this process alone. */
  void kill() {
    process.destroyForcibly();
    join(Duration.ofSeconds(20));
  }

  /** SIGTERM; gives the exit code. */
  int stop() {
    process.destroy();
    return join(Duration.ofSeconds(30));
  }

  int join(Duration atMost) {
    try {
      if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS))
        throw new AssertionError(
            "process %d did not end within %s; log:%n%s"
                .formatted(process.pid(), atMost, logTail()));
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  String logTail() {
    try {
      var all = Files.readAllLines(log);
      return String.join("\n", all.subList(Math.max(0, all.size() - 40), all.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  @Override
  public void close() {
    if (!process.isAlive()) return;
    var family = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    family.forEach(ProcessHandle::destroyForcibly);
  }

  /** The Python of the test peers; a test that lacks it says so. */
  static String python() {
    var python = System.getProperty("tandem.python", System.getenv("TANDEM_PYTHON"));
    if (python == null || python.isEmpty() || !Files.isExecutable(Path.of(python))) {
      System.err.println(
          "MISSING PEER: no Python with the real Zenoh core (tandem.python); ./tandem test makes"
              + " it");
      throw new TestAbortedException("no Python environment of the test peers (tandem.python)");
    }
    return python;
  }
}
