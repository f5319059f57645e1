package tandem.deploy.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.deploy.demo.Demo;
import tandem.deploy.node.OrderlyEnd;
import tandem.deploy.node.ParentWatch;
import tandem.deploy.node.Ports;
import tandem.deploy.story.StoryDemo;

/** {@code tandem demo}. */
@Command(
    name = "demo",
    description = "A simulated humanoid, its guard, its twin, its dream and the console.")
final class DemoCommand implements Callable<Integer> {
  @Mixin Main.Help help;

  @Option(names = "--headless", description = "Commands the robot itself, measures, ends.")
  boolean headless;

  @Option(
      names = "--story",
      description =
          "Five scenes with two operators, told in the console and checked (about 90 s);"
              + " begins when the page is open, with --headless at once.")
  boolean story;

  @Option(
      names = "--for",
      paramLabel = "T",
      converter = Words.AsDuration.class,
      description = "How long; headless default 30s, else until stopped.")
  Duration lasts;

  @Option(names = "--robots", paramLabel = "N", description = "ada, ada2, ...; default 1.")
  int robots = 1;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Default: a fresh one, deleted after.")
  Path data;

  @Option(names = "--site", paramLabel = "NAME")
  String site = "local";

  @Option(names = "--seed", paramLabel = "N", description = "Of robots and their pushes.")
  long seed = 1;

  @Option(names = "--port-offset", paramLabel = "N", description = "Shifts every default port.")
  int offset;

  @Option(
      names = "--port",
      paramLabel = "NAME=N",
      description = "One port: zenoh, api, management, artery, guard; 0 = any free one.")
  Map<String, Integer> ports = new LinkedHashMap<>();

  @Option(names = "--config", paramLabel = "KEY=VALUE", description = "One configuration key.")
  Map<String, String> config = new LinkedHashMap<>();

  @Option(names = "--json", description = "One JSON object a line.")
  boolean json;

  @Option(names = "--with-parent", paramLabel = "PID", description = "Ends when that process ends.")
  Long parent;

  @Override
  public Integer call() throws IOException {
    if (robots < 1 || robots > 16)
      throw new WrongUsage("--robots: expected 1..16, found " + robots);
    if (story && (robots != 1 || lasts != null))
      throw new WrongUsage(
          "--story: has one robot and its own length; expected no --robots, --for");
    Ports checked;
    try {
      checked = new Ports(offset, ports);
    } catch (IllegalArgumentException e) {
      throw new WrongUsage(e.getMessage());
    }
    var end = OrderlyEnd.ofThisProcess(NodeCommand.END_WITHIN);
    if (parent != null) ParentWatch.watch(parent, () -> OrderlyEnd.exit(0));
    try {
      if (story)
        return StoryDemo.run(
            new StoryDemo.Options(headless, data, site, checked, json, seed, Map.copyOf(config)),
            end);
      return Demo.run(
          new Demo.Options(
              headless, lasts, robots, data, site, checked, json, seed, Map.copyOf(config)),
          end);
    } catch (IOException | RuntimeException e) {
      throw new CliFailure("demo: " + NodeCommand.said(e));
    }
  }
}
