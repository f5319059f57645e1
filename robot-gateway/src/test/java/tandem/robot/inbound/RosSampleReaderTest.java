package tandem.robot.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Time;
import tandem.twin.SampleReader.Reading;

class RosSampleReaderTest {
  private final RosSampleReader reader = new RosSampleReader();

  private static byte[] joints(Float64s velocity) {
    return JointState.TYPE.encode(
        new JointState(
            new Header(Time.ofNanos(5), ""),
            List.of("a", "b"),
            Float64s.of(1, 2),
            velocity,
            Float64s.EMPTY));
  }

  @Test
  void shouldReadJoints() {
    var read =
        reader.read("/eve/joint_states", "sensor_msgs/msg/JointState", "", joints(Float64s.EMPTY));

    assertThat(read)
        .get()
        .satisfies(
            reading -> {
              var joints = (Reading.Joints) reading;
              assertThat(joints.stampNanos()).isEqualTo(5);
              assertThat(joints.names()).containsExactly("a", "b");
              assertThat(joints.positionsRad()).containsExactly(1, 2);
              assertThat(joints.velocitiesRadPerSec()).isEmpty();
            });
  }

  @Test
  void shouldNameTheFieldOfAMalformedSample() {
    byte[] whole = joints(Float64s.EMPTY);

    assertThatThrownBy(
            () ->
                reader.read(
                    "/j",
                    "sensor_msgs/msg/JointState",
                    "",
                    Arrays.copyOf(whole, whole.length - 20)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> reader.read("/j", "sensor_msgs/msg/JointState", "", joints(Float64s.of(1))))
        .hasMessageContaining("velocity")
        .hasMessageContaining("expected 0 or 2");
  }

  @Test
  void shouldReadADescriptionOnlyFromItsTopic() {
    byte[] text = StringMessage.TYPE.encode(new StringMessage("<robot/>"));

    assertThat(reader.read("/eve/robot_description", "std_msgs/msg/String", "", text))
        .contains(new Reading.Description("<robot/>"));
    assertThat(reader.read("/eve/chatter", "std_msgs/msg/String", "", text)).isEmpty();
    assertThat(reader.read("/eve/scan", "sensor_msgs/msg/LaserScan", "", new byte[3])).isEmpty();
  }
}
