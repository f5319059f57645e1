package tandem.sim.control;

import java.util.List;
import java.util.Optional;
import tandem.sim.body.Quat;
import tandem.sim.body.Vec;

/** What the robot may be asked to do. Nothing in here has been checked yet. */
public sealed interface Command {
  /**
   * Move named joints through points.
   *
   * @param delaySeconds when time zero of the points is, from now; negative: it has passed
   */
  record Trajectory(List<String> joints, List<Point> points, double delaySeconds)
      implements Command {
    public Trajectory {
      joints = List.copyOf(joints);
      points = List.copyOf(points);
    }
  }

  /**
   * @param atSeconds from time zero of the trajectory
   * @param positionsRad one per named joint
   * @param velocitiesRadPerSec one per named joint, or empty
   */
  record Point(double atSeconds, double[] positionsRad, double[] velocitiesRadPerSec) {}

  /**
   * Bring a hand to a place.
   *
   * @param frame {@code base_link}, {@code odom}, or empty for base_link
   * @param orientation followed as far as the arm's five joints leave freedom; empty: any
   */
  record Reach(Hand hand, String frame, Vec target, Optional<Quat> orientation)
      implements Command {}

  /** A whole-body posture by name: stand, squat or crouch. */
  record Stance(String name) implements Command {}

  /** Hold now and until released; release does not start anything. */
  record Stop(boolean hold) implements Command {}

  /** Walk; m/s and rad/s. */
  record Velocity(double x, double y, double turn) implements Command {}

  /** Go to a place; the navigation itself tells what becomes of it. */
  record Navigate(Navigation navigation) implements Command {}

  /** Which hand. */
  enum Hand {
    LEFT,
    RIGHT
  }

  /** What became of a command. */
  sealed interface Verdict {
    /** Taken; {@code note} says what was changed in it, empty if nothing. */
    record Accepted(String note) implements Verdict {}

    /** Not taken, nothing moves because of it. */
    record Refused(String why) implements Verdict {}
  }
}
