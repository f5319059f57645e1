package tandem.ros2.action;

import tandem.ros2.TopicKey;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;

/**
 * The data keys of an action's services and topics.
 *
 * @param action fully qualified name
 */
public record ActionKeys(
    String action,
    TopicKey sendGoal,
    TopicKey cancelGoal,
    TopicKey getResult,
    TopicKey feedback,
    TopicKey status) {
  static final String SEND_GOAL = "/_action/send_goal";
  static final String CANCEL_GOAL = "/_action/cancel_goal";
  static final String GET_RESULT = "/_action/get_result";
  static final String FEEDBACK = "/_action/feedback";
  static final String STATUS = "/_action/status";

  /** With our hashes of the type. */
  public static ActionKeys of(int domain, String action, ActionType type) {
    TypeName name = type.name();
    return new ActionKeys(
        action,
        TopicKey.of(domain, action + SEND_GOAL, name.with("_SendGoal"), type.sendGoal().hash()),
        TopicKey.of(domain, action + CANCEL_GOAL, ActionType.CANCEL, type.cancelGoal().hash()),
        TopicKey.of(domain, action + GET_RESULT, name.with("_GetResult"), type.getResult().hash()),
        TopicKey.of(domain, action + FEEDBACK, name.with("_FeedbackMessage"), type.feedbackHash()),
        TopicKey.of(domain, action + STATUS, ActionType.STATUS, type.statusHash()));
  }

  /**
   * With the hashes of another's graph.
   *
   * @param sendGoal hash of its send_goal service; where that is no RIHS01, the distribution has no
   *     hashes and writes the same text everywhere
   * @throws IllegalArgumentException for another version of the type
   */
  public static ActionKeys found(int domain, String action, ActionType type, TypeHash sendGoal) {
    ActionKeys ours = of(domain, action, type);
    if (sendGoal.known()) {
      if (sendGoal.equals(type.sendGoalHash())) return ours;
      throw new IllegalArgumentException(
          "action %s: hash of its send_goal: expected %s of the known %s, found %s: another version of the type"
              .formatted(action, type.sendGoalHash(), type.name(), sendGoal));
    }
    return new ActionKeys(
        action,
        with(ours.sendGoal, sendGoal),
        with(ours.cancelGoal, sendGoal),
        with(ours.getResult, sendGoal),
        with(ours.feedback, sendGoal),
        with(ours.status, sendGoal));
  }

  private static TopicKey with(TopicKey key, TypeHash hash) {
    return new TopicKey(key.domain(), key.name(), key.ddsType(), hash);
  }
}
