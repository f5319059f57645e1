package tandem.sim.robot;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.ros2.cdr.CdrWriter;
import tandem.ros2.msg.MessageType;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Time;
import tandem.sim.body.Urdf;
import tandem.sim.control.Assistance;
import tandem.sim.control.Command;
import tandem.sim.control.Pushes;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.sense.Battery;
import tandem.sim.sense.Eyes;
import tandem.sim.sense.Messages;

/**
 * Steps the robot in real time, by count against the monotonic clock, and publishes.
 *
 * <p>After a stall it catches up step by step; more than {@link #MOST_BEHIND_NANOS} behind, it lets
 * the rest go (slips), which lowers the real-time factor and is counted. Stamps are system time,
 * evenly spaced; when the system clock is set they follow it. Rays are cast by a second thread from
 * a copied state.
 */
final class RobotLoop {
  private static final Logger LOG = LoggerFactory.getLogger(RobotLoop.class);

  /** How far it may be behind before it gives up catching up. */
  static final long MOST_BEHIND_NANOS = 500_000_000L;

  /** A jump of the system clock that stamps follow, ns. */
  private static final long CLOCK_STEP_NANOS = 10_000_000L;

  private static final int MOST_COMMANDS_PER_STEP = 4;

  private final SimulatedHumanoid robot;
  private final Eyes eyes;
  private final Outlet outlet;
  private final Inbox inbox;
  private final Optional<Navigator> navigator;
  private final Messages messages;
  private final Diagnostics diagnostics;
  private final Battery battery = new Battery();
  private final CdrWriter writer = new CdrWriter(4096);
  private final CdrWriter eyesWriter = new CdrWriter(1 << 16);
  private final ArrayBlockingQueue<Look> looks = new ArrayBlockingQueue<>(2);
  private final AtomicLong skippedLooks = new AtomicLong();
  private final AtomicReference<Pushes> pushesNext = new AtomicReference<>();
  private final Thread stepper;
  private final Thread looker;
  private final long stepNanos;
  private final int stepsPerSecond;
  private volatile boolean ended;
  private volatile RuntimeException failure;

  private boolean pushedFromOutside;
  private long wallOffset;
  private long slippedNanos;
  private long startNanos;
  private long lastPaceNanos;

  /** What the second thread is to look at. */
  private record Look(double[] positions, Time stamp, boolean cloud, boolean camera) {}

  RobotLoop(String name, SimulatedHumanoid robot, Eyes eyes, Outlet outlet, Inbox inbox) {
    this(name, robot, eyes, outlet, inbox, Optional.empty());
  }

  /** As the other, of a robot that serves navigation. */
  RobotLoop(
      String name,
      SimulatedHumanoid robot,
      Eyes eyes,
      Outlet outlet,
      Inbox inbox,
      Optional<Navigator> navigator) {
    this.navigator = navigator;
    this.robot = robot;
    this.eyes = eyes;
    this.outlet = outlet;
    this.inbox = inbox;
    this.messages = new Messages(robot.body());
    this.diagnostics = new Diagnostics(name);
    this.wallOffset = wallNanos() - System.nanoTime();
    this.stepNanos = Math.round(robot.stepSeconds() * 1e9);
    this.stepsPerSecond = (int) Math.round(1 / robot.stepSeconds());
    this.stepper = Thread.ofPlatform().name("robot-step").unstarted(() -> guarded(this::stepAll));
    this.looker = Thread.ofPlatform().name("robot-look").unstarted(() -> guarded(this::lookAll));
  }

  void start() {
    Time now = Time.ofNanos(wallNanos());
    publish(
        Topic.ROBOT_DESCRIPTION,
        StringMessage.TYPE,
        new StringMessage(
            Urdf.write(robot.body(), robot.assistance().isPresent() ? Assistance.LABEL : "")));
    publish(Topic.TF_STATIC, tandem.ros2.msg.TFMessage.TYPE, messages.fixedTransforms(now));
    stepper.start();
    looker.start();
  }

  /** Waits until both threads have ended; throws what ended them, if it was a failure. */
  void join() throws InterruptedException {
    stepper.join();
    looker.join();
    if (failure != null) throw failure;
  }

  private void guarded(Runnable loop) {
    try {
      loop.run();
    } catch (RuntimeException e) {
      LOG.error("robot loop ends; nothing is published any more", e);
      failure = e;
    } finally {
      ended = true;
    }
  }

  static long wallNanos() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000_000L + now.getNano();
  }

  private void stepAll() {
    startNanos = System.nanoTime();
    lastPaceNanos = startNanos;
    while (!ended) {
      long due = startNanos + robot.steps() * stepNanos + slippedNanos;
      long now = System.nanoTime();
      if (now < due) {
        LockSupport.parkNanos(due - now);
        continue;
      }
      if (now - due > MOST_BEHIND_NANOS) slippedNanos += now - due;
      step(due);
    }
  }

  /** Other pushes from the next step on, until the robot falls; any thread. */
  void push(Pushes others) {
    pushesNext.set(others);
  }

  private void step(long due) {
    Pushes others = pushesNext.getAndSet(null);
    if (others != null) {
      robot.pushes().become(others, robot.seconds());
      pushedFromOutside = true;
    }
    for (int i = 0; i < MOST_COMMANDS_PER_STEP; i++) {
      Command command = inbox.poll();
      if (command == null) break;
      navigator.ifPresent(Navigator::heedCancels);
      switch (robot.command(command)) {
        case Command.Verdict.Accepted(String note) -> diagnostics.accepted(command, note);
        case Command.Verdict.Refused(String why) -> {
          LOG.warn("refused: {}", why);
          if (command instanceof Command.Navigate(var navigation)) navigation.broken(why);
          diagnostics.refused(why, robot.seconds());
        }
      }
    }
    long tick = robot.steps();
    boolean wasFallen = robot.falls().fallen();
    robot.step();
    if (robot.falls().fallen() && !wasFallen) {
      LOG.warn("fell at {} s of simulation", robot.seconds());
      if (pushedFromOutside) robot.pushes().become(Pushes.none(), robot.seconds());
    }
    if (tick % 100 == 0) {
      long offset = wallNanos() - System.nanoTime();
      if (Math.abs(offset - wallOffset) > CLOCK_STEP_NANOS) wallOffset = offset;
    }
    Time stamp = Time.ofNanos(due + wallOffset);
    navigator.ifPresent(served -> served.look(robot, stamp));
    publishFast(stamp);
    if (tick % (stepsPerSecond / 50) == 0) publishSlow(stamp);
    if (tick % (stepsPerSecond / 10) == 0) look(stamp, tick / (stepsPerSecond / 10) % 2 == 0);
    if (tick % stepsPerSecond == stepsPerSecond - 1) publishState(stamp);
  }

  private void publishFast(Time stamp) {
    if (outlet.wanted(Topic.JOINT_STATES)) {
      publish(
          Topic.JOINT_STATES, tandem.ros2.msg.JointState.TYPE, messages.jointState(robot, stamp));
    }
    if (outlet.wanted(Topic.IMU)) {
      publish(Topic.IMU, tandem.ros2.msg.Imu.TYPE, messages.imu(robot, stamp));
    }
    if (outlet.wanted(Topic.LEFT_WRENCH)) {
      publish(
          Topic.LEFT_WRENCH, tandem.ros2.msg.WrenchStamped.TYPE, messages.leftWrench(robot, stamp));
    }
    if (outlet.wanted(Topic.RIGHT_WRENCH)) {
      publish(
          Topic.RIGHT_WRENCH,
          tandem.ros2.msg.WrenchStamped.TYPE,
          messages.rightWrench(robot, stamp));
    }
  }

  private void publishSlow(Time stamp) {
    battery.drain(robot, 1 / 50.0);
    if (outlet.wanted(Topic.ODOM)) {
      publish(Topic.ODOM, tandem.ros2.msg.Odometry.TYPE, messages.odometry(robot, stamp));
    }
    if (outlet.wanted(Topic.TF)) {
      publish(Topic.TF, tandem.ros2.msg.TFMessage.TYPE, messages.transforms(robot, stamp));
    }
  }

  private void publishState(Time stamp) {
    String refusal;
    while ((refusal = inbox.pollRefusal()) != null) diagnostics.refused(refusal, robot.seconds());
    long now = System.nanoTime();
    var pace =
        new Diagnostics.Pace(
            1e9 * stepsPerSecond * robot.stepSeconds() / Math.max(1, now - lastPaceNanos),
            1e9 * robot.seconds() / Math.max(1, now - startNanos),
            slippedNanos / 1e6,
            skippedLooks.get());
    lastPaceNanos = now;
    publish(Topic.BATTERY, tandem.ros2.msg.BatteryState.TYPE, battery.message(stamp));
    publish(
        Topic.DIAGNOSTICS,
        tandem.ros2.msg.DiagnosticArray.TYPE,
        diagnostics.message(robot, navigator, pace, inbox.undecodable(), stamp));
  }

  /** Cloud and camera take turns, so that no look has to do everything. */
  private void look(Time stamp, boolean cloudsTurn) {
    boolean cloud = cloudsTurn && outlet.wanted(Topic.POINTS);
    boolean camera = !cloudsTurn && cameraWanted();
    if (!cloud && !camera && !outlet.wanted(Topic.SCAN)) return;
    if (!looks.offer(new Look(robot.positions().clone(), stamp, cloud, camera))) {
      skippedLooks.incrementAndGet();
    }
  }

  private boolean cameraWanted() {
    return outlet.wanted(Topic.DEPTH)
        || outlet.wanted(Topic.COLOR)
        || outlet.wanted(Topic.DEPTH_INFO)
        || outlet.wanted(Topic.COLOR_INFO);
  }

  private void lookAll() {
    while (!ended) {
      Look look;
      try {
        look = looks.poll(100, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      if (look != null) see(look);
    }
  }

  private void see(Look look) {
    eyes.see(look.positions());
    Time stamp = look.stamp();
    if (outlet.wanted(Topic.SCAN)) {
      send(Topic.SCAN, tandem.ros2.msg.LaserScan.TYPE, eyes.scan(stamp));
    }
    if (look.cloud()) {
      send(Topic.POINTS, tandem.ros2.msg.PointCloud2.TYPE, eyes.points(stamp));
    }
    if (!look.camera()) return;
    eyes.shoot();
    var image = tandem.ros2.msg.Image.TYPE;
    var info = tandem.ros2.msg.CameraInfo.TYPE;
    if (outlet.wanted(Topic.DEPTH)) send(Topic.DEPTH, image, eyes.depth(stamp));
    if (outlet.wanted(Topic.DEPTH_INFO)) {
      send(Topic.DEPTH_INFO, info, eyes.info(stamp, "camera_depth_optical_frame"));
    }
    if (outlet.wanted(Topic.COLOR)) send(Topic.COLOR, image, eyes.color(stamp));
    if (outlet.wanted(Topic.COLOR_INFO)) {
      send(Topic.COLOR_INFO, info, eyes.info(stamp, "camera_color_optical_frame"));
    }
  }

  /** Steps and looks on the caller's thread, as fast as it goes; instead of {@link #start}. */
  void rehearse(int steps) {
    for (int i = 0; i < steps; i++) {
      step(System.nanoTime());
      Look look = looks.poll();
      if (look != null) see(look);
    }
  }

  private <T> void publish(Topic topic, MessageType<T> type, T message) {
    writer.reset();
    type.write(writer, message);
    outlet.publish(topic, writer.toBytes());
  }

  private <T> void send(Topic topic, MessageType<T> type, T message) {
    eyesWriter.reset();
    type.write(eyesWriter, message);
    outlet.publish(topic, eyesWriter.toBytes());
  }

  /** Ends both threads and waits for them. */
  void stop() throws InterruptedException {
    ended = true;
    LockSupport.unpark(stepper);
    stepper.join();
    looker.join();
  }
}
