package tandem.robot.guard;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import tandem.proto.body.Urdf;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.GoalFeedback;
import tandem.robot.door.Identity;
import tandem.ros2.Attachment;
import tandem.ros2.Qos;
import tandem.ros2.TopicKey;
import tandem.ros2.TypeHash;
import tandem.ros2.TypeName;
import tandem.ros2.action.Actions;
import tandem.ros2.cdr.Float64s;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.msg.BoolMessage;
import tandem.ros2.msg.Float64MultiArray;
import tandem.ros2.msg.Header;
import tandem.ros2.msg.Imu;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.JointTrajectory;
import tandem.ros2.msg.JointTrajectoryPoint;
import tandem.ros2.msg.MultiArrayLayout;
import tandem.ros2.msg.Odometry;
import tandem.ros2.msg.Point;
import tandem.ros2.msg.Pose;
import tandem.ros2.msg.PoseStamped;
import tandem.ros2.msg.Quaternion;
import tandem.ros2.msg.RosDuration;
import tandem.ros2.msg.SetBool;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.msg.Time;
import tandem.ros2.msg.Twist;
import tandem.ros2.msg.TwistStamped;
import tandem.ros2.msg.Vector3;
import tandem.ros2.msg.WrenchStamped;
import tandem.ros2.node.GraphWatch;
import tandem.ros2.node.Ros2Node;
import tandem.ros2.node.Ros2Publisher;
import tandem.ros2.node.ServiceClient;
import tandem.zenoh.Declared;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * The guard as a ROS 2 node on one link: hears the robot, and publishes commands when it is told
 * to. Thread-safe; never blocks: a command that the link cannot take at once is dropped, not kept
 * for later (invariant I3).
 */
final class GuardLink implements AutoCloseable {
  static final String NODE = "tandem_guard";
  private static final tandem.zenoh.Qos AT_ONCE =
      new tandem.zenoh.Qos(1, tandem.zenoh.Qos.Congestion.DROP, true, true);
  private static final Set<String> COMMAND_TYPES =
      Set.of(
          MotionPlan.TRAJECTORY,
          MotionPlan.POSE,
          MotionPlan.TWIST,
          MotionPlan.TWIST_STAMPED,
          MotionPlan.ARRAY);
  private static final int MAX_ACTIONS = 64;
  private static final Duration STOP_WITHIN = Duration.ofSeconds(1);
  private static final double ABSENT = -1;
  private static final System.Logger LOG = System.getLogger(GuardLink.class.getName());

  private final Session session;
  private final int domain;
  private final String namespace;
  private final BodyTracker body;
  private final long startNanos;
  private final Ros2Node node;
  private final GraphWatch watch;
  private final List<Declared> subscriptions = new ArrayList<>();
  private final Map<String, Ros2Publisher<byte[]>> publishers = new HashMap<>();
  private final Set<String> foreignTold = ConcurrentHashMap.newKeySet();
  private final AtomicLong malformed = new AtomicLong();
  private final Consumer<GuardInput> tell;
  private final RobotClock clock = new RobotClock();
  private final Map<String, ActionGoals> actions = new HashMap<>();
  private final Map<String, ServiceClient<SetBool.Request, SetBool.Response>> stops =
      new HashMap<>();

  /**
   * @param startNanos {@code System.nanoTime()} at the guard's start
   * @param tell how goals ended, and what the robot says of its body; on receiving threads
   */
  GuardLink(
      Session session,
      int domain,
      String namespace,
      BodyTracker body,
      long startNanos,
      Consumer<GuardInput> tell) {
    this.session = session;
    this.tell = tell;
    this.domain = domain;
    this.namespace = namespace;
    this.body = body;
    this.startNanos = startNanos;
    this.node = new Ros2Node(session, domain, namespace, NODE);
    this.watch = new GraphWatch(session, domain);
    subscribe("joint_states", JointState.TYPE.name(), this::joints);
    subscribe("odom", Odometry.TYPE.name(), this::odometry);
    subscribe(
        "left_foot/wrench",
        WrenchStamped.TYPE.name(),
        (payload, origin) -> foot(true, payload, origin));
    subscribe(
        "right_foot/wrench",
        WrenchStamped.TYPE.name(),
        (payload, origin) -> foot(false, payload, origin));
    node.subscribe(
        "robot_description",
        StringMessage.TYPE,
        Qos.latched(1),
        sample -> described(sample.message().data()));
    subscribe("imu/data", Imu.TYPE.name(), this::attitude);
    subscribe("imu", Imu.TYPE.name(), this::attitude);
  }

  Session session() {
    return session;
  }

  String namespace() {
    return namespace;
  }

  long malformed() {
    return malformed.get();
  }

  private String full(String name) {
    return (namespace.equals(Identity.ROOT) ? "" : namespace) + "/" + name;
  }

  private interface Reading {
    void read(byte[] payload, BodyTracker.Origin origin);
  }

  private void subscribe(String topic, TypeName type, Reading reading) {
    String key = domain + full(topic) + "/" + type.dds() + "/*";
    subscriptions.add(session.declareSubscriber(key, sample -> heard(sample, reading)));
  }

  private void heard(Sample sample, Reading reading) {
    Attachment attachment =
        Attachment.problem(sample.attachment()) == null
            ? Attachment.parse(sample.attachment())
            : null;
    var origin =
        new BodyTracker.Origin(
            attachment == null ? sample.sourceZid() + sample.key() : attachment.gid().toString(),
            attachment == null ? -1 : attachment.sequence(),
            attachment == null ? -1 : attachment.sourceTimeNanos(),
            sample.receivedNanos() - startNanos);
    try {
      reading.read(sample.payload(), origin);
    } catch (IllegalArgumentException unreadable) {
      malformed.incrementAndGet(); // the gateway names it; here it only does not count
    }
  }

  private void joints(byte[] payload, BodyTracker.Origin origin) {
    JointState message = JointState.TYPE.decode(payload);
    if (origin.sourceNanos() >= 0) {
      clock.heard(origin.receivedNanos() + startNanos, origin.sourceNanos());
    }
    body.joints(origin, message.name(), message.position().toArray());
  }

  private void odometry(byte[] payload, BodyTracker.Origin origin) {
    Odometry message = Odometry.TYPE.decode(payload);
    Quaternion q = message.pose().pose().orientation();
    Vector3 linear = message.twist().twist().linear();
    body.odometry(
        origin,
        q.x(),
        q.y(),
        q.z(),
        q.w(),
        message.pose().pose().position().z(),
        Math.hypot(linear.x(), linear.y()),
        Math.abs(message.twist().twist().angular().z()));
  }

  private void foot(boolean left, byte[] payload, BodyTracker.Origin origin) {
    body.foot(origin, left, Math.abs(WrenchStamped.TYPE.decode(payload).wrench().force().z()));
  }

  private void attitude(byte[] payload, BodyTracker.Origin origin) {
    Imu message = Imu.TYPE.decode(payload);
    if (message.orientationCovariance().get(0) != ABSENT) {
      Quaternion q = message.orientation();
      body.attitude(origin, q.x(), q.y(), q.z(), q.w());
    }
  }

  /**
   * The robot's subscribers that are seen here now; makes the publishers for them, so that a
   * command meets its subscriber at once.
   */
  synchronized List<GuardInput.Listener> listeners() {
    Set<GuardInput.Listener> found = new LinkedHashSet<>();
    for (LivelinessToken entity : watch.graph().endpoints(Kind.SUBSCRIPTION)) {
      String type = entity.type().map(TypeName::toString).orElse("");
      boolean command =
          COMMAND_TYPES.contains(type)
              || type.equals(MotionPlan.BOOL) && entity.name().equals(full("stop"))
              || type.equals(MotionPlan.STRING) && entity.name().equals(full("stance"));
      if (command
          && Identity.isUnder(entity.namespace(), namespace)
          && Identity.isUnder(entity.name(), namespace)
          && !entity.node().equals(NODE)) {
        var listener = new GuardInput.Listener(entity.name(), type, entity.hash().text());
        found.add(listener);
        publisher(listener.topic(), entity.type().orElseThrow(), listener.typeHash());
      }
    }
    for (LivelinessToken entity : watch.graph().endpoints(Kind.SERVICE_SERVER)) {
      if (Identity.isUnder(entity.namespace(), namespace)
          && Identity.isUnder(entity.name(), namespace)) {
        served(entity).ifPresent(found::add);
      }
    }
    return List.copyOf(found);
  }

  /** The robot's nodes, by full name, that are seen here to take what is sent to this target. */
  Set<String> hearers(CommandTarget target) {
    Set<String> found = new TreeSet<>();
    for (LivelinessToken entity : watch.graph().entities()) {
      boolean hears =
          switch (entity.kind()) {
            case SUBSCRIPTION ->
                entity.name().equals(target.getTopic()) && !entity.node().equals(NODE);
            case SERVICE_SERVER ->
                Actions.of(entity)
                    .filter(action -> action.name().equals(target.getTopic()))
                    .isPresent();
            case NODE, PUBLISHER, SERVICE_CLIENT -> false;
          };
      if (hears && Identity.isUnder(entity.namespace(), namespace)) {
        found.add(entity.fullNodeName());
      }
    }
    return found;
  }

  /** Whether what the guard measures the robot by is published here. */
  boolean isMeasured() {
    return watch.graph().endpoints(Kind.PUBLISHER).stream()
        .anyMatch(
            entity ->
                Identity.isUnder(entity.namespace(), namespace)
                    && (entity.name().equals(full("joint_states"))
                        || entity.name().equals(full("odom"))));
  }

  /** An action or stop service of the robot that this guard can call; its client is made. */
  private Optional<GuardInput.Listener> served(LivelinessToken entity) {
    Optional<Actions.Found> action =
        Actions.of(entity).filter(one -> ActionGoals.known(one.type().toString()));
    if (action.isPresent()) {
      String type = action.get().type().toString();
      return goals(type, action.get().name(), action.get().hash()) == null
          ? Optional.empty()
          : Optional.of(
              new GuardInput.Listener(action.get().name(), type, action.get().hash().text()));
    }
    Optional<TopicKey> key = entity.topicKey();
    if (key.isPresent()
        && entity.name().equals(full("stop"))
        && key.get().type().filter(SetBool.TYPE.name()::equals).isPresent()) {
      stops.computeIfAbsent(
          key.get().key(), absent -> node.client(key.get(), SetBool.TYPE, AT_ONCE));
      return Optional.of(
          new GuardInput.Listener(
              entity.name(), SetBool.TYPE.name().toString(), entity.hash().text()));
    }
    return Optional.empty();
  }

  /** Null where the action is of another version, or there are too many. */
  private ActionGoals goals(String type, String action, TypeHash hash) {
    String known = type + " " + action + " " + hash.text();
    if (!actions.containsKey(known) && actions.size() < MAX_ACTIONS) {
      ActionGoals made = null;
      try {
        made = new ActionGoals(node, type, action, hash, AT_ONCE, clock, tell);
      } catch (IllegalArgumentException otherVersion) {
        LOG.log(System.Logger.Level.WARNING, "{0}; not used", otherVersion.getMessage());
      }
      actions.put(known, made);
    }
    return actions.get(known);
  }

  /** What the robot's action servers say of goals that run. */
  synchronized Optional<GoalFeedback> feedback() {
    return actions.values().stream()
        .filter(Objects::nonNull)
        .map(ActionGoals::feedback)
        .flatMap(Optional::stream)
        .findFirst();
  }

  /** As the other; null also where the server was never seen. */
  private ActionGoals goals(CommandTarget target) {
    return target.getTypeHash().isEmpty()
        ? null
        : goals(target.getType(), target.getTopic(), new TypeHash(target.getTypeHash()));
  }

  private Ros2Publisher<byte[]> publisher(CommandTarget target, TypeName type) {
    return publisher(target.getTopic(), type, target.getTypeHash());
  }

  private Ros2Publisher<byte[]> publisher(String topic, TypeName type, String hash) {
    TopicKey key = TopicKey.of(domain, topic, type, new TypeHash(hash));
    return publishers.computeIfAbsent(
        key.key(), absent -> node.publisher(key, Qos.reliable(1), AT_ONCE));
  }

  private void described(String urdf) {
    try {
      tell.accept(new GuardInput.Described(Urdf.parse(urdf)));
    } catch (IllegalArgumentException malformed) {
      this.malformed.incrementAndGet(); // the gateway names it; here it only does not count
    }
  }

  /** Publishers of these topics and clients of these actions that are not this guard's. */
  Set<String> foreigners(Set<String> topics, Set<String> ownZids) {
    Set<String> found = new TreeSet<>();
    for (LivelinessToken entity : watch.graph().entities()) {
      if (commands(entity, topics) && !ownZids.contains(entity.zid())) {
        found.add("node " + entity.fullNodeName() + " on " + entity.name());
      }
    }
    return found;
  }

  private static boolean commands(LivelinessToken entity, Set<String> topics) {
    return switch (entity.kind()) {
      case PUBLISHER -> topics.contains(entity.name());
      case SERVICE_CLIENT ->
          Actions.of(entity).filter(action -> topics.contains(action.name())).isPresent();
      case NODE, SUBSCRIPTION, SERVICE_SERVER -> false;
    };
  }

  /**
   * Publishers on these topics, and clients of these actions, that are not this guard's: topic and
   * who, each told once.
   */
  List<GuardInput.Foreign> foreign(Set<String> topics, Set<String> ownZids) {
    List<GuardInput.Foreign> found = new ArrayList<>();
    for (LivelinessToken entity : watch.graph().entities()) {
      if (commands(entity, topics) && !ownZids.contains(entity.zid())) {
        String who = "node " + entity.fullNodeName() + " of session " + entity.zid();
        if (foreignTold.size() < 1_000 && foreignTold.add(who + entity.name())) {
          found.add(new GuardInput.Foreign(entity.name(), who, false));
        }
      }
    }
    return found;
  }

  /** Now, in the robot's clock where that is known; else zero. */
  private Time stamp() {
    OptionalLong now = clock.at(System.nanoTime());
    return now.isEmpty() ? Time.ZERO : Time.ofNanos(now.getAsLong());
  }

  /** Sends; empty when it went out, else why not. */
  synchronized String send(GuardEffect.MoveJoints move) {
    return switch (move.target().getType()) {
      case MotionPlan.TRAJECTORY -> trajectory(move);
      case MotionPlan.FOLLOW -> {
        ActionGoals goals = goals(move.target());
        yield goals == null ? unspoken(move.target()) : goals.send(move, stamp(move));
      }
      default -> unspoken(move.target());
    };
  }

  /**
   * When a motion begins, in the robot's clock: so that one which comes late is seen to be late. A
   * hold acts whenever it comes.
   */
  private Time stamp(GuardEffect.MoveJoints move) {
    return move.commandId().isEmpty() ? Time.ZERO : stamp();
  }

  private String trajectory(GuardEffect.MoveJoints move) {
    JointTrajectory message =
        new JointTrajectory(
            new Header(stamp(move), ""),
            move.joints(),
            List.of(point(move.startRad(), 0), point(move.endRad(), move.durationSeconds())));
    return put(
        publisher(move.target(), JointTrajectory.TYPE.name()),
        JointTrajectory.TYPE.encode(message));
  }

  private static JointTrajectoryPoint point(List<Double> positions, double seconds) {
    return new JointTrajectoryPoint(
        array(positions),
        Float64s.of(new double[positions.size()]),
        Float64s.EMPTY,
        Float64s.EMPTY,
        RosDuration.ofNanos(Math.round(seconds * 1e9)));
  }

  /** As the other. */
  synchronized String send(GuardEffect.StreamJoints stream) {
    return switch (stream.target().getType()) {
      case MotionPlan.TRAJECTORY ->
          put(
              publisher(stream.target(), JointTrajectory.TYPE.name()),
              JointTrajectory.TYPE.encode(
                  new JointTrajectory(new Header(stamp(), ""), stream.joints(), points(stream))));
      case MotionPlan.ARRAY ->
          put(
              publisher(stream.target(), Float64MultiArray.TYPE.name()),
              Float64MultiArray.TYPE.encode(
                  new Float64MultiArray(
                      new MultiArrayLayout(List.of(), 0), array(stream.positionsRad()))));
      default -> unspoken(stream.target());
    };
  }

  private static List<JointTrajectoryPoint> points(GuardEffect.StreamJoints stream) {
    JointTrajectoryPoint next =
        new JointTrajectoryPoint(
            array(stream.positionsRad()),
            array(stream.velocitiesRadPerSec()),
            Float64s.EMPTY,
            Float64s.EMPTY,
            RosDuration.ofNanos(Math.round(stream.seconds() * 1e9)));
    return stream.restSeconds() > stream.seconds()
        ? List.of(next, point(stream.restRad(), stream.restSeconds()))
        : List.of(next);
  }

  private static Float64s array(List<Double> values) {
    return Float64s.of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** As the other; where any orientation will do, the quaternion is all zeros. */
  synchronized String send(GuardEffect.MoveTip move) {
    var pose = move.pose();
    PoseStamped message =
        new PoseStamped(
            new Header(stamp(), move.frame()),
            new Pose(
                new Point(pose.getXMeters(), pose.getYMeters(), pose.getZMeters()),
                move.withOrientation()
                    ? new Quaternion(pose.getQx(), pose.getQy(), pose.getQz(), pose.getQw())
                    : new Quaternion(0, 0, 0, 0)));
    return put(publisher(move.target(), PoseStamped.TYPE.name()), PoseStamped.TYPE.encode(message));
  }

  /** As the other. */
  synchronized String send(GuardEffect.MoveBase move) {
    Twist twist = new Twist(new Vector3(move.vx(), move.vy(), 0), new Vector3(0, 0, move.wz()));
    return switch (move.target().getType()) {
      case MotionPlan.TWIST ->
          put(publisher(move.target(), Twist.TYPE.name()), Twist.TYPE.encode(twist));
      case MotionPlan.TWIST_STAMPED ->
          put(
              publisher(move.target(), TwistStamped.TYPE.name()),
              TwistStamped.TYPE.encode(new TwistStamped(new Header(stamp(), move.frame()), twist)));
      default -> unspoken(move.target());
    };
  }

  /** As the other. */
  synchronized String send(GuardEffect.TakeStance take) {
    return take.target().getType().equals(MotionPlan.STRING)
        ? put(
            publisher(take.target(), StringMessage.TYPE.name()),
            StringMessage.TYPE.encode(new StringMessage(take.stance())))
        : unspoken(take.target());
  }

  /** As the other. */
  synchronized String send(GuardEffect.NavigateTo go) {
    ActionGoals goals = ActionGoals.known(go.target().getType()) ? goals(go.target()) : null;
    return goals == null ? unspoken(go.target()) : goals.send(go, stamp());
  }

  /** As the other. */
  synchronized String send(GuardEffect.CancelGoals cancel) {
    ActionGoals goals =
        ActionGoals.known(cancel.target().getType()) ? goals(cancel.target()) : null;
    if (goals == null) {
      return unspoken(cancel.target());
    }
    return cancel.all() ? goals.cancelAll() : goals.cancel(cancel.commands());
  }

  private static String unspoken(CommandTarget target) {
    return "%s %s: nothing is known about sending %s"
        .formatted(target.getKind(), target.getTopic(), target.getType());
  }

  /** Tells the robot's own stop, where it has one. */
  synchronized void send(GuardEffect.TellStop order) {
    byte[] message = BoolMessage.TYPE.encode(new BoolMessage(order.stop()));
    for (GuardInput.Listener listener : listeners()) {
      if (listener.type().equals(MotionPlan.BOOL)) {
        put(publisher(listener.topic(), BoolMessage.TYPE.name(), listener.typeHash()), message);
      }
    }
    stops.values().forEach(stop -> stop.call(new SetBool.Request(order.stop()), STOP_WITHIN));
  }

  private String put(Ros2Publisher<byte[]> publisher, byte[] message) {
    try {
      return publisher.publishCdr(message)
          ? ""
          : "the link took nothing for " + publisher.key().name() + " at once";
    } catch (RuntimeException failed) {
      return publisher.key().name() + ": " + failed.getMessage();
    }
  }

  @Override
  public synchronized void close() {
    subscriptions.forEach(Declared::close);
    watch.close();
    node.close();
  }
}
