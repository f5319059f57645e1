package tandem.twin.site;

import akka.Done;
import akka.actor.Address;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.Cluster;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A node that has nothing but a cluster, in this process or in one of its own. */
final class SiteNode implements AutoCloseable {
  /** Nobody is ever unreachable: whoever is removed was downed by something else, or left. */
  static final Map<String, Object> NO_DETECTOR =
      Map.of("akka.cluster.failure-detector.acceptable-heartbeat-pause", "1h");

  final ActorSystem<Void> system;
  final Cluster cluster;
  private final LifeLines lines;

  private SiteNode(ActorSystem<Void> system, boolean withLines) {
    this.system = system;
    cluster = Cluster.get(system.classicSystem());
    lines = withLines ? LifeLines.begin(system) : null;
  }

  /**
   * Starts one; without a seed it is the first of its site.
   *
   * @param withLines whether it has life lines
   */
  static SiteNode start(Address seed, boolean withLines, Map<String, ?> settings) {
    var node =
        new SiteNode(ActorSystem.create(Behaviors.empty(), "tandem", config(settings)), withLines);
    node.cluster.join(seed == null ? node.cluster.selfAddress() : seed);
    return node;
  }

  private static Config config(Map<String, ?> settings) {
    var own = new HashMap<String, Object>(settings);
    own.putIfAbsent("akka.remote.artery.canonical.hostname", "127.0.0.1");
    own.putIfAbsent("akka.remote.artery.canonical.port", 0);
    own.put("akka.loglevel", "WARNING");
    own.putIfAbsent("akka.coordinated-shutdown.phases.cluster-exiting.timeout", "2s");
    var all = ConfigFactory.parseMap(own).withFallback(ConfigFactory.load());
    return ConfigFactory.parseMap(own)
        .withFallback(SharedSite.akka(all))
        .withFallback(ConfigFactory.parseResources("tandem-akka.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  LifeLines lines() {
    return lines;
  }

  Address address() {
    return cluster.selfAddress();
  }

  /** Its status here; empty where it is no member. */
  Optional<MemberStatus> statusOf(Address address) {
    for (Member member : cluster.state().getMembers()) {
      if (member.address().equals(address)) return Optional.of(member.status());
    }
    return Optional.empty();
  }

  boolean isUp(Address address) {
    return statusOf(address).equals(Optional.of(MemberStatus.up()));
  }

  long members() {
    int count = 0;
    for (Member each : cluster.state().getMembers()) {
      if (each.status().equals(MemberStatus.up())) count++;
    }
    return count;
  }

  @Override
  public void close() {
    system.terminate();
    get(system.getWhenTerminated());
  }

  static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(90, TimeUnit.SECONDS).join();
  }

  /** Waits for the condition; on failure says what was waited for. */
  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) throw new AssertionError("not within 90 s: " + what);
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** A node in a process of its own. */
  static final class Forked implements AutoCloseable {
    final Process process;
    final Address address;
    private final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();

    private Forked(Process process) {
      this.process = process;
      Thread.ofPlatform().daemon().name("forked-" + process.pid()).start(this::listen);
      address = akka.actor.AddressFromURIString.parse(hear("at"));
    }

    static Forked start(Address seed, boolean withLines, Map<String, ?> settings)
        throws IOException {
      var command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "--sun-misc-unsafe-memory-access=allow",
                  "-Xmx256m",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  SiteNode.class.getName(),
                  seed == null ? "-" : seed.toString(),
                  Boolean.toString(withLines)));
      settings.forEach((key, value) -> command.add(key + "=" + value));
      return new Forked(
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
    }

    /** What it says in words is kept, its log goes on to the test's. */
    private void listen() {
      try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          said.add(line);
          System.out.println(process.pid() + ": " + line);
        }
      } catch (IOException e) {
        System.out.println(process.pid() + " is not heard any more: " + e);
      }
      said.add("");
    }

    /** What it says after this word; waits for the word. */
    String hear(String word) {
      try {
        while (true) {
          String line = said.poll(90, TimeUnit.SECONDS);
          if (line == null) throw new AssertionError("not within 90 s: a node that says " + word);
          if (line.isEmpty()) throw new AssertionError("it ended before it said: " + word);
          if (line.startsWith(word + " ")) return line.substring(word.length() + 1);
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    void say(String word) throws IOException {
      process.getOutputStream().write((word + "\n").getBytes());
      process.getOutputStream().flush();
    }

    /** A pause is waited for: the process may go on for a moment after the signal. */
    void signal(String signal) throws Exception {
      new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
      if (signal.equals("-STOP")) await("paused", this::isPaused);
    }

    private boolean isPaused() {
      try {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        return stat.charAt(stat.lastIndexOf(')') + 2) == 'T';
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() {
      process.toHandle().destroyForcibly();
      get(process.onExit());
    }
  }

  /** Arguments: seed or -, life lines or not, settings as key=value. Listens to stdin. */
  public static void main(String[] arguments) throws Exception {
    var settings = new HashMap<String, Object>();
    for (String each : List.of(arguments).subList(2, arguments.length)) {
      String[] pair = each.split("=", 2);
      settings.put(pair[0], pair[1]);
    }
    Address seed =
        arguments[0].equals("-") ? null : akka.actor.AddressFromURIString.parse(arguments[0]);
    var node = start(seed, Boolean.parseBoolean(arguments[1]), settings);
    System.out.println("at " + node.address());
    node.cluster.registerOnMemberUp(() -> System.out.println("up now"));
    node.system.getWhenTerminated().thenRun(() -> System.exit(0));
    try (var orders = new BufferedReader(new InputStreamReader(System.in))) {
      for (String line = orders.readLine(); line != null; line = orders.readLine()) {
        switch (line) {
          case "leave" -> node.cluster.leave(node.address());
          case "leave-and-hang" -> {
            CoordinatedShutdown.get(node.system.classicSystem())
                .addTask(
                    CoordinatedShutdown.PhaseClusterExiting(),
                    "hang",
                    () -> {
                      System.out.println("hanging now");
                      return new CompletableFuture<Done>();
                    });
            node.cluster.leave(node.address());
          }
          default -> throw new IllegalArgumentException(line);
        }
      }
    }
    System.exit(3); // whoever started it is gone
  }
}
