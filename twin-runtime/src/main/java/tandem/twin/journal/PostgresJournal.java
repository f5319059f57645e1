package tandem.twin.journal;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Where a journal on PostgreSQL lies.
 *
 * @param url {@code jdbc:postgresql://HOST[:PORT]/DATABASE[?..]}, no password in it
 * @param password empty where the server asks for none
 */
public record PostgresJournal(String url, String user, String password) {
  /**
   * @throws IllegalArgumentException for an address of another kind, or with a password in it
   */
  public PostgresJournal {
    String problem = PostgresDialect.problem(url);
    if (problem != null) throw new IllegalArgumentException(problem);
  }

  /**
   * As {@code tandem.twin.journal} says; empty for the embedded one.
   *
   * @throws IOException where the password's file cannot be read
   */
  public static Optional<PostgresJournal> of(Config journal) throws IOException {
    String url = journal.getString("url");
    if (url.isEmpty()) return Optional.empty();
    return Optional.of(of(url, journal.getString("user"), journal.getString("password-file")));
  }

  /** The password is the first line of its file; no file, no password. */
  public static PostgresJournal of(String url, String user, String passwordFile)
      throws IOException {
    String password =
        passwordFile.isEmpty()
            ? ""
            : Files.readString(Path.of(passwordFile)).lines().findFirst().orElse("");
    return new PostgresJournal(url, user, password);
  }

  /**
   * A connection as the driver makes it: auto-commit on.
   *
   * @param application by which the server's own views name it
   * @param connectSeconds within which the server takes it
   * @param socketSeconds within which it answers anything that is asked over it
   */
  public Connection connect(String application, int connectSeconds, int socketSeconds)
      throws SQLException {
    var source = new PGSimpleDataSource();
    source.setURL(url);
    source.setUser(user);
    source.setPassword(password);
    source.setApplicationName(application);
    source.setConnectTimeout(connectSeconds);
    source.setSocketTimeout(socketSeconds);
    source.setTcpKeepAlive(true);
    source.setReWriteBatchedInserts(true);
    return source.getConnection();
  }

  /** For people and logs. */
  public String address() {
    return url.replaceAll("[?].*", "");
  }

  @Override
  public String toString() {
    return address() + " as " + user;
  }
}
