package tandem.twin.telemetry;

import akka.actor.ActorRef;
import akka.actor.ActorSystem;
import akka.dispatch.AbstractNodeQueue;
import akka.dispatch.Envelope;
import akka.dispatch.MailboxType;
import akka.dispatch.MessageQueue;
import akka.dispatch.ProducesMessageQueue;
import akka.dispatch.UnboundedMessageQueueSemantics;
import com.typesafe.config.Config;
import scala.Option;

/**
 * The default mailbox of typed actors: Akka's single-consumer queue, entered in the book of its
 * system so that depth and processed messages can be shown. Unbounded as the one it replaces: what
 * flows at the rate of samples does not pass through mailboxes.
 */
public final class CountingMailbox
    implements MailboxType, ProducesMessageQueue<CountingMailbox.Queue> {
  /** Called by Akka by name. */
  public CountingMailbox(ActorSystem.Settings settings, Config config) {}

  @Override
  public MessageQueue create(Option<ActorRef> owner, Option<ActorSystem> system) {
    return new Queue(
        owner.isEmpty() || system.isEmpty() ? null : ActorBook.of(system.get()),
        owner.isEmpty() ? "" : ActorBook.key(owner.get().path()));
  }

  /** Many senders, one receiver at a time. */
  public static final class Queue extends AbstractNodeQueue<Envelope>
      implements MessageQueue, UnboundedMessageQueueSemantics {
    private final transient ActorBook book;
    private final transient ActorStats stats;

    Queue(ActorBook book, String path) {
      this.book = book;
      this.stats = new ActorStats(path, this);
      if (book != null) {
        book.enter(stats);
      }
    }

    @Override
    public void enqueue(ActorRef receiver, Envelope envelope) {
      add(envelope);
    }

    @Override
    public Envelope dequeue() {
      var envelope = poll();
      if (envelope != null) {
        stats.taken();
      }
      return envelope;
    }

    @Override
    public int numberOfMessages() {
      return count();
    }

    @Override
    public boolean hasMessages() {
      return !isEmpty();
    }

    @Override
    public void cleanUp(ActorRef owner, MessageQueue deadLetters) {
      if (book != null) {
        book.leave(stats);
      }
      for (var envelope = dequeue(); envelope != null; envelope = dequeue()) {
        deadLetters.enqueue(owner, envelope);
      }
    }
  }
}
