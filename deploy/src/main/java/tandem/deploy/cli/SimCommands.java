package tandem.deploy.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tandem.deploy.client.WrongUsage;

/** {@code tandem sim list}: the simulators of a node. */
@Command(
    name = "sim",
    description = "Simulators of a node: list.",
    subcommands = SimCommands.ListAll.class)
final class SimCommands implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("sim: expected list");
  }

  @Command(name = "list", description = "Simulators and how they run.")
  static final class ListAll implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;

    @Override
    public void run() {
      try (var node = api.open()) {
        api.out()
            .table(
                node.list("/api/simulators"),
                "id",
                "kind",
                "robot",
                "dream",
                "realTimeFactor",
                "steps",
                "clock",
                "state",
                "why");
      }
    }
  }
}
