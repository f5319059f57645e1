package tandem.sim.sense;

import java.util.ArrayList;
import java.util.List;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.Imu;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.Odometry;
import tandem.ros2.msg.Point;
import tandem.ros2.msg.PoseWithCovariance;
import tandem.ros2.msg.Quaternion;
import tandem.ros2.msg.TFMessage;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Transform;
import tandem.ros2.msg.TransformStamped;
import tandem.ros2.msg.Twist;
import tandem.ros2.msg.TwistWithCovariance;
import tandem.ros2.msg.Vector3;
import tandem.ros2.msg.Wrench;
import tandem.ros2.msg.WrenchStamped;
import tandem.sim.body.Frame;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Joint;
import tandem.sim.body.Pose;
import tandem.sim.body.Quat;
import tandem.sim.body.Vec;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.engine.EngineData.SensorView;

/** Messages of one robot's body. Copies what it reads; holds no state of the simulation. */
public final class Messages {
  /** The frame that the world is called. */
  public static final String ODOM = "odom";

  private static final Float64s NO_COVARIANCE_3 = Float64s.of(new double[9]);
  private static final Float64s NO_COVARIANCE_6 = Float64s.of(new double[36]);

  private final Humanoid body;
  private final List<String> names;

  public Messages(Humanoid body) {
    this.body = body;
    this.names = body.joints().stream().map(Joint::name).toList();
  }

  private static Vector3 vector(Vec v) {
    return new Vector3(v.x(), v.y(), v.z());
  }

  private static Vector3 vector(SensorView v) {
    return new Vector3(v.at(0), v.at(1), v.at(2));
  }

  private static Quaternion quaternion(Quat q) {
    return new Quaternion(q.x(), q.y(), q.z(), q.w());
  }

  /** Angles, speeds and motor torques in the body's joint order. */
  public JointState jointState(SimulatedHumanoid robot, Time stamp) {
    return new JointState(
        new Header(stamp, ""),
        names,
        Float64s.of(robot.anglesRad().clone()),
        Float64s.of(robot.speedsRadPerSec().clone()),
        Float64s.of(robot.torquesNm().clone()));
  }

  /** REP-145: proper acceleration, in imu_link; covariances zero, which means unknown. */
  public Imu imu(SimulatedHumanoid robot, Time stamp) {
    SensorView o = robot.imuOrientation();
    return new Imu(
        new Header(stamp, "imu_link"),
        new Quaternion(o.at(1), o.at(2), o.at(3), o.at(0)),
        NO_COVARIANCE_3,
        vector(robot.rate()),
        NO_COVARIANCE_3,
        vector(robot.acceleration()),
        NO_COVARIANCE_3);
  }

  /** base_link in odom, twist in base_link. */
  public Odometry odometry(SimulatedHumanoid robot, Time stamp) {
    Pose base = robot.base();
    Vec p = base.position();
    return new Odometry(
        new Header(stamp, ODOM),
        body.root(),
        new PoseWithCovariance(
            new tandem.ros2.msg.Pose(
                new Point(p.x(), p.y(), p.z()), quaternion(base.orientation())),
            NO_COVARIANCE_6),
        new TwistWithCovariance(
            new Twist(vector(robot.baseVelocity()), vector(robot.baseTurn())), NO_COVARIANCE_6));
  }

  /** odom to base_link, and every joint's child in its parent. */
  public TFMessage transforms(SimulatedHumanoid robot, Time stamp) {
    var transforms = new ArrayList<TransformStamped>(1 + body.joints().size());
    transforms.add(transform(stamp, ODOM, body.root(), robot.base()));
    double[] angles = robot.anglesRad();
    for (int j = 0; j < angles.length; j++) {
      Joint joint = body.joints().get(j);
      transforms.add(transform(stamp, joint.parent(), joint.child(), joint.at(angles[j])));
    }
    return new TFMessage(transforms);
  }

  /** Every fixed frame in its link. */
  public TFMessage fixedTransforms(Time stamp) {
    var transforms = new ArrayList<TransformStamped>();
    for (Frame frame : body.frames()) {
      transforms.add(transform(stamp, frame.link(), frame.name(), frame.at()));
    }
    return new TFMessage(transforms);
  }

  private static TransformStamped transform(Time stamp, String parent, String child, Pose pose) {
    return new TransformStamped(
        new Header(stamp, parent),
        child,
        new Transform(vector(pose.position()), quaternion(pose.orientation())));
  }

  /**
   * What the ground does to the left foot, at the sole and in its axes, as the ankle's sensor feels
   * it (so without the foot's own 0.9 kg).
   */
  public WrenchStamped leftWrench(SimulatedHumanoid robot, Time stamp) {
    return wrench("l_sole", robot.leftForce(), robot.leftTorque(), stamp);
  }

  /** As {@link #leftWrench}, right. */
  public WrenchStamped rightWrench(SimulatedHumanoid robot, Time stamp) {
    return wrench("r_sole", robot.rightForce(), robot.rightTorque(), stamp);
  }

  /** The engine's sensor gives what the leg does to the foot; the ground does the opposite. */
  private static WrenchStamped wrench(
      String frame, SensorView force, SensorView torque, Time stamp) {
    return new WrenchStamped(
        new Header(stamp, frame),
        new Wrench(
            new Vector3(-force.at(0), -force.at(1), -force.at(2)),
            new Vector3(-torque.at(0), -torque.at(1), -torque.at(2))));
  }
}
