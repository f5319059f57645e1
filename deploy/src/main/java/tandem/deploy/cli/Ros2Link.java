package tandem.deploy.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import picocli.CommandLine.Option;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.WrongUsage;
import tandem.proto.codec.Json;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.TypeName;
import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.node.GraphWatch;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Sample;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** Where a ROS graph is looked at, and what all ros2 commands share. */
final class Ros2Link {
  private static final Duration DISCOVERY = Duration.ofSeconds(5);

  @Option(
      names = {"-e", "--endpoint"},
      required = true,
      paramLabel = "EP",
      description = "Endpoint, as tcp/127.0.0.1:7447; may be repeated.")
  List<String> endpoints;

  @Option(names = "--domain", paramLabel = "N", description = "ROS domain, default 0.")
  int domain;

  @Option(
      names = "--interfaces",
      paramLabel = "DIR",
      description = "Folder with packages of your own; the common ones are known.")
  Path interfaces;

  @Option(names = "--json", description = "One JSON object a line.")
  boolean json;

  Session open() {
    return Session.open(SessionConfig.to(endpoints.toArray(String[]::new)));
  }

  Out out() {
    return Out.standard(json);
  }

  InterfaceRegistry registry() {
    return registry(interfaces);
  }

  /** Everything that is alive now, by one question. */
  Graph graph(Session session) {
    return graph(session, domain);
  }

  static Graph graph(Session session, int domain) {
    var graph = new Graph();
    var done = new CountDownLatch(1);
    session.getTokens(
        LivelinessToken.selector(domain),
        DISCOVERY,
        new Replies() {
          @Override
          public void reply(Reply reply) {
            if (reply instanceof Reply.Value value) graph.appeared(value.sample().key());
          }

          @Override
          public void done(boolean timedOut) {
            done.countDown();
          }
        });
    try {
      if (!done.await(DISCOVERY.toMillis() + 1000, TimeUnit.MILLISECONDS))
        throw new CliFailure("ros2: the graph was not told within " + DISCOVERY);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return graph;
  }

  /** The publisher of a topic, waited for. */
  LivelinessToken publisher(Session session, String topic) {
    var found = new java.util.concurrent.CompletableFuture<LivelinessToken>();
    try (var watch = new GraphWatch(session, domain);
        var _ =
            watch
                .graph()
                .listen(
                    new Graph.Listener() {
                      @Override
                      public void appeared(LivelinessToken entity) {
                        if (entity.kind() == Kind.PUBLISHER && entity.name().equals(topic))
                          found.complete(entity);
                      }

                      @Override
                      public void vanished(LivelinessToken entity) {}
                    })) {
      return found.get(DISCOVERY.toMillis(), TimeUnit.MILLISECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new CliFailure(
          "ros2: no publisher of %s in domain %d seen within %s"
              .formatted(topic, domain, DISCOVERY));
    } catch (Exception e) {
      throw new CliFailure("ros2: looking for a publisher of " + topic + ": " + e.getMessage());
    }
  }

  /** Hears a topic until the latch opens, latched samples included. */
  void hear(
      Session session,
      LivelinessToken publisher,
      Consumer<Ros2Sample<byte[]>> callback,
      CountDownLatch end) {
    var key = publisher.topicKey().orElseThrow();
    var qos = publisher.qos().isTransientLocal() ? Qos.latched(100) : Qos.bestEffort(100);
    try (var node =
            new Ros2Node(session, domain, "/", "tandem_cli_" + ProcessHandle.current().pid());
        var _ = node.subscribe(key, qos, callback)) {
      Main.untilSignal(end);
    }
  }

  static InterfaceRegistry registry(Path folder) {
    if (folder == null) return InterfaceRegistry.bundled();
    try {
      return InterfaceRegistry.bundled().withFolder(folder);
    } catch (IOException e) {
      throw new CliFailure("interfaces: folder " + folder + " not readable: " + e.getMessage());
    }
  }

  static TypeName type(String text) {
    try {
      return TypeName.parse(text);
    } catch (IllegalArgumentException e) {
      throw new WrongUsage("type: " + e.getMessage());
    }
  }

  static String absolute(String topic) {
    try {
      return TopicKey.resolve("/", topic);
    } catch (IllegalArgumentException e) {
      throw new WrongUsage("topic: " + e.getMessage());
    }
  }

  /**
   * A message given as JSON with ROS field names; {@code undone}: what does not happen if it is
   * wrong.
   */
  static Map<String, Object> fields(String json, String undone) {
    try {
      if (!(Json.parse(json) instanceof Map<?, ?> fields))
        throw new IllegalArgumentException("expected a JSON object");
      var tree = new LinkedHashMap<String, Object>();
      fields.forEach((field, value) -> tree.put((String) field, value));
      return tree;
    } catch (IllegalArgumentException e) {
      throw new WrongUsage("message: " + e.getMessage() + "; " + undone);
    }
  }

  /** The two words behind a name: the type may be left out, the message is JSON. */
  record TypeAndMessage(String type, String json) {}

  static TypeAndMessage typeAndMessage(List<String> words) {
    return switch (words.size()) {
      case 0 -> new TypeAndMessage(null, "{}");
      case 1 ->
          words.getFirst().stripLeading().startsWith("{")
              ? new TypeAndMessage(null, words.getFirst())
              : new TypeAndMessage(words.getFirst(), "{}");
      default -> new TypeAndMessage(words.get(0), words.get(1));
    };
  }

  /**
   * The type of a server whose definition is known here, as the server has it: bytes written by
   * another definition would mean something else to it.
   *
   * @param given what was asked for; null: whatever the server has
   * @param suffix what the server's type has behind the type asked for
   */
  TypeName definition(LivelinessToken server, String given, String suffix) {
    var type =
        server
            .type()
            .orElseThrow(
                () ->
                    new CliFailure(
                        "ros2: type " + server.ddsType() + " is no ROS type; nothing was called"));
    if (given != null && !type.equals(type(given).with(suffix)))
      throw new CliFailure(
          "ros2: type of %s: expected %s%s, found %s; nothing was called"
              .formatted(server.name(), given, suffix, type));
    var registry = registry();
    if (registry.find(type).isEmpty())
      throw new CliFailure(
          "ros2: type %s is not known; --interfaces DIR names its definition; nothing was called"
              .formatted(type));
    if (server.hash().known() && !registry.hash(type).equals(server.hash()))
      throw new CliFailure(
          "ros2: hash of %s: expected %s of the known definition, found %s; --interfaces DIR names the server's; nothing was called"
              .formatted(type, registry.hash(type), server.hash()));
    return type;
  }

  /** Waits for what has its own deadline. */
  static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new CliFailure("ros2: " + e.getCause().getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("ros2: interrupted; no answer was waited for");
    }
  }
}
