package tandem.sim.robot;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.ModelCheck;
import tandem.sim.body.Scene;
import tandem.sim.control.Assistance;
import tandem.sim.control.Pushes;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.engine.Engine;
import tandem.sim.engine.EngineException;
import tandem.sim.engine.EngineModel;
import tandem.sim.sense.Eyes;

/**
 * Main class of {@code ./tandem robot}: a simulated humanoid that is an ordinary ROS 2 peer.
 *
 * <p>Prints one line {@code {"event":"ready","robot":"ada"}} on stdout when it steps; everything
 * else goes to the log. Ends on SIGTERM, or with its parent if {@code --with-parent} is given. Exit
 * codes: 0 ended as asked, 1 failed, 2 wrong usage.
 */
public final class DemoRobot {
  private static final Logger LOG = LoggerFactory.getLogger(DemoRobot.class);

  /** Length of a simulation step, s. */
  public static final double STEP_SECONDS = 0.002;

  /** One simulated second. */
  private static final int WARM_UP_STEPS = 500;

  /** How long the first step waits for a link; without one it steps all the same. */
  private static final Duration LINK_PATIENCE = Duration.ofSeconds(3);

  /** Blocks in the built-in scene. */
  private static final int RUBBLE = 60;

  private DemoRobot() {}

  public static void main(String[] arguments) {
    int code = run(arguments);
    if (code != 0) System.exit(code);
  }

  private static int run(String[] arguments) {
    RobotOptions options;
    Pushes pushes;
    try {
      options = RobotOptions.parse(arguments);
      pushes =
          options.push().equals(RobotOptions.PUSH_BY_LINES)
              ? Pushes.none()
              : Pushes.parse(options.push(), options.seed());
    } catch (IllegalArgumentException e) {
      System.err.println("tandem robot: " + e.getMessage() + "; not started");
      System.err.println(RobotOptions.USAGE);
      return 2;
    }
    try {
      simulate(options, pushes);
      return 0;
    } catch (EngineException | IOException e) {
      System.err.println("tandem robot: " + e.getMessage());
      return 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private static void simulate(RobotOptions options, Pushes pushes)
      throws IOException, InterruptedException {
    Humanoid body = Humanoid.standard();
    Scene scene = Scene.rubble(options.seed(), RUBBLE);
    Engine engine = Engine.get();
    EngineModel model =
        options.model().isPresent()
            ? engine.load(options.model().get())
            : engine.compile(body.name(), Mjcf.write(body, scene, STEP_SECONDS, false));
    ModelCheck.require(model, body, STEP_SECONDS);
    var ended = new CountDownLatch(1);
    try (model;
        var robot =
            new SimulatedHumanoid(body, model, STEP_SECONDS, pushes, assistance(options, body));
        var eyes = new Eyes(model, body, scene)) {
      var inbox = new Inbox(RobotLoop::wallNanos);
      var navigator = robot.assistance().map(base -> new Navigator(inbox));
      try (var peers =
          new Peers(options.endpoints(), options.name(), options.domain(), inbox, navigator)) {
        var loop = new RobotLoop(options.name(), robot, eyes, peers, inbox, navigator);
        var hook =
            Thread.ofPlatform()
                .name("robot-end")
                .unstarted(
                    () -> {
                      try {
                        loop.stop();
                        ended.await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    });
        Runtime.getRuntime().addShutdownHook(hook);
        watchParent(options);
        peers.start();
        warmUp(model, body, scene);
        peers.awaitLink(LINK_PATIENCE);
        loop.start();
        if (options.push().equals(RobotOptions.PUSH_BY_LINES)) hearPushes(options.seed(), loop);
        System.out.println("{\"event\":\"ready\",\"robot\":\"" + options.name() + "\"}");
        loop.join();
      }
    } finally {
      ended.countDown();
    }
  }

  private static Optional<Assistance> assistance(RobotOptions options, Humanoid body) {
    return options.assisted() ? Optional.of(new Assistance(body)) : Optional.empty();
  }

  /**
   * Steps and looks as the loop will, in a simulation that is thrown away: the code is compiled
   * before it has to keep time.
   */
  private static void warmUp(EngineModel model, Humanoid body, Scene scene) {
    try (var robot = new SimulatedHumanoid(body, model, STEP_SECONDS, Pushes.none());
        var eyes = new Eyes(model, body, scene)) {
      var silent =
          new Outlet() {
            @Override
            public boolean wanted(Topic topic) {
              return true;
            }

            @Override
            public void publish(Topic topic, byte[] cdr) {}
          };
      new RobotLoop("warm-up", robot, eyes, silent, new Inbox(RobotLoop::wallNanos))
          .rehearse(WARM_UP_STEPS);
    }
  }

  /** Until stdin ends. A line that cannot be meant is told and changes nothing. */
  private static void hearPushes(long seed, RobotLoop loop) {
    Thread.ofPlatform()
        .daemon()
        .name("robot-pushes")
        .start(
            () -> {
              var lines =
                  new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
              try {
                for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                  try {
                    loop.push(Pushes.parse(line.strip(), seed));
                    LOG.info("pushes from now on: {}", line);
                  } catch (IllegalArgumentException e) {
                    LOG.warn("line on stdin: {}; pushes stay as they were", e.getMessage());
                  }
                }
              } catch (IOException e) {
                LOG.warn("stdin: {}; pushes stay as they are", e.getMessage());
              }
            });
  }

  private static void watchParent(RobotOptions options) {
    if (options.parent().isEmpty()) return;
    long pid = options.parent().getAsLong();
    var parent = ProcessHandle.of(pid);
    if (parent.isEmpty()) {
      throw new EngineException("parent process %d is not there; not started".formatted(pid));
    }
    parent
        .get()
        .onExit()
        .thenRun(
            () -> {
              LOG.info("parent process {} ended; so does the robot", pid);
              Thread.ofPlatform().start(() -> System.exit(0));
            });
  }
}
