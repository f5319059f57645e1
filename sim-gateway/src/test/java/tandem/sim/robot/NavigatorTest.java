package tandem.sim.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tandem.ros2.Qos;
import tandem.ros2.action.ActionClient;
import tandem.ros2.action.ActionClient.Outcome;
import tandem.ros2.action.ActionKeys;
import tandem.ros2.action.GoalId;
import tandem.ros2.action.GoalStatus;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Twist;
import tandem.ros2.msg.TwistStamped;
import tandem.ros2.msg.Vector3;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Publisher;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Pose;
import tandem.sim.body.Quat;
import tandem.sim.body.Scene;
import tandem.sim.body.Vec;
import tandem.sim.control.Assistance;
import tandem.sim.control.Pushes;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.engine.EngineModel;
import tandem.sim.sense.Eyes;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** Goals over a real link to the robot that is stepped, under pushes; faster than real time. */
class NavigatorTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  /** In m: not reached while a message is on its way, for the steps do not wait for messages. */
  private static final double FAR = 500;

  private static final Humanoid BODY = Humanoid.standard();

  private final BlockingQueue<DynamicMessage> feedback = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private SimulatedHumanoid robot;
  private RobotLoop loop;
  private Inbox inbox;
  private volatile String lastRefused = "";
  private ActionClient client;
  private Ros2Publisher<TwistStamped> velocity;
  private Ros2Publisher<BoolMessage> stop;
  private Router router;
  private Cable way;
  private Navigator navigation;

  private <T extends AutoCloseable> T opened(T one) {
    open.addFirst(one);
    return one;
  }

  @BeforeEach
  void start() {
    var scene = Scene.empty();
    EngineModel model =
        opened(tandem.sim.Peers.engine().compile("nav", Mjcf.write(BODY, scene, 0.002, false)));
    robot =
        opened(
            new SimulatedHumanoid(
                BODY, model, 0.002, Pushes.seeded(1, 3, 6), Optional.of(new Assistance(BODY))));
    var eyes = opened(new Eyes(model, BODY, scene));
    router = opened(Router.listen(RouterConfig.on("tcp/127.0.0.1:0")));
    inbox = new Inbox(RobotLoop::wallNanos);
    navigation = new Navigator(inbox);
    var navigator = Optional.of(navigation);
    way = opened(cable(router));
    var links = opened(new Peers(List.of(way.endpoint()), "ada", 0, inbox, navigator));
    loop = new RobotLoop("ada", robot, eyes, links, inbox, navigator);
    var node = opened(new Ros2Node(router.local(), 0, "/ada", "operator"));
    client =
        opened(
            new ActionClient(
                node, Navigator.TYPE, ActionKeys.of(0, "/ada/navigate_to_pose", Navigator.TYPE)));
    velocity = node.publisher("cmd_vel", TwistStamped.TYPE, Qos.reliable(1));
    stop = node.publisher("stop", BoolMessage.TYPE, Qos.reliable(1));
    node.subscribe(
        "/diagnostics",
        DiagnosticArray.TYPE,
        Qos.reliable(10),
        sample ->
            sample.message().status().stream()
                .flatMap(status -> status.values().stream())
                .filter(value -> value.key().equals("last_refused"))
                .forEach(value -> lastRefused = value.value()));
    links.start();
    until(() -> velocity.matched() && stop.matched());
    // A server's token may be there a moment before its queryable.
    until(() -> answers(client.send(GoalId.random(), goal("nowhere", 0, 0, 0), LONG)));
    refused("nowhere");
  }

  private static Cable cable(Router to) {
    try {
      return new Cable(to.endpoint());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The newest refusal that /diagnostics tells has these words. */
  private void refused(String... words) {
    until(() -> Arrays.stream(words).allMatch(lastRefused::contains));
  }

  private boolean answers(CompletableFuture<?> asked) {
    until(asked::isDone);
    return !asked.isCompletedExceptionally();
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable one : open) one.close();
  }

  /** Steps until then. */
  private void until(BooleanSupplier condition) {
    until(condition, LONG);
  }

  private void until(BooleanSupplier condition, Duration within) {
    long deadline = System.nanoTime() + within.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      loop.rehearse(10);
    }
  }

  private <T> T get(CompletableFuture<T> future) throws Exception {
    until(future::isDone);
    return future.get(1, TimeUnit.SECONDS);
  }

  private static DynamicMessage goal(String frame, double x, double y, double yaw) {
    return Navigator.TYPE.goal(
        Map.of(
            "pose",
            Map.of(
                "header",
                Map.of("frame_id", frame),
                "pose",
                Map.of(
                    "position",
                    Map.of("x", x, "y", y),
                    "orientation",
                    Map.of("z", Math.sin(yaw / 2), "w", Math.cos(yaw / 2))))));
  }

  private boolean accepted(DynamicMessage goal) throws Exception {
    return get(client.send(GoalId.random(), goal, LONG)).accepted();
  }

  /** Its result, to come. */
  private CompletableFuture<Outcome> sent(GoalId id, DynamicMessage goal) throws Exception {
    assertThat(get(client.send(id, goal, LONG, feedback::add)).accepted()).isTrue();
    return client.result(id, LONG);
  }

  /** The same once it moves: a goal that is far enough for that. */
  private CompletableFuture<Outcome> moving(GoalId id, DynamicMessage goal) throws Exception {
    var outcome = sent(id, goal);
    until(() -> robot.baseVelocity().norm() > 0.15);
    return outcome;
  }

  private void drive(double vx) {
    velocity.publish(velocity(vx));
  }

  private static TwistStamped velocity(double vx) {
    return new TwistStamped(
        new Header(Time.ZERO, "base_link"), new Twist(new Vector3(vx, 0, 0), Vector3.ZERO));
  }

  private void ends(CompletableFuture<Outcome> outcome, GoalStatus status, String why)
      throws Exception {
    assertThat(get(outcome).status()).isEqualTo(status);
    assertThat(get(outcome).result().get("error_msg")).isEqualTo(why);
  }

  private void restsByItself() {
    restsByItself(0);
  }

  /** A push may come at any moment: it is waited for. */
  private void restsByItself(long lapses) {
    loop.rehearse(2000);
    until(() -> robot.baseVelocity().norm() < 0.05);
    assertThat(robot.falls().falls()).isZero();
    assertThat(robot.assistance().orElseThrow().lapses()).isEqualTo(lapses);
  }

  @Test
  void shouldGoThereTellHowFarItIsAndStandThereByItself() throws Exception {
    var id = GoalId.random();
    var outcome = sent(id, goal("odom", 1.2, -0.6, 1.5));

    ends(outcome, GoalStatus.SUCCEEDED, "");

    var told = new ArrayList<DynamicMessage>();
    feedback.drainTo(told);
    // Five a second; the queue of a slow reader may have let some go.
    double seconds = nanos(told.getLast(), "navigation_time") * 1e-9;
    assertThat(seconds).isGreaterThan(3).isLessThan(30);
    assertThat(told).hasSizeBetween((int) (3 * seconds), (int) (5 * seconds) + 2);
    assertThat((Float) told.getFirst().get("distance_remaining")).isGreaterThan(1.2f);
    assertThat((Float) told.getLast().get("distance_remaining")).isLessThan(0.1f);
    assertThat(nanos(told.getFirst(), "estimated_time_remaining")).isPositive();
    assertThat(told.getLast().get("current_pose.header.frame_id")).isEqualTo("odom");
    assertThat((Double) told.getLast().get("current_pose.pose.position.x")).isBetween(1.1, 1.3);
    restsByItself();
    assertThat(robot.base().position().x()).isBetween(1.1, 1.3);
    assertThat(robot.base().position().y()).isBetween(-0.7, -0.5);
    assertThat(robot.base().orientation().yaw()).isBetween(1.4, 1.6);
  }

  private static long nanos(DynamicMessage message, String field) {
    return (Long) message.get(field + ".sec") * 1_000_000_000L
        + (Long) message.get(field + ".nanosec");
  }

  @Test
  void shouldBeCanceledOnceItIsAtRestAndNotFightZerosMeanwhile() throws Exception {
    var id = GoalId.random();
    var outcome = moving(id, goal("", FAR, 0, 0));

    until(() -> robot.baseVelocity().norm() > 0.3);
    double before = robot.base().position().x();
    // Both before the next step.
    var cancelling = client.cancel(id, LONG).get(30, TimeUnit.SECONDS);
    inbox.receive(Inbox.Entry.CMD_VEL, TwistStamped.TYPE.encode(velocity(0)));

    assertThat(cancelling.canceling()).containsExactly(id);

    ends(outcome, GoalStatus.CANCELED, "");
    // At rest, but for what a push may do.
    assertThat(Math.hypot(robot.baseVelocity().x(), robot.baseVelocity().y())).isLessThan(0.2);
    restsByItself();
    assertThat(robot.base().position().x() - before).isLessThan(2);
  }

  @Test
  void shouldGiveWayToANewerGoalToAVelocityAndToAZero() throws Exception {
    var first = moving(GoalId.random(), goal("odom", FAR, 0, 0));
    var second = moving(GoalId.random(), goal("odom", -FAR, 0, 0));
    ends(first, GoalStatus.ABORTED, "superseded");
    assertThat(second).isNotDone();

    drive(0.2);
    ends(second, GoalStatus.ABORTED, "cmd_vel took the base over");

    var third = moving(GoalId.random(), goal("odom", 0, FAR, 0));
    // The one velocity may have run out, in the robot's time, before the goal was there.
    long lapses = robot.assistance().orElseThrow().lapses();
    drive(0);
    ends(third, GoalStatus.ABORTED, "cmd_vel of zero brought the base to rest");
    restsByItself(lapses);
  }

  @Test
  void shouldEndAtAStopAndTakeNoneUntilItIsReleased() throws Exception {
    var outcome = moving(GoalId.random(), goal("odom", FAR, 0, 0));

    stop.publish(new BoolMessage(true));

    ends(outcome, GoalStatus.ABORTED, "stopped");
    assertThat(accepted(goal("odom", 1, 0, 0))).isFalse();
    refused("navigate_to_pose: stop is latched; release it first; nothing moved");
    restsByItself();
    stop.publish(new BoolMessage(false));
    until(() -> !robot.motion().stopLatched());
    loop.rehearse(10);
    assertThat(accepted(goal("odom", 0.3, 0, 0))).isTrue();
  }

  @Test
  void shouldEndWhenItFallsAndTakeNoneLying() throws Exception {
    var outcome = moving(GoalId.random(), goal("odom", FAR, 0, 0));

    robot.place(
        new Pose(new Vec(0, 0, 0.2), Quat.about(new Vec(0, 1, 0), Math.PI / 2)),
        robot.anglesRad().clone());

    ends(outcome, GoalStatus.ABORTED, "the robot has fallen");
    assertThat(accepted(goal("odom", 1, 0, 0))).isFalse();
    refused("the robot has fallen; nothing moved");
  }

  /** A client in a session of its own, beside which there is no other. */
  private ActionClient alone(String endpoint, Duration lease) {
    client.close();
    var usual = SessionConfig.to(endpoint);
    var session =
        opened(
            Session.open(
                new SessionConfig(
                    usual.endpoints(),
                    usual.connectTimeout(),
                    lease,
                    usual.queueBytes(),
                    usual.blockTimeout(),
                    usual.maxMessageBytes())));
    var node = opened(new Ros2Node(session, 0, "/ada", "guard"));
    return new ActionClient(node, Navigator.TYPE, client.keys());
  }

  private void sets(ActionClient out, GoalId id) throws Exception {
    until(() -> answers(out.send(GoalId.random(), goal("nowhere", 0, 0, 0), LONG)));
    assertThat(get(out.send(id, goal("odom", FAR, 0, 0), LONG)).accepted()).isTrue();
    until(() -> robot.baseVelocity().norm() > 0.15);
  }

  /** Its client is not there to hear it: another asks how the goal ended. */
  private void lapsed(GoalId id) throws Exception {
    until(() -> navigation.lapses() == 1);
    var later =
        new ActionClient(
            opened(new Ros2Node(router.local(), 0, "/ada", "later")),
            Navigator.TYPE,
            client.keys());
    ends(later.result(id, LONG), GoalStatus.ABORTED, "its client is gone");
    restsByItself();
    assertThat(navigation.lapses()).isOne();
  }

  @Test
  void shouldComeToRestOnceItsClientIsGone() throws Exception {
    var id = GoalId.random();
    var out = alone(router.endpoint(), Duration.ofSeconds(10));
    sets(out, id);
    long before = System.nanoTime();
    while (System.nanoTime() - before < 2 * Navigator.ALONE.toNanos()) loop.rehearse(10);
    assertThat(navigation.lapses()).as("while it is there").isZero();

    out.close();

    lapsed(id);
  }

  @Test
  void shouldComeToRestOnceTheSessionOfItsClientHasDied() throws Exception {
    var id = GoalId.random();
    try (var cable = cable(router)) {
      sets(alone(cable.endpoint(), Duration.ofSeconds(10)), id);

      cable.cut();

      lapsed(id);
    }
  }

  /** As a paused process: its link stays open, and nothing comes over it. */
  @Test
  void shouldComeToRestOnceTheLeaseOfASilentClientIsOver() throws Exception {
    var id = GoalId.random();
    try (var cable = cable(router)) {
      sets(alone(cable.endpoint(), Duration.ofSeconds(1)), id);

      cable.hold();

      lapsed(id);
    }
  }

  @Test
  @Tag("slow")
  void shouldComeToRestWithinItsWatchdogWhereASilentClientHasTheUsualLease() throws Exception {
    var id = GoalId.random();
    try (var cable = cable(router)) {
      sets(alone(cable.endpoint(), SessionConfig.to().lease()), id);

      cable.hold();

      until(() -> navigation.lapses() == 1, Navigator.WATCHDOG.plusSeconds(1));
      lapsed(id);
    }
  }

  /** As a paused process that the robot is linked to itself. */
  @Test
  @Tag("slow")
  void shouldComeToRestWithinItsWatchdogWhereTheLinkThatTheGoalCameOverIsSilent() throws Exception {
    moving(GoalId.random(), goal("odom", FAR, 0, 0));

    way.hold();

    until(() -> navigation.lapses() == 1, Navigator.WATCHDOG.plusSeconds(1));
    restsByItself();
  }

  /** The robot's own link: the graph behind it stays as it was. */
  @Test
  void shouldComeToRestOnceTheLinkThatTheGoalCameOverIsDown() throws Exception {
    moving(GoalId.random(), goal("odom", FAR, 0, 0));

    way.cut();

    until(() -> navigation.lapses() == 1);
    restsByItself();
  }

  @Test
  void shouldRejectWhatItCannotMean() throws Exception {
    assertThat(accepted(goal("map", 1, 0, 0))).isFalse();
    refused(
        "navigate_to_pose: pose.header.frame_id: expected odom or none, found map; nothing"
            + " moved");
    assertThat(accepted(goal("odom", Double.NaN, 0, 0))).isFalse();
    refused("pose.pose.position", "NaN");
    assertThat(accepted(goal("odom", 1, Double.POSITIVE_INFINITY, 0))).isFalse();
    refused("Infinity");
    assertThat(accepted(goal("odom", 1, 0, Double.NaN))).isFalse();
    refused("pose.pose.orientation");
    assertThat(
            accepted(
                Navigator.TYPE.goal(
                    Map.of("pose", Map.of("pose", Map.of("orientation", Map.of("w", 0.0)))))))
        .isFalse();
    refused("expected a quaternion");
    assertThat(accepted(Navigator.TYPE.goal(Map.of("behavior_tree", "dance.xml")))).isFalse();
    refused("behavior_tree: expected none, found dance.xml");
    assertThat(robot.baseVelocity().norm()).isLessThan(0.1);
  }
}
