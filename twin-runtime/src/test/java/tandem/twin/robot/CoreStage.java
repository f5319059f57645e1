package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import tandem.proto.codec.SealedEvent;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.StanceGoal;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TimeToken;
import tandem.twin.robot.Observation.GuardSeen;
import tandem.twin.robot.Observation.Moment;

/** A twin of the test's own time: decides and folds, without clock, journal or actor. */
abstract class CoreStage {
  static final long NOON = 1_893_499_200_000_000_000L; // 2030-01-01T12:00:00Z

  TwinCore core;
  TwinState state;
  Tracking tracking;
  long millis;
  double[] positions;
  double[] velocities;
  long samplesAt;
  GuardStatus.Builder guard;
  long guardAt;
  boolean reachable;
  double tilt;
  Sensed.BasePose base;
  List<Event> happened;
  Decision last;

  @BeforeEach
  void begin() {
    core = new TwinCore(TwinRules.from(ConfigFactory.load()), "home");
    state = TwinState.empty("ada", 1);
    tracking = Tracking.START;
    millis = 10_000;
    positions = new double[] {0, 0};
    velocities = new double[] {0, 0};
    samplesAt = millis;
    guardAt = millis;
    reachable = true;
    tilt = 0;
    base = null;
    happened = new ArrayList<>();
    guard =
        GuardStatus.newBuilder()
            .setRobot("ada")
            .setArmed(true)
            .setToken(TimeToken.newBuilder().setBootId("b".repeat(32)).setTickMillis(5_000));
  }

  Sensed.Origin origin(String topic) {
    return new Sensed.Origin(topic, "peer", samplesAt, NOON, "sender", samplesAt * 1_000_000, NOON);
  }

  Observation seen() {
    var sensed =
        new Sensed(
            new Sensed.Joints(
                origin("/ada/joint_states"),
                List.of("left_elbow", "right_elbow"),
                positions,
                velocities,
                new double[0]),
            new Sensed.Attitude(
                origin("/ada/imu/data"),
                Math.sin(tilt / 2),
                0,
                0,
                Math.cos(tilt / 2),
                new double[3],
                new double[3]),
            base == null ? null : seenNow(base),
            samplesAt * 1_000_000);
    return new Observation(
        new Moment(NOON + millis * 1_000_000, millis * 1_000_000),
        sensed,
        new GuardSeen(reachable, guard.build(), guardAt * 1_000_000),
        null);
  }

  private Sensed.BasePose seenNow(Sensed.BasePose b) {
    return new Sensed.BasePose(
        origin("/ada/odom"),
        b.x(),
        b.y(),
        b.z(),
        b.qx(),
        b.qy(),
        b.qz(),
        b.qw(),
        b.linearVelocity(),
        b.angularVelocity());
  }

  /** Decides and folds; samples and guard stay as old as they are. */
  Decision decide(TwinCommand command) {
    last = core.decide(state, tracking, seen(), command);
    assertThat(core.decide(state, tracking, seen(), command))
        .as("the same question has the same answer")
        .usingRecursiveComparison()
        .isEqualTo(last);
    tracking = last.tracking();
    for (Event event : last.events()) {
      long hybrid = Math.max(state.hybridNanos() + 1, NOON + millis * 1_000_000);
      state =
          TwinFold.evolve(
              state,
              SealedEvent.seal("ada", 1, state.sequence() + 1, hybrid, state.headHash(), event));
      happened.add(event);
    }
    return last;
  }

  /** Time passes, samples and guard are fresh. */
  Decision after(long more) {
    millis += more;
    samplesAt = millis;
    guardAt = millis;
    return decide(new TwinCommand.Review());
  }

  CoreStage live() {
    return live(profile("configured"));
  }

  CoreStage live(RobotProfile profile) {
    decide(new TwinCommand.Admit("", "tcp/1", "/ada", 0));
    decide(new TwinCommand.Propose(profile));
    happened.clear();
    return this;
  }

  /** A profile with a target of every class. */
  static RobotProfile hands(boolean independentParts) {
    return profile("configured").toBuilder()
        .setVelocity(CommandTarget.newBuilder().setKind("topic").setTopic("/ada/cmd_vel"))
        .setStance(CommandTarget.newBuilder().setKind("topic").setTopic("/ada/stance"))
        .setNavigate(CommandTarget.newBuilder().setKind("action").setTopic("/ada/navigate_to_pose"))
        .setOdomFrame("odom")
        .setIndependentParts(independentParts)
        .build();
  }

  static TwinCommand.Move stream(String id, String by, String kind) {
    return new TwinCommand.Move(
        id, by, new Goal.Stream(StreamGoal.newBuilder().setKind(kind).build()), 2_000);
  }

  static TwinCommand.Move stance(String id, String by, String stance) {
    return new TwinCommand.Move(
        id, by, new Goal.Stance(StanceGoal.newBuilder().setStance(stance).build()), 2_000);
  }

  /** From now on odometry says so: m, m/s, rad/s. */
  void base(double x, double vx, double wz) {
    base =
        new Sensed.BasePose(
            origin("/ada/odom"),
            x,
            0,
            0.8,
            0,
            0,
            0,
            1,
            new double[] {vx, 0, 0},
            new double[] {0, 0, wz});
  }

  /** From now on odometry says that the base is so high, m, and stands. */
  void height(double z) {
    base =
        new Sensed.BasePose(origin("/ada/odom"), 0, 0, z, 0, 0, 0, 1, new double[3], new double[3]);
  }

  static RobotProfile profile(String source) {
    var profile =
        RobotProfile.newBuilder()
            .setRobot("ada")
            .setBaseFrame("base_link")
            .setMarginRad(0.02)
            .setSource(source)
            .setJoint(
                CommandTarget.newBuilder().setKind("topic").setTopic("/ada/joint_trajectory"));
    for (String joint : List.of("left_elbow", "right_elbow")) {
      profile.addLimits(
          JointLimit.newBuilder()
              .setJoint(joint)
              .setLowerRad(-2)
              .setUpperRad(2)
              .setVelocityRadPerSec(2)
              .setAccelerationRadPerSec2(10));
    }
    return profile.build();
  }

  static TwinCommand.Move move(String id, String by, double to, double seconds) {
    return new TwinCommand.Move(id, by, joint("left_elbow", to, seconds), 2_000);
  }

  static Goal joint(String joint, double to, double seconds) {
    return new Goal.Joint(
        JointGoal.newBuilder()
            .addTargets(JointTarget.newBuilder().setJoint(joint).setPositionRad(to))
            .setDurationSeconds(seconds)
            .build());
  }

  CommandRecord command(String id) {
    return state.command(id).orElseThrow();
  }

  void granted() {
    decide(new TwinCommand.GrantAnswered(state.offered().epoch(), true, "", ""));
  }

  void guardAccepts(String id) {
    decide(new TwinCommand.MotionAnswered(id, true, true, "", "", NOON, NOON + 1_000_000));
  }

  List<String> names() {
    return happened.stream().map(e -> e.getClass().getSimpleName()).toList();
  }

  String refusal() {
    return ((TwinReply.Refused) ((Decision.Answer.Now) last.answer()).reply()).why();
  }

  void executing(String id) {
    decide(move(id, "anna", 0.5, 1));
    granted();
    guardAccepts(id);
  }
}
