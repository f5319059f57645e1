package tandem.sim.robot;

import java.util.ArrayList;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.JointTrajectoryPoint;
import tandem.ros2.msg.MessageType;
import tandem.ros2.msg.Point;
import tandem.ros2.msg.PoseStamped;
import tandem.ros2.msg.Quaternion;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.TwistStamped;
import tandem.ros2.msg.Vector3;
import tandem.sim.body.Quat;
import tandem.sim.body.Vec;
import tandem.sim.control.Command;

/**
 * Turns messages on the command topics into {@link Command}s for the stepping thread.
 *
 * <p>{@link #receive} may be called by any thread and never blocks or throws: what cannot be
 * decoded or does not fit the bounded queue is refused with a reason that {@link #refusals} keeps
 * for /diagnostics. A stop always fits: it has a place of its own.
 */
final class Inbox {
  private static final int CAPACITY = 32;

  /** The command topics. */
  enum Entry {
    JOINT_TRAJECTORY("joint_trajectory", JointTrajectory.TYPE),
    CMD_VEL("cmd_vel", TwistStamped.TYPE),
    REACH_LEFT("reach/left_hand", PoseStamped.TYPE),
    REACH_RIGHT("reach/right_hand", PoseStamped.TYPE),
    STANCE("stance", StringMessage.TYPE),
    STOP("stop", BoolMessage.TYPE);

    private final String path;
    private final MessageType<?> type;

    Entry(String path, MessageType<?> type) {
      this.path = path;
      this.type = type;
    }

    String nameFor(String robot) {
      return "/" + robot + "/" + path;
    }

    MessageType<?> type() {
      return type;
    }
  }

  /** Its own clock is given so that a header stamp can be understood: ns since 1970. */
  interface Clock {
    long wallNanos();
  }

  private static final double OLDEST_SECONDS = 0.5;

  private final Clock clock;
  private final ArrayBlockingQueue<Command> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final ArrayBlockingQueue<Command.Stop> stops = new ArrayBlockingQueue<>(CAPACITY);
  private final ArrayBlockingQueue<String> refusals = new ArrayBlockingQueue<>(CAPACITY);
  private final AtomicLong undecodable = new AtomicLong();

  Inbox(Clock clock) {
    this.clock = clock;
  }

  /** Takes one message. */
  void receive(Entry entry, byte[] cdr) {
    Command command;
    try {
      command = decode(entry, cdr);
    } catch (IllegalArgumentException e) {
      undecodable.incrementAndGet();
      refusals.offer("%s: %s; nothing moved".formatted(entry.path, e.getMessage()));
      return;
    }
    if (command instanceof Command.Stop stop) {
      if (stops.offer(stop)) return;
      // Full of stops that nobody has taken yet: the newest decision counts.
      stops.poll();
      stops.offer(stop);
    } else {
      offer(entry.path, command);
    }
  }

  /** As {@link #receive} for a command that did not come as a message; false: it does not fit. */
  boolean offer(String path, Command command) {
    boolean fits = queue.offer(command);
    if (!fits) refuse("%s: %d commands wait already; nothing moved".formatted(path, CAPACITY));
    return fits;
  }

  /** Keeps a reason for /diagnostics; any thread. */
  void refuse(String why) {
    refusals.offer(why);
  }

  /** The next command, stops first; null: none. */
  Command poll() {
    Command stop = stops.poll();
    return stop != null ? stop : queue.poll();
  }

  /** Reasons of messages that never became a command; null: none left. */
  String pollRefusal() {
    return refusals.poll();
  }

  long undecodable() {
    return undecodable.get();
  }

  private Command decode(Entry entry, byte[] cdr) {
    return switch (entry) {
      case JOINT_TRAJECTORY -> trajectory(JointTrajectory.TYPE.decode(cdr));
      case CMD_VEL -> {
        var stamped = TwistStamped.TYPE.decode(cdr);
        notTooOld(stamped.header());
        var twist = stamped.twist();
        Vector3 linear = twist.linear();
        yield new Command.Velocity(linear.x(), linear.y(), twist.angular().z());
      }
      case REACH_LEFT -> reach(Command.Hand.LEFT, PoseStamped.TYPE.decode(cdr));
      case REACH_RIGHT -> reach(Command.Hand.RIGHT, PoseStamped.TYPE.decode(cdr));
      case STANCE ->
          new Command.Stance(
              StringMessage.TYPE.decode(cdr).data().strip().toLowerCase(Locale.ROOT));
      case STOP -> new Command.Stop(BoolMessage.TYPE.decode(cdr).data());
    };
  }

  /** What was held up on its way is not what is wanted now; a stamp of zero says nothing. */
  private void notTooOld(Header header) {
    long stamp = header.stamp().toNanos();
    double age = (clock.wallNanos() - stamp) * 1e-9;
    if (stamp != 0 && age > OLDEST_SECONDS) {
      throw new IllegalArgumentException(
          "header.stamp: expected at most %.1f s old, found %.1f s".formatted(OLDEST_SECONDS, age));
    }
  }

  private Command trajectory(JointTrajectory message) {
    long stamp = message.header().stamp().toNanos();
    double delay = stamp == 0 ? 0 : (stamp - clock.wallNanos()) * 1e-9;
    // A stamp of "now" is a few milliseconds old when it arrives: time zero is then this moment.
    if (delay > -0.1 && delay < 0) delay = 0;
    var points = new ArrayList<Command.Point>();
    for (JointTrajectoryPoint point : message.points()) {
      points.add(
          new Command.Point(
              point.timeFromStart().sec() + point.timeFromStart().nanosec() * 1e-9,
              array(point.positions()),
              array(point.velocities())));
    }
    return new Command.Trajectory(message.jointNames(), points, delay);
  }

  private static double[] array(Float64s values) {
    return values.toArray();
  }

  private Command reach(Command.Hand hand, PoseStamped message) {
    notTooOld(message.header());
    Point p = message.pose().position();
    Quaternion o = message.pose().orientation();
    double norm = Math.sqrt(o.x() * o.x() + o.y() * o.y() + o.z() * o.z() + o.w() * o.w());
    Optional<Quat> orientation = Optional.empty();
    if (norm > 1e-3 && Double.isFinite(norm)) {
      orientation = Optional.of(new Quat(o.w() / norm, o.x() / norm, o.y() / norm, o.z() / norm));
    } else if (!(norm <= 1e-3)) {
      throw new IllegalArgumentException("pose.orientation: expected a quaternion, found " + o);
    }
    return new Command.Reach(
        hand, message.header().frameId(), new Vec(p.x(), p.y(), p.z()), orientation);
  }
}
