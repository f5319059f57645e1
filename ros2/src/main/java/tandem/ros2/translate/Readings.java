package tandem.ros2.translate;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import tandem.ros2.TypeName;
import tandem.ros2.cdr.CdrReader;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.dynamic.MessageCodec;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.idl.SchemaText;
import tandem.ros2.msg.Clock;
import tandem.ros2.msg.Imu;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.Odometry;
import tandem.ros2.msg.Point;
import tandem.ros2.msg.Quaternion;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Vector3;

/**
 * Reads samples of any type as far as they say something about a body or carry a stamp. The schema
 * text is obeyed: where it differs from the bundled definition (another distribution), fields are
 * found by name. Thread-safe; what schema texts mean is kept, at most {@link #MAX_SCHEMAS}.
 */
public final class Readings {
  private static final int MAX_SCHEMAS = 1_024;

  private record SchemaKey(String type, String schema) {}

  /** How samples of one type and schema are read. */
  private sealed interface Plan {
    /** As the bundled definition. */
    record Bundled(TypeName type) implements Plan {}

    /** By its own schema, field by field. */
    record Other(MessageCodec codec) implements Plan {}
  }

  private final Map<SchemaKey, Plan> plans = new ConcurrentHashMap<>();
  private final InterfaceRegistry registry;

  public Readings() {
    this(InterfaceRegistry.bundled());
  }

  /** With users' own definitions. */
  public Readings(InterfaceRegistry registry) {
    this.registry = registry;
  }

  /**
   * What a sample says; empty where its type says nothing about a body.
   *
   * @param type {@code pkg/msg/Type}
   * @param schemaText {@code ros2msg} text; null or empty: the definition that is bundled
   * @throws IllegalArgumentException where the schema or the CDR is malformed: says field and byte
   */
  public Optional<Reading> read(String type, String schemaText, byte[] cdr) {
    if (!interesting(type)) return Optional.empty();
    return Optional.of(
        switch (plan(type, schemaText)) {
          case Plan.Bundled bundled -> bundled(bundled.type(), cdr);
          case Plan.Other other -> byName(other.codec().decode(cdr));
        });
  }

  private static boolean interesting(String type) {
    return switch (type) {
      case "sensor_msgs/msg/JointState",
          "sensor_msgs/msg/Imu",
          "nav_msgs/msg/Odometry",
          "std_msgs/msg/String",
          "rosgraph_msgs/msg/Clock" ->
          true;
      default -> false;
    };
  }

  /**
   * The sender's stamp of a message that begins with a {@code std_msgs/Header} (as the definition
   * says), ns; empty where it does not.
   *
   * @param schemaText as in {@link #read}
   */
  public Optional<Long> stamp(String type, String schemaText, byte[] cdr) {
    TypeName name = TypeName.parse(type);
    InterfaceRegistry known = definitions(name, schemaText);
    boolean stamped =
        known
            .find(name)
            .map(message -> message.wireFields().get(0).type().nested())
            .filter(first -> first.toString().equals("std_msgs/msg/Header"))
            .isPresent();
    if (!stamped) return Optional.empty();
    CdrReader in = new CdrReader(cdr);
    in.begin("header");
    return Optional.of(Time.TYPE.read(in).toNanos());
  }

  private InterfaceRegistry definitions(TypeName name, String schemaText) {
    return schemaText == null || schemaText.isEmpty()
        ? registry
        : SchemaText.parse(name, schemaText);
  }

  private Plan plan(String type, String schemaText) {
    SchemaKey key = new SchemaKey(type, schemaText == null ? "" : schemaText);
    Plan known = plans.get(key);
    if (known != null) return known;
    TypeName name = TypeName.parse(type);
    InterfaceRegistry own = definitions(name, schemaText);
    Plan made =
        own.hash(name).equals(InterfaceRegistry.bundled().hash(name))
            ? new Plan.Bundled(name)
            : new Plan.Other(MessageCodec.of(own, name));
    if (plans.size() < MAX_SCHEMAS) plans.put(key, made);
    return made;
  }

  private static Reading bundled(TypeName type, byte[] cdr) {
    return switch (type.name()) {
      case "JointState" -> {
        JointState joints = JointState.TYPE.decode(cdr);
        yield joints(
            joints.header().stamp().toNanos(),
            joints.name(),
            joints.position().toArray(),
            joints.velocity().toArray(),
            joints.effort().toArray());
      }
      case "Imu" -> {
        Imu imu = Imu.TYPE.decode(cdr);
        Quaternion q = imu.orientation();
        yield new Reading.Attitude(
            imu.header().stamp().toNanos(),
            imu.header().frameId(),
            q.x(),
            q.y(),
            q.z(),
            q.w(),
            array(imu.angularVelocity()),
            array(imu.linearAcceleration()));
      }
      case "Odometry" -> {
        Odometry odometry = Odometry.TYPE.decode(cdr);
        Point p = odometry.pose().pose().position();
        Quaternion q = odometry.pose().pose().orientation();
        yield new Reading.BasePose(
            odometry.header().stamp().toNanos(),
            odometry.header().frameId(),
            odometry.childFrameId(),
            p.x(),
            p.y(),
            p.z(),
            q.x(),
            q.y(),
            q.z(),
            q.w(),
            array(odometry.twist().twist().linear()),
            array(odometry.twist().twist().angular()));
      }
      case "Clock" -> new Reading.ClockTime(Clock.TYPE.decode(cdr).clock().toNanos());
      default -> new Reading.Text(0, StringMessage.TYPE.decode(cdr).data());
    };
  }

  private static double[] array(Vector3 v) {
    return new double[] {v.x(), v.y(), v.z()};
  }

  private static Reading byName(DynamicMessage message) {
    return switch (message.type().name()) {
      case "JointState" ->
          joints(
              stamp(message, "header.stamp"),
              List.of((String[]) message.get("name")),
              (double[]) message.get("position"),
              (double[]) message.get("velocity"),
              (double[]) message.get("effort"));
      case "Imu" -> {
        double[] q = quaternion(message, "orientation");
        yield new Reading.Attitude(
            stamp(message, "header.stamp"),
            (String) message.get("header.frame_id"),
            q[0],
            q[1],
            q[2],
            q[3],
            vector(message, "angular_velocity"),
            vector(message, "linear_acceleration"));
      }
      case "Odometry" -> {
        double[] p = vector(message, "pose.pose.position");
        double[] q = quaternion(message, "pose.pose.orientation");
        yield new Reading.BasePose(
            stamp(message, "header.stamp"),
            (String) message.get("header.frame_id"),
            (String) message.get("child_frame_id"),
            p[0],
            p[1],
            p[2],
            q[0],
            q[1],
            q[2],
            q[3],
            vector(message, "twist.twist.linear"),
            vector(message, "twist.twist.angular"));
      }
      case "Clock" -> new Reading.ClockTime(stamp(message, "clock"));
      default -> new Reading.Text(0, (String) message.get("data"));
    };
  }

  private static Reading joints(
      long stampNanos, List<String> names, double[] position, double[] velocity, double[] effort) {
    expectLength("position", names, position);
    expectLength("velocity", names, velocity);
    expectLength("effort", names, effort);
    return new Reading.Joints(stampNanos, names, position, velocity, effort);
  }

  private static void expectLength(String field, List<String> names, double[] values) {
    if (values.length != 0 && values.length != names.size()) {
      throw new IllegalArgumentException(
          "JointState field %s: expected 0 or %d elements as there are names, found %d; joints not read"
              .formatted(field, names.size(), values.length));
    }
  }

  private static long stamp(DynamicMessage message, String path) {
    long seconds = (Long) message.get(path + ".sec");
    long nanos = (Long) message.get(path + ".nanosec");
    return new Time((int) seconds, nanos).toNanos();
  }

  private static double[] vector(DynamicMessage message, String path) {
    return new double[] {
      (Double) message.get(path + ".x"),
      (Double) message.get(path + ".y"),
      (Double) message.get(path + ".z")
    };
  }

  private static double[] quaternion(DynamicMessage message, String path) {
    double[] v = vector(message, path);
    return new double[] {v[0], v[1], v[2], (Double) message.get(path + ".w")};
  }
}
