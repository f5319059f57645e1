package tandem.ros2.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class SequenceRangesTest {
  @Property
  void shouldKnowEachNumberOnce(@ForAll List<@IntRange(min = 0, max = 50) Integer> numbers) {
    SequenceRanges ranges = new SequenceRanges();
    Set<Integer> seen = new HashSet<>();

    for (int number : numbers) assertThat(ranges.add(number)).isEqualTo(seen.add(number));
  }
}
