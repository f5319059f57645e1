package tandem.deploy.drill;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
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
  private static final Duration TOLD = Duration.ofSeconds(10);

  private final Map<String, Long> diagnosed = new HashMap<>();
  private final Map<String, Long> diagnosedNanos = new HashMap<>();
  private Session guardSession;
  private String watched = "";
  private List<String> whole = List.of();
  private double stillRadPerSec = STILL_RAD_PER_SEC;
  private Map<String, Double> positions = Map.of();
  private double watchedSpeed;
  private double wholeSpeed = Double.POSITIVE_INFINITY;
  private double baseSpeed;
  private double baseX = Double.NaN;
  private double baseY = Double.NaN;
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

  /**
   * A counter of the guard as it was last told.
   *
   * @throws IllegalStateException before the guard was heard: nothing heard is not zero
   */
  long guardCounter(String name) {
    var status = guard.get();
    if (status == null)
      throw new IllegalStateException(
          "guard of %s: not heard yet; its %s were not counted".formatted(robot, name));
    return status.getCountersOrDefault(name, 0);
  }

  /** As the other, but told after this call. */
  long guardTold(Stage stage, String name) {
    var before = guard.get();
    stage.await(
        "%s of the guard of %s, told anew".formatted(name, robot),
        TOLD,
        () -> guard.get() != before);
    return guardCounter(name);
  }

  /**
   * A number of the robot's own diagnostics as it was last told.
   *
   * @throws IllegalStateException before it was told: nothing heard is not zero
   */
  synchronized long diagnosed(String key) {
    Long value = diagnosed.get(key);
    if (value == null)
      throw new IllegalStateException(
          "/diagnostics of %s: expected %s, heard of %s; nothing was counted"
              .formatted(robot, key, diagnosed.keySet()));
    return value;
  }

  /** As the other, but told after this call: the drill ends where the robot says nothing more. */
  long told(Stage stage, String key) {
    long from = System.nanoTime();
    stage.await(
        "%s in /diagnostics of %s, told anew".formatted(key, robot),
        TOLD,
        () -> {
          synchronized (this) {
            Long at = diagnosedNanos.get(key);
            return at != null && at - from > 0;
          }
        });
    return diagnosed(key);
  }

  private synchronized void diagnosed(DiagnosticArray message) {
    for (var status : message.status()) {
      if (!status.hardwareId().equals(robot)) continue;
      for (var value : status.values()) {
        if (!value.value().matches("\\d{1,18}")) continue;
        diagnosed.put(value.key(), Long.parseLong(value.value()));
        diagnosedNanos.put(value.key(), System.nanoTime());
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
    wholeSpeed = 0;
    for (var joint : whole) {
      int one = message.name().indexOf(joint);
      wholeSpeed =
          one < 0
              ? Double.POSITIVE_INFINITY // a joint that is not told does not rest
              : Math.max(wholeSpeed, Math.abs(message.velocity().get(one)));
    }
    if (wholeSpeed >= stillRadPerSec) jointStillSince = 0;
    else if (jointStillSince == 0) jointStillSince = System.nanoTime();
  }

  private synchronized void base(Odometry message) {
    var v = message.twist().twist().linear();
    baseSpeed = Math.hypot(v.x(), v.y());
    baseX = message.pose().pose().position().x();
    baseY = message.pose().pose().position().y();
    if (baseSpeed >= STILL_METERS_PER_SEC) baseStillSince = 0;
    else if (baseStillSince == 0) baseStillSince = System.nanoTime();
  }

  /** Watches the speed of one joint from now on. */
  void watch(String joint) {
    watch(joint, List.of(joint), STILL_RAD_PER_SEC);
  }

  /**
   * Watches the speed of one joint from now on, which shows that the robot moves; that it rests is
   * shown by all of them.
   *
   * @param all of these, too, rest only when each is slower than {@code still}, rad/s
   */
  synchronized void watch(String joint, List<String> all, double still) {
    watched = joint;
    watchedSpeed = 0;
    whole = List.copyOf(all);
    wholeSpeed = Double.POSITIVE_INFINITY;
    stillRadPerSec = still;
    jointStillSince = 0;
  }

  /** The largest speed of all the joints that have to rest, rad/s. */
  synchronized double fastestJoint() {
    return wholeSpeed;
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

  /** As the other. */
  synchronized double baseY() {
    return baseY;
  }

  /** Measured angle, rad; NaN before the first sample. */
  synchronized double angle(String joint) {
    return positions.getOrDefault(joint, Double.NaN);
  }

  /** Milliseconds from an instant until all watched joints became and stayed still for 300 ms. */
  double jointStillAfter(Stage stage, long fromNanos, Duration within) {
    return stillAfter(stage, "the joints' rest", fromNanos, within, () -> jointStillSince);
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
