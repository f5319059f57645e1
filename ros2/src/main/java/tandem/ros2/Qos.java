package tandem.ros2;

import java.time.Duration;

/**
 * What an endpoint promises or asks for, and its text in liveliness tokens and rosbag metadata.
 *
 * <p>Zenoh refuses no match over it: whoever wants a warning compares two of these.
 *
 * @param depth history depth; meaningless with {@link History#KEEP_ALL}
 * @param deadline {@link #INFINITE} where there is none
 * @param lifespan {@link #INFINITE} where there is none
 * @param lease liveliness lease, {@link #INFINITE} where there is none
 */
public record Qos(
    Reliability reliability,
    Durability durability,
    History history,
    int depth,
    Duration deadline,
    Duration lifespan,
    Liveliness liveliness,
    Duration lease) {

  /** Numbers as in rmw. */
  public enum Reliability {
    SYSTEM_DEFAULT,
    RELIABLE,
    BEST_EFFORT,
    UNKNOWN,
    BEST_AVAILABLE
  }

  /** Numbers as in rmw. */
  public enum Durability {
    SYSTEM_DEFAULT,
    TRANSIENT_LOCAL,
    VOLATILE,
    UNKNOWN,
    BEST_AVAILABLE
  }

  /** Numbers as in rmw. */
  public enum History {
    SYSTEM_DEFAULT,
    KEEP_LAST,
    KEEP_ALL,
    UNKNOWN
  }

  /** Numbers as in rmw; 2 was manual-by-node. */
  public enum Liveliness {
    SYSTEM_DEFAULT,
    AUTOMATIC,
    MANUAL_BY_NODE,
    MANUAL_BY_TOPIC,
    UNKNOWN,
    BEST_AVAILABLE
  }

  private static final long INFINITE_SECONDS = 9_223_372_036L;
  private static final long INFINITE_NANOS = 854_775_807L;

  /** How rmw writes "no limit". */
  public static final Duration INFINITE = Duration.ofSeconds(INFINITE_SECONDS, INFINITE_NANOS);

  /** What an empty item of a token means: rmw_zenoh's default depth is 42. */
  public static final Qos DEFAULT =
      new Qos(
          Reliability.RELIABLE,
          Durability.VOLATILE,
          History.KEEP_LAST,
          42,
          INFINITE,
          INFINITE,
          Liveliness.AUTOMATIC,
          INFINITE);

  public Qos {
    if (depth < 0) throw new IllegalArgumentException("qos depth: expected 0.., found " + depth);
  }

  /** Reliable, volatile, keep last. */
  public static Qos reliable(int depth) {
    return DEFAULT.withDepth(depth);
  }

  /** Best effort, volatile, keep last: sensor data. */
  public static Qos bestEffort(int depth) {
    return new Qos(
        Reliability.BEST_EFFORT,
        DEFAULT.durability,
        DEFAULT.history,
        depth,
        INFINITE,
        INFINITE,
        DEFAULT.liveliness,
        INFINITE);
  }

  /** Reliable, transient local, keep last: what a late subscriber still gets. */
  public static Qos latched(int depth) {
    return new Qos(
        DEFAULT.reliability,
        Durability.TRANSIENT_LOCAL,
        DEFAULT.history,
        depth,
        INFINITE,
        INFINITE,
        DEFAULT.liveliness,
        INFINITE);
  }

  public Qos withDepth(int other) {
    return new Qos(reliability, durability, history, other, deadline, lifespan, liveliness, lease);
  }

  public Qos withHistory(History other) {
    return new Qos(reliability, durability, other, depth, deadline, lifespan, liveliness, lease);
  }

  public boolean isTransientLocal() {
    return durability == Durability.TRANSIENT_LOCAL;
  }

  public boolean isReliable() {
    return reliability != Reliability.BEST_EFFORT;
  }

  /**
   * Whether a subscription that asks for {@code asked} would match a publisher that offers this on
   * DDS: for warnings.
   */
  public boolean satisfies(Qos asked) {
    boolean lessReliable =
        reliability == Reliability.BEST_EFFORT && asked.reliability == Reliability.RELIABLE;
    boolean lessDurable =
        durability == Durability.VOLATILE && asked.durability == Durability.TRANSIENT_LOCAL;
    return !lessReliable && !lessDurable;
  }

  /**
   * The last chunk of a liveliness token: {@code rel:dur:hist,depth:dl_s,dl_ns:ls_s,ls_ns:live,
   * lease_s,lease_ns}, items equal to the default empty.
   */
  public String token() {
    return number(reliability, DEFAULT.reliability)
        + ":"
        + number(durability, DEFAULT.durability)
        + ":"
        + number(history, DEFAULT.history)
        + ","
        + (depth == DEFAULT.depth ? "" : depth)
        + ":"
        + times(deadline)
        + ":"
        + times(lifespan)
        + ":"
        + number(liveliness, DEFAULT.liveliness)
        + ","
        + times(lease);
  }

  private static String number(Enum<?> value, Enum<?> byDefault) {
    return value == byDefault ? "" : Integer.toString(value.ordinal());
  }

  private static String times(Duration value) {
    return (value.getSeconds() == INFINITE_SECONDS ? "" : value.getSeconds())
        + ","
        + (value.getNano() == INFINITE_NANOS ? "" : value.getNano());
  }

  /** Reads {@link #token}. */
  public static Qos parseToken(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length != 6) {
      throw new IllegalArgumentException(
          "qos: expected 6 parts between colons, found %d in \"%s\"".formatted(parts.length, text));
    }
    String[] depth = items(parts[2], 2, "history", text);
    String[] deadline = items(parts[3], 2, "deadline", text);
    String[] lifespan = items(parts[4], 2, "lifespan", text);
    String[] live = items(parts[5], 3, "liveliness", text);
    return new Qos(
        choice(Reliability.values(), DEFAULT.reliability, parts[0], "reliability", text),
        choice(Durability.values(), DEFAULT.durability, parts[1], "durability", text),
        choice(History.values(), DEFAULT.history, depth[0], "history", text),
        (int) number(depth[1], DEFAULT.depth, Integer.MAX_VALUE, "depth", text),
        duration(deadline[0], deadline[1], "deadline", text),
        duration(lifespan[0], lifespan[1], "lifespan", text),
        choice(Liveliness.values(), DEFAULT.liveliness, live[0], "liveliness", text),
        duration(live[1], live[2], "lease", text));
  }

  private static String[] items(String part, int count, String what, String text) {
    String[] items = part.split(",", -1);
    if (items.length != count) {
      throw new IllegalArgumentException(
          "qos: %s: expected %d items between commas, found %d in \"%s\""
              .formatted(what, count, items.length, text));
    }
    return items;
  }

  private static <E extends Enum<E>> E choice(
      E[] values, E byDefault, String item, String what, String text) {
    int index = (int) number(item, byDefault.ordinal(), values.length - 1, what, text);
    return values[index];
  }

  private static Duration duration(String seconds, String nanos, String what, String text) {
    return Duration.ofSeconds(
        number(seconds, INFINITE_SECONDS, INFINITE_SECONDS, what + " seconds", text),
        number(nanos, INFINITE_NANOS, 999_999_999L, what + " nanoseconds", text));
  }

  private static long number(String item, long byDefault, long max, String what, String text) {
    if (item.isEmpty()) return byDefault;
    long value = -1;
    if (item.length() <= 18 && item.chars().allMatch(c -> c >= '0' && c <= '9')) {
      value = Long.parseLong(item);
    }
    if (value < 0 || value > max) {
      throw new IllegalArgumentException(
          "qos: %s: expected 0..%d, found \"%s\" in \"%s\"".formatted(what, max, item, text));
    }
    return value;
  }

  /**
   * One entry of rosbag2's {@code offered_qos_profiles}, YAML, in the form of bag version 9
   * (Jazzy).
   */
  public String rosbagYaml() {
    return "- history: "
        + name(history)
        + "\n  depth: "
        + depth
        + "\n  reliability: "
        + name(reliability)
        + "\n  durability: "
        + name(durability)
        + yaml("deadline", deadline)
        + yaml("lifespan", lifespan)
        + "\n  liveliness: "
        + name(liveliness)
        + yaml("liveliness_lease_duration", lease)
        + "\n  avoid_ros_namespace_conventions: false";
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(java.util.Locale.ROOT);
  }

  private static String yaml(String what, Duration value) {
    return "\n  %s:\n    sec: %d\n    nsec: %d"
        .formatted(what, value.getSeconds(), value.getNano());
  }
}
