package tandem.twin.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tandem.twin.checkpoint.Checkpoints;
import tandem.twin.checkpoint.Head;
import tandem.twin.checkpoint.Statement;
import tandem.twin.journal.TwinId;

/**
 * What a node has signed.
 *
 * @param checkpoint the newest; null where there is none
 * @param heads by robot and term
 * @param problem why the log of checkpoints cannot be relied on; null where it can
 */
record Stated(Statement checkpoint, Map<String, TreeMap<Long, Head>> heads, String problem) {
  static Stated of(Path data) {
    var heads = new TreeMap<String, TreeMap<Long, Head>>();
    try {
      var newest = Checkpoints.newest(data);
      if (newest.isEmpty()) return new Stated(null, heads, null);
      for (Head head : newest.get().heads().values()) {
        TwinId twin = TwinId.parse(head.persistenceId());
        heads.computeIfAbsent(twin.robot(), r -> new TreeMap<>()).put(twin.term(), head);
      }
      return new Stated(newest.get().checkpoint(), heads, null);
    } catch (IOException | IllegalArgumentException e) {
      return new Stated(null, heads, "checkpoints: " + e.getMessage());
    }
  }

  Set<String> robots() {
    return heads.keySet();
  }

  TreeMap<Long, Head> of(String robot) {
    return heads.getOrDefault(robot, new TreeMap<>());
  }

  String events(String robot) {
    return of(robot).entrySet().stream()
        .map(e -> "event %d of term %d".formatted(e.getValue().sequence(), e.getKey()))
        .collect(Collectors.joining(", "));
  }

  String name() {
    return "checkpoint %d of %s"
        .formatted(checkpoint.number(), Audit.instant(checkpoint.atNanos()));
  }
}
