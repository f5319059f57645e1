package tandem.twin.journal;

import akka.dispatch.Futures;
import akka.persistence.AtomicWrite;
import akka.persistence.PersistentRepr;
import akka.persistence.journal.japi.AsyncWriteJournal;
import com.typesafe.config.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import scala.concurrent.ExecutionContext;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;
import tandem.proto.codec.SealedEvent;

/**
 * Akka Persistence's journal over {@link JournalDatabase}. Stores {@link SealedEvent}s and nothing
 * else; never deletes. Replay checks every row's hash.
 */
public final class SqlJournal extends AsyncWriteJournal {
  private final JournalDatabase database;
  private final ExecutionContext reading;

  public SqlJournal(Config config) {
    database = JournalExtension.ID.get(context().system()).database();
    reading = context().system().dispatchers().lookup(config.getString("replay-dispatcher"));
  }

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(
      Iterable<AtomicWrite> messages) {
    var batch = new ArrayList<SealedEvent>();
    TwinId twin = null;
    for (AtomicWrite write : messages) {
      TwinId id = TwinId.parse(write.persistenceId());
      if (twin != null && !twin.equals(id)) {
        return failed("one write of two twins: %s and %s".formatted(twin, id));
      }
      twin = id;
      for (PersistentRepr repr : CollectionConverters.asJava(write.payload())) {
        if (!(repr.payload() instanceof SealedEvent event)) {
          return failed(
              "%s #%d: expected a SealedEvent, found %s; not written"
                  .formatted(id, repr.sequenceNr(), repr.payload().getClass().getName()));
        }
        if (event.sequence() != repr.sequenceNr()
            || event.term() != id.term()
            || !event.robot().equals(id.robot())) {
          return failed(
              "%s #%d: the envelope says robot %s term %d sequence %d; not written"
                  .formatted(id, repr.sequenceNr(), event.robot(), event.term(), event.sequence()));
        }
        batch.add(event);
      }
    }
    if (twin == null) return Futures.successful(List.of());
    CompletionStage<Iterable<Optional<Exception>>> done =
        database.committer().append(twin, batch).thenApply(nothing -> List.of());
    return FutureConverters.asScala(done);
  }

  private static <T> Future<T> failed(String why) {
    return Futures.failed(new IllegalArgumentException("journal: " + why));
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
    return failed(
        "%s up to #%d not deleted: events are evidence and are kept"
            .formatted(persistenceId, toSequenceNr));
  }

  @Override
  public Future<Void> doAsyncReplayMessages(
      String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
    return read(
        () -> {
          TwinId twin = TwinId.parse(persistenceId);
          try (JournalReader reader = database.reader()) {
            reader.events(twin, from, to, max, event -> replay.accept(repr(persistenceId, event)));
          }
          return null;
        });
  }

  private static PersistentRepr repr(String persistenceId, SealedEvent event) {
    return PersistentRepr.apply(
        event, event.sequence(), persistenceId, event.manifest(), false, null, "");
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long from) {
    return read(
        () -> {
          try (JournalReader reader = database.reader()) {
            return reader.highestSequence(persistenceId);
          }
        });
  }

  private interface Reading<T> {
    T read() throws Exception;
  }

  private <T> Future<T> read(Reading<T> question) {
    var answer = new CompletableFuture<T>();
    reading.execute(
        () -> {
          try {
            answer.complete(question.read());
          } catch (Exception e) {
            answer.completeExceptionally(e);
          }
        });
    return FutureConverters.asScala(answer);
  }
}
