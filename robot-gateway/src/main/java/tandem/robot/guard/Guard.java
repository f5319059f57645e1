package tandem.robot.guard;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Stream;
import tandem.proto.v1.Challenge;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardMemory;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.RobotProfile;
import tandem.robot.door.CommandDoor;
import tandem.zenoh.Encoding;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Qos;
import tandem.zenoh.Query;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/**
 * A guard that runs: {@link GuardCore} with a clock, its files, and its links.
 *
 * <p>One thread takes inputs from a bounded queue, stops first, and runs what the core decides;
 * receiving threads only put into that queue, or into {@link BodyTracker}. The state directory
 * (mode 700, files 600) holds key, state, log, profile, the endpoint of the own listener and the
 * process id; a lock in it keeps a second guard out.
 */
public final class Guard implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Guard.class.getName());

  /**
   * What a gateway and a guard have to agree on before one commands through the other; changes with
   * every change of what they say to each other or of what the guard judges.
   */
  public static final String VERSION = "0.1.0/10";

  /** Where a guard writes its version beside its state. */
  public static final String VERSION_FILE = "guard.version";

  /**
   * Flags of a guard's virtual machine: a bounded heap, short pauses, a quick start. The property
   * {@code tandem.guard.aot} names the cache of its loaded classes that the build makes; one that
   * does not fit is left alone by the virtual machine.
   */
  public static List<String> jvmFlags() {
    List<String> flags =
        new ArrayList<>(
            List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xms16m",
                "-Xmx64m",
                "-XX:+ExitOnOutOfMemoryError"));
    String cache = System.getProperty("tandem.guard.aot", "");
    if (!cache.isEmpty() && Files.isRegularFile(Path.of(cache))) {
      flags.add("-XX:AOTCache=" + cache);
    }
    return flags;
  }

  private static final String PROFILE = "guard.profile";
  private static final String LOCK = "guard.lock";
  private static final String ENDPOINT = "endpoint";
  private static final String PID = "guard.pid";

  /** So many requests wait; as much again is kept for stops and what the guard tells itself. */
  private static final int MAX_REQUESTS = 512;

  private static final int MAX_REQUEST_BYTES = 256 << 10;
  private static final int QUEUE_BYTES = 4 << 20;
  private static final int MAX_MESSAGE_BYTES = 4 << 20;
  private static final int MOST_LOG_RECORDS_AT_ONCE = 64;
  private static final int MOST_ZIDS = 64;
  private static final long TICK_NANOS = 20_000_000;
  private static final long SUMMARY_NANOS = 1_000_000_000;
  private static final long STATUS_NANOS = 100_000_000;
  private static final long LOG_AGAIN_NANOS = 1_000_000_000;
  private static final Duration STALLED_STREAM = Duration.ofMillis(250);
  private static final Duration STALLED = Duration.ofSeconds(1);
  private static final Duration END_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
  private static final PutOptions AT_ONCE =
      PutOptions.DEFAULT
          .withQos(new Qos(1, Qos.Congestion.DROP, true, true))
          .withEncoding(Encoding.PROTOBUF);

  /**
   * How a guard is started.
   *
   * @param linger it ends so long after the last gateway was heard; null: never
   * @param namespace ROS namespace of the robot; null: a slash and its name, or what the profile
   *     says
   */
  public record Settings(
      String robot,
      List<String> connect,
      String listen,
      Path directory,
      int domain,
      String namespace,
      Duration linger) {
    public Settings {
      if (!robot.matches("[A-Za-z0-9_.-]{1,64}")) {
        throw new IllegalArgumentException(
            "robot: expected 1..64 letters, digits, _ . -, found \"" + robot + "\"");
      }
      connect = List.copyOf(connect);
    }
  }

  private sealed interface Item {
    /** A request that came over a link. */
    record Asked(Query query, GuardRequest request, boolean fromGateway) implements Item {}

    record Input(GuardInput input) implements Item {}

    /** Something of the log was written. */
    record Logged() implements Item {}
  }

  private final Settings settings;
  private final long startNanos = System.nanoTime();
  private final String requestKey;
  private final FileChannel lockFile;
  private final FileLock lock;
  private final GuardStore store;
  private final GuardKey key;
  private final GuardLog log;
  private final GuardDisk disk;
  private final Router router;
  private final CommandDoor door;
  private final BodyTracker body = new BodyTracker();
  private final String namespace;
  private List<String> zids = List.of();

  /** Of its own sessions, also of those that it lost: a router shows these for a while. */
  private final LinkedHashSet<String> ownZids = new LinkedHashSet<>();

  private final GuardLink own;
  private final List<GuardLink> gateways = new CopyOnWriteArrayList<>();
  private final LinkedBlockingDeque<Item> queue = new LinkedBlockingDeque<>(2 * MAX_REQUESTS);
  private final Map<Long, Query> asked = new HashMap<>();
  private final AtomicBoolean endAsked = new AtomicBoolean();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread loop;
  private final TickLateness lateness = new TickLateness();
  private final Deque<GuardLogRecord> untold = new ArrayDeque<>();
  private boolean writeLog;
  private boolean syncLog;
  private GuardState state;
  private long stalled;
  private long nextReply = 1;
  private long lastGatewayNanos = System.nanoTime();
  private GuardInput.Presence presence = GuardInput.Presence.NONE;

  private Guard(Settings settings, GuardStore.Force force) throws IOException {
    this.settings = settings;
    this.requestKey = "tandem/guard/" + settings.robot() + "/request";
    Path directory = settings.directory();
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    lockFile =
        FileChannel.open(
            directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    lock = lockFile.tryLock();
    if (lock == null) {
      lockFile.close();
      throw new IOException(
          "%s: a guard of %s runs on it already; not started (there is one guard per robot)"
              .formatted(directory, settings.robot()));
    }
    boolean startedBefore = GuardKey.exists(directory);
    GuardStore.Opened opened = GuardStore.open(directory, force);
    store = opened.store();
    boolean damaged = opened.memory().isPresent() && !opened.why().isEmpty();
    boolean lost = damaged || opened.memory().isEmpty() && startedBefore;
    GuardMemory memory =
        opened
            .memory()
            .orElseGet(
                () ->
                    GuardMemory.newBuilder()
                        .setVersion(1)
                        .setRobot(settings.robot())
                        .setArmed(!lost)
                        .build());
    if (!memory.getRobot().equals(settings.robot())) {
      throw new IOException(
          "%s: robot: expected %s, found the state of %s; not started"
              .formatted(directory, settings.robot(), memory.getRobot()));
    }
    if (damaged) {
      memory = memory.toBuilder().setArmed(false).build();
    }
    if (damaged || opened.memory().isEmpty()) {
      store.write(memory);
    }
    key = GuardKey.open(directory);
    log = GuardLog.open(directory, memory.getLogAcked(), force);
    disk =
        new GuardDisk(
            store,
            log,
            directory.resolve(PROFILE),
            ended -> queue.offerFirst(new Item.Input(ended)),
            () -> queue.offerLast(new Item.Logged()));
    RobotProfile profile = readProfile(directory.resolve(PROFILE)).orElse(null);
    namespace = namespace(settings, profile);
    byte[] boot = new byte[16];
    new SecureRandom().nextBytes(boot);
    state = GuardState.starting(settings.robot(), HexFormat.of().formatHex(boot), memory, profile);
    door =
        new CommandDoor(
            true, true, (robot, topic, who) -> offer(new GuardInput.Foreign(topic, who, true)));
    Rehearsal.run();
    RouterConfig on = RouterConfig.on(settings.listen());
    router =
        Router.listen(
            new RouterConfig(
                on.endpoint(),
                door,
                on.lease(),
                QUEUE_BYTES,
                on.blockTimeout(),
                MAX_MESSAGE_BYTES,
                16,
                2_000));
    door.of(router);
    door.protect(settings.robot(), settings.domain(), namespace, Set.of());
    own = link(router.local());
    router.local().declareQueryable(requestKey, true, query -> take(query, false));
    GuardKey.write(directory, ENDPOINT, router.endpoint().getBytes(StandardCharsets.UTF_8));
    GuardKey.write(directory, VERSION_FILE, VERSION.getBytes(StandardCharsets.UTF_8));
    GuardKey.write(
        directory,
        PID,
        Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.UTF_8));
    append(
        new GuardEffect.Log(
            lost ? "lost-state" : "started",
            "",
            memory.getHighestSeen(),
            "guard",
            lost
                ? opened.why()
                    + (damaged
                        ? ": what it had acknowledged may be newer than what it finds"
                        : ", but a guard was here before")
                    + ": motion is refused until re-armed"
                : "boot " + state.bootId() + (memory.getStopLatched() ? ", stop latched" : ""),
            "",
            true));
    writeLog();
    disk.start();
    loop = new Thread(this::run, "guard");
    settings.connect().forEach(endpoint -> Thread.startVirtualThread(() -> connect(endpoint)));
    loop.start();
  }

  private static String namespace(Settings settings, RobotProfile profile) {
    if (settings.namespace() != null) {
      return settings.namespace();
    }
    return profile != null && !profile.getNamespace().isEmpty()
        ? profile.getNamespace()
        : "/" + settings.robot();
  }

  private static Optional<RobotProfile> readProfile(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(RobotProfile.parseFrom(Files.readAllBytes(file)));
    } catch (InvalidProtocolBufferException malformed) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: no profile in it ({1}); motion is refused until one comes",
          file,
          malformed.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Starts a guard.
   *
   * @throws IOException when its state directory cannot be used, or another guard uses it
   * @throws tandem.zenoh.ZenohException when its endpoint cannot be listened on
   */
  public static Guard start(Settings settings) throws IOException {
    return start(settings, GuardStore.Force.DATA);
  }

  static Guard start(Settings settings, GuardStore.Force force) throws IOException {
    return new Guard(settings, force);
  }

  /** Where it really listens. */
  public String endpoint() {
    return router.endpoint();
  }

  /** Waits for its end. */
  public void join() throws InterruptedException {
    ended.await();
  }

  // ---- links

  private void connect(String endpoint) {
    Session session = null;
    while (session == null && !endAsked.get()) {
      try {
        session =
            Session.open(
                new SessionConfig(
                    List.of(endpoint),
                    CONNECT_TIMEOUT,
                    Duration.ofSeconds(10),
                    QUEUE_BYTES,
                    Duration.ofSeconds(1),
                    MAX_MESSAGE_BYTES));
      } catch (RuntimeException notThere) {
        LOG.log(
            System.Logger.Level.DEBUG, "{0}: {1}; tried again", endpoint, notThere.getMessage());
        java.util.concurrent.locks.LockSupport.parkNanos(500_000_000);
      }
    }
    if (session == null) {
      return;
    }
    Session open = session;
    open.declareQueryable(requestKey, true, query -> take(query, open));
    open.declareToken("tandem/guard/" + settings.robot() + "/alive");
    gateways.add(link(open));
  }

  private GuardLink link(Session session) {
    return new GuardLink(session, settings.domain(), namespace, body, startNanos, this::offer);
  }

  private void take(Query query, Session gateway) {
    GuardRequest request = parse(query);
    if (request == null) {
      return;
    }
    if (request.hasChallenge()) {
      answer(query, request.getChallenge(), gateway);
    } else {
      enqueue(query, request, true);
    }
  }

  private void take(Query query, boolean fromGateway) {
    GuardRequest request = parse(query);
    if (request != null) {
      // A person at the robot's own computer may also release; a release alone moves nothing.
      enqueue(query, request, fromGateway || request.hasRelease() && isLocal(router.endpoint()));
    }
  }

  private static boolean isLocal(String endpoint) {
    return endpoint.contains("/127.") || endpoint.contains("/[::1]");
  }

  private GuardRequest parse(Query query) {
    byte[] payload = query.payload();
    String wrong = null;
    if (!query.key().equals(requestKey)) {
      wrong = "key: expected " + requestKey + ", found " + query.key();
    } else if (payload == null || payload.length > MAX_REQUEST_BYTES) {
      wrong = "request: expected at most " + MAX_REQUEST_BYTES + " bytes";
    } else {
      try {
        return GuardRequest.parseFrom(payload);
      } catch (InvalidProtocolBufferException malformed) {
        wrong = "request: " + malformed.getMessage();
      }
    }
    try (query) {
      query.replyError(
          (wrong + "; nothing was done").getBytes(StandardCharsets.UTF_8), Encoding.STRING);
    }
    return null;
  }

  private void enqueue(Query query, GuardRequest request, boolean fromGateway) {
    Item item = new Item.Asked(query, request, fromGateway);
    boolean taken =
        request.hasStop()
            ? queue.offerFirst(item)
            : queue.size() < MAX_REQUESTS && queue.offerLast(item);
    if (!taken) {
      try (query) {
        query.replyError(
            "too many requests wait; nothing was done".getBytes(StandardCharsets.UTF_8),
            Encoding.STRING);
      }
    }
  }

  private void offer(GuardInput input) {
    queue.offerLast(new Item.Input(input));
  }

  /** Proves that this session is the guard's, to the router it is connected to and no other. */
  private void answer(Query query, Challenge challenge, Session gateway) {
    String zid = gateway.zid();
    GuardReply.Builder reply = GuardReply.newBuilder().setGuardZid(zid);
    if (challenge.getNonce().size() == GuardKey.NONCE_BYTES
        && challenge.getRouterZid().equals(gateway.peerZid())) {
      byte[] signature =
          key.sign(challenge.getNonce().toByteArray(), zid, challenge.getRouterZid());
      reply
          .setAccepted(true)
          .setSignature(com.google.protobuf.ByteString.copyFrom(signature))
          .setPublicKey(com.google.protobuf.ByteString.copyFrom(key.publicKey()));
    } else {
      reply
          .setCode("tandem.guard.bad-challenge")
          .setWhy(
              "challenge: expected a nonce of "
                  + GuardKey.NONCE_BYTES
                  + " bytes and router "
                  + gateway.peerZid()
                  + "; not signed");
    }
    try (query) {
      query.reply(requestKey, reply.build().toByteArray(), AT_ONCE);
    }
  }

  // ---- the loop

  private void run() {
    long nextTick = System.nanoTime();
    long nextStatus = nextTick;
    long nextSummary = nextTick;
    long nextLog = nextTick;
    long endBy = Long.MAX_VALUE;
    try {
      while (true) {
        long wait = nextTick - System.nanoTime();
        Item item = wait > 0 ? queue.poll(wait, TimeUnit.NANOSECONDS) : queue.poll();
        switch (item) {
          case Item.Asked(var query, var request, var fromGateway) ->
              request(query, request, fromGateway);
          case Item.Input(var input) -> decide(input);
          case Item.Logged logged -> tellLog();
          case null -> {}
        }
        writeLog();
        long now = System.nanoTime();
        if (now - nextTick >= 0) {
          lateness.late(now - nextTick);
          nextTick = now + TICK_NANOS;
          look();
          decide(new GuardInput.Tick());
          writeLog();
          dropStalled();
        }
        if (now - nextSummary >= 0) {
          nextSummary = now + SUMMARY_NANOS;
          lateness.summarise();
        }
        if (now - nextStatus >= 0) {
          nextStatus = now + STATUS_NANOS;
          disk.writeLog(true);
          publishStatus();
        }
        if (now - nextLog >= 0) {
          nextLog = now + LOG_AGAIN_NANOS;
          log.waiting(MOST_LOG_RECORDS_AT_ONCE).forEach(this::publishLog);
        }
        if (gateways.stream().anyMatch(link -> link.session().connected())) {
          lastGatewayNanos = now;
        }
        if (settings.linger() != null && now - lastGatewayNanos > settings.linger().toNanos()) {
          end("no gateway was heard for " + settings.linger().toSeconds() + " s");
        }
        if (endAsked.get()) {
          endBy = Math.min(endBy, now + END_TIMEOUT.toNanos());
          // With nobody listening there is nothing left that it could bring to rest.
          boolean done = GuardCore.atRest(state) || presence.listeners().isEmpty();
          if (queue.isEmpty() && done || now > endBy) {
            return;
          }
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      release();
    }
  }

  private void request(Query query, GuardRequest request, boolean fromGateway) {
    if (request.hasLogAck() && !log.holds(request.getLogAck())) {
      try (query) {
        query.replyError(
            "log record %d of boot %s does not wait here; nothing was dropped"
                .formatted(
                    request.getLogAck().getUpTo(), Draft.clip(request.getLogAck().getBootId()))
                .getBytes(StandardCharsets.UTF_8),
            Encoding.STRING);
      }
      return;
    }
    long number = nextReply++;
    asked.put(number, query);
    decide(new GuardInput.Request(request, fromGateway, number));
  }

  private void decide(GuardInput input) {
    GuardCore.Decision decision =
        GuardCore.decide(state, System.nanoTime() - startNanos, body.body(), input);
    state = decision.state();
    for (GuardEffect effect : decision.effects()) {
      switch (effect) {
        case GuardEffect.Store store -> disk.store(store);
        case GuardEffect.StoreProfile(var profile) -> disk.keep(profile);
        case GuardEffect.Reply reply -> reply(reply);
        case GuardEffect.Log record -> append(record);
        case GuardEffect.AckLog(long upTo) -> log.acked(upTo);
        case GuardEffect.MoveJoints move ->
            sent(move.commandId(), move.target(), link -> link.send(move));
        case GuardEffect.StreamJoints stream ->
            sent("", stream.target(), link -> link.send(stream));
        case GuardEffect.MoveTip move ->
            sent(move.commandId(), move.target(), link -> link.send(move));
        case GuardEffect.MoveBase move ->
            sent(move.commandId(), move.target(), link -> link.send(move));
        case GuardEffect.NavigateTo go -> sent(go.commandId(), go.target(), link -> link.send(go));
        case GuardEffect.TakeStance take ->
            sent(take.commandId(), take.target(), link -> link.send(take));
        case GuardEffect.CancelGoals cancel ->
            sent("", cancel.all() ? cancel.target() : null, link -> link.send(cancel));
        case GuardEffect.TellStop tell -> {
          publishing().ifPresent(link -> link.send(tell));
          others().forEach(link -> link.send(tell));
        }
      }
    }
  }

  /**
   * Sends on the one link to the robot; says how that ended where somebody waits for it. While a
   * stop is latched what is the guard's own goes to other nodes that listen elsewhere, too: which
   * of them is the robot is not certain. A node that is on both links gets it once: on the other
   * one it could wait until it does harm.
   *
   * @param target null: nobody else is sent it
   */
  private void sent(String commandId, CommandTarget target, Function<GuardLink, String> send) {
    if (commandId.isEmpty() && target != null && state.memory().getStopLatched()) {
      Set<String> here = publishing().map(link -> link.hearers(target)).orElse(Set.of());
      others().filter(link -> !here.containsAll(link.hearers(target))).forEach(send::apply);
    }
    String why = publishing().map(send).orElse("no link to the robot");
    if (!commandId.isEmpty()) {
      decide(new GuardInput.Published(commandId, why.isEmpty(), why));
    } else if (!why.isEmpty()) {
      LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", settings.robot(), why);
    }
  }

  private void reply(GuardEffect.Reply reply) {
    Query query = asked.remove(reply.replyTo());
    if (query == null) {
      return;
    }
    GuardReply message =
        GuardReply.newBuilder()
            .setAccepted(reply.accepted())
            .setCode(reply.code())
            .setWhy(reply.why())
            .setStatus(status())
            .build();
    try (query) {
      query.reply(requestKey, message.toByteArray(), AT_ONCE);
    } catch (RuntimeException gone) {
      LOG.log(System.Logger.Level.WARNING, "reply not sent: {0}", gone.getMessage());
    }
  }

  /** The one link on which it publishes. */
  private Optional<GuardLink> publishing() {
    if (presence.path().equals("robot")) {
      return Optional.of(own);
    }
    return gateways.stream().filter(link -> link.session().connected()).findFirst();
  }

  /** The links on which it says nothing but that the robot is to stop. */
  private Stream<GuardLink> others() {
    GuardLink one = publishing().orElse(null);
    return Stream.concat(
            Stream.of(own), gateways.stream().filter(link -> link.session().connected()))
        .filter(link -> link != one);
  }

  /**
   * Closes a link to the robot that has not taken its oldest byte within what the running class
   * allows: what waits there must not reach the robot late.
   */
  private void dropStalled() {
    Duration most = GuardCore.leads(state) ? STALLED_STREAM : STALLED;
    String why = "its oldest byte waited longer than " + most.toMillis() + " ms";
    if (presence.path().equals("robot")) {
      for (Router.Peer peer : router.peers()) {
        if (router.unsent(peer.zid()).compareTo(most) > 0) {
          stalled++;
          router.close(peer.zid(), why);
        }
      }
    } else {
      publishing()
          .map(GuardLink::session)
          .filter(session -> session.unsent().compareTo(most) > 0)
          .ifPresent(
              session -> {
                stalled++;
                session.dropLink(why);
              });
    }
  }

  /**
   * Looks who listens and who else speaks; tells the core where it changed. Who only listens on the
   * own listener is not the robot, where the robot is seen to speak on the node's.
   */
  private void look() {
    List<GuardInput.Listener> direct = own.listeners();
    Optional<GuardLink> node =
        gateways.stream().filter(link -> link.session().connected()).findFirst();
    boolean elsewhere = !own.isMeasured() && node.filter(GuardLink::isMeasured).isPresent();
    GuardInput.Presence seen =
        direct.isEmpty() || elsewhere
            ? new GuardInput.Presence("node", node.map(GuardLink::listeners).orElse(List.of()))
            : new GuardInput.Presence("robot", direct);
    Set<String> topics = new HashSet<>();
    seen.listeners().forEach(listener -> topics.add(listener.topic()));
    ownZids.addLast(router.local().zid());
    gateways.forEach(link -> ownZids.addLast(link.session().zid()));
    while (ownZids.size() > MOST_ZIDS) ownZids.removeFirst();
    zids = List.copyOf(ownZids);
    Set<String> foreigners = new TreeSet<>(own.foreigners(topics, ownZids));
    gateways.forEach(link -> foreigners.addAll(link.foreigners(topics, ownZids)));
    GuardInput.Presence now =
        new GuardInput.Presence(seen.path(), seen.listeners(), List.copyOf(foreigners));
    if (!now.equals(presence)) {
      presence = now;
      door.protect(settings.robot(), settings.domain(), namespace, topics);
      decide(new GuardInput.Seen(now));
    }
    List<GuardInput.Foreign> foreign = new ArrayList<>(own.foreign(topics, ownZids));
    gateways.forEach(link -> foreign.addAll(link.foreign(topics, ownZids)));
    foreign.forEach(this::decide);
  }

  // ---- what it tells

  private GuardStatus status() {
    Runtime runtime = Runtime.getRuntime();
    GuardStatus.Builder status =
        GuardCore.status(state, System.nanoTime() - startNanos, body.body())
            .setVersion(VERSION)
            .setTickP9999Millis(lateness.p9999Millis())
            .setTickWorstMillis(lateness.worstMillis())
            .setHeapBytes(runtime.totalMemory() - runtime.freeMemory())
            .setLogHead(log.head())
            .setListenEndpoint(router.endpoint())
            .addAllZids(zids)
            .putCounters("logNotKept", log.left())
            .putCounters("linksStalled", stalled)
            .putCounters("stateSyncs", store.syncs())
            .putCounters("logSyncs", log.syncs());
    publishing().flatMap(GuardLink::feedback).ifPresent(status::setFeedback);
    return status.build();
  }

  private void publishStatus() {
    byte[] status = status().toByteArray();
    put("status", status);
  }

  private void publishLog(GuardLogRecord record) {
    put("log", record.toByteArray());
  }

  private void put(String what, byte[] message) {
    String at = "tandem/guard/" + settings.robot() + "/" + what;
    try {
      router.local().put(at, message, AT_ONCE);
      for (GuardLink link : gateways) {
        if (link.session().connected()) {
          link.session().put(at, message, AT_ONCE);
        }
      }
    } catch (RuntimeException lost) {
      LOG.log(System.Logger.Level.DEBUG, "{0} not sent: {1}", what, lost.getMessage());
    }
  }

  private void append(GuardEffect.Log entry) {
    Instant now = Instant.now();
    GuardLogRecord record =
        log.append(
            GuardLogRecord.newBuilder()
                .setToken(GuardCore.token(state, System.nanoTime() - startNanos))
                .setWallNanos(now.getEpochSecond() * 1_000_000_000L + now.getNano())
                .setKind(entry.kind())
                .setCommandId(entry.commandId())
                .setAuthority(entry.authority())
                .setBy(entry.by())
                .setWhy(entry.why())
                .setCode(entry.code()));
    if (record == null) {
      return;
    }
    untold.add(record);
    writeLog = true;
    syncLog |= entry.sync();
  }

  /**
   * Has written what was logged meanwhile, after the answers: whoever asked waits for the state on
   * disk, not for the log, whose journaling would come in the way of what it does next.
   */
  private void writeLog() {
    if (writeLog) {
      disk.writeLog(syncLog);
      writeLog = false;
      syncLog = false;
    }
  }

  /** Publishes what is in the file: a number is never used for two records. */
  private void tellLog() {
    while (!untold.isEmpty() && untold.peek().getNumber() <= log.written()) {
      publishLog(untold.remove());
    }
  }

  // ---- the end

  private void end(String why) {
    if (endAsked.compareAndSet(false, true)) {
      LOG.log(System.Logger.Level.INFO, "guard of {0} ends: {1}", settings.robot(), why);
      queue.offerFirst(new Item.Input(new GuardInput.Ending(why)));
    }
  }

  private void release() {
    try {
      for (GuardLink link : gateways) {
        link.close();
        link.session().close();
      }
      own.close();
      router.close();
      disk.close();
      lock.release();
      lockFile.close();
    } catch (IOException failed) {
      LOG.log(System.Logger.Level.WARNING, "guard not closed cleanly: {0}", failed.getMessage());
    } finally {
      ended.countDown();
    }
  }

  /** Ends it after the robot is still, at most 10 s later. */
  @Override
  public void close() {
    end("asked to");
    try {
      ended.await(END_TIMEOUT.plusSeconds(2).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
