package tandem.twin.journal;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import tandem.proto.codec.SealedEvent;

/** Which software this process is, as one line: {@code tandem V; java V; os V; jars SHA-256}. */
final class RunningSoftware {
  private static String jars;

  private RunningSoftware() {}

  static String text(String version) {
    return "tandem %s; java %s; os %s %s %s; jars %s"
        .formatted(
            version.isEmpty() ? "unknown" : version,
            Runtime.version(),
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch"),
            jars());
  }

  /**
   * SHA-256 over {@code NAME SHA-256-OF-FILE\n} for each jar of the class path, sorted by bytes, so
   * that an installation can be compared with {@code sha256sum}.
   */
  private static synchronized String jars() {
    if (jars != null) return jars;
    var lines = new ArrayList<String>();
    try {
      for (Path jar : classPath()) lines.add(jar.getFileName() + " " + sha256(jar) + "\n");
      lines.sort(null);
      var digest = SealedEvent.sha256();
      lines.forEach(line -> digest.update(line.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
      jars = HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      jars = "unreadable";
    }
    return jars;
  }

  private static List<Path> classPath() throws IOException {
    var found = new ArrayList<Path>();
    for (String entry :
        System.getProperty("java.class.path", "")
            .split(java.util.regex.Pattern.quote(File.pathSeparator))) {
      Path path = Path.of(entry.endsWith("*") ? entry.substring(0, entry.length() - 1) : entry);
      if (entry.endsWith("*") && Files.isDirectory(path)) {
        try (Stream<Path> inside = Files.list(path)) {
          inside.filter(RunningSoftware::isJar).forEach(found::add);
        }
      } else if (isJar(path)) {
        found.add(path);
      }
    }
    return found;
  }

  private static boolean isJar(Path path) {
    return path.toString().endsWith(".jar") && Files.isRegularFile(path);
  }

  private static String sha256(Path file) throws IOException {
    var digest = SealedEvent.sha256();
    byte[] part = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(part); n >= 0; n = in.read(part)) digest.update(part, 0, n);
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
