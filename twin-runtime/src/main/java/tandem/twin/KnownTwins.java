package tandem.twin;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.TwinId;

/** The table of known robots: each with its newest term, and why it cannot be rebuilt if so. */
final class KnownTwins {
  private final Map<String, Long> terms = new ConcurrentSkipListMap<>();
  private final Map<String, String> failures = new ConcurrentHashMap<>();

  /** From what is in the journal. */
  static KnownTwins load(JournalDatabase journal) throws SQLException {
    var known = new KnownTwins();
    try (var reader = journal.reader()) {
      for (String id : reader.persistenceIds()) {
        try {
          TwinId twin = TwinId.parse(id);
          known.terms.merge(twin.robot(), twin.term(), Math::max);
        } catch (IllegalArgumentException e) {
          known.failures.put(id, "journal: " + e.getMessage());
        }
      }
    }
    return known;
  }

  void admit(String robot) {
    terms.putIfAbsent(robot, 1L);
  }

  boolean contains(String robot) {
    return terms.containsKey(robot);
  }

  long term(String robot) {
    return terms.getOrDefault(robot, 1L);
  }

  /** By name. */
  List<String> robots() {
    return List.copyOf(terms.keySet());
  }

  void failure(String robot, String whyOrNull) {
    if (whyOrNull == null) failures.remove(robot);
    else failures.put(robot, whyOrNull);
  }

  /** Null where it is well. */
  String failure(String robot) {
    return failures.get(robot);
  }
}
