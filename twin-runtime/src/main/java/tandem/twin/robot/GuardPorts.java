package tandem.twin.robot;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tandem.proto.v1.GuardStatus;
import tandem.twin.robot.Observation.GuardSeen;

/** The guards that this node's gateways have a way to, and their newest words. Thread-safe. */
public final class GuardPorts {
  private record Heard(GuardStatus status, long nanos) {}

  private final Map<String, GuardPort> ports = new ConcurrentHashMap<>();
  private final Map<String, Heard> heard = new ConcurrentHashMap<>();

  /** null: no longer reachable. */
  public void port(String robot, GuardPort portOrNull) {
    if (portOrNull == null) ports.remove(robot);
    else ports.put(robot, portOrNull);
  }

  /** Null where there is no way to it. */
  public GuardPort port(String robot) {
    return ports.get(robot);
  }

  public void status(GuardStatus status) {
    heard.put(status.getRobot(), new Heard(status, System.nanoTime()));
  }

  public GuardSeen seen(String robot) {
    Heard newest = heard.get(robot);
    return new GuardSeen(
        ports.containsKey(robot),
        newest == null ? null : newest.status(),
        newest == null ? Tracking.NEVER : newest.nanos());
  }
}
