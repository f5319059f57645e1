package tandem.twin.journal;

import akka.actor.AbstractExtensionId;
import akka.actor.ExtendedActorSystem;
import akka.actor.Extension;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;

/**
 * The node's one journal database, opened with the actor system and closed after its last actor and
 * a last checkpoint. Reads {@code tandem.twin.data}, {@code journal} and {@code checkpoints}.
 */
public final class JournalExtension implements Extension {
  public static final Id ID = new Id();

  private final JournalDatabase database;
  private final Checkpointer checkpointer;

  private JournalExtension(JournalDatabase database, Checkpointer checkpointer) {
    this.database = database;
    this.checkpointer = checkpointer;
  }

  public Checkpointer checkpointer() {
    return checkpointer;
  }

  public JournalDatabase database() {
    return database;
  }

  /** Akka's key of this extension. */
  public static final class Id extends AbstractExtensionId<JournalExtension> {
    private Id() {}

    @Override
    public JournalExtension createExtension(ExtendedActorSystem system) {
      var config = system.settings().config().getConfig("tandem.twin");
      try {
        var server = PostgresJournal.of(config.getConfig("journal"));
        var database =
            server.isPresent()
                ? new JournalDatabase(server.get())
                : new JournalDatabase(
                    Path.of(config.getString("data")), config.getBytes("journal.max-bytes"));
        var checkpointer = Checkpointer.start(database, Checkpointer.Settings.from(config));
        system.registerOnTermination(
            () -> {
              checkpointer.close();
              database.close();
            });
        return new JournalExtension(database, checkpointer);
      } catch (SQLException | IOException e) {
        throw new IllegalStateException(e.getMessage(), e);
      }
    }
  }
}
