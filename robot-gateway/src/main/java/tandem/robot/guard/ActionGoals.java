package tandem.robot.guard;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import tandem.proto.v1.GoalFeedback;
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
 * Goals for one action server of the robot, FollowJointTrajectory or NavigateToPose. A call that
 * the link does not take at once has failed, one not answered within a second too, and its goal is
 * cancelled should it still come (invariant I3). How a command's goal ended, or that a hold was
 * rejected, is told as {@link GuardInput.GoalEnded}, on receiving threads. Thread-safe, never
 * blocks.
 */
final class ActionGoals implements AutoCloseable {
  private static final Duration ACCEPTED_WITHIN = Duration.ofSeconds(1);

  /** A goal that was not answered may still come for so long. */
  private static final Duration LATE = Duration.ofSeconds(10);

  /** Longer than any command may last. */
  private static final Duration ENDED_WITHIN = Duration.ofSeconds(960);

  /** Return codes of {@code action_msgs/srv/CancelGoal}. */
  private static final int UNKNOWN = 2;

  private static final int TERMINATED = 3;

  /** The field of each action's result that holds words for a person. */
  private static final Map<String, String> WORDS =
      Map.of(MotionPlan.FOLLOW, "error_string", MotionPlan.NAVIGATE, "error_msg");

  /** The registry is read, and the codecs are made, when the first server is seen. */
  private static final Map<String, ActionType> TYPES = new ConcurrentHashMap<>();

  private final String name;
  private final ActionType type;
  private final ActionClient client;
  private final RobotClock clock;
  private final Consumer<GuardInput> tell;
  private final Map<String, Sent> running = new ConcurrentHashMap<>();
  private volatile Heard heard;

  /** Newest feedback on a command's goal; {@code value}: metres to go, or rad of error. */
  private record Heard(String commandId, double value, long nanos) {}

  /** A command's goal; {@code accepted} by the server, as far as it was heard. */
  private record Sent(GoalId id, boolean accepted, long askedNanos) {
    /** Whether the server, where it does not know the goal, will not know it later either. */
    boolean isSettled() {
      return accepted || System.nanoTime() - askedNanos > LATE.toNanos();
    }
  }

  /**
   * @param type one of those {@link #known}
   * @param action ROS name with leading slash
   * @param sendGoal hash of its send_goal service, as the graph shows it
   * @throws IllegalArgumentException for another version of the action's type
   */
  ActionGoals(
      Ros2Node node,
      String type,
      String action,
      TypeHash sendGoal,
      tandem.zenoh.Qos atOnce,
      RobotClock clock,
      Consumer<GuardInput> tell) {
    this.name = action;
    this.type =
        TYPES.computeIfAbsent(
            type, absent -> ActionType.of(InterfaceRegistry.bundled(), TypeName.parse(type)));
    this.client =
        new ActionClient(
            node, this.type, ActionKeys.found(node.domain(), action, this.type, sendGoal), atOnce);
    this.clock = clock;
    this.tell = tell;
  }

  /** Whether goals can be sent to servers of this type. */
  static boolean known(String type) {
    return WORDS.containsKey(type);
  }

  /**
   * Sends a goal; empty when it went out, else why not.
   *
   * @param stamp when it begins, in the robot's clock; {@link Time#ZERO}: on receipt
   */
  String send(GuardEffect.MoveJoints move, Time stamp) {
    return send(move.commandId(), Map.of("trajectory", trajectory(move, stamp)));
  }

  /** As the other. */
  String send(GuardEffect.NavigateTo go, Time stamp) {
    return send(go.commandId(), Map.of("pose", place(go, stamp)));
  }

  private String send(String commandId, Map<String, ?> fields) {
    DynamicMessage goal;
    try {
      goal = type.goal(fields);
    } catch (IllegalArgumentException unfit) {
      return unfit.getMessage();
    }
    GoalId id = commandId.isEmpty() ? GoalId.random() : idOf(commandId);
    long askedNanos = System.nanoTime();
    CompletableFuture<ActionClient.Acceptance> answer =
        commandId.isEmpty()
            ? client.send(id, goal, ACCEPTED_WITHIN)
            : client.send(id, goal, ACCEPTED_WITHIN, message -> heard(commandId, message));
    if (answer.isCompletedExceptionally()) {
      client.forget(id);
      return why(answer.exceptionNow());
    }
    if (!commandId.isEmpty()) {
      running.put(commandId, new Sent(id, false, askedNanos));
    }
    answer.whenComplete(
        (acceptance, failure) -> {
          if (failure != null) {
            client.forget(id);
            client.cancel(id, ACCEPTED_WITHIN); // it may still be taken
            lost(commandId, "rejected", why(failure));
          } else if (!acceptance.accepted()) {
            client.forget(id);
            ended(
                commandId,
                "rejected",
                "the server of " + name + " rejected it (it gives no reason)");
          } else {
            clock.answered(askedNanos, System.nanoTime(), acceptance.stampNanos());
            if (!commandId.isEmpty()) {
              running.put(commandId, new Sent(id, true, askedNanos));
              await(commandId, id);
            }
          }
        });
    return "";
  }

  /** The goal of a command, which a guard that starts again can still name. */
  private static GoalId idOf(String commandId) {
    UUID id = UUID.nameUUIDFromBytes(commandId.getBytes(StandardCharsets.UTF_8));
    return new GoalId(id.getMostSignificantBits(), id.getLeastSignificantBits());
  }

  private static Map<String, ?> header(Time stamp, String frame) {
    return Map.of(
        "stamp", Map.of("sec", stamp.sec(), "nanosec", stamp.nanosec()), "frame_id", frame);
  }

  private static Map<String, ?> place(GuardEffect.NavigateTo go, Time stamp) {
    return Map.of(
        "header",
        header(stamp, go.frame()),
        "pose",
        Map.of(
            "position",
            Map.of("x", go.xMeters(), "y", go.yMeters()),
            "orientation",
            Map.of("z", Math.sin(go.yawRad() / 2), "w", Math.cos(go.yawRad() / 2))));
  }

  private static Map<String, ?> trajectory(GuardEffect.MoveJoints move, Time stamp) {
    return Map.of(
        "header",
        header(stamp, ""),
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

  private void await(String commandId, GoalId id) {
    client
        .result(id, ENDED_WITHIN)
        .whenComplete(
            (outcome, failure) -> {
              if (failure != null) {
                lost(commandId, "aborted", why(failure));
              } else {
                ended(commandId, word(outcome.status()), said(outcome));
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

  private String said(ActionClient.Outcome outcome) {
    if (outcome.status() == GoalStatus.UNKNOWN) {
      return "the server does not know the goal any more";
    }
    String error = (String) outcome.result().get(WORDS.get(type.name().toString()));
    long code = (Long) outcome.result().get("error_code");
    if (outcome.status() == GoalStatus.SUCCEEDED) {
      return error;
    }
    return (error.isEmpty() ? "no reason given" : error) + " (error code " + code + ")";
  }

  /** Joints are held by what is sent next; a navigation goes on until the server ends it. */
  private void lost(String commandId, String status, String why) {
    if (navigates()) {
      tell.accept(new GuardInput.GoalEnded(commandId, "lost", why));
    } else {
      ended(commandId, status, why);
    }
  }

  private void heard(String commandId, DynamicMessage message) {
    double value = 0;
    if (navigates()) {
      value = (Float) message.get("distance_remaining");
    } else {
      for (double error : (double[]) message.get("error.positions")) {
        value = Math.max(value, Math.abs(error));
      }
    }
    if (running.containsKey(commandId) && Double.isFinite(value)) {
      heard = new Heard(commandId, value, System.nanoTime());
    }
  }

  /** Newest feedback on a goal that runs; empty where there is none. Any thread. */
  Optional<GoalFeedback> feedback() {
    Heard newest = heard;
    if (newest == null || !running.containsKey(newest.commandId())) {
      return Optional.empty();
    }
    GoalFeedback.Builder feedback =
        GoalFeedback.newBuilder()
            .setCommandId(newest.commandId())
            .setAgeMillis((System.nanoTime() - newest.nanos()) / 1e6);
    return Optional.of(
        (navigates()
                ? feedback.setDistanceMeters(newest.value())
                : feedback.setErrorRad(newest.value()))
            .build());
  }

  private boolean navigates() {
    return type.name().toString().equals(MotionPlan.NAVIGATE);
  }

  private void ended(String commandId, String status, String why) {
    running.remove(commandId);
    tell.accept(new GuardInput.GoalEnded(commandId, status, why));
  }

  private static String why(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return String.valueOf(cause.getMessage());
  }

  /**
   * Cancels the goals of these commands, or of all that were sent here; empty when it went out,
   * else why not. One that the server does not know, or has ended, is told as {@code gone}.
   *
   * @param commands empty: all
   */
  String cancel(List<String> commands) {
    for (String command : commands.isEmpty() ? List.copyOf(running.keySet()) : commands) {
      Sent sent = running.get(command);
      var answer = client.cancel(sent == null ? idOf(command) : sent.id(), ACCEPTED_WITHIN);
      if (answer.isCompletedExceptionally()) {
        return why(answer.exceptionNow());
      }
      answer.whenComplete(
          (said, failure) -> {
            boolean gone = failure == null && (said.code() == UNKNOWN || said.code() == TERMINATED);
            if (gone && (sent == null || sent.isSettled())) {
              ended(command, "gone", said.words());
            }
          });
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
