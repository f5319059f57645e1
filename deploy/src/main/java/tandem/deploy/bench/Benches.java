package tandem.deploy.bench;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Every benchmark there is. */
public final class Benches {
  public static final List<Bench> ALL =
      List.of(
          new ZenohThroughput(),
          new ZenohRoundTrip(),
          new CdrDecode(),
          new SamplesBench(),
          new JournalBench(),
          new RecoveryBench(),
          new PostgresBench(),
          new VerifyBench(),
          new CommandAcceptBench(),
          new HandOverBench(),
          new GuardBench());

  private Benches() {}

  /** Runs one to its end; each line tells what was stolen since the one before, or the start. */
  public static void run(Bench bench, double seconds, Consumer<Map<String, Object>> out)
      throws Exception {
    var stolen = new StolenTime();
    bench.run(
        seconds,
        line -> {
          stolen.tell(line);
          out.accept(line);
        });
  }
}
