package tandem.proto.event;

import tandem.proto.v1.JointGoal;
import tandem.proto.v1.ReachGoal;

/** Where a command wants the body to be. */
public sealed interface Goal {
  /** Duration from start to arrival, s. */
  double durationSeconds();

  /** For people and the API: {@code joint} or {@code reach}. */
  String form();

  /** Named joints at given angles, rad. */
  record Joint(JointGoal goal) implements Goal {
    @Override
    public double durationSeconds() {
      return goal.getDurationSeconds();
    }

    @Override
    public String form() {
      return "joint";
    }
  }

  /** A tip at a pose in the base frame, m. */
  record Reach(ReachGoal goal) implements Goal {
    @Override
    public double durationSeconds() {
      return goal.getDurationSeconds();
    }

    @Override
    public String form() {
      return "reach";
    }
  }
}
