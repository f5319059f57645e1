package tandem.deploy.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import tandem.proto.codec.Json;

/**
 * The stop from a command line: the node is asked, and where no guard has acknowledged it at once
 * every guard of this machine, too. The first acknowledgement of a guard counts, directly or by the
 * node; that the node has noted the stop is none. Nothing that was asked is taken back, since a
 * stop twice is one stop.
 */
public final class UrgentStop {
  private static final Duration AT_ONCE = Duration.ofMillis(100);
  private static final Duration ALL = Duration.ofSeconds(8);
  private static final Duration BETWEEN = Duration.ofMillis(300);
  private static final int FIRST_PORT = 7450;
  private static final int PORTS = 32;

  private UrgentStop() {}

  /**
   * Latches the stop.
   *
   * @param viaNode asks the node, as the same stop each time; its answer as JSON; fails where it
   *     cannot be reached
   * @return the answer of who acknowledged it first, as JSON
   * @throws CliFailure where nobody did: then it is not known whether the robot was stopped
   */
  public static String stop(Supplier<String> viaNode, String robot, String by, String reason) {
    return stop(viaNode, () -> guards(robot, by, reason), robot, ALL);
  }

  static String stop(
      Supplier<String> viaNode,
      Supplier<List<CompletableFuture<String>>> guards,
      String robot,
      Duration within) {
    long deadline = System.nanoTime() + within.toNanos();
    var noted = new AtomicBoolean();
    var node =
        CompletableFuture.supplyAsync(
            () -> confirmed(viaNode, noted, deadline), Thread::startVirtualThread);
    try {
      return node.get(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      System.err.println(
          "tandem: the node %s; asking the guards of this machine, too"
              .formatted(
                  e instanceof TimeoutException
                      ? "has not said within " + AT_ONCE.toMillis() + " ms that a guard has it"
                      : "did not take it: " + e.getCause().getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("interrupted; it is not known whether the robot was stopped");
    }
    return first(node, guards.get(), robot, noted, deadline);
  }

  /** Asks the node until it says that the guard has the stop. */
  private static String confirmed(
      Supplier<String> viaNode, AtomicBoolean noted, long deadlineNanos) {
    while (true) {
      String answer = viaNode.get();
      if (Json.parse(answer) instanceof Map<?, ?> view
          && Boolean.TRUE.equals(view.get("confirmed"))) return answer;
      noted.set(true);
      if (System.nanoTime() - deadlineNanos >= 0)
        throw new CliFailure("has noted the stop, but no guard has acknowledged it");
      LockSupport.parkNanos(BETWEEN.toNanos());
    }
  }

  private static List<CompletableFuture<String>> guards(String robot, String by, String reason) {
    var asked = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < PORTS; i++) {
      String endpoint = "tcp/127.0.0.1:" + (FIRST_PORT + i);
      asked.add(
          CompletableFuture.supplyAsync(
              () -> {
                var reply = GuardDoor.stop(endpoint, robot, by, reason, false);
                if (!reply.getAccepted()) throw new CliFailure(reply.getWhy());
                return Json.print(reply);
              },
              Thread::startVirtualThread));
    }
    return asked;
  }

  private static String first(
      CompletableFuture<String> node,
      List<CompletableFuture<String>> guards,
      String robot,
      AtomicBoolean noted,
      long deadlineNanos) {
    var won = new CompletableFuture<String>();
    var all = new ArrayList<>(guards);
    all.add(node);
    // The end of all is the end of what they told, else the last one's word could come too late.
    CompletableFuture.allOf(
            all.stream()
                .map(one -> one.thenAccept(won::complete))
                .toArray(CompletableFuture[]::new))
        .whenComplete(
            (done, failure) -> won.completeExceptionally(new CliFailure("nobody took it")));
    try {
      return won.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (ExecutionException | TimeoutException e) {
      String none =
          "guards on ports %d to %d of this machine: none took it"
              .formatted(FIRST_PORT, FIRST_PORT + PORTS - 1);
      if (noted.get())
        throw new CliFailure(
            "stop of %s: noted by its twin, but no guard has acknowledged it (%s): it is not known whether the robot was stopped; the twin goes on repeating it; use the hardware stop"
                .formatted(robot, none));
      String why = node.isCompletedExceptionally() ? node.exceptionNow().getMessage() : "no answer";
      throw new CliFailure(
          "stop of %s: node: %s; %s; it is not known whether the robot was stopped"
              .formatted(robot, why, none));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("interrupted; it is not known whether the robot was stopped");
    }
  }
}
