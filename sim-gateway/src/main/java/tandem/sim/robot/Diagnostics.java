package tandem.sim.robot;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.DiagnosticStatus;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.KeyValue;
import tandem.ros2.msg.Time;
import tandem.sim.control.Assistance;
import tandem.sim.control.Command;
import tandem.sim.control.SimulatedHumanoid;

/** What the robot says about itself once a second. One thread. */
final class Diagnostics {
  /** How long the newest refusal is a warning, s of simulation. */
  private static final double RECENT_SECONDS = 10;

  private final String robot;
  private long accepted;
  private long refused;
  private String lastRefusal = "";
  private String lastNote = "";
  private double lastRefusedAt = Double.NEGATIVE_INFINITY;

  Diagnostics(String robot) {
    this.robot = robot;
  }

  void accepted(Command command, String note) {
    accepted++;
    lastNote =
        command.getClass().getSimpleName().toLowerCase(Locale.ROOT)
            + (note.isEmpty() ? "" : ": " + note);
  }

  void refused(String why, double seconds) {
    refused++;
    lastRefusal = why;
    lastRefusedAt = seconds;
  }

  /** How the loop keeps time. */
  record Pace(
      double realTimeFactor, double realTimeFactorRun, double slippedMillis, long skippedLooks) {}

  /**
   * All of it.
   *
   * @param navigator of a robot that serves navigation
   */
  DiagnosticArray message(
      SimulatedHumanoid robotBody,
      Optional<Navigator> navigator,
      Pace pace,
      long undecodable,
      Time stamp) {
    var status = new ArrayList<DiagnosticStatus>();
    boolean slow = pace.realTimeFactor() < 0.98;
    status.add(
        status(
            slow ? DiagnosticStatus.WARN : DiagnosticStatus.OK,
            "simulation",
            slow ? "slower than real time" : "in real time",
            List.of(
                value("real_time_factor", "%.4f", pace.realTimeFactor()),
                value("real_time_factor_run", "%.4f", pace.realTimeFactorRun()),
                value("steps", "%d", robotBody.steps()),
                value("slipped_ms", "%.1f", pace.slippedMillis()),
                value("skipped_looks", "%d", pace.skippedLooks()))));
    boolean fallen = robotBody.falls().fallen();
    status.add(
        status(
            fallen ? DiagnosticStatus.ERROR : DiagnosticStatus.OK,
            "balance",
            fallen ? "fallen; joints only damp" : "standing",
            List.of(
                value("falls", "%d", robotBody.falls().falls()),
                value("pushes", "%d", robotBody.pushes().count()),
                value("centre_offset_m", "%.4f", robotBody.centreOffset()),
                value("base_height_m", "%.3f", robotBody.base().position().z()))));
    boolean recent = robotBody.seconds() - lastRefusedAt < RECENT_SECONDS;
    boolean latched = robotBody.motion().stopLatched();
    status.add(
        status(
            recent ? DiagnosticStatus.WARN : DiagnosticStatus.OK,
            "commands",
            recent ? "refused: " + lastRefusal : latched ? "stop is latched" : "ready",
            List.of(
                value("accepted", "%d", accepted),
                value("refused", "%d", refused),
                value("undecodable", "%d", undecodable),
                value("last_accepted", "%s", lastNote),
                value("last_refused", "%s", lastRefusal),
                value("stop_latched", "%b", latched),
                value("speed_clamped_steps", "%d", robotBody.motion().speedClamped()))));
    var assistance = robotBody.assistance();
    status.add(
        status(
            DiagnosticStatus.OK,
            "watchdog",
            "velocity 500 ms, joint goals none"
                + navigator
                    .map(one -> ", navigation %d s".formatted(Navigator.WATCHDOG.toSeconds()))
                    .orElse("")
                + (assistance.isPresent() ? "" : "; no locomotion controller"),
            List.of(
                value("velocity_ms", "%d", 500),
                value("joint", "none"),
                navigator.isPresent()
                    ? value("navigate_ms", "%d", Navigator.WATCHDOG.toMillis())
                    : value("navigate", "not served"),
                value("velocity_lapses", "%d", assistance.map(Assistance::lapses).orElse(0L)),
                value("navigate_lapses", "%d", navigator.map(Navigator::lapses).orElse(0L)))));
    if (assistance.isPresent()) {
      status.add(status(DiagnosticStatus.WARN, "base", Assistance.LABEL, List.of()));
    }
    return new DiagnosticArray(new Header(stamp, ""), status);
  }

  private DiagnosticStatus status(int level, String part, String message, List<KeyValue> values) {
    return new DiagnosticStatus(level, robot + ": " + part, message, robot, values);
  }

  private static KeyValue value(String key, String format, Object... value) {
    return new KeyValue(key, String.format(Locale.ROOT, format, value));
  }
}
