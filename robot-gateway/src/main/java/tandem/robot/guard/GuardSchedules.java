package tandem.robot.guard;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import tandem.proto.v1.Authority;
import tandem.proto.v1.Cancel;
import tandem.proto.v1.CommandTarget;
import tandem.proto.v1.Configure;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointLimit;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.JournalPosition;
import tandem.proto.v1.KeepAlive;
import tandem.proto.v1.Motion;
import tandem.proto.v1.Rearm;
import tandem.proto.v1.Release;
import tandem.proto.v1.Revoke;
import tandem.proto.v1.RobotProfile;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.Stop;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TimeToken;
import tandem.proto.v1.VelocityTarget;

/**
 * Seeded schedules of the guard's pure core in virtual time: homes of a twin that command through a
 * network which loses, doubles, reorders, holds and releases; a guard that pauses, crashes at any
 * write, finds its disk full or its state gone; homes of an older term that go on. What the guard
 * does is judged by {@link ScheduleOracle}, which sees only requests, answers and effects.
 *
 * <p>One seed is one schedule of 20 virtual seconds, the same on every machine.
 */
public final class GuardSchedules {
  private static final String ROBOT = "eve";
  private static final long MILLI = 1_000_000;
  private static final long END_NANOS = 20_000 * MILLI;
  private static final long TICK_NANOS = 50 * MILLI;
  private static final int MOST_REMEMBERED = 64;

  /**
   * What a run found.
   *
   * @param requests that reached the guard
   * @param applied commands and setpoints that moved the robot
   * @param digest over everything that was applied, in order: equal for equal seeds
   */
  public record Report(
      int schedules, long requests, long applied, String digest, List<Violation> violations) {}

  /** A broken promise: the seed repeats it. */
  public record Violation(long seed, long atMillis, String what) {}

  /** Runs the guard as it is under {@code count} schedules, from a seed on. */
  public static Report run(long firstSeed, int count) {
    return run(firstSeed, count, GuardMutation.NONE);
  }

  /** The same with a guard that was broken on purpose. */
  static Report run(long firstSeed, int count, GuardMutation mutation) {
    long requests = 0;
    long applied = 0;
    long digest = 1;
    List<Violation> violations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      GuardSchedules schedule = new GuardSchedules(firstSeed + i, mutation);
      schedule.play();
      requests += schedule.requests;
      applied += schedule.oracle.applied();
      digest = 31 * digest + schedule.oracle.digest();
      violations.addAll(schedule.oracle.violations());
    }
    return new Report(count, requests, applied, "%016x".formatted(digest), violations);
  }

  /** The first seed under which a broken guard is found out; empty where none of them does. */
  public static Optional<Violation> caught(GuardMutation mutation, long firstSeed, int count) {
    for (int i = 0; i < count; i++) {
      List<Violation> found = run(firstSeed + i, 1, mutation).violations();
      if (!found.isEmpty()) {
        return Optional.of(found.getFirst());
      }
    }
    return Optional.empty();
  }

  /** A home of the twin: what it gives away and what it sends. */
  private static final class Home {
    final long term;
    long epoch;
    long journal;
    final List<Lease> leases = new ArrayList<>();
    TimeToken token = TimeToken.getDefaultInstance();

    Home(long term) {
      this.term = term;
    }
  }

  private static final class Lease {
    final Authority authority;
    final String part;
    long sequence;
    long counter;
    String stream = "";
    String kind = "";
    long number;
    long heldUntil;

    Lease(Authority authority, String part) {
      this.authority = authority;
      this.part = part;
    }
  }

  private record Travelling(long atNanos, long order, GuardRequest request) {}

  private final SplittableRandom random;
  private final ScheduleOracle oracle;
  private final boolean independent;
  private final List<Home> homes = new ArrayList<>();
  private final PriorityQueue<Travelling> network =
      new PriorityQueue<>(
          (left, right) ->
              left.atNanos != right.atNanos
                  ? Long.compare(left.atNanos, right.atNanos)
                  : Long.compare(left.order, right.order));
  private final List<GuardRequest> remembered = new ArrayList<>();
  private final Map<String, Double> posture = new LinkedHashMap<>();
  private final DrivenGuard guard;
  private boolean diskFull;
  private long now = 1_000 * MILLI;
  private long bootNanos;
  private long order;
  private long requests;
  private long partitionedUntil;
  private long pausedUntil;
  private long commands;

  private GuardSchedules(long seed, GuardMutation mutation) {
    this.random = new SplittableRandom(seed);
    this.independent = random.nextBoolean();
    this.oracle = new ScheduleOracle(seed, independent);
    posture.put("elbow", 0.0);
    posture.put("knee", 0.0);
    this.guard = new DrivenGuard(ROBOT, mutation, new Surroundings());
    homes.add(new Home(1));
    boot();
  }

  private void play() {
    long nextTick = now;
    long nextStep = now;
    while (now < END_NANOS) {
      long arrival = network.isEmpty() ? Long.MAX_VALUE : network.peek().atNanos();
      now = Math.max(now, Math.min(Math.min(nextTick, nextStep), arrival));
      if (now >= nextStep) {
        nextStep = now + (20 + random.nextInt(60)) * MILLI;
        step();
      }
      if (now < pausedUntil) {
        // What came while it was paused is there at once afterwards, in whatever order.
        while (!network.isEmpty() && network.peek().atNanos() < pausedUntil) {
          Travelling one = network.poll();
          network.add(new Travelling(pausedUntil, order++, one.request()));
        }
        nextTick = Math.max(nextTick, pausedUntil);
        continue;
      }
      while (!network.isEmpty() && network.peek().atNanos() <= now) {
        ask(network.poll().request());
      }
      if (now >= nextTick) {
        nextTick = now + TICK_NANOS;
        input(new GuardInput.Tick());
        oracle.ticked(guard.state(), now);
        if (random.nextInt(4) != 0 && now >= partitionedUntil) {
          homes.forEach(
              home -> {
                if (random.nextInt(3) != 0)
                  home.token = GuardCore.token(guard.state(), now - bootNanos);
              });
        }
      }
    }
  }

  // ---- what homes and people do

  private void step() {
    Home home = homes.get(random.nextInt(homes.size()));
    switch (random.nextInt(40)) {
      case 0, 1 -> acquire(home);
      case 2 -> revoke(home);
      case 3, 4, 5, 6, 7, 8 -> command(home);
      case 9 -> cancel(home);
      case 10 -> {
        if (random.nextInt(6) == 0) stop();
      }
      case 11, 12 -> release();
      case 13 -> {
        if (random.nextInt(4) == 0 && homes.size() < 4) {
          homes.add(new Home(homes.getLast().term + 1));
          acquire(homes.getLast());
        }
      }
      case 14 -> {
        if (random.nextInt(3) == 0) pausedUntil = now + random.nextInt(3_000) * MILLI;
      }
      case 15 -> {
        if (random.nextInt(2) == 0) partitionedUntil = now + random.nextInt(5_000) * MILLI;
      }
      case 16 -> {
        if (random.nextInt(5) == 0) crash();
      }
      case 17 -> {
        if (random.nextInt(25) == 0) lose();
      }
      case 18 -> diskFull = random.nextInt(4) == 0;
      case 19 -> rearm();
      case 20, 21 -> {
        if (!remembered.isEmpty()) {
          send(remembered.get(random.nextInt(remembered.size())), false);
        }
      }
      default -> {}
    }
    for (Home one : homes) {
      for (Lease lease : one.leases) {
        if (random.nextInt(5) != 0) keepAlive(home, lease);
        if (!lease.stream.isEmpty()) setpoint(one, lease);
      }
    }
  }

  private void acquire(Home home) {
    String part =
        !independent
            ? Parts.BODY
            : switch (random.nextInt(3)) {
              case 0 -> Parts.ARMS;
              case 1 -> Parts.LOCOMOTION;
              default -> Parts.BODY;
            };
    Lease lease =
        new Lease(Authority.newBuilder().setTerm(home.term).setEpoch(++home.epoch).build(), part);
    home.leases.add(lease);
    if (home.leases.size() > 3) {
      home.leases.removeFirst();
    }
    send(
        request()
            .setGrant(
                Grant.newBuilder()
                    .setAuthority(lease.authority)
                    .setHolder("h" + home.epoch)
                    .setPart(part))
            .build(),
        true);
  }

  private void revoke(Home home) {
    if (home.leases.isEmpty()) {
      return;
    }
    Lease lease = home.leases.get(random.nextInt(home.leases.size()));
    send(
        request()
            .setRevoke(
                Revoke.newBuilder()
                    .setAuthority(lease.authority)
                    .setWhy("over")
                    .setPart(lease.part))
            .build(),
        true);
  }

  private void command(Home home) {
    if (home.leases.isEmpty()) {
      return;
    }
    Lease lease = home.leases.get(random.nextInt(home.leases.size()));
    Motion.Builder motion =
        Motion.newBuilder()
            .setCommandId("c" + ++commands)
            .setAuthority(lease.authority)
            .setSequenceInEpoch(++lease.sequence)
            .setToken(home.token)
            .setStartByMillis(200 + random.nextInt(1_500))
            .setEndByMillis(2_500)
            .setJournal(
                JournalPosition.newBuilder()
                    .setTerm(home.term)
                    .setSequence(++home.journal)
                    .setHash(ByteString.copyFrom(new byte[32])));
    String kind = random.nextBoolean() ? Streams.JOINT : Streams.VELOCITY;
    if (random.nextInt(3) == 0) {
      motion.setJoint(elbow(random.nextDouble() - 0.5).setDurationSeconds(2));
    } else {
      motion.setStream(StreamGoal.newBuilder().setKind(kind).setLapseMillis(200));
      lease.stream = motion.getCommandId();
      lease.kind = kind;
      lease.number = 0;
      lease.heldUntil = now + random.nextInt(3_000) * MILLI;
    }
    send(request().setMotion(motion).build(), true);
  }

  private static JointGoal.Builder elbow(double rad) {
    return JointGoal.newBuilder()
        .addTargets(JointTarget.newBuilder().setJoint("elbow").setPositionRad(rad));
  }

  private void setpoint(Home home, Lease lease) {
    boolean held = now < lease.heldUntil;
    Setpoint.Builder setpoint =
        Setpoint.newBuilder()
            .setCommandId(lease.stream)
            .setAuthority(lease.authority)
            .setNumber(++lease.number)
            .setHeld(held)
            .setToken(home.token)
            .setValidMillis(300 + random.nextInt(200));
    if (lease.kind.equals(Streams.JOINT)) {
      setpoint.setJoint(elbow(posture.get("elbow") + 0.02));
    } else {
      setpoint.setVelocity(VelocityTarget.newBuilder().setVxMetersPerSec(0.2));
    }
    if (!held || random.nextInt(40) == 0) {
      lease.stream = ""; // let go, or the page died
    }
    send(request().setSetpoint(setpoint).build(), random.nextInt(4) == 0);
  }

  private void keepAlive(Home home, Lease lease) {
    send(
        request()
            .setKeepAlive(
                KeepAlive.newBuilder()
                    .setAuthority(lease.authority)
                    .setCounter(++lease.counter)
                    .setToken(home.token))
            .build(),
        false);
  }

  private void cancel(Home home) {
    send(
        request()
            .setCancel(
                Cancel.newBuilder()
                    .setCommandId("c" + (1 + random.nextLong(Math.max(1, commands))))
                    .setBy("h" + home.term))
            .build(),
        true);
  }

  private void stop() {
    send(
        request()
            .setStop(Stop.newBuilder().setBy("anyone").setRequestId("s" + random.nextInt(99)))
            .build(),
        true);
  }

  private void release() {
    GuardStatus status = guard.status(now - bootNanos);
    if (status.getStopLatched()) {
      send(
          request()
              .setRelease(
                  Release.newBuilder()
                      .setBy("sue")
                      .setReason("looked")
                      .setToken(status.getToken())
                      .setStopNumber(status.getStopNumber()))
              .build(),
          false);
    }
  }

  private void rearm() {
    GuardStatus status = guard.status(now - bootNanos);
    if (!status.getArmed()) {
      // The supervisor asks the newest home, which knows what it has given away.
      Home home = homes.getLast();
      send(
          request()
              .setRearm(
                  Rearm.newBuilder()
                      .setAuthority(
                          Authority.newBuilder().setTerm(home.term).setEpoch(++home.epoch))
                      .setBy("sue")
                      .setReason("looked")
                      .setToken(status.getToken()))
              .build(),
          false);
    }
  }

  private static GuardRequest.Builder request() {
    return GuardRequest.newBuilder().setRobot(ROBOT);
  }

  // ---- the network

  private void send(GuardRequest request, boolean worthKeeping) {
    if (worthKeeping) {
      remembered.add(request);
      if (remembered.size() > MOST_REMEMBERED) {
        remembered.removeFirst();
      }
    }
    if (random.nextInt(20) == 0) {
      return; // lost
    }
    travel(request);
    if (random.nextInt(10) == 0) {
      travel(request);
    }
  }

  private void travel(GuardRequest request) {
    long delay = random.nextInt(10) == 0 ? random.nextInt(4_000) : random.nextInt(40);
    long at = now + delay * MILLI;
    if (at < partitionedUntil) {
      at = partitionedUntil + random.nextInt(30) * MILLI; // held, then released in a burst
    }
    network.add(new Travelling(at, order++, request));
  }

  // ---- the guard

  private void boot() {
    bootNanos = now;
    guard.boot();
    oracle.booted(guard.bootId(), bootNanos);
    ask(request().setConfigure(Configure.newBuilder().setProfile(profile())).build());
    input(new GuardInput.Seen(presence()));
  }

  private void crash() {
    network.removeIf(one -> random.nextInt(3) == 0);
    boot();
  }

  /** The state directory is gone but for the key: as the process does, the guard is not armed. */
  private void lose() {
    guard.lose();
    oracle.lost();
    boot();
  }

  private void ask(GuardRequest request) {
    requests++;
    oracle.reached(request, now);
    guard.ask(request, requests, now - bootNanos);
  }

  private void input(GuardInput input) {
    guard.input(input, now - bootNanos);
  }

  private final class Surroundings implements DrivenGuard.Around {
    @Override
    public void died() {
      boot();
    }

    @Override
    public DrivenGuard.Write write() {
      return switch (random.nextInt(60)) {
        case 0 -> new DrivenGuard.Write.Died(false);
        case 1 -> new DrivenGuard.Write.Died(true);
        case 2 -> new DrivenGuard.Write.Ended(!diskFull, random.nextInt(2_000) * MILLI);
        default -> new DrivenGuard.Write.Ended(!diskFull, 0);
      };
    }

    @Override
    public void sent(GuardEffect effect, long nowNanos) {
      now = Math.max(now, bootNanos + nowNanos);
      switch (effect) {
        case GuardEffect.MoveJoints move when !move.commandId().isEmpty() ->
            oracle.started(move.commandId(), now);
        case GuardEffect.StreamJoints stream -> follow(stream);
        case GuardEffect.MoveBase base -> oracle.based(guard.state(), base, now);
        default -> {}
      }
    }

    @Override
    public void answered(GuardRequest request, long tag, GuardReply reply, long nowNanos) {
      long decided = bootNanos + nowNanos; // before now, where the disk ended while it waited
      now = Math.max(now, decided);
      oracle.answered(request, reply, guard.disk(), decided);
    }

    @Override
    public Body body(long nowNanos) {
      Map<String, Body.Joint> joints = new LinkedHashMap<>();
      posture.forEach((joint, rad) -> joints.put(joint, new Body.Joint(rad, nowNanos)));
      return new Body(joints, 0, Double.NaN, 0);
    }
  }

  private void follow(GuardEffect.StreamJoints stream) {
    for (int i = 0; i < stream.joints().size(); i++) {
      posture.put(stream.joints().get(i), stream.positionsRad().get(i));
    }
  }

  private RobotProfile profile() {
    RobotProfile.Builder profile =
        RobotProfile.newBuilder()
            .setRobot(ROBOT)
            .setBaseFrame("base_link")
            .setSource("configured")
            .setMarginRad(0.02)
            .setIndependentParts(independent)
            .setWatchdogVelocitySeconds(0.5)
            .setJoint(target("/eve/joint_trajectory", MotionPlan.TRAJECTORY))
            .setVelocity(target("/eve/cmd_vel", MotionPlan.TWIST));
    for (String joint : posture.keySet()) {
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

  private static GuardInput.Presence presence() {
    return new GuardInput.Presence(
        "robot",
        List.of(
            new GuardInput.Listener("/eve/joint_trajectory", MotionPlan.TRAJECTORY, "t"),
            new GuardInput.Listener("/eve/cmd_vel", MotionPlan.TWIST, "v")));
  }
}
