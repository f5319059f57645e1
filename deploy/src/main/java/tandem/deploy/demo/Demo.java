package tandem.deploy.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.deploy.client.Out;
import tandem.deploy.node.Child;
import tandem.deploy.node.NodeProcess;
import tandem.deploy.node.NodeSettings;
import tandem.deploy.node.OrderlyEnd;
import tandem.deploy.node.Ports;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.Pose;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TwinView;

/**
 * The whole loop on one machine: a node with every role, robots as processes, guards, dreams.
 *
 * <p>Headless, it commands its robots itself, measures for a while, and compares the replay of the
 * journal with the live twin.
 */
public final class Demo {
  private static final Logger LOG = LoggerFactory.getLogger(Demo.class);
  private static final Duration ROBOT_READY = Duration.ofSeconds(60);
  private static final Duration ENOUGH = Duration.ofSeconds(60);
  private static final String OPERATOR = "demo";
  private static final int ATTEMPTS = 5;

  private final Options options;
  private final OrderlyEnd end;
  private final Out out;
  private final List<String> robots = new ArrayList<>();
  private final List<Child> children = new ArrayList<>();
  private NodeProcess node;
  private RobotWitness witness;

  /**
   * What the demo was asked for.
   *
   * @param lasts null: until SIGTERM
   * @param data null: a fresh directory, deleted at the end
   */
  public record Options(
      boolean headless,
      Duration lasts,
      int robots,
      Path data,
      String site,
      Ports ports,
      boolean json,
      long seed,
      Map<String, Object> config) {}

  private Demo(Options options, OrderlyEnd end) {
    this.options = options;
    this.end = end;
    this.out = Out.standard(options.json);
    for (int i = 1; i <= options.robots; i++) robots.add(i == 1 ? "ada" : "ada" + i);
  }

  /** Runs to the end that was asked for; the exit code. */
  public static int run(Options options, OrderlyEnd end) throws IOException {
    return new Demo(options, end).run();
  }

  private int run() throws IOException {
    var ports = withKnownGuardPort(options.ports);
    Path data = options.data != null ? options.data : temporary();
    node =
        NodeProcess.start(
            new NodeSettings(
                "demo",
                NodeProcess.rolesOf("demo"),
                options.site,
                data,
                "tcp/127.0.0.1:" + ports.of("zenoh"),
                List.of(),
                ports,
                true,
                options.config));
    end.first("node", node::close);
    witness = new RobotWitness(node.router().local(), 0);
    end.first("witness", witness::close);
    startRobots(ports);
    if (options.json || options.headless) out.line(node.readyLine());
    else greet();
    for (var robot : robots) awaitLive(robot, ROBOT_READY);
    for (var robot : robots) node.dreamOf(robot);
    if (options.headless) return headless();
    statusLines();
    return 0;
  }

  /**
   * Robots are told where guards listen before guards are started: any free port must be chosen.
   */
  private static Ports withKnownGuardPort(Ports ports) {
    if (ports.of("guard") != 0) return ports;
    var explicit = new LinkedHashMap<>(ports.explicit());
    explicit.put("guard", freePort());
    return new Ports(ports.offset(), explicit);
  }

  private Path temporary() throws IOException {
    Path folder = Files.createTempDirectory("tandem-demo-");
    end.first("temporary data directory", () -> delete(folder));
    return folder;
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    }
  }

  private void startRobots(Ports ports) {
    // Robots connect to the node and to every guard's own listener, so that a guard reaches its
    // robot when the node is dead. Which guard gets which port of the row is not known before.
    var guardEndpoints = new ArrayList<String>();
    for (int i = 0; i < robots.size(); i++)
      guardEndpoints.add("tcp/127.0.0.1:" + ports.of("guard", i));
    for (int i = 0; i < robots.size(); i++) {
      var words = new ArrayList<>(List.of("robot", "--name", robots.get(i)));
      words.addAll(List.of("--zenoh-connect", node.zenohEndpoint()));
      for (var endpoint : guardEndpoints) words.addAll(List.of("--zenoh-connect", endpoint));
      words.addAll(List.of("--seed", Long.toString(options.seed + i)));
      words.addAll(List.of("--with-parent", Long.toString(ProcessHandle.current().pid())));
      var child = Child.start("robot " + robots.get(i), Child.ROBOT, words, line -> {});
      children.add(child);
      end.first(child.name(), () -> child.end(Duration.ofSeconds(3)));
    }
  }

  private void greet() {
    out.line("console      " + node.apiUrl());
    out.line("zenoh        " + node.zenohEndpoint());
    out.line("try          ./tandem twin watch ada --api " + node.apiUrl());
  }

  private void statusLines() {
    var over = new CountDownLatch(1);
    long until =
        options.lasts == null ? Long.MAX_VALUE : System.nanoTime() + options.lasts.toNanos();
    try {
      while (System.nanoTime() < until) {
        if (!options.json) for (var robot : robots) out.line(statusLine(robot));
        if (over.await(options.lasts == null ? 5_000 : 1_000, TimeUnit.MILLISECONDS)) return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String statusLine(String robot) {
    TwinView twin = get(() -> node.twins().show(robot));
    StreamView joints =
        get(() -> node.twins().streams(robot)).stream()
            .filter(stream -> stream.getTopic().endsWith("/joint_states"))
            .findFirst()
            .orElse(StreamView.getDefaultInstance());
    return "%s  %s  %s  age %.0f ms  %.0f Hz  gaps %d"
        .formatted(
            robot,
            twin.getMode(),
            twin.getBody(),
            twin.getAgeMs(),
            joints.getHz(),
            joints.getGaps());
  }

  private int headless() {
    for (var robot : robots) awaitGuard(robot, ENOUGH);
    var before = new LinkedHashMap<String, List<StreamView>>();
    var steps = new LinkedHashMap<String, RobotWitness.Steps>();
    long ready = System.nanoTime() + ENOUGH.toNanos();
    for (var robot : robots)
      steps.put(
          robot,
          witness
              .stepsAfter(robot, null, ready)
              .orElseThrow(
                  () -> new IllegalStateException(robot + " tells no steps on /diagnostics")));
    long from = System.nanoTime();
    for (var robot : robots) before.put(robot, get(() -> node.twins().streams(robot)));
    long until = from + (options.lasts == null ? Duration.ofSeconds(30) : options.lasts).toNanos();

    var reaches = new LinkedHashMap<String, CommandView>();
    for (var robot : robots) {
      command(jointWish(robot));
      reaches.put(robot, command(reachWish(robot)));
    }
    sleepUntil(until);

    double seconds = (System.nanoTime() - from) / 1e9;
    var after = new LinkedHashMap<String, List<StreamView>>();
    for (var robot : robots) after.put(robot, get(() -> node.twins().streams(robot)));
    int code = 0;
    var sorted = new ArrayList<>(robots);
    sorted.sort(Comparator.reverseOrder()); // ada last
    for (var robot : sorted) {
      TwinView live = get(() -> node.twins().show(robot));
      var summary =
          new Summary(
              robot,
              Math.round(seconds * 1000) / 1000.0,
              realTimeFactor(robot, steps.get(robot)),
              before.get(robot),
              after.get(robot),
              reaches.get(robot),
              witness.guard(robot).map(status -> status.getCountersMap()).orElse(Map.of()),
              witness.falls(robot),
              journal(robot, live.getDigest()),
              replay(robot, live));
      for (var problem : summary.problems()) {
        System.err.println("tandem demo: " + robot + ": " + problem);
        code = 1;
      }
      out.line(summary.line());
    }
    return code;
  }

  private double realTimeFactor(String robot, RobotWitness.Steps first) {
    var last =
        witness
            .stepsAfter(
                robot, witness.steps(robot).orElse(null), System.nanoTime() + 3_000_000_000L)
            .or(() -> witness.steps(robot))
            .orElse(first);
    double elapsed = (last.atNanos() - first.atNanos()) / 1e9;
    if (elapsed <= 0) return 0;
    double factor =
        (last.count() - first.count()) * tandem.sim.robot.DemoRobot.STEP_SECONDS / elapsed;
    return Math.round(factor * 1e4) / 1e4;
  }

  /** The left elbow to a place that any stance allows. */
  private CommandRequest jointWish(String robot) {
    return CommandRequest.newBuilder()
        .setRobot(robot)
        .setBy(OPERATOR)
        .setExpiresSeconds(5)
        .setJoint(
            JointGoal.newBuilder()
                .setDurationSeconds(1.5)
                .addTargets(JointTarget.newBuilder().setJoint("left_elbow").setPositionRad(0.8)))
        .build();
  }

  /** The right hand in front of the body. */
  private CommandRequest reachWish(String robot) {
    return CommandRequest.newBuilder()
        .setRobot(robot)
        .setBy(OPERATOR)
        .setExpiresSeconds(5)
        .setReach(
            ReachGoal.newBuilder()
                .setTip("right_hand")
                .setFrame("base_link")
                .setDurationSeconds(3)
                .setPose(
                    Pose.newBuilder().setXMeters(0.3).setYMeters(-0.2).setZMeters(0.1).setQw(1)))
        .build();
  }

  /** Asks as a patient operator does: again, where a busy machine made the samples too old. */
  private CommandView command(CommandRequest wish) {
    CommandView view = null;
    var pause = new CountDownLatch(1);
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      CommandView sent = get(() -> node.twins().command(wish));
      view =
          isFinal(sent)
              ? sent
              : get(() -> node.twins().await(sent.getId(), Duration.ofSeconds(25)));
      LOG.info(
          "{} of {}: {} {}", wish.getGoalCase(), wish.getRobot(), view.getState(), view.getWhy());
      if (!view.getState().equals("refused")) return view;
      try {
        if (pause.await(500, TimeUnit.MILLISECONDS)) return view;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return view;
      }
    }
    return view;
  }

  private static boolean isFinal(CommandView view) {
    return switch (view.getState()) {
      case "created", "accepted", "sent", "executing" -> false;
      default -> true;
    };
  }

  private Summary.Journal journal(String robot, String digest) {
    var verdict = get(() -> node.audit().verify(robot));
    long events = 0;
    long segments = 0;
    for (var line : verdict.lines()) {
      if (Json.parse(line) instanceof Map<?, ?> fields && robot.equals(fields.get("robot"))) {
        events = ((Number) fields.get("events")).longValue();
        segments = ((Number) fields.get("segments")).longValue();
      }
    }
    return new Summary.Journal(events, segments, digest);
  }

  /** The journal folded anew up to the sequence that the live twin had. */
  private Summary.Replay replay(String robot, TwinView live) {
    var replayed = get(() -> node.audit().replay(robot, live.getSequence()));
    String digest =
        Json.parse(replayed) instanceof Map<?, ?> fields
            ? String.valueOf(fields.get("digest"))
            : "";
    return new Summary.Replay(digest, digest.equals(live.getDigest()) && !digest.isEmpty());
  }

  private void awaitLive(String robot, Duration within) {
    until(
        robot + " live",
        within,
        () ->
            get(() -> node.twins().list()).stream()
                .anyMatch(twin -> twin.getRobot().equals(robot) && twin.getMode().equals("live")));
  }

  private void awaitGuard(String robot, Duration within) {
    until(
        "guard of " + robot + " armed and seen by its twin",
        within,
        () -> {
          TwinView twin = get(() -> node.twins().show(robot));
          return twin.getLease().hasGuardSeenMs()
              && twin.getLease().getGuardSeenMs() < 500
              && witness.guard(robot).map(status -> status.getArmed()).orElse(false);
        });
  }

  private void until(String what, Duration within, Supplier<Boolean> holds) {
    long deadline = System.nanoTime() + within.toNanos();
    var pause = new CountDownLatch(1);
    while (!holds.get()) {
      for (var child : children)
        if (!child.alive())
          throw new IllegalStateException(child.name() + " has ended; waiting for " + what);
      if (System.nanoTime() > deadline)
        throw new IllegalStateException(what + ": not within " + within);
      try {
        if (pause.await(50, TimeUnit.MILLISECONDS)) return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for " + what, e);
      }
    }
  }

  private static void sleepUntil(long nanos) {
    try {
      var never = new CountDownLatch(1);
      long left = nanos - System.nanoTime();
      if (left > 0 && never.await(left, TimeUnit.NANOSECONDS)) LOG.debug("woken");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static <T> T get(Supplier<CompletionStage<T>> question) {
    try {
      return question.get().toCompletableFuture().get(40, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException("no answer within 40 s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** A port that nobody has now. */
  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
