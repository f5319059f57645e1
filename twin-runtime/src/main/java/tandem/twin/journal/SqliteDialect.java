package tandem.twin.journal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;

/**
 * The embedded default. Write-ahead log with {@code synchronous = FULL}: one fsync of the log per
 * commit, before the commit returns. Readers see the newest commit and never block the writer.
 */
record SqliteDialect() implements Dialect {
  private static final int PAGE_BYTES = 4096;
  private static final int CHECKPOINT_PAGES = 2_000;
  private static final int ROOM_PAGES = 32;
  private static final long ROOM_BYTES = 4 << 20;
  private static final int BUSY_MILLIS = 5_000;

  @Override
  public Connection openWriter(Path file, long maxBytes) throws SQLException {
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
  public Connection openReader(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    return config.createConnection("jdbc:sqlite:" + file);
  }

  @Override
  public Connection openFrozen(Path file) throws SQLException {
    var config = new SQLiteConfig();
    config.setReadOnly(true);
    return config.createConnection("jdbc:sqlite:" + file.toUri() + "?immutable=1");
  }

  @Override
  public List<String> schema() {
    return List.of(
        """
        CREATE TABLE IF NOT EXISTS event (
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
        """,
        """
        CREATE TABLE IF NOT EXISTS snapshot (
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
        """,
        """
        CREATE TABLE IF NOT EXISTS journal_meta (
          name VARCHAR(64) NOT NULL PRIMARY KEY,
          value VARCHAR(255) NOT NULL
        )
        """);
  }

  @Override
  public boolean isConflict(SQLException e) {
    return (e.getErrorCode() & 0xff) == SQLiteErrorCode.SQLITE_CONSTRAINT.code;
  }

  @Override
  public boolean hasRoom(Connection writer, Path file) throws SQLException {
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

  @Override
  public void beforeClose(Connection writer) throws SQLException {
    writer.setAutoCommit(true);
    try (var statement = writer.createStatement()) {
      statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }
  }
}
