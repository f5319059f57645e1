package tandem.twin.journal;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.codec.SealedEvent;
import tandem.twin.checkpoint.CheckpointWriter;
import tandem.twin.checkpoint.Head;

/**
 * Signs how far the twins' journals have come, at an interval and at a clean end, into the node's
 * data directory: apart from the journal, so that an end that was cut off is found.
 *
 * <p>A head is stated only once it is on disk. It is true wherever the journal lies, so several
 * nodes of a site may each have a log of their own over one database: each states what it has seen.
 * A twin whose journal no longer holds what was stated of it is never stated anew; what was stated
 * stays, and {@code audit verify} goes on finding the difference. A failure to write costs no event
 * and stops nothing; {@link #failure} tells it. One thread of its own. Thread-safe.
 */
public final class Checkpointer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);
  private static final Duration FIRST = Duration.ofSeconds(5);
  private static final long END_SECONDS = 5;

  /**
   * @param every 0: none are made
   * @param keyMaxAge after which a new key is made
   * @param software version that is stated at the start
   */
  public record Settings(Path data, Duration every, Duration keyMaxAge, String software) {
    /** Reads {@code data}, {@code software} and {@code checkpoints} below {@code tandem.twin}. */
    public static Settings from(Config twin) {
      return new Settings(
          Path.of(twin.getString("data")),
          within(twin, "checkpoints.every", Duration.ofSeconds(1), Duration.ofDays(1)),
          within(twin, "checkpoints.key-max-age", Duration.ofHours(1), Duration.ofDays(3_650)),
          twin.getString("software"));
    }

    private static Duration within(Config twin, String key, Duration low, Duration high) {
      Duration value = twin.getDuration(key);
      boolean none = key.endsWith("every") && value.isZero();
      if (!none && (value.compareTo(low) < 0 || value.compareTo(high) > 0)) {
        throw new IllegalArgumentException(
            "tandem.twin.%s: expected %s..%s, found %s".formatted(key, low, high, value));
      }
      return value;
    }
  }

  private final JournalDatabase database;
  private final Settings settings;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("tandem-checkpoints").factory());
  private final Map<String, Head> moved = new LinkedHashMap<>();
  private final Set<String> contradicted = new HashSet<>();
  private CheckpointWriter writer;
  private boolean settled;
  private volatile long number;
  private volatile String failure;

  private Checkpointer(JournalDatabase database, Settings settings) {
    this.database = database;
    this.settings = settings;
  }

  /** Begins soon after the call, on a thread of its own. */
  static Checkpointer start(JournalDatabase database, Settings settings) {
    var checkpointer = new Checkpointer(database, settings);
    if (!settings.every().isZero()) {
      long every = settings.every().toMillis();
      checkpointer.thread.scheduleWithFixedDelay(
          checkpointer::round, Math.min(every, FIRST.toMillis()), every, TimeUnit.MILLISECONDS);
    }
    return checkpointer;
  }

  /** Makes one now where something has moved; completes also where none can be made. */
  public CompletionStage<Void> checkpoint() {
    if (settings.every().isZero()) return CompletableFuture.completedFuture(null);
    try {
      return CompletableFuture.runAsync(this::round, thread);
    } catch (RejectedExecutionException closed) {
      return CompletableFuture.completedFuture(null); // the last one is made already
    }
  }

  /** Number of the newest statement on disk; 0 where there is none. */
  public long number() {
    return number;
  }

  /** Why no checkpoint can be made at present, or what contradicts one; null where all is well. */
  public String failure() {
    return failure;
  }

  private void round() {
    try {
      if (writer == null) open();
      failure = null;
      advance();
    } catch (IOException | SQLException | RuntimeException e) {
      tell(String.valueOf(e.getMessage()));
    }
    if (writer != null) number = writer.number();
    if (failure == null && !contradicted.isEmpty()) {
      failure = "the journal contradicts its checkpoints: " + String.join(", ", contradicted);
    }
  }

  private void tell(String why) {
    if (!why.equals(failure)) LOG.error("checkpoints: none is made: {}; events are kept", why);
    failure = why;
  }

  private void open() throws IOException {
    writer = CheckpointWriter.open(settings.data(), now());
    writer.software(RunningSoftware.text(settings.software()), now());
  }

  private void advance() throws SQLException, IOException {
    for (Head head : database.committer().takeMoved()) moved.put(head.persistenceId(), head);
    try (JournalReader reader = database.reader()) {
      if (!settled) settle(reader);
      for (Head head : List.copyOf(moved.values())) {
        var stated = writer.head(head.persistenceId());
        if (stated.isPresent() && !stands(reader, stated.get())) {
          moved.remove(head.persistenceId());
        }
      }
    }
    Duration age = Duration.ofNanos(now() - writer.keySinceNanos());
    if (age.compareTo(settings.keyMaxAge()) > 0) writer.rotate(now());
    if (moved.isEmpty()) return;
    writer.checkpoint(moved.values(), now());
    moved.clear();
  }

  /** Once: what an earlier run wrote and did not state, and whether what it stated still stands. */
  private void settle(JournalReader reader) throws SQLException {
    for (Head stated : new ArrayList<>(writer.heads())) stands(reader, stated);
    for (String id : reader.persistenceIds()) {
      var head = reader.head(id);
      if (head.isPresent() && !head.equals(writer.head(id))) moved.putIfAbsent(id, head.get());
    }
    settled = true;
  }

  private boolean stands(JournalReader reader, Head stated) throws SQLException {
    String id = stated.persistenceId();
    if (contradicted.contains(id)) return false;
    if (reader.holds(stated)) return true;
    contradicted.add(id);
    LOG.error(
        "checkpoints: {}: expected event {} with hash {} in the journal, which does not hold it:"
            + " its end was cut off or written anew; this twin gets no further checkpoint, see"
            + " audit verify",
        id,
        stated.sequence(),
        SealedEvent.hex(stated.hash()));
    return false;
  }

  private static long now() {
    return System.currentTimeMillis() * 1_000_000;
  }

  /** Makes the last checkpoint, behind everything that was queued. */
  @Override
  public void close() {
    if (settings.every().isZero()) {
      thread.shutdownNow();
      return;
    }
    try {
      database
          .committer()
          .submit("the last checkpoint's turn", connection -> {})
          .toCompletableFuture()
          .get(END_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("checkpoints: the journal is not written to the end: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    thread.execute(
        () -> {
          round();
          closeWriter();
        });
    thread.shutdown();
    try {
      if (!thread.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("checkpoints: the last one was not made within {} s", END_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void closeWriter() {
    try {
      if (writer != null) writer.close();
    } catch (IOException e) {
      LOG.warn("checkpoints: not closed in order: {}", e.toString());
    }
  }
}
