package tandem.deploy.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.proto.codec.Json;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.TypeName;
import tandem.ros2.cdr.MalformedCdr;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.idl.SchemaText;
import tandem.ros2.node.GraphWatch;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Sample;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** {@code tandem ros2 ...}: what the ros2 tool shows, of nodes that speak rmw_zenoh. */
@Command(
    name = "ros2",
    description = "ROS 2 over Zenoh: topic, node, interface.",
    subcommands = {Ros2Commands.Topic.class, Ros2Commands.Node.class, Ros2Commands.Interface.class})
final class Ros2Commands implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("ros2: expected topic, node or interface");
  }

  /** Where the graph is looked at. */
  static final class Link {
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
      return Ros2Commands.registry(interfaces);
    }

    /** Everything that is alive now, by one question. */
    Graph graph(Session session) {
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
  }

  private static InterfaceRegistry registry(Path folder) {
    if (folder == null) return InterfaceRegistry.bundled();
    try {
      return InterfaceRegistry.bundled().withFolder(folder);
    } catch (IOException e) {
      throw new CliFailure("interfaces: folder " + folder + " not readable: " + e.getMessage());
    }
  }

  private static TypeName type(String text) {
    try {
      return TypeName.parse(text);
    } catch (IllegalArgumentException e) {
      throw new WrongUsage("type: " + e.getMessage());
    }
  }

  private static String absolute(String topic) {
    try {
      return TopicKey.resolve("/", topic);
    } catch (IllegalArgumentException e) {
      throw new WrongUsage("topic: " + e.getMessage());
    }
  }

  @Command(
      name = "topic",
      description = "Topics: list, info, echo, hz, bw, pub.",
      subcommands = {
        Topic.ListAll.class,
        Topic.Info.class,
        Topic.Echo.class,
        Topic.Hz.class,
        Topic.Bw.class,
        Topic.Pub.class
      })
  static final class Topic implements Runnable {
    @Mixin Main.Help help;

    @Override
    public void run() {
      throw new WrongUsage("ros2 topic: expected list, info, echo, hz, bw or pub");
    }

    @Command(name = "list", description = "Topics that somebody publishes or subscribes to.")
    static final class ListAll implements Runnable {
      @Mixin Main.Help help;
      @Mixin Link link;

      @Override
      public void run() {
        var topics = new TreeMap<String, Map<String, Object>>();
        try (var session = link.open()) {
          for (var entity : link.graph(session).entities()) {
            if (entity.kind() != Kind.PUBLISHER && entity.kind() != Kind.SUBSCRIPTION) continue;
            String type = entity.type().map(TypeName::toString).orElse(entity.ddsType());
            var row =
                topics.computeIfAbsent(
                    entity.name() + " " + type,
                    _ ->
                        Out.fields(
                            "topic",
                            entity.name(),
                            "type",
                            type,
                            "publishers",
                            0,
                            "subscriptions",
                            0));
            row.merge(
                entity.kind() == Kind.PUBLISHER ? "publishers" : "subscriptions",
                1,
                (a, b) -> (Integer) a + (Integer) b);
          }
        }
        link.out()
            .table(List.copyOf(topics.values()), "topic", "type", "publishers", "subscriptions");
      }
    }

    @Command(name = "info", description = "Who publishes and subscribes, with what quality.")
    static final class Info implements Runnable {
      @Mixin Main.Help help;
      @Mixin Link link;
      @Parameters String topic;

      @Override
      public void run() {
        var rows = new ArrayList<Map<String, Object>>();
        String name = absolute(topic);
        try (var session = link.open()) {
          for (var entity : link.graph(session).entities()) {
            if (entity.kind() != Kind.PUBLISHER && entity.kind() != Kind.SUBSCRIPTION) continue;
            if (!entity.name().equals(name)) continue;
            rows.add(
                Out.fields(
                    "topic", name,
                    "kind", entity.kind() == Kind.PUBLISHER ? "publisher" : "subscription",
                    "node", entity.fullNodeName(),
                    "type", entity.type().map(TypeName::toString).orElse(entity.ddsType()),
                    "hash", entity.hash().text(),
                    "gid", entity.gid().toString(),
                    "qos",
                        Out.fields(
                            "reliability", lower(entity.qos().reliability()),
                            "durability", lower(entity.qos().durability()),
                            "history", lower(entity.qos().history()),
                            "depth", entity.qos().depth())));
          }
        }
        if (rows.isEmpty()) throw new CliFailure("ros2: nobody publishes or subscribes to " + name);
        link.out()
            .table(rows, "kind", "node", "type", "qos.reliability", "qos.durability", "qos.depth");
      }

      private static String lower(Enum<?> value) {
        return value.name().toLowerCase(java.util.Locale.ROOT);
      }
    }

    @Command(name = "echo", description = "Prints messages, with ROS field names.")
    static final class Echo implements Runnable {
      @Mixin Main.Help help;
      @Mixin Link link;
      @Parameters String topic;

      @Option(names = "--count", paramLabel = "N", description = "Ends after N messages.")
      int count = Integer.MAX_VALUE;

      @Override
      public void run() {
        var out = link.out();
        var end = new CountDownLatch(1);
        var seen = new AtomicInteger();
        try (var session = link.open()) {
          var publisher = link.publisher(session, absolute(topic));
          var type =
              publisher
                  .type()
                  .orElseThrow(
                      () ->
                          new CliFailure("ros2: type " + publisher.ddsType() + " is no ROS type"));
          var registry = link.registry();
          if (registry.find(type).isEmpty())
            throw new CliFailure(
                "ros2: type %s of %s is not known; --interfaces DIR names its definition"
                    .formatted(type, topic));
          var codec = MessageCodec.of(registry, type);
          if (!registry.hash(type).equals(publisher.hash()) && publisher.hash().known())
            System.err.println(
                "tandem: %s: its hash is %s, of the known definition %s; fields may be read wrongly"
                    .formatted(type, publisher.hash(), registry.hash(type)));
          link.hear(
              session,
              publisher,
              sample -> {
                int number = seen.incrementAndGet();
                if (number > count) return;
                try {
                  out.object(codec.decode(sample.message()).toJson());
                } catch (MalformedCdr e) {
                  System.err.println("tandem: message not readable: " + e.getMessage());
                }
                if (number == count) end.countDown();
              },
              end);
        }
      }
    }

    /** Options of a measurement. */
    static final class Window {
      @Option(
          names = "--window",
          paramLabel = "T",
          converter = Words.AsDuration.class,
          description = "A line per window, default 1s.")
      Duration length = Duration.ofSeconds(1);

      @Option(names = "--count", paramLabel = "N", description = "Ends after N lines.")
      int count = Integer.MAX_VALUE;
    }

    @Command(name = "hz", description = "Measures the rate.")
    static final class Hz implements Runnable {
      @Mixin Main.Help help;
      @Mixin Link link;
      @Mixin Window window;
      @Parameters String topic;

      @Override
      public void run() {
        measure(link, window, absolute(topic), false);
      }
    }

    @Command(name = "bw", description = "Measures bytes per second.")
    static final class Bw implements Runnable {
      @Mixin Main.Help help;
      @Mixin Link link;
      @Mixin Window window;
      @Parameters String topic;

      @Override
      public void run() {
        measure(link, window, absolute(topic), true);
      }
    }

    private static void measure(Link link, Window window, String topic, boolean bytes) {
      var out = link.out();
      var messages = new AtomicLong();
      var volume = new AtomicLong();
      var largestGapNanos = new AtomicLong();
      var last = new AtomicLong();
      var end = new CountDownLatch(1);
      try (var session = link.open();
          var timer =
              java.util.concurrent.Executors.newSingleThreadScheduledExecutor(
                  Thread.ofPlatform().daemon().name("window").factory())) {
        var publisher = link.publisher(session, topic);
        var lines = new AtomicInteger();
        var from = new AtomicLong(System.nanoTime());
        timer.scheduleAtFixedRate(
            () -> {
              long now = System.nanoTime();
              double seconds = (now - from.getAndSet(now)) / 1e9;
              long number = messages.getAndSet(0);
              long size = volume.getAndSet(0);
              long gap = largestGapNanos.getAndSet(0);
              out.object(
                  bytes
                      ? Out.fields(
                          "topic",
                          topic,
                          "bytesPerSecond",
                          size / seconds,
                          "messages",
                          number,
                          "meanBytes",
                          number == 0 ? 0.0 : (double) size / number)
                      : Out.fields(
                          "topic",
                          topic,
                          "hz",
                          number / seconds,
                          "messages",
                          number,
                          "largestGapMs",
                          gap / 1e6));
              if (lines.incrementAndGet() >= window.count) end.countDown();
            },
            window.length.toNanos(),
            window.length.toNanos(),
            TimeUnit.NANOSECONDS);
        link.hear(
            session,
            publisher,
            sample -> {
              long at = sample.sample().receivedNanos();
              long before = last.getAndSet(at);
              if (before != 0) largestGapNanos.accumulateAndGet(at - before, Math::max);
              messages.incrementAndGet();
              volume.addAndGet(sample.message().length);
            },
            end);
        timer.shutdownNow();
      }
    }

    @Command(name = "pub", description = "Publishes a message given as JSON with ROS field names.")
    static final class Pub implements Runnable {
      @Mixin Main.Help help;
      @Mixin Link link;

      @Parameters(index = "0")
      String topic;

      @Parameters(index = "1", description = "As std_msgs/msg/String")
      String type;

      @Parameters(index = "2", defaultValue = "{}", description = "Fields left out are default.")
      String message;

      @Option(names = "--rate", paramLabel = "HZ", description = "Default 1.")
      double rate = 1;

      @Option(names = "--count", paramLabel = "N", description = "Ends after N, default 1.")
      int count = 1;

      @Option(names = "--latched", description = "Transient local; stays until the process ends.")
      boolean latched;

      @Option(
          names = "--no-wait",
          description = "Does not wait (at most 5 s) until somebody subscribes.")
      boolean noWait;

      @Override
      public void run() {
        var registry = link.registry();
        var name = Ros2Commands.type(type);
        if (registry.find(name).isEmpty())
          throw new CliFailure("ros2: type " + name + " is not known; nothing was published");
        byte[] cdr = encode(registry, name);
        if (rate <= 0 || count < 1)
          throw new WrongUsage("ros2 topic pub: expected --rate > 0 and --count >= 1");
        var key = TopicKey.of(link.domain, absolute(topic), name, registry.hash(name));
        var end = new CountDownLatch(1);
        try (var session = link.open();
            var node =
                new Ros2Node(
                    session, link.domain, "/", "tandem_cli_" + ProcessHandle.current().pid());
            var publisher = node.publisher(key, latched ? Qos.latched(1) : Qos.reliable(10));
            var timer =
                java.util.concurrent.Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("publisher").factory())) {
          var left = new AtomicInteger(count);
          long until = System.nanoTime() + Duration.ofSeconds(5).toNanos();
          timer.scheduleAtFixedRate(
              () -> {
                if (end.getCount() == 0) return;
                if (!noWait && !latched && !publisher.matched() && System.nanoTime() < until)
                  return;
                publisher.publishCdr(cdr);
                if (left.decrementAndGet() <= 0 && !latched) end.countDown();
                if (left.get() <= 0) left.set(Integer.MAX_VALUE);
              },
              10_000_000L,
              count == 1 ? 10_000_000L : Math.round(1e9 / rate),
              TimeUnit.NANOSECONDS);
          Main.untilSignal(end);
          timer.shutdownNow();
          link.out().object(Out.fields("topic", key.name(), "published", publisher.published()));
        }
      }

      private byte[] encode(InterfaceRegistry registry, TypeName name) {
        try {
          if (!(Json.parse(message) instanceof Map<?, ?> fields))
            throw new IllegalArgumentException("expected a JSON object");
          var tree = new LinkedHashMap<String, Object>();
          fields.forEach((field, value) -> tree.put((String) field, value));
          var codec = MessageCodec.of(registry, name);
          return codec.encode(codec.fromTree(tree));
        } catch (IllegalArgumentException e) {
          throw new WrongUsage("message: " + e.getMessage() + "; nothing was published");
        }
      }
    }
  }

  @Command(name = "node", description = "Nodes: list.", subcommands = Node.ListAll.class)
  static final class Node implements Runnable {
    @Mixin Main.Help help;

    @Override
    public void run() {
      throw new WrongUsage("node: expected list");
    }

    @Command(name = "list", description = "Nodes that are alive, with their endpoints counted.")
    static final class ListAll implements Runnable {
      @Mixin Main.Help help;
      @Mixin Link link;

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

  @Command(
      name = "interface",
      description = "Interface definitions: show, hash.",
      subcommands = {Interface.Show.class, Interface.Hash.class})
  static final class Interface implements Runnable {
    @Mixin Main.Help help;

    @Override
    public void run() {
      throw new WrongUsage("interface: expected show or hash");
    }

    /** A type and where its definition is. */
    static final class Named {
      @Parameters(description = "As sensor_msgs/msg/JointState")
      String type;

      @Option(names = "--interfaces", paramLabel = "DIR")
      Path interfaces;

      @Option(names = "--json")
      boolean json;

      // Accepted for the sake of one form of all commands; definitions need no link.
      @Option(
          names = {"-e", "--endpoint"},
          hidden = true)
      List<String> endpoints;
    }

    @Command(name = "show", description = "The definition of a message, service or action.")
    static final class Show implements Runnable {
      @Mixin Main.Help help;
      @Mixin Named named;

      @Override
      public void run() {
        var name = Ros2Commands.type(named.type);
        var registry = registry(named.interfaces);
        var text =
            registry
                .definition(name)
                .map(SchemaText::definition)
                .or(() -> registry.find(name).map(SchemaText::definition))
                .orElseThrow(() -> new CliFailure("interface: " + name + " is not known"));
        var out = Out.standard(named.json);
        if (named.json) out.object(Out.fields("type", name.toString(), "definition", text));
        else out.line(text.stripTrailing());
      }
    }

    @Command(name = "hash", description = "RIHS01 of a message, service or action.")
    static final class Hash implements Runnable {
      @Mixin Main.Help help;
      @Mixin Named named;

      @Override
      public void run() {
        var name = Ros2Commands.type(named.type);
        var registry = registry(named.interfaces);
        if (registry.find(name).isEmpty())
          throw new CliFailure("interface: " + name + " is not known");
        var out = Out.standard(named.json);
        var hash = registry.hash(name).text();
        if (named.json) out.object(Out.fields("type", name.toString(), "hash", hash));
        else out.line(hash);
      }
    }
  }
}
