package tandem.robot.schedule;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tandem.robot.guard.Body;
import tandem.robot.guard.GuardEffect;
import tandem.robot.guard.GuardInput;

/**
 * A robot that does what it was last told: its joints go to where they are sent, its base goes as
 * fast as it is told until its own watchdog stops it, or by its own navigation until that ends or
 * is cancelled, whatever else it is told. Times are ns of the schedule.
 */
final class Machine implements AuthorityOracle.Truth {
  static final String ELBOW = "elbow";
  static final String KNEE = "knee";
  static final List<String> JOINTS = List.of(ELBOW, KNEE);
  static final double WATCHDOG_SECONDS = 0.5;
  private static final double REACHED_RAD = 0.06;
  private static final double STILL_RAD_PER_SEC = 0.05;
  private static final double NAVIGATES_METERS_PER_SEC = 0.2;
  private static final long WATCHDOG_NANOS = (long) (WATCHDOG_SECONDS * 1e9);

  /** A course of the joints, piece by piece: from, over, to. */
  private record Course(String commandId, long from, long via, long to, double[] points) {}

  /** Of the cancels of a goal in a row, at most so many are lost. */
  private static final int MOST_LOST = 3;

  /** A goal of the navigation, and how it ends; {@code client}: the guard's process. */
  private record Navigation(String commandId, long client, long to, String status) {}

  private final double slowness;
  private Navigation navigation = new Navigation("", 0, 0, "");
  private boolean told = true;
  private Course course = new Course("", 0, 0, 0, new double[6]);
  private double vx;
  private double wz;
  private long toldBase = Long.MIN_VALUE / 2;
  private boolean alert = true;
  private long client;
  private int lost;

  /**
   * @param slowness takes so many times as long as it was told to
   */
  Machine(double slowness) {
    this.slowness = slowness;
  }

  void tell(GuardEffect effect, long at) {
    switch (effect) {
      case GuardEffect.MoveJoints m -> {
        double[] end = positions(at);
        for (int i = 0; i < m.joints().size(); i++) {
          end[JOINTS.indexOf(m.joints().get(i))] = m.endRad().get(i);
        }
        // To hold is no matter of speed: it holds as soon as it is told to.
        double factor = m.commandId().isEmpty() ? 1 : slowness;
        long nanos = (long) (m.durationSeconds() * factor * 1e9);
        begin(m.commandId(), at, nanos / 2, nanos, null, end);
      }
      case GuardEffect.StreamJoints s -> {
        double[] via = positions(at);
        double[] end = via.clone();
        for (int i = 0; i < s.joints().size(); i++) {
          int joint = JOINTS.indexOf(s.joints().get(i));
          via[joint] = s.positionsRad().get(i);
          end[joint] = s.restRad().get(i);
        }
        begin("", at, (long) (s.seconds() * 1e9), (long) (s.restSeconds() * 1e9), via, end);
      }
      case GuardEffect.MoveBase b -> {
        vx = Math.hypot(b.vx(), b.vy());
        wz = b.wz();
        toldBase = at;
      }
      case GuardEffect.TellStop tell -> alert = !tell.stop();
      default -> {}
    }
  }

  /** Another process of the guard is its client from now on. */
  void meets(long process) {
    client = process;
  }

  /** Takes a goal of the navigation in place of the one before. */
  void navigate(String commandId, long to, String status) {
    navigation = new Navigation(commandId, client, to, status);
    told = false;
    lost = 0;
  }

  /**
   * Cancels what is meant, where the cancel comes through.
   *
   * @param loses the network would lose it
   * @return those that the server says it knows nothing of that runs
   */
  List<GuardInput.GoalEnded> cancel(GuardEffect.CancelGoals cancel, boolean loses, long at) {
    if (loses && lost < MOST_LOST) {
      lost++;
      return List.of();
    }
    lost = 0;
    boolean goes = at < navigation.to;
    if (goes && (cancel.all() || cancel.commands().contains(navigation.commandId))) {
      navigation = new Navigation(navigation.commandId, navigation.client, at, "canceled");
    }
    return cancel.commands().stream()
        .filter(one -> !goes || !one.equals(navigation.commandId))
        .map(one -> new GuardInput.GoalEnded(one, "gone", ""))
        .toList();
  }

  /**
   * How a goal ended of which the guard's process has not been told; only that one waits for it.
   */
  Optional<GuardInput.GoalEnded> ended(long at) {
    if (told || at < navigation.to) return Optional.empty();
    told = true;
    return navigation.client == client
        ? Optional.of(new GuardInput.GoalEnded(navigation.commandId, navigation.status, ""))
        : Optional.empty();
  }

  private void begin(String id, long at, long via, long to, double[] middle, double[] end) {
    double[] start = positions(at);
    double[] points = new double[6];
    for (int i = 0; i < 2; i++) {
      points[i] = start[i];
      points[2 + i] = middle == null ? (start[i] + end[i]) / 2 : middle[i];
      points[4 + i] = end[i];
    }
    course = new Course(id, at, at + via, at + to, points);
  }

  double[] positions(long at) {
    double[] p = course.points;
    if (at >= course.to) return new double[] {p[4], p[5]};
    if (at <= course.from) return new double[] {p[0], p[1]};
    boolean first = at < course.via;
    double whole = first ? course.via - course.from : course.to - course.via;
    double s = whole == 0 ? 1 : (at - (first ? course.from : course.via)) / whole;
    int from = first ? 0 : 2;
    return new double[] {
      p[from] + (p[from + 2] - p[from]) * s, p[from + 1] + (p[from + 3] - p[from + 1]) * s
    };
  }

  double[] velocities(long at) {
    double[] p = course.points;
    if (at >= course.to || at < course.from) return new double[2];
    boolean first = at < course.via;
    double seconds = (first ? course.via - course.from : course.to - course.via) / 1e9;
    int from = first ? 0 : 2;
    return new double[] {(p[from + 2] - p[from]) / seconds, (p[from + 3] - p[from + 1]) / seconds};
  }

  double baseSpeed(long at) {
    if (at < navigation.to) return NAVIGATES_METERS_PER_SEC;
    return at - toldBase > WATCHDOG_NANOS ? 0 : vx;
  }

  private double baseTurn(long at) {
    return at - toldBase > WATCHDOG_NANOS ? 0 : wz;
  }

  /**
   * Whether its joints still go where this command sent them, and further than where a guard takes
   * a goal for reached; or its base navigates to where this command sent it.
   */
  @Override
  public boolean follows(String commandId, long at) {
    if (navigation.commandId.equals(commandId)) return at < navigation.to;
    if (!course.commandId.equals(commandId) || at >= course.to) return false;
    double[] q = positions(at);
    double left = Math.max(Math.abs(course.points[4] - q[0]), Math.abs(course.points[5] - q[1]));
    return left > REACHED_RAD && fastest(at) > STILL_RAD_PER_SEC;
  }

  @Override
  public boolean stands(long at) {
    return baseSpeed(at) < 0.03;
  }

  boolean rests(long at) {
    return fastest(at) < STILL_RAD_PER_SEC && stands(at);
  }

  private double fastest(long at) {
    double[] v = velocities(at);
    return Math.max(Math.abs(v[0]), Math.abs(v[1]));
  }

  boolean isAlert() {
    return alert;
  }

  /**
   * As its samples show it.
   *
   * @param zero the schedule's time at which the reader's clock stood at 0
   */
  Body body(long at, long zero) {
    double[] q = positions(at);
    Map<String, Body.Joint> joints = new LinkedHashMap<>(4);
    for (int i = 0; i < 2; i++) joints.put(JOINTS.get(i), new Body.Joint(q[i], at - zero));
    long still = fastest(at) > STILL_RAD_PER_SEC ? Body.MOVING : Math.min(at, course.to) - zero;
    return new Body(
        joints,
        still,
        Double.NaN,
        0,
        new Body.Base(baseSpeed(at), Math.abs(baseTurn(at)), at - zero),
        Body.Feet.UNKNOWN);
  }
}
