package tandem.robot.door;

import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Whose topic is it? The identity rules of the contract as pure functions over names.
 *
 * <p>A robot is known here by the ROS namespace it lives under: {@code /mira}, or {@link #ROOT} for
 * a robot without one. The first rule that matches wins:
 *
 * <ol>
 *   <li>a link with a fixed name: the caller's business, everything is that robot's;
 *   <li>a namespace N with {@code N/joint_states} or {@code N/robot_description} is a robot, and
 *       deeper namespaces belong to it (so the shortest such N counts);
 *   <li>an absolute shared topic belongs to the robot in whose namespace its publishing node is;
 *   <li>the rest belongs to the robot at the root, if that has one of the two topics; else to
 *       nobody.
 * </ol>
 */
public final class Identity {
  public static final String ROOT = "/";
  private static final Set<String> CLAIMS = Set.of("joint_states", "robot_description");
  private static final Set<String> SHARED =
      Set.of("/tf", "/tf_static", "/diagnostics", "/rosout", "/clock");

  private Identity() {}

  /** The namespace that a topic claims to be a robot; empty for any other topic. */
  public static Optional<String> claim(String topic) {
    int slash = topic.lastIndexOf('/');
    return CLAIMS.contains(topic.substring(slash + 1))
        ? Optional.of(slash == 0 ? ROOT : topic.substring(0, slash))
        : Optional.empty();
  }

  /** Whether the topic's owner depends on who publishes it. */
  public static boolean isShared(String topic) {
    return SHARED.contains(topic);
  }

  /** Namespaces that are robots, given all claims: those that lie under another one are not. */
  public static SortedSet<String> robots(Set<String> claims) {
    SortedSet<String> robots = new TreeSet<>();
    for (String claim : claims) {
      boolean deeper =
          claims.stream()
              .anyMatch(
                  other -> !other.equals(ROOT) && !other.equals(claim) && isUnder(claim, other));
      if (!deeper) {
        robots.add(claim);
      }
    }
    return robots;
  }

  /**
   * The robot a sample belongs to; empty: nobody's.
   *
   * @param topic ROS name with leading slash
   * @param publisherNamespace namespace of the publishing node; null where it is not known
   * @param robots namespaces that are robots, as {@link #robots} gives them
   */
  public static Optional<String> owner(
      String topic, String publisherNamespace, Set<String> robots) {
    if (isShared(topic)) {
      Optional<String> publisher =
          publisherNamespace == null ? Optional.empty() : under(publisherNamespace, robots);
      return publisher.or(() -> root(robots));
    }
    return under(topic, robots).or(() -> root(robots));
  }

  private static Optional<String> under(String name, Set<String> robots) {
    return robots.stream().filter(robot -> !robot.equals(ROOT) && isUnder(name, robot)).findFirst();
  }

  private static Optional<String> root(Set<String> robots) {
    return robots.contains(ROOT) ? Optional.of(ROOT) : Optional.empty();
  }

  /** Whether a name is the namespace itself or lies under it. */
  public static boolean isUnder(String name, String namespace) {
    return namespace.equals(ROOT)
        || name.equals(namespace)
        || name.startsWith(namespace)
            && name.length() > namespace.length()
            && name.charAt(namespace.length()) == '/';
  }

  /** What a robot may be called: a ROS name, short enough for a file and a process. */
  public static boolean isRobotName(String name) {
    return name.length() <= 64 && name.matches("[A-Za-z][A-Za-z0-9_]*");
  }

  /** The name of a robot known by its namespace: slashes within become underscores. */
  public static String name(String namespace, String rootName) {
    return namespace.equals(ROOT) ? rootName : namespace.substring(1).replace('/', '_');
  }

  /**
   * Where samples that belong to nobody yet are kept together: the first chunk of a name that has
   * several, else the root.
   */
  public static String prospect(String topic, String publisherNamespace) {
    String name = isShared(topic) && publisherNamespace != null ? publisherNamespace + "/x" : topic;
    int slash = name.indexOf('/', 1);
    return slash < 0 ? ROOT : name.substring(0, slash);
  }
}
