package tandem.deploy.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.TypeName;
import tandem.ros2.cdr.MalformedCdr;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.node.Ros2Node;

/** {@code tandem ros2 topic ...}. */
@Command(
    name = "topic",
    description = "Topics: list, info, echo, hz, bw, pub.",
    subcommands = {
      Ros2TopicCommand.ListAll.class,
      Ros2TopicCommand.Info.class,
      Ros2TopicCommand.Echo.class,
      Ros2TopicCommand.Hz.class,
      Ros2TopicCommand.Bw.class,
      Ros2TopicCommand.Pub.class
    })
final class Ros2TopicCommand implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("ros2 topic: expected list, info, echo, hz, bw or pub");
  }

  @Command(name = "list", description = "Topics that somebody publishes or subscribes to.")
  static final class ListAll implements Runnable {
    @Mixin Main.Help help;
    @Mixin Ros2Link link;

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
    @Mixin Ros2Link link;
    @Parameters String topic;

    @Override
    public void run() {
      var rows = new ArrayList<Map<String, Object>>();
      String name = Ros2Link.absolute(topic);
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
    @Mixin Ros2Link link;
    @Parameters String topic;

    @Option(names = "--count", paramLabel = "N", description = "Ends after N messages.")
    int count = Integer.MAX_VALUE;

    @Override
    public void run() {
      var out = link.out();
      var end = new CountDownLatch(1);
      var seen = new AtomicInteger();
      try (var session = link.open()) {
        var publisher = link.publisher(session, Ros2Link.absolute(topic));
        var type =
            publisher
                .type()
                .orElseThrow(
                    () -> new CliFailure("ros2: type " + publisher.ddsType() + " is no ROS type"));
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
    @Mixin Ros2Link link;
    @Mixin Window window;
    @Parameters String topic;

    @Override
    public void run() {
      measure(link, window, Ros2Link.absolute(topic), false);
    }
  }

  @Command(name = "bw", description = "Measures bytes per second.")
  static final class Bw implements Runnable {
    @Mixin Main.Help help;
    @Mixin Ros2Link link;
    @Mixin Window window;
    @Parameters String topic;

    @Override
    public void run() {
      measure(link, window, Ros2Link.absolute(topic), true);
    }
  }

  private static void measure(Ros2Link link, Window window, String topic, boolean bytes) {
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
    @Mixin Ros2Link link;

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
      var name = Ros2Link.type(type);
      if (registry.find(name).isEmpty())
        throw new CliFailure("ros2: type " + name + " is not known; nothing was published");
      byte[] cdr = encode(registry, name);
      if (rate <= 0 || count < 1)
        throw new WrongUsage("ros2 topic pub: expected --rate > 0 and --count >= 1");
      var key = TopicKey.of(link.domain, Ros2Link.absolute(topic), name, registry.hash(name));
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
              if (!noWait && !latched && !publisher.matched() && System.nanoTime() < until) return;
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
      var fields = Ros2Link.fields(message, "nothing was published");
      try {
        var codec = MessageCodec.of(registry, name);
        return codec.encode(codec.fromTree(fields));
      } catch (IllegalArgumentException e) {
        throw new WrongUsage("message: " + e.getMessage() + "; nothing was published");
      }
    }
  }
}
