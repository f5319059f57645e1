package tandem.twin;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.RobotProfile;
import tandem.twin.robot.RobotDoor;
import tandem.twin.stream.RawSample;
import tandem.twin.stream.StreamDeclaration;
import tandem.twin.stream.StreamInlet;

/** One node with one robot whose joints go where the test puts them. */
final class LocalSite implements AutoCloseable {
  static final String JOINTS = "sensor_msgs/msg/JointState";

  final TwinRuntime node;
  final ObedientGuard guard;
  volatile double[] positions = {0, 0};
  volatile double[] velocities = {0, 0};
  volatile boolean speaking = true;
  private final String robot;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private StreamInlet inlet;
  private long sequence;

  LocalSite(Path data, String robot, Map<String, ?> overrides) throws Exception {
    this.robot = robot;
    var settings = new HashMap<String, Object>(overrides);
    settings.put("data", data.toString());
    settings.put("artery.port", 0);
    settings.putIfAbsent("management.port", -1);
    node = TwinRuntime.start(patient(TwinSettings.of(settings)), LocalSite::read);
    guard = new ObedientGuard(robot);
  }

  /** No node is taken for dead because a busy machine made it slow. */
  private static TwinSettings patient(TwinSettings settings) {
    return TwinSettings.from(
        ConfigFactory.parseMap(
                Map.of("akka.cluster.failure-detector.acceptable-heartbeat-pause", "1h"))
            .withFallback(settings.config()));
  }

  static Optional<SampleReader.Reading> read(
      String topic, String type, String schema, byte[] payload) {
    var values = java.nio.ByteBuffer.wrap(payload);
    return Optional.of(
        new SampleReader.Reading.Joints(
            values.getLong(),
            List.of("left_elbow", "right_elbow"),
            new double[] {values.getDouble(), values.getDouble()},
            new double[] {values.getDouble(), values.getDouble()},
            new double[0]));
  }

  LocalSite connect() {
    get(node.robots().admitted(new RobotDoor.Admission(robot, null, "test", "/" + robot, 0)));
    inlet =
        node.streams()
            .open(
                new StreamDeclaration(
                    robot, "/" + robot + "/joint_states", JOINTS, "", "", "", "", false, false));
    node.robots().profile(profile(robot));
    node.robots().guard(robot, guard);
    clock.scheduleWithFixedDelay(this::speak, 0, 5, TimeUnit.MILLISECONDS);
    clock.scheduleWithFixedDelay(
        () -> {
          if (!guard.silent) node.robots().guardStatus(guard.status());
        },
        0,
        50,
        TimeUnit.MILLISECONDS);
    until("live with joints", () -> show().hasJoints() && show().getMode().equals("live"));
    return this;
  }

  static RobotProfile profile(String robot) {
    var profile =
        RobotProfile.newBuilder()
            .setRobot(robot)
            .setBaseFrame("base_link")
            .setJoint(
                CommandTarget.newBuilder()
                    .setKind("topic")
                    .setTopic("/" + robot + "/joint_trajectory")
                    .setType("trajectory_msgs/msg/JointTrajectory"))
            .setVelocity(
                CommandTarget.newBuilder()
                    .setKind("topic")
                    .setTopic("/" + robot + "/cmd_vel")
                    .setType("geometry_msgs/msg/TwistStamped"))
            .setSource("configured")
            .setMarginRad(0.02)
            .addJointOrder("left_elbow")
            .addJointOrder("right_elbow");
    for (String joint : profile.getJointOrderList()) {
      profile.addLimits(
          JointLimit.newBuilder()
              .setJoint(joint)
              .setLowerRad(-2)
              .setUpperRad(2)
              .setVelocityRadPerSec(2)
              .setAccelerationRadPerSec2(10));
    }
    return profile.build();
  }

  private void speak() {
    if (!speaking) return;
    long wall = System.currentTimeMillis() * 1_000_000;
    var payload = java.nio.ByteBuffer.allocate(40).putLong(wall);
    for (double q : positions) payload.putDouble(q);
    for (double v : velocities) payload.putDouble(v);
    inlet.receive(
        new RawSample(payload.array(), "peer", ++sequence, wall, System.nanoTime(), wall, false));
  }

  tandem.proto.v1.TwinView show() {
    return get(node.twins().show(robot));
  }

  static JointGoal goal(double leftElbow, double seconds) {
    return JointGoal.newBuilder()
        .addTargets(JointTarget.newBuilder().setJoint("left_elbow").setPositionRad(leftElbow))
        .setDurationSeconds(seconds)
        .build();
  }

  static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** Waits for the condition; on failure says what was waited for. */
  static void until(String what, Callable<Boolean> condition) {
    Instant end = Instant.now().plus(Duration.ofSeconds(20));
    while (true) {
      try {
        if (condition.call()) return;
      } catch (Exception e) {
        throw new AssertionError(what, e);
      }
      if (Instant.now().isAfter(end)) throw new AssertionError("not within 20 s: " + what);
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** The first view of a watch that fits. */
  tandem.proto.v1.TwinView watched(Predicate<tandem.proto.v1.TwinView> wanted) throws Exception {
    var seen = new CountDownLatch(1);
    var found = new tandem.proto.v1.TwinView[1];
    AutoCloseable watch =
        node.twins()
            .watch(
                robot,
                view -> {
                  if (found[0] == null && wanted.test(view)) {
                    found[0] = view;
                    seen.countDown();
                  }
                });
    try {
      if (!seen.await(20, TimeUnit.SECONDS)) throw new AssertionError("no such view in 20 s");
    } finally {
      watch.close();
    }
    return found[0];
  }

  @Override
  public void close() {
    clock.shutdownNow();
    node.close();
  }
}
