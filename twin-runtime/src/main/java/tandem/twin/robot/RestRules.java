package tandem.twin.robot;

import java.util.TreeMap;
import tandem.proto.event.Event;
import tandem.proto.event.Evidence;
import tandem.proto.event.Goal;
import tandem.proto.event.Used;
import tandem.twin.robot.Tracking.Progress;

/**
 * When a command that has no goal to reach is done: a stream once its control was let go and the
 * body rests, a stance once the posture is still. Rest of the base is by odometry, of the joints by
 * their measured speeds. Part of one {@link Deciding}.
 */
final class RestRules {
  /** Of the base, m/s and rad/s (design, section 4; the turn is ours). */
  private static final double BASE_METERS_PER_SEC = 0.03;

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
    Motion motion = isOfBase(command) ? base(p) : joints(p);
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
        command.goal() instanceof Goal.Stream
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
              command.id(), motion.origin().receivedWallNanos(), evidence(motion, settled)));
    } else if (p.letGoNanos() != Tracking.NEVER && d.sinceMillis(p.letGoNanos()) > REST_MILLIS) {
      notAtRest(command, fresh ? motion : null, "%d ms after letting go".formatted(REST_MILLIS));
    } else if (d.now > p.endByNanos()) {
      notAtRest(command, fresh ? motion : null, "at endBy");
    }
  }

  private static boolean isOfBase(CommandRecord command) {
    return command.goal() instanceof Goal.Stream stream && stream.isVelocity();
  }

  private Used used(Motion motion) {
    return new Used(motion.origin().at(d.now), motion.values());
  }

  private Evidence evidence(Motion motion, long settledNanos) {
    double settledMillis =
        (motion.origin().receivedNanos() - settledNanos) / Deciding.NANOS_PER_MILLI;
    return new Evidence(used(motion), 0, null, settledMillis);
  }

  private void notAtRest(CommandRecord command, Motion motion, String when) {
    d.commands.cancelAtGuard(command, "tandem", "not at rest " + when);
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
