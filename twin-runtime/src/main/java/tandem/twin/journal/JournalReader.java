package tandem.twin.journal;

import com.google.protobuf.ByteString;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tandem.proto.codec.SealedEvent;
import tandem.twin.checkpoint.Head;

/** Reads events and snapshots over one connection. Not thread-safe. Every row's hash is checked. */
public final class JournalReader implements AutoCloseable {
  private static final int ROWS_AT_ONCE = 2_000;

  private final Dialect dialect;
  private final Connection connection;
  private final Runnable onClose;

  JournalReader(Dialect dialect, Connection connection, Runnable onClose) {
    this.dialect = dialect;
    this.connection = connection;
    this.onClose = onClose;
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
    public SealedEvent open(TwinId twin) {
      return SealedEvent.open(
          twin.robot(),
          twin.term(),
          sequence,
          manifest,
          schemaVersion,
          hybridNanos,
          previousHash,
          payload,
          hash);
    }
  }

  /** All persistence ids, sorted by bytes; walks the key, not the rows. */
  public List<String> persistenceIds() throws SQLException {
    var ids = new ArrayList<String>();
    for (String table : List.of("event", "snapshot")) {
      try (var next =
          connection.prepareStatement(
              "SELECT MIN(persistence_id) FROM " + table + " WHERE persistence_id > ?")) {
        String last = "";
        while (last != null) {
          next.setString(1, last);
          try (var rows = next.executeQuery()) {
            last = rows.next() ? rows.getString(1) : null;
          }
          if (last != null && !ids.contains(last)) ids.add(last);
        }
      }
    }
    ids.sort(null);
    return ids;
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

  /** Rows by rising sequence, from and to inclusive, at most {@code limit}. */
  public void rows(String persistenceId, long from, long to, long limit, Consumer<Row> each)
      throws SQLException {
    try (var query =
        connection.prepareStatement(
            "SELECT sequence, manifest, schema_version, hybrid_nanos, previous_hash, payload, hash"
                + " FROM event WHERE persistence_id = ? AND sequence >= ? AND sequence <= ?"
                + " ORDER BY sequence")) {
      query.setString(1, persistenceId);
      query.setLong(2, from);
      query.setLong(3, to);
      query.setFetchSize(ROWS_AT_ONCE);
      try (var rows = query.executeQuery()) {
        for (long left = limit; left > 0 && rows.next(); left--) {
          each.accept(
              new Row(
                  persistenceId,
                  rows.getLong(1),
                  String.valueOf(rows.getString(2)),
                  rows.getInt(3),
                  rows.getLong(4),
                  bytes(rows, 5),
                  bytes(rows, 6),
                  bytes(rows, 7)));
        }
      }
    }
  }

  /** Events of one twin, opened and checked. */
  public void events(TwinId twin, long from, long to, long limit, Consumer<SealedEvent> each)
      throws SQLException {
    rows(twin.toString(), from, to, limit, row -> each.accept(row.open(twin)));
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

  private static ByteString bytes(ResultSet rows, int column) throws SQLException {
    byte[] bytes = rows.getBytes(column);
    return bytes == null ? ByteString.EMPTY : ByteString.copyFrom(bytes);
  }

  @Override
  public void close() {
    onClose.run();
  }
}
