package tandem.deploy.story;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import tandem.deploy.client.Api;
import tandem.deploy.client.Out;
import tandem.deploy.drill.HeldControl;
import tandem.deploy.drill.Relay;
import tandem.deploy.drill.Stage;
import tandem.deploy.node.Child;
import tandem.proto.body.Body;
import tandem.proto.body.Pose;
import tandem.proto.body.Urdf;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.ReachGoal;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;

/**
 * Where a scene is played: two operators, the cable of the robot's side, who pushes, and the twin
 * as any viewer sees it through the API. One thread.
 */
final class Theatre implements AutoCloseable {
  static final String ROBOT = "ada";

  /** Enough for a machine that does other things too. */
  static final Duration PATIENCE = Duration.ofSeconds(40);

  private static final Duration LINGER = Duration.ofSeconds(3);
  private static final Duration STEP = Duration.ofMillis(20);
  static final Duration AGAIN = Duration.ofMillis(100);

  final Operator kim;
  final Operator sam;

  /** Between the robot's side (robot and guard) and the node. */
  final Relay cable;

  private final Api api;
  private final Child robot;
  private final boolean watched;
  private final CountDownLatch never = new CountDownLatch(1);
  private Body body;
  private Map<String, Object> tips = Map.of();
  private Span playback;

  /** What a person notices while a stick is held. */
  static final class Grips {
    private final List<Double> agesMillis = new ArrayList<>();
    private final List<Double> roundTripsMillis = new ArrayList<>();
    private int count;

    private void notice(TeleopState told) {
      if (told == null || told.getNumber() == 0 || !told.getAccepted()) return;
      agesMillis.add(told.getAgeMs());
      roundTripsMillis.add(told.getGuardRoundTripMs());
    }

    /** How often the control was let go by rule. */
    int lapses() {
      return count - 1;
    }

    /** Of what the person saw, median; NaN where nothing was told. */
    double ageMillis() {
      return median(agesMillis);
    }

    /** Node to guard and back, median; NaN where nothing was told. */
    double roundTripMillis() {
      return median(roundTripsMillis);
    }

    private static double median(List<Double> values) {
      var sorted = values.stream().sorted().toList();
      return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
    }
  }

  /** Recorded time that the console is to play. */
  record Span(Instant from, Instant to) {}

  /**
   * @param api of the viewer, beside the node
   * @param operators the same API through the operators' link
   * @param robot listens for pushes on its stdin
   * @param watched a person looks on, and has to see each state for a while
   */
  Theatre(String api, String operators, Relay cable, Child robot, boolean watched) {
    this.watched = watched;
    this.api = new Api(api);
    this.kim = new Operator("kim", ROBOT, new Api(operators));
    this.sam = new Operator("sam", ROBOT, new Api(operators));
    this.cable = cable;
    this.robot = robot;
  }

  Map<String, Object> twin() {
    return Stage.twin(api, ROBOT);
  }

  Map<String, Object> command(String id) {
    return Stage.object(api.get("/api/commands/" + Api.escape(id)));
  }

  List<Map<String, Object>> commands() {
    return api.list("/api/twins/" + ROBOT + "/commands?atMost=50");
  }

  /** Events that led to and followed from a command. */
  List<Map<String, Object>> explained(String id) {
    return api.list("/api/audit/explain/" + Api.escape(id));
  }

  /** Recorded postures, 25 a second. */
  Map<String, Object> played(Span span) {
    return Stage.object(
        api.get(
            "/api/audit/playback/%s?from=%s&to=%s&hz=25".formatted(ROBOT, span.from(), span.to())));
  }

  /** Lets the console play it too, until the story ends. */
  void show(Span span) {
    playback = span;
  }

  Span shown() {
    return playback;
  }

  /** Whoever pushes the robot does so from now on, in the words of {@code tandem robot --push}. */
  void push(String script) {
    robot.tell(script);
  }

  /** Waits for the robot as the twin sees it; gives that view. */
  Map<String, Object> awaitTwin(
      String what, Duration within, Predicate<Map<String, Object>> wanted) {
    long until = System.nanoTime() + within.toNanos();
    while (true) {
      var twin = twin();
      if (wanted.test(twin)) return twin;
      if (System.nanoTime() > until)
        throw new NotSeen(
            "%s: not within %s; the twin says %s"
                .formatted(
                    what,
                    words(within),
                    Out.toJson(
                        Out.fields(
                            "mode", twin.get("mode"),
                            "ageMs", twin.get("ageMs"),
                            "body", twin.get("body"),
                            "stop", twin.get("stop"),
                            "lease", twin.get("lease")))));
      pause(STEP);
    }
  }

  /**
   * Takes hold of a stick and holds it until the robot is as wanted; it stays held. Where it is let
   * go by rule on the way (a link or a machine that was too slow), the person grips anew and goes
   * on from where the robot is.
   *
   * @param path from the robot as it is then: the target, read for each setpoint, with the seconds
   *     since the grip
   * @param grips what the person noticed
   */
  HeldControl follow(
      Operator operator,
      String kind,
      String what,
      Function<Map<String, Object>, Function<Double, TeleopSetpoint.Builder>> path,
      Predicate<Map<String, Object>> wanted,
      Grips grips) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      var stick = operator.stick(kind);
      if (!stick.open()) {
        stick.close();
        if (Stage.isForNow(stick.command()) && System.nanoTime() < until) {
          pause(AGAIN);
          continue;
        }
        throw new NotSeen(
            "%s was not given the %s stick: %s"
                .formatted(operator.name(), kind, stick.command().get("why")));
      }
      grips.count++;
      stick.hold(path.apply(twin()));
      while (!isOver(stick)) {
        grips.notice(stick.told());
        if (wanted.test(twin())) return stick;
        if (System.nanoTime() > until) break;
        pause(STEP);
      }
      String fared = fared(stick);
      stick.close();
      if (System.nanoTime() > until)
        throw new NotSeen(
            "%s: not within %s and %d grips; %s"
                .formatted(what, words(PATIENCE), grips.count, fared));
      awaitCommandable();
    }
  }

  private static boolean isOver(HeldControl stick) {
    return stick.closed() || !stick.state().isEmpty() && isFinal(stick.state());
  }

  private String fared(HeldControl stick) {
    return "stick %s: state %s (%s), %d said, %d refused, %s"
        .formatted(
            stick.id(),
            stick.state(),
            command(stick.id()).get("why"),
            stick.said(),
            stick.refused(),
            stick.why());
  }

  /** Live, upright, and its guard heard on the robot's own link. */
  Map<String, Object> awaitCommandable() {
    return awaitTwin(
        "the robot live with its guard",
        PATIENCE,
        twin ->
            "live".equals(twin.get("mode"))
                && "standing".equals(twin.get("body"))
                && "robot".equals(twin.get("guardPath"))
                && age(twin) < 250
                && Stage.at(twin, "lease", "guardSeenMs") instanceof Number seen
                && seen.doubleValue() < 500);
  }

  /** Waits for a command's state. */
  Map<String, Object> awaitCommand(String id, String what, Predicate<String> wanted) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      var command = command(id);
      if (wanted.test(String.valueOf(command.get("state")))) return command;
      if (System.nanoTime() > until)
        throw new NotSeen(
            "%s: not within %s; command %s is %s: %s"
                .formatted(what, words(PATIENCE), id, command.get("state"), command.get("why")));
      pause(STEP);
    }
  }

  /** Looks again and again for so long; the largest of what was found. */
  double largest(Duration time, java.util.function.ToDoubleFunction<Map<String, Object>> of) {
    long until = System.nanoTime() + time.toNanos();
    double largest = Double.NEGATIVE_INFINITY;
    do {
      largest = Math.max(largest, of.applyAsDouble(twin()));
      pause(STEP);
    } while (System.nanoTime() < until);
    return largest;
  }

  static boolean isFinal(String state) {
    return switch (state) {
      case "created", "accepted", "sent", "executing" -> false;
      default -> true;
    };
  }

  /** Of the newest values, ms; endless where there are none. */
  static double age(Map<String, Object> twin) {
    return twin.get("ageMs") instanceof Number age ? age.doubleValue() : Double.POSITIVE_INFINITY;
  }

  /** Angles by joint, rad. */
  static Map<String, Double> angles(Map<String, Object> twin) {
    var angles = new HashMap<String, Double>();
    if (Stage.at(twin, "joints", "names") instanceof List<?> names
        && Stage.at(twin, "joints", "positionsRad") instanceof List<?> positions)
      for (int i = 0; i < names.size(); i++)
        angles.put((String) names.get(i), ((Number) positions.get(i)).doubleValue());
    return angles;
  }

  /** Where a hand is in the base frame, by the robot's own description. */
  Pose hand(String tip, Map<String, Object> twin) {
    if (body == null) {
      body = Urdf.parse(api.get("/api/twins/" + ROBOT + "/description"));
      if (Stage.at(Stage.object(api.get("/api/twins/" + ROBOT + "/profile")), "tips")
          instanceof Map<?, ?> known)
        for (var entry : known.entrySet()) {
          tips = new HashMap<>(tips);
          tips.put((String) entry.getKey(), entry.getValue());
        }
    }
    if (!(tips.get(tip) instanceof String link))
      throw new NotSeen("tip %s: the profile names %s".formatted(tip, tips.keySet()));
    return body.pose(link, angles(twin));
  }

  /** A setpoint that leads a hand. */
  static TeleopSetpoint.Builder towards(String tip, double[] at) {
    return TeleopSetpoint.newBuilder()
        .setReach(
            ReachGoal.newBuilder()
                .setTip(tip)
                .setFrame("base_link")
                .setPose(
                    tandem.proto.v1.Pose.newBuilder()
                        .setXMeters(at[0])
                        .setYMeters(at[1])
                        .setZMeters(at[2])
                        .setQw(1)));
  }

  /** A setpoint that leads a joint. */
  static TeleopSetpoint.Builder towards(String joint, double rad) {
    return TeleopSetpoint.newBuilder()
        .setJoint(
            JointGoal.newBuilder()
                .addTargets(JointTarget.newBuilder().setJoint(joint).setPositionRad(rad)));
  }

  /** Where a person looks on: leaves what is shown for a while. */
  void linger() {
    if (watched) pause(LINGER);
  }

  boolean watched() {
    return watched;
  }

  /** Lets time pass. */
  void pause(Duration time) {
    try {
      if (never.await(time.toNanos(), TimeUnit.NANOSECONDS))
        throw new IllegalStateException("nobody opens this latch");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  static String words(Duration time) {
    return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
  }

  @Override
  public void close() {
    kim.close();
    sam.close();
    api.close();
  }
}
