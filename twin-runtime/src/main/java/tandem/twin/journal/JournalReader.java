package tandem.twin.journal;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import tandem.proto.codec.EventOpener;
import tandem.proto.codec.SealedEvent;
import tandem.twin.checkpoint.Head;

/** Reads events and snapshots over one connection. Not thread-safe. Every row's hash is checked. */
public final class JournalReader implements AutoCloseable {
  /** Where another of the same journal comes from. */
  interface Source {
    JournalReader open() throws SQLException;
  }

  private final Dialect dialect;
  private final Connection connection;
  private final Source more;
  private final Runnable onClose;

  JournalReader(Dialect dialect, Connection connection, Source more, Runnable onClose) {
    this.dialect = dialect;
    this.connection = connection;
    this.more = more;
    this.onClose = onClose;
  }

  /** A second one, for another thread; to be closed before this one. */
  public JournalReader another() throws SQLException {
    return more.open();
  }

  /** One row as stored, before any check. */
  public record Row(
      String persistenceId,
      long sequence,
      String manifest,
      int schemaVersion,
      long hybridNanos,
      ByteString previousHash,
      ByteString payload,
      ByteString hash) {

    /**
     * @throws tandem.proto.codec.CorruptEvent where the row is not what was written
     */
    public SealedEvent open(EventOpener ofTwin) {
      return ofTwin.open(
          sequence, manifest, schemaVersion, hybridNanos, previousHash, payload, hash);
    }
  }

  /** All persistence ids, sorted by bytes; walks the key, not the rows. */
  public List<String> persistenceIds() throws SQLException {
    var ids = new TreeSet<String>();
    for (String table : List.of("event", "snapshot")) {
      try (var query =
              connection.prepareStatement(
                  """
                  WITH RECURSIVE found(id) AS (
                    SELECT MIN(persistence_id) FROM %1$s
                    UNION ALL
                    SELECT (SELECT MIN(persistence_id) FROM %1$s WHERE persistence_id > found.id)
                    FROM found WHERE found.id IS NOT NULL)
                  SELECT id FROM found WHERE id IS NOT NULL
                  """
                      .formatted(table));
          var rows = query.executeQuery()) {
        while (rows.next()) ids.add(rows.getString(1));
      }
    }
    return List.copyOf(ids);
  }

  /** Terms of one robot, rising; empty where it is unknown. */
  public List<TwinId> terms(String robot) throws SQLException {
    var terms = new ArrayList<TwinId>();
    String prefix = TwinId.ENTITY + "|" + robot + "~";
    try (var next =
        connection.prepareStatement(
            "SELECT MIN(persistence_id) FROM event"
                + " WHERE persistence_id > ? AND persistence_id < ?")) {
      String last = prefix;
      while (last != null) {
        next.setString(1, last);
        next.setString(2, prefix + ":"); // ':' follows '9'
        try (var rows = next.executeQuery()) {
          last = rows.next() ? rows.getString(1) : null;
        }
        if (last != null) terms.add(TwinId.parse(last));
      }
    }
    terms.sort((a, b) -> Long.compare(a.term(), b.term()));
    return terms;
  }

  /** 0 where there is none. */
  public long highestSequence(String persistenceId) throws SQLException {
    try (var query =
        connection.prepareStatement("SELECT MAX(sequence) FROM event WHERE persistence_id = ?")) {
      query.setString(1, persistenceId);
      try (var rows = query.executeQuery()) {
        return rows.next() ? rows.getLong(1) : 0;
      }
    }
  }

  /** Where the journal of one term ends, unchecked; empty where it has no event. */
  public Optional<Head> head(String persistenceId) throws SQLException {
    return head(
        persistenceId,
        "SELECT sequence, hash FROM event WHERE persistence_id = ? ORDER BY sequence DESC LIMIT 1");
  }

  /** Whether the event of this head is there, with this hash. */
  public boolean holds(Head head) throws SQLException {
    return head(
            head.persistenceId(),
            "SELECT sequence, hash FROM event WHERE persistence_id = ? AND sequence = "
                + head.sequence())
        .filter(head::equals)
        .isPresent();
  }

  private Optional<Head> head(String persistenceId, String sql) throws SQLException {
    try (var query = connection.prepareStatement(sql)) {
      query.setString(1, persistenceId);
      try (var rows = query.executeQuery()) {
        if (!rows.next()) return Optional.empty();
        ByteString hash = bytes(rows, 2);
        return hash.size() == SealedEvent.NO_HASH.size()
            ? Optional.of(new Head(persistenceId, rows.getLong(1), hash))
            : Optional.empty();
      }
    }
  }

  /**
   * Rows by rising sequence, from and to inclusive, at most {@code limit}. They own their bytes,
   * and share them among their fields. When {@code each} throws, this reader is to be closed.
   */
  public void rows(String persistenceId, long from, long to, long limit, Consumer<Row> each)
      throws SQLException {
    if (limit <= 0) return;
    dialect.rows(connection, new Range(persistenceId, from, to, limit), each);
  }

  /**
   * Rows that are asked for.
   *
   * @param from inclusive; {@link Long#MIN_VALUE}: no bound
   * @param to inclusive; {@link Long#MAX_VALUE}: no bound
   * @param limit at least 1; {@link Long#MAX_VALUE}: none
   */
  record Range(String persistenceId, long from, long to, long limit) {}

  /** Events of one twin, opened and checked. */
  public void events(TwinId twin, long from, long to, long limit, Consumer<SealedEvent> each)
      throws SQLException {
    var opener = new EventOpener(twin.robot(), twin.term());
    rows(twin.toString(), from, to, limit, row -> each.accept(row.open(opener)));
  }

  /** All snapshots by rising sequence, unchecked. */
  public List<StoredSnapshot> snapshots(String persistenceId) throws SQLException {
    var found = new ArrayList<StoredSnapshot>();
    try (var query =
        connection.prepareStatement(
            "SELECT sequence, hybrid_nanos, head_hash, digest_version, digest, image, sha256"
                + " FROM snapshot WHERE persistence_id = ? ORDER BY sequence")) {
      query.setString(1, persistenceId);
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          found.add(
              new StoredSnapshot(
                  persistenceId,
                  rows.getLong(1),
                  rows.getLong(2),
                  bytes(rows, 3),
                  rows.getInt(4),
                  String.valueOf(rows.getString(5)),
                  bytes(rows, 6),
                  bytes(rows, 7)));
        }
      }
    }
    return found;
  }

  /** What the database itself says of its pages; empty where it finds nothing wrong. */
  public Optional<String> damage() {
    try {
      return dialect.damage(connection);
    } catch (SQLException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  static ByteString bytes(ResultSet rows, int column) throws SQLException {
    byte[] bytes = rows.getBytes(column);
    return bytes == null ? ByteString.EMPTY : ByteString.copyFrom(bytes);
  }

  @Override
  public void close() {
    onClose.run();
  }
}
