package tandem.robot.guard;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;
import tandem.ros2.action.ActionClient;
import tandem.ros2.action.ActionKeys;
import tandem.ros2.action.ActionType;
import tandem.ros2.action.GoalId;
import tandem.ros2.action.GoalStatus;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.msg.Time;
import tandem.ros2.node.Ros2Node;

/**
 * Joint goals for one FollowJointTrajectory server. A call that the link does not take at once has
 * failed, one not answered within a second too, and its goal is cancelled should it still come
 * (invariant I3). How a command's goal ended, or that a hold was rejected, is told as {@link
 * GuardInput.GoalEnded}, on receiving threads. Thread-safe, never blocks.
 */
final class TrajectoryGoals implements AutoCloseable {
  private static final Duration ACCEPTED_WITHIN = Duration.ofSeconds(1);

  /** Longer than any command may last. */
  private static final Duration ENDED_WITHIN = Duration.ofSeconds(960);

  /** The registry is read, and the codecs are made, when the first action is seen. */
  private static final class Follow {
    static final ActionType TYPE =
        ActionType.of(InterfaceRegistry.bundled(), TypeName.parse(MotionPlan.FOLLOW));
  }

  private final ActionClient client;
  private final RobotClock clock;
  private final Consumer<GuardInput> tell;
  private final Map<String, GoalId> running = new ConcurrentHashMap<>();

  /**
   * @param sendGoal hash of its send_goal service, as the graph shows it
   * @throws IllegalArgumentException for another version of the action's type
   */
  TrajectoryGoals(
      Ros2Node node,
      String action,
      TypeHash sendGoal,
      tandem.zenoh.Qos atOnce,
      RobotClock clock,
      Consumer<GuardInput> tell) {
    this.client =
        new ActionClient(
            node,
            Follow.TYPE,
            ActionKeys.found(node.domain(), action, Follow.TYPE, sendGoal),
            atOnce);
    this.clock = clock;
    this.tell = tell;
  }

  /**
   * Sends a goal; empty when it went out, else why not.
   *
   * @param stamp when it begins, in the robot's clock; {@link Time#ZERO}: on receipt
   */
  String send(GuardEffect.MoveJoints move, Time stamp) {
    DynamicMessage goal;
    try {
      goal = Follow.TYPE.goal(Map.of("trajectory", trajectory(move, stamp)));
    } catch (IllegalArgumentException unfit) {
      return unfit.getMessage();
    }
    GoalId id = GoalId.random();
    long askedNanos = System.nanoTime();
    CompletableFuture<ActionClient.Acceptance> answer = client.send(id, goal, ACCEPTED_WITHIN);
    if (answer.isCompletedExceptionally()) {
      return why(answer.exceptionNow());
    }
    if (!move.commandId().isEmpty()) {
      running.put(move.commandId(), id);
    }
    answer.whenComplete(
        (acceptance, failure) -> {
          if (failure != null) {
            client.cancel(id, ACCEPTED_WITHIN); // it may still be taken
            ended(move, "rejected", why(failure));
          } else if (!acceptance.accepted()) {
            ended(
                move,
                "rejected",
                "the server of " + move.target().getTopic() + " rejected it (it gives no reason)");
          } else {
            clock.answered(askedNanos, System.nanoTime(), acceptance.stampNanos());
            if (!move.commandId().isEmpty()) {
              await(move, id);
            }
          }
        });
    return "";
  }

  private static Map<String, ?> trajectory(GuardEffect.MoveJoints move, Time stamp) {
    return Map.of(
        "header",
        Map.of("stamp", Map.of("sec", stamp.sec(), "nanosec", stamp.nanosec())),
        "joint_names",
        move.joints(),
        "points",
        List.of(point(move.startRad(), 0), point(move.endRad(), move.durationSeconds())));
  }

  private static Map<String, ?> point(List<Double> positions, double seconds) {
    long nanos = Math.round(seconds * 1e9);
    return Map.of(
        "positions",
        positions,
        "velocities",
        new double[positions.size()],
        "time_from_start",
        Map.of("sec", nanos / 1_000_000_000L, "nanosec", nanos % 1_000_000_000L));
  }

  private void await(GuardEffect.MoveJoints move, GoalId id) {
    client
        .result(id, ENDED_WITHIN)
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null) {
                ended(move, "aborted", why(failure));
              } else {
                ended(move, word(outcome.status()), said(outcome));
              }
            });
  }

  private static String word(GoalStatus status) {
    return switch (status) {
      case SUCCEEDED -> "succeeded";
      case CANCELED -> "canceled";
      case ABORTED, UNKNOWN, ACCEPTED, EXECUTING, CANCELING -> "aborted";
    };
  }

  private static String said(ActionClient.Outcome outcome) {
    if (outcome.status() == GoalStatus.UNKNOWN) {
      return "the server does not know the goal any more";
    }
    String error = (String) outcome.result().get("error_string");
    long code = (Long) outcome.result().get("error_code");
    if (outcome.status() == GoalStatus.SUCCEEDED) {
      return error;
    }
    return (error.isEmpty() ? "no reason given" : error) + " (error code " + code + ")";
  }

  private void ended(GuardEffect.MoveJoints move, String status, String why) {
    running.remove(move.commandId());
    tell.accept(new GuardInput.GoalEnded(move.commandId(), status, why));
  }

  private static String why(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return String.valueOf(cause.getMessage());
  }

  /** Cancels the goals of commands that were sent here; empty when it went out, else why not. */
  String cancelOwn() {
    for (GoalId goal : running.values()) {
      var answer = client.cancel(goal, ACCEPTED_WITHIN);
      if (answer.isCompletedExceptionally()) {
        return why(answer.exceptionNow());
      }
    }
    return "";
  }

  /** Cancels every goal of the server, whoever sent it; empty when it went out, else why not. */
  String cancelAll() {
    var answer = client.cancelAll(ACCEPTED_WITHIN);
    return answer.isCompletedExceptionally() ? why(answer.exceptionNow()) : "";
  }

  @Override
  public void close() {
    client.close();
  }
}
