package tandem.twin.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal's database: a file, {@code <data>/journal/journal.db}, or a server that the nodes of
 * a site share ({@link PostgresJournal}). One writer ({@link #committer}) and some readers.
 * Thread-safe. Nothing in it names its own path.
 */
public final class JournalDatabase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JournalDatabase.class);
  private static final int IDLE_READERS = 4;
  private static final String META =
      """
      CREATE TABLE IF NOT EXISTS journal_meta (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        value VARCHAR(255) NOT NULL
      )
      """;

  private final Dialect dialect;
  private final Committer committer;
  private final Deque<Connection> idle = new ArrayDeque<>();
  private boolean closed;

  /**
   * Opens the journal for writing, making it where there is none.
   *
   * @param maxBytes quota of the database file; 0: none
   * @throws SQLException naming the file where it is no journal of ours
   */
  public JournalDatabase(Path data, long maxBytes) throws SQLException {
    this(new SqliteDialect(madeIn(data), maxBytes));
  }

  /**
   * Opens a journal on a server, making or migrating its tables.
   *
   * @throws SQLException naming the server where that cannot be done; nothing was changed then
   */
  public JournalDatabase(PostgresJournal journal) throws SQLException {
    this(new PostgresDialect(journal));
  }

  private JournalDatabase(Dialect dialect) throws SQLException {
    this.dialect = dialect;
    Connection writer;
    try {
      writer = dialect.openWriter();
    } catch (SQLException e) {
      throw new SQLException(
          "journal %s: cannot be opened: %s; nothing was changed"
              .formatted(dialect.place(), e.getMessage()),
          e);
    }
    try {
      migrate(writer);
      committer = new Committer(writer, dialect);
    } catch (SQLException e) {
      closeQuietly(writer);
      throw e;
    }
  }

  private static Path madeIn(Path data) {
    Path file = fileIn(data);
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException("journal directory %s: cannot be made".formatted(file), e);
    }
    return file;
  }

  /** The database file below a data directory. */
  public static Path fileIn(Path data) {
    return data.resolve("journal").resolve("journal.db");
  }

  /** Each step is one transaction with the number that it leads to: a half one leaves nothing. */
  private void migrate(Connection writer) throws SQLException {
    var steps = dialect.migrations();
    try (var statement = writer.createStatement()) {
      dialect.lockSchema(writer);
      statement.execute(META);
      int format = format(writer);
      if (format > steps.size()) {
        throw new SQLException(
            "journal %s: format: expected at most %d, found %d, of a newer version; nothing was changed"
                .formatted(dialect.place(), steps.size(), format));
      }
      statement.execute(
          "INSERT INTO journal_meta (name, value) SELECT 'format', '0'"
              + " WHERE NOT EXISTS (SELECT 1 FROM journal_meta WHERE name = 'format')");
      statement.execute(
          "INSERT INTO journal_meta (name, value) SELECT 'probe', '0'"
              + " WHERE NOT EXISTS (SELECT 1 FROM journal_meta WHERE name = 'probe')");
      writer.commit();
      for (int next = format + 1; next <= steps.size(); next++) {
        dialect.lockSchema(writer);
        if (format(writer) < next) {
          for (String sql : steps.get(next - 1)) statement.execute(sql);
          statement.execute("UPDATE journal_meta SET value = '" + next + "' WHERE name = 'format'");
        }
        writer.commit();
      }
    } catch (SQLException e) {
      writer.rollback();
      throw e;
    }
  }

  /** 0 where no table was made yet. */
  private int format(Connection writer) throws SQLException {
    try (var statement = writer.createStatement();
        var rows = statement.executeQuery("SELECT value FROM journal_meta WHERE name = 'format'")) {
      if (!rows.next()) return 0;
      try {
        return Integer.parseInt(rows.getString(1));
      } catch (NumberFormatException e) {
        throw new SQLException(
            "journal %s: format: expected a number, found %s; nothing was changed"
                .formatted(dialect.place(), rows.getString(1)));
      }
    }
  }

  public Committer committer() {
    return committer;
  }

  /** A reader that sees what is committed; close it to give its connection back. */
  public JournalReader reader() throws SQLException {
    Connection kept = idle();
    while (kept != null && !dialect.isUsable(kept)) {
      closeQuietly(kept);
      kept = idle();
    }
    Connection reading = kept != null ? kept : dialect.openReader();
    return new JournalReader(dialect, reading, this::reader, () -> giveBack(reading));
  }

  private Connection idle() throws SQLException {
    synchronized (idle) {
      if (closed) throw new SQLException("journal %s: is closed".formatted(dialect.place()));
      return idle.poll();
    }
  }

  private void giveBack(Connection connection) {
    try {
      dialect.afterReading(connection);
    } catch (SQLException lost) {
      closeQuietly(connection);
      return;
    }
    synchronized (idle) {
      if (!closed && idle.size() < IDLE_READERS) {
        idle.push(connection);
        return;
      }
    }
    closeQuietly(connection);
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("journal: a reader did not close: {}", e.getMessage());
    }
  }

  /**
   * Reads the journal of a stopped node and leaves its directory untouched: where a crash left a
   * write-ahead log, a copy is read, which {@link JournalReader#close} removes.
   *
   * @throws SQLException naming the file where there is none or it cannot be read
   */
  public static JournalReader openStopped(Path data) throws SQLException {
    Path file = fileIn(data);
    if (!Files.isRegularFile(file)) {
      throw new SQLException("journal %s: there is no such file".formatted(file));
    }
    try {
      Path log = file.resolveSibling("journal.db-wal");
      if (!Files.isRegularFile(log) || Files.size(log) == 0) {
        var dialect = new SqliteDialect(file, 0);
        return reading(dialect, dialect::openFrozen);
      }
      Path copy = Files.createTempDirectory("tandem-audit");
      Path copied = copy.resolve("journal.db");
      try {
        Files.copy(file, copied, StandardCopyOption.COPY_ATTRIBUTES);
        Files.copy(log, copy.resolve("journal.db-wal"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.setPosixFilePermissions(
            copied, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        var dialect = new SqliteDialect(copied, 0);
        Connection connection = dialect.openReader();
        return new JournalReader(
            dialect,
            connection,
            () -> reading(dialect, dialect::openReader),
            () -> {
              closeQuietly(connection);
              remove(copy);
            });
      } catch (IOException | SQLException e) {
        remove(copy);
        throw e;
      }
    } catch (IOException e) {
      throw new SQLException(
          "journal %s: cannot be read: %s; nothing was changed".formatted(file, e), e);
    }
  }

  /** Reads a journal on a server, whether nodes write to it or not. */
  public static JournalReader openReading(PostgresJournal journal) throws SQLException {
    var dialect = new PostgresDialect(journal);
    try {
      return reading(dialect, dialect::openReader);
    } catch (SQLException e) {
      throw new SQLException(
          "journal %s: cannot be read: %s; nothing was changed"
              .formatted(dialect.place(), e.getMessage()),
          e);
    }
  }

  private interface Opening {
    Connection open() throws SQLException;
  }

  private static JournalReader reading(Dialect dialect, Opening opening) throws SQLException {
    Connection connection = opening.open();
    return new JournalReader(
        dialect, connection, () -> reading(dialect, opening), () -> closeQuietly(connection));
  }

  private static void remove(Path directory) {
    try (var files = Files.list(directory)) {
      for (Path each : files.toList()) Files.deleteIfExists(each);
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      LOG.warn("audit: copy {} was not removed: {}", directory, e.toString());
    }
  }

  /** Writes what is queued; of an embedded journal one file is left, without a log. */
  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      idle.forEach(JournalDatabase::closeQuietly);
      idle.clear();
    }
    committer.close();
  }
}
