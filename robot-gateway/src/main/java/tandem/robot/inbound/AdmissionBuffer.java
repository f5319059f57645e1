package tandem.robot.inbound;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Samples whose robot is not admitted yet: kept in the order of receipt, per prospective robot at
 * most {@code maxNanos} long and {@code maxBytes} big. When there are too many, the oldest of the
 * topic that holds most bytes goes, so that a camera does not push out a description. Not
 * thread-safe.
 */
final class AdmissionBuffer<T> {
  /** What an entry costs beside its payload. */
  private static final int OVERHEAD_BYTES = 128;

  private static final int MAX_PROSPECTS = 256;

  private final long maxNanos;
  private final long maxBytes;
  private final Map<String, Prospect<T>> prospects = new HashMap<>();

  AdmissionBuffer(long maxNanos, long maxBytes) {
    this.maxNanos = maxNanos;
    this.maxBytes = maxBytes;
  }

  /** One kept sample; {@code stream} tells topics apart. */
  record Kept<T>(String stream, T sample, int payloadBytes, long receivedNanos) {}

  private static final class Prospect<T> {
    final Deque<Kept<T>> kept = new ArrayDeque<>();
    final Map<String, Long> bytesByStream = new HashMap<>();
    final Map<String, Long> overflowed = new HashMap<>();
    long bytes;
  }

  /** Keeps a sample; false: there are too many prospective robots, it is not kept. */
  boolean keep(String prospect, Kept<T> sample) {
    Prospect<T> of = prospects.get(prospect);
    if (of == null) {
      if (prospects.size() >= MAX_PROSPECTS) {
        return false;
      }
      of = new Prospect<>();
      prospects.put(prospect, of);
    }
    add(of, sample);
    while (of.bytes > maxBytes && !of.kept.isEmpty()) {
      dropOldestOfTheBiggest(of);
    }
    return true;
  }

  private static <T> void add(Prospect<T> of, Kept<T> sample) {
    long cost = sample.payloadBytes() + (long) OVERHEAD_BYTES;
    of.kept.add(sample);
    of.bytes += cost;
    of.bytesByStream.merge(sample.stream(), cost, Long::sum);
  }

  private static <T> void forget(Prospect<T> of, Kept<T> sample) {
    long cost = sample.payloadBytes() + (long) OVERHEAD_BYTES;
    of.bytes -= cost;
    of.bytesByStream.computeIfPresent(
        sample.stream(), (stream, bytes) -> bytes == cost ? null : bytes - cost);
  }

  private static <T> void dropOldestOfTheBiggest(Prospect<T> of) {
    String biggest =
        of.bytesByStream.entrySet().stream()
            .max(Map.Entry.comparingByValue())
            .map(Map.Entry::getKey)
            .orElseThrow();
    for (Iterator<Kept<T>> oldest = of.kept.iterator(); oldest.hasNext(); ) {
      Kept<T> sample = oldest.next();
      if (sample.stream().equals(biggest)) {
        oldest.remove();
        forget(of, sample);
        of.overflowed.merge(biggest, 1L, Long::sum);
        return;
      }
    }
  }

  /** What was taken out: samples in the order of receipt, and how many overflowed per stream. */
  record Taken<T>(List<Kept<T>> samples, Map<String, Long> overflowed) {}

  /**
   * Takes out the samples that now belong to somebody, and the overflow of the streams that do.
   *
   * @param sample whether it goes
   * @param stream whether the overflow of this stream goes
   */
  Taken<T> take(Predicate<Kept<T>> sample, Predicate<String> stream) {
    List<Kept<T>> samples = new ArrayList<>();
    Map<String, Long> overflowed = new HashMap<>();
    for (Iterator<Prospect<T>> all = prospects.values().iterator(); all.hasNext(); ) {
      Prospect<T> of = all.next();
      for (Iterator<Kept<T>> kept = of.kept.iterator(); kept.hasNext(); ) {
        Kept<T> one = kept.next();
        if (sample.test(one)) {
          kept.remove();
          forget(of, one);
          samples.add(one);
        }
      }
      for (var lost = of.overflowed.entrySet().iterator(); lost.hasNext(); ) {
        var entry = lost.next();
        if (stream.test(entry.getKey())) {
          overflowed.merge(entry.getKey(), entry.getValue(), Long::sum);
          lost.remove();
        }
      }
      if (of.kept.isEmpty() && of.overflowed.isEmpty()) {
        all.remove();
      }
    }
    samples.sort((left, right) -> Long.compare(left.receivedNanos() - right.receivedNanos(), 0));
    return new Taken<>(samples, overflowed);
  }

  /** Takes out what has waited too long, the overflow too: per stream how many. */
  Map<String, Long> expire(long nowNanos) {
    Map<String, Long> expired = new HashMap<>();
    for (Iterator<Prospect<T>> all = prospects.values().iterator(); all.hasNext(); ) {
      Prospect<T> of = all.next();
      while (!of.kept.isEmpty() && nowNanos - of.kept.peek().receivedNanos() > maxNanos) {
        Kept<T> oldest = of.kept.remove();
        forget(of, oldest);
        expired.merge(oldest.stream(), 1L, Long::sum);
      }
      if (of.kept.isEmpty()) {
        of.overflowed.forEach((stream, lost) -> expired.merge(stream, lost, Long::sum));
        all.remove();
      }
    }
    return expired;
  }

  boolean isEmpty() {
    return prospects.isEmpty();
  }
}
