package tandem.ros2.node;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which sequence numbers of one source were seen, as ranges. At most {@link #MAX_RANGES}: beyond
 * that the gap between the two oldest ranges counts as seen.
 */
final class SequenceRanges {
  private static final int MAX_RANGES = 64;
  private final TreeMap<Long, Long> lastByFirst = new TreeMap<>();

  /** Notes a number; false if it was seen before. */
  boolean add(long sequence) {
    Map.Entry<Long, Long> before = lastByFirst.floorEntry(sequence);
    if (before != null && before.getValue() >= sequence) return false;
    long first = sequence;
    long last = sequence;
    if (before != null && before.getValue() == sequence - 1) first = before.getKey();
    Long next = lastByFirst.get(sequence + 1);
    if (next != null) {
      last = next;
      lastByFirst.remove(sequence + 1);
    }
    lastByFirst.put(first, last);
    if (lastByFirst.size() > MAX_RANGES) {
      Map.Entry<Long, Long> oldest = lastByFirst.pollFirstEntry();
      Map.Entry<Long, Long> second = lastByFirst.pollFirstEntry();
      lastByFirst.put(oldest.getKey(), second.getValue());
    }
    return true;
  }
}
