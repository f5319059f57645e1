package tandem.deploy.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.Api;
import tandem.deploy.client.WrongUsage;

/** {@code tandem stream ...}: rates, losses and delays of what comes in. */
@Command(
    name = "stream",
    description = "Streams: list.",
    subcommands = StreamCommands.ListAll.class)
final class StreamCommands implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("stream: expected list");
  }

  @Command(name = "list", description = "Every stream, or those of one robot.")
  static final class ListAll implements Runnable {
    @Mixin Main.Help help;
    @Mixin ApiOptions api;

    @Parameters(arity = "0..1")
    String robot;

    @Override
    public void run() {
      try (var node = api.open()) {
        if (robot != null) node.get(TwinCommands.path(robot)); // unknown robots are said
        api.out()
            .table(
                node.list("/api/streams" + (robot == null ? "" : "?robot=" + Api.escape(robot))),
                "robot",
                "topic",
                "type",
                "hz",
                "offered",
                "delivered",
                "dropped",
                "late",
                "duplicate",
                "ageMs",
                "latencyMs.p99");
      }
    }
  }
}
