package tandem.ros2;

import java.util.regex.Pattern;

/**
 * Name of an interface type: {@code sensor_msgs/msg/JointState}.
 *
 * @param pkg package
 * @param kind {@code msg}, {@code srv} or {@code action}
 * @param name last part; parts of services and actions carry a suffix ({@code AddTwoInts_Request})
 */
public record TypeName(String pkg, String kind, String name) implements Comparable<TypeName> {
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");

  public TypeName {
    if (!IDENTIFIER.matcher(pkg).matches()) throw bad("package", pkg);
    if (!kind.equals("msg") && !kind.equals("srv") && !kind.equals("action")) {
      throw new IllegalArgumentException(
          "type name: kind: expected msg, srv or action, found \"%s\"".formatted(kind));
    }
    if (!IDENTIFIER.matcher(name).matches()) throw bad("name", name);
  }

  private static IllegalArgumentException bad(String what, String found) {
    return new IllegalArgumentException(
        "type name: %s: expected letters, digits and underscores, found \"%s\""
            .formatted(what, found));
  }

  /** Reads {@code pkg/kind/Name}, or {@code pkg/Name} for a message. */
  public static TypeName parse(String text) {
    String[] parts = text.split("/", -1);
    return switch (parts.length) {
      case 3 -> new TypeName(parts[0], parts[1], parts[2]);
      case 2 -> new TypeName(parts[0], "msg", parts[1]);
      default ->
          throw new IllegalArgumentException(
              "type name: expected pkg/msg/Name or pkg/Name, found \"%s\"".formatted(text));
    };
  }

  /** Reads the form used in keys: {@code sensor_msgs::msg::dds_::JointState_}. */
  public static TypeName parseDds(String text) {
    String[] parts = text.split("::", -1);
    if (parts.length != 4 || !parts[2].equals("dds_") || !parts[3].endsWith("_")) {
      throw new IllegalArgumentException(
          "DDS type: expected pkg::kind::dds_::Name_, found \"%s\"".formatted(text));
    }
    return new TypeName(parts[0], parts[1], parts[3].substring(0, parts[3].length() - 1));
  }

  /** The form used in keys: {@code sensor_msgs::msg::dds_::JointState_}. */
  public String dds() {
    return pkg + "::" + kind + "::dds_::" + name + "_";
  }

  /** A part of a service or action: same package and kind, the name with a suffix. */
  public TypeName with(String suffix) {
    return new TypeName(pkg, kind, name + suffix);
  }

  @Override
  public int compareTo(TypeName other) {
    return toString().compareTo(other.toString());
  }

  @Override
  public String toString() {
    return pkg + "/" + kind + "/" + name;
  }
}
