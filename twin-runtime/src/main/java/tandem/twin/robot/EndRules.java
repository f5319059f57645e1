package tandem.twin.robot;

import java.util.List;
import java.util.stream.Collectors;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.event.Goal;
import tandem.twin.robot.CommandRecord.Phase;
import tandem.twin.robot.Effect.Ending;
import tandem.twin.robot.Tracking.Overtaken;
import tandem.twin.robot.Tracking.Unanswered;
import tandem.twin.robot.TwinState.Lease;

/**
 * What has ended here and has to end at the guard, too (invariant I1): it is said again until the
 * guard answers. A rebuilt twin does not know what was unanswered; it says again what may still be
 * on its way, and takes the rest from the guard's status. Part of one {@link Deciding}.
 */
final class EndRules {
  /** Up while something that ended here was not answered by the guard. */
  static final String UNANSWERED = "end-unanswered";

  private static final long REPEAT_MILLIS = 100;
  private static final long SHOWN_MILLIS = 500;

  /** Longer than a newer command takes to end the older one at the guard by itself. */
  private static final long LEFT_MILLIS = 500;

  /** A guard takes no motion whose token is older than 2 s. */
  private static final long ON_ITS_WAY_MILLIS = 3_000;

  private static final int MOST_AWAKE = 16;

  private final Deciding d;

  EndRules(Deciding d) {
    this.d = d;
  }

  /** Nothing is said of a command that was never accepted: the guard cannot have it. */
  void cancel(CommandRecord command, String by, String why) {
    if (command.acceptedNanos() == 0) return;
    d.atOnce.add(begin(new Ending.OfCommand(command.id(), by, why)));
  }

  /** The newest of what ended before this incarnation, and may reach the guard after it. */
  void awake() {
    d.state.commands().reversed().stream()
        .filter(command -> isToEnd(command) && mayStillArrive(command))
        .limit(MOST_AWAKE)
        .forEach(
            command ->
                cancel(command, "tandem", "it was %s here".formatted(command.phase().text())));
  }

  /** By the guard's clock where it was heard, else by this node's. */
  private boolean mayStillArrive(CommandRecord command) {
    if (command.acceptedNanos() == 0) return false;
    var status = d.seen.guard().status();
    if (status == null || !status.hasToken()) {
      long age = d.seen.now().wallNanos() - command.acceptedNanos();
      return age <= ON_ITS_WAY_MILLIS * Deciding.NANOS_PER_MILLI;
    }
    var newest = status.getToken();
    return newest.getBootId().equals(command.token().getBootId())
        && newest.getTickMillis() - command.token().getTickMillis() <= ON_ITS_WAY_MILLIS;
  }

  void revokeAtOnce(Lease lease, String why) {
    d.atOnce.add(begin(new Ending.OfLease(lease.epoch(), lease.part(), why)));
  }

  /** Once the events of this decision are durable. */
  void revoke(Lease lease, String why) {
    d.effects.add(begin(new Ending.OfLease(lease.epoch(), lease.part(), why)));
  }

  private Effect begin(Ending ending) {
    Tracking.add(d.unanswered, ending, d.now, activeAtGuard());
    return new Effect.End(ending);
  }

  /** As far as the newest status says. */
  private List<String> activeAtGuard() {
    var status = d.seen.guard().status();
    return status == null ? List.of() : status.getActiveCommandIdsList();
  }

  /** The guard ends it when it takes the newer one, which may come late, or never. */
  void superseded(CommandRecord command, CommandRecord by) {
    d.overtaken.replaceAll(
        (id, one) ->
            one.byId().equals(command.id()) ? new Overtaken(by.id(), one.sinceNanos()) : one);
    if (command.acceptedNanos() != 0 && !(command.goal() instanceof Goal.Stance)) {
      d.overtaken.put(command.id(), new Overtaken(by.id(), d.now));
    }
  }

  /** What the newer command has not ended in time, or will not end any more, is cancelled. */
  void reviewOvertaken() {
    d.overtaken.entrySet().removeIf(one -> isSettled(one.getKey(), one.getValue()));
  }

  private boolean isSettled(String id, Overtaken overtaken) {
    CommandRecord newer = d.state.command(overtaken.byId()).orElse(null);
    if (newer != null && newer.guardAcceptedNanos() != 0) return true;
    boolean comes = newer != null && !newer.phase().isFinal();
    if (comes && d.sinceMillis(overtaken.sinceNanos()) < LEFT_MILLIS) return false;
    d.state
        .command(id)
        .filter(command -> !isUnanswered(id))
        .ifPresent(command -> cancel(command, "tandem", "superseded by " + overtaken.byId()));
    return true;
  }

  void answered(TwinCommand.EndAnswered c) {
    boolean settled = c.answered() && !c.code().equals("tandem.guard.busy");
    if (settled) d.unanswered.removeIf(one -> one.ending().isOf(c.commandId(), c.epoch()));
  }

  /** A newer authority has ended what was below it. */
  void granted(Lease lease) {
    d.unanswered.removeIf(
        one ->
            one.ending() instanceof Ending.OfLease(var epoch, var part, _)
                && epoch < lease.epoch()
                && Parts.covers(lease.part(), part));
  }

  void review() {
    reviewLeft();
    for (int i = 0; i < d.unanswered.size() && d.seen.guard().reachable(); i++) {
      Unanswered one = d.unanswered.get(i);
      if (d.sinceMillis(one.sentNanos()) < REPEAT_MILLIS) continue;
      d.unanswered.set(i, one.sent(d.now));
      d.atOnce.add(new Effect.End(one.ending()));
    }
    boolean shown =
        d.unanswered.stream().anyMatch(one -> d.sinceMillis(one.sinceNanos()) >= SHOWN_MILLIS);
    if (shown && !d.isUp(UNANSWERED)) {
      d.emit(
          new Event.HazardRaised(
              UNANSWERED,
              "error",
              "%s: ended here, the guard has not answered yet: the robot may still follow; said again until it answers"
                  .formatted(
                      d.unanswered.stream()
                          .map(one -> one.ending().text())
                          .collect(Collectors.joining(", ")))));
    } else if (d.isUp(UNANSWERED) && isInOrder()) {
      d.emit(
          new Event.HazardCleared(
              UNANSWERED, "the guard is heard, and goes on with nothing that has ended here"));
    }
  }

  /** A rebuilt twin, to which nothing is unanswered, has to hear the guard first. */
  private boolean isInOrder() {
    return d.unanswered.isEmpty()
        && d.leftNanos.isEmpty()
        && d.seen.guard().isFresh(d.now, d.rules.guardFreshMillis());
  }

  private boolean isUnanswered(String id) {
    return d.unanswered.stream().anyMatch(one -> one.ending().isOf(id, 0));
  }

  /** What the guard goes on with although it is over here. */
  private void reviewLeft() {
    boolean fresh = d.seen.guard().isFresh(d.now, d.rules.guardFreshMillis());
    List<CommandRecord> left =
        fresh
            ? activeAtGuard().stream()
                .flatMap(id -> d.state.command(id).stream())
                .filter(EndRules::isToEnd)
                .toList()
            : List.of();
    d.leftNanos.keySet().retainAll(left.stream().map(CommandRecord::id).toList());
    for (CommandRecord command : left) {
      Long since = d.leftNanos.putIfAbsent(command.id(), d.now);
      if (since != null && d.sinceMillis(since) >= LEFT_MILLIS && !isUnanswered(command.id())) {
        cancel(command, "tandem", "it is %s here".formatted(command.phase().text()));
        d.leftNanos.put(command.id(), d.now);
      }
    }
  }

  /** What is done comes to its end by itself, as a stance does, which is never cut half-way. */
  private static boolean isToEnd(CommandRecord command) {
    return command.phase().isFinal()
        && command.phase() != Phase.DONE
        && !(command.goal() instanceof Goal.Stance);
  }
}
