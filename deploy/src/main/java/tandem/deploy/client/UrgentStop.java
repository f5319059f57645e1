package tandem.deploy.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import tandem.proto.codec.Json;

/**
 * The stop from a command line: the node is asked, and where it has not answered at once every
 * guard of this machine, too. The first acknowledgement counts; nothing that was asked is taken
 * back, since a stop twice is one stop.
 */
public final class UrgentStop {
  private static final Duration AT_ONCE = Duration.ofMillis(100);
  private static final Duration ALL = Duration.ofSeconds(8);
  private static final int FIRST_PORT = 7450;
  private static final int PORTS = 32;

  private UrgentStop() {}

  /**
   * Latches the stop.
   *
   * @param viaNode asks the node; its answer as JSON; fails where it cannot be reached
   * @return the answer of who acknowledged it first, as JSON
   * @throws CliFailure where nobody did: then it is not known whether the robot was stopped
   */
  public static String stop(Supplier<String> viaNode, String robot, String by, String reason) {
    var node = CompletableFuture.supplyAsync(viaNode, Thread::startVirtualThread);
    try {
      return node.get(AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      System.err.println(
          "tandem: the node %s; asking the guards of this machine, too"
              .formatted(
                  e instanceof TimeoutException
                      ? "has not answered within " + AT_ONCE.toMillis() + " ms"
                      : "did not take it: " + e.getCause().getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("interrupted; it is not known whether the robot was stopped");
    }
    return first(node, guards(robot, by, reason), robot);
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
      CompletableFuture<String> node, List<CompletableFuture<String>> guards, String robot) {
    var won = new CompletableFuture<String>();
    var all = new ArrayList<>(guards);
    all.add(node);
    all.forEach(one -> one.thenAccept(won::complete));
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .whenComplete(
            (done, failure) -> won.completeExceptionally(new CliFailure("nobody took it")));
    try {
      return won.get(ALL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      String why = node.isCompletedExceptionally() ? node.exceptionNow().getMessage() : "no answer";
      throw new CliFailure(
          "stop of %s: node: %s; guards on ports %d to %d of this machine: none took it; it is not known whether the robot was stopped"
              .formatted(robot, why, FIRST_PORT, FIRST_PORT + PORTS - 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CliFailure("interrupted; it is not known whether the robot was stopped");
    }
  }
}
