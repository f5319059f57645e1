package tandem.twin.stream;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongSupplier;
import tandem.proto.v1.StreamView;
import tandem.twin.SampleReader;
import tandem.twin.recorder.RecordedStream;
import tandem.twin.recorder.SampleRecorder;
import tandem.twin.recorder.StreamCounts;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.SensedSource;
import tandem.twin.robot.TwinInlet;
import tandem.twin.telemetry.Telemetry;

/**
 * The streams of this node: opens inlets, keeps the robots' senses, and runs one actor per robot
 * and per stream. Thread-safe.
 *
 * <p>Inlets work from the moment they are opened; decoding by tick and observations begin when
 * {@link #supervisor} runs.
 */
public final class NodeStreams implements Streams, SensedSource {
  /** How often news are decoded and told to the twin: 50 Hz. */
  public static final Duration TICK = Duration.ofMillis(20);

  private static final int MAX_STREAMS_PER_ROBOT = 4096;
  private static final int MAX_UNASSIGNED_TOPICS = 4096;

  private final SampleRecorder recorder;
  private final SampleReader reader;
  private final TwinInlet twin;
  private final LongSupplier nanos;
  private final ConcurrentSkipListMap<String, RobotSenses> robots = new ConcurrentSkipListMap<>();
  private final SortedMap<String, Long> unassigned = new TreeMap<>();
  private ActorRef<Command> actors;

  /**
   * @param twin told of each robot at most 50 times a second, from an actor's thread; must not
   *     block
   */
  public NodeStreams(SampleRecorder recorder, SampleReader reader, TwinInlet twin) {
    this(recorder, reader, twin, System::nanoTime);
  }

  NodeStreams(SampleRecorder recorder, SampleReader reader, TwinInlet twin, LongSupplier nanos) {
    this.recorder = recorder;
    this.reader = reader;
    this.twin = twin;
    this.nanos = nanos;
  }

  @Override
  public synchronized StreamInlet open(StreamDeclaration declaration) {
    String topic = declaration.topic();
    if (!topic.startsWith("/")) {
      throw new IllegalArgumentException(
          "topic of robot %s: expected a leading slash, found \"%s\"; stream not opened"
              .formatted(declaration.robot(), topic));
    }
    var senses = robots.get(declaration.robot());
    if (senses == null) {
      String robot = declaration.robot();
      senses = new RobotSenses(robot, () -> recorder.trouble(robot));
      robots.put(declaration.robot(), senses);
    }
    var open = senses.streams.get(topic);
    if (open != null) {
      var inlet = open.inlet();
      if (!inlet.declaration().equals(declaration)) {
        inlet.redeclare(declaration, recorder.open(recorded(declaration), inlet::counts));
      }
      return inlet;
    }
    if (senses.streams.size() >= MAX_STREAMS_PER_ROBOT) {
      throw new IllegalStateException(
          "robot %s has %d streams already; %s not opened"
              .formatted(declaration.robot(), MAX_STREAMS_PER_ROBOT, topic));
    }
    var counts = new LateCounts();
    var inlet =
        new Inlet(
            declaration, recorder.open(recorded(declaration), counts::get), senses::active, nanos);
    counts.inlet = inlet;
    senses.streams.put(topic, new StreamSense(inlet, senses, reader, nanos));
    if (actors != null) {
      actors.tell(new Opened(senses, topic));
    }
    return inlet;
  }

  /** The recorder may ask for the counts of a stream before its inlet exists. */
  private static final class LateCounts {
    volatile Inlet inlet;

    StreamCounts get() {
      var known = inlet;
      return known == null ? StreamCounts.ZERO : known.counts();
    }
  }

  private static RecordedStream recorded(StreamDeclaration declaration) {
    return new RecordedStream(
        declaration.robot(),
        declaration.topic(),
        declaration.type(),
        declaration.typeHash(),
        declaration.schemaText(),
        declaration.qosYaml());
  }

  @Override
  public synchronized void close(String robot) {
    if (robots.remove(robot) != null) {
      recorder.leave(robot);
      if (actors != null) {
        actors.tell(new Closed(robot));
      }
    }
  }

  @Override
  public void unassigned(String topic, long samples) {
    synchronized (unassigned) {
      if (unassigned.size() < MAX_UNASSIGNED_TOPICS || unassigned.containsKey(topic)) {
        unassigned.merge(topic, samples, Long::sum);
      } else {
        unassigned.merge("", samples, Long::sum);
      }
    }
  }

  /** Samples that belong to no robot, by topic; the empty topic stands for those beyond 4096. */
  public SortedMap<String, Long> unassigned() {
    synchronized (unassigned) {
      return new TreeMap<>(unassigned);
    }
  }

  /** All streams, or those of one robot (null: all): robots by name, dreams last, then topics. */
  public List<StreamView> views(String robot) {
    List<StreamView> real = new ArrayList<>();
    List<StreamView> dreams = new ArrayList<>();
    for (var senses : robots.values()) {
      if (robot != null && !senses.robot.equals(robot)) {
        continue;
      }
      for (var stream : senses.streams.values()) {
        var inlet = stream.inlet();
        (inlet.declaration().dream() ? dreams : real).add(inlet.view());
      }
    }
    real.addAll(dreams);
    return real;
  }

  /** Robots and dreams with streams on this node, by name. */
  public List<String> robots() {
    return List.copyOf(robots.keySet());
  }

  @Override
  public Sensed newest(String robot) {
    var senses = robots.get(robot);
    return senses == null ? Sensed.NOTHING : senses.sensed(senses.newest());
  }

  @Override
  public String description(String robot) {
    var senses = robots.get(robot);
    var described = senses == null ? null : senses.newest().description();
    return described == null ? null : described.urdf();
  }

  /** What is or was wrong with the robot's streams. */
  public List<StreamFault> faults(String robot) {
    var senses = robots.get(robot);
    return senses == null ? List.of() : senses.state().faults();
  }

  /** Counts of a stream; empty where it is not open. */
  public Optional<StreamCounts> counts(String robot, String topic) {
    return inlet(robot, topic).map(Inlet::counts);
  }

  /** The newest raw sample given to the twin. */
  public Optional<RawSample> newestSample(String robot, String topic) {
    return inlet(robot, topic).map(Inlet::newest);
  }

  /** A payload that could not be understood, kept aside; at most its first 64 KiB. */
  public record Poisoned(String topic, RawSample sample, String why) {}

  /** The newest poisoned samples of a robot, at most 16 per stream, oldest first. */
  public List<Poisoned> poisoned(String robot) {
    var senses = robots.get(robot);
    if (senses == null) {
      return List.of();
    }
    return senses.streams.entrySet().stream()
        .flatMap(
            entry ->
                entry.getValue().inlet().poisoned().stream()
                    .map(poison -> new Poisoned(entry.getKey(), poison.sample(), poison.why())))
        .sorted(Comparator.comparingLong(poisoned -> poisoned.sample().receivedNanos()))
        .toList();
  }

  private Optional<Inlet> inlet(String robot, String topic) {
    return Optional.ofNullable(robots.get(robot))
        .map(senses -> senses.streams.get(topic))
        .map(StreamSense::inlet);
  }

  /** What the supervisor of the streams is told. */
  public sealed interface Command {}

  record Opened(RobotSenses senses, String topic) implements Command {}

  record Closed(String robot) implements Command {}

  record Ended(String robot) implements Command {}

  /** The parent of all stream actors of this node; to be run once. */
  public Behavior<Command> supervisor() {
    return Behaviors.supervise(
            Telemetry.watched(
                "StreamSupervisor",
                Behaviors.<Command>setup(
                    context -> {
                      synchronized (this) {
                        actors = context.getSelf();
                        robots.values().forEach(senses -> actors.tell(new Opened(senses, "")));
                      }
                      return new StreamSupervisor(context, TICK, twin);
                    })))
        .onFailure(SupervisorStrategy.restart());
  }
}
