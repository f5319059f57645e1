package tandem.twin.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
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
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.JournalReader;
import tandem.twin.journal.PostgresJournal;
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
  private final int threads;

  /**
   * Beside a node that runs: one thread, the caller's.
   *
   * @param head newest journal position that somebody else keeps (the robot's guard); null where
   *     none is known
   */
  public Audit(
      Path data,
      Source journal,
      SegmentArchive segments,
      SampleReader reader,
      Function<String, JournalPosition> head) {
    this(data, journal, segments, reader, head, Set.of(), 1);
  }

  /**
   * As the other.
   *
   * @param expected robots that must have a journal here, because somebody has seen it
   * @param threads that may verify at once
   */
  private Audit(
      Path data,
      Source journal,
      SegmentArchive segments,
      SampleReader reader,
      Function<String, JournalPosition> head,
      Set<String> expected,
      int threads) {
    this.expected = expected;
    this.threads = threads;
    this.data = data;
    this.journal = journal;
    this.segments = segments;
    this.reader = reader;
    this.head = head;
  }

  /**
   * Over the data directory of a node that does not run; verifies on all processors.
   *
   * @param heads by robot: newest journal positions that somebody else keeps
   */
  public static Audit ofStopped(
      Path data, SampleReader reader, Map<String, JournalPosition> heads) {
    return ofStopped(data, reader, heads, processors());
  }

  /**
   * As the other.
   *
   * @param threads that may verify at once; the answer is the same with any number
   */
  public static Audit ofStopped(
      Path data, SampleReader reader, Map<String, JournalPosition> heads, int threads) {
    return of(data, () -> JournalDatabase.openStopped(data), true, reader, heads, threads);
  }

  /**
   * Over a journal on a server, with the segments of one node's data directory: those of other
   * nodes are counted as unreachable. Verifies on all processors.
   */
  public static Audit ofServer(
      Path data, PostgresJournal journal, SampleReader reader, Map<String, JournalPosition> heads) {
    return of(data, () -> JournalDatabase.openReading(journal), false, reader, heads, processors());
  }

  private static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static Audit of(
      Path data,
      Source journal,
      boolean alone,
      SampleReader reader,
      Map<String, JournalPosition> heads,
      int threads) {
    return new Audit(
        data, journal, new SegmentFiles(alone), reader, heads::get, heads.keySet(), threads);
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
    Stated stated = Stated.of(data); // before the journal, which only grows
    if (stated.problem() != null) {
      views.add(bad(robot == null ? "" : robot, "checkpoint", stated.problem()));
    }
    try (JournalReader open = open()) {
      var byRobot = new TreeMap<String, List<TwinId>>();
      for (String id : open.persistenceIds()) {
        try {
          TwinId twin = TwinId.parse(id);
          byRobot.computeIfAbsent(twin.robot(), r -> new ArrayList<>()).add(twin);
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
      if (robot != null) byRobot.keySet().retainAll(Set.of(robot));
      String damage;
      try (var crew = new VerifyCrew(threads)) {
        var damaged = crew.beside(open, JournalReader::damage);
        views.addAll(
            crew.each(
                open,
                List.copyOf(byRobot.entrySet()),
                (reader, each) ->
                    verify(reader, each.getKey(), each.getValue(), stated, crew.rows())));
        damage = damaged.get().orElse(null);
      }
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

  private AuditView verify(
      JournalReader open, String robot, List<TwinId> terms, Stated stated, RowsAhead rows) {
    var check = new ChainCheck(robot, stated, rows);
    var view = AuditView.newBuilder().setRobot(robot);
    try {
      terms.sort(Comparator.comparingLong(TwinId::term));
      for (TwinId twin : terms) {
        check.term(open, twin);
      }
      check.branches(view);
      check.parents(open);
      check.statedTerms();
      check.guardsHead(head.apply(robot));
    } catch (SQLException e) {
      check.unreadable(e);
    }
    var files = segments.verify(data, robot, check.segmentEvents());
    if (files.firstBad() != null) {
      check.bad(
          files.firstBad().term(), files.firstBad().sequence(), "segment", files.firstBad().why());
    }
    if (check.first() != null) view.setFirstBad(check.first());
    if (check.hasStated()) {
      view.setCheckpoint(stated.checkpoint().number());
      view.setCheckpointAt(instant(stated.checkpoint().atNanos()).toString());
    }
    return view.setEvents(check.events())
        .setSnapshots(check.snapshots())
        .setSegments(files.segments())
        .setSamples(files.samples())
        .setTornBytes(files.tornBytes())
        .setUnreachable(files.unreachable())
        .setOk(check.first() == null)
        .build();
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

  static Instant instant(long nanos) {
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
