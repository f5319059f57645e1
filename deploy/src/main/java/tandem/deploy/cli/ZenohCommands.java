package tandem.deploy.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.client.Words;
import tandem.deploy.client.WrongUsage;
import tandem.zenoh.Encoding;
import tandem.zenoh.GetOptions;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Replies;
import tandem.zenoh.Reply;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;
import tandem.zenoh.Timestamp;

/** {@code tandem zenoh ...}: plain Zenoh, for looking at a link and for the tests' foreign side. */
@Command(
    name = "zenoh",
    description = "Plain Zenoh: subscribe, put, get, answer, liveliness, accept.",
    subcommands = {
      ZenohCommands.Sub.class,
      ZenohCommands.Put.class,
      ZenohCommands.Get.class,
      ZenohCommands.Queryable.class,
      ZenohCommands.Liveliness.class,
      ZenohCommands.Listen.class
    })
final class ZenohCommands implements Runnable {
  @Mixin Main.Help help;

  @Override
  public void run() {
    throw new WrongUsage("zenoh: expected sub, put, get, queryable, liveliness or listen");
  }

  /** Where to connect to. */
  static final class Endpoints {
    @Option(
        names = {"-e", "--endpoint"},
        required = true,
        paramLabel = "EP",
        description = "Endpoint, as tcp/127.0.0.1:7447; may be repeated.")
    List<String> endpoints;

    @Option(names = "--json", description = "One JSON object a line.")
    boolean json;

    Session open() {
      return Session.open(SessionConfig.to(endpoints.toArray(String[]::new)));
    }
  }

  @Command(name = "sub", description = "Prints what is put and deleted under a key expression.")
  static final class Sub implements Runnable {
    @Mixin Main.Help help;
    @Mixin Endpoints at;

    @Option(
        names = {"-k", "--key"},
        required = true)
    String key;

    @Option(names = "--count", paramLabel = "N", description = "Ends after N samples.")
    int count = Integer.MAX_VALUE;

    @Override
    public void run() {
      try (var session = at.open()) {
        printSamples(Out.standard(at.json), count, print -> session.declareSubscriber(key, print));
      }
    }
  }

  @Command(name = "put", description = "Puts one value.")
  static final class Put implements Runnable {
    @Mixin Main.Help help;
    @Mixin Endpoints at;

    @Option(
        names = {"-k", "--key"},
        required = true)
    String key;

    @ArgGroup(multiplicity = "1")
    Value value;

    @Option(names = "--attachment-hex", paramLabel = "H")
    String attachmentHex;

    @Option(names = "--encoding", paramLabel = "E", description = "As text/plain or 7's name.")
    String encoding;

    @Override
    public void run() throws WrongUsage {
      var options =
          PutOptions.DEFAULT.withQos(Qos.DATA_BLOCK).withEncoding(value.encoding(encoding));
      if (attachmentHex != null) options = options.withAttachment(hex(attachmentHex));
      byte[] payload = value.bytes();
      try (var session = at.open()) {
        if (!session.put(key, payload, options))
          throw new CliFailure("zenoh put: the value was dropped before it was sent");
      }
    }
  }

  /** What to put. */
  static final class Value {
    @Option(names = "--text", required = true, paramLabel = "T")
    String text;

    @Option(names = "--hex", required = true, paramLabel = "H")
    String hexText;

    @Option(names = "--file", required = true, paramLabel = "F")
    Path file;

    byte[] bytes() {
      if (text != null) return text.getBytes(StandardCharsets.UTF_8);
      if (hexText != null) return hex(hexText);
      try {
        return Files.readAllBytes(file);
      } catch (IOException e) {
        throw new CliFailure(
            "zenoh put: file " + file + " not readable (" + e + "); nothing was put");
      }
    }

    Encoding encoding(String named) {
      if (named != null) return ZenohEncodings.parse(named);
      return text != null ? Encoding.STRING : Encoding.BYTES;
    }
  }

  @Command(name = "get", description = "Asks a selector and prints the answers.")
  static final class Get implements Runnable {
    @Mixin Main.Help help;
    @Mixin Endpoints at;

    @Option(
        names = {"-k", "--key"},
        required = true,
        description = "Key expression, or with parameters: a/*?x=1")
    String selector;

    @Option(names = "--timeout", paramLabel = "T", converter = Words.AsDuration.class)
    Duration timeout = Duration.ofSeconds(5);

    @Override
    public void run() {
      try (var session = at.open()) {
        var out = Out.standard(at.json);
        int answers =
            await(
                timeout,
                out,
                replies -> session.get(selector, GetOptions.DEFAULT.withTimeout(timeout), replies));
        if (answers == 0)
          throw new CliFailure("zenoh get: nobody answered " + selector + " in " + timeout);
      }
    }
  }

  @Command(name = "queryable", description = "Answers every query on a key with a text.")
  static final class Queryable implements Runnable {
    @Mixin Main.Help help;
    @Mixin Endpoints at;

    @Option(
        names = {"-k", "--key"},
        required = true)
    String key;

    @Option(names = "--text", required = true, paramLabel = "T")
    String text;

    @Option(names = "--count", paramLabel = "N", description = "Ends after N queries.")
    int count = Integer.MAX_VALUE;

    @Override
    public void run() {
      var out = Out.standard(at.json);
      var left = new CountDownLatch(1);
      var asked = new AtomicInteger();
      try (var session = at.open();
          var _ =
              session.declareQueryable(
                  key,
                  true,
                  query -> {
                    try (query) {
                      query.reply(
                          answerKey(query.key()),
                          text.getBytes(StandardCharsets.UTF_8),
                          PutOptions.DEFAULT.withEncoding(Encoding.STRING));
                    }
                    out.object(
                        Out.fields(
                            "key", query.key(),
                            "parameters", query.parameters(),
                            "payload", base64(query.payload()),
                            "from", query.sourceZid()));
                    if (asked.incrementAndGet() >= count) left.countDown();
                  })) {
        Main.untilSignal(left);
      }
    }

    /** The asked key where it names one key, else the declared one. */
    private String answerKey(String asked) {
      return asked.contains("*") || asked.contains("$") ? key : asked;
    }
  }

  @Command(
      name = "liveliness",
      description = "Liveliness tokens: declare, sub, get.",
      subcommands = {Liveliness.Declare.class, Liveliness.Watch.class, Liveliness.Now.class})
  static final class Liveliness implements Runnable {
    @Mixin Main.Help help;

    @Override
    public void run() {
      throw new WrongUsage("zenoh liveliness: expected declare, sub or get");
    }

    @Command(name = "declare", description = "Holds a token until the process ends.")
    static final class Declare implements Runnable {
      @Mixin Main.Help help;
      @Mixin Endpoints at;

      @Option(
          names = {"-k", "--key"},
          required = true)
      String key;

      @Override
      public void run() {
        try (var session = at.open();
            var token = session.declareToken(key)) {
          Out.standard(at.json).object(Out.fields("key", token.key(), "declared", true));
          Main.untilSignal(new CountDownLatch(1));
        }
      }
    }

    @Command(name = "sub", description = "Prints tokens that come and go, those there first.")
    static final class Watch implements Runnable {
      @Mixin Main.Help help;
      @Mixin Endpoints at;

      @Option(
          names = {"-k", "--key"},
          required = true)
      String key;

      @Option(names = "--count", paramLabel = "N", description = "Ends after N changes.")
      int count = Integer.MAX_VALUE;

      @Override
      public void run() {
        try (var session = at.open()) {
          printSamples(
              Out.standard(at.json), count, print -> session.subscribeTokens(key, true, print));
        }
      }
    }

    @Command(name = "get", description = "Prints the tokens that are there now.")
    static final class Now implements Runnable {
      @Mixin Main.Help help;
      @Mixin Endpoints at;

      @Option(
          names = {"-k", "--key"},
          required = true)
      String key;

      @Option(names = "--timeout", paramLabel = "T", converter = Words.AsDuration.class)
      Duration timeout = Duration.ofSeconds(5);

      @Override
      public void run() {
        try (var session = at.open()) {
          await(
              timeout, Out.standard(at.json), replies -> session.getTokens(key, timeout, replies));
        }
      }
    }
  }

  @Command(name = "listen", description = "Accepts sessions and routes between them.")
  static final class Listen implements Runnable {
    @Mixin Main.Help help;

    @Option(
        names = {"-e", "--endpoint"},
        required = true,
        paramLabel = "EP")
    String endpoint;

    @Option(names = "--json", description = "One JSON object a line.")
    boolean json;

    @Override
    public void run() {
      var out = Out.standard(json);
      try (var router = Router.listen(RouterConfig.on(endpoint));
          var _ =
              router.onPeer(
                  new Router.PeerListener() {
                    @Override
                    public void opened(Router.Peer peer) {
                      out.object(event("opened", peer, null));
                    }

                    @Override
                    public void closed(Router.Peer peer, String why) {
                      out.object(event("closed", peer, why));
                    }
                  })) {
        out.object(
            Out.fields("event", "ready", "endpoint", router.endpoint(), "zid", router.zid()));
        Main.untilSignal(new CountDownLatch(1));
      }
    }

    private static Map<String, Object> event(String event, Router.Peer peer, String why) {
      return Out.fields(
          "event", event,
          "zid", peer.zid(),
          "whatami", peer.whatami(),
          "remote", String.valueOf(peer.remote()),
          "why", why);
    }
  }

  static byte[] hex(String text) {
    try {
      return HexFormat.of().parseHex(text.replaceAll("[\\s:]", ""));
    } catch (IllegalArgumentException e) {
      throw new WrongUsage("hex: expected pairs of hex digits, found '" + text + "'");
    }
  }

  private static void printSamples(
      Out out, int count, java.util.function.Function<Consumer<Sample>, AutoCloseable> declare) {
    var left = new CountDownLatch(1);
    var seen = new AtomicInteger();
    Consumer<Sample> print =
        sample -> {
          int number = seen.incrementAndGet();
          if (number > count) return;
          print(out, sample);
          if (number == count) left.countDown();
        };
    var declared = declare.apply(print);
    Main.untilSignal(left);
    try {
      declared.close();
    } catch (Exception e) {
      throw new CliFailure("zenoh: not undeclared cleanly: " + e.getMessage());
    }
  }

  private static int await(Duration timeout, Out out, Consumer<Replies> ask) {
    var done = new CountDownLatch(1);
    var answers = new AtomicInteger();
    ask.accept(
        new Replies() {
          @Override
          public void reply(Reply reply) {
            answers.incrementAndGet();
            switch (reply) {
              case Reply.Value(Sample sample, String zid) -> print(out, sample);
              case Reply.Failure failure ->
                  out.object(
                      Out.fields(
                          "error", base64(failure.payload()),
                          "encoding", ZenohEncodings.name(failure.encoding()),
                          "from", failure.sourceZid()));
            }
          }

          @Override
          public void done(boolean timedOut) {
            done.countDown();
          }
        });
    try {
      if (!done.await(timeout.toMillis() + 1000, TimeUnit.MILLISECONDS))
        throw new CliFailure("zenoh: the link gave no end of the answers within " + timeout);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("zenoh: interrupted");
    }
    return answers.get();
  }

  private static void print(Out out, Sample sample) {
    out.object(
        Out.fields(
            "key", sample.key(),
            "kind", sample.kind() == Sample.Kind.PUT ? "put" : "delete",
            "payload", base64(sample.payload() == null ? new byte[0] : sample.payload()),
            "encoding",
                ZenohEncodings.name(sample.encoding() == null ? Encoding.BYTES : sample.encoding()),
            "attachment", base64(sample.attachment()),
            "timestamp", timestamp(sample.timestamp())));
  }

  /** NTP64 (32 bits of seconds since 1970, 32 of fraction) as ISO-8601, and who set it. */
  private static String timestamp(Timestamp stamp) {
    if (stamp == null) return null;
    long seconds = stamp.ntp64() >>> 32;
    long nanos = ((stamp.ntp64() & 0xffff_ffffL) * 1_000_000_000L) >>> 32;
    return Instant.ofEpochSecond(seconds, nanos) + "/" + stamp.zid();
  }

  private static String base64(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }
}
