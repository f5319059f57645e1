package tandem.deploy.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.proto.codec.Json;
import tandem.ros2.action.ActionClient;
import tandem.ros2.action.ActionKeys;
import tandem.ros2.action.ActionType;
import tandem.ros2.action.Actions;
import tandem.ros2.action.GoalId;
import tandem.ros2.action.GoalStatus;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Session;

/** {@code tandem ros2 action ...}. */
@Command(
    name = "action",
    description = "Actions: list, info, send_goal.",
    subcommands = {
      Ros2ActionCommand.ListAll.class,
      Ros2ActionCommand.Info.class,
      Ros2ActionCommand.SendGoal.class
    })
final class Ros2ActionCommand implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("ros2 action: expected list, info or send_goal");
  }

  private static List<Actions.Found> found(Ros2Link link, Session session) {
    return Actions.among(link.graph(session).entities());
  }

  @Command(name = "list", description = "Actions that somebody serves or calls.")
  static final class ListAll implements Runnable {
    @Mixin Main.Help help;
    @Mixin Ros2Link link;

    @Override
    public void run() {
      var rows = new ArrayList<Map<String, Object>>();
      try (var session = link.open()) {
        for (var action : found(link, session))
          rows.add(
              Out.fields(
                  "action", action.name(),
                  "type", action.type().toString(),
                  "servers", action.servers().size(),
                  "clients", action.clients().size()));
      }
      link.out().table(rows, "action", "type", "servers", "clients");
    }
  }

  @Command(name = "info", description = "Who serves and who calls an action.")
  static final class Info implements Runnable {
    @Mixin Main.Help help;
    @Mixin Ros2Link link;
    @Parameters String action;

    @Override
    public void run() {
      var rows = new ArrayList<Map<String, Object>>();
      String name = Ros2Link.absolute(action);
      try (var session = link.open()) {
        for (var one : found(link, session)) {
          if (!one.name().equals(name)) continue;
          one.servers().forEach(server -> rows.add(row(one, "server", server)));
          one.clients().forEach(client -> rows.add(row(one, "client", client)));
        }
      }
      if (rows.isEmpty()) throw new CliFailure("ros2: nobody serves or calls the action " + name);
      link.out().table(rows, "kind", "node", "type", "hash");
    }

    private static Map<String, Object> row(
        Actions.Found action, String kind, LivelinessToken entity) {
      return Out.fields(
          "action", action.name(),
          "kind", kind,
          "node", entity.fullNodeName(),
          "type", action.type().toString(),
          "hash", action.hash().text());
    }
  }

  @Command(
      name = "send_goal",
      description =
          "Sends a goal given as JSON with ROS field names and waits for its result; a signal or"
              + " the end of --timeout cancels it.")
  static final class SendGoal implements Callable<Integer> {
    private static final Duration ANSWER = Duration.ofSeconds(5);

    @Mixin Main.Help help;
    @Mixin Ros2Link link;

    @Parameters(index = "0")
    String action;

    @Parameters(
        index = "1..*",
        arity = "0..2",
        description = "[TYPE] [GOAL]: the type is the server's where it is left out.")
    List<String> words = List.of();

    @Option(
        names = "--timeout",
        paramLabel = "T",
        converter = Words.AsDuration.class,
        description = "For the result, default 60s.")
    Duration timeout = Duration.ofSeconds(60);

    @Option(names = "--feedback", description = "Prints feedback, too.")
    boolean feedback;

    @Override
    public Integer call() {
      String name = Ros2Link.absolute(action);
      var given = Ros2Link.typeAndMessage(words);
      try (var session = link.open();
          var node =
              new Ros2Node(
                  session, link.domain, "/", "tandem_cli_" + ProcessHandle.current().pid())) {
        var server =
            found(link, session).stream()
                .filter(one -> one.name().equals(name) && !one.servers().isEmpty())
                .findFirst()
                .orElseThrow(
                    () ->
                        new CliFailure(
                            "ros2: nobody serves the action %s in domain %d"
                                .formatted(name, link.domain)));
        link.definition(server.servers().getFirst(), given.type(), "_SendGoal");
        var type = ActionType.of(link.registry(), server.type());
        try (var client =
            new ActionClient(
                node, type, ActionKeys.found(link.domain, name, type, server.hash()))) {
          return follow(client, goal(type, given.json()));
        }
      }
    }

    private static DynamicMessage goal(ActionType type, String json) {
      try {
        return type.goal(Ros2Link.fields(json, "no goal was sent"));
      } catch (IllegalArgumentException e) {
        throw new WrongUsage("goal: " + e.getMessage() + "; no goal was sent");
      }
    }

    private int follow(ActionClient client, DynamicMessage goal) {
      var out = link.out();
      var id = GoalId.random();
      var answer =
          feedback
              ? client.send(id, goal, ANSWER, message -> say(out, id, "feedback", message))
              : client.send(id, goal, ANSWER);
      if (!Ros2Link.get(answer).accepted()) {
        out.object(Out.fields("event", "rejected", "goal", id.toString()));
        return Main.FAILED;
      }
      out.object(Out.fields("event", "accepted", "goal", id.toString()));
      var onSignal = new Thread(() -> Ros2Link.get(client.cancel(id, ANSWER)));
      Runtime.getRuntime().addShutdownHook(onSignal);
      try {
        var outcome = client.result(id, timeout).get();
        out.object(
            Out.fields(
                "event", "result",
                "goal", id.toString(),
                "status", outcome.status().name().toLowerCase(Locale.ROOT),
                "result", Json.parse(outcome.result().toJson())));
        return outcome.status() == GoalStatus.SUCCEEDED ? 0 : Main.FAILED;
      } catch (ExecutionException e) {
        var cancel = Ros2Link.get(client.cancel(id, ANSWER));
        throw new CliFailure(
            "ros2: %s; cancel: %s".formatted(e.getCause().getMessage(), cancel.words()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Main.FAILED;
      } finally {
        try {
          Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (IllegalStateException alreadyEnding) {
          // the hook runs
        }
      }
    }

    private static void say(Out out, GoalId id, String event, DynamicMessage message) {
      out.object(
          Out.fields("event", event, "goal", id.toString(), event, Json.parse(message.toJson())));
    }
  }
}
