package tandem.sim.robot;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.ros2.TopicKey;
import tandem.ros2.TypeName;
import tandem.ros2.action.ActionServer;
import tandem.ros2.action.ActionType;
import tandem.ros2.action.Actions;
import tandem.ros2.action.GoalId;
import tandem.ros2.action.GoalStatus;
import tandem.ros2.dynamic.DynamicMessage;
import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.msg.Time;
import tandem.ros2.node.GraphWatch;
import tandem.ros2.node.Ros2Node;
import tandem.sim.body.Pose;
import tandem.sim.body.Quat;
import tandem.sim.control.Command;
import tandem.sim.control.Navigation;
import tandem.sim.control.SimulatedHumanoid;
import tandem.sim.sense.Messages;
import tandem.zenoh.SessionConfig;

/**
 * The action {@code navigate_to_pose} of a robot whose base can be led, the same on all its links.
 *
 * <p>A goal that may start goes through the {@link Inbox} as a {@link Command.Navigate}; what
 * becomes of it is seen by {@link #look}, on the stepping thread, after every step. The handler's
 * methods come on receiving threads. At most {@link ActionServer#MAX_RUNNING} goals per link are
 * open.
 *
 * <p>Its watchdog: a goal comes to rest and is aborted where for {@link #ALONE} no client of the
 * action, whichever, is in the graph of the link that the goal came over, or that link is down. Of
 * a client that only stands still the graph knows when the lease of its session is over.
 */
final class Navigator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Navigator.class);

  static final ActionType TYPE =
      ActionType.of(InterfaceRegistry.bundled(), TypeName.parse("nav2_msgs/action/NavigateToPose"));

  static final String NAME = "navigate_to_pose";

  /** A goal goes on so long without any client of the action. */
  static final Duration ALONE = Duration.ofSeconds(2);

  /** From the last word of a client to the end of its goal: its lease, where that is the usual. */
  static final Duration WATCHDOG = SessionConfig.to().lease().plus(ALONE);

  private static final String CLIENT_GONE = "its client is gone";
  private static final double FEEDBACK_SECONDS = 0.2;

  private final Inbox inbox;
  private final Map<ActionServer.Goal, Way> open = new ConcurrentHashMap<>();
  private final List<Served> links = new CopyOnWriteArrayList<>();
  private volatile String unable = "";
  private long lapses;

  /** The stepping thread's, but for the navigation itself, which is made with it. */
  private static final class Way {
    final Navigation navigation;
    final Served link;
    double toldSeconds = Double.NEGATIVE_INFINITY;
    long clientSeenNanos = System.nanoTime();

    Way(Navigation navigation, Served link) {
      this.navigation = navigation;
      this.link = link;
    }
  }

  /** One link, and the clients of the action that are seen there. */
  private final class Served implements ActionServer.Handler, Graph.Listener, AutoCloseable {
    private final Ros2Node node;
    private final String action;
    private final Set<LivelinessToken> clients = ConcurrentHashMap.newKeySet();
    private final GraphWatch watch;

    Served(Ros2Node node) {
      this.node = node;
      this.action = TopicKey.resolve(node.namespace(), NAME);
      this.watch = new GraphWatch(node.session(), node.domain());
      watch.graph().listen(this);
    }

    @Override
    public void appeared(LivelinessToken entity) {
      if (isClient(entity)) clients.add(entity);
    }

    @Override
    public void vanished(LivelinessToken entity) {
      clients.remove(entity);
    }

    private boolean isClient(LivelinessToken entity) {
      return Actions.of(entity)
          .filter(found -> found.name().equals(action) && !found.clients().isEmpty())
          .isPresent();
    }

    /** While the link is down the graph is as it was. */
    boolean hasClient() {
      return node.session().connected() && !clients.isEmpty();
    }

    @Override
    public boolean mayStart(GoalId id, DynamicMessage goal) {
      return Navigator.this.mayStart(goal);
    }

    @Override
    public void started(ActionServer.Goal goal) {
      Navigator.this.started(goal, this);
    }

    @Override
    public boolean mayCancel(ActionServer.Goal goal) {
      return true;
    }

    /** {@link #heedCancels} sees that it is CANCELING. */
    @Override
    public void cancelling(ActionServer.Goal goal) {}

    @Override
    public void close() {
      watch.close();
    }
  }

  Navigator(Inbox inbox) {
    this.inbox = inbox;
  }

  /** Serves it on one more link, until that node is closed. */
  void serve(Ros2Node node) {
    var link = new Served(node);
    links.add(link);
    new ActionServer(node, NAME, TYPE, ActionServer.KEEP_RESULTS, link);
  }

  /** Goals that came to rest because no client was seen; the stepping thread's. */
  long lapses() {
    return lapses;
  }

  private boolean mayStart(DynamicMessage goal) {
    String why = unable;
    try {
      place(goal);
    } catch (IllegalArgumentException e) {
      why = e.getMessage();
    }
    if (!why.isEmpty()) inbox.refuse("%s: %s; nothing moved".formatted(NAME, why));
    return why.isEmpty();
  }

  private void started(ActionServer.Goal goal, Served link) {
    var way = new Way(new Navigation(place(goal.message())), link);
    if (inbox.offer(NAME, new Command.Navigate(way.navigation))) {
      open.put(goal, way);
    } else {
      goal.execute();
      goal.end(GoalStatus.ABORTED, result("too many commands wait already; nothing moved"));
    }
  }

  /** A place in odom; height and tilt of the pose do not count. */
  private static Navigation.Place place(DynamicMessage goal) {
    String frame = (String) goal.get("pose.header.frame_id");
    if (!frame.isEmpty() && !frame.equals(Messages.ODOM)) {
      throw new IllegalArgumentException(
          "pose.header.frame_id: expected %s or none, found %s".formatted(Messages.ODOM, frame));
    }
    String tree = (String) goal.get("behavior_tree");
    if (!tree.isEmpty()) {
      throw new IllegalArgumentException("behavior_tree: expected none, found " + tree);
    }
    double x = (Double) goal.get("pose.pose.position.x");
    double y = (Double) goal.get("pose.pose.position.y");
    if (!Double.isFinite(x) || !Double.isFinite(y)) {
      throw new IllegalArgumentException(
          "pose.pose.position: expected finite numbers, found %s %s".formatted(x, y));
    }
    String at = "pose.pose.orientation.";
    var q =
        new Quat(
            (Double) goal.get(at + "w"),
            (Double) goal.get(at + "x"),
            (Double) goal.get(at + "y"),
            (Double) goal.get(at + "z"));
    double norm = Math.sqrt(q.w() * q.w() + q.x() * q.x() + q.y() * q.y() + q.z() * q.z());
    if (!(norm > 1e-3) || !Double.isFinite(norm)) {
      throw new IllegalArgumentException(
          "pose.pose.orientation: expected a quaternion, found " + q);
    }
    return new Navigation.Place(x, y, q.normalized().yaw());
  }

  /**
   * Lets cancelled goals come to rest. Called between taking a command from the inbox and obeying
   * it: a zero velocity that was sent after a cancel must find it cancelled. Stepping thread.
   */
  void heedCancels() {
    open.forEach(
        (goal, way) -> {
          if (goal.status() == GoalStatus.CANCELING) way.navigation.rest();
        });
  }

  /** What the step did to the goals, told to their clients. */
  void look(SimulatedHumanoid robot, Time stamp) {
    unable =
        robot.motion().stopLatched()
            ? "stop is latched; release it first"
            : robot.falls().fallen() ? "the robot has fallen" : "";
    heedCancels();
    long nowNanos = System.nanoTime();
    open.forEach(
        (goal, way) -> {
          watch(goal, way, nowNanos);
          look(goal, way, robot, stamp);
        });
  }

  private void watch(ActionServer.Goal goal, Way way, long nowNanos) {
    if (way.link.hasClient()) way.clientSeenNanos = nowNanos;
    if (nowNanos - way.clientSeenNanos < ALONE.toNanos() || !way.navigation.wanted()) return;
    lapses++;
    LOG.warn(
        "{}: goal {}: no client of the action was seen for {} s; it comes to rest",
        NAME,
        goal.id(),
        ALONE.toSeconds());
    way.navigation.rest(CLIENT_GONE);
  }

  private void look(ActionServer.Goal goal, Way way, SimulatedHumanoid robot, Time stamp) {
    Navigation navigation = way.navigation;
    if (navigation.state() == Navigation.State.WAITING) return;
    goal.execute();
    Optional<GoalStatus> end =
        switch (navigation.state()) {
          case WAITING, GOING, RESTING -> Optional.empty();
          case ARRIVED -> Optional.of(GoalStatus.SUCCEEDED);
          case RESTED -> Optional.of(GoalStatus.CANCELED);
          case BROKEN -> Optional.of(GoalStatus.ABORTED);
        };
    if (end.isPresent()) {
      open.remove(goal);
      goal.end(end.get(), result(navigation.why()));
    } else if (navigation.seconds() - way.toldSeconds >= FEEDBACK_SECONDS) {
      way.toldSeconds = navigation.seconds();
      goal.feedback(feedback(navigation, robot.base(), stamp));
    }
  }

  /** 0 is NONE in the definition, which has no other: 1 is any failure, the words tell which. */
  private static DynamicMessage result(String why) {
    return TYPE.result(Map.of("error_code", why.isEmpty() ? 0 : 1, "error_msg", why));
  }

  private static DynamicMessage feedback(Navigation navigation, Pose base, Time stamp) {
    var p = base.position();
    var q = base.orientation();
    return TYPE.feedback(
        Map.of(
            "current_pose",
            Map.of(
                "header",
                Map.of(
                    "stamp",
                    Map.of("sec", stamp.sec(), "nanosec", stamp.nanosec()),
                    "frame_id",
                    Messages.ODOM),
                "pose",
                Map.of(
                    "position",
                    Map.of("x", p.x(), "y", p.y(), "z", p.z()),
                    "orientation",
                    Map.of("x", q.x(), "y", q.y(), "z", q.z(), "w", q.w()))),
            "navigation_time",
            duration(navigation.seconds()),
            "estimated_time_remaining",
            duration(navigation.secondsLeft()),
            "distance_remaining",
            (float) navigation.metersLeft()));
  }

  private static Map<String, ?> duration(double seconds) {
    long nanos = Math.round(seconds * 1e9);
    return Map.of(
        "sec", Math.floorDiv(nanos, 1_000_000_000L),
        "nanosec", Math.floorMod(nanos, 1_000_000_000L));
  }

  /** Looks for clients no more; its nodes are their owner's. */
  @Override
  public void close() {
    links.forEach(Served::close);
  }
}
