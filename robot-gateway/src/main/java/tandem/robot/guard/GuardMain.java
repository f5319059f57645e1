package tandem.robot.guard;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The guard's process: {@code --robot R [--zenoh-connect EP]... [--zenoh-listen tcp/127.0.0.1:7450]
 * [--state DIR] [--domain 0] [--namespace NS] [--linger SECONDS] [--with-parent PID]}.
 *
 * <p>Prints one line with its endpoint when it serves. Exit 0 after an end that was asked for, 1
 * when it could not start, 2 for wrong arguments.
 */
public final class GuardMain {
  private static final String USAGE =
      "usage: guard --robot R [--zenoh-connect EP]... [--zenoh-listen tcp/127.0.0.1:7450]"
          + " [--state DIR] [--domain 0] [--namespace NS] [--linger SECONDS] [--with-parent PID]";

  private GuardMain() {}

  public static void main(String[] arguments) throws InterruptedException {
    System.exit(run(arguments));
  }

  /** As the process; returns its exit code. */
  public static int run(String[] arguments) throws InterruptedException {
    String robot = null;
    List<String> connect = new ArrayList<>();
    String listen = "tcp/127.0.0.1:7450";
    Path directory = null;
    int domain = 0;
    String namespace = null;
    Duration linger = null;
    long parent = -1;
    Guard.Settings settings;
    try {
      for (int i = 0; i < arguments.length; i += 2) {
        if (i + 1 >= arguments.length) {
          throw new IllegalArgumentException(arguments[i] + ": expected a value, found none");
        }
        String value = arguments[i + 1];
        switch (arguments[i]) {
          case "--robot" -> robot = value;
          case "--zenoh-connect" -> connect.add(value);
          case "--zenoh-listen" -> listen = value;
          case "--state" -> directory = Path.of(value);
          case "--domain" -> domain = Integer.parseInt(value);
          case "--namespace" -> namespace = value;
          case "--linger" -> linger = Duration.ofSeconds(Long.parseLong(value));
          case "--with-parent" -> parent = Long.parseLong(value);
          default -> throw new IllegalArgumentException("unknown option " + arguments[i]);
        }
      }
      if (robot == null) {
        throw new IllegalArgumentException("--robot: expected a name, found none");
      }
      if (directory == null) {
        directory =
            Path.of(System.getProperty("user.home"), ".local", "share", "tandem", "guards", robot);
      }
      settings = new Guard.Settings(robot, connect, listen, directory, domain, namespace, linger);
    } catch (IllegalArgumentException wrong) {
      System.err.println("guard: " + wrong.getMessage() + "\n" + USAGE);
      return 2;
    }
    Guard guard;
    try {
      guard = Guard.start(settings);
    } catch (IOException | RuntimeException failed) {
      System.err.println("guard of " + robot + " not started: " + failed.getMessage());
      return 1;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(guard::close, "guard-end"));
    if (parent >= 0) {
      var watched = ProcessHandle.of(parent);
      if (watched.isEmpty()) {
        guard.close();
        return 0;
      }
      watched.get().onExit().thenRunAsync(guard::close, Thread::startVirtualThread);
    }
    System.out.println(
        "{\"event\":\"ready\",\"role\":\"guard\",\"robot\":\"%s\",\"endpoint\":\"%s\",\"pid\":%d}"
            .formatted(robot, guard.endpoint(), ProcessHandle.current().pid()));
    System.out.flush();
    guard.join();
    return 0;
  }
}
