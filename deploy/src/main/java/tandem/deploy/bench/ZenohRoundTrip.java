package tandem.deploy.bench;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/**
 * One round trip at a time: put, echo by the other end, answer; through a router. And raw TCP for
 * comparison.
 */
final class ZenohRoundTrip implements Bench {
  private static final int[] SIZES = {8, 64, 8 << 10, 64 << 10, 1 << 20, 6 << 20};
  private static final Qos EXPRESS = new Qos(5, Qos.Congestion.BLOCK, true, true);

  @Override
  public String name() {
    return "zenoh-rtt";
  }

  @Override
  public String about() {
    return "round trips through a router, 8 B to 6 MiB: ours, the real core's, and raw loopback"
        + " TCP";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    var reference = new HashMap<Integer, Double>();
    for (int size : SIZES)
      report(report, reference, "raw-tcp", "none", size, rawTcp(size, seconds));
    var python = CorePeer.python();
    if (python.isPresent()) core(python.get(), seconds, report, reference);
    else
      report.accept(
          line("ends", "core", "missing", "no Python with the real core; ./tandem test makes it"));
    ours("tandem", null, seconds, report, reference);
    if (python.isPresent()) ours("core", python.get(), seconds, report, reference);
  }

  private void core(
      Path python,
      double seconds,
      Consumer<Map<String, Object>> report,
      Map<Integer, Double> reference)
      throws Exception {
    try (var router = ZenohThroughput.RouterUnderTest.start("core", python);
        var pong = CorePeer.start(python, "pong", "--connect", router.endpoint())) {
      pong.await("ready", 20);
      String sizes =
          IntStream.of(SIZES).mapToObj(Integer::toString).collect(Collectors.joining(","));
      try (var ping =
          CorePeer.start(
              python,
              "ping",
              "--connect",
              router.endpoint(),
              "--sizes",
              sizes,
              "--seconds",
              "" + seconds)) {
        ping.await("ready", 20);
        for (int size : SIZES) {
          var line = ping.await("roundTrips", seconds + 30);
          double p50 = ((Number) line.get("p50Micros")).doubleValue();
          reference.put(size, p50);
          report.accept(
              line(
                  "ends",
                  "core",
                  "router",
                  "core",
                  "payloadBytes",
                  size,
                  "roundTrips",
                  line.get("count"),
                  "p50Micros",
                  p50,
                  "p99Micros",
                  line.get("p99Micros")));
        }
      }
    }
  }

  private void ours(
      String routerKind,
      Path python,
      double seconds,
      Consumer<Map<String, Object>> report,
      Map<Integer, Double> reference)
      throws Exception {
    try (var router = ZenohThroughput.RouterUnderTest.start(routerKind, python);
        var far = Session.open(SessionConfig.to(router.endpoint()));
        var near = Session.open(SessionConfig.to(router.endpoint()))) {
      var options = PutOptions.DEFAULT.withQos(EXPRESS);
      var pong = far.declarePublisher("bench/pong", EXPRESS);
      far.declareSubscriber("bench/ping", sample -> pong.put(sample.payload(), options));
      var arrived = new Semaphore(0);
      var stamp = new long[1];
      near.declareSubscriber(
          "bench/pong",
          sample -> {
            stamp[0] = System.nanoTime();
            arrived.release();
          });
      var ping = near.declarePublisher("bench/ping", EXPRESS);
      Waiting.until("both publishers are matched", 10, () -> ping.matched() && pong.matched());
      for (int size : SIZES) {
        var payload = new byte[size];
        var nanos = new long[1 << 20];
        int count = 0;
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < seconds * 1e9 && count < nanos.length) {
          long start = System.nanoTime();
          ping.put(payload, options);
          if (!arrived.tryAcquire(5, TimeUnit.SECONDS))
            throw new IllegalStateException("no answer to " + size + " B within 5 s");
          nanos[count++] = stamp[0] - start;
        }
        report(report, reference, "tandem", routerKind, size, Arrays.copyOf(nanos, count));
      }
    }
  }

  private static long[] rawTcp(int size, double seconds) throws Exception {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var client = new Socket(server.getInetAddress(), server.getLocalPort());
        var accepted = server.accept()) {
      client.setTcpNoDelay(true);
      accepted.setTcpNoDelay(true);
      var echo =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      var bytes = new byte[size];
                      while (accepted.getInputStream().readNBytes(bytes, 0, size) == size)
                        accepted.getOutputStream().write(bytes);
                    } catch (java.io.IOException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      var payload = new byte[size];
      var nanos = new long[1 << 20];
      int count = 0;
      long begin = System.nanoTime();
      while (System.nanoTime() - begin < seconds * 1e9 && count < nanos.length) {
        long start = System.nanoTime();
        client.getOutputStream().write(payload);
        client.getInputStream().readNBytes(payload, 0, size);
        nanos[count++] = System.nanoTime() - start;
      }
      client.shutdownOutput();
      echo.join();
      return Arrays.copyOf(nanos, count);
    }
  }

  private void report(
      Consumer<Map<String, Object>> report,
      Map<Integer, Double> reference,
      String ends,
      String router,
      int size,
      long[] nanos) {
    Arrays.sort(nanos);
    double p50 = nanos[nanos.length / 2] / 1e3;
    var line =
        line(
            "ends", ends,
            "router", router,
            "payloadBytes", size,
            "roundTrips", nanos.length,
            "p50Micros", p50,
            "p99Micros", nanos[Math.min(nanos.length - 1, nanos.length * 99 / 100)] / 1e3);
    if (reference.get(size) != null)
      line.put("p50RatioToCore", Math.rint(100 * p50 / reference.get(size)) / 100);
    report.accept(line);
  }
}
