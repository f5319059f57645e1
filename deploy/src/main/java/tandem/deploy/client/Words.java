package tandem.deploy.client;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Values of the command line: durations as {@code 250ms}, times as ISO-8601 or {@code -10s}. */
public final class Words {
  private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)(us|ms|s|m|h|d)");

  private Words() {}

  /**
   * @throws IllegalArgumentException where it is not a number with a unit
   */
  public static Duration duration(String text) {
    var match = DURATION.matcher(text);
    if (!match.matches())
      throw new IllegalArgumentException(
          "duration: expected a number with us, ms, s, m, h or d (as 250ms), found '" + text + "'");
    double nanosPerUnit =
        switch (match.group(2)) {
          case "us" -> 1e3;
          case "ms" -> 1e6;
          case "s" -> 1e9;
          case "m" -> 60e9;
          case "h" -> 3600e9;
          default -> 86_400e9;
        };
    return Duration.ofNanos(Math.round(Double.parseDouble(match.group(1)) * nanosPerUnit));
  }

  /**
   * An instant, absolute (ISO-8601, UTC) or before {@code now} ({@code -10s}).
   *
   * @throws IllegalArgumentException where it is neither
   */
  public static Instant time(String text, Instant now) {
    if (text.startsWith("-")) return now.minus(duration(text.substring(1)));
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "time: expected ISO-8601 UTC (as 2026-11-22T10:00:00Z) or -10s, found '" + text + "'", e);
    }
  }

  /** For picocli. */
  public static final class AsDuration implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      try {
        return duration(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /** For picocli. */
  public static final class AsTime implements ITypeConverter<Instant> {
    @Override
    public Instant convert(String text) {
      try {
        return time(text, Instant.now());
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
