package tandem.deploy.drill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.Supplier;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.node.Child;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.LeaseRequest;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;
import tandem.sim.robot.DemoRobot;

/**
 * Processes and places of one drill. Everything that was started ends with it, newest first; the
 * directory is deleted. One thread.
 */
public final class Stage implements AutoCloseable {
  static final Duration START = Duration.ofSeconds(90);
  private static final Duration STEP = Duration.ofMillis(5);
  private static final int ATTEMPTS = 20;

  private final long seed;
  private final boolean brief;
  private final Path folder;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final CountDownLatch never = new CountDownLatch(1);

  /**
   * @param brief a tenth of every repetition and of long times
   */
  Stage(long seed, boolean brief) throws IOException {
    this.brief = brief;
    this.seed = seed;
    this.folder = Files.createTempDirectory("tandem-drill-");
  }

  /** A stage beside this one, with the same seed. */
  Stage another() throws IOException {
    return new Stage(seed, brief);
  }

  long seed() {
    return seed;
  }

  /** So many, or a tenth of it in a brief run. */
  int times(int full) {
    return brief ? Math.max(1, full / 10) : full;
  }

  /** Ports of a node that keeps them over restarts. */
  record Place(Path data, int zenoh, int api, int guard) {
    String zenohEndpoint() {
      return "tcp/127.0.0.1:" + zenoh;
    }

    String guardEndpoint() {
      return "tcp/127.0.0.1:" + guard;
    }
  }

  Place place(String name) {
    return new Place(folder.resolve(name), freePort(), freePort(), freePort());
  }

  /** An edge at a place, serving. */
  Child edge(Place at, String... more) {
    var words =
        new ArrayList<>(
            List.of(
                "edge",
                "--data",
                at.data.toString(),
                "--port",
                "zenoh=" + at.zenoh,
                "--port",
                "api=" + at.api,
                "--port",
                "guard=" + at.guard,
                "--port",
                "management=0",
                "--port",
                "artery=0"));
    words.addAll(List.of(more));
    var child = Child.start("edge", Child.EDGE, words, line -> {});
    open.push(child);
    child.awaitReady(START);
    return child;
  }

  /** A demo robot on these endpoints, with no pushes. */
  Child robot(String name, String... endpoints) {
    return robot(name, List.of("--push", "none"), endpoints);
  }

  /** A demo robot with options of its own on these endpoints. */
  Child robot(String name, List<String> options, String... endpoints) {
    var words = new ArrayList<>(List.of("robot", "--name", name, "--seed", Long.toString(seed)));
    words.addAll(options);
    for (var endpoint : endpoints) words.addAll(List.of("--zenoh-connect", endpoint));
    words.addAll(List.of("--with-parent", Long.toString(ProcessHandle.current().pid())));
    var child = Child.start("robot " + name, Child.ROBOT, words, line -> {});
    open.push(child);
    return child;
  }

  /** The API of an edge. */
  Api api(Place at) {
    var api = new Api("http://127.0.0.1:" + at.api);
    open.push(api);
    return api;
  }

  /** A scene with nothing in it but floor, for {@code --model} of a robot. */
  Path emptyScene() throws IOException {
    return Files.writeString(
        folder.resolve("empty.xml"),
        Mjcf.write(Humanoid.standard(), Scene.empty(), DemoRobot.STEP_SECONDS, false));
  }

  /** Something else that ends with the drill. */
  <T extends AutoCloseable> T keep(T part) {
    open.push(part);
    return part;
  }

  @SuppressWarnings("unchecked")
  public static Map<String, Object> object(String json) {
    return (Map<String, Object>) Json.parse(json);
  }

  /** A value behind names, null where there is none. */
  public static Object at(Map<String, Object> object, String... path) {
    Object value = object;
    for (var name : path) value = value instanceof Map<?, ?> map ? map.get(name) : null;
    return value;
  }

  public static Map<String, Object> twin(Api api, String robot) {
    return object(api.get("/api/twins/" + robot));
  }

  /** The measured angle of a joint, rad; NaN where the twin has none. */
  public static double joint(Map<String, Object> twin, String joint) {
    if (!(at(twin, "joints", "names") instanceof List<?> names)) return Double.NaN;
    int index = names.indexOf(joint);
    return index < 0
        ? Double.NaN
        : ((Number) ((List<?>) at(twin, "joints", "positionsRad")).get(index)).doubleValue();
  }

  /** Waits until the twin is as wanted; how long it took, in seconds. */
  double awaitTwin(
      Api api, String robot, String what, Duration within, Predicate<Map<String, Object>> wanted) {
    var last = new java.util.concurrent.atomic.AtomicReference<Object>("nothing");
    try {
      return await(
          what,
          within,
          () -> {
            try {
              var twin = twin(api, robot);
              last.set(
                  Out.fields(
                      "mode",
                      twin.get("mode"),
                      "lease",
                      twin.get("lease"),
                      "stop",
                      twin.get("stop")));
              return wanted.test(twin);
            } catch (CliFailure | Api.Unreachable e) {
              last.set(e.getMessage());
              return false;
            }
          });
    } catch (IllegalStateException e) {
      throw new IllegalStateException(e.getMessage() + "; last seen: " + last.get(), e);
    }
  }

  /** Gives a person the lease for ten minutes, or ten more. */
  void lease(Api api, String robot, String by) {
    api.post(
        "/api/twins/" + robot + "/lease",
        Json.print(
            LeaseRequest.newBuilder()
                .setRobot(robot)
                .setAction("acquire")
                .setBy(by)
                .setForSeconds(600)));
  }

  /** Sends a signal to a process of this drill. */
  static void signal(String which, long pid) {
    try {
      int code =
          new ProcessBuilder("kill", which, Long.toString(pid)).inheritIO().start().waitFor();
      if (code != 0)
        throw new IllegalStateException("signal " + which + " to process " + pid + " failed");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Live, and its guard is heard. */
  void awaitCommandable(Api api, String robot) {
    awaitTwin(
        api,
        robot,
        robot + " live with its guard",
        START,
        twin ->
            "live".equals(twin.get("mode"))
                && at(twin, "lease", "guardSeenMs") instanceof Number seen
                && seen.doubleValue() < 500);
  }

  /** Asks for a joint motion; again, where a busy machine made the newest sample too old. */
  Map<String, Object> move(
      Api api, String robot, String by, String joint, double to, double seconds) {
    var wish =
        Json.print(
            CommandRequest.newBuilder()
                .setRobot(robot)
                .setBy(by)
                .setExpiresSeconds(2)
                .setJoint(
                    JointGoal.newBuilder()
                        .setDurationSeconds(seconds)
                        .addTargets(JointTarget.newBuilder().setJoint(joint).setPositionRad(to))));
    Map<String, Object> view = Map.of();
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      view = object(api.post("/api/twins/" + robot + "/commands", wish));
      if (!isForNow(view)) return view;
      pause(Duration.ofMillis(100));
    }
    return view;
  }

  /**
   * Asks {@code ada} for it; again, while that is refused for now only: a push keeps what was
   * before from coming to its end.
   *
   * @param goal field of the request, JSON
   */
  Map<String, Object> taken(Api api, String by, String goal) {
    var taken = new AtomicReference<Map<String, Object>>();
    await(
        goal + " to be taken",
        Duration.ofSeconds(20),
        () -> {
          taken.set(
              object(
                  api.post(
                      "/api/twins/ada/commands",
                      "{\"robot\":\"ada\",\"by\":\"%s\",\"expiresSeconds\":2,%s}"
                          .formatted(by, goal))));
          return !isForNow(taken.get());
        });
    if ("refused".equals(taken.get().get("state")))
      throw new IllegalStateException(goal + " was not taken: " + taken.get().get("why"));
    return taken.get();
  }

  /**
   * A refusal that ends by itself: on a busy machine the newest sample was too old (for the twin or
   * for the guard), the guard has not been told the profile yet, or what the holder before left
   * moving comes to hold first.
   */
  public static boolean isForNow(Map<String, Object> command) {
    String why = String.valueOf(command.get("why"));
    return why.contains("newest sample: expected within")
        || why.contains("was last measured")
        || "tandem.guard.not-measured".equals(command.get("code"))
        || "tandem.guard.no-profile".equals(command.get("code"))
        || "tandem.guard.busy".equals(command.get("code"));
  }

  /** Waits for a condition; seconds until it held. */
  double await(String what, Duration within, Supplier<Boolean> holds) {
    long from = System.nanoTime();
    while (!holds.get()) {
      if (System.nanoTime() - from > within.toNanos())
        throw new IllegalStateException(what + ": not within " + within);
      pause(STEP);
    }
    return (System.nanoTime() - from) / 1e9;
  }

  /** Lets time pass in which nothing may happen. */
  void pause(Duration time) {
    try {
      if (never.await(time.toNanos(), TimeUnit.NANOSECONDS))
        throw new IllegalStateException("nobody opens this latch");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  public static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    for (var part = open.poll(); part != null; part = open.poll()) {
      try {
        part.close();
      } catch (Exception e) {
        System.err.println("tandem drill: not closed cleanly: " + e);
      }
    }
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    }
  }
}
