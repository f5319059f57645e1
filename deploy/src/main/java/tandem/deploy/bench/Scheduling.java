package tandem.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How Linux gives a process the core, from {@code /proc/PID/stat} (proc_pid_stat(5)): fields 19
 * nice, 40 rt_priority, 41 policy.
 */
record Scheduling(int policy, int priority, int nice) {
  private static final int FIRST = 3; // the number of the field after the name's ')'
  private static final int ROUND_ROBIN = 2; // SCHED_RR of sched(7)

  /** Empty where the process or {@code /proc} is not there. */
  static Optional<Scheduling> of(long pid) {
    try {
      return parse(Files.readString(Path.of("/proc/" + pid + "/stat")));
    } catch (IOException notThere) {
      return Optional.empty();
    }
  }

  static Optional<Scheduling> parse(String stat) {
    // the name stands in brackets and may hold anything
    var fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
    if (fields.length <= 41 - FIRST) return Optional.empty();
    try {
      return Optional.of(
          new Scheduling(
              Integer.parseInt(fields[41 - FIRST]),
              Integer.parseInt(fields[40 - FIRST]),
              Integer.parseInt(fields[19 - FIRST])));
    } catch (NumberFormatException malformed) {
      return Optional.empty();
    }
  }

  /** What stands before a command that shall run so; any other policy a child inherits. */
  List<String> launcher() {
    return policy == ROUND_ROBIN ? List.of("chrt", "--rr", Integer.toString(priority)) : List.of();
  }

  @Override
  public String toString() {
    return switch (policy) {
      case 0 -> "SCHED_OTHER, nice " + nice;
      case ROUND_ROBIN -> "SCHED_RR " + priority;
      default -> "policy " + policy + " of sched(7), priority " + priority;
    };
  }
}
