package tandem.twin.journal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
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
