package tandem.robot.outbound;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Whether a process of ours may have the core whenever it has something to do: policy {@code
 * SCHED_RR} of Linux (sched(7)), for which it takes CAP_SYS_NICE or an {@code RLIMIT_RTPRIO}, and
 * the program {@code chrt} of util-linux. The kernel keeps a twentieth of each second for all
 * others.
 */
final class RealTime {
  private static final List<String> LAUNCHER = List.of("chrt", "--rr", "10");
  private static final long PROBE_SECONDS = 5;

  private RealTime() {}

  /** What is to stand before a command that shall run so; empty where we may not. It blocks. */
  static List<String> launcher() {
    List<String> probe = new ArrayList<>(LAUNCHER);
    probe.add("true");
    try {
      Process process =
          new ProcessBuilder(probe)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(PROBE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0) {
        return LAUNCHER;
      }
      process.destroyForcibly();
    } catch (IOException noSuchProgram) {
      return List.of();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    return List.of();
  }
}
