package tandem.robot.inbound;

import java.util.Optional;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.Imu;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.Odometry;
import tandem.ros2.msg.Quaternion;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Vector3;
import tandem.twin.SampleReader;

/**
 * Reads what the common ROS types say about a body: JointState, Imu, Odometry, and the String on a
 * topic {@code robot_description}. The layout is that of the ROS interface packages, not of the
 * schema text given: those types have not changed since ROS 2 began. Pure and thread-safe.
 */
public final class RosSampleReader implements SampleReader {
  /** REP-145: the first element of a covariance says that its quantity is not there. */
  private static final double ABSENT = -1;

  @Override
  public Optional<Reading> read(String topic, String type, String schemaText, byte[] payload) {
    return switch (type) {
      case "sensor_msgs/msg/JointState" -> Optional.of(joints(JointState.TYPE.decode(payload)));
      case "sensor_msgs/msg/Imu" -> attitude(Imu.TYPE.decode(payload));
      case "nav_msgs/msg/Odometry" -> Optional.of(basePose(Odometry.TYPE.decode(payload)));
      case "std_msgs/msg/String" ->
          topic.endsWith("/robot_description")
              ? Optional.of(new Reading.Description(StringMessage.TYPE.decode(payload).data()))
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  @Override
  public Texts texts() {
    return new Texts(
        StringMessage.TYPE.name().toString(),
        StringMessage.TYPE.hash().toString(),
        StringMessage.TYPE.schema(),
        text -> StringMessage.TYPE.encode(new StringMessage(text)));
  }

  private static Reading.Joints joints(JointState message) {
    int names = message.name().size();
    return new Reading.Joints(
        message.header().stamp().toNanos(),
        message.name(),
        array("position", message.position(), names),
        array("velocity", message.velocity(), names),
        array("effort", message.effort(), names));
  }

  private static double[] array(String field, Float64s values, int names) {
    if (values.size() != 0 && values.size() != names) {
      throw new IllegalArgumentException(
          "sensor_msgs/msg/JointState: %s: expected 0 or %d values (one per name), found %d; the sample says nothing about the body"
              .formatted(field, names, values.size()));
    }
    return values.toArray();
  }

  private static Optional<Reading> attitude(Imu message) {
    if (message.orientationCovariance().get(0) == ABSENT) {
      return Optional.empty();
    }
    Quaternion q = message.orientation();
    return Optional.of(
        new Reading.Attitude(
            message.header().stamp().toNanos(),
            q.x(),
            q.y(),
            q.z(),
            q.w(),
            array(message.angularVelocity()),
            array(message.linearAcceleration())));
  }

  private static Reading.BasePose basePose(Odometry message) {
    var position = message.pose().pose().position();
    var q = message.pose().pose().orientation();
    var twist = message.twist().twist();
    return new Reading.BasePose(
        message.header().stamp().toNanos(),
        position.x(),
        position.y(),
        position.z(),
        q.x(),
        q.y(),
        q.z(),
        q.w(),
        array(twist.linear()),
        array(twist.angular()));
  }

  private static double[] array(Vector3 vector) {
    return new double[] {vector.x(), vector.y(), vector.z()};
  }
}
