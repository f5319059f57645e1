package tandem.twin.journal;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.codec.SealedEvent;
import tandem.twin.checkpoint.Head;

/**
 * The one thread of a node that writes to the journal. It takes whatever is queued (it never waits
 * for more), writes it in one transaction, commits, and only then completes the stages: the commit
 * is on disk by then.
 *
 * <p>A conflict fails the piece of work that has it and leaves its neighbours: they are written
 * again without it. Any other failure (a full disk, a server that is gone) fails the whole group;
 * until a probe succeeds {@link #failure} says so. A connection that was lost is opened anew. The
 * queue holds at most one batch per twin, because a twin waits for its write.
 */
public final class Committer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Committer.class);
  private static final int GROUP = 512;
  private static final long PROBE_MILLIS = 500;
  private static final String INSERT =
      "INSERT INTO event (persistence_id, sequence, manifest, schema_version, hybrid_nanos,"
          + " previous_hash, payload, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

  /** Work on the writer's connection; must not commit. */
  interface Work {
    void run(Connection connection) throws SQLException;
  }

  /** Head: where the work leaves its twin; null where it writes no event. */
  private record Queued(
      String what, int events, Head head, Work work, CompletableFuture<Void> done) {}

  private final Dialect dialect;
  private final LinkedBlockingQueue<Queued> queue = new LinkedBlockingQueue<>();
  private final Map<String, Head> moved = new LinkedHashMap<>();
  private final LongAdder commits = new LongAdder();
  private final LongAdder events = new LongAdder();
  private final Thread thread;
  private Connection connection;
  private PreparedStatement insert;
  private volatile String failure;
  private volatile boolean closing;

  /** The connection is its own from now on. */
  Committer(Connection connection, Dialect dialect) throws SQLException {
    this.connection = connection;
    this.dialect = dialect;
    this.insert = connection.prepareStatement(INSERT);
    this.thread = Thread.ofPlatform().name("tandem-journal-committer").start(this::run);
  }

  /**
   * Completes when all of them are on disk; fails with {@link WriteConflict} where one was already
   * there, with the database's own error otherwise, and then none is written.
   */
  public CompletionStage<Void> append(TwinId twin, List<SealedEvent> batch) {
    String id = twin.toString();
    return submit(
        "%d events of %s from sequence %d"
            .formatted(batch.size(), id, batch.isEmpty() ? 0 : batch.getFirst().sequence()),
        batch.size(),
        batch.isEmpty() ? null : new Head(id, batch.getLast().sequence(), batch.getLast().hash()),
        c -> {
          for (SealedEvent e : batch) {
            insert.setString(1, id);
            insert.setLong(2, e.sequence());
            insert.setString(3, e.manifest());
            insert.setInt(4, e.schemaVersion());
            insert.setLong(5, e.hybridNanos());
            insert.setBytes(6, e.previousHash().toByteArray());
            insert.setBytes(7, e.payload().toByteArray());
            insert.setBytes(8, e.hash().toByteArray());
            insert.addBatch();
          }
        });
  }

  /** Other writes that share the group commit (snapshots). */
  CompletionStage<Void> submit(String what, Work work) {
    return submit(what, 0, null, work);
  }

  private CompletionStage<Void> submit(String what, int count, Head head, Work work) {
    var queued = new Queued(what, count, head, work, new CompletableFuture<>());
    queue.add(queued);
    if (closing) refuseRest();
    return queued.done();
  }

  /** Why the journal cannot be written at present; null while it can. */
  public String failure() {
    return failure;
  }

  /** Synced commits so far. */
  public long commits() {
    return commits.sum();
  }

  /** Events written so far. */
  public long events() {
    return events.sum();
  }

  public int queued() {
    return queue.size();
  }

  private void moved(Head head) {
    synchronized (moved) {
      moved.put(head.persistenceId(), head);
    }
  }

  /** Where the twins stand on disk that were written to since this was last asked. */
  List<Head> takeMoved() {
    synchronized (moved) {
      var heads = List.copyOf(moved.values());
      moved.clear();
      return heads;
    }
  }

  private void run() {
    var group = new ArrayList<Queued>(GROUP);
    while (!closing || !queue.isEmpty()) {
      try {
        Queued first = queue.poll(PROBE_MILLIS, TimeUnit.MILLISECONDS);
        if (first == null) {
          if (failure != null) probe();
          continue;
        }
        group.add(first);
        queue.drainTo(group, GROUP - 1);
        commit(group);
      } catch (InterruptedException e) {
        closing = true;
      } finally {
        group.clear();
      }
    }
    refuseRest();
  }

  private void commit(List<Queued> group) {
    try {
      open();
      List<Queued> written = write(group);
      connection.commit();
      commits.increment();
      if (failure != null) LOG.info("journal: writable again");
      failure = null;
      for (Queued queued : written) {
        events.add(queued.events());
        if (queued.head() != null) moved(queued.head());
        queued.done().complete(null);
      }
    } catch (SQLException e) {
      failed(e);
      rollback();
      for (Queued queued : group) {
        queued
            .done()
            .completeExceptionally(
                new SQLException(
                    "journal: %s not written: %s".formatted(queued.what(), said(e)), e));
      }
    }
  }

  /** What was written and is to be committed; the rest has been told of its conflict. */
  private List<Queued> write(List<Queued> group) throws SQLException {
    try {
      for (Queued queued : group) queued.work().run(connection);
      insert.executeBatch();
      return group;
    } catch (SQLException e) {
      if (!dialect.isConflict(e)) throw e;
      insert.clearBatch();
      connection.rollback();
    }
    return group.size() == 1 ? conflict(group.getFirst()) : oneByOne(group);
  }

  /** Each behind a savepoint of its own. */
  private List<Queued> oneByOne(List<Queued> group) throws SQLException {
    var written = new ArrayList<Queued>(group.size());
    for (Queued queued : group) {
      Savepoint before = connection.setSavepoint();
      try {
        queued.work().run(connection);
        insert.executeBatch();
        connection.releaseSavepoint(before);
        written.add(queued);
      } catch (SQLException e) {
        if (!dialect.isConflict(e)) throw e;
        insert.clearBatch();
        connection.rollback(before);
        conflict(queued);
      }
    }
    return written;
  }

  private static List<Queued> conflict(Queued queued) {
    queued
        .done()
        .completeExceptionally(
            new WriteConflict(
                "journal: %s: another writer was there first; nothing of it was written"
                    .formatted(queued.what())));
    return List.of();
  }

  /** A connection that a failure left unusable is replaced. */
  private void open() throws SQLException {
    if (failure == null || dialect.isUsable(connection)) return;
    closeConnection();
    connection = dialect.openWriter();
    insert = connection.prepareStatement(INSERT);
    LOG.info("journal {}: connected again", dialect.place());
  }

  private void closeConnection() {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("journal: a lost connection did not close: {}", e.getMessage());
    }
  }

  /** A batch's own words are all its values; what was wrong stands behind. */
  private static String said(SQLException e) {
    Throwable reason = e instanceof BatchUpdateException ? e.getCause() : e;
    SQLException next = e instanceof BatchUpdateException ? e.getNextException() : null;
    return String.valueOf((next != null ? next : reason != null ? reason : e).getMessage());
  }

  /** One small synced write decides whether the journal is writable again. */
  private void probe() {
    try {
      open();
      if (!dialect.hasRoom(connection)) return;
      try (var statement = connection.createStatement()) {
        statement.executeUpdate(
            "UPDATE journal_meta SET value = '" + System.nanoTime() + "' WHERE name = 'probe'");
      }
      connection.commit();
      failure = null;
      LOG.info("journal: writable again");
    } catch (SQLException e) {
      failure = e.getMessage();
      rollback();
    }
  }

  private void failed(SQLException e) {
    if (failure == null) {
      LOG.error("journal: not writable, motion is refused until it is: {}", said(e));
    }
    failure = said(e);
  }

  private void rollback() {
    try {
      insert.clearBatch();
      connection.rollback();
    } catch (SQLException e) {
      LOG.debug("journal: the database had already rolled back: {}", e.getMessage());
      try {
        dialect.beginAnew(connection);
      } catch (SQLException stuck) {
        LOG.debug("journal: no new transaction: {}", stuck.getMessage());
      }
    }
  }

  private void refuseRest() {
    for (Queued queued = queue.poll(); queued != null; queued = queue.poll()) {
      queued
          .done()
          .completeExceptionally(
              new IllegalStateException(
                  "journal: %s not written: the journal is closed".formatted(queued.what())));
    }
  }

  /** Writes what is queued, ends the thread, and closes the connection in order. */
  @Override
  public void close() {
    closing = true;
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
      dialect.beforeClose(connection);
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.warn("journal {}: not closed in order: {}", dialect.place(), e.getMessage());
    }
  }
}
