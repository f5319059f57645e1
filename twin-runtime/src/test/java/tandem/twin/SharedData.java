package tandem.twin;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Test data that is kept beside the repository, not in it. */
public final class SharedData {
  /** The folder {@code data/NAME}; where it is missing the test is skipped, and says so. */
  public static Path folder(String name) {
    String configured = System.getenv("TANDEM_SHARED");
    Path shared = configured == null ? repository().resolveSibling("shared") : Path.of(configured);
    Path folder = shared.resolve("data").resolve(name);
    if (!Files.isDirectory(folder)) {
      String why = "SKIPPED: no " + folder + "; set TANDEM_SHARED to the folder that holds data/";
      System.out.println(why);
      Assumptions.abort(why);
    }
    return folder;
  }

  /** The root of this checkout. */
  public static Path repository() {
    Path folder = Path.of("").toAbsolutePath();
    while (folder != null && !Files.isRegularFile(folder.resolve("tools/format"))) {
      folder = folder.getParent();
    }
    if (folder == null) {
      throw new IllegalStateException("not inside of a checkout: " + Path.of("").toAbsolutePath());
    }
    return folder;
  }

  private SharedData() {}
}
