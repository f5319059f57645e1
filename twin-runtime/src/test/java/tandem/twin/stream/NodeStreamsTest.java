package tandem.twin.stream;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tandem.proto.event.Event;
import tandem.twin.SampleReader;
import tandem.twin.recorder.RecordedStream;
import tandem.twin.recorder.RecorderInlet;
import tandem.twin.recorder.SampleRecorder;
import tandem.twin.recorder.StreamCounts;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.TwinInlet;
import tandem.twin.telemetry.ActorView;
import tandem.twin.telemetry.Telemetry;

/** Streams with a reader that takes a payload for text: joint names and positions. */
class NodeStreamsTest {
  private static ActorTestKit kit;

  private final List<byte[]> recorded = Collections.synchronizedList(new ArrayList<>());
  private final Twin twin = new Twin();
  private volatile boolean recorderFull;

  @BeforeAll
  static void start() {
    kit =
        ActorTestKit.create(
            "streams",
            ConfigFactory.parseResources("tandem-telemetry.conf")
                .withFallback(ConfigFactory.load()));
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void shouldAnswerWithTheNewestSampleAtOnce() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    var inlet = streams.open(joints("ada"));

    inlet.receive(sample("a=1.5 b=2", 1));

    var sensed = streams.newest("ada");
    assertThat(sensed.joints().names()).containsExactly("a", "b");
    assertThat(sensed.joints().positionsRad()).containsExactly(1.5, 2);
    assertThat(sensed.joints().origin().sequence()).isEqualTo(1);
    assertThat(sensed.joints().origin().stampBy()).isEqualTo("sender");
    assertThat(recorded).hasSize(1);
  }

  @Test
  void shouldTellTheTwinOfNewestValuesConflated() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    kit.spawn(streams.supervisor());
    var inlet = streams.open(joints("ada"));

    for (int i = 0; i < 2_000; i++) {
      inlet.receive(sample("a=" + i, i));
    }

    await(() -> twin.last != null && twin.last.joints().origin().sequence() == 1_999);
    assertThat(twin.observations.get()).isLessThan(1_000);
    assertThat(streams.views("ada").getFirst().getDelivered()).isEqualTo(2_000);
  }

  @Test
  void shouldKeepGoodValuesAndRaiseAHazardWhenASampleHasNaN() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    kit.spawn(streams.supervisor());
    var inlet = streams.open(joints("ada"));

    inlet.receive(sample("a=1", 1));
    inlet.receive(sample("a=NaN", 2));

    assertThat(streams.newest("ada").joints().positionsRad()).containsExactly(1);
    await(() -> twin.hazards().contains("bad-values"));
    assertThat(streams.faults("ada").getFirst().text())
        .contains("/ada/joint_states #2 position of joint a: expected a finite number, found NaN");
    assertThat(recorded).hasSize(2);
    assertThat(streams.views("ada").getFirst().getDelivered()).isEqualTo(2);

    inlet.receive(sample("a=3", 3));
    await(() -> twin.events.stream().anyMatch(event -> event instanceof Event.HazardCleared));
    assertThat(streams.newest("ada").joints().positionsRad()).containsExactly(3);
  }

  @Test
  void shouldNameJointsThatChangeAndGoOn() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    var inlet = streams.open(joints("ada"));

    inlet.receive(sample("a=1 b=2", 1));
    inlet.receive(sample("a=1 c=2", 2));

    assertThat(streams.newest("ada").joints().names()).containsExactly("a", "c");
    assertThat(streams.faults("ada").getFirst().text())
        .contains("joints added [c], removed [b]", "goes on");
  }

  @Test
  void shouldSetAPoisonedSampleAsideAndGoOn() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    var inlet = streams.open(joints("ada"));

    inlet.receive(sample("no number", 1));
    inlet.receive(sample("a=1", 2));

    assertThat(streams.newest("ada").joints().positionsRad()).containsExactly(1);
    assertThat(streams.poisoned("ada")).hasSize(1);
    assertThat(streams.poisoned("ada").getFirst().why()).contains("/ada/joint_states #1", "byte 3");
    assertThat(streams.views("ada").getFirst().getLastFailure()).contains("not decoded");
    assertThat(recorded).hasSize(2);
  }

  @Test
  void shouldCountWhatIsNotTheStreamsOwnAndKeepItAside() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    var inlet = streams.open(joints("ada"));

    inlet.receive(sample("a=1", 1));
    inlet.reject(sample("other", 1), "type", "no sample: already had number 1");
    inlet.reject(sample("other", 2), "type", "type: expected A, found B; not taken");
    inlet.receive(sample("a=3", 3));

    var view = streams.views("ada").getFirst();
    assertThat(view.getOffered()).isEqualTo(4);
    assertThat(view.getDelivered()).isEqualTo(2);
    assertThat(view.getDroppedByMap()).containsOnly(java.util.Map.entry("type", 1L));
    assertThat(view.getDuplicate()).isEqualTo(1);
    assertThat(streams.poisoned("ada")).hasSize(2);
    assertThat(streams.newest("ada").joints().positionsRad()).containsExactly(3);
  }

  @Test
  void shouldRaiseAHazardWhileTheRecorderCannotWrite() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    kit.spawn(streams.supervisor(), "unrecorded");
    streams.open(joints("ada")).receive(sample("a=1", 1));

    recorderFull = true;
    await(() -> twin.hazards().contains("not-recorded"));
    recorderFull = false;
    await(
        () ->
            twin.events.stream()
                .anyMatch(
                    e ->
                        e instanceof Event.HazardCleared cleared
                            && cleared.kind().equals("not-recorded")));
  }

  @Test
  void shouldRestartOneStreamWhenItsDecoderFailsAndNoOther() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    var supervisor = kit.spawn(streams.supervisor(), "failing");
    var bad = streams.open(declaration("ada", "/ada/other_joint_states"));
    var good = streams.open(joints("ada"));

    for (int i = 0; i < 10; i++) {
      bad.receive(sample("explode", i));
      good.receive(sample("a=" + i, i));
    }

    await(() -> restarts("other_joint_states") > 0);
    await(() -> twin.hazards().contains("decoder-failed"));
    await(() -> twin.last != null && twin.last.joints().origin().sequence() == 9);
    assertThat(restarts("%2Fjoint_states")).isZero();
    assertThat(recorded).hasSize(20);
    assertThat(streams.poisoned("ada")).isNotEmpty();

    var seen =
        actors().stream()
            .filter(actor -> actor.path().contains("other_joint_states"))
            .findFirst()
            .orElseThrow();
    assertThat(seen.kind()).isEqualTo("SensorStream");
    assertThat(seen.lastFailure()).contains("decoder failed");
    assertThat(seen.processed()).isPositive();
    kit.stop(supervisor);
  }

  @Test
  void shouldCountWhatTheRecorderHasNoRoomForAndShowItAllTheSame() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    var inlet = streams.open(joints("ada"));

    inlet.receive(sample("a=1", 1));
    recorderFull = true;
    inlet.receive(sample("a=2", 2));

    var view = streams.views("ada").getFirst();
    assertThat(view.getOffered()).isEqualTo(2);
    assertThat(view.getDelivered()).isEqualTo(1);
    assertThat(view.getDroppedByMap()).containsEntry("recorder", 1L);
    assertThat(streams.newest("ada").joints().positionsRad()).containsExactly(2);
  }

  @Test
  void shouldNotRecordADuplicateNorShowALateSample() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    var inlet = streams.open(joints("ada"));

    inlet.receive(sample("a=1", 1));
    inlet.receive(sample("a=3", 3));
    inlet.receive(sample("a=3", 3));
    inlet.receive(sample("a=2", 2));

    assertThat(streams.newest("ada").joints().positionsRad()).containsExactly(3);
    assertThat(recorded).hasSize(3);
    var view = streams.views("ada").getFirst();
    assertThat(view.getDuplicate()).isEqualTo(1);
    assertThat(view.getLate()).isEqualTo(1);
    assertThat(view.getOffered()).isEqualTo(4);
  }

  @Test
  void shouldTellTheJournalOnceOfAClockThatJumpsInAllStreams() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    kit.spawn(streams.supervisor());
    var one = streams.open(joints("ada"));
    var two = streams.open(declaration("ada", "/ada/imu/data"));
    long hour = 3_600_000_000_000L;

    for (int i = 0; i < 20; i++) {
      long jump = i < 10 ? 0 : hour;
      one.receive(sample("a=1", i, jump));
      two.receive(sample("a=1", i, jump));
    }

    await(() -> twin.events.stream().anyMatch(event -> event instanceof Event.ClockStepped));
    var steps = twin.events.stream().filter(event -> event instanceof Event.ClockStepped).toList();
    assertThat(steps).hasSize(1);
    assertThat(((Event.ClockStepped) steps.getFirst()).stepNanos())
        .isBetween(hour - 1_000_000_000L, hour + 1_000_000_000L);
  }

  @Test
  void shouldOpenARobotAgainThatLeft() {
    var streams = new NodeStreams(recorder(), new TextReader(), twin);
    kit.spawn(streams.supervisor());
    streams.open(joints("ada")).receive(sample("a=1", 1));
    streams.close("ada");
    assertThat(streams.newest("ada")).isEqualTo(Sensed.NOTHING);

    streams.open(joints("ada")).receive(sample("a=7", 1));

    await(() -> twin.last != null && twin.last.joints().positionsRad()[0] == 7);
    assertThat(streams.views(null)).hasSize(1);
  }

  private static long restarts(String inPath) {
    return actors().stream()
        .filter(actor -> actor.path().contains(inPath))
        .mapToLong(ActorView::restarts)
        .sum();
  }

  private static List<ActorView> actors() {
    return Telemetry.actors(kit.system());
  }

  private static void await(Supplier<Boolean> condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.get()) {
      assertThat(System.nanoTime()).as("deadline of 30 s").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static StreamDeclaration joints(String robot) {
    return declaration(robot, "/" + robot + "/joint_states");
  }

  private static StreamDeclaration declaration(String robot, String topic) {
    return new StreamDeclaration(
        robot, topic, "sensor_msgs/msg/JointState", "", "", "reliable", "", false, false);
  }

  private static RawSample sample(String text, long sequence) {
    return sample(text, sequence, 0);
  }

  private static RawSample sample(String text, long sequence, long clockNanos) {
    long now = System.nanoTime();
    long wall = System.currentTimeMillis() * 1_000_000L;
    return new RawSample(text.getBytes(), "gid", sequence, wall + clockNanos, now, wall, false);
  }

  private SampleRecorder recorder() {
    return new SampleRecorder() {
      @Override
      public RecorderInlet open(RecordedStream stream, Supplier<StreamCounts> counts) {
        return (payload, publisher, sequence, sourceNanos, receivedWallNanos) ->
            !recorderFull && recorded.add(payload);
      }

      @Override
      public String trouble(String robot) {
        return recorderFull ? "no space left" : "";
      }

      @Override
      public void leave(String robot) {
        recorded.clear();
      }
    };
  }

  private static final class Twin implements TwinInlet {
    final AtomicInteger observations = new AtomicInteger();
    final List<Event> events = Collections.synchronizedList(new ArrayList<>());
    volatile Sensed last;

    @Override
    public void observe(String robot, Sensed sensed) {
      observations.incrementAndGet();
      last = sensed.joints() == null ? last : sensed;
    }

    @Override
    public CompletionStage<Long> journal(String robot, Event event) {
      events.add(event);
      return CompletableFuture.completedFuture((long) events.size());
    }

    List<String> hazards() {
      synchronized (events) {
        return events.stream()
            .filter(event -> event instanceof Event.HazardRaised)
            .map(event -> ((Event.HazardRaised) event).kind())
            .toList();
      }
    }
  }

  private static final class TextReader implements SampleReader {
    @Override
    public Optional<Reading> read(String topic, String type, String schemaText, byte[] payload) {
      String text = new String(payload);
      if (text.equals("explode")) {
        throw new IllegalStateException("decoder failed");
      }
      List<String> names = new ArrayList<>();
      List<Double> positions = new ArrayList<>();
      for (var pair : text.split(" ")) {
        int equals = pair.indexOf('=');
        if (equals < 0) {
          throw new IllegalArgumentException("joint: expected NAME=RAD at byte 3");
        }
        names.add(pair.substring(0, equals));
        positions.add(Double.parseDouble(pair.substring(equals + 1)));
      }
      double[] rad = positions.stream().mapToDouble(Double::doubleValue).toArray();
      return Optional.of(new Reading.Joints(0, names, rad, new double[0], new double[0]));
    }
  }
}
