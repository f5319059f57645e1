package tandem.deploy.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.cloud.http.ApiServer;
import tandem.cloud.http.ApiSettings;
import tandem.cloud.http.AuditDoor;
import tandem.cloud.http.Narration;
import tandem.deploy.client.Out;
import tandem.deploy.client.Version;
import tandem.robot.RobotGateway;
import tandem.robot.inbound.GatewaySettings;
import tandem.robot.inbound.RosSampleReader;
import tandem.twin.TwinRuntime;
import tandem.twin.TwinSettings;
import tandem.twin.Twins;
import tandem.twin.site.SharedSite;
import tandem.zenoh.Router;

/**
 * One node: the organs that its roles ask for, wired and started in the order in which they need
 * each other, closed in reverse. Thread-safe after {@link #start}.
 */
public final class NodeProcess implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeProcess.class);
  private static final Duration API_START = Duration.ofSeconds(30);
  private static final Duration API_STOP = Duration.ofMillis(500);

  private final NodeSettings settings;
  private final TwinRuntime runtime;
  private volatile boolean closing;
  private final RobotGateway gateway;
  private final Dreams dreams;
  private final ApiServer api;
  private final NodeAudit audit;

  private NodeProcess(
      NodeSettings settings,
      TwinRuntime runtime,
      RobotGateway gateway,
      Dreams dreams,
      ApiServer api,
      NodeAudit audit) {
    this.settings = settings;
    this.runtime = runtime;
    this.gateway = gateway;
    this.dreams = dreams;
    this.api = api;
    this.audit = audit;
  }

  /**
   * Starts everything; returns when it serves. What was started is closed again where a later part
   * fails.
   *
   * @throws IOException where the data directory is in use or not usable
   * @throws RuntimeException where a port cannot be had, saying which
   */
  public static NodeProcess start(NodeSettings settings) throws IOException {
    return start(settings, Optional.empty());
  }

  /** As the other, and tells a story to those who look. */
  public static NodeProcess start(NodeSettings settings, Optional<Narration> narration)
      throws IOException {
    var open = new ArrayList<AutoCloseable>();
    try {
      var runtime = TwinRuntime.start(twinSettings(settings), new RosSampleReader());
      open.addFirst(runtime);
      RobotGateway gateway = null;
      if (settings.has("robot-gateway")) {
        gateway =
            RobotGateway.start(
                runtime.system(), gatewaySettings(settings), runtime.streams(), runtime.robots());
        open.addFirst(gateway);
        runtime.counter("gateway.commands.refused", gateway::refusedCommands);
        runtime.counter("gateway.samples.refused", gateway.counts()::refused);
        runtime.counter("gateway.samples.unreadable", gateway.counts()::unreadable);
      }
      Dreams dreams = null;
      if (settings.has("sim")) {
        dreams = new Dreams(runtime);
        open.addFirst(dreams);
      }
      var audit = NodeAudit.of(runtime);
      open.addFirst(audit);
      var api =
          ApiServer.start(
                  runtime.system(),
                  runtime.twins(),
                  audit,
                  narration,
                  ApiSettings.onLoopback(
                          settings.ports().of("api"),
                          settings.site(),
                          settings.roles(),
                          Version.TEXT)
                      .withConsole(settings.has("cloud")))
              .toCompletableFuture()
              .orTimeout(API_START.toSeconds(), TimeUnit.SECONDS)
              .join();
      return new NodeProcess(settings, runtime, gateway, dreams, api, audit);
    } catch (IOException | RuntimeException e) {
      for (var part : open) {
        try {
          part.close();
        } catch (Exception closing) {
          e.addSuppressed(closing);
        }
      }
      if (e instanceof CompletionException wrapped
          && wrapped.getCause() instanceof RuntimeException cause) throw cause;
      throw e;
    }
  }

  private static TwinSettings twinSettings(NodeSettings settings) {
    var own = new LinkedHashMap<String, Object>(settings.config());
    own.put("tandem.twin.site", settings.site());
    own.put("tandem.twin.data", settings.data().toAbsolutePath().toString());
    own.put("tandem.twin.roles", settings.roles());
    own.put("tandem.twin.software", Version.TEXT);
    own.put("tandem.twin.artery.port", settings.ports().of("artery"));
    own.put("tandem.twin.management.port", settings.ports().of("management"));
    var config = ConfigFactory.empty();
    for (var entry : own.entrySet())
      config = config.withValue(entry.getKey(), ConfigValueFactory.fromAnyRef(entry.getValue()));
    return TwinSettings.from(config.withFallback(ConfigFactory.load()).resolve());
  }

  private static GatewaySettings gatewaySettings(NodeSettings settings) {
    var config = robotConfig(settings);
    var base =
        GatewaySettings.on(settings.zenohListen(), settings.data())
            .withConnect(settings.zenohConnect())
            .with(config);
    var guards = base.guards();
    // A robot may come to any node of the site, and has one guard: it is not each node's to start.
    boolean shared = SharedSite.isShared(config);
    boolean starts = guards.start() && (!shared || config.hasPath("tandem.robot.guards.start"));
    return base.withGuards(
        new GatewaySettings.Guards(
            starts,
            guards.directory(),
            settings.ports().of("guard"),
            settings.guardsEndWithUs(),
            guards.linger(),
            guards.keys()));
  }

  /** What was given key by key, before the configuration files; lists and objects as HOCON. */
  private static Config robotConfig(NodeSettings settings) {
    var config = ConfigFactory.empty();
    for (var entry : settings.config().entrySet()) {
      config =
          config.withValue(
              entry.getKey(),
              entry.getValue() instanceof String text
                      && (text.startsWith("[") || text.startsWith("{"))
                  ? ConfigFactory.parseString("value = " + text).getValue("value")
                  : ConfigValueFactory.fromAnyRef(entry.getValue()));
    }
    return config.withFallback(ConfigFactory.load()).resolve();
  }

  public Twins twins() {
    return runtime.twins();
  }

  public AuditDoor audit() {
    return audit;
  }

  /** The accepting side. */
  public Router router() {
    return gateway.router();
  }

  /** As {@code tcp/127.0.0.1:7447}, with the port that was chosen. */
  public String zenohEndpoint() {
    return gateway.endpoint();
  }

  /** Begins to dream of a robot, once it has been seen. */
  public void dreamOf(String robot) {
    dreams.begin(robot);
  }

  /** Consoles and other listeners of the live channel that are connected now. */
  public int liveClients() {
    return api.liveClients();
  }

  public String apiUrl() {
    return "http://127.0.0.1:" + api.port();
  }

  /** The {@code ready} line of the outside contract: what really serves, and where. */
  public String readyLine() {
    var ports = new LinkedHashMap<String, Object>();
    if (gateway != null) ports.put("zenoh", portOf(gateway.endpoint()));
    ports.put("api", api.port());
    if (runtime.managementPort() > 0) ports.put("management", runtime.managementPort());
    ports.put("artery", runtime.arteryPort());
    return Out.toJson(
        Out.fields(
            "event", "ready", "site", settings.site(), "roles", settings.roles(), "ports", ports));
  }

  private static int portOf(String endpoint) {
    return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
  }

  /** Tells once where the site has put this node out, which then can do nothing more. */
  public void whenPutOut(Runnable told) {
    runtime
        .ended()
        .thenRun(
            () -> {
              if (closing) return;
              LOG.error("the site's other nodes have put this node out: it ends");
              told.run();
            });
  }

  /** Closes newest first: nothing new comes in, then robots are left in order, then the journal. */
  @Override
  public void close() {
    closing = true;
    var parts = new LinkedHashMap<String, OrderlyEnd.Step>();
    parts.put("API", () -> api.stop(API_STOP).toCompletableFuture().get(5, TimeUnit.SECONDS));
    parts.put("audit", audit::close);
    if (dreams != null) parts.put("dreams", dreams::close);
    if (gateway != null) parts.put("robot gateway", gateway::close);
    parts.put("twin runtime", runtime::close);
    for (Map.Entry<String, OrderlyEnd.Step> part : parts.entrySet()) {
      long from = System.nanoTime();
      try {
        part.getValue().run();
        LOG.info("{} closed in {} ms", part.getKey(), (System.nanoTime() - from) / 1_000_000);
      } catch (Exception e) {
        LOG.error("{} did not close cleanly", part.getKey(), e);
      }
    }
  }

  /** Names of the roles of a command. */
  public static List<String> rolesOf(String command) {
    return switch (command) {
      case "edge" -> List.of("robot-gateway", "twin");
      case "sim" -> List.of("sim");
      case "cloud" -> List.of("cloud", "twin");
      case "demo" -> List.of("robot-gateway", "twin", "sim", "cloud");
      default -> throw new IllegalArgumentException("no node is called " + command);
    };
  }
}
