package tandem.twin.journal;

import akka.dispatch.Futures;
import akka.persistence.SelectedSnapshot;
import akka.persistence.SnapshotMetadata;
import akka.persistence.SnapshotSelectionCriteria;
import akka.persistence.snapshot.japi.SnapshotStore;
import com.typesafe.config.Config;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.jdk.javaapi.FutureConverters;
import tandem.proto.codec.CorruptEvent;

/**
 * Akka Persistence's snapshot store over {@link JournalDatabase}. A snapshot whose hash does not
 * fit is left where it is for the audit and an older one, or the whole journal, is used instead.
 */
public final class SqlSnapshots extends SnapshotStore {
  private static final Logger LOG = LoggerFactory.getLogger(SqlSnapshots.class);
  private static final String INSERT =
      "INSERT INTO snapshot (persistence_id, sequence, hybrid_nanos, head_hash, digest_version,"
          + " digest, image, sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

  private final JournalDatabase database;
  private final ExecutionContext reading;

  public SqlSnapshots(Config config) {
    database = JournalExtension.ID.get(context().system()).database();
    reading = context().system().dispatchers().lookup(config.getString("replay-dispatcher"));
  }

  @Override
  public Future<Optional<SelectedSnapshot>> doLoadAsync(
      String persistenceId, SnapshotSelectionCriteria criteria) {
    var answer = new CompletableFuture<Optional<SelectedSnapshot>>();
    reading.execute(
        () -> {
          try (JournalReader reader = database.reader()) {
            answer.complete(newest(reader, persistenceId, criteria));
          } catch (Exception e) {
            answer.completeExceptionally(e);
          }
        });
    return FutureConverters.asScala(answer);
  }

  private static Optional<SelectedSnapshot> newest(
      JournalReader reader, String persistenceId, SnapshotSelectionCriteria criteria)
      throws Exception {
    for (StoredSnapshot each : reader.snapshots(persistenceId).reversed()) {
      if (each.sequence() > criteria.maxSequenceNr() || each.sequence() < criteria.minSequenceNr())
        continue;
      try {
        var metadata =
            new SnapshotMetadata(persistenceId, each.sequence(), each.hybridNanos() / 1_000_000);
        return Optional.of(new SelectedSnapshot(metadata, each.checked()));
      } catch (CorruptEvent e) {
        LOG.error("{}; not used, the twin is rebuilt from its events", e.getMessage());
      }
    }
    return Optional.empty();
  }

  @Override
  public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
    if (!(snapshot instanceof StoredSnapshot stored)
        || stored.sequence() != metadata.sequenceNr()
        || !stored.persistenceId().equals(metadata.persistenceId())) {
      return Futures.failed(
          new IllegalArgumentException(
              "snapshot of %s at #%d: expected a StoredSnapshot of that sequence, found %s; not saved"
                  .formatted(
                      metadata.persistenceId(),
                      metadata.sequenceNr(),
                      snapshot.getClass().getName())));
    }
    return FutureConverters.asScala(
        database
            .committer()
            .submit(
                "snapshot of %s at #%d".formatted(stored.persistenceId(), stored.sequence()),
                connection -> {
                  try (var insert = connection.prepareStatement(INSERT)) {
                    insert.setString(1, stored.persistenceId());
                    insert.setLong(2, stored.sequence());
                    insert.setLong(3, stored.hybridNanos());
                    insert.setBytes(4, stored.headHash().toByteArray());
                    insert.setInt(5, stored.digestVersion());
                    insert.setString(6, stored.digest());
                    insert.setBytes(7, stored.image().toByteArray());
                    insert.setBytes(8, stored.sha256().toByteArray());
                    insert.executeUpdate();
                  }
                }));
  }

  @Override
  public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
    return delete(metadata.persistenceId(), metadata.sequenceNr(), metadata.sequenceNr());
  }

  @Override
  public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
    return delete(persistenceId, criteria.minSequenceNr(), criteria.maxSequenceNr());
  }

  private Future<Void> delete(String persistenceId, long from, long to) {
    return FutureConverters.asScala(
        database
            .committer()
            .submit(
                "old snapshots of " + persistenceId,
                connection -> {
                  try (var delete =
                      connection.prepareStatement(
                          "DELETE FROM snapshot WHERE persistence_id = ? AND sequence >= ?"
                              + " AND sequence <= ?")) {
                    delete.setString(1, persistenceId);
                    delete.setLong(2, from);
                    delete.setLong(3, to);
                    delete.executeUpdate();
                  }
                }));
  }
}
