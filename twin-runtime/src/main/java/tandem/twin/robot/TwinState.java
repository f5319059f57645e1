package tandem.twin.robot;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;

/**
 * What is decided about one robot: a pure fold of its journal, nothing else. Immutable. Sensed
 * values are not part of it.
 *
 * @param sequence of the newest folded event; 0: there is none
 * @param hybridNanos of the newest folded event, ns since 1970
 * @param headHash of the newest folded event
 * @param owner site of the term
 * @param contact null until the first
 * @param body unknown, standing, walking, fallen, lifted or gantry
 * @param proposed newest proposal; null where there is none
 * @param accepted profile in use; null where there is none
 * @param highestEpoch highest ever offered in this term
 * @param offered lease that the guard has not yet acknowledged; null where there is none
 * @param leases in force, by part; of two no parts overlap
 * @param commands open ones and the newest {@link #KEPT_COMMANDS} others, oldest first
 * @param alarms by kind
 * @param guardLogNumber newest record of the guard's log that is in the journal
 * @param wishes for leases that others hold, oldest first
 * @param openSegments files that are neither sealed nor lost
 */
public record TwinState(
    String robot,
    long term,
    long sequence,
    long hybridNanos,
    ByteString headHash,
    String owner,
    Mode mode,
    long modeSinceNanos,
    String modeWhy,
    Event.ContactMade contact,
    String body,
    Event.ProfileProposed proposed,
    Event.ProfileAccepted accepted,
    long highestEpoch,
    Lease offered,
    SortedMap<String, Lease> leases,
    List<Wish> wishes,
    Stop stop,
    List<CommandRecord> commands,
    SortedMap<String, Alarm> alarms,
    long guardLogNumber,
    SortedSet<String> openSegments,
    long segmentsSealed,
    long commandsCreated) {

  public static final int KEPT_COMMANDS = 50;

  /** In the contract's words, lower case. */
  public enum Mode {
    UNSEEN,
    LIVE,
    SILENT;

    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Who may command.
   *
   * @param forMillis how long without renewal; 0: as long as its one command
   * @param commandId not empty: for this one command
   * @param takenFrom not empty: a take or a hand-over
   * @param sequenceInEpoch of the newest command accepted under it
   */
  public record Lease(
      long epoch,
      String holder,
      String part,
      long forMillis,
      String commandId,
      String takenFrom,
      String reason,
      long sequenceInEpoch) {

    Lease at(long sequence) {
      return new Lease(epoch, holder, part, forMillis, commandId, takenFrom, reason, sequence);
    }

    /** Held for a time, not for one command. */
    boolean isForATime() {
      return commandId.isEmpty();
    }
  }

  /**
   * Somebody asks for what another holds.
   *
   * @param sinceNanos ns since 1970
   */
  public record Wish(String by, String part, String reason, long sinceNanos) {}

  /**
   * The stop.
   *
   * @param sinceNanos ns since 1970; 0: never latched
   * @param inEffect the joints have been still
   * @param confirmed the guard says that it is latched
   */
  public record Stop(
      boolean latched,
      String by,
      String why,
      long sinceNanos,
      boolean inEffect,
      String requestId,
      boolean confirmed) {
    public static final Stop NONE = new Stop(false, "", "", 0, false, "", false);
  }

  /**
   * Something a person should know.
   *
   * @param firstNanos when it was raised the last time after being cleared
   * @param count how often since
   * @param clearedNanos 0: it is up
   */
  public record Alarm(
      String kind,
      String severity,
      String text,
      long firstNanos,
      long lastNanos,
      long count,
      long clearedNanos) {
    public boolean isUp() {
      return clearedNanos == 0;
    }
  }

  public TwinState {
    leases = Collections.unmodifiableSortedMap(new TreeMap<>(leases));
    wishes = List.copyOf(wishes);
    commands = List.copyOf(commands);
    alarms = Collections.unmodifiableSortedMap(new TreeMap<>(alarms));
    openSegments = Collections.unmodifiableSortedSet(new TreeSet<>(openSegments));
  }

  /** Before the first event of a term. */
  public static TwinState empty(String robot, long term) {
    return new TwinState(
        robot,
        term,
        0,
        0,
        SealedEvent.NO_HASH,
        "",
        Mode.UNSEEN,
        0,
        "",
        null,
        "unknown",
        null,
        null,
        0,
        null,
        new TreeMap<>(),
        List.of(),
        Stop.NONE,
        List.of(),
        new TreeMap<>(),
        0,
        new TreeSet<>(),
        0,
        0);
  }

  /** A robot that has never been admitted has no journal. */
  public boolean isKnown() {
    return sequence > 0;
  }

  public boolean isDream() {
    return contact != null && !contact.dreamOf().isEmpty();
  }

  /** Of the whole body where one is in force, else the first by part; null where there is none. */
  public Lease lease() {
    Lease body = leases.get(Parts.BODY);
    return body != null || leases.isEmpty() ? body : leases.get(leases.firstKey());
  }

  /** Leases in force that cannot stand beside one of this part. */
  public List<Lease> overlapping(String part) {
    if (leases.isEmpty()) return List.of();
    return leases.values().stream().filter(l -> Parts.overlap(l.part(), part)).toList();
  }

  /** The lease under which this part may be commanded; null where there is none. */
  public Lease covering(String part) {
    for (Lease lease : leases.values()) {
      if (Parts.covers(lease.part(), part)) return lease;
    }
    return null;
  }

  /** The lease of an epoch; null where it is not in force. */
  public Lease leaseOf(long epoch) {
    for (Lease lease : leases.values()) {
      if (lease.epoch() == epoch) return lease;
    }
    return null;
  }

  public Optional<CommandRecord> command(String id) {
    for (CommandRecord command : commands) {
      if (command.id().equals(id)) return Optional.of(command);
    }
    return Optional.empty();
  }

  public List<CommandRecord> openCommands() {
    List<CommandRecord> open = List.of();
    for (CommandRecord command : commands) {
      if (command.phase().isFinal()) continue;
      if (open.isEmpty()) open = new ArrayList<>(4);
      open.add(command);
    }
    return Collections.unmodifiableList(open);
  }
}
