package tandem.deploy.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.proto.codec.Json;
import tandem.ros2.action.Actions;
import tandem.ros2.graph.LivelinessToken;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;
import tandem.zenoh.ZenohException;

/**
 * What {@code doctor --robot R} looks at: contact and its age, the guard and its way to the robot,
 * who else commands it, what stops it when everything of ours is gone, and its clock.
 */
final class RobotDoctor {
  private static final double GUARD_FRESH_MILLIS = 1000;
  private static final double SAMPLE_FRESH_MILLIS = 1000;
  private static final double CLOCK_MILLIS = 100;
  private static final String GUARD = "tandem_guard";

  /** Where findings go. */
  interface Findings {
    void check(String name, boolean ok, Object found, String hint);
  }

  private final String robot;
  private final String endpoint;
  private final int domain;
  private final Findings findings;

  RobotDoctor(String robot, String endpoint, int domain, Findings findings) {
    this.robot = robot;
    this.endpoint = endpoint;
    this.domain = domain;
    this.findings = findings;
  }

  void check(Api node) {
    try {
      var twin = object(node, TwinCommands.path(robot));
      contact(twin);
      guard(twin);
      var profile = object(node, TwinCommands.path(robot) + "/profile");
      profile(profile);
      watchdog(profile);
      clock(node);
      publishers(profile, twin.get("guardZids") instanceof List<?> zids ? zids : List.of());
    } catch (CliFailure e) {
      findings.check("robot " + robot, false, e.getMessage(), "./tandem twin list");
    }
  }

  private static Map<?, ?> object(Api node, String path) {
    if (Json.parse(node.get(path)) instanceof Map<?, ?> object) return object;
    throw new CliFailure("the node's answer to " + path + " is no object");
  }

  private void contact(Map<?, ?> twin) {
    findings.check(
        "robot in contact",
        "live".equals(twin.get("mode")),
        twin.get("mode"),
        "connect it to the node's Zenoh port, or the node to its router (--zenoh-connect)");
    findings.check(
        "age of the newest sample",
        twin.get("ageMs") instanceof Number age && age.doubleValue() < SAMPLE_FRESH_MILLIS,
        twin.get("ageMs") == null ? "none came" : twin.get("ageMs") + " ms",
        "./tandem stream list %s says which streams come".formatted(robot));
  }

  private void guard(Map<?, ?> twin) {
    Object seen = twin.get("lease") instanceof Map<?, ?> lease ? lease.get("guardSeenMs") : null;
    findings.check(
        "guard heard",
        seen instanceof Number age && age.doubleValue() < GUARD_FRESH_MILLIS,
        seen == null ? "never" : seen + " ms ago",
        "the edge starts it; see guards/%s/guard.out in the data directory".formatted(robot));
    var version = otherVersion(twin);
    findings.check(
        "guard version",
        version == null,
        version == null ? twin.get("guardVersion") : version,
        "end it and start that of this version: stop and cancel still reach it, nothing else is"
            + " said to it");
    findings.check(
        "guard path",
        "robot".equals(twin.get("guardPath")),
        twin.get("guardPath"),
        "the robot is reached through the node only: when that dies, the robot's own watchdog is"
            + " all that stops it; connect the robot to the guard's listener too");
  }

  /** The hazard's text where the guard is of another version than its gateway; else null. */
  static Object otherVersion(Map<?, ?> twin) {
    if (twin.get("hazards") instanceof List<?> hazards) {
      for (var one : hazards) {
        if (one instanceof Map<?, ?> hazard
            && "guard-version".equals(hazard.get("kind"))
            && hazard.get("until") == null) {
          return hazard.get("text");
        }
      }
    }
    return null;
  }

  private void profile(Map<?, ?> profile) {
    boolean open = profile.get("ambiguities") instanceof List<?> list && !list.isEmpty();
    findings.check(
        "profile in use",
        !"proposed".equals(profile.get("source")),
        profile.get("source") + (open ? ", open: " + Out.toJson(profile.get("ambiguities")) : ""),
        "./tandem twin profile %s accept, or tandem.robots.%s in the configuration"
            .formatted(robot, robot));
  }

  /** The third layer: what stops the robot when guard and node are gone. */
  private void watchdog(Map<?, ?> profile) {
    var says = new ArrayList<String>();
    for (var name : List.of("velocity", "joint")) {
      if (profile.get(
              "watchdog"
                  + name.substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                  + name.substring(1)
                  + "Seconds")
          instanceof Number seconds) says.add("%s %s s".formatted(name, seconds));
    }
    findings.check(
        "robot's own watchdog",
        !says.isEmpty(),
        says.isEmpty() ? "no robot-side stop" : String.join(", ", says),
        "tandem.robots.%s.watchdog says what the robot has; without one only commands that end by themselves are sent"
            .formatted(robot));
    if (!(profile.get("navigate") instanceof Map<?, ?>)) return;
    boolean ends = profile.get("watchdogNavigateSeconds") instanceof Number;
    findings.check(
        "robot's own end of a navigation",
        ends,
        ends ? profile.get("watchdogNavigateSeconds") + " s" : "none: it goes on without its guard",
        "tandem.robots.%s.navigate.watchdog says after how long the robot ends one whose client is gone; without it none is sent"
            .formatted(robot));
  }

  private void clock(Api node) {
    var offsets = new LinkedHashMap<String, Object>();
    boolean within = true;
    for (var stream : node.list("/api/streams?robot=" + Api.escape(robot))) {
      if (stream.get("clockOffsetMs") instanceof Map<?, ?> offset
          && offset.get("low") instanceof Number low
          && offset.get("high") instanceof Number high) {
        offsets.put(String.valueOf(stream.get("topic")), offset);
        within &= low.doubleValue() <= CLOCK_MILLIS && high.doubleValue() >= -CLOCK_MILLIS;
      }
    }
    findings.check(
        "clock offset",
        !offsets.isEmpty() && within,
        offsets.isEmpty() ? "not known: no stream has been stamped" : Out.toJson(offsets),
        "set the robot's clock by NTP or PTP; until then its stamps are shown, not believed");
  }

  /** Whether each command topic and action has one speaker, and that is the guard. */
  private void publishers(Map<?, ?> profile, Collection<?> zids) {
    var names = commandNames(robot, profile);
    if (!names.containsValue(true)) {
      findings.check("command topics", false, "none", "./tandem twin profile %s".formatted(robot));
      return;
    }
    var config =
        new SessionConfig(
            List.of(endpoint),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            1 << 20,
            Duration.ofSeconds(2),
            4 << 20);
    try (var session = Session.open(config)) {
      var entities = Ros2Link.graph(session, domain).entities();
      names.forEach(
          (name, needed) -> {
            var speakers = speakers(entities, name, zids);
            var others = speakers.others();
            boolean guard = speakers.guard();
            findings.check(
                "only publisher on " + name,
                others.isEmpty() && (guard || !needed),
                others.isEmpty()
                    ? guard
                        ? "the guard"
                        : needed ? "nobody: the guard is not on this router" : "nobody"
                    : (guard ? "the guard and " : "") + String.join(", ", others),
                others.isEmpty()
                    ? "-e EP names the Zenoh endpoint that robot and guard share"
                    : "end them, or set tandem.robots.%s.foreign = refuse-motion".formatted(robot));
          });
    } catch (ZenohException e) {
      findings.check(
          "command topics",
          false,
          e.getMessage(),
          "-e EP names the Zenoh endpoint that robot and guard share");
    }
  }

  /**
   * Who commands.
   *
   * @param others sorted, for people
   */
  record Speakers(boolean guard, SortedSet<String> others) {}

  /**
   * Who speaks on a topic, calls an action or a service of this name.
   *
   * @param zids sessions of the proven guard; a node of its name in another one is not it. Empty:
   *     not known, then the first session of its name passes for it
   */
  static Speakers speakers(Collection<LivelinessToken> entities, String name, Collection<?> zids) {
    var others = new TreeSet<String>();
    String guard = null;
    for (var entity : entities) {
      if (!commands(entity, name)) continue;
      boolean isGuard =
          entity.node().equals(GUARD)
              && (zids.isEmpty()
                  ? guard == null || guard.equals(entity.zid())
                  : zids.contains(entity.zid()));
      if (isGuard) guard = entity.zid();
      else others.add(entity.fullNodeName() + " of session " + entity.zid());
    }
    return new Speakers(guard != null, others);
  }

  private static boolean commands(LivelinessToken entity, String name) {
    return switch (entity.kind()) {
      case PUBLISHER -> entity.name().equals(name);
      case SERVICE_CLIENT ->
          entity.name().equals(name)
              || Actions.of(entity).filter(action -> action.name().equals(name)).isPresent();
      case NODE, SUBSCRIPTION, SERVICE_SERVER -> false;
    };
  }

  /**
   * The names that the robot is commanded by, and whether the guard has to be found on each: on a
   * stop, and on the topic beside an action that streams take, it is where the robot listens only.
   */
  static SortedMap<String, Boolean> commandNames(String robot, Map<?, ?> profile) {
    var names = new TreeMap<String, Boolean>();
    var targets = new ArrayList<Object>();
    for (var key : List.of("joint", "velocity", "stance", "navigate"))
      targets.add(profile.get(key));
    if (profile.get("reach") instanceof Map<?, ?> reach) targets.addAll(reach.values());
    for (var target : targets) {
      if (!(target instanceof Map<?, ?> one && one.get("topic") instanceof String topic)) continue;
      names.put(topic, true);
      if ("action".equals(one.get("kind")) && target != profile.get("navigate")) {
        names.putIfAbsent(
            topic.substring(0, topic.lastIndexOf('/') + 1) + "joint_trajectory", false);
      }
    }
    var namespace =
        profile.get("namespace") instanceof String said && !said.isEmpty() ? said : "/" + robot;
    names.putIfAbsent((namespace.equals("/") ? "" : namespace) + "/stop", false);
    return names;
  }
}
