package tandem.twin.journal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What differs between databases. Implementations are stateless. */
sealed interface Dialect permits SqliteDialect {
  /**
   * A connection with auto-commit off.
   *
   * @param maxBytes quota of the database file; 0: none
   */
  Connection openWriter(Path file, long maxBytes) throws SQLException;

  /** Sees committed rows only; cannot write. */
  Connection openReader(Path file) throws SQLException;

  /** Reads a closed database without touching it, its directory or its log. */
  Connection openFrozen(Path file) throws SQLException;

  /** Statements that make the tables where they are missing. */
  List<String> schema();

  /** The primary key was already there. */
  boolean isConflict(SQLException e);

  /** False where a quota or the disk leaves no room for growth worth going on for. */
  boolean hasRoom(Connection writer, Path file) throws SQLException;

  /** Brings connection and driver together again after the database rolled back by itself. */
  void beginAnew(Connection writer) throws SQLException;

  /** Before the last connection closes in order. */
  void beforeClose(Connection writer) throws SQLException;
}
