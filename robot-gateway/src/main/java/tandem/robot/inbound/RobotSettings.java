package tandem.robot.inbound;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tandem.proto.v1.VelocityLimits;

/**
 * What {@code tandem.robots.NAME} says about how a robot is commanded (contract, "Robot profile and
 * command mapping"). What it does not say is proposed from the graph. An unknown key or a value
 * that cannot be is an {@link IllegalArgumentException} that names it.
 *
 * @param baseFrame empty: from the URDF
 * @param tips tip to link
 * @param joint target of the joint class; null: from the graph
 * @param partialGoals whether the joint controller takes goals of some joints only; empty: as
 *     proposed
 * @param velocity target of the velocity class; null: from the graph
 * @param velocityLimits null: the proposal's
 * @param reachTopic with {@code {tip}} in it; null: from the graph
 * @param reachWithin within what time the robot's reach controllers end a reach by themselves;
 *     zero: not known; empty: as proposed
 * @param stanceTopic null: from the graph
 * @param navigate target of navigation; null: from the graph
 * @param navigatePolicy {@code cancel} or {@code continue}: what becomes of a navigation whose
 *     holder is not heard; empty: cancel
 * @param watchdogNavigate of the robot's own navigation; zero: none; empty: as proposed
 * @param cancelAllGoals whether a stop cancels every goal of the action; empty: it does where there
 *     is an action
 * @param overrides limits by joint, before those of the URDF
 * @param watchdogVelocity the robot's own; null: none, or not said
 * @param watchdogJoint as the other
 * @param unattendedMax longest command that ends by itself where the robot has no watchdog; null:
 *     the guard's default
 * @param foreign {@code warn} or {@code refuse-motion}
 */
public record RobotSettings(
    Optional<String> baseFrame,
    Optional<String> odomFrame,
    Map<String, String> tips,
    Target joint,
    Optional<Boolean> partialGoals,
    Target velocity,
    VelocityLimits velocityLimits,
    String reachTopic,
    Optional<Duration> reachWithin,
    String stanceTopic,
    Target navigate,
    Optional<String> navigatePolicy,
    Optional<Duration> watchdogNavigate,
    Optional<Boolean> cancelAllGoals,
    Map<String, JointOverride> overrides,
    Duration watchdogVelocity,
    Duration watchdogJoint,
    boolean independentParts,
    Duration unattendedMax,
    String foreign) {

  /**
   * Where commands of a class go.
   *
   * @param action whether {@code name} is an action
   * @param name relative to the robot's namespace, or absolute
   * @param type {@code pkg/msg/Name}; empty: whatever of the class the graph shows there
   * @param order joints of the controller; empty: all of the robot
   */
  public record Target(boolean action, String name, Optional<String> type, List<String> order) {}

  /** Limits of one joint, rad, rad/s, rad/s2; what is absent is the URDF's. */
  public record JointOverride(
      Optional<Double> lower,
      Optional<Double> upper,
      Optional<Double> velocity,
      Optional<Double> acceleration) {}

  private static final Set<String> KEYS =
      Set.of(
          "base-frame",
          "odom-frame",
          "tips",
          "joint",
          "velocity",
          "reach",
          "stance",
          "navigate",
          "stop",
          "limits",
          "override",
          "watchdog",
          "independent-parts",
          "unattended-max",
          "foreign");

  /** By robot; {@code tandem.robots} of a configuration. */
  static Map<String, RobotSettings> all(Config config) {
    Map<String, RobotSettings> robots = new TreeMap<>();
    if (config.hasPath("tandem.robots")) {
      Config all = config.getConfig("tandem.robots");
      for (String name : all.root().keySet()) {
        robots.put(name, of("tandem.robots." + name, all.getConfig(ConfigUtil.quoteString(name))));
      }
    }
    return Map.copyOf(robots);
  }

  private static RobotSettings of(String at, Config robot) {
    known(at, robot, KEYS);
    try {
      Config joint = section(robot, "joint");
      Config velocity = section(robot, "velocity");
      Config watchdog = section(robot, "watchdog");
      known(at + ".joint", joint, Set.of("action", "topic", "type", "order", "partial"));
      known(at + ".velocity", velocity, Set.of("topic", "stamped", "limits"));
      known(at + ".reach", section(robot, "reach"), Set.of("topic", "within"));
      known(at + ".stance", section(robot, "stance"), Set.of("topic"));
      Config navigate = section(robot, "navigate");
      known(at + ".navigate", navigate, Set.of("action", "policy", "watchdog"));
      known(at + ".watchdog", watchdog, Set.of("velocity", "joint"));
      if (robot.hasPath("limits") && !robot.getString("limits").equals("urdf")) {
        throw new IllegalArgumentException(
            "%s.limits: expected urdf, found %s; configuration not used"
                .formatted(at, robot.getString("limits")));
      }
      Map<String, String> tips = new TreeMap<>();
      Config links = section(robot, "tips");
      links
          .root()
          .keySet()
          .forEach(tip -> tips.put(tip, links.getString(ConfigUtil.quoteString(tip))));
      return new RobotSettings(
          text(robot, "base-frame"),
          text(robot, "odom-frame"),
          Map.copyOf(tips),
          robot.hasPath("joint") ? jointTarget(at + ".joint", joint) : null,
          joint.hasPath("partial") ? Optional.of(joint.getBoolean("partial")) : Optional.empty(),
          robot.hasPath("velocity") ? velocityTarget(at + ".velocity", velocity) : null,
          velocity.hasPath("limits")
              ? velocityLimits(at + ".velocity.limits", velocity.getConfig("limits"))
              : null,
          reachTopic(at + ".reach", section(robot, "reach")),
          timeOrNone(at + ".reach", section(robot, "reach"), "within"),
          text(section(robot, "stance"), "topic").orElse(null),
          text(navigate, "action")
              .map(name -> new Target(true, name, Optional.of(ProfileProposal.NAVIGATE), List.of()))
              .orElse(null),
          navigatePolicy(at + ".navigate.policy", navigate),
          timeOrNone(at + ".navigate", navigate, "watchdog"),
          cancelAllGoals(at + ".stop", robot),
          overrides(at + ".override", section(robot, "override")),
          time(watchdog, "velocity"),
          time(watchdog, "joint"),
          robot.hasPath("independent-parts") && robot.getBoolean("independent-parts"),
          time(robot, "unattended-max"),
          foreign(at + ".foreign", robot));
    } catch (ConfigException wrong) {
      throw new IllegalArgumentException(
          at + ": " + wrong.getMessage() + "; configuration not used", wrong);
    }
  }

  private static Config section(Config of, String key) {
    return of.hasPath(key) ? of.getConfig(key) : com.typesafe.config.ConfigFactory.empty();
  }

  private static Optional<String> text(Config of, String key) {
    return of.hasPath(key) ? Optional.of(of.getString(key)) : Optional.empty();
  }

  private static void known(String at, Config config, Set<String> keys) {
    for (String key : config.root().keySet()) {
      if (!keys.contains(key)) {
        throw new IllegalArgumentException(
            "%s.%s: unknown; known are %s; configuration not used"
                .formatted(at, key, keys.stream().sorted().toList()));
      }
    }
  }

  private static Target jointTarget(String at, Config joint) {
    if (joint.hasPath("action") == joint.hasPath("topic")) {
      throw new IllegalArgumentException(
          at + ": expected either action or topic; configuration not used");
    }
    boolean action = joint.hasPath("action");
    Optional<String> type = text(joint, "type");
    List<String> order = joint.hasPath("order") ? joint.getStringList("order") : List.of();
    if (type.isPresent()
        && !(action
            ? type.get().equals(ProfileProposal.FOLLOW)
            : Set.of(ProfileProposal.TRAJECTORY, ProfileProposal.ARRAY).contains(type.get()))) {
      throw new IllegalArgumentException(
          "%s.type: expected %s, found %s; configuration not used"
              .formatted(
                  at,
                  action
                      ? ProfileProposal.FOLLOW
                      : ProfileProposal.TRAJECTORY + " or " + ProfileProposal.ARRAY,
                  type.get()));
    }
    if (type.filter(ProfileProposal.ARRAY::equals).isPresent() && order.isEmpty()) {
      throw new IllegalArgumentException(
          at
              + ".order: expected the joints in the order of the array, found none: the message"
              + " names no joints; configuration not used");
    }
    if (order.size() != Set.copyOf(new java.util.HashSet<>(order)).size()) {
      throw new IllegalArgumentException(
          at + ".order: a joint stands in it twice: " + order + "; configuration not used");
    }
    return new Target(action, joint.getString(action ? "action" : "topic"), type, order);
  }

  private static Target velocityTarget(String at, Config velocity) {
    String stamped = text(velocity, "stamped").orElse("auto");
    Optional<String> type =
        switch (stamped) {
          case "auto" -> Optional.empty();
          case "true", "yes", "on" -> Optional.of(ProfileProposal.TWIST_STAMPED);
          case "false", "no", "off" -> Optional.of(ProfileProposal.TWIST);
          default ->
              throw new IllegalArgumentException(
                  "%s.stamped: expected auto, true or false, found %s; configuration not used"
                      .formatted(at, stamped));
        };
    return new Target(false, text(velocity, "topic").orElse("cmd_vel"), type, List.of());
  }

  private static VelocityLimits velocityLimits(String at, Config limits) {
    Set<String> keys = Set.of("vx", "vy", "wz", "acceleration", "angular-acceleration");
    known(at, limits, keys);
    Map<String, Double> values = new HashMap<>();
    for (String key : keys) {
      if (limits.hasPath(key)) {
        double value = limits.getDouble(key);
        if (!(value >= 0 && value <= 100)) {
          throw new IllegalArgumentException(
              "%s.%s: expected 0..100, found %s; configuration not used".formatted(at, key, value));
        }
        values.put(key, value);
      }
    }
    VelocityLimits byDefault = ProfileProposal.VELOCITY_LIMITS;
    return VelocityLimits.newBuilder()
        .setVxMetersPerSec(values.getOrDefault("vx", byDefault.getVxMetersPerSec()))
        .setVyMetersPerSec(values.getOrDefault("vy", byDefault.getVyMetersPerSec()))
        .setWzRadPerSec(values.getOrDefault("wz", byDefault.getWzRadPerSec()))
        .setAccelerationMetersPerSec2(
            values.getOrDefault("acceleration", byDefault.getAccelerationMetersPerSec2()))
        .setAngularAccelerationRadPerSec2(
            values.getOrDefault(
                "angular-acceleration", byDefault.getAngularAccelerationRadPerSec2()))
        .build();
  }

  private static String reachTopic(String at, Config reach) {
    String topic = text(reach, "topic").orElse(null);
    if (topic != null && !topic.contains("{tip}")) {
      throw new IllegalArgumentException(
          "%s.topic: expected a name with {tip} in it, found %s; configuration not used"
              .formatted(at, topic));
    }
    return topic;
  }

  /**
   * The stop rules; only cancelling goals can be chosen: to hold and to stand still is always done.
   */
  private static Optional<Boolean> cancelAllGoals(String at, Config robot) {
    if (!robot.hasPath("stop")) {
      return Optional.empty();
    }
    boolean cancels = false;
    for (Config rule : robot.getConfigList("stop")) {
      known(at, rule, Set.of("cancel-all-goals", "velocity-zero", "hold-joints"));
      for (String key : rule.root().keySet()) {
        boolean wanted = rule.getBoolean(key);
        if (key.equals("cancel-all-goals")) {
          cancels = wanted;
        } else if (!wanted) {
          throw new IllegalArgumentException(
              "%s.%s: expected true, found false: it is always done; configuration not used"
                  .formatted(at, key));
        }
      }
    }
    return Optional.of(cancels);
  }

  private static Map<String, JointOverride> overrides(String at, Config all) {
    Map<String, JointOverride> overrides = new TreeMap<>();
    for (String joint : all.root().keySet()) {
      Config one = all.getConfig(ConfigUtil.quoteString(joint));
      known(at + "." + joint, one, Set.of("lower", "upper", "velocity", "acceleration"));
      var override =
          new JointOverride(
              number(one, "lower"),
              number(one, "upper"),
              number(one, "velocity"),
              number(one, "acceleration"));
      for (var positive : List.of(override.velocity(), override.acceleration())) {
        if (positive.isPresent() && !(positive.get() > 0 && positive.get() < 1e6)) {
          throw new IllegalArgumentException(
              "%s.%s: expected velocity and acceleration above 0, found %s; configuration not used"
                  .formatted(at, joint, positive.get()));
        }
      }
      overrides.put(joint, override);
    }
    return Map.copyOf(overrides);
  }

  private static Optional<Double> number(Config of, String key) {
    return of.hasPath(key) ? Optional.of(of.getDouble(key)) : Optional.empty();
  }

  private static Duration time(Config of, String key) {
    if (!of.hasPath(key)
        || of.getValue(key).valueType() == ConfigValueType.STRING
            && of.getString(key).equals("none")) {
      return null;
    }
    return of.getDuration(key);
  }

  private static Optional<String> navigatePolicy(String at, Config navigate) {
    Optional<String> policy = text(navigate, "policy");
    if (policy.isPresent() && !List.of("cancel", "continue").contains(policy.get())) {
      throw new IllegalArgumentException(
          "%s: expected cancel or continue, found %s; configuration not used"
              .formatted(at, policy.get()));
    }
    return policy;
  }

  /** Zero for none; empty where nothing is said. */
  private static Optional<Duration> timeOrNone(String at, Config of, String key) {
    if (!of.hasPath(key)) {
      return Optional.empty();
    }
    Duration time = time(of, key);
    if (time != null && !time.isPositive()) {
      throw new IllegalArgumentException(
          "%s.%s: expected a time above 0 or none, found %s; configuration not used"
              .formatted(at, key, of.getString(key)));
    }
    return Optional.of(time == null ? Duration.ZERO : time);
  }

  private static String foreign(String at, Config robot) {
    String policy = text(robot, "foreign").orElse("warn");
    if (!List.of("warn", "refuse-motion").contains(policy)) {
      throw new IllegalArgumentException(
          "%s: expected warn or refuse-motion, found %s; configuration not used"
              .formatted(at, policy));
    }
    return policy;
  }

  /** The reach topics of its tips, relative or absolute. */
  Map<String, String> reachTopics() {
    Map<String, String> topics = new TreeMap<>();
    if (reachTopic != null) {
      for (String tip : new ArrayList<>(tips.keySet())) {
        topics.put(tip, reachTopic.replace("{tip}", tip));
      }
    }
    return topics;
  }
}
