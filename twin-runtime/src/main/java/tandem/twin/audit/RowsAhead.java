package tandem.twin.audit;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.EventOpener;
import tandem.proto.codec.SealedEvent;
import tandem.twin.journal.JournalReader;
import tandem.twin.journal.TwinId;

/**
 * A term's rows, each with what {@link EventOpener} says of it, in their order and on the caller's
 * thread. With helpers, one thread reads a long term and others open, both some portions ahead of
 * the caller; he sees the same in the same order. Any thread.
 */
final class RowsAhead {
  /** A shorter term is read before a thread has begun. */
  private static final int WORTH_HELP_ROWS = 4_000;

  private static final int ROWS_AT_ONCE = 256;
  private static final int BYTES_AT_ONCE = 1 << 20;
  private static final int PORTIONS_AHEAD = 8;
  private static final long LOOK_AGAIN_MILLIS = 20;

  /** Who takes them. */
  interface Each {
    /**
     * @param event null where the row is not what was written
     * @param why null where it is
     */
    void take(JournalReader.Row row, SealedEvent event, CorruptEvent why);
  }

  private final ExecutorService helpers;

  /**
   * @param helpers null: the caller does all himself
   */
  RowsAhead(ExecutorService helpers) {
    this.helpers = helpers;
  }

  /**
   * @throws SQLException after all that was read before it
   */
  void read(JournalReader journal, TwinId twin, Each each) throws SQLException {
    if (helpers == null || journal.highestSequence(twin.toString()) < WORTH_HELP_ROWS) {
      var opener = new EventOpener(twin.robot(), twin.term());
      rows(journal, twin, row -> hand(row, opened(row, opener), each));
    } else {
      ahead(journal, twin, each);
    }
  }

  private static void rows(
      JournalReader journal, TwinId twin, java.util.function.Consumer<JournalReader.Row> each)
      throws SQLException {
    journal.rows(twin.toString(), Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, each);
  }

  /** A {@link SealedEvent}, or the {@link CorruptEvent} that says why there is none. */
  private static Object opened(JournalReader.Row row, EventOpener opener) {
    try {
      return row.open(opener);
    } catch (CorruptEvent e) {
      return e;
    }
  }

  private static void hand(JournalReader.Row row, Object opened, Each each) {
    if (opened instanceof SealedEvent event) each.take(row, event, null);
    else each.take(row, null, (CorruptEvent) opened);
  }

  /** Some rows in a row. The reader fills it, a helper opens it, the caller takes it. */
  private static final class Portion {
    private final List<JournalReader.Row> rows = new ArrayList<>(ROWS_AT_ONCE);
    private Object[] opened;
    private int bytes;

    private boolean isFull() {
      return rows.size() >= ROWS_AT_ONCE || bytes >= BYTES_AT_ONCE;
    }

    private void add(JournalReader.Row row) {
      rows.add(row);
      bytes += row.payload().size();
    }

    private Portion open(TwinId twin) {
      var opener = new EventOpener(twin.robot(), twin.term());
      opened = new Object[rows.size()];
      for (int i = 0; i < opened.length; i++) opened[i] = opened(rows.get(i), opener);
      return this;
    }

    private void hand(Each each) {
      for (int i = 0; i < opened.length; i++) RowsAhead.hand(rows.get(i), opened[i], each);
    }
  }

  /** The end, where nothing failed. */
  private static final Portion NO_MORE = new Portion();

  /** Reads one term, on a thread of its own. */
  private final class Reading implements Runnable {
    private final JournalReader journal;
    private final TwinId twin;
    private final BlockingQueue<Future<Portion>> portions =
        new ArrayBlockingQueue<>(PORTIONS_AHEAD);
    private Portion filling = new Portion();
    private volatile boolean abandoned;

    private Reading(JournalReader journal, TwinId twin) {
      this.journal = journal;
      this.twin = twin;
    }

    @Override
    public void run() {
      var end = new CompletableFuture<Portion>();
      try {
        rows(journal, twin, this::add);
        handOn();
        end.complete(NO_MORE);
      } catch (SQLException | RuntimeException | Error e) {
        if (!abandoned) handOn();
        end.completeExceptionally(e);
      }
      put(end);
    }

    private void add(JournalReader.Row row) {
      if (abandoned) throw new CancellationException("nobody wants the rest");
      filling.add(row);
      if (filling.isFull()) handOn();
    }

    private void handOn() {
      Portion full = filling;
      filling = new Portion();
      put(helpers.submit(() -> full.open(twin)));
    }

    private void put(Future<Portion> portion) {
      try {
        while (!abandoned && !portions.offer(portion, LOOK_AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
          // the caller is behind
        }
      } catch (InterruptedException e) {
        throw new CancellationException("interrupted");
      }
    }
  }

  private void ahead(JournalReader journal, TwinId twin, Each each) throws SQLException {
    var reading = new Reading(journal, twin);
    Thread reader = Thread.ofPlatform().daemon().name("tandem-audit-reader").start(reading);
    try {
      for (Portion next = next(reading); next != NO_MORE; next = next(reading)) next.hand(each);
    } finally {
      reading.abandoned = true;
      join(reader); // the journal's connection is the caller's again
    }
  }

  private static Portion next(Reading reading) throws SQLException {
    try {
      return reading.portions.take().get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case SQLException failed -> throw failed;
        case RuntimeException failed -> throw failed;
        case Error failed -> throw failed;
        default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted; the journal was not verified to its end");
    }
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }
}
