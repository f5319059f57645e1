package tandem.deploy.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of the build, from the filtered resource {@code tandem-version.properties}. */
public final class Version {
  public static final String TEXT = read();

  private Version() {}

  private static String read() {
    try (var in = Version.class.getResourceAsStream("/tandem-version.properties")) {
      if (in == null) throw new IllegalStateException("tandem-version.properties: not in the jar");
      var properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException("tandem-version.properties: not readable", e);
    }
  }
}
