package tandem.twin.stream;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import tandem.twin.recorder.StreamCounts;

/**
 * The counts of one stream: per publisher, summed (contract, "Counting"). Pure; not thread-safe.
 *
 * <p>At most {@value #MAX_PUBLISHERS} publishers are kept apart; beyond, the one that was silent
 * longest is folded into the sum, and would begin a new count on its return.
 *
 * <p>Samples that a gateway dropped itself come as a bare number. They are offered and dropped at
 * that place at once; where the sequence numbers then show a gap, the gap is the same loss and is
 * not counted {@code upstream} as well.
 */
final class StreamCounting {
  static final int MAX_PUBLISHERS = 256;

  private final LinkedHashMap<String, Publisher> publishers = new LinkedHashMap<>(16, 0.75f, true);
  private final TreeMap<String, Long> placed = new TreeMap<>();
  private long unexplained; // placed drops that no gap has been found for yet
  private long explained; // missing numbers that are those placed drops
  private long offered;
  private long missing;
  private long gaps;
  private long delivered;
  private long late;
  private long duplicate;
  private boolean sequenced;

  private static final class Publisher {
    final PublisherCount count = new PublisherCount();
    boolean gone;
  }

  /** Counts a received sample as far as its number goes; {@link #kept} or {@link #lost} follows. */
  PublisherCount.Fate receive(String publisher, long sequence) {
    var known = publishers.get(publisher);
    if (known == null) {
      known = new Publisher();
      publishers.put(publisher, known);
      if (publishers.size() > MAX_PUBLISHERS) {
        var silentLongest = publishers.entrySet().iterator();
        silentLongest.next();
        silentLongest.remove();
      }
    }
    known.gone = false;
    PublisherCount count = known.count;
    long offeredBefore = count.offered();
    long missingBefore = count.missing();
    long gapsBefore = count.gaps();
    var fate = count.receive(sequence);
    offered += count.offered() - offeredBefore;
    gaps += count.gaps() - gapsBefore;
    sequenced = count.sequenced();
    missed(count.missing() - missingBefore);
    if (fate == PublisherCount.Fate.DUPLICATE) {
      duplicate++;
    }
    return fate;
  }

  private void missed(long more) {
    missing += more;
    if (more > 0) {
      long same = Math.min(more, unexplained);
      unexplained -= same;
      explained += same;
    } else if (missing < explained) {
      unexplained += explained - missing;
      explained = missing;
    }
  }

  /** The sample was recorded and, if new, given to the twin. */
  void kept(PublisherCount.Fate fate) {
    switch (fate) {
      case NEW -> delivered++;
      case LATE -> late++;
      case DUPLICATE -> {}
    }
  }

  /** The sample was received and then dropped at {@code place}. */
  void lost(String place) {
    placed.merge(place, 1L, Long::sum);
  }

  /** Samples that never came to {@link #receive}, dropped at {@code place}. */
  void dropped(String place, long samples) {
    if (samples < 0) {
      throw new IllegalArgumentException(
          "dropped samples at " + place + ": expected 0 or more, found " + samples);
    }
    placed.merge(place, samples, Long::sum);
    unexplained += samples;
  }

  void gone(String publisher) {
    var known = publishers.get(publisher);
    if (known != null) {
      known.gone = true;
    }
  }

  /** Publishers heard and not gone. */
  int publishers() {
    return (int) publishers.values().stream().filter(publisher -> !publisher.gone).count();
  }

  /** Whether the newest sample had a sequence number of its own. */
  boolean sequenced() {
    return sequenced;
  }

  StreamCounts counts() {
    Map<String, Long> places = new TreeMap<>(placed);
    long upstream = missing - explained;
    if (upstream > 0) {
      places.merge(StreamCounts.UPSTREAM, upstream, Long::sum);
    }
    places.values().removeIf(count -> count == 0);
    return new StreamCounts(
        offered + unexplained, delivered, new TreeMap<>(places), late, duplicate, gaps);
  }
}
