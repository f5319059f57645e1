package tandem.twin;

import akka.Done;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.Props;
import akka.actor.typed.SpawnProtocol;
import akka.cluster.sharding.typed.javadsl.ClusterSharding;
import akka.cluster.sharding.typed.javadsl.Entity;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import akka.cluster.typed.JoinSeedNodes;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.v1.NodeAnswer;
import tandem.proto.v1.NodeQuestion;
import tandem.proto.v1.Setpoint;
import tandem.twin.audit.Audit;
import tandem.twin.audit.SegmentFiles;
import tandem.twin.journal.Committer;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.JournalExtension;
import tandem.twin.journal.TwinId;
import tandem.twin.recorder.Recorder;
import tandem.twin.recorder.RecorderSettings;
import tandem.twin.robot.GuardPorts;
import tandem.twin.robot.RobotDoor;
import tandem.twin.robot.RobotTwin;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.StopLine;
import tandem.twin.robot.TeleopLine;
import tandem.twin.robot.TwinRules;
import tandem.twin.sim.Simulators;
import tandem.twin.site.LifeLines;
import tandem.twin.site.SharedSite;
import tandem.twin.stream.NodeStreams;
import tandem.twin.stream.SetpointLog;
import tandem.twin.stream.Streams;
import tandem.twin.telemetry.Management;
import tandem.twin.telemetry.Telemetry;

/**
 * The twin runtime of one node: actor system, cluster, journal, recorder, twins and streams. One
 * per data directory (a lock held by the process says so; a killed process leaves none). All
 * methods are thread-safe.
 */
public final class TwinRuntime implements AutoCloseable {
  private static final Duration UP_WITHIN = Duration.ofSeconds(60);
  private static final Duration END_WITHIN = Duration.ofSeconds(14);
  private static final String BLOCKING = "tandem.twin.journal-dispatcher";

  private final TwinSettings settings;
  private final FileChannel lock;
  private final ActorSystem<SpawnProtocol.Command> system;
  private final JournalDatabase journal;
  private final KnownTwins known;
  private final GuardPorts guards = new GuardPorts();
  private final StopLine stops;
  private final TeleopLine teleop;
  private final SetpointLog setpoints;
  private final TwinRegion region;
  private final SiteDoor door;
  private final Recorder recorder;
  private final NodeStreams streams;
  private final Homes homes;
  private final NodeTwins twins;
  private final SiteTwins site;
  private final Simulators simulators = new Simulators();
  private final Map<String, DoubleSupplier> counters = new ConcurrentHashMap<>();
  private final Audit audit;
  private int managementPort = -1;

  private TwinRuntime(
      TwinSettings settings,
      SampleReader reader,
      FileChannel lock,
      ActorSystem<SpawnProtocol.Command> system)
      throws SQLException {
    this.settings = settings;
    this.lock = lock;
    this.system = system;
    journal = JournalExtension.ID.get(system.classicSystem()).database();
    known = KnownTwins.load(journal);
    var sharding = ClusterSharding.get(system);
    homes = new Homes(system, !SharedSite.isShared(settings.config()));
    region = new TwinRegion(sharding, known, homes);
    door = new SiteDoor(known, guards, region, homes, this::newestNanos);
    stops = new StopLine(guards, this::acknowledged);
    teleop = new TeleopLine(guards, this::record, this::letGo);
    recorder =
        new Recorder(
            RecorderSettings.from(settings.config(), settings.data()),
            (robot, event) -> door.journal(robot, event));
    streams = new NodeStreams(recorder, reader, door);
    setpoints = new SetpointLog(streams, reader.texts());
    twins =
        new NodeTwins(
            known,
            region,
            guards,
            stops,
            teleop,
            streams,
            streams::views,
            simulators,
            journal.committer()::failure);
    site =
        new SiteTwins(
            twins,
            region,
            homes,
            known,
            journal,
            system.dispatchers().lookup(DispatcherSelector.fromConfig(BLOCKING)));
    var node = new Node(TwinRules.from(settings.config()));
    StopLine.rehearse(node.rules(), settings.site());
    var entities =
        Entity.of(TwinRegion.KEY, entity -> twin(node, entity.getEntityId()))
            .withRole("twin")
            .withStopMessage(new RobotTwin.Goodbye());
    sharding.init(
        homes.isAlone()
            ? entities
            : entities
                .withMessageExtractor(new Homes.Shards())
                .withAllocationStrategy(homes.allocation()));
    spawn(streams.supervisor(), "streams");
    spawn(simulators.supervisor(), "simulators");
    CoordinatedShutdown.get(system.classicSystem())
        .addTask(
            CoordinatedShutdown.PhaseBeforeClusterShutdown(),
            "seal-segments",
            () ->
                CompletableFuture.supplyAsync(
                    () -> {
                      simulators.close();
                      recorder.close();
                      return Done.getInstance();
                    }));
    audit =
        new Audit(
            settings.data(),
            journal::reader,
            new SegmentFiles(homes.isAlone()),
            reader,
            robot -> {
              var status = guards.seen(robot).status();
              return status == null || !status.hasJournalHead() ? null : status.getJournalHead();
            });
    if (SharedSite.isShared(settings.config())) LifeLines.begin(system).countInto(counters);
    join();
    recoverSegments();
    countOwn();
    if (settings.managementPort() >= 0) managementPort = manage();
  }

  private Behavior<RobotTwin.Message> twin(Node node, String robot) {
    known.admit(robot);
    homes.began(robot);
    return Telemetry.watched("RobotTwin", RobotTwin.create(node, robot, known.term(robot)));
  }

  private long newestNanos(String robot) {
    return streams.newest(robot).newestNanos();
  }

  private void countOwn() {
    var checkpoints = JournalExtension.ID.get(system.classicSystem()).checkpointer();
    counters.put("checkpoint_number", checkpoints::number);
    counters.put("checkpoints_failing", () -> checkpoints.failure() == null ? 0 : 1);
    counters.put("journal_events", () -> journal.committer().events());
    counters.put("journal_commits", () -> journal.committer().commits());
    counters.put("journal_queued", () -> journal.committer().queued());
    counters.put("journal_unwritable", () -> journal.committer().failure() == null ? 0 : 1);
    counters.put("recorder.waiting.bytes", () -> recorder.health().waitingBytes());
    counters.put("recorder.refused", () -> recorder.health().refusedSamples());
    counters.put("recorder.samples", () -> recorder.health().recordedSamples());
    counters.put("recorder.bytes", () -> recorder.health().recordedBytes());
    counters.put("recorder.troubles", () -> recorder.health().troubles().size());
    counters.put(
        "streams.unassigned",
        () -> streams.unassigned().values().stream().mapToLong(Long::longValue).sum());
    counters.put("teleop.streams", teleop::streams);
    counters.put("teleop.offered", teleop::offered);
    counters.put("teleop.accepted", teleop::accepted);
    counters.put("teleop.refused", teleop::refused);
    for (String code : TeleopLine.refusals()) {
      String reason = code.replaceFirst("^tandem\\.(teleop\\.)?", "").replace('-', '.');
      counters.put("teleop.refused." + reason, () -> teleop.refusedAs(code));
    }
    counters.put("teleop.let.go.by.rule", teleop::letGoByRule);
    counters.put("teleop.replaced", teleop::replaced);
    counters.put("teleop.narrowed", teleop::narrowed);
    counters.put("teleop.unanswered", teleop::unanswered);
    counters.put("teleop.round.trip.p50.ms", () -> teleop.roundTripMillis(0.5));
    counters.put("teleop.round.trip.p99.ms", () -> teleop.roundTripMillis(0.99));
  }

  /** Shows one more figure of this node at {@code /metrics}, as {@code tandem_NAME}. */
  public void counter(String name, DoubleSupplier value) {
    counters.put(name, value);
  }

  private int manage() {
    var sources =
        new Management.Sources(
            settings.site(),
            twins()::list,
            () -> streams.views(null),
            simulators::views,
            guards::statuses,
            counters);
    return Management.start(system, sources)
        .toCompletableFuture()
        .orTimeout(UP_WITHIN.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  /** Puts in order what a crash left of the recorder's files; nothing of this run is touched. */
  private void recoverSegments() {
    for (String robot : known.robots()) {
      var events = new ArrayList<Event.OfSegment>();
      try (var journaled = journal.reader()) {
        for (TwinId twin : journaled.terms(robot)) {
          journaled.events(
              twin,
              1,
              Long.MAX_VALUE,
              Long.MAX_VALUE,
              event -> {
                if (event.event() instanceof Event.OfSegment segment) events.add(segment);
              });
        }
        recorder.recover(robot, events);
      } catch (SQLException | IOException | CorruptEvent e) {
        system
            .log()
            .error("segments of {}: left as they are, not recovered: {}", robot, e.getMessage());
      }
    }
  }

  /**
   * Starts the runtime; returns when this node is a member of its cluster.
   *
   * @throws IOException where the data directory cannot be used or another process uses it
   * @throws IllegalArgumentException naming the key of a bad setting
   */
  public static TwinRuntime start(TwinSettings settings, SampleReader reader) throws IOException {
    FileChannel lock = lock(settings.data());
    ActorSystem<SpawnProtocol.Command> system = null;
    try {
      system = ActorSystem.create(SpawnProtocol.create(), "tandem", akka(settings));
      return new TwinRuntime(settings, reader, lock, system);
    } catch (SQLException e) {
      abandon(system, lock);
      throw new IOException(e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      abandon(system, lock);
      throw e;
    }
  }

  private static void abandon(ActorSystem<?> system, FileChannel lock) throws IOException {
    if (system != null) {
      system.terminate();
    }
    lock.close();
  }

  private static FileChannel lock(Path data) throws IOException {
    Files.createDirectories(data);
    var channel =
        FileChannel.open(
            data.resolve("node.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock held;
    try {
      held = channel.tryLock();
    } catch (java.nio.channels.OverlappingFileLockException e) {
      held = null;
    }
    if (held == null) {
      channel.close();
      throw new IOException(
          "data directory %s: another process uses it; this node does not start".formatted(data));
    }
    return channel;
  }

  private static Config akka(TwinSettings s) {
    var own =
        ConfigFactory.parseMap(
            Map.of(
                "akka.remote.artery.canonical.hostname", s.arteryHost(),
                "akka.remote.artery.canonical.port", s.arteryPort(),
                "akka.cluster.roles", s.roles(),
                "akka.management.http.hostname", s.managementHost(),
                "akka.management.http.port", Math.max(0, s.managementPort()),
                "tandem.twin.data", s.data().toString()));
    return own.withFallback(s.config().withoutPath("akka"))
        .withFallback(onlyOwnAkka(s.config()))
        .withFallback(SharedSite.akka(s.config()))
        .withFallback(ConfigFactory.parseResources("tandem-akka.conf"))
        .withFallback(ConfigFactory.parseResources("tandem-telemetry.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  /** What the node's configuration says of Akka beyond Akka's own defaults. */
  private static Config onlyOwnAkka(Config config) {
    var defaults = ConfigFactory.defaultReference();
    Config own = ConfigFactory.empty();
    if (!config.hasPath("akka")) return own;
    for (var entry : config.getConfig("akka").entrySet()) {
      String path = "akka." + entry.getKey();
      if (!defaults.hasPath(path) || !defaults.getValue(path).equals(entry.getValue())) {
        own = own.withValue(path, entry.getValue());
      }
    }
    return own;
  }

  private void join() {
    var cluster = Cluster.get(system);
    var up = new CompletableFuture<Void>();
    akka.cluster.Cluster.get(system.classicSystem()).registerOnMemberUp(() -> up.complete(null));
    if (settings.join().isEmpty()) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    } else {
      cluster
          .manager()
          .tell(
              JoinSeedNodes.apply(
                  scala.jdk.javaapi.CollectionConverters.asScala(
                          settings.join().stream()
                              .map(
                                  node ->
                                      akka.actor.AddressFromURIString.parse(
                                          "akka://tandem@" + node))
                              .toList())
                      .toSeq()));
    }
    try {
      up.orTimeout(UP_WITHIN.toSeconds(), TimeUnit.SECONDS).join();
    } catch (java.util.concurrent.CompletionException e) {
      close();
      throw new IllegalStateException(
          "cluster of site %s: this node was not up within %s; it ends"
              .formatted(settings.site(), UP_WITHIN),
          e);
    }
  }

  private void acknowledged(String robot, String requestId) {
    if (known.contains(robot)) {
      region.tell(robot, new RobotTwin.Tell(new TwinCommand.StopAnswered(requestId)));
    }
  }

  private void record(String robot, Setpoint setpoint) {
    setpoints.accept(robot, setpoint);
  }

  private void letGo(String robot, String commandId) {
    if (known.contains(robot)) {
      region.tell(robot, new RobotTwin.Tell(new TwinCommand.LetGo(commandId)));
    }
  }

  private final class Node implements RobotTwin.Surroundings {
    private final TwinRules rules;
    private final NodeDesk desk = new NodeDesk(twins, door::journal, door::contact);

    private Node(TwinRules rules) {
      this.rules = rules;
    }

    @Override
    public CompletionStage<NodeAnswer> answer(NodeQuestion question) {
      return desk.answer(question);
    }

    @Override
    public void ended(String robot) {
      homes.ended(robot);
    }

    @Override
    public TwinRules rules() {
      return rules;
    }

    @Override
    public String site() {
      return settings.site();
    }

    @Override
    public GuardPorts guards() {
      return guards;
    }

    @Override
    public StopLine stops() {
      return stops;
    }

    @Override
    public TeleopLine teleop() {
      return teleop;
    }

    @Override
    public String description(String robot) {
      return streams.description(robot);
    }

    @Override
    public Sensed sensed(String robot) {
      return streams.newest(robot);
    }

    @Override
    public String journalFailure() {
      return journal.committer().failure();
    }

    @Override
    public void recoveryFailure(String robot, String whyOrNull) {
      known.failure(robot, whyOrNull);
    }

    @Override
    public void changed(String robot) {
      twins.changed(robot);
    }
  }

  /** Of the whole site. */
  public Twins twins() {
    return homes.isAlone() ? twins : site;
  }

  public RobotDoor robots() {
    return door;
  }

  public Streams streams() {
    return streams;
  }

  /** The newest values of every robot of this node. */
  public tandem.twin.robot.SensedSource senses() {
    return streams;
  }

  public ActorSystem<SpawnProtocol.Command> system() {
    return system;
  }

  /** The recorder of this node, for export and health. */
  public Recorder recorder() {
    return recorder;
  }

  /** The simulators of this node. */
  public Simulators simulators() {
    return simulators;
  }

  /** Questions about the past of this node's journal and segments; they block. */
  public Audit audit() {
    return audit;
  }

  /** Signs how far the twins' journals have come; completes also where that cannot be done now. */
  public CompletionStage<Void> checkpoint() {
    return JournalExtension.ID.get(system.classicSystem()).checkpointer().checkpoint();
  }

  /**
   * Counts of the journal: events and synced commits since the start, and why it cannot be written.
   */
  public Committer journal() {
    return journal.committer();
  }

  /** The port that management really has; -1 where there is none. */
  public int managementPort() {
    return managementPort;
  }

  public TwinSettings settings() {
    return settings;
  }

  /** The port that Artery really has. */
  public int arteryPort() {
    return Cluster.get(system).selfMember().address().getPort().orElse(settings.arteryPort());
  }

  /** An actor of this node's own, below the guardian. */
  public <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
    return akka.actor.typed.javadsl.AskPattern.<SpawnProtocol.Command, ActorRef<T>>ask(
            system,
            replyTo -> new SpawnProtocol.Spawn<>(behavior, name, Props.empty(), replyTo),
            Duration.ofSeconds(10),
            system.scheduler())
        .toCompletableFuture()
        .join();
  }

  /** Completes when the actor system has ended, asked or not: a node that its site downed ends. */
  public CompletionStage<Done> ended() {
    return system.getWhenTerminated();
  }

  /** Drains, seals, leaves the cluster; the stage completes when all is closed. */
  public CompletionStage<Done> stop() {
    return CoordinatedShutdown.get(system.classicSystem())
        .runAll(CoordinatedShutdown.jvmExitReason())
        .whenComplete((done, failure) -> release());
  }

  private void release() {
    site.close();
    twins.close();
    stops.close();
    try {
      lock.close();
    } catch (IOException e) {
      system.log().warn("lock of {}: not closed: {}", settings.data(), e.toString());
    }
  }

  /** As {@link #stop}, and waits for it. */
  @Override
  public void close() {
    stop().toCompletableFuture().orTimeout(END_WITHIN.toSeconds(), TimeUnit.SECONDS).join();
  }
}
