package tandem.deploy.cli;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tandem.deploy.client.Out;
import tandem.deploy.client.WrongUsage;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;

/** {@code tandem ros2 node ...}. */
@Command(name = "node", description = "Nodes: list.", subcommands = Ros2NodeCommand.ListAll.class)
final class Ros2NodeCommand implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("node: expected list");
  }

  @Command(name = "list", description = "Nodes that are alive, with their endpoints counted.")
  static final class ListAll implements Runnable {
    @Mixin Main.Help help;
    @Mixin Ros2Link link;

    @Override
    public void run() {
      var rows = new TreeMap<String, Map<String, Object>>();
      try (var session = link.open()) {
        var counts = new HashMap<String, int[]>();
        var graph = link.graph(session);
        for (var entity : graph.entities()) {
          int[] count = counts.computeIfAbsent(of(entity), _ -> new int[Kind.values().length]);
          count[entity.kind().ordinal()]++;
        }
        for (var node : graph.nodes()) {
          int[] count = counts.get(of(node));
          rows.put(
              of(node),
              Out.fields(
                  "node", node.fullNodeName(),
                  "zid", node.zid(),
                  "publishers", count[Kind.PUBLISHER.ordinal()],
                  "subscriptions", count[Kind.SUBSCRIPTION.ordinal()],
                  "servers", count[Kind.SERVICE_SERVER.ordinal()],
                  "clients", count[Kind.SERVICE_CLIENT.ordinal()]));
        }
      }
      link.out()
          .table(
              List.copyOf(rows.values()),
              "node",
              "zid",
              "publishers",
              "subscriptions",
              "servers",
              "clients");
    }

    private static String of(LivelinessToken entity) {
      return entity.fullNodeName() + " " + entity.zid() + " " + entity.nid();
    }
  }
}
