package tandem.robot.outbound;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.robot.guard.Guard;
import tandem.robot.inbound.GatewaySettings;

/**
 * The guard processes of an edge: one per robot. A guard that survived this process's predecessor
 * is found again by the lock in its state directory, and no second one is started. Used by one
 * thread, except {@link #close}.
 */
final class GuardProcesses implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuardProcesses.class);
  private static final String CONNECTED = "guard.connect";
  private static final int PORTS_TRIED = 50;
  private static final long RESTART_MILLIS = 1_000;
  private static final Duration END = Duration.ofSeconds(12);

  private final GatewaySettings.Guards settings;
  private final ScheduledExecutorService executor;
  private final Map<String, ProcessHandle> running = new HashMap<>();
  private volatile boolean closing;

  /**
   * @param executor on which everything here runs
   */
  GuardProcesses(GatewaySettings.Guards settings, ScheduledExecutorService executor) {
    this.settings = settings;
    this.executor = executor;
  }

  Path directory(String robot) {
    return settings.directory().resolve(robot);
  }

  /**
   * Starts the robot's guard, unless one runs.
   *
   * @param endpoint the router on which this node and the robot meet: our own, or a foreign one
   */
  void ensure(String robot, String namespace, int domain, String endpoint) {
    ProcessHandle known;
    synchronized (running) {
      known = running.get(robot);
    }
    if (closing || known != null && known.isAlive()) {
      return;
    }
    try {
      Path directory = directory(robot);
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      if (isLocked(directory)) {
        found(robot, namespace, domain, endpoint, directory);
      } else {
        start(robot, namespace, domain, endpoint, directory);
      }
    } catch (IOException failed) {
      LOG.error(
          "robot {}: guard not started: {}; the robot is not commanded; tried again",
          robot,
          failed.toString());
      again(robot, namespace, domain, endpoint);
    }
  }

  private void again(String robot, String namespace, int domain, String endpoint) {
    if (!closing) {
      executor.schedule(
          () -> ensure(robot, namespace, domain, endpoint), RESTART_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private static boolean isLocked(Path directory) throws IOException {
    Path file = directory.resolve("guard.lock");
    if (!Files.exists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (OverlappingFileLockException inThisProcess) {
      return true;
    }
  }

  private void found(String robot, String namespace, int domain, String endpoint, Path directory)
      throws IOException {
    Optional<ProcessHandle> survivor = pid(directory).flatMap(ProcessHandle::of);
    if (survivor.isEmpty()) {
      again(robot, namespace, domain, endpoint);
      return;
    }
    Path connected = directory.resolve(CONNECTED);
    boolean ours = Files.exists(connected) && Files.readString(connected).equals(endpoint);
    ProcessHandle guard = survivor.get();
    String version = version(directory);
    if (!version.equals(Guard.VERSION)) {
      LOG.warn(
          "robot {}: its guard, process {}, is of version {}, this node of {}; it is asked to end,"
              + " and one of ours is started once the robot is still",
          robot,
          guard.pid(),
          version,
          Guard.VERSION);
      guard.destroy();
      again(robot, namespace, domain, endpoint);
    } else if (ours) {
      LOG.info("robot {}: its guard is still there, process {}", robot, guard.pid());
      watch(robot, namespace, domain, endpoint, guard);
    } else {
      LOG.warn(
          "robot {}: its guard, process {}, knows this node at another endpoint; it is asked to"
              + " end",
          robot,
          guard.pid());
      guard.destroy();
      again(robot, namespace, domain, endpoint);
    }
  }

  private static String version(Path directory) throws IOException {
    Path file = directory.resolve(Guard.VERSION_FILE);
    return Files.exists(file) ? Files.readString(file).strip() : "unknown";
  }

  private static Optional<Long> pid(Path directory) throws IOException {
    Path file = directory.resolve("guard.pid");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Long.parseLong(Files.readString(file).strip()));
    } catch (NumberFormatException torn) {
      return Optional.empty();
    }
  }

  private void start(String robot, String namespace, int domain, String endpoint, Path directory)
      throws IOException {
    List<String> realTime = RealTime.launcher();
    List<String> command = new ArrayList<>(realTime);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Guard.jvmFlags());
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "tandem.robot.guard.GuardMain",
            "--robot",
            robot,
            "--zenoh-connect",
            endpoint,
            "--zenoh-listen",
            "tcp/127.0.0.1:" + freePort(),
            "--state",
            directory.toString(),
            "--domain",
            Integer.toString(domain),
            "--namespace",
            namespace));
    if (settings.linger() != null) {
      command.addAll(List.of("--linger", Long.toString(settings.linger().toSeconds())));
    }
    if (settings.withParent()) {
      command.addAll(List.of("--with-parent", Long.toString(ProcessHandle.current().pid())));
    }
    Files.writeString(directory.resolve(CONNECTED), endpoint);
    Path output = directory.resolve("guard.out");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(output.toFile()))
            .start();
    process.getOutputStream().close();
    LOG.info(
        "robot {}: guard started, process {}, {}",
        robot,
        process.pid(),
        realTime.isEmpty()
            ? "which waits for a core as all others do (no right to SCHED_RR)"
            : "before all others at a core (SCHED_RR)");
    watch(robot, namespace, domain, endpoint, process.toHandle());
  }

  private void watch(
      String robot, String namespace, int domain, String endpoint, ProcessHandle guard) {
    synchronized (running) {
      running.put(robot, guard);
    }
    guard
        .onExit()
        .thenRun(
            () -> {
              if (!closing) {
                LOG.warn(
                    "robot {}: its guard, process {}, ended; started again", robot, guard.pid());
                again(robot, namespace, domain, endpoint);
              }
            });
  }

  /** The first port from the configured one on that nobody listens on; 0: any. */
  private int freePort() {
    for (int i = 0; settings.firstPort() != 0 && i < PORTS_TRIED; i++) {
      int port = settings.firstPort() + i;
      try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return probe.getLocalPort();
      } catch (IOException taken) {
        LOG.debug("port {} is taken: {}", port, taken.getMessage());
      }
    }
    return 0;
  }

  /** Asks every guard to end, and waits until they have: each brings its robot to rest first. */
  @Override
  public void close() {
    closing = true;
    List<ProcessHandle> guards;
    synchronized (running) {
      guards = List.copyOf(running.values());
    }
    guards.forEach(ProcessHandle::destroy);
    long end = System.nanoTime() + END.toNanos();
    for (ProcessHandle guard : guards) {
      try {
        guard.onExit().get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      } catch (java.util.concurrent.ExecutionException
          | java.util.concurrent.TimeoutException late) {
        LOG.warn("guard process {} has not ended within {} s", guard.pid(), END.toSeconds());
      }
    }
  }
}
