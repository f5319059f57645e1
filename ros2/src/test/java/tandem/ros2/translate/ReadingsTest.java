package tandem.ros2.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tandem.ros2.TypeName;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.cdr.MalformedCdr;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.idl.SchemaText;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.Imu;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.Odometry;
import tandem.ros2.msg.Point;
import tandem.ros2.msg.Pose;
import tandem.ros2.msg.PoseWithCovariance;
import tandem.ros2.msg.Quaternion;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Twist;
import tandem.ros2.msg.TwistWithCovariance;
import tandem.ros2.msg.Vector3;

class ReadingsTest {
  private static final Header HEADER = new Header(new Time(2, 500), "imu_link");
  private final Readings readings = new Readings();

  private static JointState joints(double... positions) {
    return new JointState(
        HEADER, List.of("hip", "knee"), Float64s.of(positions), Float64s.EMPTY, Float64s.EMPTY);
  }

  @Test
  void shouldReadJointsAttitudePoseAndText() {
    var joints =
        (Reading.Joints)
            readings
                .read("sensor_msgs/msg/JointState", null, JointState.TYPE.encode(joints(0.5, -1)))
                .orElseThrow();
    Imu imu =
        new Imu(
            HEADER,
            new Quaternion(0.1, 0.2, 0.3, 0.4),
            Float64s.of(new double[9]),
            new Vector3(1, 2, 3),
            Float64s.of(new double[9]),
            new Vector3(4, 5, 9.81),
            Float64s.of(new double[9]));
    var attitude =
        (Reading.Attitude)
            readings
                .read("sensor_msgs/msg/Imu", Imu.TYPE.schema(), Imu.TYPE.encode(imu))
                .orElseThrow();
    Float64s covariance = Float64s.of(new double[36]);
    Odometry odometry =
        new Odometry(
            HEADER,
            "base_link",
            new PoseWithCovariance(new Pose(new Point(7, 8, 9), Quaternion.IDENTITY), covariance),
            new TwistWithCovariance(
                new Twist(new Vector3(0.1, 0, 0), new Vector3(0, 0, 0.2)), covariance));
    var pose =
        (Reading.BasePose)
            readings
                .read("nav_msgs/msg/Odometry", "", Odometry.TYPE.encode(odometry))
                .orElseThrow();

    assertThat(joints.stampNanos()).isEqualTo(2_000_000_500L);
    assertThat(joints.names()).containsExactly("hip", "knee");
    assertThat(joints.positions()).containsExactly(0.5, -1);
    assertThat(joints.velocities()).isEmpty();
    assertThat(List.of(attitude.qx(), attitude.qy(), attitude.qz(), attitude.qw()))
        .containsExactly(0.1, 0.2, 0.3, 0.4);
    assertThat(attitude.angularVelocity()).containsExactly(1, 2, 3);
    assertThat(attitude.linearAcceleration()).containsExactly(4, 5, 9.81);
    assertThat(List.of(pose.x(), pose.y(), pose.z(), pose.qw()))
        .containsExactly(7.0, 8.0, 9.0, 1.0);
    assertThat(pose.childFrame()).isEqualTo("base_link");
    assertThat(pose.linearVelocity()).containsExactly(0.1, 0, 0);
    assertThat(pose.angularVelocity()).containsExactly(0, 0, 0.2);
    assertThat(
            readings.read(
                "std_msgs/msg/String", null, StringMessage.TYPE.encode(new StringMessage("<x/>"))))
        .contains(new Reading.Text(0, "<x/>"));
    assertThat(readings.read("sensor_msgs/msg/Image", null, new byte[0])).isEmpty();
  }

  @Test
  void shouldObeyTheSchemaOfARecordingThatDiffers() {
    TypeName name = TypeName.parse("sensor_msgs/msg/JointState");
    String schema =
        JointState.TYPE.schema().replace("string[] name", "uint8 version\nstring[] name");
    MessageCodec codec = MessageCodec.of(SchemaText.parse(name, schema), name);
    byte[] message =
        codec.encode(
            codec.fromTree(
                Map.of(
                    "header", Map.of("stamp", Map.of("sec", 1)),
                    "name", List.of("hip"),
                    "position", List.of(0.25))));

    var joints = (Reading.Joints) readings.read(name.toString(), schema, message).orElseThrow();

    assertThat(joints.names()).containsExactly("hip");
    assertThat(joints.positions()).containsExactly(0.25);
    assertThat(readings.stamp(name.toString(), schema, message)).contains(1_000_000_000L);
  }

  @Test
  void shouldRefuseWithFieldAndByte() {
    byte[] cdr = JointState.TYPE.encode(joints(0.5, -1));

    assertThatThrownBy(
            () ->
                readings.read("sensor_msgs/msg/JointState", null, java.util.Arrays.copyOf(cdr, 60)))
        .isInstanceOf(MalformedCdr.class)
        .hasMessageContaining("field position");
    assertThatThrownBy(
            () ->
                readings.read(
                    "sensor_msgs/msg/JointState", null, JointState.TYPE.encode(joints(0.5, -1, 3))))
        .hasMessageContaining("field position: expected 0 or 2 elements");
    assertThatThrownBy(() -> readings.read("sensor_msgs/msg/Imu", "no schema at all", cdr))
        .hasMessageContaining("definition of sensor_msgs/msg/Imu: field schema: no definition of");
  }

  @Test
  void shouldFindTheStampOnlyWhereThereIsAHeader() {
    byte[] cdr = JointState.TYPE.encode(joints(0.5, -1));

    assertThat(readings.stamp("sensor_msgs/msg/JointState", null, cdr)).contains(2_000_000_500L);
    assertThat(
            readings.stamp(
                "std_msgs/msg/String", null, StringMessage.TYPE.encode(new StringMessage("x"))))
        .isEmpty();
  }

  @Test
  void shouldMakeATrajectoryFromMeasuredToTargetAtRestAtBothEnds() {
    JointTrajectory trajectory =
        Trajectories.move(
            Time.ZERO,
            List.of("hip", "knee"),
            new double[] {0.1, 0.2},
            new double[] {0.3, 0.4},
            1_500_000_000L);

    assertThat(trajectory.jointNames()).containsExactly("hip", "knee");
    assertThat(trajectory.points()).hasSize(2);
    assertThat(trajectory.points().get(0).positions()).isEqualTo(Float64s.of(0.1, 0.2));
    assertThat(trajectory.points().get(0).timeFromStart().toNanos()).isZero();
    assertThat(trajectory.points().get(1).positions()).isEqualTo(Float64s.of(0.3, 0.4));
    assertThat(trajectory.points().get(1).velocities()).isEqualTo(Float64s.of(0, 0));
    assertThat(trajectory.points().get(1).timeFromStart().toNanos()).isEqualTo(1_500_000_000L);
  }

  @Test
  void shouldMakeNoTrajectoryOfNothingOrOfNoNumbers() {
    assertThatThrownBy(
            () -> Trajectories.move(Time.ZERO, List.of(), new double[0], new double[0], 1))
        .hasMessageContaining("at least one joint");
    assertThatThrownBy(
            () ->
                Trajectories.move(
                    Time.ZERO, List.of("hip"), new double[] {0}, new double[] {Double.NaN}, 1))
        .hasMessageContaining("joint hip: expected finite positions");
    assertThatThrownBy(
            () ->
                Trajectories.move(Time.ZERO, List.of("hip"), new double[] {0}, new double[] {1}, 0))
        .hasMessageContaining("duration above 0");
  }
}
