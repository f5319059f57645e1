package tandem.deploy.cli;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.ros2.TypeName;
import tandem.ros2.action.Actions;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.msg.ServiceType;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Qos;
import tandem.zenoh.Session;

/** {@code tandem ros2 service ...}. */
@Command(
    name = "service",
    description = "Services: list, type, call.",
    subcommands = {
      Ros2ServiceCommand.ListAll.class,
      Ros2ServiceCommand.Type.class,
      Ros2ServiceCommand.Call.class
    })
final class Ros2ServiceCommand implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("ros2 service: expected list, type or call");
  }

  private static boolean ofAction(LivelinessToken entity) {
    return !Actions.action(entity.name()).equals(entity.name());
  }

  private static String type(LivelinessToken entity) {
    return entity.type().map(TypeName::toString).orElse(entity.ddsType());
  }

  @Command(name = "list", description = "Services that somebody serves or calls.")
  static final class ListAll implements Runnable {
    @Mixin Main.Help help;
    @Mixin Ros2Link link;

    @Option(names = "--all", description = "Those of actions, too.")
    boolean all;

    @Override
    public void run() {
      var services = new TreeMap<String, Map<String, Object>>();
      try (var session = link.open()) {
        for (var entity : link.graph(session).entities()) {
          boolean server = entity.kind() == Kind.SERVICE_SERVER;
          if (!server && entity.kind() != Kind.SERVICE_CLIENT || ofAction(entity) && !all) continue;
          var row =
              services.computeIfAbsent(
                  entity.name() + " " + type(entity),
                  _ ->
                      Out.fields(
                          "service",
                          entity.name(),
                          "type",
                          type(entity),
                          "servers",
                          0,
                          "clients",
                          0));
          row.merge(server ? "servers" : "clients", 1, (a, b) -> (Integer) a + (Integer) b);
        }
      }
      link.out().table(List.copyOf(services.values()), "service", "type", "servers", "clients");
    }
  }

  /** The server of a service; nobody there is a failure. */
  private static LivelinessToken server(Ros2Link link, Session session, String service) {
    return link.graph(session).endpoints(Kind.SERVICE_SERVER, service).stream()
        .findFirst()
        .orElseThrow(
            () ->
                new CliFailure(
                    "ros2: nobody serves %s in domain %d".formatted(service, link.domain)));
  }

  @Command(name = "type", description = "The type of a service, as its server names it.")
  static final class Type implements Runnable {
    @Mixin Main.Help help;
    @Mixin Ros2Link link;
    @Parameters String service;

    @Override
    public void run() {
      String name = Ros2Link.absolute(service);
      try (var session = link.open()) {
        var server = server(link, session, name);
        if (link.json)
          link.out()
              .object(
                  Out.fields(
                      "service", name,
                      "type", type(server),
                      "hash", server.hash().text(),
                      "node", server.fullNodeName()));
        else link.out().line(type(server));
      }
    }
  }

  @Command(
      name = "call",
      description = "Calls with a request given as JSON with ROS field names; prints the response.")
  static final class Call implements Runnable {
    @Mixin Main.Help help;
    @Mixin Ros2Link link;

    @Parameters(index = "0")
    String service;

    @Parameters(
        index = "1..*",
        arity = "0..2",
        description = "[TYPE] [REQUEST]: the type is the server's where it is left out.")
    List<String> words = List.of();

    @Option(
        names = "--timeout",
        paramLabel = "T",
        converter = Words.AsDuration.class,
        description = "Default 5s.")
    Duration timeout = Duration.ofSeconds(5);

    @Override
    public void run() {
      String name = Ros2Link.absolute(service);
      var given = Ros2Link.typeAndMessage(words);
      try (var session = link.open();
          var node =
              new Ros2Node(
                  session, link.domain, "/", "tandem_cli_" + ProcessHandle.current().pid())) {
        var server = server(link, session, name);
        var type = link.definition(server, given.type(), "");
        var registry = link.registry();
        var codec = MessageCodec.of(registry, type.with("_Request"));
        DynamicMessage request;
        try {
          request = codec.fromTree(Ros2Link.fields(given.json(), "nothing was called"));
        } catch (IllegalArgumentException e) {
          throw new WrongUsage("request: " + e.getMessage() + "; nothing was called");
        }
        try (var client =
            node.client(
                server.topicKey().orElseThrow(),
                ServiceType.dynamic(registry, type),
                Qos.DATA_BLOCK)) {
          var response = Ros2Link.get(client.call(request, timeout));
          link.out().object(response.toJson());
        }
      }
    }
  }
}
