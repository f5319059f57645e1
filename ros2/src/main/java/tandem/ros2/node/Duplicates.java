package tandem.ros2.node;

import java.util.LinkedHashMap;
import java.util.Map;
import tandem.zenoh.Sample;
import tandem.zenoh.SourceInfo;
import tandem.zenoh.Timestamp;

/**
 * Tells a sample that comes a second time (live and as history, or as history of two queries): by
 * source and sequence, else by timestamp. A sample with neither is always new. Bounded: the least
 * recently heard sources are forgotten. Thread-safe.
 */
final class Duplicates {
  private static final int MAX_SOURCES = 4_096;
  private static final int MAX_STAMPS = 4_096;

  private record Source(String key, String zid, long entityId) {}

  private record Stamped(String key, Timestamp timestamp) {}

  private final Map<Source, SequenceRanges> seen = bounded(MAX_SOURCES);
  private final Map<Stamped, Boolean> stamps = bounded(MAX_STAMPS);

  private static <K, V> Map<K, V> bounded(int max) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > max;
      }
    };
  }

  /** Whether it is the first of its kind; notes it. */
  synchronized boolean first(Sample sample) {
    SourceInfo source = sample.sourceInfo();
    if (source != null) {
      return seen.computeIfAbsent(
              new Source(sample.key(), source.zid(), source.entityId()),
              absent -> new SequenceRanges())
          .add(source.sequence());
    }
    if (sample.timestamp() == null) return true;
    return stamps.put(new Stamped(sample.key(), sample.timestamp()), Boolean.TRUE) == null;
  }
}
