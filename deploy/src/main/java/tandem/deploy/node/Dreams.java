package tandem.deploy.node;

import java.util.ArrayList;
import java.util.List;
import tandem.sim.feed.DreamSimulator;
import tandem.twin.TwinRuntime;
import tandem.twin.robot.RobotDoor;

/** The embedded dreams of a node, one per robot that asks for one. Thread-safe. */
final class Dreams implements AutoCloseable {
  private final TwinRuntime runtime;
  private final List<DreamSimulator> running = new ArrayList<>();

  Dreams(TwinRuntime runtime) {
    this.runtime = runtime;
  }

  synchronized void begin(String robot) {
    String dream = DreamSimulator.nameOf(robot);
    runtime
        .robots()
        .admitted(new RobotDoor.Admission(dream, robot, "embedded", "/" + dream, 0))
        .toCompletableFuture()
        .join();
    var simulator = new DreamSimulator(robot, runtime.streams(), runtime.senses());
    running.add(simulator);
    simulator.start();
  }

  @Override
  public synchronized void close() {
    running.forEach(DreamSimulator::close);
    running.clear();
  }
}
