package tandem.robot;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import tandem.ros2.Qos;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.Time;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Publisher;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** A robot with two joints that follows trajectories in a straight line, on any number of links. */
final class FakeRobot implements AutoCloseable {
  final List<JointTrajectory> trajectories = new CopyOnWriteArrayList<>();
  final List<Boolean> stops = new CopyOnWriteArrayList<>();
  private final List<Runnable> open = new ArrayList<>();
  private final List<Ros2Publisher<JointState>> publishers = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final double[] position = {0.1, 0.5};
  private double[] from = position.clone();
  private double[] to = position.clone();
  private long startNanos;
  private long arriveNanos;
  private volatile boolean deaf;
  private final String name;

  FakeRobot(String... endpoints) {
    this("driver", List.of(endpoints));
  }

  /**
   * @param name of its node
   */
  FakeRobot(String name, List<String> endpoints) {
    this.name = name;
    for (String endpoint : endpoints) {
      connect(endpoint);
    }
    clock.scheduleAtFixedRate(this::step, 0, 10, TimeUnit.MILLISECONDS);
  }

  void connect(String endpoint) {
    Session session = Session.open(SessionConfig.to(endpoint));
    Ros2Node node = new Ros2Node(session, 0, "/eve", name);
    node.subscribe(
        "joint_trajectory", JointTrajectory.TYPE, Qos.reliable(1), got -> follow(got.message()));
    node.subscribe(
        "stop", BoolMessage.TYPE, Qos.reliable(1), got -> stops.add(got.message().data()));
    publishers.add(node.publisher("joint_states", JointState.TYPE, Qos.reliable(10)));
    open.add(node::close);
    open.add(session::close);
  }

  /** From now on it takes commands and does not move. */
  void deaf() {
    deaf = true;
  }

  private synchronized void follow(JointTrajectory trajectory) {
    trajectories.add(trajectory);
    if (deaf) {
      return;
    }
    var last = trajectory.points().getLast();
    from = position.clone();
    to = new double[] {last.positions().get(0), last.positions().get(1)};
    startNanos = System.nanoTime();
    arriveNanos = startNanos + Math.max(1, last.timeFromStart().toNanos());
  }

  private void step() {
    JointState state;
    synchronized (this) {
      double part =
          Math.clamp((System.nanoTime() - startNanos) / (double) (arriveNanos - startNanos), 0, 1);
      for (int i = 0; i < 2; i++) {
        position[i] = from[i] + part * (to[i] - from[i]);
      }
      state =
          new JointState(
              new Header(Time.ofNanos(System.currentTimeMillis() * 1_000_000), ""),
              List.of("shoulder", "elbow"),
              Float64s.of(position),
              Float64s.EMPTY,
              Float64s.EMPTY);
    }
    publishers.forEach(publisher -> publisher.publish(state));
  }

  synchronized double elbow() {
    return position[1];
  }

  @Override
  public void close() {
    clock.shutdownNow();
    open.forEach(Runnable::run);
  }
}
