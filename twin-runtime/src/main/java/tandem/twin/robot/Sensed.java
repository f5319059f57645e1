package tandem.twin.robot;

import java.util.List;
import tandem.proto.event.SampleRef;

/**
 * What the newest samples of a robot say, each with where it came from. A pure function of recorded
 * samples; never part of the decided state. Immutable: arrays are not modified after construction.
 *
 * @param joints null until seen, as {@code attitude} and {@code base}
 * @param newestNanos {@code System.nanoTime()} at which the newest sample of any of the robot's
 *     live streams was received (latched history does not count); {@link Long#MIN_VALUE} where
 *     there is none
 */
public record Sensed(Joints joints, Attitude attitude, BasePose base, long newestNanos) {
  public static final Sensed NOTHING = new Sensed(null, null, null, Long.MIN_VALUE);

  /**
   * Which sample.
   *
   * @param topic ROS name with leading slash
   * @param stampNanos ns since 1970, by {@code stampBy}
   * @param stampBy {@code sender} or {@code gateway}
   * @param receivedNanos {@code System.nanoTime()} of the gateway
   * @param receivedWallNanos gateway's wall clock, ns since 1970
   */
  public record Origin(
      String topic,
      String publisher,
      long sequence,
      long stampNanos,
      String stampBy,
      long receivedNanos,
      long receivedWallNanos) {

    /** Age at a moment of the same monotonic clock. */
    public double ageMillis(long nowNanos) {
      return Math.max(0, nowNanos - receivedNanos) / 1e6;
    }

    public SampleRef at(long nowNanos) {
      return new SampleRef(topic, publisher, sequence, stampNanos, ageMillis(nowNanos));
    }
  }

  /** Arrays are empty where the sender leaves them out, else as long as the names. */
  public record Joints(
      Origin origin,
      List<String> names,
      double[] positionsRad,
      double[] velocitiesRadPerSec,
      double[] effortsNm) {}

  /** Orientation of the body in the world; rates rad/s and accelerations m/s2 in the body. */
  public record Attitude(
      Origin origin,
      double qx,
      double qy,
      double qz,
      double qw,
      double[] angularVelocity,
      double[] linearAcceleration) {}

  /**
   * Base in the odometry frame, m; velocities in the base frame (m/s, rad/s), empty where they are
   * not known.
   */
  public record BasePose(
      Origin origin,
      double x,
      double y,
      double z,
      double qx,
      double qy,
      double qz,
      double qw,
      double[] linearVelocity,
      double[] angularVelocity) {

    public BasePose(
        Origin origin, double x, double y, double z, double qx, double qy, double qz, double qw) {
      this(origin, x, y, z, qx, qy, qz, qw, new double[0], new double[0]);
    }
  }
}
