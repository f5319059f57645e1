package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.CommandTarget;
import tandem.ros2.TypeName;
import tandem.ros2.action.ActionClient;
import tandem.ros2.action.ActionKeys;
import tandem.ros2.action.ActionServer;
import tandem.ros2.action.ActionType;
import tandem.ros2.action.GoalId;
import tandem.ros2.action.GoalStatus;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.msg.Time;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Qos;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** Two clients of one controller: the guard and somebody else. */
class ActionGoalsTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final ActionType FOLLOW =
      ActionType.of(InterfaceRegistry.bundled(), TypeName.parse(MotionPlan.FOLLOW));

  /** Runs every goal until it is cancelled. */
  private static final class Arm implements ActionServer.Handler {
    final BlockingQueue<ActionServer.Goal> running = new LinkedBlockingQueue<>();
    final BlockingQueue<GoalId> cancelled = new LinkedBlockingQueue<>();

    @Override
    public boolean mayStart(GoalId id, DynamicMessage goal) {
      return true;
    }

    @Override
    public void started(ActionServer.Goal goal) {
      goal.execute();
      running.add(goal);
    }

    @Override
    public boolean mayCancel(ActionServer.Goal goal) {
      return true;
    }

    @Override
    public void cancelling(ActionServer.Goal goal) {
      goal.end(
          GoalStatus.CANCELED, FOLLOW.result(Map.of("error_code", 0, "error_string", "told to")));
      cancelled.add(goal.id());
    }
  }

  private final Arm arm = new Arm();
  private final BlockingQueue<GuardInput> told = new LinkedBlockingQueue<>();
  private Router router;
  private Session robot;
  private Ros2Node controller;
  private Ros2Node here;
  private ActionServer server;
  private ActionClient somebody;
  private ActionGoals goals;

  @BeforeEach
  void open() throws Exception {
    router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
    robot = Session.open(SessionConfig.to(router.endpoint()));
    controller = new Ros2Node(robot, 0, "/eve", "controller");
    here = new Ros2Node(router.local(), 0, "/", "guard");
    server = new ActionServer(controller, "arm", FOLLOW, LONG, arm);
    var key = ActionKeys.of(0, "/eve/arm", FOLLOW);
    somebody = new ActionClient(here, FOLLOW, key);
    goals =
        new ActionGoals(
            here,
            MotionPlan.FOLLOW,
            "/eve/arm",
            FOLLOW.sendGoalHash(),
            Qos.DATA,
            new RobotClock(),
            told::add);
  }

  @AfterEach
  void close() {
    goals.close();
    somebody.close();
    server.close();
    here.close();
    controller.close();
    robot.close();
    router.close();
  }

  private ActionServer.Goal started() throws Exception {
    return arm.running.poll(20, TimeUnit.SECONDS);
  }

  @Test
  void shouldCancelItsOwnGoalsAndThoseOfOthersOnlyWhenAskedTo() throws Exception {
    var theirs = GoalId.random();
    sentBySomebody(theirs);
    assertThat(started().id()).isEqualTo(theirs);
    CommandTarget target =
        CommandTarget.newBuilder().setKind("action").setTopic("/eve/arm").build();
    var move =
        new GuardEffect.MoveJoints("c-1", target, List.of("elbow"), List.of(0.0), List.of(0.5), 5);
    assertThat(goals.send(move, Time.ZERO)).isEmpty();
    var ours = started().id();

    assertThat(goals.cancel(List.of())).isEmpty();

    assertThat(arm.cancelled.poll(20, TimeUnit.SECONDS)).isEqualTo(ours);
    var end = (GuardInput.GoalEnded) told.poll(20, TimeUnit.SECONDS);
    assertThat(end).isEqualTo(new GuardInput.GoalEnded("c-1", "canceled", end.why()));
    assertThat(goals.cancel(List.of())).as("nothing of ours is left").isEmpty();

    assertThat(goals.cancelAll()).isEmpty();
    assertThat(arm.cancelled.poll(20, TimeUnit.SECONDS)).isEqualTo(theirs);
    assertThat(arm.cancelled).isEmpty();
  }

  /** Again until the server takes it: its token is seen a moment before it can be asked. */
  private void sentBySomebody(GoalId id) {
    long deadline = System.nanoTime() + LONG.toNanos();
    boolean accepted = false;
    while (!accepted) {
      assertThat(System.nanoTime()).as("the server takes a goal").isLessThan(deadline);
      accepted =
          somebody
              .send(id, FOLLOW.goal(Map.of()), LONG)
              .handle((answer, failure) -> failure == null && answer.accepted())
              .join();
    }
  }

  /** Waits until the server's answers come: it is seen a moment before. */
  private void reachable() throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    do {
      assertThat(System.nanoTime()).as("the server answers").isLessThan(deadline);
      goals.cancel(List.of("nothing"));
    } while (told.poll(100, TimeUnit.MILLISECONDS) == null);
  }

  @Test
  void shouldSayWhatTheServerSaysOfAGoalOnItsWay() throws Exception {
    reachable();
    CommandTarget target =
        CommandTarget.newBuilder().setKind("action").setTopic("/eve/arm").build();
    goals.send(
        new GuardEffect.MoveJoints("c-1", target, List.of("elbow"), List.of(0.0), List.of(0.5), 5),
        Time.ZERO);
    var goal = started();
    assertThat(goals.feedback()).isEmpty();
    var message = FOLLOW.feedback(Map.of("error", Map.of("positions", new double[] {0.1, -0.3})));

    long deadline = System.nanoTime() + LONG.toNanos();
    while (goals.feedback().isEmpty() && System.nanoTime() < deadline) {
      goal.feedback(message);
      Thread.onSpinWait();
    }
    assertThat(goals.feedback().orElseThrow().getCommandId()).isEqualTo("c-1");
    assertThat(goals.feedback().orElseThrow().getErrorRad()).isEqualTo(0.3);

    goal.end(GoalStatus.SUCCEEDED, FOLLOW.result(Map.of()));
    GuardInput.GoalEnded end;
    do {
      end = (GuardInput.GoalEnded) told.poll(20, TimeUnit.SECONDS);
      assertThat(end).isNotNull();
    } while (!end.commandId().equals("c-1"));
    assertThat(goals.feedback()).isEmpty();
  }

  @Test
  void shouldSayThatAGoalIsGoneWhichTheServerDoesNotKnow() throws Exception {
    reachable();
    told.clear();
    assertThat(goals.cancel(List.of("c-before-this-start"))).isEmpty();

    assertThat(told.poll(20, TimeUnit.SECONDS))
        .isEqualTo(new GuardInput.GoalEnded("c-before-this-start", "gone", "unknown goal"));
  }
}
