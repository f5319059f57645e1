package tandem.deploy.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.Api;
import tandem.deploy.client.WrongUsage;
import tandem.proto.codec.Json;

/** {@code tandem sim list|start|stop}: the simulators of a node. */
@Command(
    name = "sim",
    description = "Simulators of a node: list, start, stop.",
    subcommands = {SimCommands.ListAll.class, SimCommands.Start.class, SimCommands.Stop.class})
final class SimCommands implements Runnable {
  private static final String[] COLUMNS = {
    "id", "kind", "robot", "dream", "realTimeFactor", "steps", "clock", "state", "why"
  };

  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("sim: expected list, start or stop");
  }

  @Command(name = "list", description = "Simulators and how they run.")
  static final class ListAll implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;

    @Override
    public void run() {
      try (var node = api.open()) {
        api.out().table(node.list("/api/simulators"), COLUMNS);
      }
    }
  }

  @Command(name = "start", description = "Starts one; a new simulation begins.")
  static final class Start implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;

    @Parameters(paramLabel = "ID", description = "As sim list shows it.")
    String id;

    @Override
    public void run() {
      tell(api, "start", id);
    }
  }

  @Command(name = "stop", description = "Stops one; its streams end.")
  static final class Stop implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;

    @Parameters(paramLabel = "ID", description = "As sim list shows it.")
    String id;

    @Override
    public void run() {
      tell(api, "stop", id);
    }
  }

  private static void tell(ApiOptions api, String what, String id) {
    try (var node = api.open()) {
      String answer = node.post("/api/simulators/" + what + "?id=" + Api.escape(id), "");
      api.out().table(List.of(Json.parse(answer)), COLUMNS);
    }
  }
}
