package tandem.deploy.story;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import tandem.cloud.http.Narration;
import tandem.deploy.client.Out;
import tandem.deploy.drill.Relay;
import tandem.deploy.drill.Stage;
import tandem.deploy.node.Child;
import tandem.deploy.node.NodeProcess;
import tandem.deploy.node.NodeSettings;
import tandem.deploy.node.OrderlyEnd;
import tandem.deploy.node.Ports;
import tandem.robot.guard.Guard;

/**
 * The demo that tells a story: a node with every role in this process, the robot and its guard as
 * processes that belong together, behind one cable; operators at the far end of a slow link.
 *
 * <p>Other than in the plain demo the guard is started here, as on a robot's own computer: robot
 * and guard speak directly, and only the cable leads to the node.
 */
public final class StoryDemo {
  private static final Duration START = Duration.ofSeconds(90);

  /** Time for a person to open the page; the story begins as soon as one is open. */
  private static final Duration OPENED_WITHIN = Duration.ofSeconds(60);

  private static final Relay.Weather FAR =
      new Relay.Weather(Duration.ofMillis(60), Duration.ofMillis(20), 0, Duration.ZERO);

  private final Options options;
  private final OrderlyEnd end;
  private final Out out;

  /**
   * What was asked for.
   *
   * @param headless waits for no viewer, and ends after the last scene
   * @param data null: a fresh directory, deleted at the end
   */
  public record Options(
      boolean headless,
      Path data,
      String site,
      Ports ports,
      boolean json,
      long seed,
      Map<String, Object> config) {}

  private StoryDemo(Options options, OrderlyEnd end) {
    this.options = options;
    this.end = end;
    this.out = Out.standard(options.json);
  }

  /** Plays all; exit code 0 where every scene was seen. */
  public static int run(Options options, OrderlyEnd end) throws IOException {
    return new StoryDemo(options, end).run();
  }

  private int run() throws IOException {
    var scenes = Scenes.all();
    var narration = new Narration(Story.announced(scenes, Scenes.SIMPLIFIED));
    Path data = options.data != null ? options.data : temporary();
    var config = new LinkedHashMap<String, Object>(options.config);
    config.put("tandem.robot.guards.start", "false");
    var node =
        NodeProcess.start(
            new NodeSettings(
                "demo",
                NodeProcess.rolesOf("demo"),
                options.site,
                data,
                "tcp/127.0.0.1:" + options.ports.of("zenoh"),
                List.of(),
                options.ports,
                true,
                config),
            Optional.of(narration));
    end.first("node", node::close);
    var cable = new Relay(port(node.zenohEndpoint()), options.seed);
    end.first("cable", cable::close);
    var link = new Relay(URI.create(node.apiUrl()).getPort(), options.seed);
    link.weather(FAR);
    end.first("operators' link", link::close);
    var robot = robotsSide(cable, data);
    if (options.json || options.headless) out.line(node.readyLine());
    if (!options.headless && !options.json) {
      out.line("console      " + node.apiUrl());
      out.line("the story begins when the page is open");
    }
    int code;
    try (var theatre =
        new Theatre(
            node.apiUrl(), "http://127.0.0.1:" + link.port(), cable, robot, !options.headless)) {
      theatre.awaitTwin("robot live", START, twin -> "live".equals(twin.get("mode")));
      node.dreamOf(Theatre.ROBOT);
      theatre.awaitCommandable();
      if (!options.headless) awaitViewer(node, theatre);
      code = tell(new Story(scenes, theatre, narration));
    }
    if (!options.headless) untilStopped(code);
    return code;
  }

  private int tell(Story story) {
    long from = System.nanoTime();
    var played = story.play();
    double seconds = Math.round((System.nanoTime() - from) / 1e8) / 10.0;
    for (var scene : played) {
      if (options.json) out.line(Out.toJson(scene.fields()));
      else
        out.line(
            "%d %-6s %s (%.1f s): %s"
                .formatted(
                    scene.number(),
                    scene.scene().name(),
                    scene.seen() != null ? "seen" : "NOT SEEN",
                    scene.seconds(),
                    scene.seen() != null ? scene.seen().words() : scene.why()));
    }
    boolean passed = story.passed();
    if (options.json)
      out.line(
          Out.toJson(
              Out.fields(
                  "event",
                  "story",
                  "passed",
                  passed,
                  "scenes",
                  played.size(),
                  "seconds",
                  seconds,
                  "seed",
                  options.seed,
                  "simplified",
                  Scenes.SIMPLIFIED)));
    else out.line((passed ? "all seen, " : "FAILED, ") + seconds + " s");
    return passed ? 0 : 1;
  }

  /** Robot and guard, as on the robot: between them no cable of ours. */
  private Child robotsSide(Relay cable, Path data) throws IOException {
    int listening = options.ports.of("guard") == 0 ? Stage.freePort() : options.ports.of("guard");
    String guardEndpoint = "tcp/127.0.0.1:" + listening;
    String parent = Long.toString(ProcessHandle.current().pid());
    Path state = data.resolve("guards").resolve(Theatre.ROBOT);
    Files.createDirectories(state);
    var guard =
        Child.start(
            "guard",
            Guard.jvmFlags(),
            List.of(
                "guard",
                "--robot",
                Theatre.ROBOT,
                "--zenoh-connect",
                cable.endpoint(),
                "--zenoh-listen",
                guardEndpoint,
                "--state",
                state.toString(),
                "--with-parent",
                parent),
            line -> {});
    end.first("guard", () -> guard.end(Duration.ofSeconds(12)));
    guard.awaitReady(START);
    var words = new ArrayList<>(List.of("robot", "--name", Theatre.ROBOT));
    words.addAll(List.of("--zenoh-connect", cable.endpoint(), "--zenoh-connect", guardEndpoint));
    words.addAll(List.of("--seed", Long.toString(options.seed), "--push", "stdin"));
    words.addAll(List.of("--with-parent", parent));
    var robot = Child.startListening("robot " + Theatre.ROBOT, Child.ROBOT, words, line -> {});
    end.first(robot.name(), () -> robot.end(Duration.ofSeconds(3)));
    robot.awaitReady(START);
    return robot;
  }

  private static void awaitViewer(NodeProcess node, Theatre theatre) {
    long until = System.nanoTime() + OPENED_WITHIN.toNanos();
    while (node.liveClients() == 0 && System.nanoTime() < until)
      theatre.pause(Duration.ofMillis(100));
  }

  /** The page stays as the story left it. */
  private void untilStopped(int code) {
    if (!options.json) out.line("the console stays until Ctrl-C");
    OrderlyEnd.code(code);
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Path temporary() throws IOException {
    Path folder = Files.createTempDirectory("tandem-story-");
    end.first("temporary data directory", () -> delete(folder));
    return folder;
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
    }
  }

  private static int port(String endpoint) {
    return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
  }
}
