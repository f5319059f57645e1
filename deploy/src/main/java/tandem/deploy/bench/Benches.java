package tandem.deploy.bench;

import java.util.List;

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
          new CommandAcceptBench(),
          new HandOverBench(),
          new GuardBench());

  private Benches() {}
}
