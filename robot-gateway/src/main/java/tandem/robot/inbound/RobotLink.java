package tandem.robot.inbound;

import akka.actor.typed.Behavior;
import akka.actor.typed.PostStop;
import akka.actor.typed.PreRestart;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.v1.RobotProfile;
import tandem.robot.door.CommandDoor;
import tandem.robot.door.Identity;
import tandem.ros2.TypeName;
import tandem.ros2.action.Actions;
import tandem.ros2.graph.Graph;
import tandem.ros2.graph.LivelinessToken;
import tandem.ros2.graph.LivelinessToken.Kind;
import tandem.ros2.idl.InterfaceRegistry;
import tandem.ros2.idl.SchemaText;
import tandem.ros2.msg.JointState;
import tandem.ros2.msg.StringMessage;
import tandem.ros2.node.DomainTap;
import tandem.twin.robot.RobotDoor;
import tandem.twin.stream.StreamDeclaration;
import tandem.twin.stream.StreamInlet;
import tandem.twin.stream.Streams;
import tandem.zenoh.Declared;
import tandem.zenoh.Router;
import tandem.zenoh.Sample;
import tandem.zenoh.Session;

/**
 * One link and one ROS domain on it: who is there, whose samples are whose, what becomes known of
 * each robot. Samples themselves do not come through the mailbox ({@link LinkInbox}).
 *
 * <pre>
 *   tokens, first samples --Changed (conflated)--> decide: claims -> robots -> routes -> streams
 *   last token or session gone --------------------> contact lost
 * </pre>
 */
public final class RobotLink extends AbstractBehavior<RobotLink.Message> {
  private static final Logger LOG = LoggerFactory.getLogger(RobotLink.class);
  private static final Duration WAKE_AGAIN = Duration.ofSeconds(1);
  private static final Duration TICK = Duration.ofMillis(200);
  private static final long DESCRIPTION_WAIT_NANOS = 3_000_000_000L;
  private static final long PROOF_WAIT_NANOS = 5_000_000_000L;
  private static final long FIRST_STABLE_NANOS = 300_000_000;
  private static final long STABLE_NANOS = 1_500_000_000;

  private static final int MAX_JOINTS = 512;

  /** Of one link: each has a guard process. */
  private static final int MAX_ROBOTS = 256;

  private static final long PROFILE_WAIT_NANOS = 2_000_000_000L;

  /** What happens on a link. */
  public sealed interface Message {}

  private enum Step implements Message {
    CHANGED,
    SETTLED,
    TICK
  }

  private record Opened(Session session, boolean ours) implements Message {}

  private record NotOpened(Throwable why) implements Message {}

  /** The twin of an admitted robot is there, or not: then nothing is started for it. */
  private record Wake(RobotDoor.Admission admission) implements Message {}

  private record Woke(RobotDoor.Admission admission, Throwable failure) implements Message {}

  /**
   * Where the link gets its session.
   *
   * @param endpoint for people, and for fixed names
   * @param router null on a link to another router
   * @param open blocks until there is a session
   */
  public record Source(
      String endpoint, Router router, java.util.concurrent.Callable<Session> open) {}

  /** What all links of a gateway share. */
  public record Shared(
      GatewaySettings settings,
      Streams streams,
      RobotDoor door,
      RobotNames names,
      CommandDoor commands,
      RobotsHere guards,
      LinkCounts counts) {}

  /** A robot that is, or was, in contact over this link. */
  private static final class Robot {
    final String name;
    final String namespace;
    boolean contact;
    long admittedNanos;
    List<String> joints = List.of();
    String urdf;
    RobotProfile proposed;
    RobotProfile candidate;
    long candidateNanos;
    final Map<String, String> typeByTopic = new HashMap<>();

    Robot(String name, String namespace) {
      this.name = name;
      this.namespace = namespace;
    }
  }

  private final Source source;
  private final int domain;
  private final Shared shared;
  private final TimerScheduler<Message> timers;
  private final String linkName;
  private final Graph graph = new Graph();
  private final Map<String, LivelinessToken> tokens = new ConcurrentHashMap<>();
  private final Map<String, Router.Peer> peers = new ConcurrentHashMap<>();
  private final AtomicBoolean changePending = new AtomicBoolean();
  private final Map<String, Boolean> complained = new ConcurrentHashMap<>();
  private final LinkInbox inbox;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final Map<String, Robot> robots = new TreeMap<>();
  private final Map<String, Long> claimSinceNanos = new HashMap<>();
  private final Map<String, String> holderOfClaim = new LinkedHashMap<>();
  private final Set<String> conflictsTold = new HashSet<>();
  private final Set<String> foreignTold = new HashSet<>();
  private final Map<String, Long> foreignSinceNanos = new HashMap<>();
  private final Set<String> publishersTold = new HashSet<>();
  private final Map<String, List<String>> newJoints = new ConcurrentHashMap<>();
  private final Map<String, String> newDescriptions = new ConcurrentHashMap<>();
  private Set<String> knownTokens = Set.of();
  private Session session;
  private volatile boolean connected;
  private volatile Declared tokenWatch;

  /** A link that opens itself; it fails when it cannot, and its supervisor tries again. */
  public static Behavior<Message> create(Source source, int domain, Shared shared) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new RobotLink(context, timers, source, domain, shared)));
  }

  private RobotLink(
      ActorContext<Message> context,
      TimerScheduler<Message> timers,
      Source source,
      int domain,
      Shared shared) {
    super(context);
    this.source = source;
    this.domain = domain;
    this.shared = shared;
    this.timers = timers;
    this.linkName = source.endpoint() + (domain == 0 ? "" : " domain " + domain);
    var self = context.getSelf();
    Runnable changed =
        () -> {
          if (changePending.compareAndSet(false, true)) {
            self.tell(Step.CHANGED);
          }
        };
    this.inbox =
        new LinkInbox(
            shared.settings(),
            changed,
            this::look,
            shared.streams()::unassigned,
            (key, why) -> complain(key, why),
            shared.counts());
    this.onChange = changed;
    context.pipeToSelf(
        CompletableFuture.supplyAsync(this::openSession, Thread::startVirtualThread),
        (opened, failure) ->
            failure == null ? new Opened(opened, source.router() != null) : new NotOpened(failure));
    timers.startTimerAtFixedRate(Step.TICK, TICK);
  }

  private final Runnable onChange;

  private Session openSession() {
    try {
      return source.open().call();
    } catch (RuntimeException failed) {
      throw failed;
    } catch (Exception failed) {
      throw new IllegalStateException(failed);
    }
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder()
        .onMessage(Opened.class, this::opened)
        .onMessage(NotOpened.class, this::notOpened)
        .onMessage(Wake.class, this::wakeAgain)
        .onMessage(Woke.class, this::woke)
        .onMessage(Step.class, this::step)
        .onSignal(PreRestart.class, signal -> closed())
        .onSignal(PostStop.class, signal -> closed())
        .build();
  }

  private Behavior<Message> notOpened(NotOpened failed) {
    throw new IllegalStateException(
        "link %s not opened: %s; robots behind it are not seen; it is tried again"
            .formatted(linkName, failed.why().getMessage()),
        failed.why());
  }

  private Behavior<Message> opened(Opened opened) {
    session = opened.session();
    if (!opened.ours()) {
      open.add(session);
    }
    open.add(closing(session.onConnection(this::connection)));
    if (source.router() != null) {
      open.add(closing(source.router().onPeer(new PeerWatch())));
    }
    tokenWatch =
        session.subscribeTokens(LivelinessToken.selector(domain), true, this::tokenChanged);
    open.add(() -> tokenWatch.close());
    open.add(new DomainTap(session, domain, inbox));
    LOG.info("link {}: open, domain {}", source.endpoint(), domain);
    return this;
  }

  private static AutoCloseable closing(Declared declared) {
    return declared::close;
  }

  private final class PeerWatch implements Router.PeerListener {
    @Override
    public void opened(Router.Peer peer) {
      peers.put(peer.zid(), peer);
    }

    @Override
    public void closed(Router.Peer peer, String why) {
      peers.remove(peer.zid(), peer);
      onChange.run();
    }
  }

  private void connection(boolean up) {
    connected = up;
    if (!up) {
      tokens.clear();
      onChange.run();
    } else if (tokenWatch != null) {
      // Tokens that outlived the lost link are not told a second time: ask for all anew.
      tokenWatch.close();
      tokenWatch =
          session.subscribeTokens(LivelinessToken.selector(domain), true, this::tokenChanged);
    }
  }

  private void tokenChanged(Sample sample) {
    if (sample.kind() == Sample.Kind.DELETE) {
      tokens.remove(sample.key());
    } else if (tokens.size() < Graph.MAX_ENTITIES) {
      try {
        tokens.put(sample.key(), LivelinessToken.parse(sample.key()));
      } catch (IllegalArgumentException malformed) {
        complain(sample.key(), malformed.getMessage());
      }
    } else {
      complain("tokens", "more than " + Graph.MAX_ENTITIES + " tokens; further ones not taken");
    }
    onChange.run();
  }

  /** Says once per key what is wrong, at most 1,000 keys. */
  private void complain(String key, String why) {
    if (complained.size() < 1_000 && complained.putIfAbsent(key, true) == null) {
      LOG.warn("link {}: {}: {}", linkName, key, why);
    }
  }

  private Behavior<Message> step(Step step) {
    switch (step) {
      case CHANGED -> {
        changePending.set(false);
        decide();
      }
      case SETTLED -> decide();
      case TICK -> {
        inbox.expire(System.nanoTime());
        decide();
      }
    }
    return this;
  }

  // ---- who is there

  private void decide() {
    if (session == null) {
      return;
    }
    updateGraph();
    long now = System.nanoTime();
    Map<String, Set<String>> claims = claims();
    Set<String> live = new LinkedHashSet<>(claims.keySet());
    for (Robot robot : robots.values()) {
      if (robot.contact && hasTokens(robot)) {
        live.add(robot.namespace);
      }
    }
    claimSinceNanos.keySet().retainAll(live);
    Optional<String> fixed = shared.settings().fixedName(source.endpoint(), domain);
    SortedSet<String> namespaces = Identity.robots(live);
    Map<String, Robot> present = new TreeMap<>();
    boolean settling = false;
    for (String namespace : namespaces) {
      long since = claimSinceNanos.computeIfAbsent(namespace, absent -> now);
      Robot known = robots.get(namespace);
      boolean admitted = known != null && known.contact;
      if (!admitted && now - since < shared.settings().settle().toNanos()) {
        settling = true;
        continue;
      }
      String name = fixed.orElseGet(() -> Identity.name(namespace, shared.settings().rootName()));
      Robot robot = admitted ? known : admit(name, namespace, claims.get(namespace));
      if (robot != null) {
        present.put(namespace, robot);
      }
    }
    if (settling && !timers.isTimerActive(Step.SETTLED)) {
      timers.startSingleTimer(Step.SETTLED, shared.settings().settle().plusMillis(5));
    }
    for (Robot robot : robots.values()) {
      if (robot.contact && !present.containsKey(robot.namespace)) {
        lost(robot);
      }
    }
    findConflicts();
    assign(fixed.isPresent(), present);
    for (Robot robot : present.values()) {
      learn(robot, now);
    }
    tellGonePublishers();
    protect(present);
  }

  private void updateGraph() {
    Set<String> now = new HashSet<>(tokens.keySet());
    for (String gone : knownTokens) {
      if (!now.contains(gone)) {
        graph.vanished(gone);
      }
    }
    for (String key : now) {
      if (!knownTokens.contains(key)) {
        graph.appeared(key);
      }
    }
    knownTokens = now;
  }

  private boolean isOpen(String zid) {
    return source.router() == null ? connected : peers.containsKey(zid);
  }

  private boolean isGuards(LivelinessToken entity) {
    return shared.guards().isGuard(entity.zid());
  }

  /**
   * Namespaces that are claimed now, each with the sessions of our own that claim it: by a
   * publisher's token, or, from senders without tokens, by a sample. A token from behind another
   * router claims, too, but names no session of ours.
   */
  private Map<String, Set<String>> claims() {
    Map<String, Set<String>> claims = new LinkedHashMap<>();
    Set<String> announced = new HashSet<>();
    Set<String> topics = new HashSet<>();
    for (LivelinessToken entity : tokens.values()) {
      if (entity.kind() != Kind.PUBLISHER || isGuards(entity)) {
        continue;
      }
      Optional<String> namespace = Identity.claim(entity.name());
      if (namespace.isPresent()) {
        Set<String> claimants =
            claims.computeIfAbsent(namespace.get(), absent -> new LinkedHashSet<>());
        if (peers.containsKey(entity.zid())) {
          announced.add(entity.name() + " " + entity.zid());
          topics.add(entity.name() + " " + entity.zid());
          claimants.add(entity.zid());
        }
      }
    }
    for (Route route : inbox.routes()) {
      String claim = route.key.name() + " " + route.source;
      Optional<String> namespace = Identity.claim(route.key.name());
      if (namespace.isEmpty() || !isOpen(route.source)) {
        continue;
      }
      boolean tokenGone = everAnnounced.contains(claim) && !announced.contains(claim);
      if (!tokenGone) {
        topics.add(claim);
        claims.computeIfAbsent(namespace.get(), absent -> new LinkedHashSet<>()).add(route.source);
      }
    }
    everAnnounced.addAll(announced);
    everAnnounced.removeIf(claim -> !isOpen(claim.substring(claim.indexOf(' ') + 1)));
    if (conflictsTold.size() > 1_000) {
      conflictsTold.clear();
    }
    holderOfClaim
        .entrySet()
        .removeIf(held -> !topics.contains(held.getKey() + " " + held.getValue()));
    for (String claim : topics) {
      int space = claim.indexOf(' ');
      holderOfClaim.putIfAbsent(claim.substring(0, space), claim.substring(space + 1));
    }
    liveClaims = topics;
    return claims;
  }

  private final Set<String> everAnnounced = new HashSet<>();
  private Set<String> liveClaims = Set.of();
  private Set<String> refusedClaims = Set.of();

  private boolean hasTokens(Robot robot) {
    for (LivelinessToken entity : tokens.values()) {
      boolean inside =
          robot.namespace.equals(Identity.ROOT)
              ? entity.kind() == Kind.PUBLISHER
                  && Identity.claim(entity.name()).filter(Identity.ROOT::equals).isPresent()
              : Identity.isUnder(entity.namespace(), robot.namespace);
      if (inside && !isGuards(entity) && !entity.node().equals("tandem_guard")) {
        return true;
      }
    }
    return false;
  }

  private Robot admit(String name, String namespace, Set<String> claimants) {
    if (!Identity.isRobotName(name)) {
      complain(
          "robot " + name,
          "robot name: expected a letter, then at most 63 of letters, digits and _; not admitted,"
              + " nothing of it is taken");
      return null;
    }
    if (!robots.containsKey(namespace) && robots.size() >= MAX_ROBOTS) {
      complain(
          "robots",
          "more than " + MAX_ROBOTS + " robots; " + name + " and further ones not admitted");
      return null;
    }
    String holder = shared.names().take(name, linkName + " " + namespace);
    if (!holder.equals(linkName + " " + namespace)) {
      if (conflictsTold.add(name + holder)) {
        LOG.warn(
            "robot {}: {} claims the name that {} holds; not admitted, nothing of it is taken",
            name,
            linkName,
            holder);
        shared.door().nameConflict(name, holder, linkName + " " + namespace);
      }
      return null;
    }
    if (!mayEnter(name, claimants)) {
      shared.names().release(name, linkName + " " + namespace);
      complain(
          "robot " + name,
          "not on loopback and not in tandem.robot.admit; not admitted, nothing of it is taken");
      return null;
    }
    Robot robot = robots.computeIfAbsent(namespace, absent -> new Robot(name, namespace));
    robot.contact = true;
    robot.admittedNanos = System.nanoTime();
    LOG.info("robot {}: admitted, namespace {}, link {}", name, namespace, linkName);
    wake(new RobotDoor.Admission(name, null, reachedThrough(claimants), namespace, domain));
    return robot;
  }

  private void wake(RobotDoor.Admission admission) {
    shared
        .door()
        .admitted(admission)
        .whenComplete((done, failure) -> getContext().getSelf().tell(new Woke(admission, failure)));
  }

  private Behavior<Message> wakeAgain(Wake wake) {
    Robot robot = robots.get(wake.admission().namespace());
    if (robot != null && robot.contact && session != null) {
      wake(wake.admission());
    }
    return this;
  }

  private Behavior<Message> woke(Woke woke) {
    Robot robot = robots.get(woke.admission().namespace());
    if (woke.failure() != null) {
      complain(
          "twin of " + woke.admission().robot(),
          "did not wake: %s; no guard is started for it; asked again every %d s"
              .formatted(woke.failure(), WAKE_AGAIN.toSeconds()));
      timers.startSingleTimer(
          "wake " + woke.admission().namespace(), new Wake(woke.admission()), WAKE_AGAIN);
    } else if (robot != null && robot.contact && session != null) {
      shared
          .guards()
          .here(robot.name, robot.namespace, domain, session, source.router(), source.endpoint());
    }
    return this;
  }

  private String reachedThrough(Set<String> claimants) {
    if (source.router() == null || claimants == null) {
      return linkName;
    }
    for (String zid : claimants) {
      Router.Peer peer = peers.get(zid);
      if (peer != null) {
        return CommandDoor.name(peer);
      }
    }
    return linkName;
  }

  private boolean mayEnter(String name, Set<String> claimants) {
    if (shared.settings().admit().contains(name) || shared.settings().admit().contains("*")) {
      return true;
    }
    if (source.router() == null) {
      return isLoopback(source.endpoint());
    }
    if (claimants == null || claimants.isEmpty()) {
      // Somebody behind another router: it may be behind any of those that are connected.
      return peers.values().stream()
          .allMatch(
              peer -> peer.remote() == null || peer.remote().getAddress().isLoopbackAddress());
    }
    return claimants.stream()
        .allMatch(
            zid -> {
              Router.Peer peer = peers.get(zid);
              return peer == null
                  || peer.remote() == null
                  || peer.remote().getAddress().isLoopbackAddress();
            });
  }

  private static boolean isLoopback(String endpoint) {
    String address = endpoint.substring(endpoint.indexOf('/') + 1);
    return address.startsWith("127.")
        || address.startsWith("localhost:")
        || address.startsWith("[::1]");
  }

  private void lost(Robot robot) {
    robot.contact = false;
    robot.proposed = null;
    LOG.warn(
        "robot {}: contact lost, no token and no session of it is left on {}",
        robot.name,
        linkName);
    shared.names().release(robot.name, linkName + " " + robot.namespace);
    shared.guards().gone(robot.name);
    shared
        .door()
        .contactLost(robot.name, "its last token and session on " + linkName + " are gone");
    for (Route route : inbox.routes()) {
      if (robot.name.equals(route.robot)) {
        StreamInlet inlet = route.inlet;
        if (inlet != null) {
          route.publishers().forEach(inlet::publisherGone);
        }
        inbox.close(route);
      }
    }
    inbox.forget(route -> route.robot == null && !isOpen(route.source));
  }

  /**
   * Sessions that claim what another session holds; with a fixed name, or routed, there are none.
   */
  private void findConflicts() {
    Set<String> refused = new HashSet<>();
    for (String claim : liveClaims) {
      int space = claim.indexOf(' ');
      String topic = claim.substring(0, space);
      String zid = claim.substring(space + 1);
      String holder = holderOfClaim.get(topic);
      if (source.router() == null || zid.equals(holder)) {
        continue;
      }
      String namespace = Identity.claim(topic).orElseThrow();
      refused.add(namespace + " " + zid);
      if (conflictsTold.add(topic + zid)) {
        String name = Identity.name(namespace, shared.settings().rootName());
        LOG.warn(
            "robot {}: {} also publishes {}, which {} holds; nothing of it is taken under {}",
            name,
            peerName(zid),
            topic,
            peerName(holder),
            namespace);
        shared.door().nameConflict(name, peerName(holder), peerName(zid));
      }
    }
    refusedClaims = refused;
  }

  private String peerName(String zid) {
    Router.Peer peer = peers.get(zid);
    return peer == null ? "session " + zid : CommandDoor.name(peer);
  }

  // ---- whose samples are whose

  private void assign(boolean fixed, Map<String, Robot> present) {
    for (Route route : inbox.routes()) {
      if (!isOpen(route.source) && route.robot == null && source.router() != null) {
        inbox.forget(one -> one == route && one.robot == null);
        continue;
      }
      Optional<String> owner =
          fixed && !present.isEmpty()
              ? Optional.of(present.keySet().iterator().next())
              : Identity.owner(route.key.name(), publisherNamespace(route), present.keySet());
      boolean refused =
          owner.isPresent() && refusedClaims.contains(owner.get() + " " + route.source);
      route.refused = refused;
      Robot robot = owner.isEmpty() || refused ? null : present.get(owner.get());
      if (robot == null) {
        if (route.robot != null) {
          inbox.close(route);
        }
      } else if (!robot.name.equals(route.robot)) {
        openStream(route, robot);
      }
    }
  }

  private String publisherNamespace(Route route) {
    if (!Identity.isShared(route.key.name())) {
      return null;
    }
    String zid = source.router() == null ? null : route.source;
    return graph
        .publisher(route.key, route.gid, zid)
        .map(found -> found.token().namespace())
        .orElse(null);
  }

  private void openStream(Route route, Robot robot) {
    String topic = route.key.name();
    String type = route.key.type().map(TypeName::toString).orElse(route.key.ddsType());
    String first = robot.typeByTopic.putIfAbsent(topic, type);
    String clash =
        first == null || first.equals(type)
            ? null
            : "type of %s: expected %s as first seen, found %s; kept aside, not recorded"
                .formatted(topic, first, type);
    Optional<tandem.ros2.Qos> qos =
        graph.endpoints(Kind.PUBLISHER, topic).stream()
            .filter(entity -> !isGuards(entity))
            .map(LivelinessToken::qos)
            .findFirst();
    StreamInlet inlet;
    try {
      inlet =
          shared
              .streams()
              .open(
                  new StreamDeclaration(
                      robot.name,
                      topic,
                      first == null ? type : first,
                      route.key.hash().text(),
                      clash == null ? schema(route) : "",
                      qos.map(RobotLink::text).orElse(""),
                      qos.map(tandem.ros2.Qos::rosbagYaml).orElse(""),
                      false,
                      qos.map(tandem.ros2.Qos::isTransientLocal).orElse(false)));
    } catch (IllegalStateException full) {
      complain("streams of " + robot.name, full.getMessage() + "; its samples are not taken");
      route.refused = true;
      return;
    }
    boolean own = robot.namespace.equals(Identity.claim(topic).orElse(null));
    if (own && type.equals("sensor_msgs/msg/JointState")) {
      route.watch = Route.Watch.JOINT_NAMES;
    } else if (own && type.equals("std_msgs/msg/String")) {
      route.watch = Route.Watch.DESCRIPTION;
    }
    inbox.open(route, robot.name, inlet, clash);
  }

  /** The bundled definition, where its hash is the sender's; else nothing, rather than a guess. */
  private String schema(Route route) {
    Optional<TypeName> type = route.key.type();
    InterfaceRegistry known = InterfaceRegistry.bundled();
    if (type.isEmpty() || known.find(type.get()).isEmpty()) {
      complain(
          "type " + route.key.ddsType(),
          "no definition of it is known; its bytes are recorded without a schema");
      return "";
    }
    if (route.key.hash().known() && !known.hash(type.get()).equals(route.key.hash())) {
      complain(
          "type " + route.key.ddsType(),
          "hash: expected %s of the bundled definition, found %s; its bytes are recorded without a schema"
              .formatted(known.hash(type.get()).text(), route.key.hash().text()));
      return "";
    }
    return SchemaText.of(known, type.get());
  }

  private static String text(tandem.ros2.Qos qos) {
    return (qos.isReliable() ? "reliable" : "best-effort")
        + "/"
        + (qos.isTransientLocal() ? "transient-local" : "volatile")
        + "/"
        + (qos.history() == tandem.ros2.Qos.History.KEEP_ALL
            ? "keep-all"
            : "keep-last " + qos.depth());
  }

  private void tellGonePublishers() {
    Set<String> live = new HashSet<>();
    for (LivelinessToken entity : graph.endpoints(Kind.PUBLISHER)) {
      live.add(entity.gid() + " " + entity.name());
    }
    for (String gone : publishersTold) {
      if (!live.contains(gone)) {
        int space = gone.indexOf(' ');
        publisherGone(gone.substring(0, space), gone.substring(space + 1));
      }
    }
    publishersTold.retainAll(live);
    publishersTold.addAll(live);
    for (Route route : inbox.routes()) {
      if (route.robot != null && !isOpen(route.source)) {
        StreamInlet inlet = route.inlet;
        if (inlet != null) {
          route.publishers().forEach(inlet::publisherGone);
        }
        inbox.forget(one -> one == route);
      }
    }
  }

  private void publisherGone(String gid, String topic) {
    for (Route route : inbox.routes()) {
      StreamInlet inlet = route.inlet;
      if (inlet != null && route.key.name().equals(topic) && route.publishers().contains(gid)) {
        inlet.publisherGone(gid);
      }
    }
  }

  // ---- what becomes known of a robot

  /** On receiving threads: names and descriptions wait here for the actor. */
  private void look(Route route, byte[] payload) {
    String robot = route.robot;
    if (robot == null) {
      return;
    }
    try {
      switch (route.watch) {
        case JOINT_NAMES -> {
          List<String> names = JointState.TYPE.decode(payload).name();
          if (!names.equals(newJoints.put(robot, names))) {
            onChange.run();
          }
        }
        case DESCRIPTION -> {
          String urdf = StringMessage.TYPE.decode(payload).data();
          if (!urdf.equals(newDescriptions.put(robot, urdf))) {
            onChange.run();
          }
        }
        case NOTHING -> {}
      }
    } catch (IllegalArgumentException malformed) {
      complain(route.key.key(), malformed.getMessage());
    }
  }

  private void learn(Robot robot, long now) {
    robot.joints = names(robot);
    robot.urdf = newDescriptions.getOrDefault(robot.name, robot.urdf);
    boolean described =
        robot.urdf != null
            || graph
                .endpoints(Kind.PUBLISHER, under(robot.namespace, "robot_description"))
                .isEmpty()
            || now - robot.admittedNanos > DESCRIPTION_WAIT_NANOS;
    boolean jointsKnown = !robot.joints.isEmpty() || now - robot.admittedNanos > PROFILE_WAIT_NANOS;
    if (!described || !jointsKnown) {
      return;
    }
    RobotProfile proposal =
        ProfileProposal.propose(
            robot.name,
            robot.namespace,
            listeners(robot),
            robot.joints,
            robot.urdf,
            isOnLoopback(robot),
            shared.settings().robots().get(robot.name));
    if (!proposal.equals(robot.candidate)) {
      robot.candidate = proposal;
      robot.candidateNanos = now;
    }
    // Tokens come and go one by one: what is half there is not proposed.
    long stable = robot.proposed == null ? FIRST_STABLE_NANOS : STABLE_NANOS;
    if (!proposal.equals(robot.proposed) && now - robot.candidateNanos >= stable) {
      robot.proposed = proposal;
      LOG.info(
          "robot {}: profile proposed: joint {}, reach {}, open: {}",
          robot.name,
          proposal.getJoint().getTopic(),
          proposal.getReachMap().keySet(),
          proposal.getAmbiguitiesList());
      shared.door().profile(proposal);
    }
  }

  /** The robot's joints as it last told them, where that can be a body's. */
  private List<String> names(Robot robot) {
    List<String> told = newJoints.get(robot.name);
    if (told == null) {
      return robot.joints;
    }
    boolean possible =
        !told.isEmpty()
            && told.size() <= MAX_JOINTS
            && new HashSet<>(told).size() == told.size()
            && told.stream().noneMatch(String::isBlank);
    if (!possible) {
      complain(
          "joints of " + robot.name,
          "joint names: expected 1.."
              + MAX_JOINTS
              + " different ones, found "
              + told.stream().limit(8).toList()
              + "; the profile keeps those before");
      return robot.joints;
    }
    return told;
  }

  private boolean isOnLoopback(Robot robot) {
    Set<String> zids = new HashSet<>();
    inbox.routes().stream()
        .filter(route -> robot.name.equals(route.robot))
        .forEach(route -> zids.add(route.source));
    return source.router() == null
        ? isLoopback(source.endpoint())
        : zids.stream()
            .map(peers::get)
            .allMatch(
                peer ->
                    peer == null
                        || peer.remote() == null
                        || peer.remote().getAddress().isLoopbackAddress());
  }

  private static String under(String namespace, String name) {
    return namespace.equals(Identity.ROOT) ? "/" + name : namespace + "/" + name;
  }

  private List<ProfileProposal.Listener> listeners(Robot robot) {
    List<ProfileProposal.Listener> listeners = new ArrayList<>();
    for (LivelinessToken entity : graph.entities()) {
      boolean takesCommands =
          entity.kind() == Kind.SUBSCRIPTION || entity.kind() == Kind.SERVICE_SERVER;
      if (takesCommands
          && Identity.isUnder(entity.name(), robot.namespace)
          && Identity.isUnder(entity.namespace(), robot.namespace)
          && !isGuards(entity)) {
        Optional<Actions.Found> action = Actions.of(entity);
        if (action.isPresent()) {
          listeners.add(
              new ProfileProposal.Listener(
                  action.get().name(),
                  action.get().type().toString(),
                  entity.hash().text(),
                  entity.node()));
        } else if (entity.kind() == Kind.SUBSCRIPTION) {
          listeners.add(
              new ProfileProposal.Listener(
                  entity.name(),
                  entity.type().map(TypeName::toString).orElse(entity.ddsType()),
                  entity.hash().text(),
                  entity.node()));
        }
      }
    }
    return listeners;
  }

  // ---- what the door has to know

  private void protect(Map<String, Robot> present) {
    for (Robot robot : present.values()) {
      Set<String> topics = new HashSet<>();
      for (ProfileProposal.Listener listener : listeners(robot)) {
        if (isCommandType(listener.type())) {
          topics.add(listener.topic());
        }
      }
      if (source.router() != null) {
        shared.commands().protect(robot.name, domain, robot.namespace, topics);
      }
      topics.addAll(
          List.of(under(robot.namespace, "joint_trajectory"), under(robot.namespace, "cmd_vel")));
      tellForeign(robot, topics);
    }
  }

  private static boolean isCommandType(String type) {
    return type.equals(ProfileProposal.TRAJECTORY)
        || type.equals(ProfileProposal.FOLLOW)
        || type.equals(ProfileProposal.NAVIGATE)
        || type.equals(ProfileProposal.POSE)
        || type.equals(ProfileProposal.TWIST)
        || type.equals(ProfileProposal.TWIST_STAMPED)
        || type.equals(ProfileProposal.ARRAY);
  }

  private void tellForeign(Robot robot, Set<String> topics) {
    for (LivelinessToken entity : graph.entities()) {
      boolean commands =
          switch (entity.kind()) {
            case PUBLISHER -> topics.contains(entity.name());
            case SERVICE_CLIENT ->
                Actions.of(entity).filter(found -> topics.contains(found.name())).isPresent();
            case NODE, SUBSCRIPTION, SERVICE_SERVER -> false;
          };
      if (commands && !isGuards(entity)) {
        String who = "node " + entity.fullNodeName() + " of session " + entity.zid();
        long now = System.nanoTime();
        if (foreignSinceNanos.size() >= 1_000) {
          foreignSinceNanos.clear();
        }
        long since = foreignSinceNanos.computeIfAbsent(who, absent -> now);
        // A guard that has just come has not proved itself yet; its name alone proves nothing.
        boolean mayProve = entity.node().equals("tandem_guard") && now - since < PROOF_WAIT_NANOS;
        if (!mayProve && foreignTold.size() < 1_000 && foreignTold.add(who + entity.name())) {
          LOG.warn(
              "robot {}: {} publishes on {}, which is the guard's", robot.name, who, entity.name());
          shared.door().foreignAuthority(robot.name, entity.name(), who, false);
        }
      }
    }
  }

  // ---- the end

  private Behavior<Message> closed() {
    for (Robot robot : robots.values()) {
      if (robot.contact) {
        lost(robot);
      }
    }
    for (int i = open.size() - 1; i >= 0; i--) {
      try {
        open.get(i).close();
      } catch (Exception failed) {
        LOG.warn("link {}: not closed cleanly: {}", linkName, failed.toString());
      }
    }
    open.clear();
    session = null;
    return this;
  }
}
