package tandem.twin.audit;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.AuditView;
import tandem.proto.v1.BundleManifest;
import tandem.proto.v1.FirstBadView;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.PlaybackView;
import tandem.proto.v1.TwinView;
import tandem.twin.Refused;
import tandem.twin.SampleReader;
import tandem.twin.checkpoint.Checkpoints;
import tandem.twin.checkpoint.Head;
import tandem.twin.checkpoint.Statement;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.JournalReader;
import tandem.twin.journal.PostgresJournal;
import tandem.twin.journal.StoredSnapshot;
import tandem.twin.journal.TwinId;
import tandem.twin.recorder.Recorder.OpenSegment;
import tandem.twin.robot.Observation.GuardSeen;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.TwinFold;
import tandem.twin.robot.TwinImages;
import tandem.twin.robot.TwinState;
import tandem.twin.robot.TwinViews;

/**
 * What was written, and what follows from it: verifies, replays, explains, exports. Only reads; a
 * stopped node's directory is not touched at all. Blocks: to be called on a thread that may wait
 * for disks. Thread-safe.
 */
public final class Audit {
  /** Where the journal is read. */
  public interface Source {
    JournalReader open() throws SQLException;
  }

  private final Path data;
  private final Source journal;
  private final SegmentArchive segments;
  private final SampleReader reader;
  private final Function<String, JournalPosition> head;
  private final Set<String> expected;

  /**
   * @param head newest journal position that somebody else keeps (the robot's guard); null where
   *     none is known
   */
  public Audit(
      Path data,
      Source journal,
      SegmentArchive segments,
      SampleReader reader,
      Function<String, JournalPosition> head) {
    this(data, journal, segments, reader, head, Set.of());
  }

  /**
   * As the other.
   *
   * @param expected robots that must have a journal here, because somebody has seen it
   */
  private Audit(
      Path data,
      Source journal,
      SegmentArchive segments,
      SampleReader reader,
      Function<String, JournalPosition> head,
      Set<String> expected) {
    this.expected = expected;
    this.data = data;
    this.journal = journal;
    this.segments = segments;
    this.reader = reader;
    this.head = head;
  }

  /**
   * Over the data directory of a node that does not run.
   *
   * @param heads by robot: newest journal positions that somebody else keeps
   */
  public static Audit ofStopped(
      Path data, SampleReader reader, Map<String, JournalPosition> heads) {
    return of(data, () -> JournalDatabase.openStopped(data), reader, heads);
  }

  /** Over a journal on a server, with the segments of one node's data directory. */
  public static Audit ofServer(
      Path data, PostgresJournal journal, SampleReader reader, Map<String, JournalPosition> heads) {
    return of(data, () -> JournalDatabase.openReading(journal), reader, heads);
  }

  private static Audit of(
      Path data, Source journal, SampleReader reader, Map<String, JournalPosition> heads) {
    return new Audit(data, journal, new SegmentFiles(), reader, heads::get, heads.keySet());
  }

  /**
   * Checks the journal's chain, its snapshots, the segments it names, and that it holds what this
   * node has signed of it.
   *
   * @param robot null: all, by name
   * @throws Refused where the robot is unknown or the journal cannot be opened
   */
  public List<AuditView> verify(String robot) {
    var views = new ArrayList<AuditView>();
    Stated stated = stated(); // before the journal, which only grows
    if (stated.problem() != null) {
      views.add(bad(robot == null ? "" : robot, "checkpoint", stated.problem()));
    }
    try (JournalReader open = open()) {
      var byRobot = new TreeMap<String, List<String>>();
      for (String id : open.persistenceIds()) {
        try {
          byRobot.computeIfAbsent(TwinId.parse(id).robot(), r -> new ArrayList<>()).add(id);
        } catch (IllegalArgumentException e) {
          if (robot == null) views.add(bad(id, "event", e.getMessage()));
        }
      }
      for (String name : expected) {
        boolean asked = robot == null || robot.equals(name);
        if (asked && !byRobot.containsKey(name)) {
          views.add(
              bad(
                  name,
                  "event",
                  "journal: expected at least event %d, which its guard has seen, found none"
                      .formatted(head.apply(name).getSequence())));
        }
      }
      for (String name : stated.robots()) {
        boolean asked = robot == null || robot.equals(name);
        if (asked && !byRobot.containsKey(name) && !expected.contains(name)) {
          views.add(
              bad(
                  name,
                  "event",
                  "journal: expected %s, which %s signs, found none"
                      .formatted(stated.events(name), stated.name())));
        }
      }
      if (robot != null && !byRobot.containsKey(robot)) {
        if (views.isEmpty()) throw unknown(robot);
        return views;
      }
      for (String name : byRobot.keySet()) {
        if (robot == null || robot.equals(name)) views.add(verify(open, name, stated));
      }
      String damage = open.damage().orElse(null);
      boolean named = views.stream().anyMatch(v -> !v.getOk());
      if (damage != null && !named) {
        views.add(bad(robot == null ? "" : robot, "event", "journal database: " + damage));
      }
      if (robot == null) {
        for (String file : SegmentFiles.unclaimed(data, new HashSet<>(byRobot.keySet()))) {
          views.add(bad("", "segment", file + ": expected an event that names it, found none"));
        }
      }
      return views;
    } catch (SQLException | IOException e) {
      return List.of(
          bad(robot == null ? "" : robot, "event", "journal: cannot be read: " + e.getMessage()));
    }
  }

  /**
   * What this node has signed.
   *
   * @param checkpoint the newest; null where there is none
   * @param heads by robot and term
   * @param problem why the log of checkpoints cannot be relied on; null where it can
   */
  private record Stated(
      Statement checkpoint, Map<String, TreeMap<Long, Head>> heads, String problem) {
    Set<String> robots() {
      return heads.keySet();
    }

    TreeMap<Long, Head> of(String robot) {
      return heads.getOrDefault(robot, new TreeMap<>());
    }

    String events(String robot) {
      return of(robot).entrySet().stream()
          .map(e -> "event %d of term %d".formatted(e.getValue().sequence(), e.getKey()))
          .collect(java.util.stream.Collectors.joining(", "));
    }

    String name() {
      return "checkpoint %d of %s".formatted(checkpoint.number(), instant(checkpoint.atNanos()));
    }
  }

  private Stated stated() {
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

  private static AuditView bad(String robot, String what, String why) {
    return AuditView.newBuilder()
        .setRobot(robot)
        .setFirstBad(FirstBadView.newBuilder().setWhat(what).setWhy(why))
        .build();
  }

  private static Refused unknown(String robot) {
    return new Refused("tandem.robot.unknown", "robot %s has no journal here".formatted(robot));
  }

  private JournalReader open() {
    try {
      return journal.open();
    } catch (SQLException e) {
      throw new Refused("tandem.audit.no-journal", e.getMessage() + "; nothing was read");
    }
  }

  private AuditView verify(JournalReader open, String robot, Stated stated) {
    var check = new Check(robot, stated);
    var segmentEvents = new ArrayList<SealedEvent>();
    var view = AuditView.newBuilder().setRobot(robot);
    try {
      for (TwinId twin : terms(open, robot)) {
        check.term(open, twin, segmentEvents);
      }
      check.branches(view);
      check.statedTerms();
      check.guardsHead(head.apply(robot));
    } catch (SQLException e) {
      check.bad(check.term, check.sequence, "event", "row cannot be read: " + e.getMessage());
    }
    var files = segments.verify(data, robot, segmentEvents);
    if (files.firstBad() != null) {
      check.bad(
          files.firstBad().term(), files.firstBad().sequence(), "segment", files.firstBad().why());
    }
    if (check.first != null) view.setFirstBad(check.first);
    if (!check.stated.isEmpty()) {
      view.setCheckpoint(stated.checkpoint().number());
      view.setCheckpointAt(instant(stated.checkpoint().atNanos()).toString());
    }
    return view.setEvents(check.events)
        .setSnapshots(check.snapshots)
        .setSegments(files.segments())
        .setSamples(files.samples())
        .setTornBytes(files.tornBytes())
        .setUnreachable(files.unreachable())
        .setOk(check.first == null)
        .build();
  }

  /** Terms that have events or snapshots, rising. */
  private static List<TwinId> terms(JournalReader open, String robot) throws SQLException {
    return open.persistenceIds().stream()
        .filter(id -> id.startsWith(TwinId.ENTITY + "|" + robot + "~"))
        .map(TwinId::parse)
        .filter(twin -> twin.robot().equals(robot))
        .sorted((a, b) -> Long.compare(a.term(), b.term()))
        .toList();
  }

  /** One robot under examination. */
  private static final class Check {
    private final String robot;
    private final Stated checkpoints;
    private final TreeMap<Long, Head> stated;
    private final Map<Long, Long> lastOfTerm = new TreeMap<>();
    private final Map<Long, Event.TermBegun> begun = new TreeMap<>();
    private final Map<String, ByteString> hashes = new TreeMap<>();
    private final TreeSet<String> forks = new TreeSet<>();
    private FirstBadView first;
    private long events;
    private long snapshots;
    private long term;
    private long sequence;
    private TwinState state;

    private Check(String robot, Stated checkpoints) {
      this.robot = robot;
      this.checkpoints = checkpoints;
      this.stated = checkpoints.of(robot);
    }

    private void bad(long badTerm, long badSequence, String what, String why) {
      if (first != null) return;
      first =
          FirstBadView.newBuilder()
              .setTerm(badTerm)
              .setSequence(badSequence)
              .setWhat(what)
              .setWhy(why)
              .build();
    }

    private void term(JournalReader open, TwinId twin, List<SealedEvent> segmentEvents)
        throws SQLException {
      term = twin.term();
      sequence = 0;
      state = TwinState.empty(robot, term);
      var stored = new TreeMap<Long, StoredSnapshot>();
      for (StoredSnapshot each : open.snapshots(twin.toString())) {
        snapshots++;
        stored.put(each.sequence(), each);
        try {
          each.checked();
        } catch (CorruptEvent e) {
          bad(term, each.sequence(), "snapshot", e.getMessage());
        }
      }
      open.rows(
          twin.toString(),
          Long.MIN_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          row -> {
            take(twin, row, segmentEvents);
            compare(row);
            StoredSnapshot snapshot = stored.remove(row.sequence());
            if (snapshot != null && state != null) compare(snapshot);
          });
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

    /** The state is null once the chain is broken: nothing after it can be folded. */
    private void take(TwinId twin, JournalReader.Row row, List<SealedEvent> segmentEvents) {
      events++;
      if (row.sequence() != sequence + 1) {
        bad(
            term,
            sequence + 1,
            "event",
            "expected sequence %d, found %d: a row is missing"
                .formatted(sequence + 1, row.sequence()));
        state = null;
      }
      sequence = row.sequence();
      try {
        SealedEvent event = row.open(twin);
        if (state != null) state = TwinFold.evolve(state, event);
        if (event.event() instanceof Event.OfSegment) segmentEvents.add(event);
        if (event.event() instanceof Event.TermBegun first && first.parentTerm() > 0) {
          begun.put(term, first);
          forks.add(first.parentTerm() + "#" + first.parentSequence());
        }
        hashes.put(term + "#" + sequence, event.hash());
        if (hashes.size() > 1) {
          hashes.keySet().removeIf(key -> !key.equals(term + "#" + sequence) && !kept(key));
        }
      } catch (CorruptEvent e) {
        bad(term, sequence, "event", e.getMessage());
        state = null;
      }
    }

    private void compare(JournalReader.Row row) {
      Head head = stated.get(term);
      if (head == null || head.sequence() != row.sequence() || head.hash().equals(row.hash())) {
        return;
      }
      bad(
          term,
          row.sequence(),
          "event",
          "hash: %s signs %s, found %s: the journal was written anew"
              .formatted(
                  checkpoints.name(), SealedEvent.hex(head.hash()), SealedEvent.hex(row.hash())));
    }

    /** What was signed must still be there. */
    private void statedTerms() {
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

    private boolean kept(String key) {
      return forks.contains(key);
    }

    private void compare(StoredSnapshot snapshot) {
      if (!snapshot.headHash().equals(state.headHash())) {
        bad(
            term,
            snapshot.sequence(),
            "snapshot",
            "head hash: expected %s, found %s"
                .formatted(
                    SealedEvent.hex(state.headHash()), SealedEvent.hex(snapshot.headHash())));
        return;
      }
      if (snapshot.digestVersion() != TwinImages.DIGEST_VERSION) return;
      String digest = TwinImages.digest(state);
      if (!digest.equals(snapshot.digest())) {
        bad(
            term,
            snapshot.sequence(),
            "snapshot",
            "digest: the events give %s, the snapshot says %s"
                .formatted(digest, snapshot.digest()));
      }
    }

    private void branches(AuditView.Builder view) {
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
    private void guardsHead(JournalPosition seen) {
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

  /**
   * All events of a robot, checked, terms rising.
   *
   * @throws Refused where it is unknown or a row is not what was written
   */
  public List<SealedEvent> events(String robot) {
    var events = new ArrayList<SealedEvent>();
    try (JournalReader open = open()) {
      for (TwinId twin : open.terms(robot)) {
        open.events(twin, 1, Long.MAX_VALUE, Long.MAX_VALUE, events::add);
      }
    } catch (SQLException | CorruptEvent e) {
      throw new Refused(
          "tandem.journal.corrupt", e.getMessage() + "; nothing is concluded from it");
    }
    if (events.isEmpty()) throw unknown(robot);
    return events;
  }

  /** The twin as it was at an instant, folded through the running twin's own {@code evolve}. */
  public TwinView replay(String robot, Instant at) {
    long atNanos = at.getEpochSecond() * 1_000_000_000L + at.getNano();
    List<SealedEvent> all = events(robot);
    long term =
        all.stream()
            .filter(e -> e.hybridNanos() <= atNanos)
            .mapToLong(SealedEvent::term)
            .max()
            .orElseThrow(
                () ->
                    new Refused(
                        "tandem.audit.before",
                        "robot %s: its journal begins after %s".formatted(robot, at)));
    return replay(robot, all, term, Long.MAX_VALUE, atNanos);
  }

  /** The twin as it was after this event of its newest term. */
  public TwinView replay(String robot, long sequence) {
    List<SealedEvent> all = events(robot);
    long term = all.getLast().term();
    SealedEvent last =
        all.stream()
            .filter(e -> e.term() == term && e.sequence() == sequence)
            .findFirst()
            .orElseThrow(
                () ->
                    new Refused(
                        "tandem.audit.no-event",
                        "robot %s term %d: sequence: expected 1..%d, found %d"
                            .formatted(robot, term, all.getLast().sequence(), sequence)));
    return replay(robot, all, term, sequence, last.hybridNanos());
  }

  private TwinView replay(
      String robot, List<SealedEvent> all, long term, long sequence, long atNanos) {
    TwinState state = TwinState.empty(robot, term);
    try {
      for (SealedEvent event : all) {
        if (event.term() != term || event.sequence() > sequence) continue;
        if (event.hybridNanos() > atNanos) break;
        state = TwinFold.evolve(state, event);
      }
    } catch (CorruptEvent e) {
      throw new Refused(
          "tandem.journal.corrupt", e.getMessage() + "; nothing is concluded from it");
    }
    List<SealedEvent> named =
        all.stream().filter(e -> e.event() instanceof Event.OfSegment).toList();
    Sensed sensed = segments.at(data, robot, named, atNanos, reader);
    return TwinViews.twin(
            state, TwinImages.digest(state), sensed, GuardSeen.NOBODY, java.util.Map.of(), atNanos)
        .toBuilder()
        .setAt(instant(atNanos).toString())
        .setFromSegments(sensed.newestNanos() != Long.MIN_VALUE)
        .build();
  }

  private static Instant instant(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
  }

  /** The digest after a robot's newest event, folded from its first. */
  public String digest(String robot) {
    List<SealedEvent> all = events(robot);
    long term = all.getLast().term();
    TwinState state = TwinState.empty(robot, term);
    for (SealedEvent event : all) {
      if (event.term() == term) state = TwinFold.evolve(state, event);
    }
    return TwinImages.digest(state);
  }

  /**
   * Every event that led to and followed from a command, in journal order: its own, its lease's,
   * what the guard said of it, the profile and contact it was decided by, and the stops while it
   * was open.
   *
   * @throws Refused {@code tandem.command.unknown}
   */
  public List<SealedEvent> explain(String commandId) {
    int dot = commandId.lastIndexOf('.');
    if (dot < 1) throw noCommand(commandId);
    List<SealedEvent> all = events(commandId.substring(0, dot));
    var life = new Life(commandId);
    all.forEach(life::read);
    if (life.created == null) throw noCommand(commandId);
    return all.stream().filter(life::concerns).toList();
  }

  private static Refused noCommand(String id) {
    return new Refused("tandem.command.unknown", "command %s is in no journal here".formatted(id));
  }

  /** What one command was connected with. */
  private static final class Life {
    private final String id;
    private final TreeSet<String> epochs = new TreeSet<>();
    private SealedEvent created;
    private SealedEvent end;
    private SealedEvent contact;
    private SealedEvent profile;
    private SealedEvent newestContact;
    private SealedEvent newestProfile;

    private Life(String id) {
      this.id = id;
    }

    private void read(SealedEvent e) {
      switch (e.event()) {
        case Event.ContactMade c -> newestContact = e;
        case Event.ProfileAccepted p -> newestProfile = e;
        case Event.LeaseOffered offered when offered.commandId().equals(id) ->
            epochs.add(e.term() + "#" + offered.epoch());
        case Event.CommandCreated c when c.id().equals(id) -> {
          created = e;
          contact = newestContact;
          profile = newestProfile;
        }
        case Event.CommandAccepted a when a.id().equals(id) -> {
          epochs.add(e.term() + "#" + a.epoch());
          end = e;
        }
        case Event.OfCommand c when c.id().equals(id) -> end = e;
        default -> {
          // of no concern here
        }
      }
    }

    private boolean concerns(SealedEvent e) {
      if (e.equals(contact) || e.equals(profile)) return true;
      return switch (e.event()) {
        case Event.CommandSuperseded s -> s.id().equals(id) || s.byId().equals(id);
        case Event.OfCommand c -> c.id().equals(id);
        case Event.LeaseOffered l -> lease(e, l.epoch());
        case Event.LeaseGranted l -> lease(e, l.epoch());
        case Event.LeaseTaken l -> lease(e, l.epoch());
        case Event.LeaseRefused l -> lease(e, l.epoch());
        case Event.LeaseReleased l -> lease(e, l.epoch());
        case Event.LeaseExpired l -> lease(e, l.epoch());
        case Event.GuardLogged g -> g.record().getCommandId().equals(id);
        case Event.StopRequested s -> whileOpen(e);
        case Event.StopLatched s -> whileOpen(e);
        case Event.ContactLost c -> whileOpen(e);
        default -> false;
      };
    }

    private boolean lease(SealedEvent e, long epoch) {
      return epochs.contains(e.term() + "#" + epoch);
    }

    private boolean whileOpen(SealedEvent e) {
      return e.term() == created.term()
          && e.sequence() > created.sequence()
          && (end == null || e.sequence() <= end.sequence());
    }
  }

  /**
   * Recorded postures of a span of time in even steps.
   *
   * @param open how far the open segment was whole at the call; null where none is being written
   * @param perSecond steps
   * @throws Refused where the robot is unknown or the span has no or too many steps
   */
  public PlaybackView playback(
      String robot, OpenSegment open, Instant from, Instant to, int perSecond) {
    return Playback.of(data, robot, events(robot), open, from, to, perSecond, reader);
  }

  /**
   * Writes events and samples to a new file.
   *
   * @param open how far the open segment was whole at the call; null where none is being written
   */
  public AuditExport.Summary export(
      String robot, OpenSegment open, AuditExport.Selection selection, Path out)
      throws IOException {
    return AuditExport.export(data, events(robot), open, selection, out);
  }

  /**
   * Writes what proves a robot's past to a new file ({@code docs/evidence}).
   *
   * @param from null: from the beginning
   * @param to null: to the end
   * @param software version that writes it
   * @return what is in it, and what of it was seen to be bad
   * @throws Refused where the robot has no event then
   */
  public BundleManifest bundle(String robot, Instant from, Instant to, String software, Path out)
      throws IOException {
    var range =
        new EvidenceBundle.Range(
            from == null ? Long.MIN_VALUE : nanos(from), to == null ? Long.MAX_VALUE : nanos(to));
    try (JournalReader open = open()) {
      return EvidenceBundle.write(data, open, robot, range, software, out);
    } catch (SQLException e) {
      throw new IOException("row cannot be read: " + e.getMessage(), e);
    }
  }

  private static long nanos(Instant at) {
    return Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano());
  }
}
