package tandem.robot.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import tandem.proto.command.TwinCommand;
import tandem.proto.event.Goal;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.NavigateGoal;
import tandem.proto.v1.Stop;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TimeToken;
import tandem.proto.v1.VelocityTarget;
import tandem.twin.robot.TwinState;

/**
 * Operators, an autonomy client and a supervisor. While things go wrong each does what comes to
 * mind, at whichever home it is connected to; in the calm a supervisor stops the robot, releases
 * the stop, takes the lease and has a command done.
 */
final class People {
  private static final long MILLI = 1_000_000;
  private static final long STEP_NANOS = 100 * MILLI;
  private static final long SETTLE_NANOS = 1_500 * MILLI;
  private static final List<String> NAMES = List.of("anna", "ben", "carl", "autonomy/walk");

  /** A control that somebody holds, or thinks to. */
  private static final class Held {
    final String commandId;
    final String kind;
    final long until;
    long number;

    Held(String commandId, String kind, long until) {
      this.commandId = commandId;
      this.kind = kind;
      this.until = until;
    }
  }

  private static final class Person {
    final String name;
    Home at;
    Held held;
    TimeToken token;
    boolean keeps;

    Person(String name) {
      this.name = name;
    }
  }

  private enum Aim {
    STOP,
    RELEASE,
    TAKE,
    COMMAND,
    DONE
  }

  private final Schedule schedule;
  private final SplittableRandom random;
  private final boolean independent;
  private final boolean lastGoes;
  private final List<Person> persons = new ArrayList<>();
  private final Person supervisor = new Person("sue");
  private long commands;
  private long stops;
  private Aim aim = Aim.STOP;
  private String asked = "";
  private boolean[] pressed;
  private long calmAt = Long.MAX_VALUE;
  private String last = "";

  People(Schedule schedule, SplittableRandom random, boolean independent) {
    this.schedule = schedule;
    this.random = random;
    this.independent = independent;
    lastGoes = random.nextBoolean();
    for (String name : NAMES) persons.add(new Person(name));
  }

  void begin() {
    for (Person person : persons) {
      person.at = schedule.newest();
      step(person);
    }
    supervise();
  }

  private void step(Person person) {
    if (schedule.isCalm()) return; // let go, and gone: heartbeats end with the hand
    hold(person);
    if (random.nextInt(6) == 0) act(person);
    if (person.keeps && random.nextInt(3) == 0) {
      tell(person.at, new TwinCommand.KeepLease(person.name));
    }
    schedule.later(STEP_NANOS + random.nextInt(20) * MILLI, () -> step(person));
  }

  /** Over the page's link to the home, which may be slow or lose it. */
  private void tell(Home home, TwinCommand command) {
    if (!schedule.isCalm() && random.nextInt(50) == 0) return;
    schedule.later(random.nextInt(15) * MILLI, () -> home.handle(() -> take(home, command)));
  }

  private void take(Home home, TwinCommand command) {
    if (!home.state().isKnown()) return;
    Optional<String> refused = home.take(command);
    if (schedule.isTraced() && !(command instanceof TwinCommand.KeepLease)) {
      schedule.trace(
          "%s: %s%s", home.name(), command, refused.map(" refused: "::concat).orElse(""));
    }
    refused.ifPresent(code -> last = code);
  }

  private String part() {
    if (!independent) return random.nextInt(8) == 0 ? "arms" : "body";
    return switch (random.nextInt(3)) {
      case 0 -> "arms";
      case 1 -> "locomotion";
      default -> "body";
    };
  }

  private void act(Person person) {
    if (person.at != schedule.newest() && random.nextInt(8) == 0) person.at = schedule.newest();
    if (!person.at.isUp()) {
      if (random.nextInt(3) == 0) person.at = schedule.newest();
      return;
    }
    String by = person.name;
    long span = 1_000 + random.nextInt(4_000);
    if (isOfAnother(person) && random.nextInt(4) != 0) return;
    switch (random.nextInt(27)) {
      case 0, 1, 2 -> {
        person.keeps = random.nextInt(3) != 0;
        tell(person.at, new TwinCommand.AcquireLease(by, part(), span));
      }
      case 3, 4 -> {
        person.keeps = random.nextInt(3) != 0;
        tell(person.at, new TwinCommand.TakeLease(by, part(), span, "my turn"));
      }
      case 5 -> tell(person.at, new TwinCommand.ReleaseLease(by, ""));
      case 6 -> tell(person.at, new TwinCommand.WishLease(by, part(), "please"));
      case 7 -> {
        String to = NAMES.get(random.nextInt(NAMES.size()));
        tell(person.at, new TwinCommand.HandOver(by, to, "", span));
      }
      case 8, 9, 10, 11, 12 -> {
        tell(person.at, move(by, id(), 0.6 * (random.nextDouble() - 0.5)));
        if (random.nextInt(10) == 0) startle();
      }
      case 13, 14, 15, 16, 17 -> open(person);
      case 18 -> cancel(person);
      case 19 -> {
        if (random.nextInt(10) == 0) stop(person);
      }
      case 20, 21 -> tell(person.at, new TwinCommand.ReleaseStop(by, "looked"));
      case 24, 25 -> {
        if (random.nextInt(2) == 0) {
          tell(person.at, go(by, id(), 1 + random.nextInt(8)));
        } else {
          goAndRegret(person);
        }
        if (random.nextInt(10) == 0) startle();
      }
      case 22 -> {
        if (person.at.status() != null && !person.at.status().getArmed()) {
          tell(schedule.newest(), new TwinCommand.Rearm(by, "looked"));
        }
      }
      default -> {}
    }
  }

  private static boolean isOfAnother(Person person) {
    var leases = person.at.state().leases().values();
    return !leases.isEmpty() && leases.stream().noneMatch(one -> one.holder().equals(person.name));
  }

  /** Whoever sees it move may stop it, lease or not. */
  private void startle() {
    Person other = persons.get(random.nextInt(persons.size()));
    schedule.later(
        random.nextInt(200) * MILLI,
        () -> {
          if (!schedule.isCalm() && other.at.isUp()) stop(other);
        });
  }

  private String id() {
    return "c" + ++commands;
  }

  private TwinCommand.Move move(String by, String id, double rad) {
    double seconds = 0.8 + random.nextInt(30) / 10.0;
    var goal =
        JointGoal.newBuilder()
            .addTargets(
                JointTarget.newBuilder()
                    .setJoint(random.nextBoolean() ? Machine.ELBOW : Machine.KNEE)
                    .setPositionRad(rad))
            .setDurationSeconds(seconds);
    return new TwinCommand.Move(
        id,
        by,
        new Goal.Joint(goal.build()),
        60 + random.nextInt(random.nextInt(3) == 0 ? 5_000 : 800));
  }

  private static TwinCommand.Move go(String by, String id, double withinSeconds) {
    var goal =
        NavigateGoal.newBuilder()
            .setFrame("odom")
            .setXMeters(2)
            .setWithinSeconds(withinSeconds)
            .build();
    return new TwinCommand.Move(id, by, new Goal.Navigate(goal), 1_000);
  }

  private void cancel(Person person) {
    var open = person.at.state().openCommands();
    if (!open.isEmpty()) {
      String id = open.get(random.nextInt(open.size())).id();
      tell(person.at, new TwinCommand.Cancel(id, person.name, "no"));
    }
  }

  /** Under a lease of one's own, to a place that is not the right one; the network often ends. */
  private void goAndRegret(Person person) {
    String id = id();
    person.keeps = true;
    tell(person.at, new TwinCommand.AcquireLease(person.name, "body", 5_000));
    long goes = (300 + random.nextInt(300)) * MILLI;
    later(person, goes, () -> tell(person.at, go(person.name, id, 6 + random.nextInt(8))));
    later(
        person,
        goes + (300 + random.nextInt(2_500)) * MILLI,
        () -> {
          if (random.nextInt(2) == 0) schedule.cutShortly(person.at);
          tell(person.at, new TwinCommand.Cancel(id, person.name, "not there"));
        });
  }

  private void later(Person person, long nanos, Runnable what) {
    schedule.later(
        nanos,
        () -> {
          if (!schedule.isCalm() && person.at.isUp()) what.run();
        });
  }

  private void open(Person person) {
    if (person.held != null) return;
    String kind = random.nextBoolean() ? "velocity" : "joint";
    String id = id();
    var goal = StreamGoal.newBuilder().setKind(kind).setLapseMillis(100 + random.nextInt(400));
    tell(person.at, new TwinCommand.Move(id, person.name, new Goal.Stream(goal.build()), 1_000));
    person.held = new Held(id, kind, schedule.now() + (500 + random.nextInt(4_000)) * MILLI);
  }

  /** One reading of the control, with the newest token that the page has seen. */
  private void hold(Person person) {
    Held held = person.held;
    if (held == null) return;
    if (random.nextInt(60) == 0 || schedule.now() > held.until + 2_000 * MILLI) {
      person.held = null; // the page died
      return;
    }
    if (person.at.token() != null && random.nextInt(8) != 0) person.token = person.at.token();
    if (person.token == null) return;
    boolean holds = schedule.now() < held.until;
    var setpoint =
        TeleopSetpoint.newBuilder()
            .setNumber(held.number + 1)
            .setHeld(holds)
            .setToken(person.token);
    if (held.kind.equals("velocity")) {
      setpoint.setVelocity(VelocityTarget.newBuilder().setVxMetersPerSec(0.2));
    } else {
      double elbow = schedule.robot().positions(schedule.now())[0];
      setpoint.setJoint(
          JointGoal.newBuilder()
              .addTargets(
                  JointTarget.newBuilder()
                      .setJoint(Machine.ELBOW)
                      .setPositionRad(Math.clamp(elbow + 0.03, -1.9, 1.9))));
    }
    person.at.handle(
        () -> {
          if (person.at.setpoint(held.commandId, setpoint.build())) {
            held.number++;
            if (!holds) person.held = null;
          }
        });
  }

  // ---- stops go past the twin

  private boolean[] stop(Person person) {
    String id = "s" + ++stops;
    schedule.trace("%s presses stop %s", person.name, id);
    Home home = person.at;
    boolean[] acknowledged = new boolean[1];
    repeat(home, stopRequest(id, person.name), acknowledged, schedule.now() + 5_000 * MILLI);
    long wall = schedule.now();
    home.handle(() -> take(home, new TwinCommand.Stop(id, person.name, "enough", wall)));
    return acknowledged;
  }

  private static GuardRequest stopRequest(String id, String by) {
    return GuardRequest.newBuilder()
        .setRobot(Schedule.ROBOT)
        .setStop(Stop.newBuilder().setBy(by).setWhy("enough").setRequestId(id))
        .build();
  }

  private void repeat(Home home, GuardRequest stop, boolean[] acknowledged, long until) {
    if (acknowledged[0] || schedule.now() > until) return;
    schedule.toGuard(
        home,
        stop,
        reply -> {
          if (!reply.getAccepted() || acknowledged[0]) return;
          acknowledged[0] = true;
          home.handle(
              () -> take(home, new TwinCommand.StopAnswered(stop.getStop().getRequestId())));
        });
    schedule.later(200 * MILLI, () -> repeat(home, stop, acknowledged, until));
  }

  // ---- the calm

  void calm() {
    calmAt = schedule.now();
    for (Person person : persons) {
      person.held = null;
      person.keeps = false;
    }
  }

  private void supervise() {
    schedule.later(250 * MILLI, this::supervise);
    if (!schedule.isCalm() || schedule.now() < calmAt + SETTLE_NANOS) return;
    Home home = schedule.newest();
    supervisor.at = home;
    if (!home.isUp() || home.status() == null || !home.state().isKnown()) return;
    TwinState twin = home.state();
    var lease = twin.covering("body");
    boolean holds = lease != null && lease.holder().equals(supervisor.name);
    if (holds) tell(home, new TwinCommand.KeepLease(supervisor.name));
    switch (aim) {
      case STOP -> {
        if (asked.isEmpty()) {
          asked = "pressed";
          pressed = stop(supervisor);
        } else if (pressed[0] && schedule.robot().rests(schedule.now())) {
          next(Aim.RELEASE);
        }
      }
      case RELEASE -> {
        var lost = twin.alarms().get("guard-lost-state");
        if (!home.status().getArmed() || lost != null && lost.isUp()) {
          tell(home, new TwinCommand.Rearm(supervisor.name, "looked"));
        } else if (home.status().getStopLatched() || twin.stop().latched()) {
          tell(home, new TwinCommand.ReleaseStop(supervisor.name, "looked"));
        } else {
          next(Aim.TAKE);
        }
      }
      case TAKE -> {
        if (home.status().getStopLatched() || twin.stop().latched()) {
          next(Aim.RELEASE); // one that was held up on its way has come
        } else if (holds) {
          next(Aim.COMMAND);
        } else {
          tell(home, new TwinCommand.TakeLease(supervisor.name, "body", 5_000, "drill"));
        }
      }
      case COMMAND -> command(home, holds);
      case DONE -> {}
    }
  }

  private void command(Home home, boolean holds) {
    if (!asked.isEmpty() && schedule.oracle().isDone(asked)) {
      next(Aim.DONE);
      return;
    }
    var lost = home.state().alarms().get("guard-lost-state");
    boolean unarmed = !home.status().getArmed() || lost != null && lost.isUp();
    boolean stopped = home.status().getStopLatched() || home.state().stop().latched();
    if (stopped || unarmed || !holds) {
      next(Aim.RELEASE);
      return;
    }
    var command = home.state().command(asked);
    if (command.isEmpty() || command.get().phase().isFinal()) {
      asked = id();
      if (lastGoes) {
        tell(home, go(supervisor.name, asked, 5));
        return;
      }
      double from = schedule.robot().positions(schedule.now())[0];
      var goal =
          JointGoal.newBuilder()
              .addTargets(
                  JointTarget.newBuilder()
                      .setJoint(Machine.ELBOW)
                      .setPositionRad(from > 0 ? from - 0.1 : from + 0.1))
              .setDurationSeconds(0.5);
      tell(home, new TwinCommand.Move(asked, supervisor.name, new Goal.Joint(goal.build()), 1_000));
    }
  }

  private void next(Aim following) {
    aim = following;
    asked = "";
  }

  /** What has not come about in the calm; empty where everything has. */
  String missing() {
    return switch (aim) {
      case STOP -> "a stop did not take effect";
      case RELEASE -> "the stop could not be released (" + last + ")";
      case TAKE -> "no new lease could be had (" + last + ")";
      case COMMAND -> "no command was done (" + last + ")";
      case DONE -> "";
    };
  }
}
