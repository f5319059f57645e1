package tandem.sim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import tandem.sim.engine.Engine;

/** What tests need from outside: the engine's library and Python peers; absence is said loudly. */
public final class Peers {
  private Peers() {}

  /** The engine, or the test ends as not run. */
  public static Engine engine() {
    if (Engine.find().isEmpty()) {
      String why = Engine.absent().getMessage();
      System.out.println("NOT RUN: " + why);
      Assumptions.abort(why);
    }
    return Engine.get();
  }

  /**
   * Runs a script of tools/peers; its stdout, or the test ends as not run if there is no Python.
   */
  public static String python(String script, Path... arguments) throws IOException {
    String python = System.getProperty("tandem.python", System.getenv("TANDEM_PYTHON"));
    if (python == null || python.isBlank() || !Files.isExecutable(Path.of(python))) {
      String why =
          "no Python for test peers: set TANDEM_PYTHON (tools/python-env makes it); found "
              + python;
      System.out.println("NOT RUN: " + why);
      Assumptions.abort(why);
    }
    var command =
        new ArrayList<>(List.of(python, root().resolve("tools/peers/" + script).toString()));
    for (Path argument : arguments) command.add(argument.toString());
    Path log = Files.createTempFile("peer", ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(script + " did not end in 60 s: " + Files.readString(log));
      }
      String said = Files.readString(log);
      if (process.exitValue() != 0) {
        throw new AssertionError("%s exit %d: %s".formatted(script, process.exitValue(), said));
      }
      return said;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for " + script, e);
    } finally {
      Files.deleteIfExists(log);
    }
  }

  private static Path root() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("tools/peers"))) return at;
    }
    throw new AssertionError("no tools/peers above " + Path.of("").toAbsolutePath());
  }
}
