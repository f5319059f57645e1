package tandem.twin.robot;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import tandem.proto.codec.CorruptEvent;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.event.Evidence;
import tandem.twin.robot.CommandRecord.Phase;
import tandem.twin.robot.TwinState.Alarm;
import tandem.twin.robot.TwinState.Lease;
import tandem.twin.robot.TwinState.Mode;
import tandem.twin.robot.TwinState.Stop;
import tandem.twin.robot.TwinState.Wish;

/**
 * From events to the decided state: pure and total, no clock, no I/O. The running twin, its
 * recovery and the audit fold with the same {@link #evolve}, so they cannot disagree.
 */
public final class TwinFold {
  private TwinFold() {}

  /**
   * The state after the event.
   *
   * @throws CorruptEvent where the event is not the next link of this state's chain
   */
  public static TwinState evolve(TwinState state, SealedEvent event) {
    var draft = new Draft(state);
    draft.take(event);
    return draft.done();
  }

  /**
   * The same for many events in a row: makes a state when it is asked for one, not with each event.
   * Not thread-safe.
   */
  public static final class Folding {
    private final Draft draft;

    public Folding(TwinState from) {
      draft = new Draft(from);
    }

    /**
     * As {@link #evolve}; nothing is changed where it throws.
     *
     * @throws CorruptEvent where the event is not the next link of the chain
     */
    public void take(SealedEvent event) {
      draft.take(event);
    }

    /** After the events so far. */
    public TwinState state() {
      return draft.done();
    }
  }

  /**
   * The same change without an envelope, for a decision that builds on its own earlier events;
   * sequence and head stay.
   */
  static TwinState believe(TwinState state, Event event, long hybridNanos) {
    var draft = new Draft(state);
    draft.hybridNanos = Math.max(hybridNanos, state.hybridNanos());
    draft.believe(event);
    draft.hybridNanos = state.hybridNanos();
    return draft.done();
  }

  /** A state under change. */
  private static final class Draft {
    private final String robot;
    private final long term;
    private long sequence;
    private long hybridNanos;
    private ByteString headHash;
    private String owner;
    private Mode mode;
    private long modeSinceNanos;
    private String modeWhy;
    private Event.ContactMade contact;
    private String body;
    private Event.ProfileProposed proposed;
    private Event.ProfileAccepted accepted;
    private long highestEpoch;
    private Lease offered;
    private final TreeMap<String, Lease> leases;
    private final ArrayList<Wish> wishes;
    private Stop stop;
    private List<CommandRecord> commands;
    private boolean commandsAreOurs;
    private final TreeMap<String, Alarm> alarms;
    private long guardLogNumber;
    private final TreeSet<String> openSegments;
    private long segmentsSealed;
    private long commandsCreated;

    private Draft(TwinState s) {
      robot = s.robot();
      term = s.term();
      sequence = s.sequence();
      hybridNanos = s.hybridNanos();
      headHash = s.headHash();
      owner = s.owner();
      mode = s.mode();
      modeSinceNanos = s.modeSinceNanos();
      modeWhy = s.modeWhy();
      contact = s.contact();
      body = s.body();
      proposed = s.proposed();
      accepted = s.accepted();
      highestEpoch = s.highestEpoch();
      offered = s.offered();
      leases = new TreeMap<>(s.leases());
      wishes = new ArrayList<>(s.wishes());
      stop = s.stop();
      commands = s.commands();
      alarms = new TreeMap<>(s.alarms());
      guardLogNumber = s.guardLogNumber();
      openSegments = new TreeSet<>(s.openSegments());
      segmentsSealed = s.segmentsSealed();
      commandsCreated = s.commandsCreated();
    }

    private TwinState done() {
      return new TwinState(
          robot,
          term,
          sequence,
          hybridNanos,
          headHash,
          owner,
          mode,
          modeSinceNanos,
          modeWhy,
          contact,
          body,
          proposed,
          accepted,
          highestEpoch,
          offered,
          leases,
          wishes,
          stop,
          commands,
          alarms,
          guardLogNumber,
          openSegments,
          segmentsSealed,
          commandsCreated);
    }

    private void take(SealedEvent event) {
      if (!event.robot().equals(robot)
          || event.term() != term
          || event.sequence() != sequence + 1) {
        throw new CorruptEvent(
            "chain: expected robot %s term %d sequence %d, found robot %s term %d sequence %d"
                .formatted(
                    robot, term, sequence + 1, event.robot(), event.term(), event.sequence()));
      }
      boolean first = sequence == 0;
      ByteString before =
          first && event.event() instanceof Event.TermBegun begun && begun.parentTerm() > 0
              ? begun.parentHash()
              : headHash;
      if (!event.previousHash().equals(before)) {
        throw new CorruptEvent(
            "chain: robot %s term %d sequence %d: previous hash: expected %s, found %s"
                .formatted(
                    event.robot(),
                    event.term(),
                    event.sequence(),
                    SealedEvent.hex(before),
                    SealedEvent.hex(event.previousHash())));
      }
      if (first != event.event() instanceof Event.TermBegun) {
        throw new CorruptEvent(
            "chain: robot %s term %d sequence %d: expected %s, found %s"
                .formatted(
                    event.robot(),
                    event.term(),
                    event.sequence(),
                    first ? "TermBegun" : "no TermBegun",
                    event.manifest()));
      }
      if (event.hybridNanos() <= hybridNanos) {
        throw new CorruptEvent(
            "chain: robot %s term %d sequence %d: hybrid time: expected > %d, found %d"
                .formatted(
                    event.robot(),
                    event.term(),
                    event.sequence(),
                    hybridNanos,
                    event.hybridNanos()));
      }
      sequence = event.sequence();
      hybridNanos = event.hybridNanos();
      headHash = event.hash();
      believe(event.event());
    }

    private void believe(Event event) {
      switch (event) {
        case Event.TermBegun e -> owner = e.owner();
        case Event.ContactMade e -> {
          contact = e;
          setMode(Mode.LIVE, "");
          clear("silent", "in contact over " + e.link());
        }
        case Event.ContactLost e -> {
          setMode(Mode.SILENT, e.why());
          raise("silent", "warning", e.why());
        }
        case Event.NameConflict e ->
            raise(
                "name-conflict",
                "warning",
                "%s is %s; a second claim by %s was refused"
                    .formatted(robot, e.holder(), e.refused()));
        case Event.ProfileProposed e -> proposed = e;
        case Event.ProfileAccepted e -> accepted = e;
        case Event.LeaseOffered e -> {
          highestEpoch = Math.max(highestEpoch, e.epoch());
          offered =
              new Lease(
                  e.epoch(),
                  e.holder(),
                  e.part(),
                  e.forMillis(),
                  e.commandId(),
                  e.takenFrom(),
                  e.reason(),
                  0);
        }
        case Event.LeaseGranted e -> grant(e.epoch());
        case Event.LeaseTaken e -> grant(e.epoch());
        case Event.LeaseRefused e -> {
          if (offered != null && offered.epoch() == e.epoch()) offered = null;
        }
        case Event.LeaseReleased e -> endLease(e.epoch());
        case Event.LeaseExpired e -> endLease(e.epoch());
        case Event.LeaseWished e -> {
          wishes.removeIf(w -> w.by().equals(e.by()) && w.part().equals(e.part()));
          wishes.add(new Wish(e.by(), e.part(), e.reason(), hybridNanos));
        }
        case Event.LeaseWishEnded e ->
            wishes.removeIf(w -> w.by().equals(e.by()) && w.part().equals(e.part()));
        case Event.CommandCreated e -> {
          commandsCreated++;
          ourCommands()
              .add(CommandRecord.created(e.id(), e.by(), e.goal(), e.expiresMillis(), hybridNanos));
          boundCommands();
        }
        case Event.CommandAccepted e -> {
          leases.replaceAll((part, l) -> l.epoch() == e.epoch() ? l.at(e.sequenceInEpoch()) : l);
          change(
              e.id(),
              c ->
                  c.accepted(
                      e.sentGoal(),
                      e.epoch(),
                      e.sequenceInEpoch(),
                      e.token(),
                      e.startByMillis(),
                      e.endByMillis(),
                      hybridNanos,
                      sequence));
        }
        case Event.CommandRefused e -> end(e.id(), Phase.REFUSED, e.code(), e.why(), null);
        case Event.CommandSent e -> change(e.id(), c -> c.sent(e.atNanos()));
        case Event.CommandGuardAccepted e -> change(e.id(), c -> c.guardAccepted(e.atNanos()));
        case Event.CommandFirstMotion e -> change(e.id(), c -> c.firstMotion(e.atNanos()));
        case Event.CommandDone e ->
            change(e.id(), c -> c.ended(Phase.DONE, "", "", e.atNanos(), e.evidence()));
        case Event.CommandFailed e -> end(e.id(), Phase.FAILED, e.code(), e.why(), e.evidence());
        case Event.CommandCancelled e ->
            end(
                e.id(),
                Phase.CANCELLED,
                "tandem.command.cancelled",
                "cancelled by %s: %s".formatted(e.by(), e.why()),
                null);
        case Event.CommandExpired e ->
            end(e.id(), Phase.EXPIRED, "tandem.command.expired", e.why(), null);
        case Event.CommandSuperseded e ->
            end(
                e.id(),
                Phase.SUPERSEDED,
                "tandem.command.superseded",
                "superseded by " + e.byId(),
                null);
        case Event.CommandUnknown e ->
            end(e.id(), Phase.UNKNOWN, "tandem.command.unknown", e.why(), null);
        case Event.StopRequested e ->
            stop = new Stop(true, e.by(), e.why(), e.atNanos(), false, e.requestId(), false);
        case Event.StopLatched e ->
            stop =
                stop.latched()
                    ? new Stop(
                        true,
                        stop.by(),
                        stop.why(),
                        stop.sinceNanos(),
                        stop.inEffect(),
                        stop.requestId(),
                        true)
                    : new Stop(true, e.by(), e.why(), hybridNanos, false, "", true);
        case Event.StopInEffect e ->
            stop =
                new Stop(
                    stop.latched(),
                    stop.by(),
                    stop.why(),
                    stop.sinceNanos(),
                    stop.latched(),
                    stop.requestId(),
                    stop.confirmed());
        case Event.StopReleased e -> stop = Stop.NONE;
        case Event.GuardLogged e -> guardLogNumber = e.record().getNumber();
        case Event.ForeignAuthority e ->
            raise(
                "foreign-authority",
                e.refused() ? "warning" : "error",
                "%s publishes on %s, which belongs to the guard of %s; it was %s"
                    .formatted(
                        e.publisher(),
                        e.topic(),
                        robot,
                        e.refused() ? "refused and not routed" : "seen, not refused"));
        case Event.HazardRaised e -> raise(e.kind(), e.severity(), e.text());
        case Event.HazardCleared e -> clear(e.kind(), e.text());
        case Event.BodyChanged e -> body = e.to();
        case Event.ClockStepped e ->
            raise(
                "clock-stepped",
                "warning",
                "stamps of %s on %s stepped by %d ms at sequence %d"
                    .formatted(e.publisher(), e.topic(), e.stepNanos() / 1_000_000, e.sequence()));
        case Event.SegmentOpened e -> openSegments.add(e.file());
        case Event.SegmentSealed e -> {
          openSegments.remove(e.file());
          segmentsSealed++;
        }
        case Event.SegmentRecovered e -> {
          openSegments.remove(e.file());
          segmentsSealed++;
        }
        case Event.SegmentLost e -> {
          openSegments.remove(e.file());
          raise("segment-lost", "error", "%s: %s".formatted(e.file(), e.why()));
        }
        case Event.SegmentOrphaned e ->
            raise("segment-orphaned", "warning", e.file() + " is named by no event");
        case Event.OperatorAction e -> {
          // said and done elsewhere; here for the diary
        }
      }
    }

    private void setMode(Mode next, String why) {
      if (mode != next) modeSinceNanos = hybridNanos;
      mode = next;
      modeWhy = why;
    }

    private void grant(long epoch) {
      if (offered == null || offered.epoch() != epoch) return;
      leases.values().removeIf(l -> Parts.overlap(l.part(), offered.part()));
      leases.put(offered.part(), offered);
      offered = null;
    }

    private void endLease(long epoch) {
      leases.values().removeIf(l -> l.epoch() == epoch);
    }

    private List<CommandRecord> ourCommands() {
      if (!commandsAreOurs) {
        commands = new ArrayList<>(commands);
        commandsAreOurs = true;
      }
      return commands;
    }

    private void change(String id, UnaryOperator<CommandRecord> how) {
      ourCommands().replaceAll(c -> c.id().equals(id) ? how.apply(c) : c);
    }

    private void end(String id, Phase phase, String code, String why, Evidence evidence) {
      change(id, c -> c.ended(phase, code, why, hybridNanos, evidence));
      boundCommands();
    }

    /** The oldest that have ended go. */
    private void boundCommands() {
      int surplus = -TwinState.KEPT_COMMANDS;
      for (CommandRecord c : commands) {
        if (c.phase().isFinal()) surplus++;
      }
      if (surplus <= 0) return;
      for (var each = ourCommands().iterator(); surplus > 0; ) {
        if (!each.next().phase().isFinal()) continue;
        each.remove();
        surplus--;
      }
    }

    private void raise(String kind, String severity, String text) {
      Alarm old = alarms.get(kind);
      boolean again = old != null && old.isUp();
      alarms.put(
          kind,
          new Alarm(
              kind,
              severity,
              text,
              again ? old.firstNanos() : hybridNanos,
              hybridNanos,
              again ? old.count() + 1 : 1,
              0));
    }

    private void clear(String kind, String text) {
      Alarm old = alarms.get(kind);
      if (old == null || !old.isUp()) return;
      alarms.put(
          kind,
          new Alarm(
              kind,
              old.severity(),
              old.text(),
              old.firstNanos(),
              old.lastNanos(),
              old.count(),
              hybridNanos));
    }
  }
}
