package tandem.sim.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.KeyValue;
import tandem.ros2.msg.StringMessage;
import tandem.sim.Peers;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;
import tandem.sim.control.Pushes;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.sense.Eyes;

class RobotLoopTest {
  private static final Humanoid BODY = Humanoid.standard();

  private static final class Recording implements Outlet {
    private final Map<Topic, List<byte[]>> seen = new EnumMap<>(Topic.class);
    private final CountDownLatch twoSeconds = new CountDownLatch(2);

    Recording() {
      for (Topic topic : Topic.values()) seen.put(topic, new ArrayList<>());
    }

    @Override
    public boolean wanted(Topic topic) {
      return topic != Topic.COLOR;
    }

    @Override
    public synchronized void publish(Topic topic, byte[] cdr) {
      seen.get(topic).add(cdr);
      if (topic == Topic.DIAGNOSTICS) twoSeconds.countDown();
    }

    synchronized List<byte[]> of(Topic topic) {
      return List.copyOf(seen.get(topic));
    }
  }

  @Test
  void shouldPublishTheWholeInterfaceAtItsRates() throws Exception {
    var scene = Scene.rubble(1, 20);
    var outlet = new Recording();
    try (var model = Peers.engine().compile("loop", Mjcf.write(BODY, scene, 0.002, false));
        var robot = new SimulatedHumanoid(BODY, model, 0.002, Pushes.none());
        var eyes = new Eyes(model, BODY, scene)) {
      var inbox = new Inbox(RobotLoop::wallNanos);
      var loop = new RobotLoop("ada", robot, eyes, outlet, inbox);
      inbox.receive(Inbox.Entry.STANCE, StringMessage.TYPE.encode(new StringMessage("fly")));
      inbox.receive(Inbox.Entry.STANCE, new byte[3]);
      loop.start();
      boolean enough = outlet.twoSeconds.await(30, TimeUnit.SECONDS);
      loop.stop();
      loop.join();

      assertThat(enough).as("two seconds of diagnostics within 30 s").isTrue();
      int steps = outlet.of(Topic.JOINT_STATES).size();
      assertThat(steps).isEqualTo((int) robot.steps()).isGreaterThanOrEqualTo(1000);
      assertThat(outlet.of(Topic.IMU)).hasSize(steps);
      assertThat(outlet.of(Topic.LEFT_WRENCH)).hasSize(steps);
      assertThat(outlet.of(Topic.RIGHT_WRENCH)).hasSize(steps);
      assertThat(outlet.of(Topic.ODOM)).hasSize((steps + 9) / 10);
      assertThat(outlet.of(Topic.TF)).hasSize((steps + 9) / 10);
      assertThat(outlet.of(Topic.BATTERY)).hasSize(steps / 500);
      assertThat(outlet.of(Topic.TF_STATIC)).hasSize(1);
      assertThat(outlet.of(Topic.ROBOT_DESCRIPTION)).hasSize(1);
      assertThat(outlet.of(Topic.SCAN)).isNotEmpty();
      assertThat(outlet.of(Topic.POINTS)).isNotEmpty();
      assertThat(outlet.of(Topic.DEPTH)).isNotEmpty();
      assertThat(outlet.of(Topic.COLOR)).as("what nobody wants is not made").isEmpty();

      long before = 0;
      for (byte[] cdr : outlet.of(Topic.JOINT_STATES)) {
        var state = JointState.TYPE.decode(cdr);
        assertThat(state.name()).hasSize(27);
        long stamp = state.header().stamp().toNanos();
        assertThat(stamp).isGreaterThan(before);
        before = stamp;
      }
      var diagnostics = DiagnosticArray.TYPE.decode(outlet.of(Topic.DIAGNOSTICS).getLast());
      assertThat(diagnostics.status()).allMatch(status -> status.name().startsWith("ada: "));
      var values =
          diagnostics.status().stream().flatMap(status -> status.values().stream()).toList();
      assertThat(values)
          .extracting(KeyValue::key)
          .contains("real_time_factor", "steps", "falls", "slipped_ms");
      assertThat(values).contains(new KeyValue("refused", "2"), new KeyValue("undecodable", "1"));
    }
  }
}
