package tandem.deploy.drill;

import java.time.Duration;
import java.util.List;
import tandem.deploy.client.Api;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.Pose;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.VelocityTarget;

/** What a drill interrupts: one kind of held motion, and how its rest is seen. */
enum Motions {
  VELOCITY("velocity", 2_500, 0.15, 0.05) {
    @Override
    TeleopSetpoint.Builder target(Start start, double seconds) {
      return TeleopSetpoint.newBuilder()
          .setVelocity(VelocityTarget.newBuilder().setVxMetersPerSec(start.sign() * perSecond()));
    }

    @Override
    boolean moves(Witness witness) {
      return witness.baseSpeed() > 0.1;
    }

    @Override
    double stillAfter(Stage stage, Witness witness, long fromNanos) {
      return witness.baseStillAfter(stage, fromNanos, REST);
    }
  },
  JOINT("joint", 700, 0.4, 0.05) {
    @Override
    TeleopSetpoint.Builder target(Start start, double seconds) {
      return TeleopSetpoint.newBuilder()
          .setJoint(
              JointGoal.newBuilder()
                  .addTargets(
                      JointTarget.newBuilder()
                          .setJoint(ELBOW)
                          .setPositionRad(start.angle() + perSecond() * (1 - Math.cos(seconds)))));
    }

    @Override
    boolean moves(Witness witness) {
      return witness.jointSpeed() > 0.2;
    }

    @Override
    double stillAfter(Stage stage, Witness witness, long fromNanos) {
      return witness.jointStillAfter(stage, fromNanos, REST);
    }
  },
  REACH("reach", 1_000, 0.5, 0.05) {
    @Override
    TeleopSetpoint.Builder target(Start start, double seconds) {
      return TeleopSetpoint.newBuilder()
          .setReach(
              ReachGoal.newBuilder()
                  .setTip("left_hand")
                  .setFrame("base_link")
                  .setPose(
                      Pose.newBuilder()
                          .setXMeters(0.30)
                          .setYMeters(0.25)
                          .setZMeters(0.10 + 0.06 * (1 - Math.cos(1.5 * seconds)))
                          .setQw(1)));
    }

    @Override
    boolean moves(Witness witness) {
      return witness.jointSpeed() > 0.08;
    }

    @Override
    double stillAfter(Stage stage, Witness witness, long fromNanos) {
      return witness.jointStillAfter(stage, fromNanos, REST);
    }
  };

  static final String ELBOW = "left_elbow";

  /** What rests when the arm of that elbow does. */
  static final List<String> ARM =
      List.of(
          "left_shoulder_pitch",
          "left_shoulder_roll",
          "left_shoulder_yaw",
          ELBOW,
          "left_wrist_roll");

  /** A base that sways on its feet is no faster, m/s. */
  private static final double SWAYS_METERS_PER_SEC = 0.1;

  /** A base that has just stopped sways as it comes down on its feet. */
  static final Duration SETTLED = Duration.ofSeconds(1);

  private static final int ATTEMPTS = 5;
  private static final Duration AGAIN = Duration.ofMillis(300);
  private static final int FOLLOWED_AFTER = 10;
  private static final Duration FOLLOWED_WITHIN = Duration.ofSeconds(10);
  private static final Duration REST = Duration.ofSeconds(20);

  /**
   * Where a motion begins.
   *
   * @param angle of the elbow, rad
   * @param sign which way a base goes
   */
  record Start(double angle, int sign) {}

  private final String kind;
  private final double withinMillis;
  private final double perSecond;
  private final double nothing;

  Motions(String kind, double withinMillis, double perSecond, double nothing) {
    this.kind = kind;
    this.withinMillis = withinMillis;
    this.perSecond = perSecond;
    this.nothing = nothing;
  }

  /** The hand leads no faster, m/s of the base or rad/s of a joint. */
  double perSecond() {
    return perSecond;
  }

  /** What passes for no motion: m of a base that sways on its feet, rad of an arm's joints. */
  double nothing() {
    return nothing;
  }

  String kind() {
    return kind;
  }

  /** From the last word until rest: the class's lapse, its ramp, and what a body sways. */
  double withinMillis() {
    return withinMillis;
  }

  /** The control's reading so long after it was taken hold of. */
  abstract TeleopSetpoint.Builder target(Start start, double seconds);

  /** Whether the robot is seen to follow. */
  abstract boolean moves(Witness witness);

  abstract double stillAfter(Stage stage, Witness witness, long fromNanos);

  /**
   * The most that a robot moved: its base (m, m/s) for the velocity class, the farthest and the
   * fastest joint of the arm (rad, rad/s) for the others.
   */
  record Moved(double distance, double speed) {
    @Override
    public String toString() {
      return String.format(java.util.Locale.ROOT, "%.3f, %.3f/s", distance, speed);
    }
  }

  /** Does something and looks how far the robot gets in that time from where it was before. */
  Moved mostAfter(Stage stage, Witness witness, Duration time, Runnable what) {
    var from = place(witness);
    what.run();
    double distance = 0;
    double speed = 0;
    long until = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < until) {
      var now = place(witness);
      double apart = 0;
      for (int i = 0; i < from.length; i++)
        apart =
            this == VELOCITY
                ? Math.hypot(apart, now[i] - from[i])
                : Math.max(apart, Math.abs(now[i] - from[i]));
      distance = Math.max(distance, apart);
      speed = Math.max(speed, this == VELOCITY ? witness.baseSpeed() : witness.fastestJoint());
      stage.pause(Duration.ofMillis(10));
    }
    return new Moved(distance, speed);
  }

  private double[] place(Witness witness) {
    return this == VELOCITY
        ? new double[] {witness.baseX(), witness.baseY()}
        : ARM.stream().mapToDouble(witness::angle).toArray();
  }

  /** Whether a robot that moved no more than this did not move; one that was not seen did. */
  boolean isNothing(Moved moved) {
    return moved.distance() < nothing()
        && (this != VELOCITY || moved.speed() < SWAYS_METERS_PER_SEC);
  }

  /** The elbow shows that it moves, the whole arm that it rests. */
  static void watchArm(Witness witness) {
    witness.watch(ELBOW, ARM, Witness.STILL_RAD_PER_SEC);
  }

  /**
   * Opens the control, and waits until the robot is seen to follow (a push may move it, too). A
   * control that ended before the robot followed is opened again: a busy machine may be late with
   * the first setpoint.
   */
  HeldControl begin(Stage stage, Api api, Witness witness, String by, int turn) {
    watchArm(witness);
    for (int attempt = 1; ; attempt++) {
      var control = new HeldControl(api, "ada", by, kind);
      if (!control.open()) {
        control.close();
        if (attempt < ATTEMPTS && Stage.isForNow(control.command())) {
          stage.pause(AGAIN);
          continue;
        }
        throw new IllegalStateException(kind + " was not taken: " + control.command().get("why"));
      }
      var start = new Start(witness.angle(ELBOW), turn % 2 == 0 ? 1 : -1);
      control.hold(seconds -> target(start, seconds));
      long giveUp = System.nanoTime() + FOLLOWED_WITHIN.toNanos();
      stage.await(
          kind + " to be followed or to end",
          FOLLOWED_WITHIN.plusSeconds(5),
          () -> control.hasEnded() || System.nanoTime() > giveUp || isFollowed(control, witness));
      if (isFollowed(control, witness)) return control;
      control.close();
      if (attempt == ATTEMPTS)
        throw new IllegalStateException(
            "%s was not followed: %s, %d said, %d taken, %d refused (%s)"
                .formatted(
                    kind,
                    api.get("/api/commands/" + control.id()),
                    control.said(),
                    control.accepted(),
                    control.refused(),
                    control.why()));
    }
  }

  private boolean isFollowed(HeldControl control, Witness witness) {
    return !control.hasEnded() && control.accepted() >= FOLLOWED_AFTER && moves(witness);
  }
}
