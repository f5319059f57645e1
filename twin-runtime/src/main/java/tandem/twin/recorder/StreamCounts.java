package tandem.twin.recorder;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of the samples of one stream (invariant I5): {@code offered = delivered + dropped +
 * late + duplicate}, exactly.
 *
 * @param offered per publisher last sequence - first + 1 + duplicates, summed; where the wire has
 *     no sequence, received
 * @param delivered recorded and given to the twin
 * @param droppedBy place to count; {@code upstream} is never received
 * @param late older than one already delivered: recorded, not given to the twin
 * @param duplicate same publisher and sequence again: not recorded again
 * @param gaps times that at least one sequence number was skipped
 */
public record StreamCounts(
    long offered,
    long delivered,
    SortedMap<String, Long> droppedBy,
    long late,
    long duplicate,
    long gaps) {
  /** Never received by this gateway. */
  public static final String UPSTREAM = "upstream";

  /** Received, but the recorder had no room: neither recorded nor counted delivered. */
  public static final String RECORDER = "recorder";

  /** Nothing offered, nothing lost. */
  public static final StreamCounts ZERO = new StreamCounts(0, 0, new TreeMap<>(), 0, 0, 0);

  public StreamCounts {
    droppedBy = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(droppedBy));
  }

  /** Over all places. */
  public long dropped() {
    return droppedBy.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether the classes add up to what was offered. */
  public boolean addsUp() {
    return offered == delivered + dropped() + late + duplicate;
  }

  /** What was counted since {@code earlier}; places at zero are left out. */
  public StreamCounts minus(StreamCounts earlier) {
    return combine(earlier, -1);
  }

  public StreamCounts plus(StreamCounts other) {
    return combine(other, 1);
  }

  private StreamCounts combine(StreamCounts other, int sign) {
    var places = new TreeMap<>(droppedBy);
    for (Map.Entry<String, Long> place : other.droppedBy.entrySet()) {
      places.merge(place.getKey(), sign * place.getValue(), Long::sum);
    }
    places.values().removeIf(count -> count == 0);
    return new StreamCounts(
        offered + sign * other.offered,
        delivered + sign * other.delivered,
        places,
        late + sign * other.late,
        duplicate + sign * other.duplicate,
        gaps + sign * other.gaps);
  }
}
