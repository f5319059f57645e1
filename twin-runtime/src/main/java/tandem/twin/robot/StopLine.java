package tandem.twin.robot;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.Stop;

/**
 * The shortest way of a stop: from the caller's thread to the guard, without journal, lease or
 * mailbox, and again every 50 ms until the guard acknowledges it. It works while the twin itself is
 * down. Thread-safe.
 */
public final class StopLine implements AutoCloseable {
  private static final long REPEAT_MILLIS = 50;
  private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final class Running {
    private final String robot;
    private final GuardRequest request;
    private final long sinceNanos = System.nanoTime();
    private final CompletableFuture<GuardReply> acknowledged = new CompletableFuture<>();

    private Running(String robot, GuardRequest request) {
      this.robot = robot;
      this.request = request;
    }
  }

  private final GuardPorts ports;
  private final BiConsumer<String, String> onAcknowledged;
  private final Map<String, Running> running = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> Thread.ofPlatform().daemon().name("tandem-stop-line").unstarted(task));

  /**
   * @param onAcknowledged told robot and request id once the guard has the stop; must not block
   */
  public StopLine(GuardPorts ports, BiConsumer<String, String> onAcknowledged) {
    this.ports = ports;
    this.onAcknowledged = onAcknowledged;
  }

  /**
   * Sends the stop now. The stage completes with the guard's acknowledgement; it fails after 60 s
   * without one, or when the stop was released meanwhile.
   */
  public CompletionStage<GuardReply> stop(String robot, String requestId, String by, String why) {
    var request =
        GuardRequest.newBuilder()
            .setRobot(robot)
            .setStop(Stop.newBuilder().setBy(by).setWhy(why).setRequestId(requestId))
            .build();
    var mine = new Running(robot, request);
    Running now =
        running.compute(
            robot,
            (name, old) ->
                old != null && old.request.getStop().getRequestId().equals(requestId) ? old : mine);
    if (now == mine) send(mine);
    return now.acknowledged;
  }

  /** The stop was released: no more repetitions. */
  public void forget(String robot) {
    Running old = running.remove(robot);
    if (old != null) {
      old.acknowledged.completeExceptionally(
          new IllegalStateException(
              "stop of %s: released before it was acknowledged".formatted(robot)));
    }
  }

  private void send(Running stop) {
    if (running.get(stop.robot) != stop || stop.acknowledged.isDone()) return;
    if (System.nanoTime() - stop.sinceNanos > GIVE_UP_NANOS) {
      running.remove(stop.robot, stop);
      stop.acknowledged.completeExceptionally(
          new IllegalStateException(
              "stop of %s: no guard acknowledged it within 60 s".formatted(stop.robot)));
      return;
    }
    GuardPort port = ports.port(stop.robot);
    if (port != null) {
      port.request(stop.request)
          .whenComplete(
              (reply, failure) -> {
                if (failure == null && reply.getAccepted()) acknowledge(stop, reply);
              });
    }
    if (!clock.isShutdown()) {
      clock.schedule(() -> send(stop), REPEAT_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void acknowledge(Running stop, GuardReply reply) {
    running.remove(stop.robot, stop);
    if (stop.robot.equals(reply.getStatus().getRobot())) ports.status(reply.getStatus());
    if (stop.acknowledged.complete(reply)) {
      onAcknowledged.accept(stop.robot, stop.request.getStop().getRequestId());
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
