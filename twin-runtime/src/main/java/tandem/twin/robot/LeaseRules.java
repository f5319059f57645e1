package tandem.twin.robot;

import java.util.Optional;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.proto.event.Event;
import tandem.proto.event.Used;
import tandem.proto.v1.Authority;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.Revoke;
import tandem.twin.robot.TwinState.Lease;

/** Authority: offers, grants, ends of leases (invariant I2). Part of one {@link Deciding}. */
final class LeaseRules {
  private final Deciding d;

  LeaseRules(Deciding d) {
    this.d = d;
  }

  /** Why no lease can be offered now; null where one can. */
  TwinReply.Refused noOffer(String by) {
    if (d.state.isDream()) {
      return new TwinReply.Refused(
          "tandem.robot.dream", "%s is a dream: nobody can hold it".formatted(d.state.robot()));
    }
    if (d.state.offered() != null) {
      return new TwinReply.Refused(
          "tandem.lease.pending",
          "the lease of %s is being granted to %s; not given to %s"
              .formatted(d.state.robot(), d.state.offered().holder(), by));
    }
    if (!d.seen.guard().isFresh(d.now, d.rules.guardFreshMillis())) {
      return new TwinReply.Refused(
          "tandem.guard.absent",
          "the guard of %s was not heard within %d ms and must acknowledge a lease; not given to %s"
              .formatted(d.state.robot(), d.rules.guardFreshMillis(), by));
    }
    long term = d.seen.guard().status().getHighestSeen().getTerm();
    if (term > d.state.term()) {
      return new TwinReply.Refused(
          "tandem.guard.newer-term",
          "the guard of %s has seen term %d, this home is term %d; not given to %s"
              .formatted(d.state.robot(), term, d.state.term(), by));
    }
    return null;
  }

  long nextEpoch() {
    Authority highest = d.seen.guard().status().getHighestSeen();
    long atGuard = highest.getTerm() == d.state.term() ? highest.getEpoch() : 0;
    return Math.max(d.state.highestEpoch(), atGuard) + 1;
  }

  void offer(String by, long forMillis, String commandId, String from, String reason) {
    long epoch = nextEpoch();
    d.emit(new Event.LeaseOffered(epoch, by, "body", forMillis, commandId, from, reason));
    d.effects.add(new Effect.Grant(epoch, by, "body"));
    d.answer = new Decision.Answer.WhenGranted(epoch);
  }

  void acquire(String by, long forMillis) {
    Lease held = d.state.lease();
    if (held != null && held.holder().equals(by) && held.commandId().isEmpty()) {
      d.leaseRenewedNanos = d.now;
      return;
    }
    if (held != null) {
      d.refuse(
          "tandem.lease.held",
          "the lease of %s is held by %s; not given to %s"
              .formatted(d.state.robot(), held.holder(), by));
      return;
    }
    var no = noOffer(by);
    if (no != null) {
      d.answer = new Decision.Answer.Now(no);
      return;
    }
    offer(by, forMillis, "", "", "");
  }

  void take(TwinCommand.TakeLease c) {
    if (c.reason().isBlank()) {
      d.refuse("tandem.lease.no-reason", "a take needs a reason; nothing was taken");
      return;
    }
    var no = noOffer(c.by());
    if (no != null) {
      d.answer = new Decision.Answer.Now(no);
      return;
    }
    String from = d.state.lease() == null ? "" : d.state.lease().holder();
    offer(c.by(), c.forMillis(), "", from, c.reason());
  }

  void grantAnswered(TwinCommand.GrantAnswered c) {
    Lease offered = d.state.offered();
    if (offered == null || offered.epoch() != c.epoch()) return;
    if (!c.accepted()) {
      d.emit(new Event.LeaseRefused(c.epoch(), c.code(), c.why()));
      d.effects.add(revoke(c.epoch(), "not granted"));
      if (!offered.commandId().isEmpty()) {
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
      return;
    }
    if (offered.takenFrom().isEmpty()) {
      d.emit(new Event.LeaseGranted(c.epoch()));
    } else {
      for (CommandRecord open : d.state.openCommands()) {
        d.emit(
            new Event.CommandCancelled(
                open.id(), offered.holder(), "lease taken: " + offered.reason()));
        d.progress.remove(open.id());
      }
      d.emit(new Event.LeaseTaken(c.epoch(), offered.takenFrom(), offered.reason()));
    }
    d.leaseRenewedNanos = d.now;
    d.leaseKeptAlive = false;
    d.keepAliveCounter = 0;
    d.keepAliveNanos = d.now;
    if (!offered.commandId().isEmpty()) {
      Optional<CommandRecord> command = d.state.command(offered.commandId());
      if (command.isPresent() && !command.get().phase().isFinal()) {
        d.commands.accept(command.get());
      } else {
        endLease("the command ended before the lease was granted");
      }
    }
  }

  Effect revoke(long epoch, String why) {
    return new Effect.Tell(
        d.request()
            .setRevoke(Revoke.newBuilder().setAuthority(d.authority(epoch)).setWhy(why))
            .build());
  }

  void releaseLease(String by) {
    Lease held = d.state.lease();
    if (held == null) return;
    if (!held.holder().equals(by)) {
      d.refuse(
          "tandem.lease.held",
          "the lease of %s is held by %s; not released by %s"
              .formatted(d.state.robot(), held.holder(), by));
      return;
    }
    cancelUnder(held, by, "lease released");
    d.emit(new Event.LeaseReleased(held.epoch(), by, "released"));
    d.atOnce.add(revoke(held.epoch(), "released by " + by));
  }

  void cancelUnder(Lease held, String by, String why) {
    for (CommandRecord c : d.state.openCommands()) {
      if (c.epoch() != held.epoch()) continue;
      d.commands.cancelAtGuard(c, by, why);
      d.emit(new Event.CommandCancelled(c.id(), by, why));
      d.progress.remove(c.id());
    }
  }

  void endLease(String why) {
    Lease held = d.state.lease();
    if (held == null) return;
    d.emit(new Event.LeaseReleased(held.epoch(), "tandem", why));
    d.effects.add(revoke(held.epoch(), why));
  }

  void keepLease(String by) {
    Lease held = d.state.lease();
    if (held == null || !held.holder().equals(by)) {
      d.refuse(
          "tandem.lease.lost",
          "%s does not hold the lease of %s%s"
              .formatted(
                  by,
                  d.state.robot(),
                  held == null ? ": nobody does" : "; it is held by " + held.holder()));
      return;
    }
    d.leaseRenewedNanos = d.now;
    d.leaseKeptAlive = true;
  }

  void reviewLease() {
    Lease held = d.state.lease();
    if (held == null) return;
    boolean working = d.state.openCommands().stream().anyMatch(c -> c.epoch() == held.epoch());
    boolean over =
        held.commandId().isEmpty()
            ? d.sinceMillis(d.leaseRenewedNanos) > held.forMillis()
                && (d.leaseKeptAlive || !working)
            : !working
                && d.state.command(held.commandId()).filter(c -> !c.phase().isFinal()).isEmpty();
    if (over) {
      String why =
          held.commandId().isEmpty()
              ? "not renewed for %d ms".formatted(held.forMillis())
              : "its command has ended";
      cancelUnder(held, "tandem", "lease of %s expired: %s".formatted(held.holder(), why));
      d.emit(new Event.LeaseExpired(held.epoch(), why));
      d.effects.add(revoke(held.epoch(), why));
      return;
    }
    if (d.sinceMillis(d.keepAliveNanos) >= d.rules.keepAliveMillis()
        && d.seen.guard().reachable()) {
      d.keepAliveNanos = d.now;
      d.keepAliveCounter++;
      d.effects.add(
          new Effect.Tell(
              d.request()
                  .setKeepAlive(
                      KeepAlive.newBuilder()
                          .setAuthority(d.authority(held.epoch()))
                          .setCounter(d.keepAliveCounter))
                  .build()));
    }
  }
}
