package tandem.twin;

import java.util.Optional;

/**
 * Understands the samples of a robot, so that the twin runtime need not know ROS: implemented by
 * {@code tandem.robot.inbound}, passed in by {@code deploy}, for the audit too. Pure and
 * thread-safe.
 */
public interface SampleReader {
  /**
   * What a sample says about the body; empty where its type says nothing.
   *
   * @param type {@code pkg/msg/Type}
   * @param schemaText definition with dependencies, as stored in the segment
   * @param payload CDR with its 4-byte header; not modified, not kept
   * @throws IllegalArgumentException where field and byte of a malformed payload are named
   */
  Optional<Reading> read(String topic, String type, String schemaText, byte[] payload);

  /**
   * How the runtime records texts of its own as a stream beside the robot's, so that whoever opens
   * the segments can read them.
   *
   * @param type {@code pkg/msg/Type}; empty: bytes of no known type
   * @param typeHash RIHS01 text; empty where unknown
   * @param schemaText definition of the type
   */
  record Texts(
      String type,
      String typeHash,
      String schemaText,
      java.util.function.Function<String, byte[]> encode) {}

  /** UTF-8 of no known type, where nothing better is known. */
  default Texts texts() {
    return new Texts("", "", "", text -> text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /**
   * What a sample can say. Angles rad, velocities rad/s, efforts N m, metres; stamps ns since 1970.
   */
  sealed interface Reading {
    /**
     * From JointState; arrays may be empty where the sender leaves them out, else as long as the
     * names.
     */
    record Joints(
        long stampNanos,
        java.util.List<String> names,
        double[] positionsRad,
        double[] velocitiesRadPerSec,
        double[] effortsNm)
        implements Reading {}

    /**
     * From Imu: body orientation in the world, and angular velocity (rad/s) and acceleration (m/s2)
     * in the body.
     */
    record Attitude(
        long stampNanos,
        double qx,
        double qy,
        double qz,
        double qw,
        double[] angularVelocity,
        double[] linearAcceleration)
        implements Reading {}

    /** From Odometry: base in the odometry frame, twist in the base frame. */
    record BasePose(
        long stampNanos,
        double x,
        double y,
        double z,
        double qx,
        double qy,
        double qz,
        double qw,
        double[] linearVelocity,
        double[] angularVelocity)
        implements Reading {}

    /** From robot_description. */
    record Description(String urdf) implements Reading {}
  }
}
