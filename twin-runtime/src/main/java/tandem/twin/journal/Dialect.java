package tandem.twin.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Where a journal lies, and what its database does its own way. Thread-safe. */
sealed interface Dialect permits SqliteDialect, PostgresDialect {
  /** For people: a file, or an address without user and password. */
  String place();

  /** A connection with auto-commit off. */
  Connection openWriter() throws SQLException;

  /** Sees committed rows only; cannot write. */
  Connection openReader() throws SQLException;

  /** Steps from an empty database to the present tables, each one transaction. */
  List<List<String>> migrations();

  /** Keeps other nodes from migrating until the transaction ends. */
  void lockSchema(Connection writer) throws SQLException;

  /** The primary key was already there, or another writer stood in the way and won. */
  boolean isConflict(SQLException e);

  /** Whether a connection can be used still. */
  boolean isUsable(Connection connection);

  /** False where a quota or the disk leaves no room for growth worth going on for. */
  boolean hasRoom(Connection writer) throws SQLException;

  /** Brings connection and driver together again after the database rolled back by itself. */
  void beginAnew(Connection writer) throws SQLException;

  /** Rows by rising sequence. */
  void rows(Connection reader, JournalReader.Range range, Consumer<JournalReader.Row> each)
      throws SQLException;

  /** A reader has what it wanted: nothing of it is kept open. */
  void afterReading(Connection reader) throws SQLException;

  /** What the database itself says of its pages; empty where it finds nothing wrong. */
  Optional<String> damage(Connection reader) throws SQLException;

  /** Before the last connection closes in order. */
  void beforeClose(Connection writer) throws SQLException;
}
