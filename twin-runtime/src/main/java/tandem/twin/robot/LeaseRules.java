package tandem.twin.robot;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.proto.event.Used;
import tandem.proto.v1.Authority;
import tandem.proto.v1.KeepAlive;
import tandem.twin.robot.TwinState.Lease;

/**
 * Authority: offers, grants, ends of leases (invariant I2). Part of one {@link Deciding}.
 *
 * <pre>
 *   acquire, command:  LeaseOffered -> grant -> LeaseGranted
 *   take:              LeaseOffered -> revoke -> LeaseReleased of the old -> grant -> LeaseTaken
 *   hand-over:         LeaseOffered -> grant -> LeaseReleased of the old, LeaseTaken
 *   any offer:         LeaseRefused, when the guard says no or nothing
 * </pre>
 *
 * Each arrow waits for the guard's answer; of one twin one offer is open at a time, whatever its
 * part. An epoch is never offered twice.
 *
 * <p>Who goes before whom, highest first: the hardware stop (not ours); the software stop, by
 * anyone, lease or not; the guard's safe behaviour; the lease holder's hold-to-move; confirmed
 * autonomy; rest. It follows here: nobody's command overrides another holder's, only a lease that
 * is taken, handed over or ended does. A name that begins with {@code autonomy/} is an autonomy
 * client: what it holds is confirmed autonomy, and a person who wants to move by hand takes it,
 * with a reason, never silently. It takes nothing from a person itself; it wishes, and the person
 * hands over, which is the confirmation.
 */
final class LeaseRules {
  static final String AUTONOMY = "autonomy/";

  /** Longer than any answer, or its absence, takes: whatever came was lost on its way in here. */
  private static final long OFFER_MILLIS = 5_000;

  /** A lease as short as this is held by a console, which says all the time that it is there. */
  private static final long CONSOLE_MILLIS = 5_000;

  /** So long after its newest word the guard is told no more that the holder is there. */
  private static final long HOLDER_SILENT_MILLIS = 1_000;

  private final Deciding d;

  LeaseRules(Deciding d) {
    this.d = d;
  }

  private void answer(TwinReply.Refused no) {
    d.refuse(no.code(), no.why());
  }

  private String robot() {
    return d.state.robot();
  }

  /** The part that is meant; null, and refused, where there is no such part to hold. */
  String known(String part, String by) {
    if (part.isEmpty() || part.equals(Parts.BODY)) return Parts.BODY;
    if (!part.equals(Parts.ARMS) && !part.equals(Parts.LOCOMOTION)) {
      d.refuse(
          "tandem.lease.part",
          "part: expected body, arms or locomotion, found '%s'; nothing given to %s"
              .formatted(part, by));
      return null;
    }
    if (Parts.independent(d.state)) return part;
    d.refuse(
        "tandem.lease.part",
        "part: expected body, found %s: the profile of %s does not say that arms and locomotion are independent; nothing given to %s"
            .formatted(part, robot(), by));
    return null;
  }

  /** Why no lease can be offered now; null where one can. */
  TwinReply.Refused noOffer(String by) {
    if (d.state.isDream()) {
      return new TwinReply.Refused(
          "tandem.robot.dream", "%s is a dream: nobody can hold it".formatted(robot()));
    }
    if (d.state.offered() != null) {
      return new TwinReply.Refused(
          "tandem.lease.pending",
          "the lease of %s is being granted to %s; not given to %s"
              .formatted(robot(), d.state.offered().holder(), by));
    }
    if (!d.seen.guard().isFresh(d.now, d.rules.guardFreshMillis())) {
      return new TwinReply.Refused(
          "tandem.guard.absent",
          "the guard of %s was not heard within %d ms and must acknowledge a lease; not given to %s"
              .formatted(robot(), d.rules.guardFreshMillis(), by));
    }
    long term = d.seen.guard().status().getHighestSeen().getTerm();
    if (term > d.state.term()) {
      return new TwinReply.Refused(
          "tandem.guard.newer-term",
          "the guard of %s has seen term %d, this home is term %d; not given to %s"
              .formatted(robot(), term, d.state.term(), by));
    }
    return null;
  }

  private TwinReply.Refused held(Lease lease, String what) {
    return new TwinReply.Refused(
        "tandem.lease.held",
        "the lease of %s%s is held by %s; %s"
            .formatted(
                robot(),
                lease.part().equals(Parts.BODY) ? "" : " (" + lease.part() + ")",
                lease.holder(),
                what));
  }

  private long nextEpoch() {
    Authority highest = d.seen.guard().status().getHighestSeen();
    long atGuard = highest.getTerm() == d.state.term() ? highest.getEpoch() : 0;
    return Math.max(d.state.highestEpoch(), atGuard) + 1;
  }

  private long offer(
      String by, String part, long forMillis, String commandId, String from, String reason) {
    long epoch = nextEpoch();
    d.emit(new Event.LeaseOffered(epoch, by, part, forMillis, commandId, from, reason));
    d.offeredNanos = d.now;
    d.answer = new Decision.Answer.WhenGranted(epoch);
    return epoch;
  }

  private void offerAndGrant(
      String by, String part, long forMillis, String commandId, String from, String reason) {
    long epoch = offer(by, part, forMillis, commandId, from, reason);
    d.effects.add(new Effect.Grant(epoch, by, part));
  }

  /** A lease for one command; it ends with it. */
  void offerFor(CommandRecord command, String part) {
    offerAndGrant(command.by(), part, 0, command.id(), "", "");
  }

  void acquire(TwinCommand.AcquireLease c) {
    String part = known(c.part(), c.by());
    if (part != null) acquire(c.by(), part, c.forMillis(), "");
  }

  private void acquire(String by, String part, long forMillis, String reason) {
    Lease own = d.state.covering(part);
    if (own != null && own.holder().equals(by) && own.isForATime()) {
      d.pulses.computeIfPresent(own.epoch(), (epoch, pulse) -> pulse.renewed(d.now));
      return;
    }
    for (Lease lease : d.state.overlapping(part)) {
      if (lease.holder().equals(by) && lease.isForATime()) continue; // grows into the wider one
      answer(held(lease, "not given to " + by));
      return;
    }
    var no = noOffer(by);
    if (no != null) {
      answer(no);
      return;
    }
    offerAndGrant(by, part, forMillis, "", "", reason);
  }

  /** The robot comes to hold first: the old authority is revoked, then the new one granted. */
  void take(TwinCommand.TakeLease c) {
    if (c.reason().isBlank()) {
      d.refuse("tandem.lease.no-reason", "a take needs a reason; nothing was taken");
      return;
    }
    String part = known(c.part(), c.by());
    if (part == null) return;
    List<Lease> others =
        d.state.overlapping(part).stream().filter(l -> !l.holder().equals(c.by())).toList();
    if (others.isEmpty()) {
      acquire(c.by(), part, c.forMillis(), c.reason());
      return;
    }
    if (isAutonomy(c.by()) && !others.stream().allMatch(l -> isAutonomy(l.holder()))) {
      answer(
          held(
              others.getFirst(),
              "%s is an autonomy client and takes nothing from a person: it may request; nothing was taken"
                  .formatted(c.by())));
      return;
    }
    var no = noOffer(c.by());
    if (no != null) {
      answer(no);
      return;
    }
    long epoch = offer(c.by(), part, c.forMillis(), "", holders(others), c.reason());
    var inTheWay = d.state.overlapping(part);
    long revoked = inTheWay.stream().mapToLong(Lease::epoch).max().orElseThrow();
    String what = inTheWay.size() == 1 ? inTheWay.getFirst().part() : Parts.BODY;
    d.effects.add(
        new Effect.Revoke(epoch, revoked, what, "taken by %s: %s".formatted(c.by(), c.reason())));
  }

  private static boolean isAutonomy(String name) {
    return name.startsWith(AUTONOMY);
  }

  private static String holders(List<Lease> leases) {
    return leases.stream().map(Lease::holder).distinct().collect(Collectors.joining(", "));
  }

  /** The holder gives what it holds to somebody who has asked for it. */
  void handOver(TwinCommand.HandOver c) {
    if (known(c.part(), c.by()) == null) return;
    Lease held = c.part().isEmpty() ? onlyOne(c.by()) : d.state.covering(c.part());
    if (held == null || !held.holder().equals(c.by()) || !held.isForATime()) {
      d.refuse(
          "tandem.lease.lost",
          "%s does not hold that lease of %s%s; nothing was handed over"
              .formatted(c.by(), robot(), held == null ? "" : "; it is held by " + held.holder()));
      return;
    }
    String part = c.part().isEmpty() ? held.part() : c.part();
    boolean asked =
        d.state.wishes().stream()
            .anyMatch(w -> w.by().equals(c.to()) && Parts.overlap(w.part(), part));
    if (!asked) {
      d.refuse(
          "tandem.lease.no-wish",
          "%s has not asked for the lease of %s; nothing was handed over"
              .formatted(c.to(), robot()));
      return;
    }
    var no = noOffer(c.to());
    if (no != null) {
      answer(no);
      return;
    }
    offerAndGrant(c.to(), part, c.forMillis(), "", c.by(), "handed over by " + c.by());
  }

  /** The one lease of this name, else that of the body or null. */
  private Lease onlyOne(String holder) {
    var own = d.state.leases().values().stream().filter(l -> l.holder().equals(holder)).toList();
    return own.size() == 1 ? own.getFirst() : d.state.covering(Parts.BODY);
  }

  void revokeAnswered(TwinCommand.RevokeAnswered c) {
    Lease offered = d.state.offered();
    if (offered == null || offered.epoch() != c.epoch()) return;
    if (!c.accepted()) {
      d.emit(new Event.LeaseRefused(c.epoch(), c.code(), c.why()));
      return;
    }
    endOverlapping(offered, "taken: " + offered.reason());
    d.offeredNanos = d.now;
    d.effects.add(new Effect.Grant(offered.epoch(), offered.holder(), offered.part()));
  }

  /** The guard has ended what overlaps; its commands and leases end here, too. */
  private void endOverlapping(Lease offered, String why) {
    for (Lease lease : d.state.overlapping(offered.part())) {
      for (CommandRecord open : d.state.openCommands()) {
        if (open.epoch() != lease.epoch()) continue;
        d.emit(new Event.CommandCancelled(open.id(), offered.holder(), "lease " + why));
        d.progress.remove(open.id());
      }
      d.emit(new Event.LeaseReleased(lease.epoch(), offered.holder(), why));
      d.pulses.remove(lease.epoch());
    }
  }

  void grantAnswered(TwinCommand.GrantAnswered c) {
    Lease offered = d.state.offered();
    if (offered == null || offered.epoch() != c.epoch()) return;
    if (!c.accepted()) {
      notGranted(offered, c);
      return;
    }
    endOverlapping(
        offered,
        offered.takenFrom().isEmpty() ? "replaced by epoch " + c.epoch() : offered.reason());
    d.emit(
        offered.takenFrom().isEmpty()
            ? new Event.LeaseGranted(c.epoch())
            : new Event.LeaseTaken(c.epoch(), offered.takenFrom(), offered.reason()));
    d.pulses.put(c.epoch(), LeasePulse.granted(d.now));
    d.ends.granted(offered);
    d.wishes.granted(offered);
    if (offered.isForATime()) return;
    Optional<CommandRecord> command = d.state.command(offered.commandId());
    if (command.isPresent() && !command.get().phase().isFinal()) {
      d.commands.accept(command.get(), offered);
    } else {
      end(offered, "the command ended before the lease was granted");
    }
  }

  private void notGranted(Lease offered, TwinCommand.GrantAnswered c) {
    d.emit(new Event.LeaseRefused(c.epoch(), c.code(), c.why()));
    d.ends.revoke(offered, "not granted");
    if (offered.isForATime()) return;
    d.state
        .command(offered.commandId())
        .filter(command -> !command.phase().isFinal())
        .ifPresent(
            command ->
                d.emit(
                    new Event.CommandRefused(
                        command.id(),
                        c.code(),
                        "no lease: %s; not sent".formatted(c.why()),
                        "guard",
                        Used.NOTHING)));
  }

  void release(TwinCommand.ReleaseLease c) {
    var own =
        d.state.leases().values().stream()
            .filter(l -> l.holder().equals(c.by()))
            .filter(l -> c.part().isEmpty() || l.part().equals(c.part()))
            .toList();
    if (own.isEmpty()) {
      String part = c.part().isEmpty() ? Parts.BODY : c.part();
      d.state.overlapping(part).stream()
          .findFirst()
          .ifPresent(l -> answer(held(l, "not released by " + c.by())));
      return;
    }
    for (Lease lease : own) {
      cancelUnder(lease, c.by(), "lease released");
      d.emit(new Event.LeaseReleased(lease.epoch(), c.by(), "released"));
      d.pulses.remove(lease.epoch());
      d.ends.revokeAtOnce(lease, "released by " + c.by());
    }
  }

  private void cancelUnder(Lease lease, String by, String why) {
    for (CommandRecord c : d.state.openCommands()) {
      if (c.epoch() != lease.epoch()) continue;
      d.ends.cancel(c, by, why);
      d.emit(new Event.CommandCancelled(c.id(), by, why));
      d.progress.remove(c.id());
    }
  }

  /** Ends the lease that is in force for this one command; a no-op where there is none. */
  void endFor(String commandId, String why) {
    d.state.leases().values().stream()
        .filter(l -> l.commandId().equals(commandId))
        .findFirst()
        .ifPresent(lease -> end(lease, why));
  }

  private void end(Lease lease, String why) {
    d.emit(new Event.LeaseReleased(lease.epoch(), "tandem", why));
    d.pulses.remove(lease.epoch());
    d.ends.revoke(lease, why);
  }

  void keep(String by) {
    var own = d.state.leases().values().stream().filter(l -> l.holder().equals(by)).toList();
    if (own.isEmpty()) {
      Lease held = d.state.lease();
      d.refuse(
          "tandem.lease.lost",
          by
              + " does not hold the lease of "
              + robot()
              + (held == null ? ": nobody does" : "; it is held by " + held.holder()));
      return;
    }
    for (Lease lease : own) {
      d.pulses.computeIfPresent(lease.epoch(), (epoch, pulse) -> pulse.kept(d.now));
    }
  }

  /** The guard says that it has ended this authority; nobody here thinks otherwise. */
  void revokedAtGuard(Authority authority, String why) {
    if (authority.getTerm() != d.state.term()) return;
    Lease lease = d.state.leaseOf(authority.getEpoch());
    if (lease == null) return;
    cancelUnder(lease, "guard", "authority revoked: " + why);
    d.emit(new Event.LeaseExpired(lease.epoch(), "revoked at the guard: " + why));
    d.pulses.remove(lease.epoch());
  }

  /** The guard remembers no grant: none is in force. */
  void lostAtGuard() {
    for (Lease lease : List.copyOf(d.state.leases().values())) {
      cancelUnder(lease, "guard", "the guard lost its state");
      d.emit(new Event.LeaseExpired(lease.epoch(), "the guard lost its state"));
      d.pulses.remove(lease.epoch());
    }
  }

  void review() {
    reviewOffer();
    for (Lease lease : List.copyOf(d.state.leases().values())) {
      LeasePulse pulse =
          d.pulses.computeIfAbsent(lease.epoch(), epoch -> LeasePulse.granted(d.now));
      if (isOver(lease, pulse)) expire(lease);
      else if (d.sinceMillis(pulse.toldNanos()) >= d.rules.keepAliveMillis()
          && d.seen.guard().reachable()
          && d.seen.guard().status() != null
          && !isLeftAlone(lease, pulse)) tellGuard(lease, pulse);
    }
  }

  /**
   * A motion runs whose console is silent: the lease lives on, so that it can come back, but the
   * guard ends the motion by the rule of its class. A stream has the dead man of its setpoints.
   */
  private boolean isLeftAlone(Lease lease, LeasePulse pulse) {
    return pulse.keptAlive()
        && lease.isForATime()
        && lease.forMillis() <= CONSOLE_MILLIS
        && d.sinceMillis(pulse.renewedNanos()) > HOLDER_SILENT_MILLIS
        && d.state.openCommands().stream()
            .anyMatch(c -> c.epoch() == lease.epoch() && !(c.goal() instanceof Goal.Stream));
  }

  /** An answer that came while the journal could not be written is gone: the offer ends without. */
  private void reviewOffer() {
    Lease offered = d.state.offered();
    if (offered == null) return;
    if (d.offeredNanos == Tracking.NEVER) d.offeredNanos = d.now;
    if (d.sinceMillis(d.offeredNanos) < OFFER_MILLIS) return;
    notGranted(
        offered,
        new TwinCommand.GrantAnswered(
            offered.epoch(),
            false,
            "tandem.guard.no-answer",
            "no answer of the guard was journaled within %d ms".formatted(OFFER_MILLIS)));
  }

  private boolean isOver(Lease lease, LeasePulse pulse) {
    boolean working = d.state.openCommands().stream().anyMatch(c -> c.epoch() == lease.epoch());
    if (!lease.isForATime()) {
      return !working
          && d.state.command(lease.commandId()).filter(c -> !c.phase().isFinal()).isEmpty();
    }
    return d.sinceMillis(pulse.renewedNanos()) > lease.forMillis()
        && (pulse.keptAlive() || !working);
  }

  private void expire(Lease lease) {
    String why =
        lease.isForATime()
            ? "not renewed for %d ms".formatted(lease.forMillis())
            : "its command has ended";
    cancelUnder(lease, "tandem", "lease of %s expired: %s".formatted(lease.holder(), why));
    d.emit(new Event.LeaseExpired(lease.epoch(), why));
    d.pulses.remove(lease.epoch());
    d.ends.revoke(lease, why);
  }

  private void tellGuard(Lease lease, LeasePulse pulse) {
    // Rising through restarts of the twin, too: the guard takes each number once.
    long counter = Math.max(pulse.counter() + 1, d.seen.now().wallNanos() / 1_000_000);
    d.pulses.put(lease.epoch(), pulse.told(d.now, counter));
    d.effects.add(
        new Effect.Tell(
            d.request()
                .setKeepAlive(
                    KeepAlive.newBuilder()
                        .setAuthority(d.authority(lease.epoch()))
                        .setCounter(counter)
                        .setToken(d.seen.guard().status().getToken()))
                .build()));
  }
}
