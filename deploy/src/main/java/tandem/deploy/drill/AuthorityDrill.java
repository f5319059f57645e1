package tandem.deploy.drill;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import tandem.deploy.client.Out;
import tandem.robot.schedule.AuthoritySchedules;

/**
 * Guard and twin cores together under seeded schedules in virtual time, and a list of things broken
 * on purpose that the same schedules have to find out. Starts no process.
 */
final class AuthorityDrill implements Drill {
  /** Something broken on purpose is looked for under so many seeds. */
  private static final int MOST_SEEDS = 20_000;

  private static final int SHOWN = 20;

  private static final long PROGRESS_NANOS = 10_000_000_000L;

  private int schedules = 100_000;

  void schedules(int count) {
    schedules = count;
  }

  @Override
  public String name() {
    return "authority";
  }

  @Override
  public String about() {
    return "guard and twin cores under 10^5 seeded schedules of partitions, pauses, clock jumps,"
        + " failing disks and lost state: 0 commands under a superseded authority, 0 late, 0"
        + " doubled; each of a list of mutations is caught (--seed N plays one and tells it)";
  }

  @Override
  public Verdict run(Stage stage) {
    int count = stage.times(schedules);
    int threads = Runtime.getRuntime().availableProcessors();
    long began = System.nanoTime();
    AuthoritySchedules.Report report =
        AuthoritySchedules.run(stage.seed(), count, threads, progress(began, count));
    double seconds = (System.nanoTime() - began) / 1e9;
    var verdict =
        new Verdict()
            .figure("schedules", count)
            .figure("virtualSecondsEach", AuthoritySchedules.VIRTUAL_SECONDS)
            .figure("threads", threads)
            .figure("seconds", seconds)
            .figure(
                "timesRealTime", Math.round(count * AuthoritySchedules.VIRTUAL_SECONDS / seconds))
            .figure("faults", report.faults())
            .figure("requestsAtTheGuard", report.requests())
            .figure("commandsAndSetpointsApplied", report.applied())
            .figure("takes", report.takes())
            .figure("digest", report.digest())
            .figure("violations", report.violations().size())
            .expect(
                "nothing superseded, late, doubled, unjournaled, unarmed or despite a stop",
                report.violations().isEmpty(),
                told(report.violations()));
    var caught = new LinkedHashMap<String, Object>();
    AuthoritySchedules.caught(stage.seed(), MOST_SEEDS, threads)
        .forEach(
            (mutation, found) -> {
              verdict.expect(
                  "%s (%s) is caught".formatted(mutation.name(), mutation.text()),
                  found.isPresent(),
                  "not within %d seeds".formatted(MOST_SEEDS));
              found.ifPresent(
                  one ->
                      caught.put(
                          mutation.name(),
                          Out.fields(
                              "broken", mutation.text(), "seed", one.seed(), "found", one.what())));
            });
    return verdict.figure("mutationsCaught", caught.size()).figure("mutations", caught);
  }

  /** Says on stderr every 10 s how far it has come. */
  private static IntConsumer progress(long began, int count) {
    var due = new AtomicLong(began + PROGRESS_NANOS);
    return played -> {
      long now = System.nanoTime();
      long was = due.get();
      if (now - was >= 0 && due.compareAndSet(was, now + PROGRESS_NANOS)) {
        System.err.println(
            "drill authority: %d of %d schedules after %d s"
                .formatted(played, count, (now - began) / 1_000_000_000));
      }
    };
  }

  private static List<String> told(List<AuthoritySchedules.Violation> violations) {
    return violations.stream().limit(SHOWN).map(AuthorityDrill::told).toList();
  }

  private static String told(AuthoritySchedules.Violation one) {
    return "seed %d at %d ms: %s".formatted(one.seed(), one.atMillis(), one.what());
  }

  /** Plays one schedule and tells what happens in it. */
  static int replay(long seed, Out out) {
    AuthoritySchedules.Report report =
        AuthoritySchedules.replay(
            seed, line -> out.line(out.json() ? Out.toJson(Out.fields("trace", line)) : line));
    out.line(
        Out.toJson(
            Out.fields(
                "drill",
                "authority",
                "seed",
                seed,
                "passed",
                report.violations().isEmpty(),
                "violations",
                told(report.violations()))));
    return report.violations().isEmpty() ? 0 : 1;
  }
}
