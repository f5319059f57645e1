package tandem.sim.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import tandem.ros2.Qos;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.JointTrajectoryPoint;
import tandem.ros2.msg.RosDuration;
import tandem.ros2.msg.SetBool;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Twist;
import tandem.ros2.msg.TwistStamped;
import tandem.ros2.msg.Vector3;
import tandem.ros2.node.DomainTap;
import tandem.ros2.node.Ros2Node;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;
import tandem.sim.control.Pushes;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.sense.Eyes;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Sample;

/** The robot on two real links: a node that hears everything, a guard that hears joints only. */
class RobotOverZenohTest {
  private static final Humanoid BODY = Humanoid.standard();

  /** What one publisher on one topic sent, in the order it came. */
  private static final class Heard implements DomainTap.Listener {
    private final Map<String, List<Long>> sequences = new ConcurrentHashMap<>();
    private final Map<String, byte[]> newest = new ConcurrentHashMap<>();
    private final List<String> unreadable = new CopyOnWriteArrayList<>();
    private final CountDownLatch diagnostics = new CountDownLatch(3);

    @Override
    public void heard(DomainTap.Heard sample) {
      String topic = sample.key().name();
      sequences
          .computeIfAbsent(topic, t -> new CopyOnWriteArrayList<>())
          .add(sample.attachment().sequence());
      newest.put(topic, sample.sample().payload());
      if (topic.equals("/diagnostics")) diagnostics.countDown();
    }

    @Override
    public void unreadable(Sample sample, String why) {
      unreadable.add(sample.key() + ": " + why);
    }
  }

  @Test
  void shouldBeAnOrdinaryPeerThatMovesStopsAndRefuses() throws Exception {
    var scene = Scene.rubble(1, 10);
    var engine = tandem.sim.Peers.engine();
    var heard = new Heard();
    var newest = new AtomicReference<JointState>();
    try (var node = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
        var guard = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
        var model = engine.compile("zenoh", Mjcf.write(BODY, scene, 0.002, false));
        var robot = new SimulatedHumanoid(BODY, model, 0.002, Pushes.none());
        var eyes = new Eyes(model, BODY, scene);
        var _ = new DomainTap(node.local(), 0, heard);
        var operator = new Ros2Node(guard.local(), 0, "/ada", "operator")) {
      var moves = new CountDownLatch(1);
      int elbow = BODY.jointIndex("left_elbow");
      operator.subscribe(
          "joint_states",
          JointState.TYPE,
          Qos.reliable(10),
          sample -> {
            newest.set(sample.message());
            if (sample.message().position().get(elbow) > 0.68) moves.countDown();
          });
      var trajectory =
          operator.publisher("joint_trajectory", JointTrajectory.TYPE, Qos.reliable(1));
      var velocity = operator.publisher("cmd_vel", TwistStamped.TYPE, Qos.reliable(1));
      var stop = operator.publisher("stop", BoolMessage.TYPE, Qos.reliable(1));

      var inbox = new Inbox(RobotLoop::wallNanos);
      try (var links = new Peers(List.of(node.endpoint(), guard.endpoint()), "ada", 0, inbox)) {
        var loop = new RobotLoop("ada", robot, eyes, links, inbox);
        links.start();
        loop.start();
        await(() -> newest.get() != null && trajectory.matched() && velocity.matched());
        double from = newest.get().position().get(elbow);
        trajectory.publish(move(from, 0.7));
        assertThat(moves.await(20, TimeUnit.SECONDS)).as("left_elbow reaches 0.7 rad").isTrue();
        stop.publish(new BoolMessage(true));
        await(() -> robot.motion().stopLatched());
        velocity.publish(
            new TwistStamped(
                new Header(Time.ZERO, "base_link"),
                new Twist(new Vector3(0.3, 0, 0), Vector3.ZERO)));
        assertThat(heard.diagnostics.await(30, TimeUnit.SECONDS)).isTrue();
        await(() -> diagnosticsSay(heard, "stop is latched; release it first"));
        stop.publish(new BoolMessage(false));
        await(() -> !robot.motion().stopLatched());
        velocity.publish(
            new TwistStamped(
                new Header(Time.ZERO, "base_link"),
                new Twist(new Vector3(0.3, 0, 0), Vector3.ZERO)));
        await(() -> diagnosticsSay(heard, "no locomotion controller"));
        assertThat(stopByService(operator, true))
            .isEqualTo(new SetBool.Response(true, "stop taken"));
        await(() -> robot.motion().stopLatched());
        assertThat(stopByService(operator, false).success()).isTrue();
        await(() -> !robot.motion().stopLatched());
        loop.stop();
        loop.join();
      }

      assertThat(heard.unreadable).isEmpty();
      for (Topic topic : Topic.values()) {
        var sequences = heard.sequences.get(topic.nameFor("ada"));
        assertThat(sequences).as(topic.nameFor("ada")).isNotEmpty();
        for (int i = 1; i < sequences.size(); i++) {
          assertThat(sequences.get(i)).as(topic.toString()).isEqualTo(sequences.get(i - 1) + 1);
        }
      }
    }
  }

  private static boolean diagnosticsSay(Heard heard, String text) {
    byte[] cdr = heard.newest.get("/diagnostics");
    return cdr != null
        && DiagnosticArray.TYPE.decode(cdr).status().stream()
            .anyMatch(status -> status.message().contains(text));
  }

  private static JointTrajectory move(double from, double to) {
    return new JointTrajectory(
        new Header(Time.ZERO, ""), List.of("left_elbow"), List.of(point(from, 0), point(to, 1)));
  }

  private static JointTrajectoryPoint point(double position, int seconds) {
    return new JointTrajectoryPoint(
        Float64s.of(position),
        Float64s.of(0.0),
        Float64s.EMPTY,
        Float64s.EMPTY,
        new RosDuration(seconds, 0));
  }

  private static SetBool.Response stopByService(Ros2Node operator, boolean stop) throws Exception {
    try (var client = operator.client("stop", SetBool.TYPE)) {
      return client
          .call(new SetBool.Request(stop), Duration.ofSeconds(20))
          .get(30, TimeUnit.SECONDS);
    }
  }

  private static void await(java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }
}
