package tandem.cloud.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.JointsView;
import tandem.proto.v1.OriginView;
import tandem.proto.v1.QuaternionView;
import tandem.proto.v1.TwinView;
import tandem.proto.v1.Vector3View;

class JointFrameTest {
  @Test
  void shouldWriteTheGoldenFrame() {
    var twin =
        TwinView.newBuilder()
            .setJoints(
                JointsView.newBuilder()
                    .addNames("a")
                    .addNames("b")
                    .addPositionsRad(1)
                    .addPositionsRad(-0.5)
                    .addVelocitiesRadPerSec(2)
                    .addVelocitiesRadPerSec(0))
            .setPosition(Vector3View.newBuilder().setX(1).setZ(0.5))
            .setOrientation(QuaternionView.newBuilder().setW(1))
            .addOrigins(OriginView.newBuilder().setTopic("/ada/odom").setSequence(3))
            .addOrigins(OriginView.newBuilder().setTopic("/ada/joint_states").setSequence(258))
            .build();

    byte[] frame = JointFrame.encode(twin, 7, 12.5);

    assertThat(HexFormat.of().formatHex(frame))
        .isEqualTo(
            """
            01 01                      # kind joints, version 1
            02 00                      # two joints
            07 00 00 00                # layout 7
            02 01 00 00 00 00 00 00    # sequence 258, of joint_states
            00 00 00 00 00 00 29 40    # age 12.5 ms
            00 00 00 00 00 00 f0 3f    # x 1 m
            00 00 00 00 00 00 00 00    # y 0
            00 00 00 00 00 00 e0 3f    # z 0.5 m
            00 00 00 00                # qx 0
            00 00 00 00                # qy 0
            00 00 00 00                # qz 0
            00 00 80 3f                # qw 1
            00 00 00 00 00 00 f0 3f    # a at 1 rad
            00 00 00 00 00 00 e0 bf    # b at -0.5 rad
            00 00 00 40                # a 2 rad/s
            00 00 00 00                # b still
            00 00 c0 7f                # effort of a not known: NaN
            00 00 c0 7f                # effort of b not known: NaN
            """
                .replaceAll("#.*", "")
                .replaceAll("\\s", ""));
  }

  @Test
  void shouldSayNaNForWhatWasNeverReceived() {
    var frame = in(JointFrame.encode(TwinView.getDefaultInstance(), 1, Double.NaN));

    assertThat(frame.remaining()).isEqualTo(JointFrame.HEADER_BYTES);
    assertThat(frame.getDouble(16)).isNaN();
    assertThat(frame.getDouble(24)).isNaN();
    assertThat(frame.getFloat(60)).isNaN();
  }

  @Property
  void shouldKeepEveryPositionInFull(@ForAll @Size(max = 80) List<Double> positions) {
    var joints = JointsView.newBuilder();
    for (int i = 0; i < positions.size(); i++)
      joints.addNames("j" + i).addPositionsRad(positions.get(i));

    var frame = in(JointFrame.encode(TwinView.newBuilder().setJoints(joints).build(), 1, 0));

    assertThat(Short.toUnsignedInt(frame.getShort(2))).isEqualTo(positions.size());
    assertThat(frame.remaining()).isEqualTo(64 + 16 * positions.size());
    for (int i = 0; i < positions.size(); i++)
      assertThat(frame.getDouble(64 + 8 * i)).isEqualTo(positions.get(i));
  }

  private static ByteBuffer in(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
