package tandem.ros2.action;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Sample;
import tandem.ros2.node.ServiceClient;
import tandem.ros2.node.Subscription;

/**
 * A client of an action: sends goals, cancels them, waits for results.
 *
 * <p>Feedback is subscribed to with the first goal that wants it, status with the first listener.
 * Thread-safe; callbacks and futures come on receiving threads and must not block.
 */
public final class ActionClient implements AutoCloseable {
  private final Ros2Node node;
  private final ActionType type;
  private final ActionKeys keys;
  private final ServiceClient<DynamicMessage, DynamicMessage> sendGoal;
  private final ServiceClient<DynamicMessage, DynamicMessage> cancelGoal;
  private final ServiceClient<DynamicMessage, DynamicMessage> getResult;
  private final Map<GoalId, Consumer<DynamicMessage>> feedbackOf = new ConcurrentHashMap<>();
  private Subscription<byte[]> feedback;
  private Subscription<byte[]> status;

  /** The server's word on a goal. */
  public record Acceptance(boolean accepted, long stampNanos) {}

  /**
   * How a goal ended.
   *
   * @param result as the server gave it; defaults where it did not know the goal
   */
  public record Outcome(GoalStatus status, DynamicMessage result) {}

  /**
   * What became of a cancel.
   *
   * @param code 0 taken, 1 rejected, 2 unknown goal, 3 the goal has ended already
   * @param canceling goals that are being cancelled now
   */
  public record Cancelling(int code, List<GoalId> canceling) {
    /** The code in words. */
    public String words() {
      return switch (code) {
        case 0 -> "taken";
        case 1 -> "rejected";
        case 2 -> "unknown goal";
        case 3 -> "the goal has ended already";
        default -> "code " + code;
      };
    }
  }

  /** With calls that wait for room on the link. */
  public ActionClient(Ros2Node node, ActionType type, ActionKeys keys) {
    this(node, type, keys, tandem.zenoh.Qos.DATA_BLOCK);
  }

  /**
   * @param zenohQos of the calls; with congestion DROP one that does not leave at once has failed
   */
  public ActionClient(Ros2Node node, ActionType type, ActionKeys keys, tandem.zenoh.Qos zenohQos) {
    this.node = node;
    this.type = type;
    this.keys = keys;
    this.sendGoal = node.client(keys.sendGoal(), type.sendGoal(), zenohQos);
    this.cancelGoal = node.client(keys.cancelGoal(), type.cancelGoal(), zenohQos);
    this.getResult = node.client(keys.getResult(), type.getResult(), zenohQos);
  }

  public ActionKeys keys() {
    return keys;
  }

  /** Asks the server to take a goal; the future says whether it did. */
  public CompletableFuture<Acceptance> send(GoalId id, DynamicMessage goal, Duration timeout) {
    return sendGoal
        .call(type.sendGoalRequest(id, goal), timeout)
        .thenApply(
            answer ->
                new Acceptance(
                    (Boolean) answer.get("accepted"), ActionType.nanos(answer, "stamp")));
  }

  /**
   * As the other; {@code heard} gets the goal's feedback until {@link #result} or {@link #forget}.
   */
  public CompletableFuture<Acceptance> send(
      GoalId id, DynamicMessage goal, Duration timeout, Consumer<DynamicMessage> heard) {
    feedbackOf.put(id, heard);
    synchronized (this) {
      if (feedback == null) {
        feedback = node.subscribe(keys.feedback(), Qos.reliable(10), this::heard);
      }
    }
    return send(id, goal, timeout);
  }

  private void heard(Ros2Sample<byte[]> sample) {
    DynamicMessage message = type.feedbackMessage().decode(sample.message());
    Consumer<DynamicMessage> to = feedbackOf.get(ActionType.id(message, "goal_id"));
    if (to != null) to.accept((DynamicMessage) message.get("feedback"));
  }

  /** No more feedback of this goal. */
  public void forget(GoalId id) {
    feedbackOf.remove(id);
  }

  /** Waits until an accepted goal has ended; the server answers only then. */
  public CompletableFuture<Outcome> result(GoalId id, Duration timeout) {
    return getResult
        .call(type.getResultRequest(id), timeout)
        .thenApply(
            answer ->
                new Outcome(
                    GoalStatus.of((Long) answer.get("status")),
                    (DynamicMessage) answer.get("result")))
        .whenComplete((outcome, failure) -> forget(id));
  }

  /** Cancels one goal. */
  public CompletableFuture<Cancelling> cancel(GoalId id, Duration timeout) {
    return cancelling(id, timeout);
  }

  /** Cancels every goal of the server, whoever sent it: zero id, zero stamp. */
  public CompletableFuture<Cancelling> cancelAll(Duration timeout) {
    return cancelling(GoalId.ZERO, timeout);
  }

  private CompletableFuture<Cancelling> cancelling(GoalId id, Duration timeout) {
    return cancelGoal
        .call(type.cancelRequest(id, 0), timeout)
        .thenApply(
            answer -> {
              List<GoalId> goals = new ArrayList<>();
              for (DynamicMessage info : (DynamicMessage[]) answer.get("goals_canceling")) {
                goals.add(ActionType.id(info, "goal_id"));
              }
              return new Cancelling(
                  Math.toIntExact((Long) answer.get("return_code")), List.copyOf(goals));
            });
  }

  /** Told of every goal's status, of all clients, as the server publishes it. Once. */
  public synchronized void onStatus(BiConsumer<GoalId, GoalStatus> listener) {
    if (status != null) throw new IllegalStateException("status is listened to already");
    status = node.subscribe(keys.status(), Qos.latched(1), sample -> statuses(sample, listener));
  }

  private void statuses(Ros2Sample<byte[]> sample, BiConsumer<GoalId, GoalStatus> listener) {
    DynamicMessage message = type.statusArray().decode(sample.message());
    for (DynamicMessage one : (DynamicMessage[]) message.get("status_list")) {
      listener.accept(
          ActionType.id(one, "goal_info.goal_id"), GoalStatus.of((Long) one.get("status")));
    }
  }

  /** Where the goals go. */
  public TopicKey sendGoalKey() {
    return keys.sendGoal();
  }

  /** Open calls end as they would; goals that run go on. */
  @Override
  public synchronized void close() {
    if (feedback != null) feedback.close();
    if (status != null) status.close();
    sendGoal.close();
    cancelGoal.close();
    getResult.close();
  }
}
