package tandem.robot.inbound;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tandem.proto.body.Body;
import tandem.proto.body.Joint;
import tandem.proto.body.Urdf;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.VelocityLimits;
import tandem.robot.door.Identity;
import tandem.ros2.TypeName;
import tandem.ros2.idl.InterfaceRegistry;

/**
 * The profile that a robot's graph suggests, with what its configuration fixes (contract, "Robot
 * profile and command mapping"). Pure.
 *
 * <p>A configuration that names what the graph does not show is not used as a whole: the profile
 * then is only a proposal that says what is missing.
 */
final class ProfileProposal {
  static final String TRAJECTORY = "trajectory_msgs/msg/JointTrajectory";
  static final String POSE = "geometry_msgs/msg/PoseStamped";
  static final String FOLLOW = "control_msgs/action/FollowJointTrajectory";
  static final String NAVIGATE = "nav2_msgs/action/NavigateToPose";
  static final String ARRAY = "std_msgs/msg/Float64MultiArray";
  static final String TWIST = "geometry_msgs/msg/Twist";
  static final String TWIST_STAMPED = "geometry_msgs/msg/TwistStamped";
  static final String STRING = "std_msgs/msg/String";

  /** Where nothing else is said: a slow walk. */
  static final VelocityLimits VELOCITY_LIMITS =
      VelocityLimits.newBuilder()
          .setVxMetersPerSec(0.5)
          .setVyMetersPerSec(0.3)
          .setWzRadPerSec(0.8)
          .setAccelerationMetersPerSec2(1.0)
          .setAngularAccelerationRadPerSec2(2.0)
          .build();

  private static final String DEMO_ROBOT = "demo_robot";
  private static final double DEMO_WATCHDOG_SECONDS = 0.5;

  /** The lease of a client that is silent, 10 s, and the two seconds that it waits then. */
  private static final double DEMO_NAVIGATE_WATCHDOG_SECONDS = 12;

  /** The widest range of its arms' joints, 3.8 rad, at the 0.8 rad/s that it takes for a reach. */
  private static final double DEMO_REACH_SECONDS = 4.8;

  private static final double MARGIN_RAD = 0.02;
  private static final double LOOPBACK_POSITION_RAD = 3.2;
  private static final double LOOPBACK_VELOCITY_RAD_PER_SEC = 1.0;
  private static final double ACCELERATION_RAD_PER_SEC2 = 10;

  /**
   * Something of the robot that takes commands.
   *
   * @param topic of the subscription, or name of the action; with leading slash
   * @param type {@code pkg/msg/Type} or {@code pkg/action/Type}
   * @param typeHash of the topic; of an action: of its send_goal service
   * @param node name of the node, without namespace
   */
  record Listener(String topic, String type, String typeHash, String node) {}

  private final String namespace;
  private final List<Listener> listeners;
  private final List<String> joints;
  private final boolean loopback;
  private final RobotSettings settings;
  private final RobotProfile.Builder profile = RobotProfile.newBuilder();
  private final List<String> why = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();
  private Optional<Body> body = Optional.empty();

  private ProfileProposal(
      String robot,
      String namespace,
      List<Listener> listeners,
      List<String> joints,
      boolean loopback,
      RobotSettings settings) {
    this.namespace = namespace;
    this.listeners = List.copyOf(new LinkedHashSet<>(listeners));
    this.joints = joints;
    this.loopback = loopback;
    this.settings = settings;
    profile.setRobot(robot).setNamespace(namespace).setMarginRad(MARGIN_RAD).setOdomFrame("odom");
  }

  /**
   * Proposes.
   *
   * @param namespace of the robot; {@code /} for the root
   * @param listeners what of the robot itself takes commands
   * @param joints names in the order of its JointState; empty where none came yet
   * @param urdf text of its robot_description; null where none came
   * @param loopback whether limits may be guessed where no URDF is known
   * @param settings what is configured for it; null: nothing
   */
  static RobotProfile propose(
      String robot,
      String namespace,
      List<Listener> listeners,
      List<String> joints,
      String urdf,
      boolean loopback,
      RobotSettings settings) {
    return new ProfileProposal(robot, namespace, listeners, joints, loopback, settings)
        .propose(urdf);
  }

  private RobotProfile propose(String urdf) {
    if (urdf != null) {
      try {
        body = Optional.of(Urdf.parse(urdf));
      } catch (IllegalArgumentException malformed) {
        why.add("limits: robot_description is not understood: " + malformed.getMessage());
      }
    }
    profile.setBaseFrame(body.map(Body::root).orElse("base_link"));
    profile.setAssistance(body.map(Body::assistance).orElse(""));
    if (body.isPresent() && body.get().hasLink("base_link")) {
      profile.setBaseFrame("base_link");
    }
    joint();
    velocity();
    reach();
    stance();
    navigate();
    if (profile.hasVelocity()) {
      profile.setVelocityLimits(VELOCITY_LIMITS);
    }
    profile.setCancelAllGoals(profile.getJoint().getKind().equals("action"));
    if (settings != null) {
      configured();
    }
    profile.addAllJointOrder(joints);
    limits();
    // On loopback a proposal is used at once, elsewhere when a person has accepted it.
    profile.setSource(
        !missing.isEmpty()
            ? "proposed"
            : settings != null ? "configured" : loopback ? "accepted" : "proposed");
    if (!missing.isEmpty()) {
      profile.clearJoint().clearVelocity().clearReach().clearStance().clearNavigate();
      why.clear();
      missing.forEach(one -> why.add("configured " + one + "; the configuration is not used"));
    }
    return profile.addAllAmbiguities(why).build();
  }

  // ---- classes

  private void joint() {
    if (settings != null && settings.joint() != null) {
      RobotSettings.Target target = settings.joint();
      Set<String> types =
          target.action() ? Set.of(FOLLOW) : target.type().map(Set::of).orElse(Set.of(TRAJECTORY));
      configuredTarget("joint", target, types)
          .ifPresent(
              found -> profile.setJoint(found.toBuilder().addAllOrder(target.order()).build()));
      return;
    }
    List<Listener> actions = of(FOLLOW);
    List<Listener> usable = actions.stream().filter(ProfileProposal::spoken).toList();
    List<Listener> topics = of(TRAJECTORY);
    List<Listener> found = usable.isEmpty() ? topics : usable;
    if (found.size() == 1) {
      profile.setJoint(target(found.getFirst()));
      profile.setPartialGoals(
          found.getFirst().type().equals(TRAJECTORY) && found.getFirst().node().equals(DEMO_ROBOT));
    } else if (found.isEmpty()) {
      List<Listener> arrays = of(ARRAY);
      why.add(
          "joint: nobody under "
              + namespace
              + " serves "
              + FOLLOW
              + " or subscribes to "
              + TRAJECTORY
              + (arrays.isEmpty()
                  ? ""
                  : "; there is "
                      + names(arrays)
                      + ", whose messages name no joints: it is used only with a configured"
                      + " order"));
    } else {
      why.add("joint: several candidates: " + names(found));
    }
    otherVersions("joint", actions);
  }

  private void otherVersions(String what, List<Listener> actions) {
    for (Listener listener : actions) {
      if (!spoken(listener)) {
        why.add(
            "%s: action %s: hash of its send_goal: expected %s, found %s: another version of %s; not used"
                .formatted(
                    what,
                    listener.topic(),
                    sendGoalHash(listener.type()),
                    listener.typeHash(),
                    listener.type()));
      }
    }
  }

  /** Whether the action's version is the one known here, or its distribution has no hashes. */
  private static boolean spoken(Listener action) {
    return !action.typeHash().startsWith("RIHS01_")
        || action.typeHash().equals(sendGoalHash(action.type()));
  }

  private static String sendGoalHash(String action) {
    return InterfaceRegistry.bundled().hash(TypeName.parse(action).with("_SendGoal")).text();
  }

  private void velocity() {
    if (settings != null && settings.velocity() != null) {
      RobotSettings.Target target = settings.velocity();
      configuredTarget(
              "velocity", target, target.type().map(Set::of).orElse(Set.of(TWIST, TWIST_STAMPED)))
          .ifPresent(profile::setVelocity);
      return;
    }
    List<Listener> found = new ArrayList<>(of(TWIST));
    found.addAll(of(TWIST_STAMPED));
    if (found.size() == 1) {
      profile.setVelocity(target(found.getFirst()));
      if (found.getFirst().node().equals(DEMO_ROBOT)) {
        profile.setWatchdogVelocitySeconds(DEMO_WATCHDOG_SECONDS);
      }
    } else if (found.size() > 1) {
      why.add("velocity: several candidates: " + names(found));
    }
  }

  private void reach() {
    if (settings != null && settings.reachTopic() != null) {
      settings
          .reachTopics()
          .forEach(
              (tip, topic) ->
                  configuredTarget(
                          "reach " + tip,
                          new RobotSettings.Target(false, topic, Optional.of(POSE), List.of()),
                          Set.of(POSE))
                      .ifPresent(found -> profile.putReach(tip, found)));
      return;
    }
    String prefix = absolute("reach") + "/";
    Map<String, List<Listener>> byTip = new TreeMap<>();
    for (Listener listener : of(POSE)) {
      if (listener.topic().startsWith(prefix)) {
        byTip
            .computeIfAbsent(listener.topic().substring(prefix.length()), tip -> new ArrayList<>())
            .add(listener);
      }
    }
    byTip.forEach(
        (tip, found) -> {
          if (found.size() == 1) {
            profile.putReach(tip, target(found.getFirst()));
            if (found.getFirst().node().equals(DEMO_ROBOT)) {
              profile.setReachWithinSeconds(DEMO_REACH_SECONDS);
            }
            tipLink(tip).ifPresent(link -> profile.putTips(tip, link));
          } else {
            why.add("reach " + tip + ": several candidates: " + names(found));
          }
        });
  }

  private void stance() {
    if (settings != null && settings.stanceTopic() != null) {
      configuredTarget(
              "stance",
              new RobotSettings.Target(
                  false, settings.stanceTopic(), Optional.of(STRING), List.of()),
              Set.of(STRING))
          .ifPresent(profile::setStance);
      return;
    }
    List<Listener> found =
        of(STRING).stream().filter(one -> one.topic().equals(absolute("stance"))).toList();
    if (found.size() == 1) {
      profile.setStance(target(found.getFirst()));
    }
  }

  private void navigate() {
    if (settings != null && settings.navigate() != null) {
      configuredTarget("navigate", settings.navigate(), Set.of(NAVIGATE))
          .ifPresent(profile::setNavigate);
      return;
    }
    List<Listener> actions = of(NAVIGATE);
    List<Listener> found = actions.stream().filter(ProfileProposal::spoken).toList();
    if (found.size() == 1) {
      profile.setNavigate(target(found.getFirst()));
      if (found.getFirst().node().equals(DEMO_ROBOT)) {
        profile.setWatchdogNavigateSeconds(DEMO_NAVIGATE_WATCHDOG_SECONDS);
      }
    } else if (found.size() > 1) {
      why.add("navigate: several candidates: " + names(found));
    }
    otherVersions("navigate", actions);
  }

  private void configured() {
    settings.baseFrame().ifPresent(profile::setBaseFrame);
    settings.odomFrame().ifPresent(profile::setOdomFrame);
    profile.putAllTips(settings.tips());
    settings.partialGoals().ifPresent(profile::setPartialGoals);
    if (settings.velocityLimits() != null) {
      profile.setVelocityLimits(settings.velocityLimits());
    }
    profile.setIndependentParts(settings.independentParts());
    profile.setForeignPolicy(settings.foreign());
    settings.navigatePolicy().ifPresent(profile::setNavigatePolicy);
    settings
        .watchdogNavigate()
        .ifPresent(
            time -> {
              if (time.isZero()) {
                profile.clearWatchdogNavigateSeconds();
              } else {
                profile.setWatchdogNavigateSeconds(time.toNanos() / 1e9);
              }
            });
    settings
        .reachWithin()
        .ifPresent(
            time -> {
              if (time.isZero()) {
                profile.clearReachWithinSeconds();
              } else {
                profile.setReachWithinSeconds(time.toNanos() / 1e9);
              }
            });
    profile.setCancelAllGoals(
        settings.cancelAllGoals().orElse(profile.getJoint().getKind().equals("action")));
    if (settings.watchdogVelocity() != null) {
      profile.setWatchdogVelocitySeconds(settings.watchdogVelocity().toNanos() / 1e9);
    }
    if (settings.watchdogJoint() != null) {
      profile.setWatchdogJointSeconds(settings.watchdogJoint().toNanos() / 1e9);
    }
    if (settings.unattendedMax() != null) {
      profile.setUnattendedMaxSeconds(settings.unattendedMax().toNanos() / 1e9);
    }
    if (body.isPresent()) {
      settings
          .tips()
          .forEach(
              (tip, link) -> {
                if (!body.get().hasLink(link)) {
                  missing.add("tips: " + tip + ": robot_description has no link " + link);
                }
              });
    }
    if (!joints.isEmpty()) {
      Set<String> named = new LinkedHashSet<>(profile.getJoint().getOrderList());
      named.addAll(settings.overrides().keySet());
      named.removeAll(joints);
      if (!named.isEmpty()) {
        missing.add("joints: not in the robot's joint states: " + String.join(", ", named));
      }
    }
  }

  /** The one listener of that name and type; what is not there is noted. */
  private Optional<CommandTarget> configuredTarget(
      String what, RobotSettings.Target target, Set<String> types) {
    String name = absolute(target.name());
    List<Listener> found =
        listeners.stream()
            .filter(one -> one.topic().equals(name) && types.contains(one.type()))
            .toList();
    if (found.size() == 1 && (!target.action() || spoken(found.getFirst()))) {
      return Optional.of(target(found.getFirst()));
    }
    missing.add(
        found.isEmpty()
            ? "%s: %s %s: nobody %s it as %s"
                .formatted(
                    what,
                    target.action() ? "action" : "topic",
                    name,
                    target.action() ? "serves" : "subscribes to",
                    String.join(" or ", types.stream().sorted().toList()))
            : "%s: several candidates, or another version of the type: %s"
                .formatted(what, names(found)));
    return Optional.empty();
  }

  // ---- limits

  private void limits() {
    Map<String, Joint> known = new LinkedHashMap<>();
    body.ifPresent(model -> model.joints().forEach(joint -> known.put(joint.name(), joint)));
    Set<String> unlimited = new LinkedHashSet<>();
    for (String name : joints) {
      Optional<JointLimit> limit = limit(name, known.get(name));
      if (limit.isPresent()) {
        profile.addLimits(limit.get());
      } else {
        unlimited.add(name);
      }
    }
    if (!unlimited.isEmpty()) {
      why.add("limits: none known for " + String.join(", ", unlimited));
    }
  }

  private Optional<JointLimit> limit(String name, Joint joint) {
    Optional<JointLimit> described =
        joint != null && joint.limit() != null
            ? Optional.of(
                limit(
                    name,
                    joint.limit().lower(),
                    joint.limit().upper(),
                    joint.limit().velocity(),
                    "urdf"))
            : loopback
                ? Optional.of(
                    limit(
                        name,
                        -LOOPBACK_POSITION_RAD,
                        LOOPBACK_POSITION_RAD,
                        LOOPBACK_VELOCITY_RAD_PER_SEC,
                        "default"))
                : Optional.empty();
    RobotSettings.JointOverride override = settings == null ? null : settings.overrides().get(name);
    if (override == null) {
      return described;
    }
    if (described.isEmpty() && (override.lower().isEmpty() || override.upper().isEmpty())) {
      return Optional.empty();
    }
    JointLimit.Builder limit =
        described.map(JointLimit::toBuilder).orElseGet(() -> limit(name, 0, 0, 0, "").toBuilder());
    override.lower().ifPresent(limit::setLowerRad);
    override.upper().ifPresent(limit::setUpperRad);
    override.velocity().ifPresent(limit::setVelocityRadPerSec);
    override.acceleration().ifPresent(limit::setAccelerationRadPerSec2);
    if (limit.getLowerRad() > limit.getUpperRad()) {
      missing.add(
          "override: %s: expected lower <= upper, found %s and %s"
              .formatted(name, limit.getLowerRad(), limit.getUpperRad()));
    }
    return Optional.of(limit.setSource("override").build());
  }

  private static JointLimit limit(
      String joint, double lower, double upper, double velocity, String source) {
    // A default is "|q| <= 3.2", with no margin inside it; the guard takes the margin off both
    // ends.
    double margin = source.equals("default") ? MARGIN_RAD : 0;
    return JointLimit.newBuilder()
        .setJoint(joint)
        .setLowerRad(lower - margin)
        .setUpperRad(upper + margin)
        .setVelocityRadPerSec(velocity > 0 ? velocity : LOOPBACK_VELOCITY_RAD_PER_SEC)
        .setAccelerationRadPerSec2(ACCELERATION_RAD_PER_SEC2)
        .setSource(source)
        .build();
  }

  // ---- names

  private List<Listener> of(String type) {
    return listeners.stream().filter(one -> one.type().equals(type)).toList();
  }

  private String absolute(String name) {
    if (name.startsWith("/")) {
      return name;
    }
    return (namespace.equals(Identity.ROOT) ? "" : namespace) + "/" + name;
  }

  /** The link a tip is named after: {@code left_hand}, {@code left_hand_link} or {@code l_hand}. */
  private Optional<String> tipLink(String tip) {
    if (body.isEmpty()) {
      return Optional.empty();
    }
    String shortSide = tip.replaceFirst("^left_", "l_").replaceFirst("^right_", "r_");
    for (String link :
        List.of(
            tip,
            tip + "_link",
            shortSide,
            shortSide + "_link",
            shortSide.replace("hand", "gripper"),
            shortSide.replace("hand", "palm"))) {
      if (body.get().hasLink(link)) {
        return Optional.of(link);
      }
    }
    return Optional.empty();
  }

  private static CommandTarget target(Listener listener) {
    return CommandTarget.newBuilder()
        .setKind(List.of(FOLLOW, NAVIGATE).contains(listener.type()) ? "action" : "topic")
        .setTopic(listener.topic())
        .setType(listener.type())
        .setTypeHash(listener.typeHash())
        .build();
  }

  private static String names(List<Listener> listeners) {
    return String.join(
        ", ",
        listeners.stream().map(one -> one.topic() + " (" + one.type() + ")").sorted().toList());
  }
}
