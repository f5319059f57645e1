package tandem.robot.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tandem.proto.codec.SealedEvent;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Event;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.LogAck;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TimeToken;
import tandem.twin.robot.Observation;
import tandem.twin.robot.Sensed;
import tandem.twin.robot.TwinModel;
import tandem.twin.robot.TwinState;

/**
 * A node that runs a twin: one incarnation at a time, its journal on a disk of the term's own, its
 * clocks, its way to the guard. Does what the actor does around the core: sends at once what only
 * reduces motion, writes, and only then sends what follows.
 */
final class Home {
  private static final long MILLI = 1_000_000;
  private static final long ANSWER_NANOS = 2_000 * MILLI;
  private static final long NOON = 1_893_499_200_000_000_000L;

  /** The journal of one term; it takes the next link only. */
  static final class Journal {
    final long term;
    final List<SealedEvent> events = new ArrayList<>();

    Journal(long term) {
      this.term = term;
    }
  }

  private record Waiting(TwinModel.Ask ask, long sentNanos) {}

  private final Schedule schedule;
  private final String name;
  private final Journal journal;
  private final Wire wire;
  private final long clockOffset;
  private final Deque<Runnable> inbox = new ArrayDeque<>();
  private final Map<Long, Waiting> waiting = new HashMap<>();
  private TwinModel twin;
  private GuardStatus status;
  private long statusAt;
  private long wallJump;
  private long pausedUntil;
  private long journalDownUntil;
  private boolean dead = true;
  private boolean replaced;
  private long life;
  private long nextTag;
  private long logTaken;
  private int reviews;
  private boolean admitted;
  private long wholeSince = Long.MAX_VALUE;
  private final Set<String> cancelled = new HashSet<>();
  private List<TwinModel.Ask> sentMotions = new ArrayList<>();

  Home(Schedule schedule, String name, Journal journal, Wire wire, long clockOffset) {
    this.schedule = schedule;
    this.name = name;
    this.journal = journal;
    this.wire = wire;
    this.clockOffset = clockOffset;
  }

  String name() {
    return name;
  }

  Journal journal() {
    return journal;
  }

  Wire wire() {
    return wire;
  }

  boolean isUp() {
    return !dead;
  }

  /** Looks whether it works, and the way to a guard that does. */
  void look(boolean guardWorks) {
    long now = schedule.now();
    boolean whole =
        guardWorks
            && !dead
            && !replaced
            && now >= pausedUntil
            && now >= journalDownUntil
            && wire.isWhole(now);
    if (!whole) wholeSince = Long.MAX_VALUE;
    else if (wholeSince == Long.MAX_VALUE) wholeSince = now;
  }

  /**
   * Since when it and all on its way to the guard has worked; far ahead where something does not.
   */
  long wholeSince() {
    return wholeSince;
  }

  TwinState state() {
    return twin.state();
  }

  /** Newest token known here; null where the guard was never heard. */
  TimeToken token() {
    return status == null ? null : status.getToken();
  }

  GuardStatus status() {
    return status;
  }

  // ---- life

  /** Its term goes on at another node: it lives until it finds that out, and never starts again. */
  void replace() {
    replaced = true;
  }

  boolean isReplaced() {
    return replaced;
  }

  void start() {
    if (replaced || !dead) return;
    dead = false;
    life++;
    pausedUntil = 0;
    inbox.clear();
    waiting.clear();
    status = null;
    List<SealedEvent> found = journal.events;
    if (schedule.breaks(TwinMutation.WRITTEN_AND_LOST) && found.size() > 1) found.removeLast();
    twin =
        TwinModel.rebuilt(schedule.rules(), name, Schedule.ROBOT, journal.term, List.copyOf(found));
    schedule.trace("%s starts with %d events", name, found.size());
    if (twin.state().isKnown()) take(new TwinCommand.Awake());
    if (dead) return;
    admit();
    if (dead) return;
    if (schedule.breaks(TwinMutation.SENT_AGAIN)) {
      sentMotions.forEach(ask -> send(ask.request(), ask));
    }
  }

  /** A gateway brings the robot; it does so again where that was not written. */
  private void admit() {
    admitted = schedule.now() >= journalDownUntil;
    take(new TwinCommand.Admit("", "link", "/" + Schedule.ROBOT, 0));
  }

  /** What the actor, and the gateway beside it, do again and again. */
  void review() {
    if (!admitted) {
      admit();
    } else if (twin.state().accepted() == null) {
      take(new TwinCommand.Propose(schedule.profile()));
    }
    if (dead || !twin.state().isKnown()) return;
    TwinState state = twin.state();
    boolean quiet =
        state.leases().isEmpty()
            && state.offered() == null
            && !state.stop().latched()
            && state.openCommands().isEmpty()
            && !twin.isUnanswered();
    if (quiet && ++reviews % 4 != 0) return; // nothing would come of it but later news of silence
    take(new TwinCommand.Review());
  }

  void kill() {
    if (dead) return;
    schedule.trace("%s dies", name);
    dead = true;
    life++;
    inbox.clear();
    waiting.clear();
  }

  void pause(long until) {
    pausedUntil = Math.max(pausedUntil, until);
    schedule.at(pausedUntil, this::drain);
  }

  void jumpWall(long nanos) {
    wallJump += nanos;
  }

  void journalDown(long until) {
    journalDownUntil = until;
  }

  /** Does it now, or after a pause, in order; of a process that is dead nothing is done. */
  void handle(Runnable what) {
    if (dead) return;
    if (schedule.now() < pausedUntil) inbox.add(what);
    else what.run();
  }

  private void drain() {
    while (!dead && schedule.now() >= pausedUntil && !inbox.isEmpty()) inbox.poll().run();
  }

  // ---- what it sees

  private Observation.Moment moment() {
    long now = schedule.now();
    return new Observation.Moment(NOON + now + wallJump, now + clockOffset);
  }

  private Observation observe() {
    var heard =
        status == null
            ? new Observation.GuardSeen(false, null, Long.MIN_VALUE)
            : new Observation.GuardSeen(true, status, statusAt + clockOffset);
    return new Observation(moment(), sensed(), heard, null);
  }

  private Sensed sensed() {
    long at = schedule.sampledAt(this);
    Machine robot = schedule.robot();
    long received = at + clockOffset;
    var joints =
        new Sensed.Joints(
            origin("/eve/joint_states", received),
            Machine.JOINTS,
            robot.positions(at),
            robot.velocities(at),
            new double[0]);
    var base =
        new Sensed.BasePose(
            origin("/eve/odom", received),
            0,
            0,
            0.8,
            0,
            0,
            0,
            1,
            new double[] {robot.baseSpeed(at), 0, 0},
            new double[3]);
    return new Sensed(joints, null, base, received);
  }

  private static Sensed.Origin origin(String topic, long received) {
    return new Sensed.Origin(topic, "robot", received / MILLI, received, "sender", received, NOON);
  }

  void heard(GuardStatus news) {
    boolean older =
        status != null
            && status.getToken().getBootId().equals(news.getToken().getBootId())
            && news.getToken().getTickMillis() < status.getToken().getTickMillis();
    if (older) return;
    status = news;
    statusAt = schedule.now();
  }

  /** The guard's log, in order, by one write; it is acknowledged once it is durable. */
  void log(List<GuardLogRecord> records) {
    boolean anew = records.getFirst().getNumber() == 1;
    List<GuardLogRecord> news =
        records.stream().filter(one -> anew || one.getNumber() > logTaken).toList();
    if (!news.isEmpty()) {
      long before = twin.state().sequence();
      take(new TwinCommand.TakeLog(news));
      boolean notWritten = schedule.now() < journalDownUntil && twin.state().sequence() == before;
      if (dead || notWritten) return; // it comes again
      logTaken = news.getLast().getNumber();
    }
    send(
        GuardRequest.newBuilder()
            .setRobot(Schedule.ROBOT)
            .setLogAck(
                LogAck.newBuilder()
                    .setUpTo(records.getLast().getNumber())
                    .setBootId(records.getLast().getToken().getBootId()))
            .build(),
        null);
  }

  // ---- what it decides

  Optional<String> take(TwinCommand command) {
    TwinModel.Turn turn = twin.take(command, observe());
    send(turn.atOnce());
    if (turn.events().isEmpty()) {
      send(twin.written(turn));
      return turn.refusal().map(no -> no.code());
    }
    if (schedule.now() < journalDownUntil) {
      return Optional.of("tandem.journal.unwritable");
    }
    write(turn);
    return turn.refusal().map(no -> no.code());
  }

  private void write(TwinModel.Turn turn) {
    boolean conflict = turn.events().getFirst().sequence() != journal.events.size() + 1;
    if (conflict && !schedule.breaks(TwinMutation.NOT_FENCED)) {
      // Another incarnation has written meanwhile: this one is over.
      rebuild();
      return;
    }
    Schedule.Fate fate = schedule.writeFate();
    boolean early = schedule.breaks(TwinMutation.SENT_BEFORE_WRITTEN);
    List<TwinModel.Ask> asks = early ? twin.written(turn) : List.of();
    if (early) send(asks);
    switch (fate) {
      case DONE -> {
        durable(turn);
        if (!early) send(twin.written(turn));
      }
      case SLOW -> {
        durable(turn);
        long mine = life;
        long until = schedule.now() + schedule.slowNanos();
        pausedUntil = Math.max(pausedUntil, until);
        inbox.addFirst(
            () -> {
              if (life == mine && !early) send(twin.written(turn));
            });
        schedule.at(pausedUntil, this::drain);
      }
      case FAILED -> rebuild();
      case UNCONFIRMED -> {
        durable(turn);
        rebuild();
      }
      case DIED_BEFORE -> die();
      case DIED_AFTER -> {
        durable(turn);
        die();
      }
    }
  }

  private void durable(TwinModel.Turn turn) {
    journal.events.addAll(turn.events());
    schedule.oracle().durable(journal.term, turn.events(), schedule.now());
    if (schedule.isTraced()) {
      for (SealedEvent event : turn.events()) trace(event);
    }
  }

  private void trace(SealedEvent event) {
    if (event.event() instanceof Event.GuardLogged
        || event.event() instanceof Event.ProfileProposed) return;
    String text = event.event().toString().replaceAll("\\s+", " ");
    schedule.trace(
        "%s journals %d/%d %s",
        name, event.term(), event.sequence(), text.substring(0, Math.min(160, text.length())));
  }

  /** The actor starts anew from what is durable. */
  private void rebuild() {
    kill();
    schedule.later(200 * MILLI, this::start);
  }

  private void die() {
    kill();
    schedule.later(schedule.restartNanos(), this::start);
  }

  // ---- what it sends

  private void send(List<TwinModel.Ask> asks) {
    for (TwinModel.Ask ask : asks) send(ask.request(), ask);
  }

  private void send(GuardRequest request, TwinModel.Ask ask) {
    if (request.hasCancel() && isUnsaid(request.getCancel().getWhy())) return;
    if (request.hasCancel()
        && schedule.breaks(TwinMutation.CANCEL_ONCE)
        && !cancelled.add(request.getCancel().getCommandId())) return;
    schedule.oracle().twinSent(request, schedule.now());
    if (request.hasMotion() && ask != null && schedule.breaks(TwinMutation.SENT_AGAIN)) {
      sentMotions.add(ask);
    }
    long tag = ++nextTag;
    long mine = life;
    if (ask != null) {
      waiting.put(tag, new Waiting(ask, moment().wallNanos()));
      schedule.later(ANSWER_NANOS, () -> handle(() -> ended(mine, tag, null)));
    }
    schedule.toGuard(this, request, reply -> handle(() -> ended(mine, tag, reply)));
    boolean early =
        request.hasRevoke() && schedule.breaks(TwinMutation.GRANTED_BEFORE_REVOKED)
            || request.hasGrant() && schedule.breaks(TwinMutation.HELD_BEFORE_GRANTED);
    if (early && ask != null) {
      ended(mine, tag, GuardReply.newBuilder().setAccepted(true).build());
    }
  }

  private boolean isUnsaid(String why) {
    return why.startsWith("stop: ") && schedule.breaks(TwinMutation.STOPPED_NOT_CANCELLED)
        || why.startsWith("superseded by ")
            && schedule.breaks(TwinMutation.OVERTAKEN_NOT_CANCELLED);
  }

  private void ended(long itsLife, long tag, GuardReply reply) {
    if (itsLife != life) return;
    if (reply != null && reply.hasStatus()) heard(reply.getStatus());
    Waiting one = waiting.remove(tag);
    if (one == null) return;
    one.ask()
        .answered(
            reply, "the guard did not answer within 2000 ms", one.sentNanos(), moment().wallNanos())
        .ifPresent(this::take);
  }

  /** A setpoint of an open stream goes past mailbox and journal. */
  boolean setpoint(String commandId, TeleopSetpoint setpoint) {
    if (status == null) return false;
    Optional<GuardRequest> request = twin.setpoint(commandId, setpoint, status.getToken());
    request.ifPresent(
        one -> {
          long mine = life;
          schedule.toGuard(
              this,
              one,
              reply ->
                  handle(
                      () -> {
                        if (mine != life) return;
                        heard(reply.getStatus());
                        if (reply.getAccepted() && !one.getSetpoint().getHeld()) {
                          take(new TwinCommand.LetGo(commandId));
                        }
                      }));
        });
    return request.isPresent();
  }
}
