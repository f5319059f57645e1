package tandem.robot.inbound;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How this node takes robots in.
 *
 * @param listen endpoint of the accepting side, as {@code tcp/127.0.0.1:7447}; port 0: any
 * @param connect endpoints of other routers, one link each
 * @param domains ROS domains, on every link
 * @param rootName name of a robot without a namespace
 * @param links fixed names for links (identity rule 1)
 * @param admit robots admitted although they are not on loopback
 * @param robotsMeet whether sessions of different robots are routed to each other
 * @param settle how long a claim is looked at before its robot is admitted, so that a shorter
 *     namespace can still come
 * @param admissionAge how long samples wait for their robot's admission
 * @param admissionBytes how many bytes of them wait, per robot
 * @param guards how guards are started
 * @param robots what is configured for robots, by name
 */
public record GatewaySettings(
    String listen,
    List<String> connect,
    List<Integer> domains,
    String rootName,
    List<LinkName> links,
    Set<String> admit,
    boolean robotsMeet,
    Duration settle,
    Duration admissionAge,
    long admissionBytes,
    Guards guards,
    Map<String, RobotSettings> robots) {
  /** Folder of the guards' states below a data directory. */
  public static final String GUARDS = "guards";

  /** Everything on the link to this endpoint, in this domain, is that robot's. */
  public record LinkName(String endpoint, int domain, String robot) {}

  /**
   * How an edge starts the guards of its robots.
   *
   * @param start false: guards are started by others
   * @param directory below it each robot's guard has its state directory
   * @param firstPort of the guards' own listeners, the next free one is taken; 0: any
   * @param withParent the guards end with this process (a demo's do, an edge's do not)
   * @param linger how long a guard goes on after the last gateway was heard
   * @param keys directory with public keys {@code <robot>.pub} of guards that others start; null
   *     for none
   */
  public record Guards(
      boolean start,
      Path directory,
      int firstPort,
      boolean withParent,
      Duration linger,
      Path keys) {
    Guards withStart(boolean byUs) {
      return new Guards(byUs, directory, firstPort, withParent, linger, keys);
    }

    Guards withKeys(Path others) {
      return new Guards(start, directory, firstPort, withParent, linger, others);
    }
  }

  public GatewaySettings {
    connect = List.copyOf(connect);
    domains = List.copyOf(domains);
    links = List.copyOf(links);
    admit = Set.copyOf(admit);
    robots = Map.copyOf(robots);
  }

  /** The defaults on an endpoint, with guards whose state lies below {@code data}. */
  public static GatewaySettings on(String listen, Path data) {
    return new GatewaySettings(
        listen,
        List.of(),
        List.of(0),
        "robot",
        List.of(),
        Set.of(),
        false,
        Duration.ofMillis(150),
        Duration.ofSeconds(10),
        16 << 20,
        new Guards(true, data.resolve(GUARDS), 7450, false, Duration.ofSeconds(60), null),
        Map.of());
  }

  /**
   * As here, but for what the blocks {@code tandem.robot} and {@code tandem.robots} of a
   * configuration say.
   */
  public GatewaySettings with(Config config) {
    Config robot =
        config.hasPath("tandem.robot")
            ? config.getConfig("tandem.robot")
            : com.typesafe.config.ConfigFactory.empty();
    List<LinkName> names = new ArrayList<>(links);
    if (robot.hasPath("links")) {
      for (Config link : robot.getConfigList("links")) {
        if (link.hasPath("wire") && !link.getString("wire").equals("rmw")) {
          throw new IllegalArgumentException(
              "tandem.robot.links: wire: expected rmw, found "
                  + link.getString("wire")
                  + "; no link opened");
        }
        if (!link.getString("robot").equals("by-namespace")) {
          names.add(
              new LinkName(
                  link.getString("endpoint"),
                  link.hasPath("domain") ? link.getInt("domain") : 0,
                  link.getString("robot")));
        }
      }
    }
    return new GatewaySettings(
        listen,
        connect,
        robot.hasPath("domains") ? robot.getIntList("domains") : domains,
        robot.hasPath("root-name") ? robot.getString("root-name") : rootName,
        names,
        robot.hasPath("admit") ? Set.copyOf(robot.getStringList("admit")) : admit,
        robot.hasPath("robots-meet") ? robot.getBoolean("robots-meet") : robotsMeet,
        settle,
        admissionAge,
        admissionBytes,
        guards(robot),
        RobotSettings.all(config));
  }

  private Guards guards(Config robot) {
    var asked = guards;
    if (robot.hasPath("guards.start")) asked = asked.withStart(robot.getBoolean("guards.start"));
    if (robot.hasPath("guards.keys"))
      asked = asked.withKeys(Path.of(robot.getString("guards.keys")));
    return asked;
  }

  public GatewaySettings withConnect(List<String> endpoints) {
    return new GatewaySettings(
        listen,
        endpoints,
        domains,
        rootName,
        links,
        admit,
        robotsMeet,
        settle,
        admissionAge,
        admissionBytes,
        guards,
        robots);
  }

  public GatewaySettings withGuards(Guards other) {
    return new GatewaySettings(
        listen,
        connect,
        domains,
        rootName,
        links,
        admit,
        robotsMeet,
        settle,
        admissionAge,
        admissionBytes,
        other,
        robots);
  }

  public GatewaySettings withLinks(List<LinkName> others) {
    return new GatewaySettings(
        listen,
        connect,
        domains,
        rootName,
        others,
        admit,
        robotsMeet,
        settle,
        admissionAge,
        admissionBytes,
        guards,
        robots);
  }

  Optional<String> fixedName(String endpoint, int domain) {
    return links.stream()
        .filter(link -> link.endpoint().equals(endpoint) && link.domain() == domain)
        .map(LinkName::robot)
        .findFirst();
  }
}
