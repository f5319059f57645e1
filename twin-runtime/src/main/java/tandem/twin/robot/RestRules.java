package tandem.twin.robot;

import java.util.TreeMap;
import tandem.proto.event.Event;
import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.event.Used;
import tandem.twin.robot.Tracking.Progress;

/**
 * When a command that has no joint goal to reach is done: a stream once its control was let go and
 * the body rests, a navigation once its action has succeeded and the base rests, a stance once the
 * posture is still. Rest of the base is by odometry, of the joints by their measured speeds. Part
 * of one {@link Deciding}.
 */
final class RestRules {
  /** Of the base, m/s and rad/s (design, section 4; the turn is ours). */
  static final double BASE_METERS_PER_SEC = 0.03;

  private static final double BASE_RAD_PER_SEC = 0.05;
  private static final double MOVED_METERS = 0.01;

  /** Not at rest so long after letting go: it failed to come to rest. */
  private static final long REST_MILLIS = 5_000;

  /** A body that has not moved for so long stands in the posture already. */
  private static final long ALREADY_MILLIS = 2_000;

  private final Deciding d;

  RestRules(Deciding d) {
    this.d = d;
  }

  /** What one sample says: how fast, and how far from where the command began. */
  private record Motion(
      Sensed.Origin origin, boolean still, boolean away, TreeMap<String, Double> values) {}

  void follow(CommandRecord command, Progress p) {
    Motion motion = motion(command, p);
    long begunNanos = p.startByNanos() - command.startByMillis() * 1_000_000;
    boolean fresh =
        motion != null
            && motion.origin().ageMillis(d.now) <= d.rules.silenceMillis()
            && motion.origin().receivedNanos() > begunNanos;
    boolean moved = p.moved() || (fresh && motion.away());
    if (moved && !p.moved()) {
      d.emit(
          new Event.CommandFirstMotion(
              command.id(), motion.origin().receivedWallNanos(), used(motion)));
    }
    boolean awaited =
        isEndTold(command.goal())
            ? p.letGoNanos() != Tracking.NEVER
                && fresh
                && motion.origin().receivedNanos() >= p.letGoNanos()
            : moved || d.sinceMillis(begunNanos) >= ALREADY_MILLIS;
    boolean rests = fresh && awaited && motion.still();
    long settled =
        !rests
            ? Tracking.NEVER
            : p.settledNanos() == Tracking.NEVER
                ? motion.origin().receivedNanos()
                : p.settledNanos();
    d.progress.put(command.id(), p.seen(settled, moved));
    if (rests && motion.origin().receivedNanos() - settled >= d.rules.settleMillis() * 1_000_000) {
      d.commands.finish(
          new Event.CommandDone(
              command.id(),
              motion.origin().receivedWallNanos(),
              evidence(command, motion, settled)));
    } else if (p.letGoNanos() != Tracking.NEVER) {
      if (d.sinceMillis(p.letGoNanos()) <= REST_MILLIS) return;
      String told = command.goal() instanceof Goal.Navigate ? "the action's result" : "letting go";
      notAtRest(command, fresh ? motion : null, "%d ms after %s".formatted(REST_MILLIS, told));
    } else if (d.now > p.endByNanos()) {
      if (fresh && command.goal() instanceof Goal.Navigate) {
        d.ends.cancel(command, "tandem", "not reached by endBy");
        notThere(command, p, "not reached by endBy");
      } else {
        notAtRest(command, fresh ? motion : null, "at endBy");
      }
    }
  }

  /** Whether the guard's {@code finished} says when such a goal has come to its end. */
  static boolean isEndTold(Goal goal) {
    return goal instanceof Goal.Stream || goal instanceof Goal.Navigate;
  }

  /** A navigation that was not there in its time; it is ended at the guard already. */
  void notThere(CommandRecord command, Progress p, String what) {
    Motion motion = motion(command, p);
    boolean fresh = motion != null && motion.origin().ageMillis(d.now) <= d.rules.silenceMillis();
    Evidence evidence = fresh ? evidence(command, motion, Tracking.NEVER) : null;
    d.commands.finish(
        new Event.CommandFailed(
            command.id(),
            "tandem.command.not-reached",
            evidence == null
                ? what
                : evidence.errorMeters() == null
                    ? Deciding.text("%s: %s", what, evidence.used().values())
                    : Deciding.text(
                        "%s: the base is %.3f m and %.3f rad off: %s",
                        what,
                        evidence.errorMeters(),
                        evidence.errorRad(),
                        evidence.used().values()),
            evidence));
  }

  private static boolean isOfBase(CommandRecord command) {
    return command.goal() instanceof Goal.Navigate
        || command.goal() instanceof Goal.Stream stream && stream.isVelocity();
  }

  private Motion motion(CommandRecord command, Progress p) {
    if (!isOfBase(command)) return joints(p);
    Motion base = base(p);
    if (!(command.goal() instanceof Goal.Navigate)) return base;
    if (base == null) return joints(p);
    var at = d.seen.sensed().base();
    base.values().put("baseXMeters", at.x());
    base.values().put("baseYMeters", at.y());
    base.values().put("baseYawRad", yaw(at));
    return base;
  }

  /** Of the turn about z that is nearest, rad. */
  private static double yaw(Sensed.BasePose at) {
    return StrictMath.atan2(
        2 * (at.qw() * at.qz() + at.qx() * at.qy()),
        1 - 2 * (at.qy() * at.qy() + at.qz() * at.qz()));
  }

  private Used used(Motion motion) {
    return new Used(motion.origin().at(d.now), motion.values());
  }

  /**
   * How far a navigation is off is known where its goal is in the frame of the odometry. It is
   * told, not judged: what is near enough is the navigation's own setting.
   */
  private Evidence evidence(CommandRecord command, Motion motion, long settledNanos) {
    double settledMillis =
        settledNanos == Tracking.NEVER
            ? 0
            : (motion.origin().receivedNanos() - settledNanos) / Deciding.NANOS_PER_MILLI;
    if (command.sentGoal() instanceof Goal.Navigate(var goal)
        && goal.getFrame().equals(d.state.accepted().profile().getOdomFrame())
        && motion.values().containsKey("baseYawRad")) {
      double off =
          StrictMath.hypot(
              motion.values().get("baseXMeters") - goal.getXMeters(),
              motion.values().get("baseYMeters") - goal.getYMeters());
      double turn =
          Math.abs(
              StrictMath.IEEEremainder(
                  motion.values().get("baseYawRad") - goal.getYawRad(), 2 * Math.PI));
      if (Double.isFinite(off) && Double.isFinite(turn)) {
        return new Evidence(used(motion), turn, off, settledMillis);
      }
    }
    return new Evidence(used(motion), 0, null, settledMillis);
  }

  private void notAtRest(CommandRecord command, Motion motion, String when) {
    d.ends.cancel(command, "tandem", "not at rest " + when);
    d.commands.finish(
        motion == null
            ? new Event.CommandUnknown(
                command.id(),
                "%s: no fresh sample says whether %s rests"
                    .formatted(when, isOfBase(command) ? "the base (odometry)" : "the body"))
            : new Event.CommandFailed(
                command.id(),
                "tandem.command.not-at-rest",
                Deciding.text("not at rest %s: %s", when, motion.values()),
                new Evidence(used(motion), 0, null, 0)));
  }

  /** Null where no odometry with velocities was seen. */
  private Motion base(Progress p) {
    var base = d.seen.sensed().base();
    if (base == null || base.linearVelocity().length < 3 || base.angularVelocity().length < 3) {
      return null;
    }
    double speed = length(base.linearVelocity());
    double turn = length(base.angularVelocity());
    var values = new TreeMap<String, Double>();
    values.put("baseMetersPerSec", speed);
    values.put("baseRadPerSec", turn);
    Double x = p.start().get("baseXMeters");
    Double y = p.start().get("baseYMeters");
    boolean away =
        speed > BASE_METERS_PER_SEC
            || turn > BASE_RAD_PER_SEC
            || (x != null
                && y != null
                && StrictMath.hypot(base.x() - x, base.y() - y) > MOVED_METERS);
    return new Motion(
        base.origin(), speed < BASE_METERS_PER_SEC && turn < BASE_RAD_PER_SEC, away, values);
  }

  /** By odometry; NaN where it does not say now. */
  double baseMetersPerSec() {
    var base = d.seen.sensed().base();
    return base == null
            || base.linearVelocity().length < 3
            || base.origin().ageMillis(d.now) > d.rules.silenceMillis()
        ? Double.NaN
        : length(base.linearVelocity());
  }

  /** Null where no joint speeds were seen. */
  private Motion joints(Progress p) {
    var joints = d.seen.sensed().joints();
    if (joints == null || joints.velocitiesRadPerSec().length == 0) return null;
    double fastest = 0;
    String name = "";
    int n = Math.min(joints.names().size(), joints.velocitiesRadPerSec().length);
    for (int i = 0; i < n; i++) {
      double speed = Math.abs(joints.velocitiesRadPerSec()[i]);
      if (speed <= fastest) continue;
      fastest = speed;
      name = joints.names().get(i);
    }
    var values = new TreeMap<String, Double>();
    values.put("fastestRadPerSec", fastest);
    if (!name.isEmpty()) values.put(name + "RadPerSec", fastest);
    return new Motion(
        joints.origin(),
        fastest < d.rules.stillRadPerSec(),
        d.evidence.hasMoved(p, joints),
        values);
  }

  private static double length(double[] v) {
    return StrictMath.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
  }
}
