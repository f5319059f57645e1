package tandem.cloud.operator;

import com.google.protobuf.Message;
import java.util.HashSet;
import java.util.Set;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.StopRequest;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.VelocityTarget;
import tandem.twin.Refused;

/**
 * Reads requests from JSON and refuses what no twin needs to see: malformed text, unknown fields,
 * numbers that are not finite or beyond any robot, names that are empty, too long or not printable.
 *
 * <p>The bounds here are those of plausible input; the robot's own limits are the twin's and the
 * guard's business. Every refusal names the field, what was expected and what was found.
 */
public final class Requests {
  /** Characters of a name (robot, operator, joint, tip, frame). */
  public static final int MAX_NAME_CHARS = 100;

  private static final int MAX_ID_CHARS = 64;

  /** Characters of a reason. */
  public static final int MAX_TEXT_CHARS = 500;

  /** Joints of one command. */
  public static final int MAX_TARGETS = 128;

  private static final double MAX_JOINT_RAD = 1000;
  private static final double MAX_REACH_METERS = 100;
  private static final double MAX_PLACE_METERS = 1_000;
  private static final double MAX_SECONDS = 600;
  private static final double UNIT_TOLERANCE = 1e-3;

  private static final double MAX_VELOCITY = 100;
  private static final long MAX_LAPSE_MILLIS = 10_000;
  private static final Set<String> PARTS = Set.of("", "body", "arms", "locomotion");

  private Requests() {}

  /** A motion command for the robot that the address names. */
  public static CommandRequest command(String robot, String json) {
    var request = read(json, CommandRequest.newBuilder());
    request.setRobot(sameRobot(robot, request.getRobot(), "command"));
    name("by", request.getBy(), "command");
    seconds("expiresSeconds", request.getExpiresSeconds(), true, "command");
    switch (request.getGoalCase()) {
      case JOINT -> check(request.getJoint());
      case REACH -> check(request.getReach());
      case STREAM -> check(request.getStream());
      case STANCE -> name("stance.stance", request.getStance().getStance(), "command");
      case NAVIGATE -> check(request.getNavigate());
      case GOAL_NOT_SET ->
          throw bad(
              "goal",
              "one of joint, reach, stream, stance, navigate",
              "none",
              "command not passed on");
    }
    return request.build();
  }

  /** One reading of a held control. */
  public static TeleopSetpoint setpoint(String json) {
    var setpoint = read(json, TeleopSetpoint.newBuilder()).build();
    String kept = "setpoint not passed on";
    if (setpoint.getNumber() < 1)
      throw bad("number", "1 and rising", Long.toUnsignedString(setpoint.getNumber()), kept);
    if (setpoint.getToken().getBootId().length() > MAX_NAME_CHARS)
      throw bad("token.bootId", "32 hex digits", shown(setpoint.getToken().getBootId()), kept);
    switch (setpoint.getTargetCase()) {
      case VELOCITY -> check(setpoint.getVelocity());
      case JOINT -> targets(setpoint.getJoint(), kept);
      case REACH -> pose(setpoint.getReach(), kept);
      case TARGET_NOT_SET -> {
        if (setpoint.getHeld()) throw bad("target", "one of velocity, joint, reach", "none", kept);
      }
    }
    return setpoint;
  }

  /** A stop, or with {@code release} and a reason its release; an empty text is a stop. */
  public static StopRequest stop(String robot, String json) {
    var request = json.isBlank() ? StopRequest.newBuilder() : read(json, StopRequest.newBuilder());
    request.setRobot(sameRobot(robot, request.getRobot(), "stop"));
    if (request.getBy().isEmpty() && !request.getRelease()) request.setBy("unnamed");
    name("by", request.getBy(), "stop request");
    text("reason", request.getReason(), "stop request");
    String id = request.getRequestId();
    if (id.length() > MAX_ID_CHARS || !printable(id))
      throw bad(
          "requestId",
          "at most " + MAX_ID_CHARS + " printable characters",
          shown(id),
          "stop request not passed on");
    if (request.getRelease() && request.getReason().isBlank())
      throw bad("reason", "why the stop may be released", "nothing", "stop not released");
    return request.build();
  }

  /** A wish about the lease. */
  public static LeaseRequest lease(String robot, String json) {
    var request = read(json, LeaseRequest.newBuilder());
    request.setRobot(sameRobot(robot, request.getRobot(), "lease request"));
    switch (request.getAction()) {
      case "acquire", "release", "keepalive", "request", "withdraw" ->
          name("by", request.getBy(), "lease request");
      case "hand-over", "decline" -> {
        name("by", request.getBy(), "lease request");
        name("to", request.getTo(), "lease request");
      }
      case "take" -> {
        name("by", request.getBy(), "lease request");
        if (request.getReason().isBlank())
          throw bad("reason", "why the lease is taken", "nothing", "lease not taken");
      }
      case "show" -> {}
      default ->
          throw bad(
              "action",
              "acquire, release, take, show, keepalive, request, withdraw, decline or hand-over",
              request.getAction(),
              "lease unchanged");
    }
    if (!PARTS.contains(request.getPart()))
      throw bad("part", "body, arms or locomotion", shown(request.getPart()), "lease unchanged");
    text("reason", request.getReason(), "lease request");
    seconds("forSeconds", request.getForSeconds(), true, "lease request");
    return request.build();
  }

  /**
   * Who asks for something small: {@code by} (required) and {@code reason} of a {@code
   * StopRequest}-shaped body.
   */
  public static StopRequest asked(String robot, String json) {
    var request = read(json.isBlank() ? "{}" : json, StopRequest.newBuilder());
    request.setRobot(sameRobot(robot, request.getRobot(), "request"));
    name("by", request.getBy(), "request");
    text("reason", request.getReason(), "request");
    return request.build();
  }

  private static void check(NavigateGoal goal) {
    if (!goal.getFrame().isEmpty()) name("navigate.frame", goal.getFrame(), "command");
    for (double value : new double[] {goal.getXMeters(), goal.getYMeters()})
      if (!(Math.abs(value) <= MAX_PLACE_METERS))
        throw bad(
            "navigate",
            "coordinates within " + MAX_PLACE_METERS + " m",
            value,
            "command not passed on");
    if (!(Math.abs(goal.getYawRad()) <= 2 * Math.PI))
      throw bad("navigate.yawRad", "within 2 pi", goal.getYawRad(), "command not passed on");
    seconds("navigate.withinSeconds", goal.getWithinSeconds(), false, "command");
  }

  private static void check(StreamGoal goal) {
    name("stream.kind", goal.getKind(), "command");
    if (goal.getLapseMillis() < 0 || goal.getLapseMillis() > MAX_LAPSE_MILLIS)
      throw bad(
          "stream.lapseMillis",
          "0.." + MAX_LAPSE_MILLIS,
          Long.toUnsignedString(goal.getLapseMillis()),
          "command not passed on");
  }

  private static void check(VelocityTarget target) {
    for (double value :
        new double[] {
          target.getVxMetersPerSec(), target.getVyMetersPerSec(), target.getWzRadPerSec()
        })
      if (!(Math.abs(value) <= MAX_VELOCITY))
        throw bad(
            "velocity",
            "numbers within " + MAX_VELOCITY + " m/s or rad/s",
            value,
            "setpoint not passed on");
  }

  private static void check(JointGoal goal) {
    targets(goal, "command not passed on");
    seconds("joint.durationSeconds", goal.getDurationSeconds(), false, "command");
  }

  private static void targets(JointGoal goal, String kept) {
    if (goal.getTargetsCount() == 0 || goal.getTargetsCount() > MAX_TARGETS)
      throw bad("joint.targets", "1.." + MAX_TARGETS, goal.getTargetsCount(), kept);
    var seen = new HashSet<String>();
    for (int i = 0; i < goal.getTargetsCount(); i++) {
      var target = goal.getTargets(i);
      String where = "joint.targets[" + i + "]";
      name(where + ".joint", target.getJoint(), "command");
      if (!seen.add(target.getJoint()))
        throw bad(where + ".joint", "each joint once", target.getJoint(), kept);
      if (!(Math.abs(target.getPositionRad()) <= MAX_JOINT_RAD))
        throw bad(
            where + ".positionRad",
            "-" + MAX_JOINT_RAD + ".." + MAX_JOINT_RAD,
            target.getPositionRad(),
            kept);
    }
  }

  private static void check(ReachGoal goal) {
    pose(goal, "command not passed on");
    seconds("reach.durationSeconds", goal.getDurationSeconds(), false, "command");
  }

  private static void pose(ReachGoal goal, String kept) {
    name("reach.tip", goal.getTip(), "command");
    if (!goal.getFrame().isEmpty()) name("reach.frame", goal.getFrame(), "command");
    if (!goal.hasPose()) throw bad("reach.pose", "a pose", "none", kept);
    var pose = goal.getPose();
    for (double value : new double[] {pose.getXMeters(), pose.getYMeters(), pose.getZMeters()})
      if (!(Math.abs(value) <= MAX_REACH_METERS))
        throw bad("reach.pose", "coordinates within " + MAX_REACH_METERS + " m", value, kept);
    if (goal.getWithOrientation()) {
      double norm =
          Math.sqrt(
              pose.getQx() * pose.getQx()
                  + pose.getQy() * pose.getQy()
                  + pose.getQz() * pose.getQz()
                  + pose.getQw() * pose.getQw());
      if (!(Math.abs(norm - 1) <= UNIT_TOLERANCE))
        throw bad("reach.pose", "a unit quaternion (norm 1)", "norm " + norm, kept);
    }
  }

  private static <B extends Message.Builder> B read(String json, B builder) {
    try {
      return Json.parse(json, builder);
    } catch (IllegalArgumentException e) {
      throw new Refused("tandem.request.malformed", e.getMessage() + "; request not passed on");
    }
  }

  private static String sameRobot(String fromPath, String fromBody, String what) {
    if (!fromBody.isEmpty() && !fromBody.equals(fromPath))
      throw bad("robot", fromPath + " (as in the address)", fromBody, what + " not passed on");
    return fromPath;
  }

  private static void name(String field, String value, String what) {
    if (value.isBlank() || value.length() > MAX_NAME_CHARS || !printable(value))
      throw bad(
          field,
          "1.." + MAX_NAME_CHARS + " printable characters",
          value.isBlank() ? "nothing" : shown(value),
          what + " not passed on");
  }

  private static void text(String field, String value, String what) {
    if (value.length() > MAX_TEXT_CHARS || !printable(value))
      throw bad(
          field,
          "at most " + MAX_TEXT_CHARS + " printable characters",
          shown(value),
          what + " not passed on");
  }

  private static void seconds(String field, double value, boolean zeroIsDefault, String what) {
    boolean fits = value > 0 && value <= MAX_SECONDS || zeroIsDefault && value == 0;
    if (!fits)
      throw bad(field, "above 0, up to " + MAX_SECONDS + " s", value, what + " not passed on");
  }

  private static boolean printable(String text) {
    return text.codePoints().noneMatch(Character::isISOControl);
  }

  private static String shown(String text) {
    String clean =
        text.codePoints()
            .limit(60)
            .filter(c -> !Character.isISOControl(c))
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    return clean + " (" + text.length() + " characters)";
  }

  private static Refused bad(String field, String expected, Object found, String notDone) {
    return new Refused(
        "tandem.request.invalid",
        "%s: expected %s, found %s; %s".formatted(field, expected, found, notDone));
  }
}
