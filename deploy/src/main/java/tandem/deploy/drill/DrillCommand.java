package tandem.deploy.drill;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;

/** {@code tandem drill list|NAME}. */
@Command(name = "drill", description = "Breaks something on purpose: list, or the name of a drill.")
public final class DrillCommand implements Callable<Integer> {
  private static final List<Drill> ALL =
      List.of(
          new RestartDrill(),
          new LossDrill(),
          new StopDrill(),
          new DeadmanDrill(),
          new LayersDrill(),
          new LastHopDrill(),
          new KillNodeDrill(),
          new AuthorityDrill());

  @Option(
      names = {"-h", "--help"},
      usageHelp = true)
  boolean help;

  @Parameters(paramLabel = "list|NAME")
  String name;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Of robots and pushes, default 1; of authority: plays this one schedule and tells it.")
  Long seed;

  @Option(
      names = "--schedules",
      paramLabel = "N",
      description = "Of authority, default 100000; --brief a tenth.")
  int schedules = 100_000;

  @Option(
      names = "--from",
      paramLabel = "SEED",
      description =
          "Of authority: the first of the seeds, default 1. Runs that follow each other (--from 1"
              + " --schedules 500000, --from 500001 --schedules 500000) play together what one"
              + " of 1000000 plays.")
  Long from;

  @Option(names = "--nodes", paramLabel = "N", description = "Of kill-node, default 5.")
  int nodes = 5;

  @Option(
      names = "--brief",
      description = "A tenth of the repetitions and of long times: a look, not the proof.")
  boolean brief;

  @Option(names = "--json", description = "One JSON object a line.")
  boolean json;

  @Override
  public Integer call() throws Exception {
    var out = Out.standard(json);
    if (name.equals("list")) {
      for (var drill : ALL) out.object(Out.fields("drill", drill.name(), "about", drill.about()));
      return 0;
    }
    var drill =
        ALL.stream()
            .filter(one -> one.name().equals(name))
            .findFirst()
            .orElseThrow(
                () -> new CliFailure("drill: no drill '" + name + "'; see ./tandem drill list"));
    if (from != null && (seed != null || !(drill instanceof AuthorityDrill))) {
      throw new CliFailure(
          "drill: --from is the first seed of authority's schedules, and not beside --seed, which"
              + " plays a single one; nothing was run");
    }
    if (drill instanceof AuthorityDrill && seed != null) return AuthorityDrill.replay(seed, out);
    long first = from != null ? from : seed != null ? seed : 1;
    Drill.Verdict verdict;
    try (var stage = new Stage(first, brief)) {
      if (drill instanceof AuthorityDrill authority) authority.schedules(schedules);
      if (drill instanceof KillNodeDrill kill) kill.nodes(nodes);
      verdict = drill.run(stage);
    } catch (IllegalStateException e) {
      verdict = new Drill.Verdict().expect("the drill runs to its end", false, e.getMessage());
    }
    var line =
        Out.fields(
            "drill", drill.name(),
            "seed", first,
            "brief", brief,
            "passed", verdict.passed(),
            "figures", verdict.figures());
    if (!verdict.passed()) line.put("broken", verdict.broken());
    out.line(Out.toJson(line));
    return verdict.passed() ? 0 : 1;
  }
}
