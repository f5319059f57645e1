package tandem.twin.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * PostgreSQL 15 or later, shared by the nodes of a site. A commit is on the server's disk before it
 * returns: {@code synchronous_commit} is set on, and a server with {@code fsync} off is refused.
 *
 * <p>A writer that was paused in mid-transaction must not hold up the one that took over its twin:
 * the server ends a session that idles in a transaction, and waiting for a lock has an end.
 */
record PostgresDialect(PostgresJournal journal) implements Dialect {
  private static final int OLDEST_VERSION = 15;
  private static final int CONNECT_SECONDS = 5;
  private static final int SOCKET_SECONDS = 20;
  private static final int VALID_SECONDS = 2;

  /** Any number that nobody else locks with: "tandem" in ASCII. */
  private static final long SCHEMA_LOCK = 0x74616e64656dL;

  private static final String UNIQUE_VIOLATION = "23505";

  /** Serialization failure, deadlock, lock not available within its time. */
  private static final Set<String> LOST_AGAINST_ANOTHER = Set.of("40001", "40P01", "55P03");

  @Override
  public String place() {
    return journal.address();
  }

  private Connection open(String application) throws SQLException {
    return journal.connect(application, CONNECT_SECONDS, SOCKET_SECONDS);
  }

  @Override
  public Connection openWriter() throws SQLException {
    Connection connection = open("tandem journal writer");
    try (var statement = connection.createStatement()) {
      int version = connection.getMetaData().getDatabaseMajorVersion();
      if (version < OLDEST_VERSION) {
        throw new SQLException(
            "server version: expected %d or later, found %d".formatted(OLDEST_VERSION, version));
      }
      try (var rows = statement.executeQuery("SHOW fsync")) {
        if (!rows.next() || !"on".equals(rows.getString(1))) {
          throw new SQLException(
              "fsync: expected on, found off: what this server acknowledges is not on disk");
        }
      }
      statement.execute("SET synchronous_commit = on");
      statement.execute("SET idle_in_transaction_session_timeout = '2s'");
      statement.execute("SET lock_timeout = '4s'");
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** However long it is read, and however slowly: a twin's rows are one statement. */
  @Override
  public Connection openReader() throws SQLException {
    Connection connection = open("tandem journal reader");
    try (var statement = connection.createStatement()) {
      statement.execute("SET statement_timeout = 0");
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public List<List<String>> migrations() {
    return List.of(
        List.of(
            """
            CREATE TABLE event (
              persistence_id VARCHAR(255) COLLATE "C" NOT NULL,
              sequence BIGINT NOT NULL,
              manifest VARCHAR(255) NOT NULL,
              schema_version INTEGER NOT NULL,
              hybrid_nanos BIGINT NOT NULL,
              previous_hash BYTEA NOT NULL,
              payload BYTEA NOT NULL,
              hash BYTEA NOT NULL,
              PRIMARY KEY (persistence_id, sequence)
            )
            """,
            """
            CREATE TABLE snapshot (
              persistence_id VARCHAR(255) COLLATE "C" NOT NULL,
              sequence BIGINT NOT NULL,
              hybrid_nanos BIGINT NOT NULL,
              head_hash BYTEA NOT NULL,
              digest_version INTEGER NOT NULL,
              digest VARCHAR(64) NOT NULL,
              image BYTEA NOT NULL,
              sha256 BYTEA NOT NULL,
              PRIMARY KEY (persistence_id, sequence)
            )
            """),
        List.of(
            """
            CREATE TABLE site_lease (
              name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
              owner TEXT COLLATE "C" NOT NULL,
              version BIGINT NOT NULL,
              until TIMESTAMPTZ NOT NULL
            )
            """,
            """
            CREATE TABLE site_downed (
              node TEXT COLLATE "C" NOT NULL PRIMARY KEY,
              at TIMESTAMPTZ NOT NULL
            )
            """));
  }

  @Override
  public void lockSchema(Connection writer) throws SQLException {
    try (var statement = writer.createStatement()) {
      statement.execute("SELECT pg_advisory_xact_lock(" + SCHEMA_LOCK + ")");
    }
  }

  @Override
  public boolean isConflict(SQLException e) {
    return UNIQUE_VIOLATION.equals(e.getSQLState())
        || LOST_AGAINST_ANOTHER.contains(String.valueOf(e.getSQLState()));
  }

  @Override
  public boolean isUsable(Connection connection) {
    try {
      return connection.isValid(VALID_SECONDS);
    } catch (SQLException e) {
      return false;
    }
  }

  /** A full disk shows when something is written. */
  @Override
  public boolean hasRoom(Connection writer) {
    return true;
  }

  @Override
  public void beginAnew(Connection writer) {}

  /** By COPY: as bytes, and without a portion's round trip; a cursor gives half as much. */
  @Override
  public void rows(Connection reader, JournalReader.Range range, Consumer<JournalReader.Row> each)
      throws SQLException {
    var server = reader.unwrap(PGConnection.class);
    var query =
        new StringBuilder(
                "COPY (SELECT sequence, manifest, schema_version, hybrid_nanos, previous_hash,"
                    + " payload, hash FROM event WHERE persistence_id = ")
            .append(literal(server, range.persistenceId()));
    if (range.from() != Long.MIN_VALUE) query.append(" AND sequence >= ").append(range.from());
    if (range.to() != Long.MAX_VALUE) query.append(" AND sequence <= ").append(range.to());
    query.append(" ORDER BY sequence");
    if (range.limit() != Long.MAX_VALUE) query.append(" LIMIT ").append(range.limit());
    CopyOut copy =
        server.getCopyAPI().copyOut(query.append(") TO STDOUT (FORMAT binary)").toString());
    var rows = new CopiedRows(range.persistenceId());
    try {
      for (byte[] part = copy.readFromCopy(); part != null; part = copy.readFromCopy()) {
        rows.take(part, each);
      }
      rows.end();
    } finally {
      // The driver's own cancelling leaves answers behind that the next statement would take.
      if (copy.isActive()) reader.close();
    }
  }

  /** COPY takes no parameters. */
  private static String literal(PGConnection server, String text) throws SQLException {
    return "'" + server.escapeLiteral(text) + "'";
  }

  @Override
  public void afterReading(Connection reader) throws SQLException {
    reader.rollback();
  }

  /** Checksums of pages are verified with each read, where the server was initialised with them. */
  @Override
  public Optional<String> damage(Connection reader) {
    return Optional.empty();
  }

  @Override
  public void beforeClose(Connection writer) throws SQLException {
    writer.rollback();
  }

  /** How {@link PostgresJournal} reads an address: user and password do not belong into it. */
  static String problem(String url) {
    Properties parsed = org.postgresql.Driver.parseURL(url, new Properties());
    if (parsed == null) {
      return "journal url: expected jdbc:postgresql://HOST[:PORT]/DATABASE[?..], found '"
          + url.replaceAll("[?].*", "?..")
          + "'";
    }
    return parsed.containsKey("password")
        ? "journal url: a password does not belong into it: use password-file"
        : null;
  }
}
