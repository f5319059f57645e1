package tandem.proto.event;

import tandem.proto.v1.JointGoal;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.StanceGoal;
import tandem.proto.v1.StreamGoal;

/** Where a command wants the body to be. */
public sealed interface Goal {
  /** Duration from start to arrival, s; 0 where the goal does not say. */
  double durationSeconds();

  /**
   * For people and the API: joint, reach, velocity, joint-stream, reach-stream, stance, navigate.
   */
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

  /** Hold-to-move: what is wanted comes setpoint by setpoint while a control is held. */
  record Stream(StreamGoal goal) implements Goal {
    @Override
    public double durationSeconds() {
      return 0;
    }

    @Override
    public String form() {
      return isVelocity() ? "velocity" : goal.getKind() + "-stream";
    }

    public boolean isVelocity() {
      return goal.getKind().equals("velocity");
    }
  }

  /** A posture of the whole body, by name. */
  record Stance(StanceGoal goal) implements Goal {
    @Override
    public double durationSeconds() {
      return 0;
    }

    @Override
    public String form() {
      return "stance";
    }
  }

  /** A place for the base, reached by the robot's own navigation. */
  record Navigate(NavigateGoal goal) implements Goal {
    @Override
    public double durationSeconds() {
      return goal.getWithinSeconds();
    }

    @Override
    public String form() {
      return "navigate";
    }
  }
}
