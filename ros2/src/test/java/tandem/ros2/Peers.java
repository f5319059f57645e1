package tandem.ros2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Foreign implementations, in Python: {@code tools/peers}. */
public final class Peers {
  private Peers() {}

  /** Root of the repository: where {@code tools/peers} is. */
  public static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (at != null && !Files.isDirectory(at.resolve("tools/peers"))) at = at.getParent();
    if (at == null) throw new IllegalStateException("no tools/peers above " + Path.of(""));
    return at;
  }

  /** A peer ready to start; the test is given up, loudly, where there is no Python for it. */
  public static ProcessBuilder peer(String script, Object... arguments) throws IOException {
    String python = System.getProperty("tandem.python", System.getenv("TANDEM_PYTHON"));
    if (python == null || python.isEmpty()) {
      String why = "NOT RUN: no Python for " + script + ": set TANDEM_PYTHON (tools/python-env)";
      System.out.println(why);
      Assumptions.abort(why);
    }
    List<String> command = new ArrayList<>();
    command.add(python);
    command.add(root().resolve("tools/peers").resolve(script).toString());
    for (Object argument : arguments) command.add(argument.toString());
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
  }
}
