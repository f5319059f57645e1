package tandem.twin.recorder;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Names of segment files, relative to the data directory:
 *
 * <pre>
 *   segments/ROBOT/START-N.mcap       N counts from 000001 within START
 *   segments/ROBOT/START-N.mcap.new   not yet named by an event
 *   segments/ROBOT/START-N.mcap.part  being made by a recovery
 * </pre>
 *
 * START is the UTC time at which this node began to record the robot. Of a robot's name, characters
 * other than letters, digits, {@code _} and {@code -} are written as {@code %XX}.
 */
public final class SegmentNames {
  static final String NEW = ".new";
  static final String PART = ".part";
  private static final DateTimeFormatter START =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

  /** Folder of a robot's segments. */
  public static String folder(String robot) {
    var safe = new StringBuilder("segments/");
    for (byte octet : robot.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          octet >= 'a' && octet <= 'z'
              || octet >= 'A' && octet <= 'Z'
              || octet >= '0' && octet <= '9'
              || octet == '_'
              || octet == '-';
      if (plain) {
        safe.append((char) octet);
      } else {
        safe.append("%%%02X".formatted(octet));
      }
    }
    return safe.toString();
  }

  static String start(long wallNanos) {
    return START.format(Instant.ofEpochMilli(wallNanos / 1_000_000));
  }

  static String file(String robot, String start, int number) {
    return "%s/%s-%06d.mcap".formatted(folder(robot), start, number);
  }

  /** Where a segment named by an event lies now; it may still have its first name. */
  public static Path find(Path data, String file) {
    Path named = data.resolve(file);
    Path unnamed = data.resolve(file + NEW);
    return !java.nio.file.Files.exists(named) && java.nio.file.Files.exists(unnamed)
        ? unnamed
        : named;
  }

  private SegmentNames() {}
}
