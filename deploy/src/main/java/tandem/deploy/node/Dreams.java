package tandem.deploy.node;

import java.util.ArrayList;
import java.util.List;
import tandem.proto.v1.SimulatorView;
import tandem.sim.feed.DreamSimulator;
import tandem.twin.TwinRuntime;
import tandem.twin.robot.RobotDoor;
import tandem.twin.sim.SimulatorControl;
import tandem.twin.sim.Simulators;

/** The embedded dreams of a node, one per robot that asks for one. Thread-safe. */
final class Dreams implements AutoCloseable {
  private final TwinRuntime runtime;
  private final List<Dream> running = new ArrayList<>();

  Dreams(TwinRuntime runtime) {
    this.runtime = runtime;
  }

  synchronized void begin(String robot) {
    String name = DreamSimulator.nameOf(robot);
    runtime
        .robots()
        .admitted(new RobotDoor.Admission(name, robot, "embedded", "/" + name, 0))
        .toCompletableFuture()
        .join();
    String id = "embedded/" + name;
    var dream = new Dream(robot);
    runtime.simulators().enter(new Simulators.Declaration(id, "embedded", true, robot), dream);
    running.add(dream);
    runtime.simulators().start(id);
  }

  /** One dream: a new simulation at each start. */
  private final class Dream implements SimulatorControl {
    private final String robot;
    private volatile DreamSimulator simulator;

    Dream(String robot) {
      this.robot = robot;
    }

    @Override
    public synchronized void start(Reports reports) {
      stop();
      var fresh = new DreamSimulator(robot, runtime.streams(), runtime.senses());
      fresh.start();
      simulator = fresh;
    }

    @Override
    public synchronized void stop() {
      var old = simulator;
      simulator = null;
      if (old != null) old.close();
    }

    @Override
    public SimulatorView figures(SimulatorView shown) {
      var now = simulator;
      if (now == null) return shown;
      var figures = now.view();
      return figures.toBuilder().setId(shown.getId()).setRobot(shown.getRobot()).build();
    }
  }

  @Override
  public synchronized void close() {
    running.forEach(Dream::stop);
    running.clear();
  }
}
