package tandem.robot.guard;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Follows the robot's samples, from whichever link they come first. No clock of its own. Times are
 * nanoseconds of the guard's monotonic clock since its start; thread-safe.
 *
 * <p>A sample is as old as it took on its way: how much longer it took than the fastest one of its
 * publisher is taken off its time of receipt, so that samples which a paused node lets go in a
 * burst do not pass for new ones. The fastest way is forgotten at 200 ppm, for clocks that drift,
 * and at once when a delay above 10 s shows that a clock was set. A clock that was set back by less
 * shows in times that go back while the samples come in order: the delay stays as it was.
 */
final class BodyTracker {
  private static final int MAX_JOINTS = 512;
  private static final int MAX_PUBLISHERS = 32;
  private static final long CLOCK_SET_NANOS = 10_000_000_000L;
  private static final double DRIFT = 200e-6;

  /** Less than this over 300 ms is a mean speed below 0.05 rad/s. */
  private static final double STILL_RAD = 0.015;

  private static final long GAP_NANOS = 500_000_000;
  private static final double FOOT_SECONDS = 0.1;
  private static final long WEIGHT_NANOS = 2_000_000_000;
  private static final long ODOMETRY_FIRST_NANOS = 1_000_000_000;

  private static final class Publisher {
    long sequence = Long.MIN_VALUE;
    double fastestNanos = Double.NaN;
    long lastNanos;
    long lastSourceNanos = Long.MIN_VALUE;
    double lastDelayNanos;
  }

  private final Map<String, Publisher> publishers =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Publisher> eldest) {
          return size() > MAX_PUBLISHERS;
        }
      };
  private final Map<String, Body.Joint> joints = new LinkedHashMap<>();
  private final Map<String, Double> anchors = new HashMap<>();
  private long stillSinceNanos = Body.MOVING;
  private long newestNanos;
  private double tiltRad = Double.NaN;
  private long tiltNanos;
  private long odometryNanos = Long.MIN_VALUE;
  private Body.Base base = Body.Base.UNKNOWN;
  private String odometryOf = "";
  private Stature stature = new Stature();
  private final double[] footNewtons = {Double.NaN, Double.NaN};
  private final long[] footNanos = new long[2];
  private double weightNewtons;
  private double leastCarried = Double.MAX_VALUE;
  private long leastSinceNanos;

  /**
   * What came with a sample.
   *
   * @param publisher stable name
   * @param sequence -1 where the wire has none
   * @param sourceNanos sender's clock; -1 where the wire has none
   * @param receivedNanos guard's clock
   */
  record Origin(String publisher, long sequence, long sourceNanos, long receivedNanos) {}

  /** When it was measured, as far as one can know; {@link Long#MIN_VALUE}: it came before. */
  private long measured(Origin origin) {
    Publisher publisher = publishers.computeIfAbsent(origin.publisher(), name -> new Publisher());
    if (origin.sequence() >= 0) {
      if (origin.sequence() <= publisher.sequence) {
        return Long.MIN_VALUE;
      }
      publisher.sequence = origin.sequence();
    }
    if (origin.sourceNanos() < 0) {
      return origin.receivedNanos();
    }
    double offset = (double) origin.receivedNanos() - origin.sourceNanos();
    double forgotten = DRIFT * Math.max(0, origin.receivedNanos() - publisher.lastNanos);
    publisher.lastNanos = origin.receivedNanos();
    double fastest = publisher.fastestNanos + forgotten;
    if (origin.sequence() >= 0 && origin.sourceNanos() < publisher.lastSourceNanos) {
      fastest = offset - publisher.lastDelayNanos;
    }
    if (Double.isNaN(fastest) || offset < fastest || offset - fastest > CLOCK_SET_NANOS) {
      fastest = offset;
    }
    publisher.fastestNanos = fastest;
    publisher.lastSourceNanos = origin.sourceNanos();
    publisher.lastDelayNanos = offset - fastest;
    return origin.receivedNanos() - (long) (offset - fastest);
  }

  /** Positions that are not finite count as not measured. */
  synchronized void joints(Origin origin, List<String> names, double[] positionsRad) {
    long nanos = measured(origin);
    if (nanos == Long.MIN_VALUE || nanos < newestNanos) {
      return;
    }
    if (nanos - newestNanos > GAP_NANOS) {
      anchors.clear();
    }
    boolean moved = anchors.isEmpty();
    int count = Math.min(names.size(), positionsRad.length);
    for (int i = 0; i < count; i++) {
      String name = names.get(i);
      if (!Double.isFinite(positionsRad[i])
          || joints.size() >= MAX_JOINTS && !joints.containsKey(name)) {
        continue;
      }
      joints.put(name, new Body.Joint(positionsRad[i], nanos));
      Double anchor = anchors.get(name);
      if (anchor == null) {
        anchors.put(name, positionsRad[i]);
      } else if (Math.abs(positionsRad[i] - anchor) > STILL_RAD) {
        moved = true;
      }
    }
    if (moved) {
      joints.forEach((name, joint) -> anchors.put(name, joint.positionRad()));
      stillSinceNanos = nanos;
    }
    newestNanos = nanos;
    joints.values().removeIf(joint -> newestNanos - joint.measuredNanos() > 60 * GAP_NANOS);
    anchors.keySet().retainAll(joints.keySet());
  }

  /**
   * Orientation of the base in the world, its height and its speed; a quaternion that is not of
   * unit length says nothing. What one publisher said of the height counts for no other.
   */
  synchronized void odometry(
      Origin origin,
      double qx,
      double qy,
      double qz,
      double qw,
      double heightMeters,
      double metersPerSec,
      double radPerSec) {
    odometryNanos = origin.receivedNanos();
    long nanos = measured(origin);
    if (nanos == Long.MIN_VALUE) {
      return;
    }
    tilt(nanos, qx, qy, qz, qw);
    if (!origin.publisher().equals(odometryOf)) {
      odometryOf = origin.publisher();
      stature = new Stature();
    }
    stature.seen(heightMeters, tiltRad, nanos);
    if (Double.isFinite(metersPerSec) && Double.isFinite(radPerSec)) {
      base = new Body.Base(metersPerSec, radPerSec, nanos);
    }
  }

  /** Load of a foot, in newtons. */
  synchronized void foot(Origin origin, boolean left, double newtons) {
    long nanos = measured(origin);
    if (nanos == Long.MIN_VALUE || !Double.isFinite(newtons)) {
      return;
    }
    int foot = left ? 0 : 1;
    double seconds = Math.max(0, nanos - footNanos[foot]) / 1e9;
    double share = Double.isNaN(footNewtons[foot]) ? 1 : 1 - Math.exp(-seconds / FOOT_SECONDS);
    footNewtons[foot] =
        Double.isNaN(footNewtons[foot])
            ? newtons
            : footNewtons[foot] + share * (newtons - footNewtons[foot]);
    footNanos[foot] = nanos;
    double carried = footNewtons[0] + footNewtons[1];
    if (Double.isNaN(carried)) {
      return;
    }
    // What both carry for two seconds at least: the least of a window that starts anew with it.
    if (carried < leastCarried || nanos - leastSinceNanos > 2 * WEIGHT_NANOS) {
      leastCarried = carried;
      leastSinceNanos = nanos;
    } else if (nanos - leastSinceNanos >= WEIGHT_NANOS) {
      weightNewtons = Math.max(weightNewtons, leastCarried);
      leastCarried = carried;
      leastSinceNanos = nanos;
    }
  }

  /** Orientation of the inertial sensor in the world; counts where no odometry comes. */
  synchronized void attitude(Origin origin, double qx, double qy, double qz, double qw) {
    if (odometryNanos == Long.MIN_VALUE
        || origin.receivedNanos() - odometryNanos > ODOMETRY_FIRST_NANOS) {
      long nanos = measured(origin);
      if (nanos != Long.MIN_VALUE) {
        tilt(nanos, qx, qy, qz, qw);
      }
    }
  }

  private void tilt(long nanos, double qx, double qy, double qz, double qw) {
    double norm = Math.sqrt(qx * qx + qy * qy + qz * qz + qw * qw);
    if (!(Math.abs(norm - 1) < 0.1)) {
      return;
    }
    // The world's z part of the body's z axis is 1 - 2 (x^2 + y^2) for a unit quaternion.
    double up = 1 - 2 * (qx * qx + qy * qy) / (norm * norm);
    tiltRad = Math.acos(Math.max(-1, Math.min(1, up)));
    tiltNanos = nanos;
  }

  /** What is known now. */
  synchronized Body body() {
    return new Body(
        joints,
        anchors.isEmpty() ? Body.MOVING : stillSinceNanos,
        tiltRad,
        tiltNanos,
        base,
        new Body.Feet(
            footNewtons[0], footNewtons[1], weightNewtons, Math.min(footNanos[0], footNanos[1])),
        stature.height());
  }
}
