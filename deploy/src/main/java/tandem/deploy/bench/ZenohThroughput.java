package tandem.deploy.bench;

import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/**
 * Messages a second from a publisher through a router to a subscriber, ours and the real core's in
 * each place.
 */
final class ZenohThroughput implements Bench {
  private static final int[] SIZES = {8, 64, 1 << 10, 8 << 10, 64 << 10, 1 << 20, 6 << 20};
  private static final String KEY = "bench/throughput";
  private static final long SKIPPED_NANOS = 200_000_000;

  @Override
  public String name() {
    return "zenoh-throughput";
  }

  @Override
  public String about() {
    return "publisher, router and subscriber on loopback, 8 B to 6 MiB: ours, the real core's, and"
        + " mixed";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    var python = CorePeer.python();
    var reference = new HashMap<Integer, Double>();
    if (python.isPresent()) {
      core(python.get(), "core", seconds, report, reference);
      core(python.get(), "tandem", seconds, report, reference);
    } else {
      report.accept(
          line(
              "publisher",
              "core",
              "missing",
              "no Python with the real core; ./tandem test makes it"));
    }
    ours("tandem", null, seconds, report, reference);
    if (python.isPresent()) ours("core", python.get(), seconds, report, reference);
  }

  /** Publisher and subscriber of the core, around our router or its own. */
  private void core(
      Path python,
      String routerKind,
      double seconds,
      Consumer<Map<String, Object>> report,
      Map<Integer, Double> reference)
      throws Exception {
    try (var router = RouterUnderTest.start(routerKind, python);
        var subscriber = CorePeer.start(python, "sub", "--connect", router.endpoint())) {
      subscriber.await("ready", 20);
      String sizes =
          IntStream.of(SIZES).mapToObj(Integer::toString).collect(Collectors.joining(","));
      try (var publisher =
          CorePeer.start(
              python,
              "pub",
              "--connect",
              router.endpoint(),
              "--sizes",
              sizes,
              "--seconds",
              "" + seconds)) {
        publisher.await("ready", 20);
        for (int size : SIZES) {
          long sent = ((Number) publisher.await("sent", seconds + 30).get("sent")).longValue();
          var received = subscriber.await("received", 30);
          double rate =
              ((Number) received.get("counted")).doubleValue()
                  / ((Number) received.get("seconds")).doubleValue();
          long lost = sent - ((Number) received.get("received")).longValue();
          report(report, reference, "core", routerKind, size, rate, lost);
        }
      }
    }
  }

  /** Publisher and subscriber of ours, around our router or the core's. */
  private void ours(
      String routerKind,
      Path python,
      double seconds,
      Consumer<Map<String, Object>> report,
      Map<Integer, Double> reference)
      throws Exception {
    try (var router = RouterUnderTest.start(routerKind, python);
        var receiving = Session.open(SessionConfig.to(router.endpoint()));
        var sending = Session.open(SessionConfig.to(router.endpoint()))) {
      var received = new AtomicLong();
      receiving.declareSubscriber(KEY, sample -> received.lazySet(received.getPlain() + 1));
      try (var publisher = sending.declarePublisher(KEY, Qos.DATA_BLOCK)) {
        var options = PutOptions.DEFAULT.withQos(Qos.DATA_BLOCK);
        Waiting.until("the publisher is matched", 10, publisher::matched);
        for (int size : SIZES) {
          var payload = new byte[size];
          long before = received.get();
          long begin = System.nanoTime(), since = 0, counted = 0, sent = 0, now = begin;
          for (; now - begin < seconds * 1e9; now = System.nanoTime()) {
            publisher.put(payload, options);
            sent++;
            if (since == 0 && now - begin > SKIPPED_NANOS) {
              since = now;
              counted = received.get();
            }
          }
          double rate = (received.get() - counted) / ((now - since) / 1e9);
          long expected = before + sent;
          Waiting.until(
              "all " + sent + " of " + size + " B arrived", 20, () -> received.get() >= expected);
          report(report, reference, "tandem", routerKind, size, rate, expected - received.get());
        }
      }
    }
  }

  private void report(
      Consumer<Map<String, Object>> report,
      Map<Integer, Double> reference,
      String ends,
      String router,
      int size,
      double rate,
      long lost) {
    if (ends.equals("core") && router.equals("core")) reference.put(size, rate);
    var line =
        line(
            "publisher", ends,
            "router", router,
            "subscriber", ends,
            "payloadBytes", size,
            "messagesPerSecond", Math.rint(rate),
            "megabytesPerSecond", Math.rint(rate * size / 1e4) / 100,
            "lost", lost);
    if (reference.get(size) != null)
      line.put("ratioToCore", Math.rint(100 * rate / reference.get(size)) / 100);
    report.accept(line);
  }

  /** A router of ours or of the core. */
  record RouterUnderTest(String endpoint, Runnable end) implements AutoCloseable {
    static RouterUnderTest start(String kind, Path python) throws Exception {
      if (kind.equals("tandem")) {
        var router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
        return new RouterUnderTest(router.endpoint(), router::close);
      }
      int port;
      try (var socket = new ServerSocket(0)) {
        port = socket.getLocalPort();
      }
      String endpoint = "tcp/127.0.0.1:" + port;
      var router = CorePeer.start(python, "router", "--listen", endpoint);
      router.await("ready", 20);
      return new RouterUnderTest(endpoint, router::close);
    }

    @Override
    public void close() {
      end.run();
    }
  }
}
