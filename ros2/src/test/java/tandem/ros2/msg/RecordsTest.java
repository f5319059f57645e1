package tandem.ros2.msg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tandem.ros2.Vectors;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.cdr.MalformedCdr;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.dynamic.RandomTrees;
import tandem.ros2.idl.InterfaceRegistry;

class RecordsTest {
  static Stream<MessageType<?>> types() {
    return Stream.of(
        BatteryState.TYPE,
        BoolMessage.TYPE,
        CameraInfo.TYPE,
        Clock.TYPE,
        DiagnosticArray.TYPE,
        DiagnosticStatus.TYPE,
        Float64MultiArray.TYPE,
        Header.TYPE,
        Image.TYPE,
        Imu.TYPE,
        JointState.TYPE,
        JointTrajectory.TYPE,
        JointTrajectoryPoint.TYPE,
        KeyValue.TYPE,
        LaserScan.TYPE,
        MultiArrayDimension.TYPE,
        MultiArrayLayout.TYPE,
        Odometry.TYPE,
        Point.TYPE,
        PointCloud2.TYPE,
        PointField.TYPE,
        Pose.TYPE,
        PoseStamped.TYPE,
        PoseWithCovariance.TYPE,
        Quaternion.TYPE,
        RegionOfInterest.TYPE,
        RosDuration.TYPE,
        StringMessage.TYPE,
        TFMessage.TYPE,
        Time.TYPE,
        Transform.TYPE,
        TransformStamped.TYPE,
        Twist.TYPE,
        TwistStamped.TYPE,
        TwistWithCovariance.TYPE,
        Vector3.TYPE,
        Wrench.TYPE,
        WrenchStamped.TYPE);
  }

  /** A record that left out, swapped or misread a field could not give back the same bytes. */
  @ParameterizedTest
  @MethodSource("types")
  <T> void shouldReadAndWriteAsTheDefinitionSays(MessageType<T> type) {
    MessageCodec codec = MessageCodec.of(InterfaceRegistry.bundled(), type.name());
    Random random = new Random(type.name().hashCode());

    for (int i = 0; i < 20; i++) {
      byte[] cdr = codec.encode(RandomTrees.message(codec, random));
      T read = type.decode(cdr);
      assertThat(type.encode(read)).isEqualTo(cdr);
      assertThat(type.decode(cdr)).isEqualTo(read);
    }
  }

  /** Cut anywhere, and with any byte flipped: read, or refused in words, never anything else. */
  @ParameterizedTest
  @MethodSource("types")
  <T> void shouldSurviveHostileBytes(MessageType<T> type) {
    MessageCodec codec = MessageCodec.of(InterfaceRegistry.bundled(), type.name());
    Random random = new Random(7);
    byte[] cdr = codec.encode(RandomTrees.message(codec, random));

    for (int length = 0; length < Math.min(cdr.length, 400); length++) {
      byte[] cut = java.util.Arrays.copyOf(cdr, length);
      assertThatThrownBy(() -> type.decode(cut)).isInstanceOf(MalformedCdr.class);
      assertThatThrownBy(() -> codec.decode(cut)).isInstanceOf(MalformedCdr.class);
    }
    List<Throwable> others = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      byte[] wrong = cdr.clone();
      wrong[random.nextInt(wrong.length)] = (byte) random.nextInt();
      wrong[random.nextInt(wrong.length)] = (byte) 0xff;
      try {
        type.decode(wrong);
        codec.decode(wrong);
      } catch (MalformedCdr refused) {
        assertThat(refused.getMessage()).contains("expected").contains("found");
      } catch (RuntimeException e) {
        others.add(e);
      }
    }
    assertThat(others).isEmpty();
  }

  @Test
  void shouldReadTheLiveJointStates() {
    JsonNode sample = Vectors.all().get("live_samples").get(1);
    byte[] payload = Vectors.hex(sample.get("payload"));

    JointState joints = JointState.TYPE.decode(payload);

    assertThat(joints.header()).isEqualTo(new Header(new Time(1_700_000_000, 123_456_789), "base"));
    assertThat(joints.name()).containsExactly("hip", "knee");
    assertThat(joints.position()).isEqualTo(Float64s.of(0.5, -1.25));
    assertThat(joints.velocity()).isEqualTo(Float64s.of(0.0, 2.0));
    assertThat(joints.effort().size()).isZero();
    assertThat(joints)
        .isEqualTo(JointState.read(new CdrReader(payload), new CdrReader.StringCache()));
  }

  @Test
  void shouldCarryTheHashesOfTheVectors() {
    JsonNode hashes = Vectors.all().get("type_hashes");

    assertThat(JointState.TYPE.hash().text())
        .isEqualTo(hashes.get("sensor_msgs/msg/JointState").get("hash").asText());
    assertThat(JointState.TYPE.schema()).startsWith("std_msgs/Header header\nstring[] name\n");
  }

  @Test
  void shouldConvertTimes() {
    assertThat(Time.ofNanos(1_500_000_000L)).isEqualTo(new Time(1, 500_000_000));
    assertThat(Time.ofNanos(-1)).isEqualTo(new Time(-1, 999_999_999));
    assertThat(Time.ofNanos(-1).toNanos()).isEqualTo(-1);
    assertThat(RosDuration.ofNanos(-1_500_000_000L).toNanos()).isEqualTo(-1_500_000_000L);
  }

  @Test
  void shouldRefuseAnArrayOfTheWrongSize() {
    assertThatThrownBy(() -> new PoseWithCovariance(null, Float64s.of(1, 2)))
        .hasMessageContaining("covariance: expected 36 elements, found 2");
  }
}
