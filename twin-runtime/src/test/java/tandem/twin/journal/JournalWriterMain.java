package tandem.twin.journal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;

/**
 * A process of its own that writes events of some twins as fast as they are acknowledged, each twin
 * one at a time, and says on stdout what was acknowledged: {@code twin sequence}. With a count it
 * ends by itself and prints figures; a test kills it before.
 */
public final class JournalWriterMain {
  private JournalWriterMain() {}

  /** Arguments: data directory, twins, events per twin (0: for ever), events per write. */
  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[0]);
    int twins = Integer.parseInt(arguments[1]);
    long each = Long.parseLong(arguments[2]);
    int batch = Integer.parseInt(arguments[3]);
    long opening = System.nanoTime();
    var database = new JournalDatabase(data, 0);
    double openMillis = (System.nanoTime() - opening) / 1e6;
    var micros = java.util.Collections.synchronizedList(new ArrayList<Long>());
    var written = new LongAdder();
    long start = System.nanoTime();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < twins; i++) {
      var twin = new TwinId("robot" + i, 1);
      threads.add(
          Thread.ofVirtual()
              .start(() -> write(database, twin, each, batch, micros, written, each == 0)));
    }
    for (Thread thread : threads) thread.join();
    double seconds = (System.nanoTime() - start) / 1e9;
    long[] sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
    System.out.printf(
        "twins %d batch %d events %d eventsPerSecond %.0f commits %d p50Micros %d p99Micros %d"
            + " openMillis %.1f%n",
        twins,
        batch,
        written.sum(),
        written.sum() / seconds,
        database.committer().commits(),
        sorted[sorted.length / 2],
        sorted[(int) (sorted.length * 0.99)],
        openMillis);
    database.close();
  }

  private static void write(
      JournalDatabase database,
      TwinId twin,
      long count,
      int batch,
      List<Long> micros,
      LongAdder written,
      boolean tell) {
    SealedEvent last = null;
    for (long sent = 0; count == 0 || sent < count; sent += batch) {
      var events = new SealedEvent[batch];
      for (int i = 0; i < batch; i++) {
        events[i] = last = next(twin, last, "an event of some two hundred bytes ".repeat(4));
      }
      long start = System.nanoTime();
      database.committer().append(twin, Arrays.asList(events)).toCompletableFuture().join();
      if (!tell) micros.add((System.nanoTime() - start) / 1_000);
      written.add(batch);
      if (tell) System.out.println(twin.robot() + " " + last.sequence());
    }
  }

  static SealedEvent next(TwinId twin, SealedEvent last, String text) {
    long sequence = last == null ? 1 : last.sequence() + 1;
    Event event =
        sequence == 1
            ? new Event.TermBegun(
                twin.term(), 0, 0, com.google.protobuf.ByteString.EMPTY, "local", "test")
            : new Event.OperatorAction("anna", "note", text);
    return SealedEvent.seal(
        twin.robot(),
        twin.term(),
        sequence,
        1_000_000 + sequence,
        last == null ? SealedEvent.NO_HASH : last.hash(),
        event);
  }

  /** Reads back a robot's events; prints the rate. */
  static final class Recovery {
    private Recovery() {}

    public static void main(String[] arguments) throws Exception {
      for (int run = 0; run < 4; run++) {
        try (var reader = JournalDatabase.openStopped(Path.of(arguments[0]))) {
          var count = new LongAdder();
          long start = System.nanoTime();
          reader.events(
              new TwinId("robot0", 1),
              1,
              Long.MAX_VALUE,
              Long.MAX_VALUE,
              event -> count.increment());
          double seconds = (System.nanoTime() - start) / 1e9;
          System.out.printf(
              "recovered %d eventsPerSecond %.0f%n", count.sum(), count.sum() / seconds);
        }
      }
    }
  }
}
