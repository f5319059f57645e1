package tandem.twin.audit;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.AuditView;
import tandem.proto.v1.FirstBadView;
import tandem.proto.v1.JournalPosition;
import tandem.twin.checkpoint.Head;
import tandem.twin.journal.JournalReader;
import tandem.twin.journal.StoredSnapshot;
import tandem.twin.journal.TwinId;
import tandem.twin.robot.TwinFold;
import tandem.twin.robot.TwinImages;
import tandem.twin.robot.TwinState;

/**
 * One robot's journal under examination: {@link #term} for each of its terms, rising, then the
 * questions about all of them. Keeps the first thing that is bad. Not thread-safe.
 */
final class ChainCheck implements RowsAhead.Each {
  private final String robot;
  private final Stated checkpoints;
  private final RowsAhead rows;
  private final TreeMap<Long, Head> stated;
  private final Map<Long, Long> lastOfTerm = new TreeMap<>();
  private final Map<Long, Event.TermBegun> begun = new TreeMap<>();
  private final List<SealedEvent> segmentEvents = new ArrayList<>();
  private FirstBadView first;
  private long events;
  private long snapshots;

  // The term that is being read
  private long term;
  private long sequence;
  private TwinFold.Folding folding;
  private Head head;
  private TreeMap<Long, StoredSnapshot> stored;
  private long nextSnapshot;

  ChainCheck(String robot, Stated checkpoints, RowsAhead rows) {
    this.robot = robot;
    this.checkpoints = checkpoints;
    this.rows = rows;
    this.stated = checkpoints.of(robot);
  }

  /** Null where all is well so far. */
  FirstBadView first() {
    return first;
  }

  long events() {
    return events;
  }

  long snapshots() {
    return snapshots;
  }

  List<SealedEvent> segmentEvents() {
    return segmentEvents;
  }

  boolean hasStated() {
    return !stated.isEmpty();
  }

  void bad(long badTerm, long badSequence, String what, String why) {
    if (first != null) return;
    first =
        FirstBadView.newBuilder()
            .setTerm(badTerm)
            .setSequence(badSequence)
            .setWhat(what)
            .setWhy(why)
            .build();
  }

  /** The row that came, or one after it, cannot be read. */
  void unreadable(SQLException e) {
    bad(term, sequence, "event", "row cannot be read: " + e.getMessage());
  }

  void term(JournalReader open, TwinId twin) throws SQLException {
    term = twin.term();
    sequence = 0;
    folding = new TwinFold.Folding(TwinState.empty(robot, term));
    head = stated.get(term);
    stored = new TreeMap<>();
    for (StoredSnapshot each : open.snapshots(twin.toString())) {
      snapshots++;
      stored.put(each.sequence(), each);
      try {
        each.checked();
      } catch (CorruptEvent e) {
        bad(term, each.sequence(), "snapshot", e.getMessage());
      }
    }
    nextSnapshot = stored.isEmpty() ? Long.MAX_VALUE : stored.firstKey();
    rows.read(open, twin, this);
    lastOfTerm.put(term, sequence);
    for (StoredSnapshot ahead : stored.values()) {
      bad(
          term,
          sequence + 1,
          "event",
          "a snapshot stands at sequence %d, the journal of term %d ends at %d: its end was cut off"
              .formatted(ahead.sequence(), term, sequence));
    }
  }

  @Override
  public void take(JournalReader.Row row, SealedEvent event, CorruptEvent why) {
    events++;
    if (row.sequence() != sequence + 1) {
      bad(
          term,
          sequence + 1,
          "event",
          "expected sequence %d, found %d: a row is missing"
              .formatted(sequence + 1, row.sequence()));
      folding = null;
    }
    sequence = row.sequence();
    if (event == null) {
      broken(why);
    } else {
      try {
        follow(event);
      } catch (CorruptEvent e) {
        broken(e);
      }
    }
    if (head != null && head.sequence() == sequence && !head.hash().equals(row.hash())) {
      bad(
          term,
          sequence,
          "event",
          "hash: %s signs %s, found %s: the journal was written anew"
              .formatted(
                  checkpoints.name(), SealedEvent.hex(head.hash()), SealedEvent.hex(row.hash())));
    }
    if (sequence < nextSnapshot) return;
    StoredSnapshot snapshot = stored.remove(sequence);
    Long next = stored.higherKey(sequence);
    nextSnapshot = next == null ? Long.MAX_VALUE : next;
    if (snapshot != null && folding != null) compare(snapshot);
  }

  private void follow(SealedEvent event) {
    if (folding != null) folding.take(event);
    if (event.event() instanceof Event.OfSegment) segmentEvents.add(event);
    if (event.event() instanceof Event.TermBegun begin && begin.parentTerm() > 0) {
      begun.put(term, begin);
    }
  }

  /** Nothing after it can be folded. */
  private void broken(CorruptEvent e) {
    bad(term, sequence, "event", e.getMessage());
    folding = null;
  }

  /** What was signed must still be there. */
  void statedTerms() {
    stated.forEach(
        (headTerm, head) -> {
          long last = lastOfTerm.getOrDefault(headTerm, 0L);
          if (last < head.sequence()) {
            bad(
                headTerm,
                last + 1,
                "event",
                "%s signs sequence %d of term %d, the journal ends at %d: its end was cut off"
                    .formatted(checkpoints.name(), head.sequence(), headTerm, last));
          }
        });
  }

  private void compare(StoredSnapshot snapshot) {
    TwinState state = folding.state();
    if (!snapshot.headHash().equals(state.headHash())) {
      bad(
          term,
          snapshot.sequence(),
          "snapshot",
          "head hash: expected %s, found %s"
              .formatted(SealedEvent.hex(state.headHash()), SealedEvent.hex(snapshot.headHash())));
      return;
    }
    if (snapshot.digestVersion() != TwinImages.DIGEST_VERSION) return;
    String digest = TwinImages.digest(state);
    if (!digest.equals(snapshot.digest())) {
      bad(
          term,
          snapshot.sequence(),
          "snapshot",
          "digest: the events give %s, the snapshot says %s".formatted(digest, snapshot.digest()));
    }
  }

  /**
   * A term begins with the hash of the event it follows; where that is not here, nobody can say.
   */
  void parents(JournalReader open) throws SQLException {
    for (var each : begun.entrySet()) {
      Event.TermBegun child = each.getValue();
      open.rows(
          new TwinId(robot, child.parentTerm()).toString(),
          child.parentSequence(),
          child.parentSequence(),
          1,
          parent -> {
            if (parent.hash().equals(child.parentHash())) return;
            bad(
                each.getKey(),
                1,
                "event",
                "parent hash: expected that of term %d sequence %d, %s, found %s"
                    .formatted(
                        child.parentTerm(),
                        child.parentSequence(),
                        SealedEvent.hex(parent.hash()),
                        SealedEvent.hex(child.parentHash())));
          });
    }
  }

  void branches(AuditView.Builder view) {
    begun.forEach(
        (child, event) -> {
          Long last = lastOfTerm.get(event.parentTerm());
          if (last != null && last > event.parentSequence()) {
            view.addBranches(
                "term %d: %d events after sequence %d, where term %d begins"
                    .formatted(
                        event.parentTerm(),
                        last - event.parentSequence(),
                        event.parentSequence(),
                        child));
          }
        });
  }

  /** The guard has seen a command whose event must still be there. */
  void guardsHead(JournalPosition seen) {
    if (seen == null || seen.getSequence() == 0) return;
    Long last = lastOfTerm.get(seen.getTerm());
    if (last == null || last < seen.getSequence()) {
      bad(
          seen.getTerm(),
          last == null ? 1 : last + 1,
          "event",
          "the guard has seen sequence %d of term %d, the journal ends at %d: its end was cut off"
              .formatted(seen.getSequence(), seen.getTerm(), last == null ? 0 : last));
    }
  }
}
