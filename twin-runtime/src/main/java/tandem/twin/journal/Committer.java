package tandem.twin.journal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tandem.proto.codec.SealedEvent;

/**
 * The one thread of a node that writes to the journal. It takes whatever is queued (it never waits
 * for more), writes it in one transaction, commits, and only then completes the stages: the commit
 * is on disk by then.
 *
 * <p>Each piece of work stands behind a savepoint of its own: a conflict fails that one and leaves
 * its neighbours. Any other failure (a full disk) fails the whole group; until a probe succeeds
 * {@link #failure} says so. The queue holds at most one batch per twin, because a twin waits for
 * its write.
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

  private record Queued(String what, Work work, CompletableFuture<Void> done) {}

  private final Connection connection;
  private final Dialect dialect;
  private final Path file;
  private final PreparedStatement insert;
  private final LinkedBlockingQueue<Queued> queue = new LinkedBlockingQueue<>();
  private final LongAdder commits = new LongAdder();
  private final LongAdder events = new LongAdder();
  private final Thread thread;
  private volatile String failure;
  private volatile boolean closing;

  Committer(Connection connection, Dialect dialect, Path file) throws SQLException {
    this.connection = connection;
    this.dialect = dialect;
    this.file = file;
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
            insert.executeUpdate();
          }
          events.add(batch.size());
        });
  }

  /** Other writes that share the group commit (snapshots). */
  CompletionStage<Void> submit(String what, Work work) {
    var queued = new Queued(what, work, new CompletableFuture<>());
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

  /** Events written so far, also those of commits that failed afterwards. */
  public long events() {
    return events.sum();
  }

  public int queued() {
    return queue.size();
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
    var written = new ArrayList<Queued>(group.size());
    try {
      for (Queued queued : group) {
        Savepoint before = group.size() > 1 ? connection.setSavepoint() : null;
        try {
          queued.work().run(connection);
          if (before != null) connection.releaseSavepoint(before);
          written.add(queued);
        } catch (SQLException e) {
          if (!dialect.isConflict(e)) throw e;
          if (before != null) connection.rollback(before);
          else connection.rollback();
          queued
              .done()
              .completeExceptionally(
                  new WriteConflict(
                      "journal: %s: another writer was there first; nothing of it was written"
                          .formatted(queued.what())));
        }
      }
      connection.commit();
      commits.increment();
      if (failure != null) LOG.info("journal: writable again");
      failure = null;
      written.forEach(queued -> queued.done().complete(null));
    } catch (SQLException e) {
      failed(e);
      rollback();
      for (Queued queued : group) {
        queued
            .done()
            .completeExceptionally(
                new SQLException(
                    "journal: %s not written: %s".formatted(queued.what(), e.getMessage()), e));
      }
    }
  }

  /** One small synced write decides whether the journal is writable again. */
  private void probe() {
    try (var statement = connection.createStatement()) {
      if (!dialect.hasRoom(connection, file)) return;
      statement.executeUpdate(
          "UPDATE journal_meta SET value = '" + System.nanoTime() + "' WHERE name = 'probe'");
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
      LOG.error("journal: not writable, motion is refused until it is: {}", e.getMessage());
    }
    failure = String.valueOf(e.getMessage());
  }

  private void rollback() {
    try {
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

  /** Writes what is queued, then ends the thread. */
  @Override
  public void close() {
    closing = true;
    try {
      thread.join(TimeUnit.SECONDS.toMillis(10));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
