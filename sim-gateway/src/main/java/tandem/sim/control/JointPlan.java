package tandem.sim.control;

import java.util.List;

/**
 * A motion of some joints over time: cubic Hermite pieces, so position and velocity are continuous.
 *
 * @param joints indices in the body's order
 * @param knots at least one, times strictly increasing; before the first and after the last it
 *     rests
 */
public record JointPlan(int[] joints, List<Knot> knots) {
  /**
   * @param atSeconds on the simulation's time
   * @param positionsRad one per joint of the plan
   * @param velocitiesRadPerSec one per joint of the plan
   */
  public record Knot(double atSeconds, double[] positionsRad, double[] velocitiesRadPerSec) {}

  public JointPlan {
    knots = List.copyOf(knots);
  }

  public double endSeconds() {
    return knots.getLast().atSeconds();
  }

  /** Position of the plan's joint {@code i} at a time. */
  public double positionRad(int i, double seconds) {
    Knot last = knots.getLast();
    if (seconds >= last.atSeconds()) return last.positionsRad()[i];
    Knot from = knots.getFirst();
    if (seconds <= from.atSeconds()) return from.positionsRad()[i];
    int next = 1;
    while (knots.get(next).atSeconds() <= seconds) next++;
    from = knots.get(next - 1);
    Knot to = knots.get(next);
    double h = to.atSeconds() - from.atSeconds();
    double s = (seconds - from.atSeconds()) / h;
    double s2 = s * s;
    double s3 = s2 * s;
    return (2 * s3 - 3 * s2 + 1) * from.positionsRad()[i]
        + (s3 - 2 * s2 + s) * h * from.velocitiesRadPerSec()[i]
        + (3 * s2 - 2 * s3) * to.positionsRad()[i]
        + (s3 - s2) * h * to.velocitiesRadPerSec()[i];
  }
}
