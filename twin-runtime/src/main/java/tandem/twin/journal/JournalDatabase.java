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
 * The journal's database file, {@code <data>/journal/journal.db}: one writer ({@link #committer})
 * and some readers. Thread-safe. Nothing in it names its own path.
 */
public final class JournalDatabase implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JournalDatabase.class);
  private static final int IDLE_READERS = 4;
  private static final String FORMAT = "1";

  private final Dialect dialect = new SqliteDialect();
  private final Path file;
  private final Connection writer;
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
    file = fileIn(data);
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException("journal directory %s: cannot be made".formatted(file), e);
    }
    try {
      writer = dialect.openWriter(file, maxBytes);
    } catch (SQLException e) {
      throw new SQLException(
          "journal %s: cannot be opened: %s; nothing was changed".formatted(file, e.getMessage()),
          e);
    }
    try {
      prepare();
      committer = new Committer(writer, dialect, file);
    } catch (SQLException e) {
      writer.close();
      throw e;
    }
  }

  /** The database file below a data directory. */
  public static Path fileIn(Path data) {
    return data.resolve("journal").resolve("journal.db");
  }

  private void prepare() throws SQLException {
    try (var statement = writer.createStatement()) {
      for (String sql : dialect.schema()) statement.execute(sql);
      try (var rows =
          statement.executeQuery("SELECT value FROM journal_meta WHERE name = 'format'")) {
        if (rows.next() && !FORMAT.equals(rows.getString(1))) {
          throw new SQLException(
              "journal %s: format: expected %s, found %s; nothing was changed"
                  .formatted(file, FORMAT, rows.getString(1)));
        }
      }
      statement.execute(
          "INSERT INTO journal_meta (name, value) SELECT 'format', '"
              + FORMAT
              + "' WHERE NOT EXISTS (SELECT 1 FROM journal_meta WHERE name = 'format')");
      statement.execute(
          "INSERT INTO journal_meta (name, value) SELECT 'probe', '0'"
              + " WHERE NOT EXISTS (SELECT 1 FROM journal_meta WHERE name = 'probe')");
    }
    writer.commit();
  }

  public Committer committer() {
    return committer;
  }

  /** A reader that sees what is committed; close it to give its connection back. */
  public JournalReader reader() throws SQLException {
    Connection connection;
    synchronized (idle) {
      if (closed) throw new SQLException("journal %s: is closed".formatted(file));
      connection = idle.poll();
    }
    Connection reading = connection != null ? connection : dialect.openReader(file);
    return new JournalReader(reading, () -> giveBack(reading));
  }

  private void giveBack(Connection connection) {
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
    var dialect = new SqliteDialect();
    try {
      Path log = file.resolveSibling("journal.db-wal");
      if (!Files.isRegularFile(log) || Files.size(log) == 0) {
        Connection frozen = dialect.openFrozen(file);
        return new JournalReader(frozen, () -> closeQuietly(frozen));
      }
      Path copy = Files.createTempDirectory("tandem-audit");
      Path copied = copy.resolve("journal.db");
      try {
        Files.copy(file, copied, StandardCopyOption.COPY_ATTRIBUTES);
        Files.copy(log, copy.resolve("journal.db-wal"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.setPosixFilePermissions(
            copied, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        Connection connection = dialect.openReader(copied);
        return new JournalReader(
            connection,
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

  private static void remove(Path directory) {
    try (var files = Files.list(directory)) {
      for (Path each : files.toList()) Files.deleteIfExists(each);
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      LOG.warn("audit: copy {} was not removed: {}", directory, e.toString());
    }
  }

  /** Writes what is queued, then leaves one file without a log. */
  @Override
  public void close() {
    committer.close();
    synchronized (idle) {
      closed = true;
      idle.forEach(JournalDatabase::closeQuietly);
      idle.clear();
    }
    try {
      dialect.beforeClose(writer);
      writer.close();
    } catch (SQLException e) {
      LOG.warn("journal {}: closed without folding its log in: {}", file, e.getMessage());
    }
  }
}
