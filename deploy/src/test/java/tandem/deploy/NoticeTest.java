package tandem.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** NOTICE says what is shipped, no more and no less. */
class NoticeTest {
  private final List<String> notice = lines(Home.root().resolve("NOTICE"));

  @Test
  void shouldListEveryBundledLibraryWithItsLicence() throws IOException {
    var bundled =
        Stream.of(
                Files.readString(Home.root().resolve("deploy/target/bundled.txt"))
                    .strip()
                    .split(java.io.File.pathSeparator))
            .map(jar -> coordinates(Path.of(jar)))
            .collect(Collectors.toCollection(TreeSet::new));

    var listed =
        section("== Java libraries").stream()
            .filter(line -> line.matches("[\\w.-]+:[\\w.-]+:[\\w.-]+ \\| .+"))
            .map(line -> line.substring(0, line.indexOf(" | ")))
            .map(line -> line.substring(line.indexOf(':') + 1))
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(listed).isEqualTo(bundled);
  }

  @Test
  void shouldListEveryPackageOfInterfaceDefinitions() {
    var packages =
        lines(Home.root().resolve("ros2/src/main/resources/tandem/ros2/idl/packages.list"));
    var text = String.join("\n", section("== Interface definitions"));

    assertThat(packages)
        .isNotEmpty()
        .allSatisfy(name -> assertThat(text).containsPattern("\\b" + name + "\\b"));
  }

  /** {@code artifact:version}: the folders of the local repository end so. */
  private static String coordinates(Path jar) {
    var version = jar.getParent().getFileName();
    var artifact = jar.getParent().getParent().getFileName();
    return artifact + ":" + version;
  }

  private List<String> section(String title) {
    return notice.stream()
        .dropWhile(line -> !line.startsWith(title))
        .skip(1)
        .takeWhile(line -> !line.startsWith("== "))
        .toList();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(file + " not readable", e);
    }
  }
}
