package tandem.cloud.http;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import tandem.proto.v1.OriginView;
import tandem.proto.v1.TwinView;

/**
 * Joint values and base pose of one twin as one binary WebSocket message, little-endian.
 *
 * <pre>
 *   byte 0      1         2      4        8          16      24          48
 *        +------+---------+------+--------+----------+-------+-----------+---------------+
 *        | kind | version | n    | layout | sequence | ageMs | position  | orientation   |
 *        | u8=1 | u8=1    | u16  | u32    | u64      | f64   | 3 x f64   | 4 x f32 xyzw  |
 *        +------+---------+------+--------+----------+-------+-----------+---------------+
 *       64            64+8n              64+12n           64+16n
 *        +-------------+------------------+----------------+
 *        | n x f64     | n x f32          | n x f32        |
 *        | position    | velocity         | effort         |
 *        | rad         | rad/s            | Nm             |
 *        +-------------+------------------+----------------+
 * </pre>
 *
 * {@code layout} is the number of the {@code JointLayout} message that named the joints. {@code
 * sequence} is that of the newest joint sample (its topic is in the twin's {@code origins}). {@code
 * ageMs} is the age of the values when the frame was sent. Position is in metres in the odometry
 * frame. What is not known is NaN. Stateless; any thread.
 */
public final class JointFrame {
  public static final int KIND = 1, VERSION = 1;
  public static final int MAX_JOINTS = 1024;
  private static final int COUNT_OFFSET = 2;
  private static final int LAYOUT_OFFSET = COUNT_OFFSET + Short.BYTES;
  private static final int SEQUENCE_OFFSET = LAYOUT_OFFSET + Integer.BYTES;
  private static final int AGE_OFFSET = SEQUENCE_OFFSET + Long.BYTES;
  private static final int POSITION_OFFSET = AGE_OFFSET + Double.BYTES;
  private static final int ORIENTATION_OFFSET = POSITION_OFFSET + 3 * Double.BYTES;
  public static final int HEADER_BYTES = ORIENTATION_OFFSET + 4 * Float.BYTES;
  private static final int BYTES_PER_JOINT = Double.BYTES + 2 * Float.BYTES;

  private JointFrame() {}

  /**
   * @param twin its joints are named by {@code layout}; at most {@link #MAX_JOINTS}
   * @param ageMs now; NaN where nothing was ever received
   */
  public static byte[] encode(TwinView twin, int layout, double ageMs) {
    var joints = twin.getJoints();
    int count = Math.min(joints.getNamesCount(), MAX_JOINTS);
    var out =
        ByteBuffer.allocate(HEADER_BYTES + count * BYTES_PER_JOINT).order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) KIND).put((byte) VERSION).putShort((short) count).putInt(layout);
    out.putLong(sequence(twin)).putDouble(ageMs);
    boolean placed = twin.hasPosition();
    out.putDouble(placed ? twin.getPosition().getX() : Double.NaN);
    out.putDouble(placed ? twin.getPosition().getY() : Double.NaN);
    out.putDouble(placed ? twin.getPosition().getZ() : Double.NaN);
    boolean turned = twin.hasOrientation();
    out.putFloat(turned ? (float) twin.getOrientation().getX() : Float.NaN);
    out.putFloat(turned ? (float) twin.getOrientation().getY() : Float.NaN);
    out.putFloat(turned ? (float) twin.getOrientation().getZ() : Float.NaN);
    out.putFloat(turned ? (float) twin.getOrientation().getW() : Float.NaN);
    for (int i = 0; i < count; i++)
      out.putDouble(i < joints.getPositionsRadCount() ? joints.getPositionsRad(i) : Double.NaN);
    for (int i = 0; i < count; i++)
      out.putFloat(
          i < joints.getVelocitiesRadPerSecCount()
              ? (float) joints.getVelocitiesRadPerSec(i)
              : Float.NaN);
    for (int i = 0; i < count; i++)
      out.putFloat(i < joints.getEffortsNmCount() ? (float) joints.getEffortsNm(i) : Float.NaN);
    return out.array();
  }

  /** Of the joint samples; of the first origin where no topic is called joint_states; else 0. */
  static long sequence(TwinView twin) {
    for (OriginView origin : twin.getOriginsList())
      if (origin.getTopic().endsWith("joint_states")) return origin.getSequence();
    return twin.getOriginsCount() > 0 ? twin.getOrigins(0).getSequence() : 0;
  }
}
