package tandem.twin.sim;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import tandem.proto.v1.SimulatorView;
import tandem.twin.Refused;
import tandem.twin.telemetry.Telemetry;

/**
 * The simulators of this node. Thread-safe; never blocks. Entered ones are stopped until they are
 * started.
 */
public final class Simulators implements AutoCloseable {
  /**
   * What a simulator is.
   *
   * @param id unique on this node
   * @param kind {@code embedded}, {@code gazebo}, {@code unity} or {@code isaac}
   * @param dream nobody's body
   * @param robot name under which its samples come in
   */
  public record Declaration(String id, String kind, boolean dream, String robot) {}

  /** What the supervisor of the simulators is told. */
  public sealed interface Command {}

  private record Entered(Simulator simulator) implements Command {}

  private record Simulator(
      Declaration declaration,
      AtomicReference<SimulatorView> view,
      SimulatorControl control,
      ExecutorService blocking,
      CompletableFuture<ActorRef<SimulatorInstance.Command>> actor) {}

  private final ConcurrentSkipListMap<String, Simulator> simulators = new ConcurrentSkipListMap<>();
  private ActorRef<Command> actors;

  /**
   * Makes a simulator known.
   *
   * @throws Refused {@code tandem.simulator.known}: the id is taken
   */
  public synchronized void enter(Declaration declaration, SimulatorControl control) {
    var view =
        SimulatorView.newBuilder()
            .setId(declaration.id())
            .setKind(declaration.kind())
            .setDream(declaration.dream())
            .setRobot(declaration.robot())
            .setState("stopped")
            .build();
    var simulator =
        new Simulator(
            declaration,
            new AtomicReference<>(view),
            control,
            Executors.newSingleThreadExecutor(
                Thread.ofVirtual().name("tandem-simulator-" + declaration.id()).factory()),
            new CompletableFuture<>());
    if (simulators.putIfAbsent(declaration.id(), simulator) != null) {
      simulator.blocking.shutdown();
      throw new Refused(
          "tandem.simulator.known",
          "simulator %s: the id is taken; not entered".formatted(declaration.id()));
    }
    if (actors != null) {
      actors.tell(new Entered(simulator));
    }
  }

  /** Completes when it runs or has failed; fails with {@code tandem.simulator.unknown}. */
  public CompletionStage<SimulatorView> start(String id) {
    var done = new CompletableFuture<SimulatorView>();
    return tell(id, new SimulatorInstance.Start(done), done);
  }

  /** Completes when it stands still; fails with {@code tandem.simulator.unknown}. */
  public CompletionStage<SimulatorView> stop(String id) {
    var done = new CompletableFuture<SimulatorView>();
    return tell(id, new SimulatorInstance.Stop(done), done);
  }

  private CompletionStage<SimulatorView> tell(
      String id, SimulatorInstance.Command command, CompletableFuture<SimulatorView> done) {
    var simulator = simulators.get(id);
    if (simulator == null) {
      return CompletableFuture.failedFuture(
          new Refused(
              "tandem.simulator.unknown",
              "simulator %s: expected one of %s; nothing was done"
                  .formatted(id, simulators.keySet())));
    }
    return simulator.actor.thenCompose(
        actor -> {
          actor.tell(command);
          return done;
        });
  }

  /** All of this node, by id. */
  public List<SimulatorView> views() {
    List<SimulatorView> views = new ArrayList<>();
    simulators
        .values()
        .forEach(simulator -> views.add(simulator.control.figures(simulator.view.get())));
    return views;
  }

  /** The parent of all simulator actors of this node; to be run once. */
  public Behavior<Command> supervisor() {
    return Behaviors.supervise(
            Telemetry.watched(
                "SimulatorSupervisor",
                Behaviors.<Command>setup(
                    context -> {
                      synchronized (this) {
                        actors = context.getSelf();
                        simulators.values().forEach(known -> actors.tell(new Entered(known)));
                      }
                      return Behaviors.receive(Command.class)
                          .onMessage(
                              Entered.class,
                              entered -> {
                                var simulator = entered.simulator();
                                if (!simulator.actor.isDone()) {
                                  simulator.actor.complete(
                                      context.spawn(
                                          SimulatorInstance.create(
                                              simulator.control,
                                              simulator.view,
                                              simulator.blocking),
                                          URLEncoder.encode(
                                              simulator.declaration.id(), StandardCharsets.UTF_8)));
                                }
                                return Behaviors.same();
                              })
                          .build();
                    })))
        .onFailure(SupervisorStrategy.restart().withStopChildren(false));
  }

  /** Stops all simulations and waits for them. */
  @Override
  public void close() {
    for (var simulator : simulators.values()) {
      simulator.blocking.submit(
          () -> {
            simulator.control.stop();
            return null;
          });
      simulator.blocking.close();
    }
  }
}
