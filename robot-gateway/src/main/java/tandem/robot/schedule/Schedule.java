package tandem.robot.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.GuardLogRecord;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.Motion;
import tandem.proto.v1.RobotProfile;
import tandem.robot.guard.Body;
import tandem.robot.guard.DrivenGuard;
import tandem.robot.guard.GuardEffect;
import tandem.robot.guard.GuardInput;
import tandem.twin.robot.TwinRules;

/**
 * One seeded schedule: a robot, its guard, the homes of its twin, people, and what goes wrong among
 * them; then a calm in which everything has to work again. Virtual time in ns from 0; one thread.
 */
final class Schedule implements DrivenGuard.Around {
  static final String ROBOT = "eve";
  static final long MILLI = 1_000_000;
  private static final long TICK_NANOS = 50 * MILLI;
  private static final long STATUS_NANOS = 100 * MILLI;
  private static final long REVIEW_NANOS = 100 * MILLI;
  private static final long FAULT_NANOS = 250 * MILLI;
  private static final long CALM_NANOS = 14_000 * MILLI;
  private static final int MOST_RECORDS = 16;
  private static final String TRAJECTORY = "trajectory_msgs/msg/JointTrajectory";
  private static final String TWIST = "geometry_msgs/msg/Twist";
  private static final String NAVIGATE = "nav2_msgs/action/NavigateToPose";

  /** How a write to a journal ends. */
  enum Fate {
    DONE,
    SLOW,
    FAILED,
    UNCONFIRMED,
    DIED_BEFORE,
    DIED_AFTER
  }

  private record Entry(long at, long order, Runnable what) {}

  private record Arrived(GuardRequest request, Home from, Consumer<GuardReply> answer) {}

  private final long seed;
  private final TwinRules rules;
  private final AuthorityMutation mutation;
  private final Consumer<String> trace;
  private final SplittableRandom random;
  private final long calmAt;
  private final long endAt;
  private final RobotProfile profile;
  private final Machine robot;
  private final AuthorityOracle oracle;
  private final DrivenGuard guard;
  private final PriorityQueue<Entry> queue =
      new PriorityQueue<>(
          (left, right) ->
              left.at != right.at
                  ? Long.compare(left.at, right.at)
                  : Long.compare(left.order, right.order));
  private final List<Home> homes = new ArrayList<>();
  private final Deque<Arrived> inbox = new ArrayDeque<>();
  private final Map<Long, Arrived> asked = new HashMap<>();
  private final Map<Home, Long> cutSince = new HashMap<>();
  private final People people;
  private long now;
  private long order;
  private long tag;
  private long guardBootAt;
  private long guardLife;
  private long guardPausedUntil;
  private long diskFullUntil;
  private long diskSlowUntil;
  private boolean calm;
  private long requests;
  private long faults;

  Schedule(
      long seed,
      long virtualNanos,
      TwinRules rules,
      AuthorityMutation mutation,
      Consumer<String> trace) {
    this.seed = seed;
    this.rules = rules;
    this.mutation = mutation;
    this.trace = trace;
    random = new SplittableRandom(seed);
    endAt = virtualNanos;
    calmAt = virtualNanos - CALM_NANOS;
    boolean independent = random.nextBoolean();
    boolean goesOn = random.nextInt(4) == 0;
    profile = profile(independent, goesOn ? "continue" : "cancel");
    robot = new Machine(random.nextInt(4) == 0 ? 4 : 1);
    oracle = new AuthorityOracle(seed, independent, goesOn, robot);
    guard = new DrivenGuard(ROBOT, mutation.guard(), this);
    people = new People(this, random.split(), independent);
  }

  AuthorityOracle oracle() {
    return oracle;
  }

  Machine robot() {
    return robot;
  }

  TwinRules rules() {
    return rules;
  }

  RobotProfile profile() {
    return profile;
  }

  long now() {
    return now;
  }

  long requests() {
    return requests;
  }

  long faults() {
    return faults;
  }

  boolean isCalm() {
    return calm;
  }

  boolean breaks(TwinMutation one) {
    return mutation.twin() == one;
  }

  boolean isTraced() {
    return trace != null;
  }

  void trace(String format, Object... arguments) {
    if (trace == null) return;
    trace.accept(
        String.format(
            Locale.ROOT, "%9.3f s  %s", now / 1e9, String.format(Locale.ROOT, format, arguments)));
  }

  // ---- time

  void at(long when, Runnable what) {
    queue.add(new Entry(Math.max(when, now), order++, what));
  }

  void later(long nanos, Runnable what) {
    at(now + nanos, what);
  }

  private void every(long nanos, Runnable what) {
    later(
        nanos,
        new Runnable() {
          @Override
          public void run() {
            what.run();
            later(nanos, this);
          }
        });
  }

  void play() {
    try {
      bootGuard();
      open(1);
      every(TICK_NANOS, this::tick);
      every(STATUS_NANOS, this::tell);
      every(REVIEW_NANOS, this::review);
      every(FAULT_NANOS, this::fault);
      people.begin();
      at(calmAt, this::calm);
      while (!queue.isEmpty() && queue.peek().at() <= endAt) {
        Entry next = queue.poll();
        now = next.at();
        next.what().run();
      }
      now = endAt;
      String missing = people.missing();
      if (!missing.isEmpty()) oracle.broken(now, "after faults ceased: " + missing);
    } catch (RuntimeException failed) {
      if (mutation == AuthorityMutation.NONE) throw new SeedFailed(seed, now, failed);
      oracle.broken(now, "ends with " + failed);
    }
  }

  /** A bug in the code under test, or in the simulator: the seed repeats it. */
  static final class SeedFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    SeedFailed(long seed, long at, RuntimeException cause) {
      super("seed %d at %d ms: %s".formatted(seed, at / MILLI, cause), cause);
    }
  }

  // ---- homes

  /** The home of the newest term; of two incarnations the one that took over. */
  Home newest() {
    Home newest = homes.getFirst();
    for (Home home : homes) {
      if (home.journal().term >= newest.journal().term && !home.isReplaced()) newest = home;
    }
    return newest;
  }

  List<Home> homes() {
    return homes;
  }

  private Home open(long term) {
    long number = breaks(TwinMutation.TERM_NOT_RAISED) ? 1 : term;
    return add("home-" + term, new Home.Journal(number));
  }

  private Home add(String name, Home.Journal journal) {
    Home home =
        new Home(this, name, journal, new Wire(random.split()), random.nextLong(1_000_000) * MILLI);
    if (calm) home.wire().calm();
    homes.add(home);
    home.start();
    return home;
  }

  private void review() {
    for (Home home : homes) {
      if (home.isUp()) {
        home.handle(home::review);
      }
    }
  }

  /** When the newest sample that has come through to this home was measured. */
  long sampledAt(Home home) {
    if (home.wire().isCutBack(now)) return cutSince.computeIfAbsent(home, absent -> now);
    cutSince.remove(home);
    return Math.max(0, now - 10 * MILLI);
  }

  Fate writeFate() {
    if (calm || now < 100 * MILLI) return Fate.DONE;
    return switch (random.nextInt(400)) {
      case 0, 1, 2, 3 -> Fate.SLOW;
      case 4 -> Fate.FAILED;
      case 5 -> Fate.UNCONFIRMED;
      case 6 -> Fate.DIED_BEFORE;
      case 7 -> Fate.DIED_AFTER;
      default -> Fate.DONE;
    };
  }

  long slowNanos() {
    return (20 + random.nextInt(random.nextInt(4) == 0 ? 3_000 : 300)) * MILLI;
  }

  long restartNanos() {
    return (300 + random.nextInt(calm ? 200 : 2_500)) * MILLI;
  }

  // ---- the guard and its links

  private void bootGuard() {
    guardLife++;
    guardBootAt = now;
    inbox.clear();
    asked.clear();
    guard.boot();
    robot.meets(guardLife);
    oracle.booted(guard.status(0), now);
    trace("guard starts as boot %s", guard.bootId().substring(28));
    guard.input(
        new GuardInput.Seen(
            new GuardInput.Presence(
                "robot",
                List.of(
                    new GuardInput.Listener("/eve/joint_trajectory", TRAJECTORY, "t"),
                    new GuardInput.Listener("/eve/cmd_vel", TWIST, "v"),
                    new GuardInput.Listener("/eve/navigate_to_pose", NAVIGATE, "n")))),
        0);
  }

  @Override
  public void died() {
    trace("guard dies");
    long mine = ++guardLife;
    inbox.clear();
    asked.clear();
    later(
        restartNanos(),
        () -> {
          if (mine == guardLife) bootGuard();
        });
  }

  private long guardNow() {
    return now - guardBootAt;
  }

  private boolean guardListens() {
    return !guard.isDead() && now >= guardPausedUntil;
  }

  private void tick() {
    boolean guardWorks = guardListens() && now >= diskFullUntil && now >= diskSlowUntil;
    for (Home home : homes) home.look(guardWorks);
    if (!guardListens()) return;
    drain();
    if (!guardListens()) return;
    robot.ended(now).ifPresent(ended -> guard.input(ended, guardNow()));
    if (!guardListens()) return;
    if (!guard.isIdle()) guard.input(new GuardInput.Tick(), guardNow());
    if (!guard.isDead()) oracle.ticked(guardBootAt + guardNow());
    oracle.ended(now, this::wholeSince);
  }

  /** Since when a home of this term has had a whole way to the guard. */
  private long wholeSince(long term) {
    long since = Long.MAX_VALUE;
    for (Home home : homes) {
      if (home.journal().term == term) since = Math.min(since, home.wholeSince());
    }
    return since;
  }

  private void tell() {
    if (!guardListens()) return;
    GuardStatus status = null;
    for (Home home : homes) {
      if (!home.isUp() || home.wire().isCutBack(now)) continue;
      if (status == null) status = guard.status(guardNow());
      GuardStatus told = status;
      List<GuardLogRecord> records = List.of();
      if (home == newest()) {
        records = guard.unacknowledged(MOST_RECORDS);
      }
      List<GuardLogRecord> logged = records;
      later(
          (2 + random.nextInt(20)) * MILLI,
          () ->
              home.handle(
                  () -> {
                    home.heard(told);
                    if (!logged.isEmpty() && home.state().isKnown()) home.log(logged);
                  }));
    }
  }

  /** Over the network to the guard, and its answer back. */
  void toGuard(Home from, GuardRequest request, Consumer<GuardReply> answer) {
    if (isTraced() && !request.hasKeepAlive() && !request.hasLogAck()) {
      trace("%s -> guard: %s", from.name(), text(request));
    }
    Arrived arrived = new Arrived(request, from, answer);
    for (long when : from.wire().arrivals(true, now)) at(when, () -> arrives(arrived));
  }

  private void arrives(Arrived one) {
    if (guard.isDead()) return;
    if (!guardListens()) {
      if (one.request().hasStop()) inbox.addFirst(one);
      else inbox.add(one);
      return;
    }
    drain();
    if (guardListens()) ask(one);
    else if (!guard.isDead()) inbox.add(one);
  }

  private void drain() {
    while (guardListens() && !inbox.isEmpty()) ask(inbox.poll());
  }

  private void ask(Arrived one) {
    requests++;
    long mine = ++tag;
    asked.put(mine, one);
    GuardRequest request = one.request();
    oracle.reached(request, guardBootAt + guardNow());
    guard.ask(request, mine, guardNow());
  }

  @Override
  public Body body(long nowNanos) {
    return robot.body(guardBootAt + nowNanos, guardBootAt);
  }

  @Override
  public DrivenGuard.Write write() {
    if (calm) return new DrivenGuard.Write.Ended(true, 0);
    if (now < diskFullUntil) return new DrivenGuard.Write.Ended(false, 0);
    return switch (random.nextInt(300)) {
      case 0 -> new DrivenGuard.Write.Died(false);
      case 1 -> new DrivenGuard.Write.Died(true);
      case 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 -> {
        long nanos = slowNanos();
        diskSlowUntil = Math.max(diskSlowUntil, now) + nanos;
        yield new DrivenGuard.Write.Ended(true, nanos);
      }
      default -> new DrivenGuard.Write.Ended(true, 0);
    };
  }

  @Override
  public void sent(GuardEffect effect, long nowNanos) {
    long at = guardBootAt + nowNanos;
    if (isTraced() && !(effect instanceof GuardEffect.StreamJoints)) {
      trace("guard -> robot: %s", text(effect));
    }
    oracle.sent(effect, asked(effect), at);
    robot.tell(effect, at);
    if (effect instanceof GuardEffect.CancelGoals cancel) {
      long mine = guardLife;
      for (GuardInput.GoalEnded gone : robot.cancel(cancel, random.nextInt(3) == 0, at)) {
        later(
            5 * MILLI,
            () -> {
              if (mine == guardLife && guardListens()) guard.input(gone, guardNow());
            });
      }
    }
    if (effect instanceof GuardEffect.NavigateTo go) {
      String status =
          switch (calm ? 9 : random.nextInt(10)) {
            case 0 -> "rejected";
            case 1 -> "aborted";
            default -> "succeeded";
          };
      long nanos = (status.equals("rejected") ? 2 : 500 + random.nextInt(12_000)) * MILLI;
      robot.navigate(go.commandId(), at + (calm ? 500 * MILLI : nanos), status);
    }
  }

  /** The motion that waits for its answer while this goes out; null where it is none's. */
  private Motion asked(GuardEffect effect) {
    String id =
        switch (effect) {
          case GuardEffect.MoveJoints move -> move.commandId();
          case GuardEffect.MoveTip move -> move.commandId();
          case GuardEffect.MoveBase move -> move.commandId();
          case GuardEffect.TakeStance take -> take.commandId();
          case GuardEffect.NavigateTo go -> go.commandId();
          default -> "";
        };
    for (Arrived one : asked.values()) {
      GuardRequest request = one.request();
      if (request.hasMotion() && request.getMotion().getCommandId().equals(id)) {
        return request.getMotion();
      }
    }
    return null;
  }

  @Override
  public void answered(GuardRequest request, long itsTag, GuardReply reply, long nowNanos) {
    Arrived one = asked.remove(itsTag);
    if (isTraced() && !request.hasKeepAlive() && !request.hasLogAck()) {
      trace(
          "guard: %s %s %s",
          text(request),
          reply.getAccepted() ? "accepted" : "refused",
          reply.getCode() + (reply.getWhy().isEmpty() ? "" : " (" + reply.getWhy() + ")"));
    }
    oracle.answered(request, reply, guard.disk(), guardBootAt + nowNanos);
    if (one == null) return;
    long leaves = Math.max(now, guardBootAt + nowNanos);
    for (long when : one.from().wire().arrivals(false, leaves)) {
      at(when, () -> one.answer().accept(reply));
    }
  }

  // ---- what goes wrong

  private void fault() {
    if (calm) return;
    Home home = homes.get(random.nextInt(homes.size()));
    switch (random.nextInt(100)) {
      case 0, 1, 2 -> cut(home, true, true);
      case 3 -> cut(home, true, false);
      case 4 -> cut(home, false, true);
      case 5 -> {
        long until = now + random.nextInt(5_000) * MILLI;
        trace("guard is paused until %.1f s", until / 1e9);
        faults++;
        guardPausedUntil = until;
      }
      case 6 -> {
        faults++;
        guard.kill();
        died();
      }
      case 7 -> {
        if (random.nextInt(5) == 0) {
          trace("guard loses its state");
          faults++;
          guard.lose();
          oracle.lost();
          died();
        }
      }
      case 8 -> {
        trace("guard's disk is full for a while");
        faults++;
        diskFullUntil = now + random.nextInt(2_000) * MILLI;
      }
      case 9 -> {
        if (home.isUp()) {
          faults++;
          home.kill();
          later(restartNanos(), home::start);
        }
      }
      case 10 -> {
        long until = now + random.nextInt(6_000) * MILLI;
        trace("%s is paused until %.1f s", home.name(), until / 1e9);
        faults++;
        home.pause(until);
      }
      case 11 -> {
        trace("%s cannot write its journal for a while", home.name());
        faults++;
        home.journalDown(now + random.nextInt(3_000) * MILLI);
      }
      case 12 -> {
        faults++;
        home.jumpWall((random.nextInt(7_200) - 3_600) * 1_000 * MILLI);
        trace("the wall clock of %s jumps", home.name());
      }
      case 13 -> {
        if (homes.size() < 5 && random.nextInt(3) == 0) move();
      }
      case 14 -> {
        if (homes.size() < 5 && random.nextInt(3) == 0) {
          faults++;
          trace("another home begins a new term");
          open(newest().journal().term + 1);
        }
      }
      default -> {}
    }
  }

  /** For less than what a navigation does without its lease holder. */
  void cutShortly(Home home) {
    cut(home, true, true, now + (100 + random.nextInt(3_000)) * MILLI);
  }

  private void cut(Home home, boolean there, boolean back) {
    cut(home, there, back, now + (100 + random.nextInt(6_000)) * MILLI);
  }

  private void cut(Home home, boolean there, boolean back, long until) {
    faults++;
    trace(
        "%s %s guard is cut until %.1f s",
        home.name(), there ? back ? "<->" : "->" : "<-", until / 1e9);
    home.wire().cut(there, back, until);
  }

  /** Another node of the site takes the twin while the first one only pauses. */
  private void move() {
    Home old = newest();
    faults++;
    old.pause(now + (1_000 + random.nextInt(5_000)) * MILLI);
    trace("%s is moved while it pauses", old.name());
    old.replace();
    add(old.name() + "'", old.journal());
  }

  private void calm() {
    trace("faults cease");
    calm = true;
    guardPausedUntil = 0;
    diskFullUntil = 0;
    for (Home home : homes) {
      home.wire().calm();
      home.journalDown(0);
    }
    people.calm();
  }

  // ---- the robot's profile

  private static RobotProfile profile(boolean independent, String navigatePolicy) {
    RobotProfile.Builder profile =
        RobotProfile.newBuilder()
            .setRobot(ROBOT)
            .setBaseFrame("base_link")
            .setSource("configured")
            .setMarginRad(0.02)
            .setIndependentParts(independent)
            .setWatchdogVelocitySeconds(Machine.WATCHDOG_SECONDS)
            .setJoint(target("/eve/joint_trajectory", TRAJECTORY))
            .setVelocity(target("/eve/cmd_vel", TWIST))
            .setOdomFrame("odom")
            .setNavigate(target("/eve/navigate_to_pose", NAVIGATE).toBuilder().setKind("action"))
            .setNavigatePolicy(navigatePolicy)
            .setWatchdogNavigateSeconds(12);
    for (String joint : Machine.JOINTS) {
      profile.addLimits(
          JointLimit.newBuilder()
              .setJoint(joint)
              .setLowerRad(-2)
              .setUpperRad(2)
              .setVelocityRadPerSec(2)
              .setAccelerationRadPerSec2(10));
    }
    return profile.build();
  }

  private static CommandTarget target(String topic, String type) {
    return CommandTarget.newBuilder().setKind("topic").setTopic(topic).setType(type).build();
  }

  // ---- traces

  private static String text(GuardRequest request) {
    return switch (request.getRequestCase()) {
      case GRANT ->
          "grant (%d, %d) of %s to %s"
              .formatted(
                  request.getGrant().getAuthority().getTerm(),
                  request.getGrant().getAuthority().getEpoch(),
                  request.getGrant().getPart(),
                  request.getGrant().getHolder());
      case REVOKE ->
          "revoke (%d, %d) of %s"
              .formatted(
                  request.getRevoke().getAuthority().getTerm(),
                  request.getRevoke().getAuthority().getEpoch(),
                  request.getRevoke().getPart());
      case MOTION ->
          "%s %s under (%d, %d), journal %d/%d"
              .formatted(
                  request.getMotion().getGoalCase(),
                  request.getMotion().getCommandId(),
                  request.getMotion().getAuthority().getTerm(),
                  request.getMotion().getAuthority().getEpoch(),
                  request.getMotion().getJournal().getTerm(),
                  request.getMotion().getJournal().getSequence());
      case SETPOINT ->
          "setpoint %d of %s%s"
              .formatted(
                  request.getSetpoint().getNumber(),
                  request.getSetpoint().getCommandId(),
                  request.getSetpoint().getHeld() ? "" : ", let go");
      case CANCEL -> "cancel " + request.getCancel().getCommandId();
      case STOP -> "stop " + request.getStop().getRequestId();
      default -> request.getRequestCase().name().toLowerCase(Locale.ROOT);
    };
  }

  private static String text(GuardEffect effect) {
    return switch (effect) {
      case GuardEffect.MoveJoints move when move.commandId().isEmpty() ->
          "hold joints at " + move.endRad();
      case GuardEffect.MoveJoints move ->
          "move joints to %s in %.1f s (%s)"
              .formatted(move.endRad(), move.durationSeconds(), move.commandId());
      case GuardEffect.NavigateTo go -> "navigate (%s)".formatted(go.commandId());
      case GuardEffect.MoveBase base -> "base at %.2f m/s".formatted(base.vx());
      case GuardEffect.TellStop tell -> tell.stop() ? "stop" : "released";
      default -> effect.getClass().getSimpleName();
    };
  }
}
