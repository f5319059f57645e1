package tandem.deploy.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.node.Child;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.LeaseRequest;
import tandem.robot.inbound.GatewaySettings;
import tandem.twin.journal.JournalDatabase;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/**
 * What a command passes in earnest: an edge with its embedded journal on disk, its guard process
 * and a demo robot, each a process of its own, on a data directory that goes away with {@link
 * #close}. For one thread.
 */
final class CommandedEdge implements AutoCloseable {
  static final String ROBOT = "bench";
  static final String PERSON = "bench";

  /** A node that has just started compiles itself on both cores; what counts is one that runs. */
  static final double WARM_SECONDS = 40;

  /** More a second than an operator's hand gives, and few enough not to queue behind each other. */
  static final int PER_SECOND = 20;

  /** Enough of them for a hundredth. */
  static final double AT_LEAST_SECONDS = 20;

  private static final Duration START = Duration.ofSeconds(90);
  private static final Duration FIGURES = Duration.ofSeconds(5);
  private static final String JOINT = "left_elbow";
  private final Path data = Files.createTempDirectory("tandem-bench-command-");
  private final AtomicReference<GuardStatus> guard = new AtomicReference<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private final URI metrics;
  private Child edge;
  private Child robot;
  private Session session;
  final Api api;

  /** Writes that were synced to disk since the start, by whom they were. */
  record Syncs(double journal, double guardState, double guardLog) {
    Syncs since(Syncs before) {
      return new Syncs(
          journal - before.journal, guardState - before.guardState, guardLog - before.guardLog);
    }
  }

  /** Returns when the robot takes commands of {@link #PERSON}, who holds its lease. */
  CommandedEdge() throws IOException {
    try {
      var words = new ArrayList<>(List.of("edge", "--data", data.toString()));
      for (var port : List.of("zenoh", "api", "guard", "management", "artery"))
        words.addAll(List.of("--port", port + "=0"));
      edge = Child.start("edge", Child.EDGE, words, line -> {});
      var ports = (Map<?, ?>) edge.awaitReady(START).get("ports");
      String zenoh = "tcp/127.0.0.1:" + ports.get("zenoh");
      metrics = URI.create("http://127.0.0.1:" + ports.get("management") + "/metrics");
      robot = robot(zenoh);
      api = new Api("http://127.0.0.1:" + ports.get("api"));
      session = Session.open(SessionConfig.to(zenoh));
      session.declareSubscriber(
          "tandem/guard/" + ROBOT + "/status", sample -> heard(sample.payload()));
      var why = new AtomicReference<>("it was never asked");
      try {
        Waiting.until("the robot can be commanded", START.toSeconds(), () -> commandable(why));
      } catch (IllegalStateException never) {
        throw new IllegalStateException(never.getMessage() + "; last: " + why.get(), never);
      }
    } catch (RuntimeException failed) {
      close();
      throw failed;
    }
  }

  private static Child robot(String zenoh) {
    return Child.start(
        "robot",
        Child.ROBOT,
        List.of(
            "robot",
            "--name",
            ROBOT,
            "--seed",
            "1",
            "--push",
            "none",
            "--zenoh-connect",
            zenoh,
            "--with-parent",
            Long.toString(ProcessHandle.current().pid())),
        line -> {});
  }

  private void heard(byte[] status) {
    try {
      guard.set(GuardStatus.parseFrom(status));
    } catch (InvalidProtocolBufferException malformed) {
      throw new IllegalStateException("the guard's status is no GuardStatus", malformed);
    }
  }

  private boolean commandable(AtomicReference<String> why) {
    if (!robot.alive()) throw new IllegalStateException("the robot has ended");
    try {
      lease(LeaseRequest.newBuilder().setAction("acquire").setBy(PERSON).setForSeconds(600));
      var view = move(0.3);
      why.set(String.valueOf(view.get("why")));
      return view.get("times") instanceof Map<?, ?> times && times.get("guardAccepted") != null;
    } catch (CliFailure | Api.Unreachable notYet) {
      why.set(notYet.getMessage());
      return false;
    }
  }

  /** The lease as it is then. */
  Map<?, ?> lease(LeaseRequest.Builder request) {
    return (Map<?, ?>) Json.parse(api.post("/api/twins/" + ROBOT + "/lease", Json.print(request)));
  }

  /** A command of {@link #PERSON}; its view when it was sent, or is final. */
  Map<?, ?> move(double toRad) {
    var goal =
        JointGoal.newBuilder()
            .setDurationSeconds(2)
            .addTargets(JointTarget.newBuilder().setJoint(JOINT).setPositionRad(toRad));
    var request = CommandRequest.newBuilder().setBy(PERSON).setExpiresSeconds(2).setJoint(goal);
    return (Map<?, ?>)
        Json.parse(api.post("/api/twins/" + ROBOT + "/commands", Json.print(request)));
  }

  /** Counted up to now: the guard tells its own ten times a second, so this waits for it twice. */
  Syncs syncs() {
    for (int i = 0; i < 2; i++) {
      var before = guard.get();
      Waiting.until("a status of the guard", 10, () -> guard.get() != before);
    }
    var counters = guard.get().getCountersMap();
    return new Syncs(
        metric("tandem_journal_commits"),
        counters.getOrDefault("stateSyncs", 0L),
        counters.getOrDefault("logSyncs", 0L));
  }

  private double metric(String name) {
    try {
      var answer =
          http.send(
              HttpRequest.newBuilder(metrics).timeout(FIGURES).build(),
              HttpResponse.BodyHandlers.ofString());
      return answer
          .body()
          .lines()
          .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException(metrics + " shows no " + name));
    } catch (IOException e) {
      throw new IllegalStateException(metrics + " not answered", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + metrics + " was asked", e);
    }
  }

  /** Does it {@link #PER_SECOND} times a second; one that takes longer makes the next ones late. */
  static void paced(double seconds, IntConsumer once) {
    long begin = System.nanoTime();
    for (int i = 0; i < seconds * PER_SECOND; i++) {
      long due = begin + i * (1_000_000_000L / PER_SECOND);
      Waiting.until("the next one's time", 2, () -> System.nanoTime() - due >= 0);
      once.accept(i);
    }
  }

  /** As fast as they go, until a new node has compiled what it runs. */
  static void warm(IntConsumer once) {
    long end = System.nanoTime() + (long) (WARM_SECONDS * 1e9);
    for (int i = 0; System.nanoTime() < end; i++) once.accept(i);
  }

  static double percentile(List<Double> values, double share) {
    var sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int index = (int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length));
    return Math.rint(sorted[index] * 1000) / 1000;
  }

  static double each(double count, int of) {
    return Math.rint(count / of * 100) / 100;
  }

  /** Where its journal is. */
  Path journal() {
    return JournalDatabase.fileIn(data).getParent();
  }

  /** The guard's process. */
  long guardPid() throws IOException {
    var file = data.resolve(GatewaySettings.GUARDS).resolve(ROBOT).resolve("guard.pid");
    return Long.parseLong(Files.readString(file).strip());
  }

  /** The guard's newest word about itself. */
  GuardStatus guardStatus() {
    return guard.get();
  }

  @Override
  public void close() throws IOException {
    http.shutdownNow();
    if (api != null) api.close();
    if (session != null) session.close();
    if (robot != null) robot.close();
    if (edge != null) edge.close();
    BenchNode.delete(data);
  }
}
