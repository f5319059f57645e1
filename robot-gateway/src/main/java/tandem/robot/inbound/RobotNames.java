package tandem.robot.inbound;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Who holds which robot's name on this node: one link at a time. Thread-safe. */
public final class RobotNames {
  private final Map<String, String> holders = new ConcurrentHashMap<>();

  /** Takes the name for a link; gives the link that holds it now. */
  public String take(String robot, String link) {
    String holder = holders.putIfAbsent(robot, link);
    return holder == null ? link : holder;
  }

  /** Gives the name back, if this link held it. */
  public void release(String robot, String link) {
    holders.remove(robot, link);
  }
}
