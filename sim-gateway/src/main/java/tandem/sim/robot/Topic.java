package tandem.sim.robot;

import tandem.ros2.Qos;
import tandem.ros2.msg.BatteryState;
import tandem.ros2.msg.CameraInfo;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.Image;
import tandem.ros2.msg.Imu;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.LaserScan;
import tandem.ros2.msg.MessageType;
import tandem.ros2.msg.Odometry;
import tandem.ros2.msg.PointCloud2;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.TFMessage;
import tandem.ros2.msg.WrenchStamped;

/** What the robot publishes: name relative to its namespace (or absolute), type, promise. */
public enum Topic {
  JOINT_STATES("joint_states", JointState.TYPE, Qos.reliable(10)),
  IMU("imu/data", Imu.TYPE, Qos.bestEffort(5)),
  LEFT_WRENCH("left_foot/wrench", WrenchStamped.TYPE, Qos.bestEffort(5)),
  RIGHT_WRENCH("right_foot/wrench", WrenchStamped.TYPE, Qos.bestEffort(5)),
  ODOM("odom", Odometry.TYPE, Qos.reliable(10)),
  TF("/tf", TFMessage.TYPE, Qos.reliable(100)),
  SCAN("scan", LaserScan.TYPE, Qos.bestEffort(5)),
  POINTS("points", PointCloud2.TYPE, Qos.bestEffort(5)),
  DEPTH("camera/depth/image_rect_raw", Image.TYPE, Qos.bestEffort(5)),
  DEPTH_INFO("camera/depth/camera_info", CameraInfo.TYPE, Qos.bestEffort(5)),
  COLOR("camera/color/image_raw", Image.TYPE, Qos.bestEffort(5)),
  COLOR_INFO("camera/color/camera_info", CameraInfo.TYPE, Qos.bestEffort(5)),
  BATTERY("battery_state", BatteryState.TYPE, Qos.reliable(1)),
  DIAGNOSTICS("/diagnostics", DiagnosticArray.TYPE, Qos.reliable(10)),
  TF_STATIC("/tf_static", TFMessage.TYPE, Qos.latched(1)),
  ROBOT_DESCRIPTION("robot_description", StringMessage.TYPE, Qos.latched(1));

  private final String path;
  private final MessageType<?> type;
  private final Qos qos;

  Topic(String path, MessageType<?> type, Qos qos) {
    this.path = path;
    this.type = type;
    this.qos = qos;
  }

  /** Full ROS name for a robot. */
  public String nameFor(String robot) {
    return path.startsWith("/") ? path : "/" + robot + "/" + path;
  }

  public MessageType<?> type() {
    return type;
  }

  public Qos qos() {
    return qos;
  }
}
