package tandem.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the host of a virtual machine took of its processors since this was made: steal of all
 * jiffies, from the first line of {@code /proc/stat} (proc_stat(5)). Unknown where there is no such
 * file.
 */
final class StolenTime {
  private static final Path FILE = Path.of("/proc/stat");

  /** Label, then user, nice, system, idle, iowait, irq, softirq, steal; guests are in user. */
  private static final int STEAL = 8;

  /** Of all processors, since the machine began. */
  record Jiffies(long stolen, long all) {}

  private Optional<Jiffies> begin = now();

  private static Optional<Jiffies> now() {
    if (!Files.isReadable(FILE)) return Optional.empty();
    try (var lines = Files.newBufferedReader(FILE)) {
      return parse(lines.readLine());
    } catch (IOException unreadable) { // then it is as unknown as where there is none
      return Optional.empty();
    }
  }

  /** The file's first line; empty where it is not one of a kernel that counts steal. */
  static Optional<Jiffies> parse(String line) {
    if (line == null || !line.startsWith("cpu ")) return Optional.empty();
    var fields = line.split(" +", STEAL + 2);
    if (fields.length <= STEAL) return Optional.empty();
    long all = 0, jiffies = 0;
    try {
      for (int i = 1; i <= STEAL; i++) {
        jiffies = Long.parseLong(fields[i]);
        if (jiffies < 0) return Optional.empty();
        all = Math.addExact(all, jiffies);
      }
    } catch (NumberFormatException | ArithmeticException malformed) {
      return Optional.empty();
    }
    return Optional.of(new Jiffies(jiffies, all));
  }

  /** Empty where no time has passed or a counter went back. */
  static OptionalDouble percent(Jiffies from, Jiffies to) {
    long all = to.all - from.all, stolen = to.stolen - from.stolen;
    if (all <= 0 || stolen < 0 || stolen > all) return OptionalDouble.empty();
    return OptionalDouble.of(Math.rint(1e4 * stolen / all) / 100);
  }

  /**
   * Puts {@code stolenPercent} into a line of result that has none, where it is known, and begins
   * anew.
   */
  void tell(Map<String, Object> line) {
    var end = now();
    if (begin.isPresent() && end.isPresent())
      percent(begin.get(), end.get())
          .ifPresent(percent -> line.putIfAbsent("stolenPercent", percent));
    begin = end;
  }
}
