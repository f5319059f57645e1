package tandem.ros2;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One data key of rmw_zenoh: {@code <domain>/<name without outer slashes>/<DDS type>/<hash>};
 * topics and services alike.
 *
 * @param domain ROS domain, 0 or more
 * @param name fully qualified, with its leading slash: {@code /ada/joint_states}
 * @param ddsType as {@code sensor_msgs::msg::dds_::JointState_}; kept as found
 * @param hash kept as found
 */
public record TopicKey(int domain, String name, String ddsType, TypeHash hash) {
  private static final Pattern NAME =
      Pattern.compile("/[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*");

  public TopicKey {
    if (domain < 0) {
      throw new IllegalArgumentException("ROS domain: expected 0 or more, found " + domain);
    }
    if (!name.startsWith("/") || name.endsWith("/")) {
      throw new IllegalArgumentException(
          "topic name: expected a leading and no trailing slash, found \"%s\"".formatted(name));
    }
  }

  public static TopicKey of(int domain, String name, TypeName type, TypeHash hash) {
    return new TopicKey(domain, requireName(name), type.dds(), hash);
  }

  /** Reads a data key; the message of a refusal says which chunk is wrong. */
  public static TopicKey parse(String key) {
    int first = key.indexOf('/');
    int last = key.lastIndexOf('/');
    int beforeType = last <= 0 ? -1 : key.lastIndexOf('/', last - 1);
    if (first <= 0 || beforeType <= first) {
      throw new IllegalArgumentException(
          "ROS data key: expected <domain>/<name>/<type>/<hash>, found \"%s\"".formatted(key));
    }
    return new TopicKey(
        domain(key.substring(0, first), key),
        key.substring(first, beforeType),
        key.substring(beforeType + 1, last),
        new TypeHash(key.substring(last + 1)));
  }

  private static int domain(String text, String key) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9' || text.length() > 9) {
        throw new IllegalArgumentException(
            "ROS data key: domain: expected a decimal number, found \"%s\" in \"%s\""
                .formatted(text, key));
      }
    }
    return Integer.parseInt(text);
  }

  /** Checks a fully qualified ROS name and returns it. */
  public static String requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "ROS name: expected /letters_digits/..., found \"%s\"".formatted(name));
    }
    return name;
  }

  /**
   * A name as a node means it: absolute stays, else under the namespace ({@code /} or {@code
   * /ada}).
   */
  public static String resolve(String namespace, String name) {
    if (name.startsWith("/")) return requireName(name);
    return requireName(namespace.equals("/") ? "/" + name : namespace + "/" + name);
  }

  /** The type, where the chunk has the usual form. */
  public Optional<TypeName> type() {
    try {
      return Optional.of(TypeName.parseDds(ddsType));
    } catch (IllegalArgumentException unusual) {
      return Optional.empty();
    }
  }

  /** Whether it is a service (or a service of an action), not a topic. */
  public boolean service() {
    return ddsType.contains("::srv::")
        || ddsType.contains("::action::") && !ddsType.endsWith("_FeedbackMessage_");
  }

  /** The key itself. */
  public String key() {
    return domain + name + "/" + ddsType + "/" + hash.text();
  }

  /** The same topic with any hash. */
  public String anyHash() {
    return domain + name + "/" + ddsType + "/*";
  }
}
