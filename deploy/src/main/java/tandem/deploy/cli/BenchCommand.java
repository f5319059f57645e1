package tandem.deploy.cli;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.deploy.bench.Bench;
import tandem.deploy.bench.Benches;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.WrongUsage;

/** {@code tandem bench list|NAME}: figures, a line of JSON each. */
@Command(name = "bench", description = "Benchmarks: list, or one by name, or all.")
final class BenchCommand implements Runnable {
  @Mixin Main.Help help;

  @Parameters(paramLabel = "list|all|NAME")
  String name;

  @Option(names = "--json", description = "One JSON object a line.")
  boolean json;

  @Option(
      names = "--seconds",
      defaultValue = "1",
      description = "How long each part is measured; default ${DEFAULT-VALUE}.")
  double seconds;

  @Override
  public void run() {
    var out = Out.standard(json);
    if (name.equals("list")) {
      for (var bench : Benches.ALL)
        out.object(Map.of("bench", bench.name(), "about", bench.about()));
      return;
    }
    if (!(seconds > 0 && seconds <= 600))
      throw new WrongUsage("--seconds: expected above 0, at most 600, found " + seconds);
    var chosen =
        Benches.ALL.stream().filter(b -> name.equals("all") || name.equals(b.name())).toList();
    if (chosen.isEmpty())
      throw new WrongUsage(
          "bench: expected list, all or one of %s, found '%s'"
              .formatted(Benches.ALL.stream().map(Bench::name).toList(), name));
    for (var bench : chosen) {
      try {
        Benches.run(bench, seconds, out::object);
      } catch (Exception e) {
        throw new CliFailure("bench " + bench.name() + " ended early: " + e);
      }
    }
  }
}
