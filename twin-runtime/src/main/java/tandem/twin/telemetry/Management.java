package tandem.twin.telemetry;

import akka.actor.typed.ActorSystem;
import akka.management.javadsl.AkkaManagement;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CompletionStage;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.SimulatorView;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TwinView;

/**
 * The management port: {@code /cluster/members}, {@code /ready}, {@code /alive}, {@code /metrics}
 * and {@code /tandem/actors|twins|streams|simulators|sites}. Read-only, and on loopback unless
 * configured otherwise: its routes have no authentication of their own.
 *
 * <p>Address and port are Akka Management's own keys, {@code akka.management.http.hostname} and
 * {@code port} (0: any free one).
 */
public final class Management {
  private static final Map<akka.actor.ActorSystem, Sources> SOURCES = new WeakHashMap<>();

  /**
   * What the routes show; asked for each request, on a thread of the server, and must not block.
   *
   * @param site name of the site this node belongs to
   * @param guards newest status of each guard
   * @param gauges further figures for {@code /metrics}, by name without prefix
   */
  public record Sources(
      String site,
      Supplier<CompletionStage<List<TwinView>>> twins,
      Supplier<List<StreamView>> streams,
      Supplier<List<SimulatorView>> simulators,
      Supplier<List<GuardStatus>> guards,
      Map<String, DoubleSupplier> gauges) {}

  /** Binds the port; completes with the number it really has. */
  public static CompletionStage<Integer> start(ActorSystem<?> system, Sources sources) {
    var classic = system.classicSystem();
    synchronized (SOURCES) {
      SOURCES.put(classic, sources);
    }
    return AkkaManagement.get(classic).start().thenApply(uri -> uri.port());
  }

  /**
   * @throws IllegalStateException before {@link #start}
   */
  static Sources sources(akka.actor.ActorSystem system) {
    synchronized (SOURCES) {
      var sources = SOURCES.get(system);
      if (sources == null) {
        throw new IllegalStateException(
            "management of " + system.name() + " was started without Management.start");
      }
      return sources;
    }
  }

  private Management() {}
}
