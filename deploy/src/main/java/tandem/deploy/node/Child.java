package tandem.deploy.node;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.codec.Json;

/**
 * A process of Tandem started by this one: same Java, same class path, same group. Its stderr is
 * ours; its stdout lines are JSON objects, handed on. Thread-safe.
 */
public final class Child implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Child.class);

  /** Heap and collector of an edge, as {@code tandem edge} has them. */
  public static final List<String> EDGE = List.of("-Xms256m", "-Xmx1500m", "-XX:+UseG1GC");

  /** Heap and collector of a demo robot, as {@code tandem robot} has them. */
  public static final List<String> ROBOT = List.of("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC");

  private final String name;
  private final Process process;
  private final CompletableFuture<Map<?, ?>> ready = new CompletableFuture<>();

  private Child(String name, Process process) {
    this.name = name;
    this.process = process;
  }

  /**
   * Starts {@code tandem WORDS...}.
   *
   * @param jvmFlags heap and collector; what every JVM of ours needs is added
   * @param onLine each line on its stdout
   */
  public static Child start(
      String name, List<String> jvmFlags, List<String> words, Consumer<String> onLine) {
    return start(
        name, jvmFlags, words, onLine, ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
  }

  /** As the other; what {@link #tell} says comes to its stdin. */
  public static Child startListening(
      String name, List<String> jvmFlags, List<String> words, Consumer<String> onLine) {
    return start(name, jvmFlags, words, onLine, ProcessBuilder.Redirect.PIPE);
  }

  private static Child start(
      String name,
      List<String> jvmFlags,
      List<String> words,
      Consumer<String> onLine,
      ProcessBuilder.Redirect input) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add("-XX:+UseCompactObjectHeaders");
    command.add("-Djava.awt.headless=true");
    for (var property :
        List.of("tandem.home", "tandem.guard.aot", "tandem.mujoco", "tandem.log.level"))
      if (System.getProperty(property) != null)
        command.add("-D" + property + "=" + System.getProperty(property));
    command.addAll(jvmFlags);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add("tandem.deploy.cli.Main");
    command.addAll(words);
    try {
      var process =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .redirectInput(input)
              .start();
      var child = new Child(name, process);
      Thread.ofPlatform().daemon().name(name + "-stdout").start(() -> child.read(onLine));
      process
          .onExit()
          .thenAccept(
              ended ->
                  child.ready.completeExceptionally(
                      new IllegalStateException(
                          "%s (process %d) ended with code %d before it was ready"
                              .formatted(name, ended.pid(), ended.exitValue()))));
      return child;
    } catch (IOException e) {
      throw new UncheckedIOException(name + " not started", e);
    }
  }

  private void read(Consumer<String> onLine) {
    try (var lines =
        new BufferedReader(
            new java.io.InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!ready.isDone()
            && line.startsWith("{")
            && Json.parse(line) instanceof Map<?, ?> fields
            && "ready".equals(fields.get("event"))) ready.complete(fields);
        onLine.accept(line);
      }
    } catch (IOException e) {
      LOG.debug("stdout of {} closed: {}", name, e.getMessage());
    }
  }

  /**
   * One line on its stdin.
   *
   * @throws UncheckedIOException where it does not listen or has ended
   */
  public synchronized void tell(String line) {
    try {
      var input = process.getOutputStream();
      input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      input.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("%s was not told '%s'".formatted(name, line), e);
    }
  }

  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Completes when it has ended. */
  public CompletableFuture<Integer> ended() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /**
   * Its {@code ready} line.
   *
   * @throws IllegalStateException where it ends first or is not ready within the time
   */
  public Map<?, ?> awaitReady(Duration within) {
    try {
      return ready.get(within.toMillis(), TimeUnit.MILLISECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(name + " was not ready within " + within, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
  }

  /** Asks it to end, and makes it end where it does not within the time. */
  public void end(Duration within) {
    process.destroy();
    try {
      if (process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS)) return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    LOG.warn("{} (process {}) did not end within {}: killed", name, pid(), within);
    process.destroyForcibly();
  }

  /** As kill -9. */
  public void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    end(Duration.ofSeconds(5));
  }
}
