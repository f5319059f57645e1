package tandem.twin.recorder;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.event.Event.SegmentOpened;
import tandem.twin.recorder.Recorder.OpenSegment;

/**
 * The recording of one robot: its open segment and what waits for it. {@link #offer} is called by
 * receiving threads, {@link #work} by the writer thread this robot belongs to, and nothing but that
 * thread touches the segment (syncs excepted).
 *
 * <p>When a write fails, nothing is taken from the intake until it works again; the intake fills up
 * and then refuses, which is counted where the samples come in.
 */
final class RobotRecording {
  private static final Logger LOG = LoggerFactory.getLogger(RobotRecording.class);
  private static final long RETRY_NANOS = 500_000_000L;
  private static final int MOST_PER_TURN = 1 << 16;

  /** Somebody waits for all that was offered before to be on disk. */
  private record Flush(CompletableFuture<Optional<OpenSegment>> done) {}

  private final String robot;
  private final String recorder;
  private final RecorderSettings settings;
  private final JournalQueue journal;
  private final Executor disk;
  private final String start;
  private final Intake intake;
  private final Map<String, Supplier<StreamCounts>> counts = new ConcurrentHashMap<>();
  private final Map<String, StreamCounts> countsAtLastSeal = new HashMap<>();
  private final Map<String, Long> lastLogNanos = new HashMap<>();
  private final ArrayDeque<Flush> flushes = new ArrayDeque<>(); // guarded by itself
  private final AtomicBoolean syncing = new AtomicBoolean();
  private final AtomicBoolean leaving = new AtomicBoolean();
  private final AtomicLong recordedBytes = new AtomicLong();
  private final AtomicLong recordedSamples = new AtomicLong();
  private Intake.Batch batch = new Intake.Batch();
  private Segment segment;
  private int number;
  private long openedNanos;
  private long committedNanos;
  private long retryNanos;
  private volatile boolean closed;
  private volatile String trouble = "";
  private volatile long openBytes;
  private volatile String openFile;

  RobotRecording(
      String robot,
      String recorder,
      String start,
      RecorderSettings settings,
      JournalQueue journal,
      Executor disk,
      AtomicLong nodePendingBytes) {
    this.robot = robot;
    this.recorder = recorder;
    this.start = start;
    this.settings = settings;
    this.journal = journal;
    this.disk = disk;
    this.intake =
        new Intake(settings.robotPendingBytes(), settings.pendingBytes(), nodePendingBytes);
  }

  void stream(String topic, Supplier<StreamCounts> cumulative) {
    counts.put(topic, cumulative);
  }

  long offer(
      RecordedStream stream,
      byte[] payload,
      String publisher,
      long sequence,
      long sourceNanos,
      long wallNanos) {
    if (leaving.get()) {
      return -1;
    }
    return intake.offer(stream, payload, publisher, sequence, sourceNanos, wallNanos);
  }

  /**
   * Completes when all that was offered before is on disk, with the segment that was open then and
   * its size; empty where none was. It may be sealed by now.
   */
  CompletableFuture<Optional<OpenSegment>> flush() {
    var done = new CompletableFuture<Optional<OpenSegment>>();
    synchronized (flushes) {
      flushes.add(new Flush(done));
    }
    return done;
  }

  void leave() {
    leaving.set(true);
  }

  String robot() {
    return robot;
  }

  boolean closed() {
    return closed;
  }

  /** Empty where all is well. */
  String trouble() {
    return trouble;
  }

  long waitingBytes() {
    return intake.waitingBytes();
  }

  long recordedBytes() {
    return recordedBytes.get();
  }

  long recordedSamples() {
    return recordedSamples.get();
  }

  /** Bytes of the open segment that were written out. */
  long openBytes() {
    return openBytes;
  }

  /**
   * One turn of the writer.
   *
   * @return whether more is waiting
   */
  boolean work(long nowNanos, long nowWallNanos) {
    if (closed || (!trouble.isEmpty() && nowNanos - retryNanos < 0)) {
      return false;
    }
    List<Flush> wanted = takeFlushes();
    try {
      boolean last = leaving.get();
      boolean more = take(nowNanos, nowWallNanos, last || !wanted.isEmpty());
      boolean due = nowNanos - committedNanos >= settings.commitEvery().toNanos();
      if (segment != null && (due || last || !wanted.isEmpty())) {
        commit(nowNanos, wanted);
      } else {
        wanted.forEach(flush -> flush.done.complete(Optional.empty()));
      }
      if (segment != null && (last || mustRotate(nowNanos))) {
        seal();
      }
      if (last && !more && segment == null) {
        closed = true;
      }
      if (!trouble.isEmpty()) {
        LOG.info("robot {}: recording goes on after: {}", robot, trouble);
        trouble = "";
      }
      return more;
    } catch (IOException refused) {
      wanted.forEach(flush -> flush.done.completeExceptionally(refused));
      inTrouble(refused, nowNanos);
      return false;
    }
  }

  private List<Flush> takeFlushes() {
    synchronized (flushes) {
      var wanted = List.copyOf(flushes);
      flushes.clear();
      return wanted;
    }
  }

  private void inTrouble(IOException refused, long nowNanos) {
    String what =
        "segment %s: not written (%s); %d bytes wait, retried every 0.5 s"
            .formatted(
                segment == null ? SegmentNames.folder(robot) : segment.file(),
                refused,
                intake.waitingBytes());
    if (trouble.isEmpty()) {
      LOG.warn("robot {}: {}", robot, what);
    }
    trouble = what;
    retryNanos = nowNanos + RETRY_NANOS;
  }

  private boolean take(long nowNanos, long nowWallNanos, boolean all) throws IOException {
    int budget = all ? Integer.MAX_VALUE : MOST_PER_TURN;
    while (budget > 0) {
      if (batch.isEmpty()) {
        batch = intake.swap(batch);
        if (batch.isEmpty()) {
          return false;
        }
      }
      while (!batch.isEmpty() && budget-- > 0) {
        takeOne(nowNanos, nowWallNanos);
      }
    }
    return true;
  }

  private void takeOne(long nowNanos, long nowWallNanos) throws IOException {
    if (segment != null
        && (segment.bytesWritten() >= settings.segmentBytes() || !segment.hasRoomForChannel())) {
      seal();
    }
    if (segment == null) {
      open(nowNanos, nowWallNanos);
    }
    int at = batch.taken;
    var stream = batch.streams[at];
    byte[] payload = batch.payloads[at];
    long logNanos =
        Math.max(batch.wallNanos[at], lastLogNanos.getOrDefault(stream.topic(), Long.MIN_VALUE));
    segment.write(
        stream,
        batch.publishers[at],
        batch.sequences[at],
        batch.sourceNanos[at],
        logNanos,
        payload);
    lastLogNanos.put(stream.topic(), logNanos);
    recordedBytes.addAndGet(payload.length);
    recordedSamples.getAndIncrement();
    openBytes = segment.bytesWritten();
    intake.taken(batch);
  }

  private void open(long nowNanos, long nowWallNanos) throws IOException {
    Files.createDirectories(settings.data().resolve(SegmentNames.folder(robot)));
    Segment made = null;
    while (made == null) {
      String file = SegmentNames.file(robot, start, ++number);
      Path path = settings.data().resolve(file + SegmentNames.NEW);
      try {
        made =
            Files.exists(settings.data().resolve(file))
                ? null
                : new Segment(file, path, settings.chunkBytes());
      } catch (FileAlreadyExistsException taken) { // of an earlier run within the same millisecond
        LOG.debug("robot {}: {} exists, the next number is tried", robot, path);
      } catch (IOException refused) {
        number--;
        throw refused;
      }
    }
    segment = made;
    openedNanos = nowNanos;
    committedNanos = nowNanos;
    openBytes = made.bytesWritten();
    String file = made.file();
    openFile = file;
    journal.add(new SegmentOpened(file, nowWallNanos, recorder), () -> rename(file));
  }

  /** Once an event names the file it gets the name of a segment. */
  private void rename(String file) {
    Path data = settings.data();
    try {
      Files.move(
          data.resolve(file + SegmentNames.NEW),
          data.resolve(file),
          StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException kept) {
      LOG.warn("robot {}: {} keeps its first name: {}", robot, file, kept.toString());
    }
  }

  private boolean mustRotate(long nowNanos) {
    return segment.bytesWritten() >= settings.segmentBytes()
        || nowNanos - openedNanos >= settings.segmentAge().toNanos();
  }

  private void commit(long nowNanos, List<Flush> wanted) throws IOException {
    committedNanos = nowNanos;
    boolean news = segment.bytesWaiting() > 0;
    segment.flush();
    openBytes = segment.bytesWritten();
    var open = segment;
    if (!wanted.isEmpty()) {
      var here = Optional.of(new OpenSegment(open.file(), open.bytesWritten()));
      disk.execute(
          () -> {
            try {
              sync(open);
              wanted.forEach(flush -> flush.done.complete(here));
            } catch (IOException refused) {
              wanted.forEach(flush -> flush.done.completeExceptionally(refused));
            }
          });
    } else if (news && syncing.compareAndSet(false, true)) {
      disk.execute(
          () -> {
            try {
              sync(open);
            } catch (IOException refused) {
              LOG.warn("robot {}: {} not synced: {}", robot, open.file(), refused.toString());
            } finally {
              syncing.set(false);
            }
          });
    }
  }

  /** One that was sealed meanwhile was synced before it was closed. */
  private void sync(Segment open) throws IOException {
    try {
      open.sync();
    } catch (ClosedChannelException sealedMeanwhile) {
      LOG.debug("robot {}: {} was sealed, and synced then", robot, open.file());
    }
  }

  private void seal() throws IOException {
    segment.finish();
    segment.sync();
    segment.close();
    var sealed = segment.sealed(countsOfSegment());
    segment = null;
    openFile = null;
    openBytes = 0;
    journal.add(sealed, () -> {});
  }

  private Map<String, StreamCounts> countsOfSegment() {
    Map<String, StreamCounts> since = new TreeMap<>();
    counts.forEach(
        (topic, cumulative) -> {
          var now = cumulative.get();
          var difference = now.minus(countsAtLastSeal.getOrDefault(topic, StreamCounts.ZERO));
          countsAtLastSeal.put(topic, now);
          if (!difference.equals(StreamCounts.ZERO)) {
            since.put(topic, difference);
          }
        });
    return since;
  }

  /** At the end of the process: what could not be written. */
  List<String> unwritten() {
    List<String> left = new ArrayList<>();
    if (!closed) {
      left.add(
          "robot %s: %d bytes of samples were not written, segment %s is not sealed (%s)"
              .formatted(robot, intake.waitingBytes(), openFile, trouble));
    }
    return left;
  }
}
