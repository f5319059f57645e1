package tandem.twin.robot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tandem.proto.body.Pose;
import tandem.proto.codec.Profiles;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.proto.event.Event;
import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.event.SampleRef;
import tandem.proto.event.Used;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Cancel;
import tandem.proto.v1.Configure;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.Revoke;
import tandem.twin.journal.TwinId;
import tandem.twin.robot.CommandRecord.Phase;
import tandem.twin.robot.Tracking.Progress;
import tandem.twin.robot.TwinState.Lease;
import tandem.twin.robot.TwinState.Mode;

/**
 * What a twin decides: {@code decide(state, observation, command) -> events, effects, answer}.
 * Pure: no clock, no I/O, no Akka; two calls with equal arguments give equal decisions.
 */
final class TwinCore {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final long CONFIGURE_MILLIS = 1_000;
  private static final long STOP_REPEAT_MILLIS = 50;
  private static final long FOREIGN_MILLIS = 10_000;
  private static final int FOREIGN_KEPT = 64;
  private static final double DEFAULT_GOAL_SECONDS = 10;
  private static final long END_AFTER_MILLIS = 2_000;
  private static final long LONGEST_EXPIRES_MILLIS = 60_000;
  private static final double FALLEN_HEIGHT_SHARE = 0.5;
  private static final double LEAST_STANDING_METERS = 0.3;

  private final TwinRules rules;
  private final String site;

  TwinCore(TwinRules rules, String site) {
    this.rules = rules;
    this.site = site;
  }

  Decision decide(TwinState state, Tracking tracking, Observation seen, TwinCommand command) {
    return new Deciding(state, tracking, seen).decide(command);
  }

  /** One decision being made; later steps see what earlier ones of the same decision changed. */
  private final class Deciding {
    private TwinState state;
    private final Observation seen;
    private final long now;
    private final List<Effect> atOnce = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    private final List<Effect> effects = new ArrayList<>();
    private final Map<String, Progress> progress;
    private final Map<String, Long> foreign;
    private Decision.Answer answer = new Decision.Answer.Now(new TwinReply.Done(0));
    private long awakeNanos;
    private boolean admitted;
    private long leaseRenewedNanos;
    private boolean leaseKeptAlive;
    private long keepAliveNanos;
    private long keepAliveCounter;
    private long stopNanos;
    private long stopSentNanos;
    private long stillNanos;
    private long configuredNanos;
    private String bodySeen;
    private long bodyNanos;
    private double standingHeight;

    Deciding(TwinState state, Tracking t, Observation seen) {
      this.state = state;
      this.seen = seen;
      now = seen.now().nanos();
      progress = new HashMap<>(t.progress());
      foreign = new HashMap<>(t.foreignNanos());
      awakeNanos = t.awakeNanos();
      admitted = t.admitted();
      leaseRenewedNanos = t.leaseRenewedNanos();
      leaseKeptAlive = t.leaseKeptAlive();
      keepAliveNanos = t.keepAliveNanos();
      keepAliveCounter = t.keepAliveCounter();
      stopNanos = t.stopNanos();
      stopSentNanos = t.stopSentNanos();
      stillNanos = t.stillNanos();
      configuredNanos = t.configuredNanos();
      bodySeen = t.bodySeen();
      bodyNanos = t.bodyNanos();
      standingHeight = t.standingHeight();
    }

    private Decision done() {
      return new Decision(
          List.copyOf(atOnce),
          List.copyOf(events),
          List.copyOf(effects),
          answer,
          new Tracking(
              awakeNanos,
              admitted,
              leaseRenewedNanos,
              leaseKeptAlive,
              keepAliveNanos,
              keepAliveCounter,
              stopNanos,
              stopSentNanos,
              stillNanos,
              configuredNanos,
              Map.copyOf(progress),
              bodySeen,
              bodyNanos,
              standingHeight,
              Map.copyOf(foreign)));
    }

    private void emit(Event event) {
      events.add(event);
      state = TwinFold.believe(state, event, seen.now().wallNanos());
    }

    private void refuse(String code, String why) {
      answer = new Decision.Answer.Now(new TwinReply.Refused(code, why));
    }

    private double sinceMillis(long nanos) {
      return nanos == Tracking.NEVER ? Double.POSITIVE_INFINITY : (now - nanos) / NANOS_PER_MILLI;
    }

    private Decision decide(TwinCommand command) {
      if (!state.isKnown() && !(command instanceof TwinCommand.Admit)) {
        refuse(
            "tandem.robot.unknown", "robot %s has never been seen here".formatted(state.robot()));
        return done();
      }
      switch (command) {
        case TwinCommand.Admit c -> admit(c);
        case TwinCommand.LoseContact c -> loseContact(c.why());
        case TwinCommand.ClaimName c -> emit(new Event.NameConflict(c.holder(), c.refused()));
        case TwinCommand.Propose c -> propose(c);
        case TwinCommand.AcceptProfile c -> acceptProfile(c);
        case TwinCommand.SeeForeign c -> seeForeign(c);
        case TwinCommand.Move c -> move(c);
        case TwinCommand.Cancel c -> cancel(c);
        case TwinCommand.Stop c -> stop(c);
        case TwinCommand.StopAnswered c -> latched("", "", "reply");
        case TwinCommand.ReleaseStop c -> releaseStop(c);
        case TwinCommand.ReleaseAnswered c -> releaseAnswered(c);
        case TwinCommand.AcquireLease c -> acquire(c.by(), c.forMillis());
        case TwinCommand.TakeLease c -> take(c);
        case TwinCommand.ReleaseLease c -> releaseLease(c.by());
        case TwinCommand.KeepLease c -> keepLease(c.by());
        case TwinCommand.GrantAnswered c -> grantAnswered(c);
        case TwinCommand.MotionAnswered c -> motionAnswered(c);
        case TwinCommand.TakeLog c -> takeLog(c.record());
        case TwinCommand.Record c -> record(c.event());
        case TwinCommand.Awake c -> awake();
        case TwinCommand.Review c -> review();
      }
      return done();
    }

    // Contact

    private void admit(TwinCommand.Admit c) {
      if (!state.isKnown()) {
        emit(
            new Event.TermBegun(
                state.term(),
                0,
                0,
                com.google.protobuf.ByteString.EMPTY,
                site,
                "first contact of " + state.robot()));
      }
      var contact = new Event.ContactMade(c.dreamOf(), c.link(), c.namespace(), c.domain());
      if (!admitted || state.mode() != Mode.LIVE || !contact.equals(state.contact())) emit(contact);
      admitted = true;
      awakeNanos = now;
    }

    private void loseContact(String why) {
      admitted = false;
      if (state.mode() == Mode.LIVE) silent(why);
    }

    private void silent(String why) {
      long newest = seen.sensed().newestNanos();
      emit(
          new Event.ContactLost(
              why,
              newestSample(),
              newest == Long.MIN_VALUE ? 0 : Math.max(0, (now - newest) / 1_000_000)));
      for (CommandRecord c : state.openCommands()) {
        cancelAtGuard(c, "tandem", "contact lost");
        finish(
            new Event.CommandUnknown(
                c.id(),
                "contact with %s was lost (%s) while the command was %s; nobody saw its end"
                    .formatted(state.robot(), why, c.phase().text())));
      }
    }

    private SampleRef newestSample() {
      var s = seen.sensed();
      Sensed.Origin newest = null;
      for (var each :
          new Sensed.Origin[] {
            s.joints() == null ? null : s.joints().origin(),
            s.attitude() == null ? null : s.attitude().origin(),
            s.base() == null ? null : s.base().origin()
          }) {
        if (each != null && (newest == null || each.receivedNanos() > newest.receivedNanos())) {
          newest = each;
        }
      }
      return newest == null ? null : newest.at(now);
    }

    private void reviewContact() {
      long newest = seen.sensed().newestNanos();
      boolean heard = sinceMillis(newest) <= rules.silenceMillis();
      switch (state.mode()) {
        case LIVE -> {
          if (heard || sinceMillis(awakeNanos) <= rules.silenceMillis()) return;
          silent(
              newest == Long.MIN_VALUE
                  ? "no sample since the twin woke %.0f ms ago".formatted(sinceMillis(awakeNanos))
                  : "no sample for %.0f ms (silence-after %d ms)"
                      .formatted(sinceMillis(newest), rules.silenceMillis()));
        }
        case SILENT, UNSEEN -> {
          if (heard && state.contact() != null) emit(state.contact());
        }
      }
    }

    private void awake() {
      awakeNanos = now;
      leaseRenewedNanos = now;
      if (state.offered() != null) {
        emit(
            new Event.LeaseRefused(
                state.offered().epoch(),
                "tandem.twin.restarted",
                "the twin was rebuilt before the guard's answer was journaled"));
      }
      for (CommandRecord c : state.openCommands()) {
        finish(
            c.phase() == Phase.CREATED
                ? new Event.CommandRefused(
                    c.id(),
                    "tandem.twin.restarted",
                    "the twin was rebuilt before the command was accepted; not sent",
                    "twin",
                    Used.NOTHING)
                : new Event.CommandUnknown(
                    c.id(),
                    "the twin was rebuilt while the command was %s; it is not sent again"
                        .formatted(c.phase().text())));
      }
    }

    // Profile

    private void propose(TwinCommand.Propose c) {
      String hash = Profiles.hash(c.profile());
      boolean inUse = !c.profile().getSource().equals("proposed");
      if (state.proposed() == null
          || !state.proposed().hash().equals(hash)
          || !state
              .proposed()
              .profile()
              .getAmbiguitiesList()
              .equals(c.profile().getAmbiguitiesList())) {
        emit(new Event.ProfileProposed(c.profile(), hash));
      }
      if (inUse && (state.accepted() == null || !state.accepted().hash().equals(hash))) {
        emit(new Event.ProfileAccepted(c.profile(), hash, c.profile().getSource()));
        configureGuard();
      }
    }

    private void acceptProfile(TwinCommand.AcceptProfile c) {
      var proposed = state.proposed();
      if (proposed == null) {
        refuse(
            "tandem.profile.missing",
            "robot %s: no profile was proposed; none accepted".formatted(state.robot()));
        return;
      }
      if (!proposed.profile().hasJoint() && proposed.profile().getReachCount() == 0) {
        refuse(
            "tandem.profile.ambiguous",
            "robot %s: the proposed profile has no target: %s; not accepted"
                .formatted(
                    state.robot(), String.join("; ", proposed.profile().getAmbiguitiesList())));
        return;
      }
      if (state.accepted() != null && state.accepted().hash().equals(proposed.hash())) return;
      var profile = proposed.profile().toBuilder().setSource("accepted").build();
      emit(new Event.ProfileAccepted(profile, proposed.hash(), c.by()));
      configureGuard();
    }

    private void configureGuard() {
      configuredNanos = now;
      effects.add(
          new Effect.Tell(
              request()
                  .setConfigure(Configure.newBuilder().setProfile(state.accepted().profile()))
                  .build()));
    }

    private void seeForeign(TwinCommand.SeeForeign c) {
      String key = c.topic() + " " + c.publisher() + " " + c.refused();
      Long last = foreign.get(key);
      if (last != null && sinceMillis(last) < FOREIGN_MILLIS) return;
      foreign.values().removeIf(nanos -> sinceMillis(nanos) >= FOREIGN_MILLIS);
      if (foreign.size() >= FOREIGN_KEPT) return;
      foreign.put(key, now);
      emit(new Event.ForeignAuthority(c.topic(), c.publisher(), c.refused()));
    }

    // Authority

    private GuardRequest.Builder request() {
      return GuardRequest.newBuilder().setRobot(state.robot());
    }

    private Authority authority(long epoch) {
      return Authority.newBuilder().setTerm(state.term()).setEpoch(epoch).build();
    }

    /** Why no lease can be offered now; null where one can. */
    private TwinReply.Refused noOffer(String by) {
      if (state.isDream()) {
        return new TwinReply.Refused(
            "tandem.robot.dream", "%s is a dream: nobody can hold it".formatted(state.robot()));
      }
      if (state.offered() != null) {
        return new TwinReply.Refused(
            "tandem.lease.pending",
            "the lease of %s is being granted to %s; not given to %s"
                .formatted(state.robot(), state.offered().holder(), by));
      }
      if (!seen.guard().isFresh(now, rules.guardFreshMillis())) {
        return new TwinReply.Refused(
            "tandem.guard.absent",
            "the guard of %s was not heard within %d ms and must acknowledge a lease; not given to %s"
                .formatted(state.robot(), rules.guardFreshMillis(), by));
      }
      long term = seen.guard().status().getHighestSeen().getTerm();
      if (term > state.term()) {
        return new TwinReply.Refused(
            "tandem.guard.newer-term",
            "the guard of %s has seen term %d, this home is term %d; not given to %s"
                .formatted(state.robot(), term, state.term(), by));
      }
      return null;
    }

    private long nextEpoch() {
      Authority highest = seen.guard().status().getHighestSeen();
      long atGuard = highest.getTerm() == state.term() ? highest.getEpoch() : 0;
      return Math.max(state.highestEpoch(), atGuard) + 1;
    }

    private void offer(String by, long forMillis, String commandId, String from, String reason) {
      long epoch = nextEpoch();
      emit(new Event.LeaseOffered(epoch, by, "body", forMillis, commandId, from, reason));
      effects.add(new Effect.Grant(epoch, by, "body"));
      answer = new Decision.Answer.WhenGranted(epoch);
    }

    private void acquire(String by, long forMillis) {
      Lease held = state.lease();
      if (held != null && held.holder().equals(by) && held.commandId().isEmpty()) {
        leaseRenewedNanos = now;
        return;
      }
      if (held != null) {
        refuse(
            "tandem.lease.held",
            "the lease of %s is held by %s; not given to %s"
                .formatted(state.robot(), held.holder(), by));
        return;
      }
      var no = noOffer(by);
      if (no != null) {
        answer = new Decision.Answer.Now(no);
        return;
      }
      offer(by, forMillis, "", "", "");
    }

    private void take(TwinCommand.TakeLease c) {
      if (c.reason().isBlank()) {
        refuse("tandem.lease.no-reason", "a take needs a reason; nothing was taken");
        return;
      }
      var no = noOffer(c.by());
      if (no != null) {
        answer = new Decision.Answer.Now(no);
        return;
      }
      String from = state.lease() == null ? "" : state.lease().holder();
      offer(c.by(), c.forMillis(), "", from, c.reason());
    }

    private void grantAnswered(TwinCommand.GrantAnswered c) {
      Lease offered = state.offered();
      if (offered == null || offered.epoch() != c.epoch()) return;
      if (!c.accepted()) {
        emit(new Event.LeaseRefused(c.epoch(), c.code(), c.why()));
        effects.add(revoke(c.epoch(), "not granted"));
        if (!offered.commandId().isEmpty()) {
          state
              .command(offered.commandId())
              .filter(command -> !command.phase().isFinal())
              .ifPresent(
                  command ->
                      emit(
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
        emit(new Event.LeaseGranted(c.epoch()));
      } else {
        for (CommandRecord open : state.openCommands()) {
          emit(
              new Event.CommandCancelled(
                  open.id(), offered.holder(), "lease taken: " + offered.reason()));
          progress.remove(open.id());
        }
        emit(new Event.LeaseTaken(c.epoch(), offered.takenFrom(), offered.reason()));
      }
      leaseRenewedNanos = now;
      leaseKeptAlive = false;
      keepAliveCounter = 0;
      keepAliveNanos = now;
      if (!offered.commandId().isEmpty()) {
        Optional<CommandRecord> command = state.command(offered.commandId());
        if (command.isPresent() && !command.get().phase().isFinal()) {
          accept(command.get());
        } else {
          endLease("the command ended before the lease was granted");
        }
      }
    }

    private Effect revoke(long epoch, String why) {
      return new Effect.Tell(
          request()
              .setRevoke(Revoke.newBuilder().setAuthority(authority(epoch)).setWhy(why))
              .build());
    }

    private void releaseLease(String by) {
      Lease held = state.lease();
      if (held == null) return;
      if (!held.holder().equals(by)) {
        refuse(
            "tandem.lease.held",
            "the lease of %s is held by %s; not released by %s"
                .formatted(state.robot(), held.holder(), by));
        return;
      }
      cancelUnder(held, by, "lease released");
      emit(new Event.LeaseReleased(held.epoch(), by, "released"));
      atOnce.add(revoke(held.epoch(), "released by " + by));
    }

    private void cancelUnder(Lease held, String by, String why) {
      for (CommandRecord c : state.openCommands()) {
        if (c.epoch() != held.epoch()) continue;
        cancelAtGuard(c, by, why);
        emit(new Event.CommandCancelled(c.id(), by, why));
        progress.remove(c.id());
      }
    }

    private void endLease(String why) {
      Lease held = state.lease();
      if (held == null) return;
      emit(new Event.LeaseReleased(held.epoch(), "tandem", why));
      effects.add(revoke(held.epoch(), why));
    }

    private void keepLease(String by) {
      Lease held = state.lease();
      if (held == null || !held.holder().equals(by)) {
        refuse(
            "tandem.lease.lost",
            "%s does not hold the lease of %s%s"
                .formatted(
                    by,
                    state.robot(),
                    held == null ? ": nobody does" : "; it is held by " + held.holder()));
        return;
      }
      leaseRenewedNanos = now;
      leaseKeptAlive = true;
    }

    private void reviewLease() {
      Lease held = state.lease();
      if (held == null) return;
      boolean working = state.openCommands().stream().anyMatch(c -> c.epoch() == held.epoch());
      boolean over =
          held.commandId().isEmpty()
              ? sinceMillis(leaseRenewedNanos) > held.forMillis() && (leaseKeptAlive || !working)
              : !working
                  && state.command(held.commandId()).filter(c -> !c.phase().isFinal()).isEmpty();
      if (over) {
        String why =
            held.commandId().isEmpty()
                ? "not renewed for %d ms".formatted(held.forMillis())
                : "its command has ended";
        cancelUnder(held, "tandem", "lease of %s expired: %s".formatted(held.holder(), why));
        emit(new Event.LeaseExpired(held.epoch(), why));
        effects.add(revoke(held.epoch(), why));
        return;
      }
      if (sinceMillis(keepAliveNanos) >= rules.keepAliveMillis() && seen.guard().reachable()) {
        keepAliveNanos = now;
        keepAliveCounter++;
        effects.add(
            new Effect.Tell(
                request()
                    .setKeepAlive(
                        KeepAlive.newBuilder()
                            .setAuthority(authority(held.epoch()))
                            .setCounter(keepAliveCounter))
                    .build()));
      }
    }

    // Commands

    private void move(TwinCommand.Move c) {
      if (state.command(c.id()).isPresent()) {
        refuse("tandem.command.duplicate", "command %s exists already; not sent".formatted(c.id()));
        return;
      }
      emit(new Event.CommandCreated(c.id(), c.by(), c.goal(), c.expiresMillis()));
      answer = new Decision.Answer.WhenSent(c.id());
      CommandRecord command = state.command(c.id()).orElseThrow();
      if (c.expiresMillis() < 1 || c.expiresMillis() > LONGEST_EXPIRES_MILLIS) {
        refused(
            command,
            "tandem.goal.expires",
            "expires: expected 1 ms..%d ms, found %d ms; not sent"
                .formatted(LONGEST_EXPIRES_MILLIS, c.expiresMillis()),
            Used.NOTHING);
        return;
      }
      Permit.Permitted permitted = permitted(command);
      if (permitted == null) return;
      Lease held = state.lease();
      if (held != null && !held.holder().equals(c.by())) {
        refused(
            command,
            "tandem.lease.held",
            "the lease of %s is held by %s; not sent".formatted(state.robot(), held.holder()),
            Used.NOTHING);
        return;
      }
      if (held == null || !held.commandId().isEmpty()) {
        var no = noOffer(c.by());
        if (no != null) {
          refused(command, no.code(), no.why(), Used.NOTHING);
          return;
        }
        supersede(command);
        offer(c.by(), 0, c.id(), "", "");
        answer = new Decision.Answer.WhenSent(c.id());
        return;
      }
      if (state.offered() != null) {
        refused(
            command,
            "tandem.lease.pending",
            "the lease of %s is being taken by %s; not sent"
                .formatted(state.robot(), state.offered().holder()),
            Used.NOTHING);
        return;
      }
      accept(command, permitted);
    }

    private void accept(CommandRecord command) {
      Permit.Permitted permitted = permitted(command);
      if (permitted == null) {
        endLease("its command was refused");
        return;
      }
      accept(command, permitted);
    }

    /** Null, and the refusal is an event, where it is not. */
    private Permit.Permitted permitted(CommandRecord command) {
      try {
        return Permit.check(rules, state, seen, command.goal());
      } catch (Permit.Denied e) {
        refused(command, e.code, e.getMessage(), e.used);
        return null;
      }
    }

    private void refused(CommandRecord command, String code, String why, Used used) {
      emit(new Event.CommandRefused(command.id(), code, why, "twin", used));
    }

    private void accept(CommandRecord command, Permit.Permitted permitted) {
      supersede(command);
      Lease held = state.lease();
      double seconds = permitted.sentGoal().durationSeconds();
      long startBy = command.expiresMillis();
      long endBy =
          startBy
              + Math.round((seconds > 0 ? seconds : DEFAULT_GOAL_SECONDS) * 1_000)
              + END_AFTER_MILLIS;
      emit(
          new Event.CommandAccepted(
              command.id(),
              held.epoch(),
              state.sequenceInEpoch() + 1,
              seen.guard().status().getToken(),
              startBy,
              endBy,
              permitted.sentGoal(),
              permitted.used(),
              state.accepted().hash()));
      long tokenNanos = seen.guard().statusNanos();
      progress.put(
          command.id(),
          new Progress(
              tokenNanos + startBy * 1_000_000,
              tokenNanos + endBy * 1_000_000,
              permitted.used().values(),
              Tracking.NEVER,
              false));
      leaseRenewedNanos = now;
      effects.add(new Effect.Motion(command.id()));
      if (state.alarms().containsKey("safe-behaviour")
          && state.alarms().get("safe-behaviour").isUp()) {
        emit(new Event.HazardCleared("safe-behaviour", "a new command was accepted"));
      }
    }

    /** One command at a time: the newer one of the same holder wins. */
    private void supersede(CommandRecord by) {
      for (CommandRecord open : state.openCommands()) {
        if (open.id().equals(by.id())) continue;
        emit(new Event.CommandSuperseded(open.id(), by.id()));
        progress.remove(open.id());
        Lease held = state.lease();
        if (held != null && held.commandId().equals(open.id())) {
          endLease("superseded by " + by.id());
        }
      }
    }

    private void motionAnswered(TwinCommand.MotionAnswered c) {
      CommandRecord command = state.command(c.id()).orElse(null);
      if (command == null || command.phase().isFinal()) return;
      if (command.sentNanos() == 0) emit(new Event.CommandSent(c.id(), c.sentNanos()));
      if (!c.answered()) return; // the guard's log, the samples or the deadline will tell
      if (c.accepted()) {
        if (command.guardAcceptedNanos() == 0) {
          emit(new Event.CommandGuardAccepted(c.id(), c.answeredNanos()));
        }
      } else if (isLate(c.code())) {
        finish(new Event.CommandExpired(c.id(), c.why()));
      } else {
        finish(new Event.CommandRefused(c.id(), c.code(), c.why(), "guard", Used.NOTHING));
      }
    }

    private static boolean isLate(String code) {
      return code.contains("late") || code.contains("expired");
    }

    private void cancel(TwinCommand.Cancel c) {
      CommandRecord command = state.command(c.id()).orElse(null);
      if (command == null) {
        refuse(
            "tandem.command.unknown",
            "robot %s knows no command %s; nothing was cancelled".formatted(state.robot(), c.id()));
        return;
      }
      if (command.phase().isFinal()) return;
      cancelAtGuard(command, c.by(), c.why());
      finish(new Event.CommandCancelled(c.id(), c.by(), c.why()));
    }

    private void cancelAtGuard(CommandRecord command, String by, String why) {
      if (command.phase() == Phase.CREATED) return;
      atOnce.add(
          new Effect.Tell(
              request()
                  .setCancel(Cancel.newBuilder().setCommandId(command.id()).setBy(by).setWhy(why))
                  .build()));
    }

    /** Writes the end of a command; a lease that was for it alone ends with it. */
    private void finish(Event.OfCommand end) {
      emit(end);
      progress.remove(end.id());
      Lease held = state.lease();
      if (held != null && held.commandId().equals(end.id())) endLease("its command has ended");
    }

    private void reviewCommands() {
      for (CommandRecord command : state.openCommands()) {
        Progress p = progress.get(command.id());
        if (p == null) continue; // waits for its lease
        if (command.guardAcceptedNanos() == 0) {
          if (now > p.startByNanos() + rules.answerGraceMillis() * 1_000_000) noAnswer(command);
          continue;
        }
        follow(command, p);
      }
    }

    private void noAnswer(CommandRecord command) {
      boolean idle =
          seen.guard().isFresh(now, rules.guardFreshMillis())
              && !seen.guard().status().getActiveCommandId().equals(command.id());
      cancelAtGuard(command, "tandem", "no answer");
      finish(
          idle
              ? new Event.CommandExpired(
                  command.id(), "the guard never took it up; not started by its startBy")
              : new Event.CommandUnknown(
                  command.id(), "the guard did not answer; nobody knows whether it acted"));
    }

    /** Compares what was asked with what the samples say. */
    private void follow(CommandRecord command, Progress p) {
      var joints = seen.sensed().joints();
      boolean fresh =
          joints != null
              && joints.origin().ageMillis(now) <= rules.silenceMillis()
              && joints.origin().receivedNanos()
                  > p.startByNanos() - command.startByMillis() * 1_000_000;
      Evidence evidence = fresh ? evidence(command, p, joints) : null;
      boolean within =
          evidence != null
              && (evidence.errorMeters() == null
                  ? evidence.errorRad() < rules.toleranceRad()
                  : evidence.errorMeters() < rules.toleranceMeters());
      long settled =
          !within
              ? Tracking.NEVER
              : p.settledNanos() == Tracking.NEVER
                  ? joints.origin().receivedNanos()
                  : p.settledNanos();
      boolean moved = p.moved() || (fresh && hasMoved(p, joints));
      if (moved && !p.moved()) {
        emit(
            new Event.CommandFirstMotion(
                command.id(),
                joints.origin().receivedWallNanos(),
                used(joints, p.start().keySet())));
      }
      progress.put(
          command.id(), new Progress(p.startByNanos(), p.endByNanos(), p.start(), settled, moved));
      if (within && joints.origin().receivedNanos() - settled >= rules.settleMillis() * 1_000_000) {
        finish(new Event.CommandDone(command.id(), joints.origin().receivedWallNanos(), evidence));
      } else if (now > p.endByNanos()) {
        ended(command, evidence, "not reached by endBy");
      }
    }

    private void ended(CommandRecord command, Evidence evidence, String what) {
      cancelAtGuard(command, "tandem", what);
      if (evidence == null) {
        finish(
            new Event.CommandUnknown(
                command.id(), "%s, and no fresh sample says where the joints are".formatted(what)));
        return;
      }
      finish(
          new Event.CommandFailed(
              command.id(),
              "tandem.command.not-reached",
              text(
                  evidence.errorMeters() == null
                      ? "%s: %s; error %.4f rad, tolerance %.4f rad (%s sequence %d)"
                      : "%s: %s; error %.4f m, tolerance %.4f m (%s sequence %d)",
                  what,
                  worst(command, evidence),
                  evidence.errorMeters() == null ? evidence.errorRad() : evidence.errorMeters(),
                  evidence.errorMeters() == null ? rules.toleranceRad() : rules.toleranceMeters(),
                  evidence.used().sample().topic(),
                  evidence.used().sample().sequence()),
              evidence));
    }

    private String worst(CommandRecord command, Evidence evidence) {
      if (command.goal() instanceof Goal.Reach(var reach)) return "tip " + reach.getTip();
      String worst = "";
      double most = -1;
      if (command.goal() instanceof Goal.Joint(var joint)) {
        for (JointTarget target : joint.getTargetsList()) {
          Double at = evidence.used().values().get(target.getJoint());
          double error = at == null ? Double.MAX_VALUE : Math.abs(at - target.getPositionRad());
          if (error > most) {
            most = error;
            worst =
                text(
                    "joint %s is at %.4f rad, goal %.4f rad",
                    target.getJoint(), at == null ? Double.NaN : at, target.getPositionRad());
          }
        }
      }
      return worst;
    }

    private boolean hasMoved(Progress p, Sensed.Joints joints) {
      var at = Permit.positions(joints);
      return p.start().entrySet().stream()
          .anyMatch(
              e ->
                  at.containsKey(e.getKey())
                      && Math.abs(at.get(e.getKey()) - e.getValue()) > rules.motionRad());
    }

    private Used used(Sensed.Joints joints, java.util.Set<String> names) {
      var values = Permit.positions(joints);
      values.keySet().retainAll(names);
      return new Used(joints.origin().at(now), values);
    }

    private Evidence evidence(CommandRecord command, Progress p, Sensed.Joints joints) {
      double settledMillis =
          p.settledNanos() == Tracking.NEVER
              ? 0
              : (joints.origin().receivedNanos() - p.settledNanos()) / NANOS_PER_MILLI;
      var at = Permit.positions(joints);
      return switch (command.goal()) {
        case Goal.Joint(var goal) -> {
          var names = new java.util.TreeSet<String>();
          double error = 0;
          for (JointTarget target : goal.getTargetsList()) {
            names.add(target.getJoint());
            Double q = at.get(target.getJoint());
            double off = q == null ? Double.MAX_VALUE : Math.abs(q - target.getPositionRad());
            error = Double.isFinite(off) ? Math.max(error, off) : Double.MAX_VALUE;
          }
          yield new Evidence(used(joints, names), error, null, settledMillis);
        }
        case Goal.Reach(var goal) -> {
          Double meters = distance(goal, new Used(joints.origin().at(now), at));
          if (meters == null) yield null;
          var chain = new java.util.TreeSet<String>();
          seen.body()
              .chain(state.accepted().profile().getTipsOrThrow(goal.getTip()))
              .forEach(j -> chain.add(j.name()));
          yield new Evidence(used(joints, chain), 0, meters, settledMillis);
        }
      };
    }

    /** From the tip to its goal, m; null where the description does not say. */
    private Double distance(ReachGoal goal, Used at) {
      if (seen.body() == null || state.accepted() == null) return null;
      var profile = state.accepted().profile();
      String link = profile.getTipsOrDefault(goal.getTip(), "");
      if (!seen.body().hasLink(link)) return null;
      Pose tip = seen.body().pose(link, at.values());
      double meters = tip.distanceTo(Permit.inRoot(seen.body(), profile.getBaseFrame(), goal, at));
      return Double.isFinite(meters) ? meters : null;
    }

    // Stop

    private void stop(TwinCommand.Stop c) {
      if (!state.stop().latched() || !state.stop().requestId().equals(c.requestId())) {
        if (state.stop().latched()) {
          emit(
              new Event.OperatorAction(
                  c.by(),
                  "stop",
                  "again, while the stop by %s holds: %s".formatted(state.stop().by(), c.why())));
        } else {
          emit(new Event.StopRequested(c.requestId(), c.by(), c.why(), c.atNanos()));
          stopNanos = now;
          stopSentNanos = now;
          stillNanos = Tracking.NEVER;
        }
      }
      for (CommandRecord open : state.openCommands()) {
        finish(new Event.CommandCancelled(open.id(), c.by(), "stop: " + c.why()));
      }
    }

    private void latched(String by, String why, String seenIn) {
      if (state.stop().latched() && state.stop().confirmed()) return;
      if (!state.stop().latched()) {
        stopNanos = now;
        stillNanos = Tracking.NEVER;
      }
      emit(new Event.StopLatched(by, why, seenIn));
      for (CommandRecord open : state.openCommands()) {
        finish(
            new Event.CommandCancelled(
                open.id(), state.stop().by(), "stop: " + state.stop().why()));
      }
    }

    private void releaseStop(TwinCommand.ReleaseStop c) {
      if (c.reason().isBlank()) {
        refuse("tandem.stop.no-reason", "releasing a stop needs a reason; it stays latched");
        return;
      }
      boolean atGuard =
          seen.guard().isFresh(now, rules.guardFreshMillis())
              && seen.guard().status().getStopLatched();
      if (!state.stop().latched() && !atGuard) return;
      if (!seen.guard().isFresh(now, rules.guardFreshMillis())) {
        refuse(
            "tandem.guard.absent",
            "the guard of %s was not heard within %d ms; the stop stays latched"
                .formatted(state.robot(), rules.guardFreshMillis()));
        return;
      }
      effects.add(new Effect.Release(c.by(), c.reason()));
      answer = new Decision.Answer.WhenReleased();
    }

    private void releaseAnswered(TwinCommand.ReleaseAnswered c) {
      if (c.accepted()) {
        released(c.by(), c.reason());
      } else {
        refuse(c.code(), "the stop stays latched: " + c.why());
      }
    }

    private void released(String by, String reason) {
      if (!state.stop().latched()) return;
      emit(new Event.StopReleased(by, reason));
      stopNanos = Tracking.NEVER;
      stillNanos = Tracking.NEVER;
    }

    private void reviewStop() {
      var guard = seen.guard();
      boolean fresh = guard.isFresh(now, rules.guardFreshMillis());
      if (fresh && guard.status().getStopLatched()) {
        latched(guard.status().getStopBy(), guard.status().getStopWhy(), "status");
      }
      var stop = state.stop();
      if (!stop.latched()) return;
      if (!stop.confirmed()
          && guard.reachable()
          && sinceMillis(stopSentNanos) >= STOP_REPEAT_MILLIS) {
        stopSentNanos = now;
        atOnce.add(new Effect.Stop(stop.requestId(), stop.by(), stop.why()));
      }
      var joints = seen.sensed().joints();
      if (stop.inEffect() || joints == null || joints.velocitiesRadPerSec().length == 0) return;
      if (stopNanos == Tracking.NEVER) stopNanos = now; // latched before this incarnation
      if (joints.origin().receivedNanos() < stopNanos) return;
      double fastest = 0;
      for (double v : joints.velocitiesRadPerSec()) fastest = Math.max(fastest, Math.abs(v));
      if (!(fastest < rules.stillRadPerSec())) {
        stillNanos = Tracking.NEVER;
        return;
      }
      if (stillNanos == Tracking.NEVER) stillNanos = joints.origin().receivedNanos();
      if (joints.origin().receivedNanos() - stillNanos < rules.stillMillis() * 1_000_000) return;
      var values = new TreeMap<String, Double>();
      values.put("fastestRadPerSec", fastest);
      emit(
          new Event.StopInEffect(
              (stillNanos - stopNanos) / NANOS_PER_MILLI,
              new Used(joints.origin().at(now), values)));
    }

    // The guard's words

    private void takeLog(GuardLogRecord r) {
      boolean restarted = r.getKind().equals("lost-state");
      if (r.getNumber() <= state.guardLogNumber() && !restarted) return;
      if (r.getNumber() > state.guardLogNumber() + 1 && state.guardLogNumber() > 0) {
        refuse(
            "tandem.guard.log-gap",
            "guard log of %s: number: expected %d, found %d; not journaled"
                .formatted(state.robot(), state.guardLogNumber() + 1, r.getNumber()));
        return;
      }
      emit(new Event.GuardLogged(r));
      var status = seen.guard().status();
      boolean latchedNow = status == null || status.getStopLatched();
      switch (r.getKind()) {
        case "stop" -> {
          if (latchedNow) latched(r.getBy(), r.getWhy(), "log");
        }
        case "release" -> {
          if (status == null || !status.getStopLatched()) released(r.getBy(), r.getWhy());
        }
        case "accepted" ->
            open(r)
                .filter(c -> c.guardAcceptedNanos() == 0)
                .ifPresent(c -> emit(new Event.CommandGuardAccepted(c.id(), r.getWallNanos())));
        case "refused" ->
            open(r)
                .ifPresent(
                    c ->
                        finish(
                            isLate(r.getCode())
                                ? new Event.CommandExpired(c.id(), r.getWhy())
                                : new Event.CommandRefused(
                                    c.id(), r.getCode(), r.getWhy(), "guard", Used.NOTHING)));
        case "cancelled" -> open(r).ifPresent(c -> cancelledByGuard(c, r));
        case "safe-behaviour" -> {
          if (r.getCode().equals("tandem.guard.held")) break; // the hold that followed is in effect
          emit(new Event.HazardRaised("safe-behaviour", "warning", "guard: " + r.getWhy()));
          open(r)
              .ifPresent(
                  c ->
                      finish(
                          new Event.CommandFailed(
                              c.id(),
                              "tandem.guard.safe-behaviour",
                              "the guard ran the safe behaviour: " + r.getWhy(),
                              null)));
        }
        case "lost-state" ->
            emit(
                new Event.HazardRaised(
                    "guard-lost-state",
                    "error",
                    "the guard lost its state and refuses motion until re-armed: " + r.getWhy()));
        case "rearm" -> {
          if (isUp("guard-lost-state")) {
            emit(new Event.HazardCleared("guard-lost-state", "re-armed by " + r.getBy()));
          }
        }
        default -> {
          // kept as it is; nothing follows from it
        }
      }
    }

    private boolean isUp(String alarm) {
      var found = state.alarms().get(alarm);
      return found != null && found.isUp();
    }

    private Optional<CommandRecord> open(GuardLogRecord r) {
      return state.command(r.getCommandId()).filter(c -> !c.phase().isFinal());
    }

    private void cancelledByGuard(CommandRecord command, GuardLogRecord r) {
      Progress p = progress.get(command.id());
      if (p != null && r.getCode().equals("tandem.guard.end-by")) {
        var joints = seen.sensed().joints();
        ended(
            command,
            joints == null ? null : evidence(command, p, joints),
            "cancelled by the guard at endBy");
        return;
      }
      finish(
          new Event.CommandCancelled(
              command.id(), r.getBy().isEmpty() ? "guard" : r.getBy(), r.getWhy()));
    }

    private void reviewGuard() {
      var guard = seen.guard();
      boolean fresh = guard.isFresh(now, rules.guardFreshMillis());
      if (guard.status() != null && !fresh && !isUp("guard-silent")) {
        emit(
            new Event.HazardRaised(
                "guard-silent",
                "error",
                "the guard of %s was not heard for %.0f ms: motion is refused"
                    .formatted(state.robot(), guard.ageMillis(now))));
      } else if (fresh && isUp("guard-silent")) {
        emit(new Event.HazardCleared("guard-silent", "heard again"));
      }
      if (fresh
          && state.accepted() != null
          && !guard.status().getProfileHash().equals(state.accepted().hash())
          && sinceMillis(configuredNanos) >= CONFIGURE_MILLIS) {
        configureGuard();
      }
    }

    // The body

    private void reviewBody() {
      String now = believedBody();
      if (!now.equals(bodySeen)) {
        bodySeen = now;
        bodyNanos = this.now;
      }
      if (bodySeen.equals(state.body()) || sinceMillis(bodyNanos) < rules.bodyMillis()) return;
      var attitude = seen.sensed().attitude();
      var values = new TreeMap<String, Double>();
      if (attitude != null) values.put("tiltRad", tilt(attitude));
      if (seen.sensed().base() != null) values.put("heightMeters", seen.sensed().base().z());
      values.put("standingHeightMeters", standingHeight);
      emit(
          new Event.BodyChanged(
              state.body(),
              bodySeen,
              new Used(
                  attitude == null ? newestSample() : attitude.origin().at(this.now), values)));
      if (bodySeen.equals("fallen")) {
        emit(
            new Event.HazardRaised(
                "fallen",
                "error",
                text(
                    "%s has fallen: tilt %.2f rad",
                    state.robot(), attitude == null ? Double.NaN : tilt(attitude))));
      } else if (isUp("fallen")) {
        emit(new Event.HazardCleared("fallen", "the body is " + bodySeen));
      }
    }

    private String believedBody() {
      var attitude = seen.sensed().attitude();
      if (attitude == null || attitude.origin().ageMillis(now) > rules.silenceMillis()) {
        return state.body(); // old news change nothing
      }
      double tilt = tilt(attitude);
      var base = seen.sensed().base();
      boolean heightKnown =
          base != null
              && Double.isFinite(base.z())
              && base.origin().ageMillis(now) <= rules.silenceMillis();
      boolean upright = tilt < rules.standingTiltRad();
      if (upright && heightKnown) standingHeight = Math.max(standingHeight, base.z());
      boolean low =
          heightKnown
              && standingHeight > LEAST_STANDING_METERS
              && base.z() < FALLEN_HEIGHT_SHARE * standingHeight;
      if (tilt > rules.fallenTiltRad() || low) return "fallen";
      return upright ? "standing" : state.body();
    }

    /** Angle between the body's and the world's vertical, rad; NaN where the quaternion is none. */
    private static double tilt(Sensed.Attitude a) {
      double norm = a.qx() * a.qx() + a.qy() * a.qy() + a.qz() * a.qz() + a.qw() * a.qw();
      double up = 1 - 2 * (a.qx() * a.qx() + a.qy() * a.qy()) / norm;
      return StrictMath.acos(Math.max(-1, Math.min(1, up)));
    }

    // Facts and time

    private void record(Event event) {
      switch (event) {
        case Event.OfSegment e -> emit(e);
        case Event.ClockStepped e -> emit(e);
        case Event.HazardRaised e -> emit(e);
        case Event.HazardCleared e -> emit(e);
        case Event.OperatorAction e -> emit(e);
        default ->
            refuse(
                "tandem.twin.not-a-fact",
                "%s is decided by the twin itself; not journaled"
                    .formatted(event.getClass().getSimpleName()));
      }
    }

    private void review() {
      reviewContact();
      reviewGuard();
      reviewStop();
      reviewCommands();
      reviewLease();
      reviewBody();
    }

    private static String text(String format, Object... arguments) {
      return String.format(Locale.ROOT, format, arguments);
    }
  }

  /** Persistence id of a term of this robot. */
  static String persistenceId(String robot, long term) {
    return new TwinId(robot, term).toString();
  }
}
