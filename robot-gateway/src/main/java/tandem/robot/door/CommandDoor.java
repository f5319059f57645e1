package tandem.robot.door;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import tandem.ros2.TopicKey;
import tandem.ros2.graph.LivelinessToken;
import tandem.zenoh.IngressPolicy;
import tandem.zenoh.Router;

/**
 * Invariant I10 on our own router: who may say what, and to whom.
 *
 * <ul>
 *   <li>On a robot's command keys only the session proven to be its guard is taken; others are
 *       refused, counted, named. A robot's own replies on its command services pass. The usual
 *       names, and topics where somebody takes commands, are command keys before their robot is
 *       known; who was refused there is named once it is.
 *   <li>{@code tandem/guard/<robot>/request} is asked by Tandem's own session only, and once a
 *       guard is proven goes to that one only; status and log come from the proven session only.
 *   <li>Sessions known to be different robots' do not hear each other, unless configured. A session
 *       that is no robot's (a tool) hears what it subscribes to.
 *   <li>A put on a wildcard key could be anything: it is refused to all but Tandem itself.
 * </ul>
 *
 * <p>Called for every message: one map look-up. Thread-safe.
 */
public final class CommandDoor implements IngressPolicy {
  /** Names below a robot's namespace that are commands whether somebody listens or not. */
  private static final Set<String> ALWAYS = Set.of("joint_trajectory", "cmd_vel", "stance", "stop");

  private static final String REACH = "reach";
  private static final int MAX_REMEMBERED_KEYS = 50_000;
  private static final long SAY_AGAIN_NANOS = 10_000_000_000L;
  private static final int MAX_REMEMBERED_REFUSALS = 1_000;
  private static final Set<String> COMMAND_TYPES =
      Set.of(
          "trajectory_msgs/msg/JointTrajectory",
          "geometry_msgs/msg/Twist",
          "geometry_msgs/msg/TwistStamped",
          "geometry_msgs/msg/PoseStamped",
          "std_msgs/msg/Float64MultiArray");

  /** Told of a refused foreign command, not more than once in 10 s for the same. */
  public interface Refusals {
    void refused(String robot, String topic, String publisher);
  }

  /** What a key is. */
  private sealed interface Meaning {
    record Open() implements Meaning {}

    record Claim(int domain, String namespace) implements Meaning {}

    record Wildcard() implements Meaning {}

    record Command(String robot, String topic) implements Meaning {}

    /** An action of a robot that its profile does not name: the robot's own business. */
    record Action(String robot, String topic) implements Meaning {}

    /** A command key of a robot that is not known yet. */
    record Early(int domain, String topic) implements Meaning {}

    record GuardRequest(String robot) implements Meaning {}

    record GuardReport(String robot) implements Meaning {}
  }

  /** A topic in a ROS domain. */
  private record Place(int domain, String topic) {}

  /** A robot as the door knows it. */
  private record Protected(String robot, int domain, String namespace, Set<String> topics) {}

  private static final Set<String> ACTION_SERVICES =
      Set.of("/_action/send_goal", "/_action/cancel_goal", "/_action/get_result");

  private final boolean robotsMeet;
  private final boolean ownedByGuard;
  private final Refusals refusals;
  private final AtomicLong refusedPuts = new AtomicLong();
  private final Map<String, Long> saidNanos = new ConcurrentHashMap<>();
  private final Map<Place, Integer> listened = new HashMap<>();
  private final Map<Place, Set<String>> refusedEarly = new HashMap<>();
  private volatile Map<String, Protected> robots = Map.of();
  private volatile Map<String, Router.Peer> guards = Map.of();
  private final Belonging belonging = new Belonging();
  private volatile Map<String, Meaning> meanings = new ConcurrentHashMap<>();
  private volatile String localZid = "";

  /**
   * @param ownedByGuard it is the door of a guard's own listener: its local session is the guard
   *     itself, and anybody may ask it (it takes only a stop that way)
   */
  public CommandDoor(boolean robotsMeet, boolean ownedByGuard, Refusals refusals) {
    this.robotsMeet = robotsMeet;
    this.ownedByGuard = ownedByGuard;
    this.refusals = refusals;
  }

  /** Is the door of this router from now on. */
  public void of(Router router) {
    local(router.local().zid());
    router.onPeer(
        new Router.PeerListener() {
          @Override
          public void opened(Router.Peer peer) {}

          @Override
          public void closed(Router.Peer peer, String why) {
            belonging.left(peer);
          }
        });
  }

  /** Printed zid of Tandem's own session on the router. */
  void local(String zid) {
    localZid = zid;
  }

  /** The command topics and actions of a robot, as its graph shows them now. */
  public synchronized void protect(String robot, int domain, String namespace, Set<String> topics) {
    Protected now = new Protected(robot, domain, namespace, Set.copyOf(topics));
    if (now.equals(robots.get(robot))) {
      return;
    }
    Map<String, Protected> next = new HashMap<>(robots);
    next.put(robot, now);
    robots = Map.copyOf(next);
    meanings = new ConcurrentHashMap<>();
    belonging.robot(robot, domain, namespace);
    tellEarly(now);
  }

  /** Names who tried to command the robot before it was known. */
  private void tellEarly(Protected robot) {
    refusedEarly
        .entrySet()
        .removeIf(
            early -> {
              boolean its =
                  early.getKey().domain() == robot.domain()
                      && isCommand(robot, early.getKey().topic());
              if (its) {
                early
                    .getValue()
                    .forEach(who -> refusals.refused(robot.robot(), early.getKey().topic(), who));
              }
              return its;
            });
  }

  /** The session that proved to be a robot's guard; null: none has. */
  public synchronized void guard(String robot, Router.Peer session) {
    Map<String, Router.Peer> next = new HashMap<>(guards);
    if (session == null) {
      next.remove(robot);
    } else {
      next.put(robot, session);
    }
    guards = Map.copyOf(next);
    belonging.guard(robot, session);
  }

  @Override
  public void token(Router.Peer from, String key, boolean alive) {
    LivelinessToken token;
    try {
      token = LivelinessToken.parse(key);
    } catch (IllegalArgumentException notOfRos) {
      return;
    }
    belonging.token(from, token, alive);
    boolean takesCommands =
        token.kind() == LivelinessToken.Kind.SUBSCRIPTION
            && token.type().map(type -> COMMAND_TYPES.contains(type.toString())).orElse(false);
    if (takesCommands) {
      listen(new Place(token.domain(), token.name()), alive);
    }
  }

  private synchronized void listen(Place place, boolean alive) {
    Integer before = listened.get(place);
    if (alive) {
      listened.merge(place, 1, Integer::sum);
    } else {
      listened.computeIfPresent(place, (same, count) -> count == 1 ? null : count - 1);
    }
    if (before == null || !listened.containsKey(place)) {
      meanings = new ConcurrentHashMap<>();
    }
  }

  /** Whether this session is the robot's proven guard. */
  public boolean isGuard(String robot, String zid) {
    Router.Peer guard = guards.get(robot);
    return guard != null && guard.zid().equals(zid);
  }

  /** Whether this session is some robot's proven guard. */
  public boolean isGuard(String zid) {
    return guards.values().stream().anyMatch(guard -> guard.zid().equals(zid));
  }

  /** Puts, deletes and queries that were refused. */
  public long refused() {
    return refusedPuts.get();
  }

  @Override
  public boolean accept(Router.Peer from, Kind kind, String key) {
    return switch (meaning(key)) {
      case Meaning.Open open -> true;
      case Meaning.Claim(int domain, String namespace) -> {
        if (kind == Kind.PUT && !isLocal(from)) {
          belonging.claimed(from, domain, namespace);
        }
        yield true;
      }
      case Meaning.Wildcard wildcard ->
          kind == Kind.QUERY || kind == Kind.REPLY || isLocal(from) || refuse("?", key, from);
      case Meaning.Command(String robot, String topic) ->
          from.equals(guards.get(robot))
              || ownedByGuard && isLocal(from)
              || kind == Kind.REPLY && belonging.of(from, robot)
              || refuse(robot, topic, from);
      case Meaning.Action(String robot, String topic) ->
          from.equals(guards.get(robot))
              || ownedByGuard && isLocal(from)
              || belonging.of(from, robot)
              || refuse(robot, topic, from);
      case Meaning.Early(int domain, String topic) ->
          kind == Kind.REPLY || ownedByGuard && isLocal(from) || refuseEarly(domain, topic, from);
      case Meaning.GuardRequest(String robot) ->
          kind == Kind.REPLY || ownedByGuard || isLocal(from) || refuse(robot, key, from);
      case Meaning.GuardReport(String robot) ->
          from.equals(guards.get(robot)) || kind == Kind.QUERY || isLocal(from);
    };
  }

  @Override
  public boolean route(Router.Peer from, Router.Peer to, Kind kind, String key) {
    if (meaning(key) instanceof Meaning.GuardRequest(String robot) && kind == Kind.QUERY) {
      Router.Peer guard = guards.get(robot);
      return guard == null || guard.equals(to);
    }
    if (kind == Kind.QUERY && meaning(key) instanceof Meaning.Wildcard && !isLocal(from)) {
      // It could hit a command service, or a guard: only histories of latched topics are for all.
      boolean history = key.contains("/@adv/");
      if (isGuard(to.zid()) || !history && belonging.ofAny(to)) {
        return false;
      }
    }
    return robotsMeet || !belonging.apart(from, to);
  }

  private boolean isLocal(Router.Peer from) {
    return from.zid().equals(localZid);
  }

  private boolean refuse(String robot, String topic, Router.Peer from) {
    refusedPuts.incrementAndGet();
    String who = name(from);
    long now = System.nanoTime();
    if (saidNanos.size() >= MAX_REMEMBERED_REFUSALS) {
      saidNanos.clear();
    }
    Long said = saidNanos.get(who + topic);
    if (said == null || now - said > SAY_AGAIN_NANOS) {
      saidNanos.put(who + topic, now);
      refusals.refused(robot, topic, who);
    }
    return false;
  }

  private boolean refuseEarly(int domain, String topic, Router.Peer from) {
    refusedPuts.incrementAndGet();
    synchronized (this) {
      if (refusedEarly.size() < MAX_REMEMBERED_REFUSALS) {
        Set<String> who =
            refusedEarly.computeIfAbsent(new Place(domain, topic), absent -> new HashSet<>());
        if (who.size() < MAX_REMEMBERED_REFUSALS) {
          who.add(name(from));
        }
      }
    }
    return false;
  }

  /** How a session is named to people. */
  public static String name(Router.Peer peer) {
    return "session "
        + peer.zid()
        + (peer.remote() == null
            ? ""
            : " at " + peer.remote().getAddress().getHostAddress() + ":" + peer.remote().getPort());
  }

  private Meaning meaning(String key) {
    Map<String, Meaning> known = meanings;
    Meaning meaning = known.get(key);
    if (meaning == null) {
      meaning = find(key);
      if (known.size() < MAX_REMEMBERED_KEYS) {
        known.put(key, meaning);
      }
    }
    return meaning;
  }

  private Meaning find(String key) {
    if (key.startsWith("tandem/guard/")) {
      String[] chunks = key.split("/", -1);
      if (chunks.length == 4 && chunks[3].equals("request")) {
        return new Meaning.GuardRequest(chunks[2]);
      }
      return new Meaning.GuardReport(chunks.length > 2 ? chunks[2] : "");
    }
    if (key.indexOf('*') >= 0) {
      return new Meaning.Wildcard();
    }
    TopicKey topic;
    try {
      topic = TopicKey.parse(key);
    } catch (IllegalArgumentException notRos) {
      return new Meaning.Open(); // no ROS subscriber can be behind a key that is no ROS key
    }
    for (Protected robot : robots.values()) {
      if (robot.domain() == topic.domain() && isCommand(robot, topic.name())) {
        return new Meaning.Command(robot.robot(), topic.name());
      }
    }
    for (Protected robot : robots.values()) {
      if (robot.domain() == topic.domain()
          && isServiceOfAction(topic.name())
          && under(robot, topic.name())) {
        return new Meaning.Action(robot.robot(), topic.name());
      }
    }
    if (isCommandAnywhere(topic.domain(), topic.name())) {
      return new Meaning.Early(topic.domain(), topic.name());
    }
    var claim = Identity.claim(topic.name());
    return claim.isPresent() ? new Meaning.Claim(topic.domain(), claim.get()) : new Meaning.Open();
  }

  private synchronized boolean isCommandAnywhere(int domain, String topic) {
    int slash = topic.lastIndexOf('/');
    int before = topic.lastIndexOf('/', slash - 1);
    return ALWAYS.contains(topic.substring(slash + 1))
        || before >= 0 && topic.substring(before + 1, slash).equals(REACH)
        || listened.containsKey(new Place(domain, topic))
        || isServiceOfAction(topic);
  }

  private static boolean isServiceOfAction(String topic) {
    int at = topic.indexOf("/_action/");
    return at > 0 && ACTION_SERVICES.contains(topic.substring(at));
  }

  private static boolean under(Protected robot, String topic) {
    return topic.startsWith(prefix(robot));
  }

  private static String prefix(Protected robot) {
    return robot.namespace().equals(Identity.ROOT) ? "/" : robot.namespace() + "/";
  }

  private static boolean isCommand(Protected robot, String topic) {
    if (robot.topics().contains(topic) || isCommandOfAction(robot, topic)) {
      return true;
    }
    if (!under(robot, topic)) {
      return false;
    }
    String rest = topic.substring(prefix(robot).length());
    return ALWAYS.contains(rest) || rest.startsWith(REACH + "/");
  }

  /** Its feedback and status are the robot's own. */
  private static boolean isCommandOfAction(Protected robot, String topic) {
    return isServiceOfAction(topic)
        && robot.topics().contains(topic.substring(0, topic.indexOf("/_action/")));
  }

  /** The robots and their command topics, for tests and people. */
  Map<String, Set<String>> protectedTopics() {
    Map<String, Set<String>> topics = new HashMap<>();
    robots.forEach((name, robot) -> topics.put(name, new HashSet<>(robot.topics())));
    return topics;
  }
}
