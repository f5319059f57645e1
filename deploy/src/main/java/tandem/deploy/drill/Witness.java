package tandem.deploy.drill;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import tandem.proto.v1.GuardStatus;
import tandem.ros2.Qos;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.Odometry;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/**
 * Sees what robot and guard really do, past everything of Tandem that a drill breaks: the robot
 * connects to it by itself, and it listens at the guard's own port. Thread-safe.
 */
final class Witness implements AutoCloseable {
  /** Slower joints count as still, rad/s. */
  static final double STILL_RAD_PER_SEC = 0.05;

  /** A slower base counts as still, m/s: one that balances sways. */
  static final double STILL_METERS_PER_SEC = 0.05;

  private static final long STILL_NANOS = 300_000_000L;

  private final String robot;
  private final Router router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
  private final Ros2Node node = new Ros2Node(router.local(), 0, "/", "tandem_witness");
  private final AtomicReference<GuardStatus> guard = new AtomicReference<>();
  private final Map<String, Long> diagnosed = new HashMap<>();
  private Session guardSession;
  private String watched = "";
  private Map<String, Double> positions = Map.of();
  private double watchedSpeed;
  private double baseSpeed;
  private double baseX = Double.NaN;
  private long jointStillSince;
  private long baseStillSince;

  Witness(String robot) {
    this.robot = robot;
    String space = "/" + robot;
    node.subscribe(
        space + "/joint_states", JointState.TYPE, Qos.reliable(10), s -> joints(s.message()));
    node.subscribe(space + "/odom", Odometry.TYPE, Qos.reliable(10), s -> base(s.message()));
    node.subscribe(
        "/diagnostics", DiagnosticArray.TYPE, Qos.reliable(10), s -> diagnosed(s.message()));
  }

  /** Where the robot has to connect to. */
  String endpoint() {
    return router.endpoint();
  }

  /** Hears the guard's status at its own listener from now on. */
  void hearGuard(String endpoint) {
    guardSession = Session.open(SessionConfig.to(endpoint));
    guardSession.declareSubscriber("tandem/guard/" + robot + "/status", this::status);
  }

  private void status(Sample sample) {
    try {
      guard.set(GuardStatus.parseFrom(sample.payload()));
    } catch (InvalidProtocolBufferException e) {
      System.err.println("tandem drill: status of the guard: " + e.getMessage() + "; not counted");
    }
  }

  /** A counter of the guard as it was last told; 0 before. */
  long guardCounter(String name) {
    var status = guard.get();
    return status == null ? 0 : status.getCountersOrDefault(name, 0);
  }

  /** A number of the robot's own diagnostics as it was last told; 0 before. */
  synchronized long diagnosed(String key) {
    return diagnosed.getOrDefault(key, 0L);
  }

  private synchronized void diagnosed(DiagnosticArray message) {
    for (var status : message.status()) {
      if (!status.hardwareId().equals(robot)) continue;
      for (var value : status.values()) {
        if (value.value().matches("\\d{1,18}"))
          diagnosed.put(value.key(), Long.parseLong(value.value()));
      }
    }
  }

  private synchronized void joints(JointState message) {
    var now = new HashMap<String, Double>();
    for (int i = 0; i < message.name().size(); i++)
      now.put(message.name().get(i), message.position().get(i));
    positions = now;
    int index = message.name().indexOf(watched);
    if (index < 0) return;
    watchedSpeed = Math.abs(message.velocity().get(index));
    if (watchedSpeed >= STILL_RAD_PER_SEC) jointStillSince = 0;
    else if (jointStillSince == 0) jointStillSince = System.nanoTime();
  }

  private synchronized void base(Odometry message) {
    var v = message.twist().twist().linear();
    baseSpeed = Math.hypot(v.x(), v.y());
    baseX = message.pose().pose().position().x();
    if (baseSpeed >= STILL_METERS_PER_SEC) baseStillSince = 0;
    else if (baseStillSince == 0) baseStillSince = System.nanoTime();
  }

  /** Watches the speed of one joint from now on. */
  synchronized void watch(String joint) {
    watched = joint;
    watchedSpeed = 0;
    jointStillSince = 0;
  }

  /** Of the watched joint, rad/s. */
  synchronized double jointSpeed() {
    return watchedSpeed;
  }

  /** In the plane, m/s. */
  synchronized double baseSpeed() {
    return baseSpeed;
  }

  /** Of the base in odom, m; NaN before the first sample. */
  synchronized double baseX() {
    return baseX;
  }

  /** Measured angle, rad; NaN before the first sample. */
  synchronized double angle(String joint) {
    return positions.getOrDefault(joint, Double.NaN);
  }

  /** Milliseconds from an instant until the watched joint became and stayed still for 300 ms. */
  double jointStillAfter(Stage stage, long fromNanos, Duration within) {
    return stillAfter(stage, "the joint's rest", fromNanos, within, () -> jointStillSince);
  }

  /** As the other, for the base. */
  double baseStillAfter(Stage stage, long fromNanos, Duration within) {
    return stillAfter(stage, "the base's rest", fromNanos, within, () -> baseStillSince);
  }

  private double stillAfter(
      Stage stage,
      String what,
      long fromNanos,
      Duration within,
      java.util.function.LongSupplier since) {
    var at = new long[1];
    stage.await(
        what,
        within,
        () -> {
          synchronized (this) {
            at[0] = since.getAsLong();
          }
          return at[0] != 0 && System.nanoTime() - at[0] > STILL_NANOS;
        });
    return Math.max(0, (at[0] - fromNanos) / 1e6);
  }

  @Override
  public void close() {
    if (guardSession != null) guardSession.close();
    node.close();
    router.close();
  }
}
