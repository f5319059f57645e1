package tandem.twin;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.TwinId;

/** The table of known robots: each with its newest term, and why it cannot be rebuilt if so. */
final class KnownTwins {
  private final Map<String, Long> terms = new ConcurrentSkipListMap<>();
  private final Map<String, String> failures = new ConcurrentHashMap<>();
  private final Map<String, Set<CompletableFuture<?>>> pending = new ConcurrentHashMap<>();

  /** From what is in the journal. */
  static KnownTwins load(JournalDatabase journal) throws SQLException {
    var known = new KnownTwins();
    known.learn(journal);
    return known;
  }

  /** What other nodes have admitted meanwhile. Blocks. */
  void learn(JournalDatabase journal) throws SQLException {
    try (var reader = journal.reader()) {
      for (String id : reader.persistenceIds()) {
        try {
          TwinId twin = TwinId.parse(id);
          terms.merge(twin.robot(), twin.term(), Math::max);
        } catch (IllegalArgumentException e) {
          failures.put(id, "journal: " + e.getMessage());
        }
      }
    }
  }

  /** The same for one robot. Blocks. */
  void learn(JournalDatabase journal, String robot) throws SQLException {
    try (var reader = journal.reader()) {
      for (TwinId twin : reader.terms(robot)) terms.merge(robot, twin.term(), Math::max);
    }
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
    if (whyOrNull == null) {
      failures.remove(robot);
      return;
    }
    failures.put(robot, whyOrNull);
    Set<CompletableFuture<?>> asking = pending.remove(robot);
    if (asking == null) return;
    for (CompletableFuture<?> each : asking) each.completeExceptionally(corrupt(robot, whyOrNull));
  }

  static Refused corrupt(String robot, String why) {
    return new Refused(
        "tandem.journal.corrupt",
        "twin %s cannot be rebuilt from its journal: %s; it decides nothing and its robot is not commanded"
            .formatted(robot, why));
  }

  /** The answer fails at once when the twin turns out not to be rebuildable. */
  void pending(String robot, CompletableFuture<?> answer) {
    pending.compute(
        robot,
        (name, all) -> {
          Set<CompletableFuture<?>> asking = all == null ? ConcurrentHashMap.newKeySet() : all;
          asking.add(answer);
          return asking;
        });
    answer.whenComplete(
        (reply, failure) ->
            pending.computeIfPresent(
                robot,
                (name, asking) -> {
                  asking.remove(answer);
                  return asking.isEmpty() ? null : asking;
                }));
  }

  /** Null where it is well. */
  String failure(String robot) {
    return failures.get(robot);
  }
}
