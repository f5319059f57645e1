package tandem.twin.site;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import tandem.twin.journal.PostgresJournal;

/**
 * The rows of {@code site_lease}: one a name, made with the first grant and never deleted, so that
 * versions only grow; and of {@code site_downed}, the nodes that owners have outlived.
 *
 * <p>Each question is one statement and one transaction: whoever is paused after asking leaves no
 * lock behind. What is over says the server's clock. Not thread-safe; a connection that failed is
 * thrown away, the next question opens another one.
 */
final class LeaseTable implements AutoCloseable {
  private static final String CLAIM =
      """
      INSERT INTO site_lease AS held (name, owner, version, until)
      VALUES (?, ?, 1, clock_timestamp() + ? * interval '1 millisecond')
      ON CONFLICT (name) DO UPDATE SET
        owner = EXCLUDED.owner,
        version = held.version + 1,
        until = clock_timestamp() + ? * interval '1 millisecond'
      WHERE held.owner = EXCLUDED.owner OR held.until <= clock_timestamp()
      RETURNING version
      """;
  private static final String RENEW =
      """
      UPDATE site_lease SET until = clock_timestamp() + ? * interval '1 millisecond'
      WHERE name = ? AND owner = ? AND version = ?
      """;
  private static final String RELEASE =
      """
      UPDATE site_lease SET owner = '', version = version + 1, until = clock_timestamp()
      WHERE name = ? AND owner = ?
      """;
  private static final String LOOK =
      """
      SELECT owner, version, until::text, extract(epoch FROM until - clock_timestamp()) * 1000
      FROM site_lease WHERE name = ?
      """;

  private static final String DOWNED =
      """
      INSERT INTO site_downed (node, at) VALUES (?, clock_timestamp()) ON CONFLICT DO NOTHING
      """;
  private static final String IS_DOWNED = "SELECT 1 FROM site_downed WHERE node = ?";

  private final PostgresJournal place;
  private final String name;
  private final String owner;
  private final long lastsMillis;
  private final int answerSeconds;
  private Connection connection;

  /**
   * @param lasts how long a grant or a renewal lasts
   * @param answerSeconds after which a server that says nothing is given up
   */
  LeaseTable(PostgresJournal place, String name, String owner, Duration lasts, int answerSeconds) {
    this.place = place;
    this.name = name;
    this.owner = owner;
    lastsMillis = lasts.toMillis();
    this.answerSeconds = answerSeconds;
  }

  /**
   * How a row stands.
   *
   * @param until as the server writes it
   * @param leftMillis on the server's clock; not above 0 where it is over
   */
  record Row(String owner, long version, String until, long leftMillis) {
    /** Whether somebody was granted or renewed something since. */
    boolean movedSince(Row earlier) {
      return version != earlier.version || !until.equals(earlier.until);
    }
  }

  private interface Question<T> {
    T ask(PreparedStatement statement) throws SQLException;
  }

  private <T> T ask(String sql, Question<T> question) throws SQLException {
    try {
      if (connection == null) {
        connection = place.connect("tandem site lease", 1, answerSeconds);
        try (var statement = connection.createStatement()) {
          statement.execute("SET synchronous_commit = on");
          statement.execute("SET lock_timeout = '" + answerSeconds * 500 + "ms'");
        }
      }
      try (var statement = connection.prepareStatement(sql)) {
        return question.ask(statement);
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  /** The version granted; 0 where another one's grant is not over. */
  long claim() throws SQLException {
    return ask(
        CLAIM,
        statement -> {
          statement.setString(1, name);
          statement.setString(2, owner);
          statement.setLong(3, lastsMillis);
          statement.setLong(4, lastsMillis);
          try (var rows = statement.executeQuery()) {
            return rows.next() ? rows.getLong(1) : 0L;
          }
        });
  }

  /** False where another one was granted it meanwhile. One that is over is renewed, too. */
  boolean renew(long version) throws SQLException {
    return ask(
        RENEW,
        statement -> {
          statement.setLong(1, lastsMillis);
          statement.setString(2, name);
          statement.setString(3, owner);
          statement.setLong(4, version);
          return statement.executeUpdate() == 1;
        });
  }

  /** Ends this owner's grant, if there is one; another one's is left alone. */
  boolean release() throws SQLException {
    return ask(
        RELEASE,
        statement -> {
          statement.setString(1, name);
          statement.setString(2, owner);
          return statement.executeUpdate() == 1;
        });
  }

  /** Null where it was never granted. */
  Row look() throws SQLException {
    return ask(
        LOOK,
        statement -> {
          statement.setString(1, name);
          try (var rows = statement.executeQuery()) {
            if (!rows.next()) return null;
            return new Row(rows.getString(1), rows.getLong(2), rows.getString(3), rows.getLong(4));
          }
        });
  }

  /** Remembers for ever that these incarnations are no members any more. */
  void downed(Collection<String> nodes) throws SQLException {
    ask(
        DOWNED,
        statement -> {
          for (String node : nodes) {
            statement.setString(1, node);
            statement.executeUpdate();
          }
          return null;
        });
  }

  boolean isDowned(String node) throws SQLException {
    return ask(
        IS_DOWNED,
        statement -> {
          statement.setString(1, node);
          try (var rows = statement.executeQuery()) {
            return rows.next();
          }
        });
  }

  @Override
  public void close() {
    Connection old = connection;
    connection = null;
    if (old == null) return;
    try {
      old.close();
    } catch (SQLException e) {
      // It is of no use any more; the server ends its side by itself.
    }
  }
}
