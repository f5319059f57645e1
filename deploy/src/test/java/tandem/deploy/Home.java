package tandem.deploy;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the repository and what the tests need beside it are. */
public final class Home {
  private Home() {}

  /** The folder that holds the launcher, looked for from the working directory upwards. */
  public static Path root() {
    for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent())
      if (Files.isRegularFile(at.resolve("tandem")) && Files.isDirectory(at.resolve("zenoh")))
        return at;
    throw new IllegalStateException(
        "the repository's root is not above " + Path.of("").toAbsolutePath());
  }
}
