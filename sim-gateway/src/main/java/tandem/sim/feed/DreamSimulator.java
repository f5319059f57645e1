package tandem.sim.feed;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.v1.DifferenceView;
import tandem.proto.v1.SimulatorView;
import tandem.ros2.Qos;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.msg.DiagnosticArray;
import tandem.ros2.msg.DiagnosticStatus;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.Imu;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.KeyValue;
import tandem.ros2.msg.MessageType;
import tandem.ros2.msg.Odometry;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Time;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;
import tandem.sim.body.Urdf;
import tandem.sim.compare.Difference;
import tandem.sim.engine.Engine;
import tandem.sim.engine.EngineException;
import tandem.sim.engine.EngineModel;
import tandem.sim.sense.Messages;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.SensedSource;
import tandem.twin.stream.RawSample;
import tandem.twin.stream.StreamDeclaration;
import tandem.twin.stream.StreamInlet;
import tandem.twin.stream.Streams;

/**
 * One embedded simulator: the dream of one robot, in real time, on a thread of its own.
 *
 * <p>Follows the newest joint samples of its robot and gives joint states, IMU and odometry of
 * robot {@code <robot>-dream} to this node's streams, and its difference to the robot as {@code
 * /<robot>-dream/difference}. Stepping is by count; more than half a second behind, it slips.
 * Failures end the thread and are told by {@link #status}; the rest of the node goes on.
 */
public final class DreamSimulator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DreamSimulator.class);
  private static final double STEP_SECONDS = 0.004;
  private static final int LEAD_EVERY = 2;
  private static final int ODOM_EVERY = 5;
  private static final int COMPARE_EVERY = 25;
  private static final int PACE_EVERY = 250;
  private static final long STEP_NANOS = 4_000_000;
  private static final long MOST_BEHIND_NANOS = 500_000_000;
  private static final long STALE_NANOS = 1_000_000_000;

  /**
   * What it does now.
   *
   * @param id {@code embedded/<dream>}
   * @param realTimeFactor over the last second
   * @param clockSeconds simulated time
   * @param state running (its robot may be silent: see why), stopped or failed
   * @param why text where its robot is not heard or it failed, else empty
   * @param difference to the robot; null until known
   */
  public record Status(
      String id,
      String robot,
      String dream,
      double realTimeFactor,
      long steps,
      double clockSeconds,
      String state,
      String why,
      long falls,
      Difference difference) {}

  private final String robot;
  private final String name;
  private final Streams streams;
  private final SensedSource senses;
  private final Thread thread;
  private final CdrWriter writer = new CdrWriter(4096);
  private volatile boolean ended;
  private volatile Status status;

  /**
   * @param senses where the newest samples of the robot are
   */
  public DreamSimulator(String robot, Streams streams, SensedSource senses) {
    this.robot = robot;
    this.name = nameOf(robot);
    this.streams = streams;
    this.senses = senses;
    this.status = new Status("embedded/" + name, robot, name, 0, 0, 0, "stopped", "", 0, null);
    this.thread = Thread.ofPlatform().name("dream-" + robot).daemon().unstarted(this::run);
  }

  /** The name of a robot's dream. */
  public static String nameOf(String robot) {
    return robot + "-dream";
  }

  public void start() {
    thread.start();
  }

  public Status status() {
    return status;
  }

  /** {@link #status} as the API shows it. */
  public SimulatorView view() {
    Status s = status;
    var view =
        SimulatorView.newBuilder()
            .setId(s.id)
            .setKind("embedded")
            .setDream(true)
            .setRealTimeFactor(s.realTimeFactor)
            .setSteps(s.steps)
            .setClock(s.clockSeconds)
            .setState(s.state)
            .setRobot(s.robot)
            .setWhy(s.why)
            .setDreamName(s.dream)
            .setFalls(s.falls);
    Difference d = s.difference;
    if (d != null && Double.isFinite(d.jointRmsRad())) {
      var difference =
          DifferenceView.newBuilder()
              .setJointRmsRad(d.jointRmsRad())
              .setJointMaxRad(d.jointMaxRad())
              .setWorstJoint(d.worstJoint());
      if (Double.isFinite(d.baseMetres())) difference.setBaseMetres(d.baseMetres());
      if (Double.isFinite(d.baseRad())) difference.setBaseRad(d.baseRad());
      view.setDifference(difference);
    }
    return view.build();
  }

  private void run() {
    try (EngineModel model =
            Engine.get()
                .compile(
                    name, Mjcf.write(Humanoid.standard(), Scene.empty(), STEP_SECONDS, false));
        var dream = new Dream(Humanoid.standard(), model, STEP_SECONDS)) {
      new Running(dream).loop();
      tell("stopped", "");
    } catch (RuntimeException e) {
      LOG.error("dream of {} ends", robot, e);
      tell("failed", String.valueOf(e.getMessage()));
    }
  }

  private void tell(String state, String why) {
    Status s = status;
    status =
        new Status(
            s.id,
            s.robot,
            s.dream,
            s.realTimeFactor,
            s.steps,
            s.clockSeconds,
            state,
            why,
            s.falls,
            s.difference);
  }

  /** The way of one topic of the dream into the node. */
  private final class Out<T> {
    private final MessageType<T> type;
    private final StreamInlet inlet;
    private final String publisher;
    private long sequence;

    Out(String topic, MessageType<T> type, Qos qos, String publisher) {
      this.type = type;
      this.publisher = publisher;
      boolean latched = qos.isTransientLocal();
      this.inlet =
          streams.open(
              new StreamDeclaration(
                  name,
                  "/" + name + "/" + topic,
                  type.name().toString(),
                  type.hash().toString(),
                  type.schema(),
                  "%s/%s/keep-last %d"
                      .formatted(
                          qos.isReliable() ? "reliable" : "best-effort",
                          latched ? "transient-local" : "volatile",
                          qos.depth()),
                  qos.rosbagYaml(),
                  true,
                  latched));
    }

    void give(T message, long stampNanos) {
      writer.reset();
      type.write(writer, message);
      inlet.receive(
          new RawSample(
              writer.toBytes(),
              publisher,
              ++sequence,
              stampNanos,
              System.nanoTime(),
              wallNanos(),
              false));
    }
  }

  private static long wallNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  private final class Running {
    private final Dream dream;
    private final Messages messages = new Messages(Humanoid.standard());
    private final String publisher = "embedded-" + Long.toHexString(wallNanos());
    private final Out<JointState> joints =
        new Out<>("joint_states", JointState.TYPE, Qos.reliable(10), publisher);
    private final Out<Imu> imu = new Out<>("imu/data", Imu.TYPE, Qos.bestEffort(5), publisher);
    private final Out<Odometry> odom =
        new Out<>("odom", Odometry.TYPE, Qos.reliable(10), publisher);
    private final Out<DiagnosticArray> differences =
        new Out<>("difference", DiagnosticArray.TYPE, Qos.reliable(10), publisher);
    private final Out<StringMessage> description =
        new Out<>("robot_description", StringMessage.TYPE, Qos.latched(1), publisher);

    private long start = System.nanoTime();
    private long wallOffset = wallNanos() - System.nanoTime();
    private long lastPace = start;
    private double factor;
    private boolean heard;

    Running(Dream dream) {
      this.dream = dream;
    }

    void loop() {
      description.give(new StringMessage(Urdf.write(Humanoid.standard())), wallNanos());
      start = System.nanoTime();
      lastPace = start;
      long tick = 0;
      while (!ended) {
        long due = start + tick * STEP_NANOS;
        long now = System.nanoTime();
        if (now < due) {
          LockSupport.parkNanos(due - now);
          continue;
        }
        if (now - due > MOST_BEHIND_NANOS) start += now - due;
        step(tick, due + wallOffset);
        tick++;
      }
      for (Out<?> out : List.of(joints, imu, odom, differences, description)) {
        out.inlet.publisherGone(publisher);
      }
    }

    private void step(long tick, long stampNanos) {
      if (tick % LEAD_EVERY == 0) {
        Sensed newest = senses.newest(robot);
        heard =
            newest.joints() != null
                && System.nanoTime() - newest.joints().origin().receivedNanos() < STALE_NANOS;
        if (heard) dream.lead(newest);
      }
      dream.step();
      Time stamp = Time.ofNanos(stampNanos);
      if (tick % LEAD_EVERY == 0) {
        joints.give(messages.jointState(dream.body(), stamp), stampNanos);
        imu.give(messages.imu(dream.body(), stamp), stampNanos);
      }
      if (tick % ODOM_EVERY == 0) {
        odom.give(messages.odometry(dream.body(), stamp), stampNanos);
      }
      if (tick % PACE_EVERY == 0) pace(tick);
      if (tick % COMPARE_EVERY == 0) compare(stampNanos);
    }

    private void pace(long tick) {
      long now = System.nanoTime();
      factor = tick == 0 ? 1 : (double) PACE_EVERY * STEP_NANOS / Math.max(1, now - lastPace);
      lastPace = now;
      long offset = wallNanos() - now;
      if (Math.abs(offset - wallOffset) > 10_000_000) wallOffset = offset;
    }

    private void compare(long stampNanos) {
      Difference difference = heard ? dream.difference() : null;
      var body = dream.body();
      status =
          new Status(
              "embedded/" + name,
              robot,
              name,
              factor,
              body.steps(),
              body.seconds(),
              "running",
              heard ? "" : "no joint samples of " + robot + " in the last second",
              body.falls().falls(),
              difference);
      if (difference != null) {
        differences.give(message(difference, Time.ofNanos(stampNanos)), stampNanos);
      }
    }

    private DiagnosticArray message(Difference d, Time stamp) {
      return new DiagnosticArray(
          new Header(stamp, ""),
          List.of(
              new DiagnosticStatus(
                  DiagnosticStatus.OK,
                  name + ": difference",
                  "to " + robot,
                  name,
                  List.of(
                      value("joint_rms_rad", d.jointRmsRad()),
                      value("joint_max_rad", d.jointMaxRad()),
                      new KeyValue("worst_joint", d.worstJoint()),
                      value("base_m", d.baseMetres()),
                      value("base_rad", d.baseRad())))));
    }

    private KeyValue value(String key, double value) {
      return new KeyValue(key, String.format(Locale.ROOT, "%.5f", value));
    }
  }

  /** Ends the thread and waits for it; its streams stay open, their publisher is gone. */
  @Override
  public void close() {
    ended = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException("interrupted while dream of " + robot + " ends", e);
    }
  }
}
