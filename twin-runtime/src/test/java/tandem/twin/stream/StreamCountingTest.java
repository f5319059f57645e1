package tandem.twin.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import tandem.twin.recorder.StreamCounts;

/** The counting rules of the contract, against an accountant that remembers everything. */
class StreamCountingTest {
  private final StreamCounting counting = new StreamCounting();

  @Test
  void shouldCountASteadyStreamAsDelivered() {
    receive("a", 41, 42, 43);

    assertThat(counting.counts()).isEqualTo(counts(3, 3, 0, 0, 0, 0));
  }

  @Test
  void shouldCountWhatNeverCameAsDroppedUpstream() {
    receive("a", 1, 2, 5);

    assertThat(counting.counts()).isEqualTo(counts(5, 3, 2, 0, 0, 1));
  }

  @Test
  void shouldCountAnOldSampleThatComesAfterAllAsLate() {
    receive("a", 1, 3, 2);

    assertThat(counting.counts()).isEqualTo(counts(3, 2, 0, 1, 0, 1));
  }

  @Test
  void shouldCountTheSameSampleTwiceAsDuplicateAndOffered() {
    receive("a", 1, 2, 2, 1);

    assertThat(counting.counts()).isEqualTo(counts(4, 2, 0, 0, 2, 0));
  }

  @Test
  void shouldBeginANewCountForANewPublisher() {
    receive("a", 100, 101);
    receive("b", 1, 2);

    assertThat(counting.counts()).isEqualTo(counts(4, 4, 0, 0, 0, 0));
    assertThat(counting.publishers()).isEqualTo(2);
  }

  @Test
  void shouldNotKnowWhatWasLostBeforeTheFirstSample() {
    receive("a", 1_000_000);

    assertThat(counting.counts().dropped()).isZero();
  }

  @Test
  void shouldPutASampleFromBeforeTheFirstIntoTheSum() {
    receive("a", 5, 3);

    assertThat(counting.counts()).isEqualTo(counts(3, 1, 1, 1, 0, 0));
  }

  @Test
  void shouldCountWhatHasNoSequenceAsOfferedAndDelivered() {
    receive("a", -1, -1, -1);

    assertThat(counting.counts()).isEqualTo(counts(3, 3, 0, 0, 0, 0));
    assertThat(counting.sequenced()).isFalse();
  }

  @Test
  void shouldNotCountALossAtTheGatewayASecondTimeAsAGap() {
    receive("a", 1, 2);
    counting.dropped("admission", 3);
    receive("a", 6);

    var counts = counting.counts();
    assertThat(counts.droppedBy()).containsOnly(java.util.Map.entry("admission", 3L));
    assertThat(counts.offered()).isEqualTo(6);
    assertThat(counts.addsUp()).isTrue();
  }

  @Test
  void shouldCountALossAtTheGatewayBeforeTheFirstSample() {
    counting.dropped("admission", 3);
    receive("a", 100, 101);

    assertThat(counting.counts().offered()).isEqualTo(5);
    assertThat(counting.counts().addsUp()).isTrue();
  }

  @Test
  void shouldKeepMoreIntervalsThanItsBoundInTheSum() {
    long last = 4L * PublisherCount.MAX_MISSING_INTERVALS;
    for (long even = 0; even <= last; even += 2) {
      receive("a", even);
    }
    receive("a", 1, 1, 3, last - 1);

    var counts = counting.counts();
    assertThat(counts.addsUp()).isTrue();
    assertThat(counts.late() + counts.duplicate()).isEqualTo(4);
  }

  @Property(tries = 300)
  void shouldAgreeWithTheAccountantWhateverTheLinkDoes(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 3) int publishers,
      @ForAll @IntRange(min = 1, max = 300) int samples,
      @ForAll @DoubleRange(min = 0, max = 0.5) double loss,
      @ForAll @DoubleRange(min = 0, max = 0.3) double duplication,
      @ForAll @DoubleRange(min = 0, max = 0.3) double reordering,
      @ForAll @DoubleRange(min = 0, max = 0.3) double fullRecorder) {
    var counting = new StreamCounting();
    var random = new Random(seed);
    var expected = new Accountant();
    for (var arrival : link(random, publishers, samples, loss, duplication, reordering)) {
      boolean room = random.nextDouble() >= fullRecorder;
      expected.arrives(arrival, room);
      var fate = counting.receive(arrival.publisher, arrival.sequence);
      if (fate != PublisherCount.Fate.DUPLICATE) {
        if (room) {
          counting.kept(fate);
        } else {
          counting.lost(StreamCounts.RECORDER);
        }
      }
    }

    var counts = counting.counts();
    assertThat(counts.addsUp()).isTrue();
    assertThat(counts.offered()).isEqualTo(expected.offered());
    assertThat(counts.duplicate()).isEqualTo(expected.duplicate);
    assertThat(counts.delivered()).isEqualTo(expected.delivered);
    assertThat(counts.late()).isEqualTo(expected.late);
    assertThat(counts.droppedBy().getOrDefault(StreamCounts.RECORDER, 0L)).isEqualTo(expected.full);
  }

  private record Arrival(String publisher, long sequence) {}

  private static List<Arrival> link(
      Random random,
      int publishers,
      int samples,
      double loss,
      double duplication,
      double reordering) {
    var next = new long[publishers];
    for (int i = 0; i < publishers; i++) {
      next[i] = random.nextInt(1000);
    }
    List<Arrival> arrivals = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      int publisher = random.nextInt(publishers);
      var arrival = new Arrival("p" + publisher, next[publisher]++);
      if (random.nextDouble() < loss) {
        continue;
      }
      arrivals.add(place(random, arrivals.size(), reordering), arrival);
      if (random.nextDouble() < duplication) {
        arrivals.add(place(random, arrivals.size(), reordering), arrival);
      }
    }
    return arrivals;
  }

  private static int place(Random random, int end, double reordering) {
    return random.nextDouble() < reordering ? Math.max(0, end - random.nextInt(20)) : end;
  }

  /** Counts by the words of the contract, with all of the past in memory. */
  private static final class Accountant {
    private final TreeMap<String, Long> lowest = new TreeMap<>();
    private final TreeMap<String, Long> highest = new TreeMap<>();
    private final HashSet<Arrival> seen = new HashSet<>();
    long duplicate;
    long delivered;
    long late;
    long full;

    void arrives(Arrival arrival, boolean room) {
      if (!seen.add(arrival)) {
        duplicate++;
        return;
      }
      boolean old = arrival.sequence < highest.getOrDefault(arrival.publisher, Long.MIN_VALUE);
      lowest.merge(arrival.publisher, arrival.sequence, Math::min);
      highest.merge(arrival.publisher, arrival.sequence, Math::max);
      if (!room) {
        full++;
      } else if (old) {
        late++;
      } else {
        delivered++;
      }
    }

    long offered() {
      long sum = duplicate;
      for (var publisher : highest.keySet()) {
        sum += highest.get(publisher) - lowest.get(publisher) + 1;
      }
      return sum;
    }
  }

  private void receive(String publisher, long... sequences) {
    for (long sequence : sequences) {
      counting.kept(counting.receive(publisher, sequence));
    }
  }

  private static StreamCounts counts(
      long offered, long delivered, long upstream, long late, long duplicate, long gaps) {
    var dropped = new TreeMap<String, Long>();
    if (upstream > 0) {
      dropped.put(StreamCounts.UPSTREAM, upstream);
    }
    return new StreamCounts(offered, delivered, dropped, late, duplicate, gaps);
  }
}
