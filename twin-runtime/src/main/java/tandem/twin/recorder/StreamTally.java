package tandem.twin.recorder;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tandem.proto.event.StreamCount;

/**
 * Counts of a segment made up from its samples, where the counts of the time are gone with the
 * process. Duplicates were not recorded and are not known.
 */
final class StreamTally {
  private final Map<String, Map<String, Publisher>> byTopic = new TreeMap<>();
  private final Map<String, String> types = new HashMap<>();
  private long samples;
  private long firstNanos = Long.MAX_VALUE;
  private long lastNanos = Long.MIN_VALUE;

  private static final class Publisher {
    long lowest = -1;
    long highest = -1;
    long sequenced;
    long late;
    long unsequenced;
    long payloadBytes;
  }

  void take(SegmentReader.Sample sample) {
    var channel = sample.channel();
    types.put(channel.topic(), channel.type());
    var publisher =
        byTopic
            .computeIfAbsent(channel.topic(), topic -> new HashMap<>())
            .computeIfAbsent(channel.publisher(), name -> new Publisher());
    long sequence = sample.sequence();
    if (sequence < 0) {
      publisher.unsequenced++;
    } else {
      publisher.sequenced++;
      if (publisher.highest > sequence) {
        publisher.late++;
      }
      publisher.lowest = publisher.lowest < 0 ? sequence : Math.min(publisher.lowest, sequence);
      publisher.highest = Math.max(publisher.highest, sequence);
    }
    publisher.payloadBytes += sample.payload().length;
    samples++;
    firstNanos = Math.min(firstNanos, sample.logNanos());
    lastNanos = Math.max(lastNanos, sample.logNanos());
  }

  long samples() {
    return samples;
  }

  /** 0 where there are no samples. */
  long firstNanos() {
    return samples == 0 ? 0 : firstNanos;
  }

  /** 0 where there are no samples. */
  long lastNanos() {
    return samples == 0 ? 0 : lastNanos;
  }

  /** By topic. */
  List<StreamCount> counts() {
    List<StreamCount> counts = new ArrayList<>();
    byTopic.forEach((topic, publishers) -> counts.add(count(topic, publishers)));
    return counts;
  }

  private StreamCount count(String topic, Map<String, Publisher> publishers) {
    long first = -1;
    long last = -1;
    long offered = 0;
    long recorded = 0;
    long late = 0;
    long bytes = 0;
    for (var publisher : publishers.values()) {
      if (publisher.sequenced > 0) {
        first = first < 0 ? publisher.lowest : Math.min(first, publisher.lowest);
        last = Math.max(last, publisher.highest);
        offered += publisher.highest - publisher.lowest + 1;
      }
      offered += publisher.unsequenced;
      recorded += publisher.sequenced + publisher.unsequenced;
      late += publisher.late;
      bytes += publisher.payloadBytes;
    }
    var dropped = new TreeMap<String, Long>();
    if (offered > recorded) {
      dropped.put(StreamCounts.UPSTREAM, offered - recorded);
    }
    return new StreamCount(
        topic,
        types.get(topic),
        first,
        last,
        offered,
        recorded - late,
        offered - recorded,
        dropped,
        late,
        0,
        recorded,
        bytes,
        publishers.size());
  }
}
