package tandem.proto.event;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The values that a decision used and where they came from, so that it can be repeated from the
 * journal alone.
 *
 * @param sample the newest of them; null where the decision used none
 * @param values by name (a joint, or a quantity with its unit), sorted
 */
public record Used(SampleRef sample, SortedMap<String, Double> values) {
  public static final Used NOTHING = new Used(null, new TreeMap<>());

  public Used {
    values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
  }

  public static Used of(SampleRef sample, Map<String, Double> values) {
    return new Used(sample, new TreeMap<>(values));
  }
}
