package tandem.sim.control;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Pose;
import tandem.sim.body.Quat;
import tandem.sim.body.Vec;
import tandem.sim.engine.EngineData;
import tandem.sim.engine.EngineData.SensorView;
import tandem.sim.engine.EngineException;
import tandem.sim.engine.EngineModel;
import tandem.sim.engine.EngineModel.Kind;
import tandem.sim.engine.StateField;

/**
 * One humanoid in one simulation: reads, controls and steps it.
 *
 * <p>After {@link #step} every reading belongs to the same instant, the beginning of that step. Not
 * thread-safe. The model is not closed with it.
 */
public final class SimulatedHumanoid implements AutoCloseable {
  /** Degrees of freedom of the free root in velocities; positions have one more (a quaternion). */
  private static final int ROOT_DOF = 6;

  private static final int ROOT_QPOS = 7;

  private final Humanoid body;
  private final EngineData data;
  private final double stepSeconds;
  private final Motion motion;
  private final Balance balance;
  private final Pushes pushes;
  private final FallDetector falls = new FallDetector();
  private final int joints;
  private final int torsoBody;
  private final int pelvisBody;
  private final Optional<Assistance> assistance;
  private final double[] wrench = new double[6];
  private final int[] controlOf;

  private final double[] qpos;
  private final double[] qvel;
  private final double[] angle;
  private final double[] speed;
  private final double[] torque;
  private final double[] control;
  private final double[] bias;
  private final double[] applied;
  private final double[] push = new double[2];

  private final SensorView comPosition;
  private final SensorView comVelocity;
  private final SensorView leftSole;
  private final SensorView rightSole;
  private final SensorView acceleration;
  private final SensorView rate;
  private final SensorView orientation;
  private final SensorView leftForce;
  private final SensorView leftTorque;
  private final SensorView rightForce;
  private final SensorView rightTorque;
  private long steps;

  /**
   * A robot standing at the origin of the world.
   *
   * @param stepSeconds must be the model's
   */
  public SimulatedHumanoid(Humanoid body, EngineModel model, double stepSeconds, Pushes pushes) {
    this(body, model, stepSeconds, pushes, Optional.empty());
  }

  /** As the other, with a base that something else moves. */
  public SimulatedHumanoid(
      Humanoid body,
      EngineModel model,
      double stepSeconds,
      Pushes pushes,
      Optional<Assistance> assistance) {
    this.body = body;
    this.assistance = assistance;
    this.stepSeconds = stepSeconds;
    this.pushes = pushes;
    joints = body.joints().size();
    requireSize(model, StateField.QPOS, ROOT_QPOS + joints);
    requireSize(model, StateField.QVEL, ROOT_DOF + joints);
    requireSize(model, StateField.CTRL, joints);
    controlOf = new int[joints];
    for (int j = 0; j < joints; j++) {
      String name = body.joints().get(j).name();
      if (model.require(Kind.JOINT, name) != j + 1) {
        throw new EngineException(
            "model %s: joint %s is not number %d; not simulated"
                .formatted(model.name(), name, j + 1));
      }
      controlOf[j] = model.require(Kind.ACTUATOR, name);
    }
    torsoBody = model.require(Kind.BODY, "torso");
    pelvisBody = model.require(Kind.BODY, body.links().getFirst().name());
    motion = new Motion(body, stepSeconds, assistance);
    balance = new Balance(body);
    qpos = new double[ROOT_QPOS + joints];
    qvel = new double[ROOT_DOF + joints];
    angle = new double[joints];
    speed = new double[joints];
    torque = new double[joints];
    control = new double[joints];
    bias = new double[ROOT_DOF + joints];
    applied = new double[model.size(StateField.XFRC_APPLIED)];
    data = model.newData();
    comPosition = data.sensor("com_position", 3);
    comVelocity = data.sensor("com_velocity", 3);
    leftSole = data.sensor("l_sole_position", 3);
    rightSole = data.sensor("r_sole_position", 3);
    acceleration = data.sensor("imu_acceleration", 3);
    rate = data.sensor("imu_rate", 3);
    orientation = data.sensor("imu_orientation", 4);
    leftForce = data.sensor("l_sole_force", 3);
    leftTorque = data.sensor("l_sole_torque", 3);
    rightForce = data.sensor("r_sole_force", 3);
    rightTorque = data.sensor("r_sole_torque", 3);
    place(new Pose(new Vec(0, 0, Humanoid.STANDING_HEIGHT), Quat.IDENTITY), motion.reference());
  }

  private static void requireSize(EngineModel model, StateField field, int expected) {
    if (model.size(field) != expected) {
      throw new EngineException(
          "model %s: %s: expected %d values, found %d; not simulated"
              .formatted(model.name(), field, expected, model.size(field)));
    }
  }

  /** Sets the robot down at rest. */
  public void place(Pose base, double[] anglesRad) {
    Vec p = base.position();
    Quat o = base.orientation();
    double[] root = {p.x(), p.y(), p.z(), o.w(), o.x(), o.y(), o.z()};
    System.arraycopy(root, 0, qpos, 0, ROOT_QPOS);
    System.arraycopy(anglesRad, 0, qpos, ROOT_QPOS, joints);
    Arrays.fill(qvel, 0);
    data.set(StateField.QPOS, qpos);
    data.set(StateField.QVEL, qvel);
    falls.reset();
    data.forward();
    read();
  }

  private void read() {
    data.get(StateField.QPOS, qpos);
    data.get(StateField.QVEL, qvel);
    System.arraycopy(qpos, ROOT_QPOS, angle, 0, joints);
    System.arraycopy(qvel, ROOT_DOF, speed, 0, joints);
  }

  /** Judges a command now; see {@link Motion#apply}. */
  public Command.Verdict command(Command command) {
    return motion.apply(command, seconds(), angle, base(), falls.fallen());
  }

  /** Follows its own commands for one step. */
  public void step() {
    motion.advance(seconds());
    motion.lead(base(), baseVelocity(), baseTurn(), falls.fallen());
    advance();
  }

  /** Follows angles from elsewhere for one step. */
  public void stepTowards(double[] anglesRad) {
    motion.follow(anglesRad);
    advance();
  }

  private void advance() {
    boolean pushed = pushes.forceAt(seconds(), push);
    if (pushed) {
      applied[6 * torsoBody] = push[0];
      applied[6 * torsoBody + 1] = push[1];
    }
    assistance.ifPresent(this::assist);
    if (pushed || assistance.isPresent()) data.set(StateField.XFRC_APPLIED, applied);
    data.step1();
    read();
    data.biasForces(bias);
    // Heading from the direction of the base: the feet stand square below it.
    double yaw = base().orientation().yaw();
    double cos = Math.cos(yaw);
    double sin = Math.sin(yaw);
    // What carries it also keeps it upright: the ankles have to do only what is left.
    double own = 1 - assistance.map(Assistance::carrying).orElse(0.0);
    double ex = comPosition.at(0) - (leftSole.at(0) + rightSole.at(0)) / 2;
    double ey = comPosition.at(1) - (leftSole.at(1) + rightSole.at(1)) / 2;
    double vx = comVelocity.at(0);
    double vy = comVelocity.at(1);
    balance.torques(
        motion.reference(),
        motion.speed(),
        angle,
        speed,
        bias,
        own * (cos * ex + sin * ey),
        own * (cos * ey - sin * ex),
        own * (cos * vx + sin * vy),
        own * (cos * vy - sin * vx),
        falls.fallen(),
        torque);
    for (int j = 0; j < joints; j++) control[controlOf[j]] = torque[j];
    data.set(StateField.CTRL, control);
    data.step2();
    steps++;
    double ground = Math.min(leftSole.at(2), rightSole.at(2));
    double upZ = 1 - 2 * (qpos[4] * qpos[4] + qpos[5] * qpos[5]);
    falls.observe(qpos[2] - ground, upZ, stepSeconds);
  }

  private void assist(Assistance by) {
    by.wrench(
        stepSeconds,
        base(),
        new Vec(qvel[0], qvel[1], qvel[2]),
        baseTurn(),
        falls.fallen(),
        wrench);
    System.arraycopy(wrench, 0, applied, 6 * pelvisBody, wrench.length);
  }

  public Humanoid body() {
    return body;
  }

  /** What moves the base besides its own legs. */
  public Optional<Assistance> assistance() {
    return assistance;
  }

  public Motion motion() {
    return motion;
  }

  public FallDetector falls() {
    return falls;
  }

  public Pushes pushes() {
    return pushes;
  }

  public long steps() {
    return steps;
  }

  /** Simulated time: steps times their length. */
  public double seconds() {
    return steps * stepSeconds;
  }

  public double stepSeconds() {
    return stepSeconds;
  }

  /** Joint angles, rad; overwritten by the next step; do not modify. */
  public double[] anglesRad() {
    return angle;
  }

  /** Joint speeds, rad/s; overwritten by the next step; do not modify. */
  public double[] speedsRadPerSec() {
    return speed;
  }

  /** Motor torques, N m; overwritten by the next step; do not modify. */
  public double[] torquesNm() {
    return torque;
  }

  /** base_link in odom, which is the world. */
  public Pose base() {
    return new Pose(
        new Vec(qpos[0], qpos[1], qpos[2]), new Quat(qpos[3], qpos[4], qpos[5], qpos[6]));
  }

  /** Linear velocity of base_link in its own axes, m/s (the engine gives it in the world's). */
  public Vec baseVelocity() {
    return base().orientation().inverse().apply(new Vec(qvel[0], qvel[1], qvel[2]));
  }

  /** Angular velocity of base_link in its own axes, rad/s. */
  public Vec baseTurn() {
    return new Vec(qvel[3], qvel[4], qvel[5]);
  }

  /** Proper acceleration in imu_link, m/s^2: +9.81 upwards at rest. */
  public SensorView acceleration() {
    return acceleration;
  }

  /** Angular velocity in imu_link, rad/s. */
  public SensorView rate() {
    return rate;
  }

  /** Orientation of imu_link in odom, w x y z. */
  public SensorView imuOrientation() {
    return orientation;
  }

  /** Force of the ground on the left foot in l_sole, N. */
  public SensorView leftForce() {
    return leftForce;
  }

  /** Torque about l_sole, N m. */
  public SensorView leftTorque() {
    return leftTorque;
  }

  public SensorView rightForce() {
    return rightForce;
  }

  public SensorView rightTorque() {
    return rightTorque;
  }

  /** Offset of the centre of mass from the middle of the soles, horizontal, m. */
  public double centreOffset() {
    return Math.hypot(
        comPosition.at(0) - (leftSole.at(0) + rightSole.at(0)) / 2,
        comPosition.at(1) - (leftSole.at(1) + rightSole.at(1)) / 2);
  }

  /** Positions of root and joints, for another simulation of the same model; overwritten. */
  public double[] positions() {
    return qpos;
  }

  /** The whole integration state as bytes: equal bytes, equal future. */
  public byte[] stateBytes() {
    double[] state = data.get(StateField.INTEGRATION);
    var bytes = ByteBuffer.allocate(Double.BYTES * state.length);
    for (double value : state) bytes.putLong(Double.doubleToRawLongBits(value));
    return bytes.array();
  }

  @Override
  public void close() {
    data.close();
  }
}
