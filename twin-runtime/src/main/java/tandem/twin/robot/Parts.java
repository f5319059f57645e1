package tandem.twin.robot;

import tandem.proto.event.Goal;

/**
 * The parts of a body that can be held by different people: {@code arms} and {@code locomotion}
 * where the profile says that they are independent, else {@code body} alone. Whoever holds the body
 * holds both.
 */
final class Parts {
  static final String BODY = "body";
  static final String ARMS = "arms";
  static final String LOCOMOTION = "locomotion";

  private Parts() {}

  /** Both cannot be held by two. */
  static boolean overlap(String one, String other) {
    return one.equals(other) || one.equals(BODY) || other.equals(BODY);
  }

  /** Whoever holds the one may command the other. */
  static boolean covers(String held, String needed) {
    return held.equals(needed) || held.equals(BODY);
  }

  static boolean independent(TwinState state) {
    return state.accepted() != null && state.accepted().profile().getIndependentParts();
  }

  /** The part that a goal of this kind moves. */
  static String of(Goal goal, TwinState state) {
    if (!independent(state)) return BODY;
    return switch (goal) {
      case Goal.Joint joint -> ARMS;
      case Goal.Reach reach -> ARMS;
      case Goal.Stream stream -> stream.isVelocity() ? LOCOMOTION : ARMS;
      case Goal.Stance stance -> BODY;
      case Goal.Navigate navigate -> BODY;
    };
  }
}
