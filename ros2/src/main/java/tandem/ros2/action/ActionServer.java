package tandem.ros2.action;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Publisher;
import tandem.ros2.node.ServiceServer;

/**
 * A server of an action: takes goals, tells how far they are, lets them be cancelled, keeps results
 * for those who ask later.
 *
 * <pre>
 *   ACCEPTED --> EXECUTING ------------------> SUCCEEDED | ABORTED
 *       |            |                             ^
 *       +------------+--> CANCELING --> CANCELED   |
 *                             +--------------------+
 * </pre>
 *
 * Bounded: at most {@link #MAX_RUNNING} goals run, {@link #MAX_ENDED} ended ones are remembered for
 * the time given, {@link #MAX_WAITING} callers wait for one result. Thread-safe; the handler runs
 * on receiving threads, under no lock, and must not block.
 */
public final class ActionServer implements AutoCloseable {
  public static final int MAX_RUNNING = 64;
  public static final int MAX_ENDED = 256;
  public static final int MAX_WAITING = 32;

  /** How long results are kept by default, as rcl_action does. */
  public static final Duration KEEP_RESULTS = Duration.ofSeconds(10);

  private static final int CANCEL_TAKEN = 0;
  private static final int CANCEL_REJECTED = 1;
  private static final int CANCEL_UNKNOWN = 2;
  private static final int CANCEL_ENDED = 3;

  /** Does the work. */
  public interface Handler {
    /** Whether this goal may run. */
    boolean mayStart(GoalId id, DynamicMessage goal);

    /** It runs from now on: ACCEPTED; ends by a call to the goal. */
    void started(Goal goal);

    /** Somebody wants it to end early; true: it is CANCELING, and ends by a call to the goal. */
    boolean mayCancel(Goal goal);

    /** It is CANCELING. */
    void cancelling(Goal goal);
  }

  /** One goal that was accepted. */
  public final class Goal {
    private final GoalId id;
    private final DynamicMessage message;
    private final long acceptedNanos;
    private final List<ServiceServer<DynamicMessage, DynamicMessage>.Request> waiting =
        new ArrayList<>();
    private GoalStatus status = GoalStatus.ACCEPTED;
    private DynamicMessage result;
    private long endedNanos;

    private Goal(GoalId id, DynamicMessage message, long acceptedNanos) {
      this.id = id;
      this.message = message;
      this.acceptedNanos = acceptedNanos;
    }

    public GoalId id() {
      return id;
    }

    public DynamicMessage message() {
      return message;
    }

    public GoalStatus status() {
      synchronized (lock) {
        return status;
      }
    }

    /** EXECUTING; false: it is not ACCEPTED any more. */
    public boolean execute() {
      return to(this, GoalStatus.EXECUTING, null);
    }

    /** Tells how it goes. */
    public void feedback(DynamicMessage feedback) {
      feedbacks.publishCdr(
          type.feedbackMessage()
              .encode(
                  type.feedbackMessage()
                      .fromTree(Map.of("goal_id", ActionType.uuid(id), "feedback", feedback))));
    }

    /** Ends it with that status; false: it cannot end so now (see the picture above). */
    public boolean end(GoalStatus with, DynamicMessage withResult) {
      if (!with.ended()) throw new IllegalArgumentException(with + " is no end of a goal");
      return to(this, with, withResult);
    }
  }

  private final Ros2Node node;
  private final ActionType type;
  private final Handler handler;
  private final long keepNanos;
  private final Object lock = new Object();
  private final Map<GoalId, Goal> goals = new LinkedHashMap<>();
  private final Deque<Goal> ended = new ArrayDeque<>();
  private final ServiceServer<DynamicMessage, DynamicMessage> sendGoal;
  private final ServiceServer<DynamicMessage, DynamicMessage> cancelGoal;
  private final ServiceServer<DynamicMessage, DynamicMessage> getResult;
  private final Ros2Publisher<byte[]> feedbacks;
  private final Ros2Publisher<byte[]> statuses;

  /** An action relative to the node's namespace, or absolute; with our hashes of the type. */
  public ActionServer(
      Ros2Node node, String action, ActionType type, Duration keepResults, Handler handler) {
    this.node = node;
    this.type = type;
    this.handler = handler;
    this.keepNanos = keepResults.toNanos();
    String name = TopicKey.resolve(node.namespace(), action);
    ActionKeys keys = ActionKeys.of(node.domain(), name, type);
    this.feedbacks = node.publisher(keys.feedback(), Qos.reliable(10));
    this.statuses = node.publisher(keys.status(), Qos.latched(1));
    this.getResult = node.server(keys.getResult().name(), type.getResult(), this::resultAsked);
    this.cancelGoal = node.server(keys.cancelGoal().name(), type.cancelGoal(), this::cancelAsked);
    this.sendGoal = node.server(keys.sendGoal().name(), type.sendGoal(), this::goalAsked);
  }

  private void goalAsked(ServiceServer<DynamicMessage, DynamicMessage>.Request request) {
    GoalId id = ActionType.id(request.message(), "goal_id");
    DynamicMessage message = (DynamicMessage) request.message().get("goal");
    Goal goal = null;
    if (handler.mayStart(id, message)) {
      synchronized (lock) {
        forgetOld();
        if (!goals.containsKey(id) && goals.size() - ended.size() < MAX_RUNNING) {
          goal = new Goal(id, message, node.epochNanos());
          goals.put(id, goal);
        }
      }
    }
    request.respond(
        type.sendGoalResponse(goal != null, goal == null ? node.epochNanos() : goal.acceptedNanos));
    if (goal != null) {
      publishStatus();
      handler.started(goal);
    }
  }

  private void resultAsked(ServiceServer<DynamicMessage, DynamicMessage>.Request request) {
    GoalStatus status;
    DynamicMessage result;
    synchronized (lock) {
      Goal goal = goals.get(ActionType.id(request.message(), "goal_id"));
      if (goal != null && !goal.status.ended()) {
        if (goal.waiting.size() >= MAX_WAITING) {
          goal.waiting
              .removeFirst()
              .refuse(MAX_WAITING + " others wait for the result of " + goal.id);
        }
        goal.waiting.add(request);
        return;
      }
      status = goal == null ? GoalStatus.UNKNOWN : goal.status;
      result = goal == null ? null : goal.result;
    }
    request.respond(type.getResultResponse(status, result));
  }

  /**
   * Which goals a cancel means (action_msgs/srv/CancelGoal): an id that one; a stamp all accepted
   * up to it; both: both; neither: all.
   */
  private void cancelAsked(ServiceServer<DynamicMessage, DynamicMessage>.Request request) {
    GoalId id = ActionType.id(request.message(), "goal_info.goal_id");
    long stamp = ActionType.nanos(request.message(), "goal_info.stamp");
    boolean all = id.equals(GoalId.ZERO) && stamp == 0;
    List<Goal> meant = new ArrayList<>();
    int code = CANCEL_TAKEN;
    synchronized (lock) {
      forgetOld();
      if (!id.equals(GoalId.ZERO)) {
        Goal one = goals.get(id);
        if (one == null) code = CANCEL_UNKNOWN;
        else if (one.status.ended()) code = CANCEL_ENDED;
      }
      for (Goal goal : goals.values()) {
        boolean older = stamp != 0 && goal.acceptedNanos <= stamp;
        if (!goal.status.ended() && (all || older || goal.id.equals(id))) meant.add(goal);
      }
    }
    List<Map<String, ?>> canceling = new ArrayList<>();
    List<Goal> taken = new ArrayList<>();
    for (Goal goal : meant) {
      boolean already = goal.status() == GoalStatus.CANCELING;
      if (already || handler.mayCancel(goal) && to(goal, GoalStatus.CANCELING, null)) {
        canceling.add(ActionType.info(goal.id, goal.acceptedNanos));
        if (!already) taken.add(goal);
      }
    }
    if (code == CANCEL_TAKEN && canceling.isEmpty() && !meant.isEmpty()) code = CANCEL_REJECTED;
    request.respond(type.cancelResponse(Map.of("return_code", code, "goals_canceling", canceling)));
    taken.forEach(handler::cancelling);
  }

  private boolean to(Goal goal, GoalStatus next, DynamicMessage result) {
    List<ServiceServer<DynamicMessage, DynamicMessage>.Request> waiting = List.of();
    synchronized (lock) {
      if (!next.mayFollow(goal.status)) return false;
      goal.status = next;
      if (next.ended()) {
        goal.result = result;
        goal.endedNanos = System.nanoTime();
        waiting = List.copyOf(goal.waiting);
        goal.waiting.clear();
        ended.add(goal);
        forgetOld();
      }
    }
    publishStatus();
    for (var request : waiting) request.respond(type.getResultResponse(next, result));
    return true;
  }

  /** With the lock held. */
  private void forgetOld() {
    long now = System.nanoTime();
    for (Iterator<Goal> it = ended.iterator(); it.hasNext(); ) {
      Goal goal = it.next();
      if (ended.size() <= MAX_ENDED && now - goal.endedNanos < keepNanos) return;
      it.remove();
      goals.remove(goal.id);
    }
  }

  private void publishStatus() {
    synchronized (statuses) { // what is published last is what is so last
      List<Map<String, ?>> list = new ArrayList<>();
      synchronized (lock) {
        for (Goal goal : goals.values()) {
          list.add(
              Map.of(
                  "goal_info", ActionType.info(goal.id, goal.acceptedNanos),
                  "status", goal.status.code()));
        }
      }
      statuses.publishCdr(
          type.statusArray().encode(type.statusArray().fromTree(Map.of("status_list", list))));
    }
  }

  /** Nothing is taken any more; who waits for a result is refused. */
  @Override
  public void close() {
    sendGoal.close();
    cancelGoal.close();
    getResult.close();
    feedbacks.close();
    statuses.close();
  }
}
