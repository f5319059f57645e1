package tandem.proto.event;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a segment says of one of its streams by the counting rules: offered = delivered + dropped +
 * late + duplicate.
 *
 * @param firstSequence lowest received while the segment was open; -1 where the wire has none
 * @param lastSequence highest received while the segment was open; -1 where the wire has none
 * @param droppedBy place to count
 * @param recorded messages of this stream in the file
 */
public record StreamCount(
    String topic,
    String type,
    long firstSequence,
    long lastSequence,
    long offered,
    long delivered,
    long dropped,
    SortedMap<String, Long> droppedBy,
    long late,
    long duplicate,
    long recorded,
    long payloadBytes,
    int publishers) {
  public StreamCount {
    droppedBy = Collections.unmodifiableSortedMap(new TreeMap<>(droppedBy));
  }
}
