package tandem.ros2.translate;

import java.util.List;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.JointTrajectoryPoint;
import tandem.ros2.msg.RosDuration;
import tandem.ros2.msg.Time;

/** Joint goals as ROS trajectories. */
public final class Trajectories {
  private Trajectories() {}

  /**
   * Two points: the measured positions now, the targets at the end, at rest at both.
   *
   * @param stamp when it begins, in the robot's clock; {@link Time#ZERO}: on receipt
   * @param names joints, in the order of the arrays
   * @param measuredRad where they are
   * @param targetRad where they shall be
   * @param durationNanos from begin to arrival, above 0
   */
  public static JointTrajectory move(
      Time stamp,
      List<String> names,
      double[] measuredRad,
      double[] targetRad,
      long durationNanos) {
    int count = names.size();
    if (count == 0) {
      throw new IllegalArgumentException(
          "trajectory: expected at least one joint, found none; an empty one is no stop");
    }
    if (measuredRad.length != count || targetRad.length != count) {
      throw new IllegalArgumentException(
          "trajectory: expected %d measured and target positions, found %d and %d; not made"
              .formatted(count, measuredRad.length, targetRad.length));
    }
    for (int i = 0; i < count; i++) {
      if (!Double.isFinite(measuredRad[i]) || !Double.isFinite(targetRad[i])) {
        throw new IllegalArgumentException(
            "trajectory: joint %s: expected finite positions, found measured %s and target %s; not made"
                .formatted(names.get(i), measuredRad[i], targetRad[i]));
      }
    }
    if (durationNanos <= 0) {
      throw new IllegalArgumentException(
          "trajectory: expected a duration above 0, found %d ns; not made"
              .formatted(durationNanos));
    }
    Float64s rest = Float64s.of(new double[count]);
    return new JointTrajectory(
        new Header(stamp, ""),
        names,
        List.of(
            point(measuredRad, rest, RosDuration.ZERO),
            point(targetRad, rest, RosDuration.ofNanos(durationNanos))));
  }

  private static JointTrajectoryPoint point(double[] positions, Float64s rest, RosDuration at) {
    return new JointTrajectoryPoint(
        Float64s.of(positions.clone()), rest, Float64s.EMPTY, Float64s.EMPTY, at);
  }
}
