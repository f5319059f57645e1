package tandem.robot.guard;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tandem.proto.body.InverseKinematics;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Cancel;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.Configure;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.Motion;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.Pose;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.Rearm;
import tandem.proto.v1.Release;
import tandem.proto.v1.Revoke;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.Stop;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TimeToken;
import tandem.proto.v1.VelocityTarget;

/** A guard's core with a clock, a disk and a robot that belong to the test. */
final class GuardHarness {
  static final String ROBOT = "eve";
  static final long SECOND = 1_000_000_000L;

  GuardState state;
  long now = 10 * SECOND;
  GuardMemory disk;
  boolean diskFull;
  boolean diskHangs;
  private GuardEffect.Store hanging;
  boolean linkDown;

  /** What becomes of a motion that the link was handed is for the test to say. */
  boolean linkHangs;

  double tiltRad = Double.NaN;
  long stillSince = Body.MOVING;
  long measuredAgo = 0;
  Map<String, Double> posture = new LinkedHashMap<>(Map.of());
  final List<GuardEffect> effects = new ArrayList<>();
  final List<GuardEffect.Reply> replies = new ArrayList<>();
  double baseSpeed = Double.NaN;
  Body.Feet feet = Body.Feet.UNKNOWN;

  /** It stood at 0.75 m and is at 0.3 m since then. */
  long lowSince = Body.MOVING;

  boolean follows;
  boolean baseSilent;
  private long nextReply = 1;
  private int boots;

  static GuardMemory fresh() {
    return GuardMemory.newBuilder().setVersion(1).setRobot(ROBOT).setArmed(true).build();
  }

  GuardHarness() {
    this(fresh());
  }

  GuardHarness(GuardMemory memory) {
    this(memory, profile());
    see(true);
  }

  /**
   * @param profile null: none comes
   */
  GuardHarness(GuardMemory memory, RobotProfile profile) {
    disk = memory;
    posture.put("shoulder", 0.0);
    posture.put("elbow", 0.5);
    posture.put("knee", -0.2);
    boot();
    if (profile != null) {
      configure(profile);
    }
  }

  /** Starts the guard again from what is on its disk; the robot stays as it is. */
  void boot() {
    boots++;
    state =
        GuardState.starting(
            ROBOT, "%032x".formatted(boots), disk, state == null ? null : state.profile());
  }

  static RobotProfile profile() {
    var profile =
        RobotProfile.newBuilder()
            .setRobot(ROBOT)
            .setBaseFrame("base_link")
            .setSource("proposed")
            .setMarginRad(0.02)
            .setReachWithinSeconds(3)
            .setJoint(
                CommandTarget.newBuilder()
                    .setKind("topic")
                    .setTopic("/eve/joint_trajectory")
                    .setType(MotionPlan.TRAJECTORY))
            .putReach(
                "left_hand",
                CommandTarget.newBuilder()
                    .setKind("topic")
                    .setTopic("/eve/reach/left_hand")
                    .setType(MotionPlan.POSE)
                    .build())
            .addAllJointOrder(List.of("shoulder", "elbow", "knee"));
    for (String joint : List.of("shoulder", "elbow", "knee")) {
      profile.addLimits(
          JointLimit.newBuilder()
              .setJoint(joint)
              .setLowerRad(-2)
              .setUpperRad(2)
              .setVelocityRadPerSec(1)
              .setAccelerationRadPerSec2(10)
              .setSource("urdf"));
    }
    return profile.build();
  }

  void configure(RobotProfile profile) {
    configured(profile);
  }

  GuardEffect.Reply configured(RobotProfile profile) {
    return ask(GuardRequest.newBuilder().setConfigure(Configure.newBuilder().setProfile(profile)));
  }

  void see(boolean listeners) {
    input(
        new GuardInput.Seen(
            listeners
                ? new GuardInput.Presence(
                    "robot",
                    List.of(
                        new GuardInput.Listener(
                            "/eve/joint_trajectory", MotionPlan.TRAJECTORY, "RIHS01_t"),
                        new GuardInput.Listener(
                            "/eve/reach/left_hand", MotionPlan.POSE, "RIHS01_p"),
                        new GuardInput.Listener("/eve/cmd_vel", MotionPlan.TWIST, "RIHS01_v"),
                        new GuardInput.Listener("/eve/stance", MotionPlan.STRING, "RIHS01_s"),
                        new GuardInput.Listener(
                            "/eve/navigate_to_pose", MotionPlan.NAVIGATE, "RIHS01_n"),
                        new GuardInput.Listener("/eve/stop", MotionPlan.BOOL, "RIHS01_b")))
                : GuardInput.Presence.NONE));
  }

  Body body() {
    Map<String, Body.Joint> joints = new LinkedHashMap<>();
    posture.forEach((joint, rad) -> joints.put(joint, new Body.Joint(rad, now - measuredAgo)));
    return new Body(
        joints,
        stillSince,
        tiltRad,
        now,
        Double.isNaN(baseSpeed)
            ? Body.Base.UNKNOWN
            : new Body.Base(baseSpeed, 0, baseSilent ? now - SECOND : now),
        feet,
        new Body.Height(lowSince == Body.MOVING ? 0.75 : 0.3, 0.75, lowSince, now));
  }

  /** What the feet carry from now on; their weight is 600 N. */
  void carries(double left, double right) {
    feet = new Body.Feet(left, right, 600, Long.MAX_VALUE / 2);
  }

  /** A profile with all classes, on a robot with watchdogs. */
  static RobotProfile teleoperated() {
    return profile().toBuilder()
        .setVelocity(topic("/eve/cmd_vel", MotionPlan.TWIST))
        .setStance(topic("/eve/stance", MotionPlan.STRING))
        .setWatchdogVelocitySeconds(0.5)
        .setWatchdogJointSeconds(0.5)
        .putTips("left_hand", "hand")
        .build();
  }

  /** As {@link #teleoperated}, with a stack that navigates. */
  static RobotProfile navigating() {
    return teleoperated().toBuilder()
        .setOdomFrame("odom")
        .setWatchdogNavigateSeconds(12)
        .setNavigate(
            CommandTarget.newBuilder()
                .setKind("action")
                .setTopic("/eve/navigate_to_pose")
                .setType(MotionPlan.NAVIGATE))
        .build();
  }

  /** Two metres ahead of where odometry began, within a minute. */
  static NavigateGoal.Builder ahead() {
    return NavigateGoal.newBuilder().setFrame("odom").setXMeters(2).setWithinSeconds(60);
  }

  /** A navigation of the class's usual times. */
  Motion.Builder navigation(long term, long epoch, long sequence) {
    return motion(term, epoch, sequence).setEndByMillis(60_000).setNavigate(ahead());
  }

  static CommandTarget topic(String topic, String type) {
    return CommandTarget.newBuilder().setKind("topic").setTopic(topic).setType(type).build();
  }

  /** Runs one input and all that follows from it at once, as the process does. */
  List<GuardEffect> input(GuardInput input) {
    List<GuardEffect> all = new ArrayList<>();
    run(input, all);
    effects.addAll(all);
    return all;
  }

  private void run(GuardInput input, List<GuardEffect> all) {
    GuardCore.Decision decision = GuardCore.decide(state, now, body(), input);
    state = decision.state();
    for (GuardEffect effect : decision.effects()) {
      all.add(effect);
      switch (effect) {
        case GuardEffect.Store store -> {
          if (diskHangs) {
            hanging = store;
            break;
          }
          if (!diskFull) {
            disk = store.memory();
          }
          run(
              new GuardInput.Stored(
                  store.number(), !diskFull, diskFull ? "No space left on device" : ""),
              all);
        }
        case GuardEffect.MoveJoints move when linkHangs && !move.commandId().isEmpty() -> {}
        case GuardEffect.MoveJoints move when !move.commandId().isEmpty() ->
            run(
                new GuardInput.Published(move.commandId(), !linkDown, linkDown ? "no link" : ""),
                all);
        case GuardEffect.MoveTip move when move.commandId().isEmpty() -> {
          if (follows) {
            follow(move);
          }
        }
        case GuardEffect.StreamJoints stream -> {
          for (int i = 0; follows && i < stream.joints().size(); i++) {
            posture.put(stream.joints().get(i), stream.positionsRad().get(i));
          }
        }
        case GuardEffect.MoveTip move ->
            run(
                new GuardInput.Published(move.commandId(), !linkDown, linkDown ? "no link" : ""),
                all);
        case GuardEffect.NavigateTo go ->
            run(
                new GuardInput.Published(go.commandId(), !linkDown, linkDown ? "no link" : ""),
                all);
        case GuardEffect.TakeStance take ->
            run(
                new GuardInput.Published(take.commandId(), !linkDown, linkDown ? "no link" : ""),
                all);
        case GuardEffect.MoveBase move -> {
          if (follows) {
            baseSpeed = Math.hypot(move.vx(), move.vy());
          }
        }
        case GuardEffect.CancelGoals cancel -> {}
        case GuardEffect.Reply reply -> replies.add(reply);
        case GuardEffect.MoveJoints hold -> {}
        case GuardEffect.Log log -> {}
        case GuardEffect.StoreProfile profile -> {}
        case GuardEffect.AckLog ack -> {}
        case GuardEffect.TellStop tell -> {}
      }
    }
  }

  /** As a reach controller that is there at once; where it cannot be, it is as near as it can. */
  private void follow(GuardEffect.MoveTip move) {
    Pose pose = move.pose();
    var target =
        new tandem.proto.body.Pose(
            pose.getXMeters(),
            pose.getYMeters(),
            pose.getZMeters(),
            pose.getQx(),
            pose.getQy(),
            pose.getQz(),
            pose.getQw());
    posture.putAll(
        InverseKinematics.solve(
                state.model(), "hand", target, move.withOrientation(), posture, Set.of(), 0)
            .positions());
  }

  /** Hand in the base's frame, as the robot has described itself. */
  tandem.proto.body.Pose hand() {
    return state.model().pose("hand", posture);
  }

  List<GuardEffect.MoveTip> tips() {
    return effects.stream()
        .filter(GuardEffect.MoveTip.class::isInstance)
        .map(GuardEffect.MoveTip.class::cast)
        .toList();
  }

  /** What hung is on disk now, the newest of it. */
  void diskAnswers() {
    disk = hanging.memory();
    input(new GuardInput.Stored(hanging.number(), true, ""));
  }

  GuardEffect.Reply ask(GuardRequest.Builder request) {
    return ask(request, true);
  }

  GuardEffect.Reply ask(GuardRequest.Builder request, boolean fromGateway) {
    long replyTo = nextReply++;
    if (request.getRobot().isEmpty()) {
      request.setRobot(ROBOT);
    }
    input(new GuardInput.Request(request.build(), fromGateway, replyTo));
    return replies.stream()
        .filter(reply -> reply.replyTo() == replyTo)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no reply to " + request));
  }

  GuardEffect.Reply grant(long term, long epoch) {
    return ask(
        GuardRequest.newBuilder()
            .setGrant(
                Grant.newBuilder()
                    .setAuthority(authority(term, epoch))
                    .setHolder("ann")
                    .setPart("body")));
  }

  GuardEffect.Reply grant(long term, long epoch, String part) {
    return ask(
        GuardRequest.newBuilder()
            .setGrant(
                Grant.newBuilder()
                    .setAuthority(authority(term, epoch))
                    .setHolder("ann")
                    .setPart(part)));
  }

  GuardEffect.Reply revoke(long term, long epoch, String part) {
    return ask(
        GuardRequest.newBuilder()
            .setRevoke(
                Revoke.newBuilder()
                    .setAuthority(authority(term, epoch))
                    .setWhy("over")
                    .setPart(part)));
  }

  GuardEffect.Reply revoke(long term, long epoch) {
    return ask(
        GuardRequest.newBuilder()
            .setRevoke(Revoke.newBuilder().setAuthority(authority(term, epoch)).setWhy("over")));
  }

  GuardEffect.Reply keepAlive(long term, long epoch, long counter) {
    return ask(
        GuardRequest.newBuilder()
            .setKeepAlive(
                KeepAlive.newBuilder()
                    .setAuthority(authority(term, epoch))
                    .setCounter(counter)
                    .setToken(token(now))));
  }

  GuardEffect.Reply stop(String id) {
    return ask(
        GuardRequest.newBuilder()
            .setStop(Stop.newBuilder().setBy("bob").setWhy("smoke").setRequestId(id)));
  }

  GuardEffect.Reply release(String reason) {
    return ask(
        GuardRequest.newBuilder()
            .setRelease(
                Release.newBuilder()
                    .setBy("bob")
                    .setReason(reason)
                    .setToken(token(now))
                    .setStopNumber(state.memory().getStopNumber())));
  }

  GuardEffect.Reply rearm(long term, long epoch) {
    return ask(
        GuardRequest.newBuilder()
            .setRearm(
                Rearm.newBuilder()
                    .setAuthority(authority(term, epoch))
                    .setBy("sue")
                    .setReason("checked")
                    .setToken(token(now))));
  }

  GuardEffect.Reply cancel(String id) {
    return ask(
        GuardRequest.newBuilder()
            .setCancel(Cancel.newBuilder().setCommandId(id).setBy("ann").setWhy("no")));
  }

  GuardEffect.Reply move(Motion.Builder motion) {
    return ask(GuardRequest.newBuilder().setMotion(motion));
  }

  /** A motion that nothing speaks against: the elbow by 0.3 rad in one second. */
  Motion.Builder motion(long term, long epoch, long sequence) {
    return Motion.newBuilder()
        .setCommandId("c-" + term + "-" + epoch + "-" + sequence)
        .setAuthority(authority(term, epoch))
        .setSequenceInEpoch(sequence)
        .setToken(token(now))
        .setStartByMillis(1_000)
        .setEndByMillis(4_000)
        .setJournal(journal(term, epoch * 1_000 + sequence))
        .setJoint(elbow(0.8, 1));
  }

  /** Opens a stream of a kind, lapse 250 ms. */
  GuardEffect.Reply open(long term, long epoch, long sequence, String kind) {
    return move(
        motion(term, epoch, sequence)
            .setEndByMillis(60_000)
            .setStream(StreamGoal.newBuilder().setKind(kind)));
  }

  /** A setpoint of the stream that {@link #open} opened; its token is of now. */
  Setpoint.Builder setpoint(long term, long epoch, long sequence, long number) {
    return Setpoint.newBuilder()
        .setCommandId("c-" + term + "-" + epoch + "-" + sequence)
        .setAuthority(authority(term, epoch))
        .setNumber(number)
        .setHeld(true)
        .setToken(token(now))
        .setValidMillis(400);
  }

  GuardEffect.Reply set(Setpoint.Builder setpoint) {
    return ask(GuardRequest.newBuilder().setSetpoint(setpoint));
  }

  static VelocityTarget velocity(double vx, double vy, double wz) {
    return VelocityTarget.newBuilder()
        .setVxMetersPerSec(vx)
        .setVyMetersPerSec(vy)
        .setWzRadPerSec(wz)
        .build();
  }

  List<GuardEffect.MoveBase> twists() {
    return effects.stream()
        .filter(GuardEffect.MoveBase.class::isInstance)
        .map(GuardEffect.MoveBase.class::cast)
        .toList();
  }

  List<GuardEffect.StreamJoints> points() {
    return effects.stream()
        .filter(GuardEffect.StreamJoints.class::isInstance)
        .map(GuardEffect.StreamJoints.class::cast)
        .toList();
  }

  TimeToken token(long atNanos) {
    return TimeToken.newBuilder()
        .setBootId(state.bootId())
        .setTickMillis(atNanos / 1_000_000)
        .build();
  }

  static Authority authority(long term, long epoch) {
    return Authority.newBuilder().setTerm(term).setEpoch(epoch).build();
  }

  static JournalPosition journal(long term, long sequence) {
    return JournalPosition.newBuilder()
        .setTerm(term)
        .setSequence(sequence)
        .setHash(ByteString.copyFrom(new byte[32]))
        .build();
  }

  static JointGoal.Builder elbow(double rad, double seconds) {
    return JointGoal.newBuilder()
        .addTargets(JointTarget.newBuilder().setJoint("elbow").setPositionRad(rad))
        .setDurationSeconds(seconds);
  }

  static ReachGoal.Builder leftHand(double x, double y, double z) {
    return ReachGoal.newBuilder()
        .setTip("left_hand")
        .setFrame("base_link")
        .setPose(Pose.newBuilder().setXMeters(x).setYMeters(y).setZMeters(z).setQw(1))
        .setDurationSeconds(1);
  }

  /** Lets time pass in ticks of 20 ms, the lease holder silent. */
  void pass(long nanos) {
    long end = now + nanos;
    while (now < end) {
      now = Math.min(end, now + 20_000_000);
      input(new GuardInput.Tick());
    }
  }

  long counter(String name) {
    return state.counters().get(name);
  }

  List<GuardEffect.MoveJoints> trajectories() {
    return effects.stream()
        .filter(GuardEffect.MoveJoints.class::isInstance)
        .map(GuardEffect.MoveJoints.class::cast)
        .toList();
  }

  List<GuardEffect.Log> logs(String kind) {
    return effects.stream()
        .filter(GuardEffect.Log.class::isInstance)
        .map(GuardEffect.Log.class::cast)
        .filter(log -> log.kind().equals(kind))
        .toList();
  }
}
