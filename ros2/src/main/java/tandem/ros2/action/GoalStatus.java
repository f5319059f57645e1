package tandem.ros2.action;

/** How far a goal is: {@code action_msgs/msg/GoalStatus}. */
public enum GoalStatus {
  UNKNOWN,
  ACCEPTED,
  EXECUTING,
  CANCELING,
  SUCCEEDED,
  CANCELED,
  ABORTED;

  /** As on the wire. */
  public int code() {
    return ordinal();
  }

  /** A code outside 0..6 is {@link #UNKNOWN}. */
  public static GoalStatus of(long code) {
    return code < 0 || code >= values().length ? UNKNOWN : values()[(int) code];
  }

  /** Whether nothing comes after it. */
  public boolean ended() {
    return this == SUCCEEDED || this == CANCELED || this == ABORTED;
  }

  /** Whether this may follow {@code before} (design of ROS 2 actions, goal states). */
  boolean mayFollow(GoalStatus before) {
    return switch (this) {
      case UNKNOWN, ACCEPTED -> false;
      case EXECUTING -> before == ACCEPTED;
      case CANCELING -> before == ACCEPTED || before == EXECUTING;
      case SUCCEEDED, ABORTED -> before == EXECUTING || before == CANCELING;
      case CANCELED -> before == CANCELING;
    };
  }
}
