package tandem.deploy.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code tandem sim list|start|stop}: the simulators of a node; {@code tandem sim} alone is one.
 */
final class SimCommands {
  private SimCommands() {}

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
