package tandem.twin.robot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tandem.proto.command.TwinCommand;
import tandem.proto.command.TwinReply;
import tandem.proto.event.Event;
import tandem.proto.event.SampleRef;
import tandem.proto.v1.Authority;
import tandem.proto.v1.GuardRequest;
import tandem.twin.robot.Tracking.Overtaken;
import tandem.twin.robot.Tracking.Progress;
import tandem.twin.robot.Tracking.Unanswered;

/** One decision being made; later steps see what earlier ones of the same decision changed. */
final class Deciding {
  static final double NANOS_PER_MILLI = 1e6;

  TwinState state;
  final Observation seen;
  final long now;
  final List<Effect> atOnce = new ArrayList<>();
  final List<Event> events = new ArrayList<>();
  final List<Effect> effects = new ArrayList<>();
  final Map<String, Progress> progress;
  final Map<String, Long> foreign;
  Decision.Answer answer = new Decision.Answer.Now(new TwinReply.Done(0));
  long awakeNanos;
  boolean admitted;
  final Map<Long, LeasePulse> pulses;
  long offeredNanos;
  final Map<String, Long> wishNanos;
  long stopNanos;
  long stopSentNanos;
  long stillNanos;
  long configuredNanos;
  String bodySeen;
  long bodyNanos;
  double standingHeight;
  final List<Unanswered> unanswered;
  final Map<String, Long> leftNanos;
  final SortedMap<String, Overtaken> overtaken;

  final TwinRules rules;
  final String site;
  final ContactRules contact = new ContactRules(this);
  final ProfileRules profiles = new ProfileRules(this);
  final LeaseRules leases = new LeaseRules(this);
  final WishRules wishes = new WishRules(this);
  final CommandRules commands = new CommandRules(this);
  final EvidenceRules evidence = new EvidenceRules(this);
  final RestRules rest = new RestRules(this);
  final EndRules ends = new EndRules(this);
  final StopRules stops = new StopRules(this);
  final GuardRules guards = new GuardRules(this);
  final BodyRules body = new BodyRules(this);

  Deciding(TwinRules rules, String site, TwinState state, Tracking t, Observation seen) {
    this.rules = rules;
    this.site = site;
    this.state = state;
    this.seen = seen;
    now = seen.now().nanos();
    progress = new HashMap<>(t.progress());
    foreign = new HashMap<>(t.foreignNanos());
    awakeNanos = t.awakeNanos();
    admitted = t.admitted();
    pulses = new HashMap<>(t.pulses());
    offeredNanos = t.offeredNanos();
    wishNanos = new HashMap<>(t.wishNanos());
    stopNanos = t.stopNanos();
    stopSentNanos = t.stopSentNanos();
    stillNanos = t.stillNanos();
    configuredNanos = t.configuredNanos();
    bodySeen = t.bodySeen();
    bodyNanos = t.bodyNanos();
    standingHeight = t.standingHeight();
    unanswered = new ArrayList<>(t.unanswered());
    leftNanos = new HashMap<>(t.leftNanos());
    overtaken = new TreeMap<>(t.overtaken());
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
            Map.copyOf(pulses),
            offeredNanos,
            Map.copyOf(wishNanos),
            stopNanos,
            stopSentNanos,
            stillNanos,
            configuredNanos,
            Map.copyOf(progress),
            bodySeen,
            bodyNanos,
            standingHeight,
            Map.copyOf(foreign),
            List.copyOf(unanswered),
            Map.copyOf(leftNanos),
            Map.copyOf(overtaken)));
  }

  void emit(Event event) {
    events.add(event);
    state = TwinFold.believe(state, event, seen.now().wallNanos());
  }

  void refuse(String code, String why) {
    answer = new Decision.Answer.Now(new TwinReply.Refused(code, why));
  }

  double sinceMillis(long nanos) {
    return nanos == Tracking.NEVER ? Double.POSITIVE_INFINITY : (now - nanos) / NANOS_PER_MILLI;
  }

  Decision decide(TwinCommand command) {
    if (!state.isKnown() && !(command instanceof TwinCommand.Admit)) {
      refuse("tandem.robot.unknown", "robot %s has never been seen here".formatted(state.robot()));
      return done();
    }
    switch (command) {
      case TwinCommand.Admit c -> contact.admit(c);
      case TwinCommand.LoseContact c -> contact.loseContact(c.why());
      case TwinCommand.ClaimName c -> emit(new Event.NameConflict(c.holder(), c.refused()));
      case TwinCommand.Propose c -> profiles.propose(c);
      case TwinCommand.AcceptProfile c -> profiles.acceptProfile(c);
      case TwinCommand.SeeForeign c -> profiles.seeForeign(c);
      case TwinCommand.Move c -> commands.move(c);
      case TwinCommand.Cancel c -> commands.cancel(c);
      case TwinCommand.Stop c -> stops.stop(c);
      case TwinCommand.StopAnswered c -> stops.answered(c);
      case TwinCommand.ReleaseStop c -> stops.releaseStop(c);
      case TwinCommand.ReleaseAnswered c -> stops.releaseAnswered(c);
      case TwinCommand.Rearm c -> guards.rearm(c);
      case TwinCommand.RearmAnswered c -> guards.rearmAnswered(c);
      case TwinCommand.AcquireLease c -> leases.acquire(c);
      case TwinCommand.TakeLease c -> leases.take(c);
      case TwinCommand.ReleaseLease c -> leases.release(c);
      case TwinCommand.KeepLease c -> leases.keep(c.by());
      case TwinCommand.WishLease c -> wishes.wish(c);
      case TwinCommand.WithdrawWish c -> wishes.withdraw(c);
      case TwinCommand.DeclineWish c -> wishes.decline(c);
      case TwinCommand.HandOver c -> leases.handOver(c);
      case TwinCommand.GrantAnswered c -> leases.grantAnswered(c);
      case TwinCommand.RevokeAnswered c -> leases.revokeAnswered(c);
      case TwinCommand.EndAnswered c -> ends.answered(c);
      case TwinCommand.LetGo c -> evidence.letGo(c.id());
      case TwinCommand.MotionAnswered c -> commands.motionAnswered(c);
      case TwinCommand.TakeLog c -> c.records().forEach(guards::takeLog);
      case TwinCommand.Record c -> record(c.event());
      case TwinCommand.Awake c -> contact.awake();
      case TwinCommand.Review c -> review();
    }
    ends.reviewOvertaken();
    return done();
  }

  SampleRef newestSample() {
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

  GuardRequest.Builder request() {
    return GuardRequest.newBuilder().setRobot(state.robot());
  }

  Authority authority(long epoch) {
    return Authority.newBuilder().setTerm(state.term()).setEpoch(epoch).build();
  }

  boolean isUp(String alarm) {
    var found = state.alarms().get(alarm);
    return found != null && found.isUp();
  }

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
    contact.reviewContact();
    guards.reviewGuard();
    stops.reviewStop();
    commands.reviewCommands();
    leases.review();
    ends.review();
    wishes.review();
    body.reviewBody();
  }

  static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
