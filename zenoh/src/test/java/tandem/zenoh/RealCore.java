package tandem.zenoh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.opentest4j.TestAbortedException;

/**
 * The real Zenoh core in a process of its own ({@code tools/peers/zenoh_peer.py}), told what to do
 * line by line, and everything it has said.
 */
public final class RealCore implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PATIENCE_SECONDS = 30;

  private final Process process;
  private final BufferedWriter in;
  private final List<JsonNode> said = new ArrayList<>();
  private boolean ended;

  private RealCore(Process process) {
    this.process = process;
    this.in = process.outputWriter();
    Thread.ofVirtual().start(this::listen);
  }

  /** Mode client or peer, connected to the endpoint. */
  public static RealCore connected(String mode, String endpoint) {
    return start("--mode", mode, "--connect", endpoint);
  }

  /** Mode router, listening on the endpoint. */
  public static RealCore router(String endpoint) {
    return start("--mode", "router", "--listen", endpoint);
  }

  /** Mode peer, listening on the endpoint. */
  public static RealCore listeningPeer(String endpoint) {
    return start("--mode", "peer", "--listen", endpoint);
  }

  /** Mode peer without any link. */
  public static RealCore alone() {
    return start("--mode", "peer");
  }

  private static RealCore start(String... arguments) {
    var command = new ArrayList<String>();
    command.add(python());
    command.add(script().toString());
    command.addAll(List.of(arguments));
    try {
      var core =
          new RealCore(
              new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
      core.await("it to open its session", e -> e.path("event").asText().equals("open"));
      return core;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The Python of the test peers; a test that lacks it says so. */
  static String python() {
    String python = System.getProperty("tandem.python", System.getenv("TANDEM_PYTHON"));
    if (python == null || python.isEmpty() || !Files.isExecutable(Path.of(python))) {
      System.err.println(
          "MISSING PEER: no Python with the real Zenoh core (tandem.python or TANDEM_PYTHON);"
              + " ./tandem test makes it");
      throw new TestAbortedException("no Python environment of the test peers (tandem.python)");
    }
    return python;
  }

  private static Path script() {
    for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      var script = folder.resolve("tools/peers/zenoh_peer.py");
      if (Files.exists(script)) return script;
    }
    throw new AssertionError("tools/peers/zenoh_peer.py is in no folder above this one");
  }

  private void listen() {
    try (var out = process.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        var event = JSON.readTree(line);
        synchronized (said) {
          said.add(event);
          said.notifyAll();
        }
      }
    } catch (IOException e) {
      System.err.println("the real core's output ended: " + e);
    } finally {
      synchronized (said) {
        ended = true;
        said.notifyAll();
      }
    }
  }

  /** Fields of one command, in pairs of name and value. */
  public void tell(String op, Object... fields) {
    ObjectNode command = JSON.createObjectNode().put("op", op);
    for (int i = 0; i < fields.length; i += 2)
      command.set((String) fields[i], JSON.valueToTree(fields[i + 1]));
    try {
      in.write(command + "\n");
      in.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("telling the real core " + command, e);
    }
  }

  /** As {@link #tell}, and waits until it says that this is done. */
  public void run(String op, Object... fields) {
    int before;
    synchronized (said) {
      before = said.size();
    }
    tell(op, fields);
    var answer =
        awaitFrom(
            before,
            op + " to be done",
            e ->
                e.path("op").asText().equals(op)
                    && (e.path("event").asText().equals("done")
                        || e.path("event").asText().equals("failed")));
    if (answer.path("event").asText().equals("failed"))
      throw new AssertionError("the real core failed: " + answer);
  }

  public JsonNode await(String what, Predicate<JsonNode> wanted) {
    return awaitFrom(0, what, wanted);
  }

  /** The first event of this kind and name, whenever it came. */
  public JsonNode await(String event, String name, Predicate<JsonNode> wanted) {
    return await(
        event + " of " + name,
        e ->
            e.path("event").asText().equals(event)
                && e.path("name").asText().equals(name)
                && wanted.test(e));
  }

  private JsonNode awaitFrom(int from, String what, Predicate<JsonNode> wanted) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    synchronized (said) {
      int next = from;
      while (true) {
        for (; next < said.size(); next++) if (wanted.test(said.get(next))) return said.get(next);
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (left <= 0 || ended)
          throw new AssertionError("waited for " + what + "; the real core said " + said);
        try {
          said.wait(left);
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  public List<JsonNode> said(String event, String name) {
    synchronized (said) {
      return said.stream()
          .filter(e -> e.path("event").asText().equals(event))
          .filter(e -> e.path("name").asText().equals(name))
          .toList();
    }
  }

  public static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes());
  }

  public static String text(JsonNode base64) {
    return new String(Base64.getDecoder().decode(base64.asText()));
  }

  long pid() {
    return process.pid();
  }

  /** Ends it without a goodbye. */
  public void kill() {
    process.destroyForcibly();
  }

  @Override
  public void close() {
    try {
      in.close();
      if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly();
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
