package tandem.deploy.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tandem.robot.guard.Guard;

/** A process of {@link BareTicks} as its parent sees it. For one thread. */
final class TickControl implements AutoCloseable {
  private static final long ANSWER_SECONDS = 10;
  private final Process process;
  private final BufferedReader answers;

  private TickControl(Process process) {
    this.process = process;
    answers = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts it; its first answer tells that it ticks.
   *
   * @param launcher what stands before the command, for its scheduling
   */
  static TickControl start(List<String> launcher) throws IOException {
    var command = new ArrayList<>(launcher);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Guard.jvmFlags());
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), BareTicks.class.getName()));
    return new TickControl(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  long pid() {
    return process.pid();
  }

  BareTicks.Lateness lateness() throws InterruptedException {
    var answer = CompletableFuture.supplyAsync(this::ask);
    try {
      return BareTicks.Lateness.parse(answer.get(ANSWER_SECONDS, TimeUnit.SECONDS));
    } catch (ExecutionException | TimeoutException failed) {
      throw new IllegalStateException(
          "the process of bare ticks (%d) did not tell its lateness within %d s"
              .formatted(process.pid(), ANSWER_SECONDS),
          failed);
    }
  }

  private String ask() {
    try {
      var questions = process.getOutputStream();
      questions.write('\n');
      questions.flush();
      var answer = answers.readLine();
      if (answer == null) throw new IOException("it has ended");
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
