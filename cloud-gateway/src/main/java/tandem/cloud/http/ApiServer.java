package tandem.cloud.http;

import akka.actor.typed.ActorSystem;
import akka.http.javadsl.Http;
import akka.http.javadsl.ServerBinding;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.server.Route;
import akka.http.javadsl.settings.ServerSettings;
import akka.stream.javadsl.Source;
import com.typesafe.config.ConfigFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import tandem.proto.codec.Json;
import tandem.proto.v1.StopRequest;
import tandem.proto.v1.VersionView;
import tandem.twin.Refused;
import tandem.twin.Twins;

/** The API and the console on one port. Thread-safe. */
public final class ApiServer {
  /** Grows when an address or a field is renamed or removed. */
  public static final int API_VERSION = 1;

  private static final String LIMITS =
      """
      akka.http.server {
        server-header = "tandem"
        idle-timeout = 75s
        request-timeout = 40s
        max-connections = 256
        websocket.periodic-keep-alive-max-idle = 5s
        parsing {
          max-content-length = %d
          max-to-strict-bytes = %d
          max-uri-length = 4096
          max-header-count = 64
        }
      }
      """;

  private final ServerBinding binding;
  private final LiveHub live;
  private final TeleopHub teleop;

  private ApiServer(ServerBinding binding, LiveHub live, TeleopHub teleop) {
    this.binding = binding;
    this.live = live;
    this.teleop = teleop;
  }

  /**
   * Binds and serves.
   *
   * @return fails with {@link Refused} {@code tandem.api.exposed} for an address beyond loopback
   *     that the settings do not permit, and with {@code tandem.api.port} where the port cannot be
   *     had; then nothing is bound
   */
  public static CompletionStage<ApiServer> start(
      ActorSystem<?> system, Twins twins, AuditDoor audit, ApiSettings settings) {
    return start(system, twins, audit, Optional.empty(), settings);
  }

  /** As the other, and tells a story. */
  public static CompletionStage<ApiServer> start(
      ActorSystem<?> system,
      Twins twins,
      AuditDoor audit,
      Optional<Narration> narration,
      ApiSettings settings) {
    if (!settings.beyondLoopback() && !loopback(settings.host()))
      return CompletableFuture.failedFuture(
          new Refused(
              "tandem.api.exposed",
              "API address %s: other machines could reach it and there is no authentication;"
                      .formatted(settings.host())
                  + " not bound; permit it explicitly or use 127.0.0.1"));
    var version =
        VersionView.newBuilder()
            .setVersion(settings.version())
            .setApi(API_VERSION)
            .setSite(settings.site())
            .addAllRoles(settings.roles())
            .build();
    var live = new LiveHub(system, twins, version, narration, settings.maxLiveClients());
    var teleop = new TeleopHub(system, twins);
    var routes = new ApiRoutes(twins, audit, narration, live, teleop, version, settings);
    var limits =
        ConfigFactory.parseString(
                LIMITS.formatted(settings.maxBodyBytes(), settings.maxBodyBytes()))
            .withFallback(system.settings().config());
    rehearse(routes.all(), system);
    return Http.get(system)
        .newServerAt(settings.host(), settings.port())
        .withSettings(ServerSettings.create(limits))
        .bind(routes.all())
        .handle(
            (binding, failure) -> {
              if (failure == null) return new ApiServer(binding, live, teleop);
              live.stop();
              teleop.stop();
              throw new Refused(
                  "tandem.api.port",
                  "API address %s:%d cannot be bound (%s); API not served"
                      .formatted(settings.host(), settings.port(), failure.getMessage()));
            });
  }

  /** The stop of nobody: the first real one must not wait for what is used for the first time. */
  private static void rehearse(Route routes, ActorSystem<?> system) {
    String stop =
        Json.print(StopRequest.newBuilder().setRobot("~").setBy("~").setReason("rehearsal"));
    Source.single(
            HttpRequest.POST("/api/twins/~/stop").withEntity(ContentTypes.APPLICATION_JSON, stop))
        .via(routes.flow(system))
        .runForeach(refused -> refused.discardEntityBytes(system), system);
  }

  public InetSocketAddress address() {
    return binding.localAddress();
  }

  public int port() {
    return address().getPort();
  }

  /** Open WebSocket connections. */
  public int liveClients() {
    return live.clientCount();
  }

  /** Open held controls. */
  public int heldControls() {
    return teleop.count();
  }

  /** Refuses new connections, lets requests under way finish within the time, then closes all. */
  public CompletionStage<Void> stop(Duration within) {
    live.stop();
    teleop.stop();
    return binding.terminate(within).thenApply(terminated -> null);
  }

  private static boolean loopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
