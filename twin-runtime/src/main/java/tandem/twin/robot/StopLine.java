package tandem.twin.robot;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import tandem.proto.command.TwinCommand;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.Stop;
import tandem.twin.robot.Observation.Moment;

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
   * Runs once through what a stop runs through, towards a guard that does not exist: the first one
   * of a process must not be its slowest.
   */
  public static void rehearse(TwinRules rules, String site) {
    String nobody = "~"; // no robot's name
    var ports = new GuardPorts();
    ports.port(
        nobody,
        request ->
            CompletableFuture.completedStage(GuardReply.newBuilder().setAccepted(true).build()));
    try (var line = new StopLine(ports, (robot, id) -> {})) {
      line.stop(nobody, nobody, nobody, nobody).toCompletableFuture().join();
    }
    var seen =
        new Observation(new Moment(0, 0), Sensed.NOTHING, Observation.GuardSeen.NOBODY, null);
    var state = TwinState.empty(nobody, 1);
    var decided =
        new TwinCore(rules, site)
            .decide(state, Tracking.START, seen, new TwinCommand.Stop(nobody, nobody, nobody, 0));
    TwinCore.seal(state, decided.events(), 0);
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

  /** This stop is released: no more repetitions of it; another one goes on. */
  public void forget(String robot, String requestId) {
    Running old = running.get(robot);
    if (old != null
        && old.request.getStop().getRequestId().equals(requestId)
        && running.remove(robot, old)) {
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
