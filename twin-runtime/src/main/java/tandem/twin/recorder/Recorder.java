package tandem.twin.recorder;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.event.Event;

/**
 * Writes the samples of all robots of this node to MCAP segments: per robot one open file with all
 * of its streams. Thread-safe.
 *
 * <pre>
 *   receiving threads --append--> Intake (bounded) --swap--> writer thread --chunk, CRC, SHA-256--> file
 *                                                               |  every 100 ms            disk pool --fsync
 *                                                               +--> SegmentOpened, SegmentSealed --> journal
 * </pre>
 *
 * <p>A file has the name of a segment from the moment that a durable event names it. When a disk is
 * full, samples wait in memory up to a bound, then are refused and counted by the caller; writing
 * goes on by itself when there is space.
 */
public final class Recorder implements SampleRecorder, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Recorder.class);
  private static final long TURN_NANOS = 20_000_000L;
  private static final long WAKE_BYTES = 1 << 19;
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(8);

  private final RecorderSettings settings;
  private final SegmentLog log;
  private final String id;
  private final String start;
  private final Map<String, Robot> robots = new ConcurrentSkipListMap<>();
  private final List<Robot> departed = new ArrayList<>(); // until they are sealed and journaled
  private final List<Writer> writers = new ArrayList<>();
  private final ExecutorService disk;
  private final AtomicLong pendingBytes = new AtomicLong();
  private final AtomicLong refusedSamples = new AtomicLong();
  private int nextWriter;
  private int incarnations;
  private volatile boolean closing;

  private record Robot(RobotRecording recording, JournalQueue journal, Writer writer) {}

  /**
   * State of the recorder.
   *
   * @param troubles by robot; empty where all is well
   * @param refusedSamples dropped at {@code recorder} since the start
   */
  public record Health(
      Map<String, String> troubles,
      long waitingBytes,
      long refusedSamples,
      long recordedSamples,
      long recordedBytes) {}

  public Recorder(RecorderSettings settings, SegmentLog log) {
    this.settings = settings;
    this.log = log;
    this.id = RecorderId.of(settings.data());
    this.start = SegmentNames.start(System.currentTimeMillis() * 1_000_000L);
    this.disk =
        Executors.newFixedThreadPool(
            2, Thread.ofPlatform().daemon().name("tandem-recorder-disk-", 0).factory());
    for (int i = 0; i < settings.writers(); i++) {
      writers.add(new Writer(i));
    }
  }

  @Override
  public RecorderInlet open(RecordedStream stream, Supplier<StreamCounts> counts) {
    var robot = robot(stream.robot());
    var recording = robot.recording;
    var writer = robot.writer;
    recording.stream(stream.topic(), counts);
    return (payload, publisher, sequence, sourceNanos, receivedWallNanos) -> {
      long waiting =
          recording.offer(stream, payload, publisher, sequence, sourceNanos, receivedWallNanos);
      if (waiting < 0) {
        refusedSamples.getAndIncrement();
        writer.wake();
        return false;
      }
      if (waiting >= WAKE_BYTES) {
        writer.wake();
      }
      return true;
    };
  }

  private synchronized Robot robot(String name) {
    if (closing) {
      throw new IllegalStateException("recorder is closed; robot " + name + " is not recorded");
    }
    var known = robots.get(name);
    if (known != null) {
      return known;
    }
    var writer = writers.get(nextWriter++ % writers.size());
    var journal = new JournalQueue(name, log);
    var recording =
        new RobotRecording(
            name,
            id,
            incarnations == 0 ? start : start + "-" + incarnations,
            settings,
            journal,
            disk,
            pendingBytes);
    var robot = new Robot(recording, journal, writer);
    robots.put(name, robot);
    writer.recordings.add(recording);
    return robot;
  }

  @Override
  public String trouble(String robot) {
    var known = robots.get(robot);
    return known == null ? "" : known.recording.trouble();
  }

  @Override
  public synchronized void leave(String robot) {
    var gone = robots.remove(robot);
    if (gone != null) {
      incarnations++;
      departed.removeIf(
          robotBefore -> robotBefore.recording.closed() && robotBefore.journal.waiting() == 0);
      departed.add(gone);
      gone.recording.leave();
      gone.writer.wake();
    }
  }

  /**
   * Completes when all samples of the robot taken before are on disk, with the file they are in and
   * its size then; empty where the robot had no open segment.
   */
  public CompletionStage<java.util.Optional<OpenSegment>> flush(String robot) {
    var known = robots.get(robot);
    if (known == null) {
      return CompletableFuture.completedFuture(java.util.Optional.empty());
    }
    var done = known.recording.flush();
    known.writer.wake();
    return done;
  }

  /**
   * A segment that is being written.
   *
   * @param file relative to the data directory
   * @param bytes from its start that are whole and on disk
   */
  public record OpenSegment(String file, long bytes) {}

  /** How the recorder is. */
  public Health health() {
    Map<String, String> troubles = new java.util.TreeMap<>();
    long samples = 0;
    long bytes = 0;
    for (var robot : robots.entrySet()) {
      var recording = robot.getValue().recording;
      if (!recording.trouble().isEmpty()) {
        troubles.put(robot.getKey(), recording.trouble());
      }
      samples += recording.recordedSamples();
      bytes += recording.recordedBytes();
    }
    return new Health(troubles, pendingBytes.get(), refusedSamples.get(), samples, bytes);
  }

  /**
   * Brings the files that earlier runs left behind in order, and journals what was found: cut to
   * the last whole record and sealed, lost, or named by no event. Blocks; files of this run, and
   * those that lie in another data directory, are not touched.
   *
   * @param journaled all segment events of the robot
   */
  public List<Event.OfSegment> recover(String robot, List<? extends Event.OfSegment> journaled)
      throws IOException {
    String ofThisRun = SegmentNames.folder(robot) + "/" + start + "-";
    var found =
        SegmentRecovery.recover(
            settings.data(), id, robot, journaled, file -> file.startsWith(ofThisRun));
    var known = robot(robot);
    for (var event : found) {
      known.journal.add(event, () -> {});
    }
    return found;
  }

  /**
   * Seals all segments and waits until the journal has their events; what could not be written or
   * journaled within 8 s is logged, and is recovered at the next start.
   */
  @Override
  public void close() {
    List<Robot> all;
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
      all = new ArrayList<>(robots.values());
      all.addAll(departed);
    }
    all.forEach(robot -> robot.recording.leave());
    writers.forEach(Writer::finish);
    long deadline = System.nanoTime() + CLOSE_WITHIN.toNanos();
    try {
      for (var writer : writers) {
        writer.thread.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      }
      for (var robot : all) {
        robot.recording.unwritten().forEach(LOG::error);
        waitFor(robot, deadline);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      LOG.error("recorder: closing was interrupted; open segments are recovered at the next start");
    }
    writers.forEach(writer -> writer.abandoned = true);
    disk.shutdown();
  }

  private static void waitFor(Robot robot, long deadline) throws InterruptedException {
    try {
      robot
          .journal
          .close()
          .toCompletableFuture()
          .get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException late) {
      LOG.error(
          "robot {}: {} segment events are not in the journal; found again at the next start",
          robot.recording.robot(),
          robot.journal.waiting());
    }
  }

  /** A thread that writes the robots given to it. */
  private final class Writer implements Runnable {
    final List<RobotRecording> recordings = new CopyOnWriteArrayList<>();
    final Thread thread;
    private volatile boolean awake;
    private volatile boolean finishing;
    private volatile boolean abandoned;

    Writer(int number) {
      thread = Thread.ofPlatform().daemon().name("tandem-recorder-" + number).start(this);
    }

    void wake() {
      if (!awake) {
        awake = true;
        LockSupport.unpark(thread);
      }
    }

    void finish() {
      finishing = true;
      LockSupport.unpark(thread);
    }

    @Override
    public void run() {
      while (!abandoned) {
        awake = false;
        boolean more = false;
        for (var recording : recordings) {
          more |= recording.work(System.nanoTime(), System.currentTimeMillis() * 1_000_000L);
          if (recording.closed()) {
            recordings.remove(recording);
          }
        }
        if (finishing && recordings.isEmpty()) {
          return;
        }
        if (!more && !awake) {
          LockSupport.parkNanos(this, TURN_NANOS);
        }
      }
    }
  }
}
