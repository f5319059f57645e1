package tandem.twin.stream;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which sequence numbers of one publisher came, and which did not: the received set is [first,
 * last] without a set of missing intervals. Pure; not thread-safe.
 *
 * <p>{@code first} is the lowest number seen, so that a number that comes before it is in the sum
 * too. Memory is bounded: beyond {@value #MAX_MISSING_INTERVALS} intervals the oldest is forgotten
 * as an interval but stays counted as missing; a number below that horizon is taken for one of the
 * forgotten while there are any, then for a duplicate. The sum is exact in any case.
 */
final class PublisherCount {
  static final int MAX_MISSING_INTERVALS = 4096;

  /** What a received sample is, before anybody had to drop it. */
  enum Fate {
    NEW,
    LATE,
    DUPLICATE
  }

  private final TreeMap<Long, Long> missingFromTo = new TreeMap<>();
  private long first = -1;
  private long last = -1;
  private long missing;
  private long forgotten;
  private long horizon = -1;
  private long unsequenced;
  private long duplicates;
  private long gaps;

  /**
   * Counts one received sample.
   *
   * @param sequence negative where the wire has none: always new
   */
  Fate receive(long sequence) {
    if (sequence < 0) {
      unsequenced++;
      return Fate.NEW;
    }
    if (last < 0) {
      first = last = sequence;
      return Fate.NEW;
    }
    if (sequence > last) {
      if (sequence > last + 1) {
        gaps++;
        miss(last + 1, sequence - 1);
      }
      last = sequence;
      return Fate.NEW;
    }
    if (sequence < first) {
      if (sequence < first - 1) {
        miss(sequence + 1, first - 1);
      }
      first = sequence;
      return Fate.LATE;
    }
    if (fill(sequence)) {
      return Fate.LATE;
    }
    duplicates++;
    return Fate.DUPLICATE;
  }

  /** Last - first + 1 + duplicates, and what came without a number. */
  long offered() {
    return (last < 0 ? 0 : last - first + 1) + duplicates + unsequenced;
  }

  long missing() {
    return missing;
  }

  long gaps() {
    return gaps;
  }

  boolean sequenced() {
    return last >= 0;
  }

  private void miss(long from, long to) {
    missing += to - from + 1;
    missingFromTo.put(from, to);
    if (missingFromTo.size() > MAX_MISSING_INTERVALS) {
      var oldest = missingFromTo.pollFirstEntry();
      forgotten += oldest.getValue() - oldest.getKey() + 1;
      horizon = Math.max(horizon, oldest.getValue());
    }
  }

  private boolean fill(long sequence) {
    Map.Entry<Long, Long> interval = missingFromTo.floorEntry(sequence);
    if (interval != null && interval.getValue() >= sequence) {
      long from = interval.getKey();
      long to = interval.getValue();
      missingFromTo.remove(from);
      if (from < sequence) {
        missingFromTo.put(from, sequence - 1);
      }
      if (sequence < to) {
        missingFromTo.put(sequence + 1, to);
      }
      missing--;
      return true;
    }
    if (sequence <= horizon && forgotten > 0) {
      forgotten--;
      missing--;
      return true;
    }
    return false;
  }
}
