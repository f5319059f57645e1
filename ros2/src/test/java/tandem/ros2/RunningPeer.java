package tandem.ros2;

import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A running peer: its JSON lines as they come; ends when its standard input does. */
public final class RunningPeer implements AutoCloseable {
  private static final int DEADLINE_SECONDS = 30;

  private final BlockingQueue<JsonNode> lines = new LinkedBlockingQueue<>();
  private final Process process;

  public RunningPeer(ProcessBuilder peer) throws IOException {
    process = peer.start();
    Thread.ofVirtual().start(this::read);
  }

  private void read() {
    try (var out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      ObjectMapper json = new ObjectMapper();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith("{")) lines.add(json.readTree(line));
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The next line that has this field. */
  public JsonNode until(String field) throws InterruptedException {
    while (true) {
      JsonNode line = lines.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
      if (line == null) fail("no line with %s within %d s".formatted(field, DEADLINE_SECONDS));
      if (line.has(field)) return line;
    }
  }

  /** The next line of this event. */
  public JsonNode event(String name) throws InterruptedException {
    JsonNode line = until("event");
    while (!line.get("event").asText().equals(name)) line = until("event");
    return line;
  }

  public void say() throws IOException {
    say("");
  }

  public void say(String text) throws IOException {
    process.getOutputStream().write((text + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.onExit().completeOnTimeout(null, 20, TimeUnit.SECONDS).join();
    process.destroyForcibly();
  }
}
