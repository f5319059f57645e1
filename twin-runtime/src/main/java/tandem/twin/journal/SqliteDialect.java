package tandem.twin.journal;

import com.google.protobuf.UnsafeByteOperations;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;

/**
 * The embedded default. Write-ahead log with {@code synchronous = FULL}: one fsync of the log per
 * commit, before the commit returns. Readers see the newest commit and never block the writer.
 *
 * @param maxBytes quota of the database file; 0: none
 */
record SqliteDialect(Path file, long maxBytes) implements Dialect {
  private static final int PAGE_BYTES = 4096;
  private static final int CHECKPOINT_PAGES = 2_000;
  private static final int ROOM_PAGES = 32;
  private static final long ROOM_BYTES = 4 << 20;
  private static final int BUSY_MILLIS = 5_000;
  private static final int HASH_BYTES = 32;

  private static final String EVENT =
      """
      CREATE TABLE event (
        persistence_id VARCHAR(255) NOT NULL,
        sequence BIGINT NOT NULL,
        manifest VARCHAR(255) NOT NULL,
        schema_version INTEGER NOT NULL,
        hybrid_nanos BIGINT NOT NULL,
        previous_hash BLOB NOT NULL,
        payload BLOB NOT NULL,
        hash BLOB NOT NULL,
        PRIMARY KEY (persistence_id, sequence)
      ) WITHOUT ROWID
      """;

  private static final String SNAPSHOT =
      """
      CREATE TABLE snapshot (
        persistence_id VARCHAR(255) NOT NULL,
        sequence BIGINT NOT NULL,
        hybrid_nanos BIGINT NOT NULL,
        head_hash BLOB NOT NULL,
        digest_version INTEGER NOT NULL,
        digest VARCHAR(64) NOT NULL,
        image BLOB NOT NULL,
        sha256 BLOB NOT NULL,
        PRIMARY KEY (persistence_id, sequence)
      )
      """;

  @Override
  public String place() {
    return file.toString();
  }

  @Override
  public Connection openWriter() throws SQLException {
    var config = new SQLiteConfig();
    config.setPageSize(PAGE_BYTES);
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
    config.setBusyTimeout(BUSY_MILLIS);
    config.setPragma(
        SQLiteConfig.Pragma.JOURNAL_SIZE_LIMIT, Long.toString(2L * CHECKPOINT_PAGES * PAGE_BYTES));
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    try (var statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_autocheckpoint = " + CHECKPOINT_PAGES);
      if (maxBytes > 0) {
        statement.execute("PRAGMA max_page_count = " + Math.max(1, maxBytes / PAGE_BYTES));
      }
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public Connection openReader() throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    return config.createConnection("jdbc:sqlite:" + file);
  }

  /** Reads a closed database without touching it, its directory or its log. */
  Connection openFrozen() throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    return config.createConnection("jdbc:sqlite:" + file.toUri() + "?immutable=1");
  }

  @Override
  public List<List<String>> migrations() {
    return List.of(List.of(EVENT, SNAPSHOT));
  }

  /** The one writer of a file has it to itself. */
  @Override
  public void lockSchema(Connection writer) {}

  @Override
  public boolean isConflict(SQLException e) {
    return (e.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_CONSTRAINT.code;
  }

  @Override
  public boolean isUsable(Connection connection) {
    return true;
  }

  @Override
  public boolean hasRoom(Connection writer) throws SQLException {
    long inUse = pragma(writer, "page_count") - pragma(writer, "freelist_count");
    if (pragma(writer, "max_page_count") - inUse < ROOM_PAGES) return false;
    return file.toFile().getUsableSpace() >= ROOM_BYTES;
  }

  private static long pragma(Connection connection, String name) throws SQLException {
    try (var statement = connection.createStatement();
        var rows = statement.executeQuery("PRAGMA " + name)) {
      return rows.next() ? rows.getLong(1) : 0;
    }
  }

  @Override
  public void beginAnew(Connection writer) throws SQLException {
    try (var statement = writer.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
    }
  }

  /**
   * A call into the library costs more than what it gives, so the columns that are bytes come in
   * one: length of the manifest (a byte), manifest, previous hash, hash, payload. A row that does
   * not fit (a longer manifest, a hash of another length) has null there.
   */
  private static final String ROWS =
      """
      SELECT sequence, schema_version, hybrid_nanos,
        CASE WHEN octet_length(manifest) BETWEEN 1 AND 127
            AND octet_length(previous_hash) = 32 AND octet_length(hash) = 32
          THEN CAST(char(octet_length(manifest)) || manifest || previous_hash || hash || payload AS BLOB)
        END
      FROM event WHERE persistence_id = ? AND sequence >= ? AND sequence <= ?
      ORDER BY sequence LIMIT ?
      """;

  private static final String BYTES_OF_ROW =
      "SELECT manifest, previous_hash, payload, hash FROM event"
          + " WHERE persistence_id = ? AND sequence = ?";

  @Override
  public void rows(Connection reader, JournalReader.Range range, Consumer<JournalReader.Row> each)
      throws SQLException {
    var manifests = new Manifests();
    try (var query = reader.prepareStatement(ROWS)) {
      query.setString(1, range.persistenceId());
      query.setLong(2, range.from());
      query.setLong(3, range.to());
      query.setLong(4, range.limit());
      try (var rows = query.executeQuery()) {
        while (rows.next()) {
          byte[] packed = rows.getBytes(4);
          each.accept(
              packed == null
                  ? apart(reader, range.persistenceId(), rows)
                  : unpacked(range.persistenceId(), rows, packed, manifests));
        }
      }
    }
  }

  private static JournalReader.Row unpacked(
      String persistenceId, ResultSet rows, byte[] packed, Manifests manifests)
      throws SQLException {
    int hashes = 1 + packed[0];
    int payload = hashes + 2 * HASH_BYTES;
    return new JournalReader.Row(
        persistenceId,
        rows.getLong(1),
        manifests.text(packed, 1, packed[0]),
        rows.getInt(2),
        rows.getLong(3),
        UnsafeByteOperations.unsafeWrap(packed, hashes, HASH_BYTES),
        UnsafeByteOperations.unsafeWrap(packed, payload, packed.length - payload),
        UnsafeByteOperations.unsafeWrap(packed, hashes + HASH_BYTES, HASH_BYTES));
  }

  private static JournalReader.Row apart(Connection reader, String persistenceId, ResultSet row)
      throws SQLException {
    try (var query = reader.prepareStatement(BYTES_OF_ROW)) {
      query.setString(1, persistenceId);
      query.setObject(2, row.getObject(1));
      try (var bytes = query.executeQuery()) {
        if (!bytes.next()) {
          throw new SQLException(
              "%s sequence %s: expected its row, found none"
                  .formatted(persistenceId, row.getObject(1)));
        }
        return new JournalReader.Row(
            persistenceId,
            row.getLong(1),
            String.valueOf(bytes.getString(1)),
            row.getInt(2),
            row.getLong(3),
            JournalReader.bytes(bytes, 2),
            JournalReader.bytes(bytes, 3),
            JournalReader.bytes(bytes, 4));
      }
    }
  }

  @Override
  public void afterReading(Connection reader) {}

  @Override
  public Optional<String> damage(Connection reader) throws SQLException {
    try (var statement = reader.createStatement();
        var rows = statement.executeQuery("PRAGMA quick_check(1)")) {
      String verdict = rows.next() ? rows.getString(1) : "no answer";
      return "ok".equals(verdict) ? Optional.empty() : Optional.of(verdict);
    }
  }

  @Override
  public void beforeClose(Connection writer) throws SQLException {
    writer.setAutoCommit(true);
    try (var statement = writer.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
  }
}
