package tandem.ros2.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.ros2.Peers;
import tandem.ros2.Qos;
import tandem.ros2.RunningPeer;
import tandem.ros2.TypeName;
import tandem.ros2.action.ActionClient.Outcome;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.SetBool;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Twist;
import tandem.ros2.msg.TwistStamped;
import tandem.ros2.msg.Vector3;
import tandem.ros2.node.GraphWatch;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** Goals and their ends: between two of ours, and with the real Zenoh core on the other side. */
class ActionsTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final ActionType FIBONACCI =
      ActionType.of(
          InterfaceRegistry.bundled(), TypeName.parse("example_interfaces/action/Fibonacci"));
  private static final ActionType FOLLOW =
      ActionType.of(
          InterfaceRegistry.bundled(), TypeName.parse("control_msgs/action/FollowJointTrajectory"));

  private static final ActionType NAVIGATE =
      ActionType.of(InterfaceRegistry.bundled(), TypeName.parse("nav2_msgs/action/NavigateToPose"));

  private Router router;
  private Session far;
  private Ros2Node server;
  private Ros2Node client;

  @BeforeEach
  void open() {
    router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
    far = Session.open(SessionConfig.to(router.endpoint()));
    server = new Ros2Node(router.local(), 0, "/java", "server");
    client = new Ros2Node(far, 0, "/", "client");
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
    far.close();
    router.close();
  }

  /** Counts up to the order and succeeds; orders from 100 run until they are ended. */
  private static final class Counting implements ActionServer.Handler {
    final BlockingQueue<ActionServer.Goal> running = new LinkedBlockingQueue<>();
    volatile boolean mayCancel = true;

    @Override
    public boolean mayStart(GoalId id, DynamicMessage goal) {
      return (Long) goal.get("order") >= 0;
    }

    @Override
    public void started(ActionServer.Goal goal) {
      goal.execute();
      long order = (Long) goal.message().get("order");
      if (order >= 100) {
        running.add(goal);
        return;
      }
      List<Integer> sequence = new ArrayList<>();
      for (int i = 0; i < order; i++) {
        sequence.add(i);
        goal.feedback(FIBONACCI.feedback(Map.of("sequence", sequence)));
      }
      goal.end(GoalStatus.SUCCEEDED, FIBONACCI.result(Map.of("sequence", sequence)));
    }

    @Override
    public boolean mayCancel(ActionServer.Goal goal) {
      return mayCancel;
    }

    @Override
    public void cancelling(ActionServer.Goal goal) {
      goal.end(GoalStatus.CANCELED, FIBONACCI.result(Map.of("sequence", List.of(7))));
    }
  }

  private static <T> T get(CompletableFuture<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }

  private ActionServer serve(Counting handler) {
    return new ActionServer(server, "fibonacci", FIBONACCI, LONG, handler);
  }

  private ActionClient calling() {
    return new ActionClient(client, FIBONACCI, ActionKeys.of(0, "/java/fibonacci", FIBONACCI));
  }

  private static DynamicMessage order(int order) {
    return FIBONACCI.goal(Map.of("order", order));
  }

  @Test
  void shouldTellFeedbackAndResultOfAnAcceptedGoal() throws Exception {
    BlockingQueue<DynamicMessage> feedback = new LinkedBlockingQueue<>();
    try (var _ = serve(new Counting());
        var calling = calling()) {
      GoalId id = GoalId.random();

      var acceptance = get(calling.send(id, order(3), LONG, feedback::add));
      Outcome outcome = get(calling.result(id, LONG));

      assertThat(acceptance.accepted()).isTrue();
      assertThat(acceptance.stampNanos()).isPositive();
      assertThat(outcome.status()).isEqualTo(GoalStatus.SUCCEEDED);
      assertThat((int[]) outcome.result().get("sequence")).containsExactly(0, 1, 2);
      assertThat((int[]) feedback.poll(30, TimeUnit.SECONDS).get("sequence")).containsExactly(0);
    }
  }

  @Test
  void shouldRejectAndCancelAsTheServerSays() throws Exception {
    Counting handler = new Counting();
    BlockingQueue<GoalStatus> statuses = new LinkedBlockingQueue<>();
    try (var _ = serve(handler);
        var calling = calling()) {
      assertThat(get(calling.send(GoalId.random(), order(-1), LONG)).accepted()).isFalse();
      GoalId id = GoalId.random();
      calling.onStatus(
          (goal, status) -> {
            if (goal.equals(id)) statuses.add(status);
          });
      assertThat(get(calling.send(id, order(100), LONG)).accepted()).isTrue();
      assertThat(get(calling.send(id, order(100), LONG)).accepted()).as("a second time").isFalse();
      var waiting = calling.result(id, LONG);
      handler.mayCancel = false;
      assertThat(get(calling.cancel(id, LONG)).words()).isEqualTo("rejected");
      assertThat(waiting).isNotDone();
      handler.mayCancel = true;

      var cancelling = get(calling.cancel(id, LONG));

      assertThat(cancelling.code()).isZero();
      assertThat(cancelling.canceling()).containsExactly(id);
      assertThat(get(waiting).status()).isEqualTo(GoalStatus.CANCELED);
      assertThat((int[]) get(waiting).result().get("sequence")).containsExactly(7);
      assertThat(get(calling.cancel(id, LONG)).words()).contains("ended already");
      assertThat(get(calling.cancel(GoalId.random(), LONG)).words()).isEqualTo("unknown goal");
      GoalStatus last = statuses.poll(30, TimeUnit.SECONDS);
      while (last != GoalStatus.CANCELED) last = statuses.poll(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void shouldCancelEveryGoalByZeroIdAndZeroStamp() throws Exception {
    Counting handler = new Counting();
    try (var _ = serve(handler);
        var calling = calling()) {
      List<GoalId> ids = List.of(GoalId.random(), GoalId.random(), GoalId.random());
      for (GoalId id : ids) get(calling.send(id, order(100), LONG));

      assertThat(get(calling.cancelAll(LONG)).canceling()).containsExactlyElementsOf(ids);
      assertThat(get(calling.cancelAll(LONG)).canceling()).isEmpty();
      assertThat(get(calling.cancelAll(LONG)).code()).isZero();
    }
  }

  @Test
  void shouldKeepResultsForThoseWhoAskLaterAndForgetThemInTime() throws Exception {
    try (var _ = new ActionServer(server, "fibonacci", FIBONACCI, Duration.ZERO, new Counting());
        var calling = calling()) {
      GoalId id = GoalId.random();
      get(calling.send(id, order(2), LONG));

      assertThat(get(calling.result(id, LONG)).status()).isEqualTo(GoalStatus.UNKNOWN);
      assertThat(get(calling.result(GoalId.random(), LONG)).status()).isEqualTo(GoalStatus.UNKNOWN);
    }
    try (var _ = serve(new Counting());
        var calling = calling()) {
      GoalId id = GoalId.random();
      get(calling.send(id, order(2), LONG));
      assertThat(get(calling.result(id, LONG)).status()).isEqualTo(GoalStatus.SUCCEEDED);
      assertThat(get(calling.result(id, LONG)).status()).isEqualTo(GoalStatus.SUCCEEDED);
    }
  }

  @Test
  void shouldTakeNoMoreGoalsThanItsBoundAndGoOnAfterwards() throws Exception {
    Counting handler = new Counting();
    try (var _ = serve(handler);
        var calling = calling()) {
      for (int i = 0; i < ActionServer.MAX_RUNNING; i++) {
        assertThat(get(calling.send(GoalId.random(), order(100), LONG)).accepted()).isTrue();
      }
      assertThat(get(calling.send(GoalId.random(), order(100), LONG)).accepted()).isFalse();
      assertThat(handler.running.take().end(GoalStatus.ABORTED, FIBONACCI.result(Map.of())))
          .isTrue();
      assertThat(get(calling.send(GoalId.random(), order(100), LONG)).accepted()).isTrue();
      for (int i = 0; i < 2 * ActionServer.MAX_ENDED; i++) {
        get(calling.send(GoalId.random(), order(0), LONG));
      }
    }
  }

  @Test
  void shouldAllowOnlyTheTransitionsOfThePicture() {
    List<String> allowed = new ArrayList<>();
    for (GoalStatus from : GoalStatus.values()) {
      for (GoalStatus to : GoalStatus.values()) {
        if (to.mayFollow(from)) allowed.add(from + ">" + to);
      }
    }

    assertThat(allowed)
        .containsExactlyInAnyOrder(
            "ACCEPTED>EXECUTING",
            "ACCEPTED>CANCELING",
            "EXECUTING>CANCELING",
            "EXECUTING>SUCCEEDED",
            "EXECUTING>ABORTED",
            "CANCELING>CANCELED",
            "CANCELING>SUCCEEDED",
            "CANCELING>ABORTED");
    assertThat(GoalStatus.of(-3)).isEqualTo(GoalStatus.UNKNOWN);
    assertThat(GoalStatus.of(7)).isEqualTo(GoalStatus.UNKNOWN);
  }

  @Test
  void shouldRefuseATypeThatIsNoAction() {
    assertThatThrownBy(() -> ActionType.of(InterfaceRegistry.bundled(), SetBool.TYPE.name()))
        .hasMessageContaining("expected a known action");
    assertThatThrownBy(
            () -> ActionType.of(InterfaceRegistry.bundled(), TypeName.parse("a_b/action/C")))
        .hasMessageContaining("no definition");
    assertThatThrownBy(() -> FIBONACCI.goal(Map.of("ordre", 1))).hasMessageContaining("ordre");
    assertThatThrownBy(() -> GoalId.of(new byte[15])).hasMessageContaining("16");
  }

  @Test
  void shouldServeAForeignClientOnTheRealCore() throws Exception {
    try (var _ =
            server.server(
                "switch",
                SetBool.TYPE,
                request ->
                    request.respond(
                        new SetBool.Response(
                            request.message().data(), "no. " + request.attachment().sequence())));
        var _ = server.server("broken", SetBool.TYPE, request -> request.refuse("out of order"));
        var _ = serve(new Counting());
        var peer = new RunningPeer(Peers.peer("ros2_caller.py", router.endpoint()))) {
      peer.until("ready");

      JsonNode first = peer.until("service").get("service");
      JsonNode second = peer.until("service").get("service");
      assertThat(first.toString()).isEqualTo("{\"success\":true,\"message\":\"no. 1\"}");
      assertThat(second.toString()).isEqualTo("{\"success\":false,\"message\":\"no. 2\"}");
      assertThat(peer.until("refused").get("refused").asText()).isEqualTo("error: out of order");
      assertThat(peer.until("feedback").get("feedback").get("id").asText()).startsWith("0101");
      JsonNode result = peer.until("result").get("result");
      assertThat(result.get("status").asInt()).isEqualTo(GoalStatus.SUCCEEDED.code());
      assertThat(result.get("sequence").toString()).isEqualTo("[0,1,2,3,4,5,6,7]");
      assertThat(peer.until("accepted").get("accepted").asBoolean()).as("order -1").isFalse();
      assertThat(peer.until("accepted").get("accepted").asBoolean()).as("order 1000").isTrue();
      JsonNode cancel = peer.until("cancel").get("cancel");
      assertThat(cancel.get("code").asInt()).isZero();
      assertThat(cancel.get("goals").get(0).asText()).isEqualTo("03".repeat(16));
      assertThat(peer.until("result").get("result").get("status").asInt())
          .isEqualTo(GoalStatus.CANCELED.code());
      assertThat(peer.until("result").get("result").get("status").asInt()).as("unknown").isZero();
    }
  }

  private static Map<String, ?> point(double[] positions, int seconds) {
    return Map.of("positions", positions, "time_from_start", Map.of("sec", seconds, "nanosec", 0));
  }

  private static DynamicMessage follow(List<String> joints, double[] to, int seconds) {
    return FOLLOW.goal(
        Map.of("trajectory", Map.of("joint_names", joints, "points", List.of(point(to, seconds)))));
  }

  @Test
  void shouldCommandAndCancelATrajectoryControllerOnTheRealCore() throws Exception {
    List<String> all = List.of("shoulder_pan", "shoulder_lift", "elbow", "wrist");
    BlockingQueue<DynamicMessage> feedback = new LinkedBlockingQueue<>();
    try (var watch = new GraphWatch(router.local(), 0);
        var peer = new RunningPeer(Peers.peer("arm_server.py", "--connect", router.endpoint()))) {
      peer.event("ready");
      Actions.Found found = awaitAction(watch.graph());
      assertThat(found.name()).isEqualTo("/eve/arm_controller/follow_joint_trajectory");
      assertThat(found.type()).isEqualTo(FOLLOW.name());
      assertThat(found.hash()).as("the peer's own RIHS01").isEqualTo(FOLLOW.sendGoalHash());
      try (var calling = new ActionClient(client, FOLLOW, ActionKeys.of(0, found.name(), FOLLOW))) {
        GoalId partial = GoalId.random();
        assertThat(
                get(calling.send(partial, follow(List.of("elbow"), new double[] {0.2}, 1), LONG))
                    .accepted())
            .isFalse();
        GoalId whole = GoalId.random();
        assertThat(
                get(calling.send(
                        whole,
                        follow(all, new double[] {0.2, 0.3, 0.4, 0.5}, 1),
                        LONG,
                        feedback::add))
                    .accepted())
            .isTrue();
        assertThat(get(calling.result(whole, LONG)).status()).isEqualTo(GoalStatus.SUCCEEDED);
        assertThat((String[]) feedback.take().get("joint_names"))
            .containsExactly(all.toArray(new String[0]));
        GoalId cut = GoalId.random();
        get(calling.send(cut, follow(all, new double[] {1, 1, 1, 1}, 60), LONG));
        var ending = calling.result(cut, LONG);
        assertThat(get(calling.cancel(cut, LONG)).canceling()).containsExactly(cut);
        assertThat(get(ending).status()).isEqualTo(GoalStatus.CANCELED);
        GoalId aborted = GoalId.random();
        get(calling.send(aborted, follow(all, new double[] {1, 1, 1, 1}, 60), LONG));
        ending = calling.result(aborted, LONG);
        peer.say("abort");
        assertThat(get(ending).status()).isEqualTo(GoalStatus.ABORTED);
        assertThat((String) get(ending).result().get("error_string")).contains("path tolerance");
        GoalId last = GoalId.random();
        get(calling.send(last, follow(all, new double[] {1, 1, 1, 1}, 60), LONG));
        assertThat(get(calling.cancelAll(LONG)).canceling()).containsExactly(last);
        assertThat(peer.event("cancel").get("all").asBoolean()).isFalse();
        assertThat(peer.event("cancel").get("all").asBoolean()).isTrue();
      }
    }
  }

  private static DynamicMessage place(String frame, double x, double y) {
    return NAVIGATE.goal(
        Map.of(
            "pose",
            Map.of(
                "header",
                Map.of("frame_id", frame),
                "pose",
                Map.of("position", Map.of("x", x, "y", y), "orientation", Map.of("w", 1.0)))));
  }

  @Test
  void shouldNavigateABaseOnTheRealCore() throws Exception {
    BlockingQueue<DynamicMessage> feedback = new LinkedBlockingQueue<>();
    try (var watch = new GraphWatch(router.local(), 0);
        var peer =
            new RunningPeer(
                Peers.peer(
                    "arm_server.py",
                    "--connect",
                    router.endpoint(),
                    "--no-action",
                    "--navigate",
                    "--cmd-vel",
                    "stamped"))) {
      peer.event("ready");
      Actions.Found found = awaitAction(watch.graph());
      assertThat(found.name()).isEqualTo("/eve/navigate_to_pose");
      assertThat(found.type()).isEqualTo(NAVIGATE.name());
      assertThat(found.hash()).as("the peer's own RIHS01").isEqualTo(NAVIGATE.sendGoalHash());
      try (var calling =
              new ActionClient(client, NAVIGATE, ActionKeys.of(0, found.name(), NAVIGATE));
          var velocity =
              new Ros2Node(far, 0, "/eve", "driver")
                  .publisher("cmd_vel", TwistStamped.TYPE, Qos.reliable(1))) {
        assertThat(get(calling.send(GoalId.random(), place("moon", 1, 0), LONG)).accepted())
            .isFalse();
        assertThat(peer.event("navigate").get("why").asText()).contains("moon");

        GoalId near = GoalId.random();
        assertThat(get(calling.send(near, place("odom", 0.3, 0.2), LONG, feedback::add)).accepted())
            .isTrue();
        Outcome there = get(calling.result(near, LONG));
        assertThat(there.status()).isEqualTo(GoalStatus.SUCCEEDED);
        assertThat(there.result().get("error_msg")).isEqualTo("");
        assertThat((Float) feedback.take().get("distance_remaining")).isBetween(0.3f, 0.4f);
        JsonNode at = peer.event("navigated");
        assertThat(at.get("x").asDouble()).isBetween(0.27, 0.33);

        GoalId far = GoalId.random();
        get(calling.send(far, place("map", 50, 0), LONG, feedback::add));
        feedback.take();
        var ending = calling.result(far, LONG);
        assertThat(get(calling.cancel(far, LONG)).canceling()).containsExactly(far);
        velocity.publish(twist(0));
        assertThat(get(ending).status()).isEqualTo(GoalStatus.CANCELED);
        assertThat(peer.event("navigated").get("speed").asDouble()).isLessThan(0.03);

        GoalId older = GoalId.random();
        get(calling.send(older, place("odom", 50, 0), LONG));
        ending = calling.result(older, LONG);
        GoalId newer = GoalId.random();
        get(calling.send(newer, place("odom", -50, 0), LONG));
        aborted(get(ending), "newer goal");
        ending = calling.result(newer, LONG);
        velocity.publish(twist(0.1));
        aborted(get(ending), "velocity took the base over");

        GoalId last = GoalId.random();
        get(calling.send(last, place("odom", 50, 0), LONG));
        ending = calling.result(last, LONG);
        peer.say("abort navigation");
        aborted(get(ending), "no path");
      }
    }
  }

  private static TwistStamped twist(double vx) {
    return new TwistStamped(
        new Header(Time.ZERO, "base_link"), new Twist(new Vector3(vx, 0, 0), Vector3.ZERO));
  }

  private static void aborted(Outcome outcome, String why) {
    assertThat(outcome.status()).isEqualTo(GoalStatus.ABORTED);
    assertThat((String) outcome.result().get("error_msg")).contains(why);
  }

  private static Actions.Found awaitAction(Graph graph) throws InterruptedException {
    BlockingQueue<Actions.Found> found = new LinkedBlockingQueue<>();
    try (var _ =
        graph.listen(
            new Graph.Listener() {
              @Override
              public void appeared(LivelinessToken entity) {
                Actions.of(entity).filter(one -> !one.servers().isEmpty()).ifPresent(found::add);
              }

              @Override
              public void vanished(LivelinessToken entity) {}
            })) {
      return found.poll(30, TimeUnit.SECONDS);
    }
  }
}
