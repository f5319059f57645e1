package tandem.robot.guard;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tandem.proto.v1.Authority;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.Configure;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.Release;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.Stop;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.JointTrajectoryPoint;
import tandem.ros2.msg.RosDuration;
import tandem.ros2.msg.Time;

/**
 * The first stop of a process must not be its slowest: what a stop runs through has been run
 * before, on a state of its own of a robot that does not exist. Pure; what it decides is thrown
 * away.
 */
final class Rehearsal {
  private static final long TICK_NANOS = 10_000_000;
  private static final int TICKS = 60;
  private static final String JOINT = "joint";

  private GuardState state =
      GuardState.starting(
          "rehearsal",
          "0".repeat(32),
          GuardMemory.newBuilder().setVersion(1).setRobot("rehearsal").setArmed(true).build(),
          null);
  private long now = TICK_NANOS;
  private long asked;

  static void run() {
    new Rehearsal().play();
  }

  private void play() {
    ask(GuardRequest.newBuilder().setConfigure(Configure.newBuilder().setProfile(profile())));
    take(
        new GuardInput.Seen(
            new GuardInput.Presence(
                "robot",
                List.of(
                    new GuardInput.Listener("/rehearsal/joints", MotionPlan.TRAJECTORY, "RIHS01_"),
                    new GuardInput.Listener("/rehearsal/stop", MotionPlan.BOOL, "RIHS01_")))));
    for (long epoch = 1; epoch <= 4; epoch++) {
      var authority = Authority.newBuilder().setTerm(1).setEpoch(epoch);
      ask(GuardRequest.newBuilder().setGrant(Grant.newBuilder().setAuthority(authority)));
      ask(GuardRequest.newBuilder().setKeepAlive(KeepAlive.newBuilder().setAuthority(authority)));
      ask(GuardRequest.newBuilder().setStop(Stop.newBuilder().setBy("rehearsal").setWhy("none")));
      for (int i = 0; i < TICKS; i++) {
        now += TICK_NANOS;
        take(new GuardInput.Tick());
      }
      ask(
          GuardRequest.newBuilder()
              .setRelease(
                  Release.newBuilder()
                      .setBy("rehearsal")
                      .setReason("over")
                      .setToken(GuardCore.token(state, now))
                      .setStopNumber(state.memory().getStopNumber())));
    }
    encode();
  }

  private static RobotProfile profile() {
    return RobotProfile.newBuilder()
        .setRobot("rehearsal")
        .setBaseFrame("base_link")
        .setSource("rehearsal")
        .setJoint(
            CommandTarget.newBuilder()
                .setKind("topic")
                .setTopic("/rehearsal/joints")
                .setType(MotionPlan.TRAJECTORY))
        .addJointOrder(JOINT)
        .addLimits(
            JointLimit.newBuilder()
                .setJoint(JOINT)
                .setLowerRad(-1)
                .setUpperRad(1)
                .setVelocityRadPerSec(1)
                .setAccelerationRadPerSec2(10))
        .build();
  }

  private void ask(GuardRequest.Builder request) {
    take(new GuardInput.Request(request.setRobot("rehearsal").build(), true, ++asked));
  }

  private void take(GuardInput input) {
    var decision = GuardCore.decide(state, now, body(), input);
    state = decision.state();
    for (GuardEffect effect : decision.effects()) {
      if (effect instanceof GuardEffect.Store store) {
        take(new GuardInput.Stored(store.number(), true, ""));
      }
    }
  }

  /** A joint that moves. */
  private Body body() {
    Map<String, Body.Joint> joints = new LinkedHashMap<>();
    joints.put(JOINT, new Body.Joint(Math.sin(now / 1e9) / 2, now));
    return new Body(joints, Body.MOVING, 0, now);
  }

  private static void encode() {
    var rest = new double[] {0};
    var point =
        new JointTrajectoryPoint(
            Float64s.of(rest),
            Float64s.of(rest),
            Float64s.EMPTY,
            Float64s.EMPTY,
            RosDuration.ofNanos(TICK_NANOS));
    JointTrajectory.TYPE.encode(
        new JointTrajectory(new Header(Time.ZERO, ""), List.of(JOINT), List.of(point)));
  }

  private Rehearsal() {}
}
