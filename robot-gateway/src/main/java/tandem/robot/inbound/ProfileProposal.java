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
import tandem.robot.door.Identity;

/**
 * The profile that a robot's graph suggests (contract, "Robot profile and command mapping"). Pure.
 */
final class ProfileProposal {
  static final String TRAJECTORY = "trajectory_msgs/msg/JointTrajectory";
  static final String POSE = "geometry_msgs/msg/PoseStamped";
  private static final String FOLLOW = "control_msgs/action/FollowJointTrajectory";
  private static final double MARGIN_RAD = 0.02;
  private static final double LOOPBACK_POSITION_RAD = 3.2;
  private static final double LOOPBACK_VELOCITY_RAD_PER_SEC = 1.0;
  private static final double ACCELERATION_RAD_PER_SEC2 = 10;

  private ProfileProposal() {}

  /** A subscriber of the robot: topic with leading slash, {@code pkg/msg/Type}, hash. */
  record Listener(String topic, String type, String typeHash) {}

  /**
   * Proposes.
   *
   * @param namespace of the robot; {@code /} for the root
   * @param listeners what the robot itself subscribes to
   * @param joints names in the order of its JointState; empty where none came yet
   * @param urdf text of its robot_description; null where none came
   * @param loopback whether limits may be guessed where no URDF is known
   */
  static RobotProfile propose(
      String robot,
      String namespace,
      List<Listener> listeners,
      List<String> joints,
      String urdf,
      boolean loopback) {
    RobotProfile.Builder profile =
        RobotProfile.newBuilder()
            .setRobot(robot)
            .setNamespace(namespace)
            .setSource(loopback ? "accepted" : "proposed") // on loopback it is used at once
            .setMarginRad(MARGIN_RAD)
            .setOdomFrame("odom")
            .addAllJointOrder(joints);
    List<String> why = new ArrayList<>();
    Optional<Body> body = Optional.empty();
    if (urdf != null) {
      try {
        body = Optional.of(Urdf.parse(urdf));
      } catch (IllegalArgumentException malformed) {
        why.add("limits: robot_description is not understood: " + malformed.getMessage());
      }
    }
    profile.setBaseFrame(body.map(Body::root).orElse("base_link"));
    if (body.isPresent() && body.get().hasLink("base_link")) {
      profile.setBaseFrame("base_link");
    }
    joint(profile, namespace, distinct(listeners), why);
    reach(profile, namespace, distinct(listeners), body, why);
    limits(profile, joints, body, loopback, why);
    return profile.addAllAmbiguities(why).build();
  }

  private static List<Listener> distinct(List<Listener> listeners) {
    return new ArrayList<>(new LinkedHashSet<>(listeners));
  }

  private static void joint(
      RobotProfile.Builder profile, String namespace, List<Listener> listeners, List<String> why) {
    List<Listener> found = new ArrayList<>();
    boolean actions = false;
    for (Listener listener : listeners) {
      if (listener.type().equals(TRAJECTORY)) {
        found.add(listener);
      }
      actions |= listener.type().startsWith(FOLLOW);
    }
    if (found.size() == 1) {
      profile.setJoint(target(found.getFirst()));
    } else if (found.isEmpty()) {
      why.add(
          "joint: nobody under "
              + namespace
              + " subscribes to "
              + TRAJECTORY
              + (actions ? "; there is an action server, which this version does not use" : ""));
    } else {
      why.add("joint: several candidates: " + names(found));
    }
  }

  private static void reach(
      RobotProfile.Builder profile,
      String namespace,
      List<Listener> listeners,
      Optional<Body> body,
      List<String> why) {
    String prefix = (namespace.equals(Identity.ROOT) ? "" : namespace) + "/reach/";
    Map<String, List<Listener>> byTip = new TreeMap<>();
    for (Listener listener : listeners) {
      if (listener.type().equals(POSE) && listener.topic().startsWith(prefix)) {
        byTip
            .computeIfAbsent(listener.topic().substring(prefix.length()), tip -> new ArrayList<>())
            .add(listener);
      }
    }
    byTip.forEach(
        (tip, found) -> {
          if (found.size() == 1) {
            profile.putReach(tip, target(found.getFirst()));
            tipLink(tip, body).ifPresent(link -> profile.putTips(tip, link));
          } else {
            why.add("reach " + tip + ": several candidates: " + names(found));
          }
        });
  }

  /** The link a tip is named after: {@code left_hand}, {@code left_hand_link} or {@code l_hand}. */
  private static Optional<String> tipLink(String tip, Optional<Body> body) {
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

  private static void limits(
      RobotProfile.Builder profile,
      List<String> joints,
      Optional<Body> body,
      boolean loopback,
      List<String> why) {
    Map<String, Joint> known = new LinkedHashMap<>();
    body.ifPresent(model -> model.joints().forEach(joint -> known.put(joint.name(), joint)));
    Set<String> unlimited = new LinkedHashSet<>();
    for (String name : joints) {
      Joint joint = known.get(name);
      if (joint != null && joint.limit() != null) {
        profile.addLimits(
            limit(
                name,
                joint.limit().lower(),
                joint.limit().upper(),
                joint.limit().velocity(),
                "urdf"));
      } else if (loopback) {
        profile.addLimits(
            limit(
                name,
                -LOOPBACK_POSITION_RAD,
                LOOPBACK_POSITION_RAD,
                LOOPBACK_VELOCITY_RAD_PER_SEC,
                "default"));
      } else {
        unlimited.add(name);
      }
    }
    if (!unlimited.isEmpty()) {
      why.add("limits: none known for " + String.join(", ", unlimited));
    }
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

  private static CommandTarget target(Listener listener) {
    return CommandTarget.newBuilder()
        .setKind("topic")
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
