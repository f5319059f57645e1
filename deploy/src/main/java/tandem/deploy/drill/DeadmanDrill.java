package tandem.deploy.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tandem.deploy.client.Api;
import tandem.deploy.client.Out;
import tandem.deploy.node.Child;

/**
 * The person lapses, again and again, in every class, while the robot is pushed: each time it comes
 * to rest in time, and not once where the hand only sits behind a bad link.
 */
final class DeadmanDrill implements Drill {
  private static final int LAPSES = 30;
  private static final int TELEOP_SECONDS = 600;
  private static final int RENEWED_SECONDS = 20;
  private static final double DISCRETE_WITHIN_MILLIS = 1_700;

  /** From standing to a squat, 0.3 m at 0.12 m/s, and to rest. */
  private static final double STANCE_WITHIN_MILLIS = 3_800;

  /** So long the guard lets a navigation go on unheld; then as velocity. */
  private static final double NAVIGATE_LAPSE_MILLIS = 5_000;

  private static final double NAVIGATE_WITHIN_MILLIS =
      NAVIGATE_LAPSE_MILLIS + Motions.VELOCITY.withinMillis();

  /** The newest keep-alive may have come so long before the node was paused. */
  private static final double KEPT_MILLIS = 300;

  /** Farther than the base comes until it lapses: 0.4 m/s. */
  private static final double FAR_METERS = 4;

  private static final double GOES = 0.3;
  private static final Duration RESTS = Duration.ofSeconds(20);
  private static final String KNEE = "left_knee";

  /** Balance moves them under a push, so that they are never as still as an arm. */
  private static final List<String> LEGS =
      Stream.of("left", "right")
          .flatMap(
              side ->
                  Stream.of(
                      side + "_hip_yaw",
                      side + "_hip_roll",
                      side + "_hip_pitch",
                      side + "_knee",
                      side + "_ankle_pitch",
                      side + "_ankle_roll"))
          .toList();

  /** What legs that only balance keep, rad/s; a stance moves the knees four times as fast. */
  private static final double LEGS_STILL = 0.15;

  /** The longest between two pushes. */
  private static final double PUSH_SECONDS = 6;

  private static final Duration SWAYS = Duration.ofSeconds(12);
  private static final double SQUATS_RAD = 0.8;
  private static final String BY = "drill";
  private static final Relay.Weather BAD_LINK =
      new Relay.Weather(Duration.ofMillis(40), Duration.ofMillis(20), 0.01, Duration.ofMillis(120));

  @Override
  public String name() {
    return "deadman";
  }

  @Override
  public String about() {
    return "30 lapses in each class (velocity, joint, reach, discrete, navigate, stance) under"
        + " pushes: at rest in time, no fall; then 10 minutes of teleoperation over 40 +- 20 ms"
        + " with stalls: not one needless trip";
  }

  @Override
  public Verdict run(Stage stage) {
    var verdict = new Verdict();
    var place = stage.place("edge");
    var edge = stage.edge(place);
    var api = stage.api(place);
    var witness = stage.keep(new Witness("ada"));
    stage.robot(
        "ada",
        List.of("--base", "assisted", "--push", "seeded:2-4"),
        place.zenohEndpoint(),
        place.guardEndpoint(),
        witness.endpoint());
    stage.awaitCommandable(api, "ada");
    witness.hearGuard(place.guardEndpoint());
    witness.guardTold(stage, "deadmanTrips");
    stage.lease(api, "ada", BY);
    var table = new ArrayList<Map<String, Object>>();
    verdict.figure("swayOfTheArm", sway(stage, witness, Motions.ARM));
    verdict.figure("swayOfTheLegs", sway(stage, witness, LEGS));
    for (var motion : Motions.values())
      table.add(
          pushed(stage, verdict, witness, () -> lapses(stage, verdict, api, witness, motion)));
    table.add(pushed(stage, verdict, witness, () -> discrete(stage, verdict, api, witness, edge)));
    table.add(
        pushed(stage, verdict, witness, () -> navigations(stage, verdict, api, witness, edge)));
    table.add(pushed(stage, verdict, witness, () -> stances(stage, verdict, api, witness, edge)));
    verdict.figure("classes", table);
    long pushes = table.stream().mapToLong(row -> (Long) row.get("pushes")).sum();
    verdict.figure("pushes", pushes).expect("pushed during the lapses", pushes > 0, pushes);
    nuisance(stage, verdict, place, api, witness);
    long falls = witness.told(stage, "falls");
    return verdict.figure("falls", falls).expect("no fall", falls == 0, falls);
  }

  /** How fast these joints get while the robot only stands and is pushed, rad/s. */
  private static double sway(Stage stage, Witness witness, List<String> joints) {
    witness.watch(joints.getFirst(), joints, LEGS_STILL);
    stage.await("all joints to be told", RESTS, () -> Double.isFinite(witness.fastestJoint()));
    double most = 0;
    for (long from = System.nanoTime(); System.nanoTime() - from < SWAYS.toNanos(); ) {
      most = Math.max(most, witness.fastestJoint());
      stage.pause(Duration.ofMillis(5));
    }
    return Math.rint(most * 1e3) / 1e3;
  }

  /**
   * The robot's own count has to rise meanwhile: else nothing was shown under pushes. One comes
   * every 4 to 6 s of its time.
   */
  private static Map<String, Object> pushed(
      Stage stage, Verdict verdict, Witness witness, Supplier<Map<String, Object>> lapses) {
    long before = witness.told(stage, "pushes");
    long from = System.nanoTime();
    var row = lapses.get();
    double seconds = (System.nanoTime() - from) / 1e9;
    long pushes = witness.told(stage, "pushes") - before;
    row.put("pushes", pushes);
    row.put("seconds", Math.rint(seconds));
    double least = Math.floor(seconds / (2 * PUSH_SECONDS));
    verdict.expect(
        "%s: %.0f pushes or more in %.0f s".formatted(row.get("class"), least, seconds),
        pushes >= least,
        pushes);
    return row;
  }

  private static Map<String, Object> lapses(
      Stage stage, Verdict verdict, Api api, Witness witness, Motions motion) {
    if (motion == Motions.REACH) toStart(stage, api);
    var millis = new double[stage.times(LAPSES)];
    var layers = new ArrayList<String>();
    double undisturbed = 0;
    for (int i = 0; i < millis.length; i++) {
      stage.lease(api, "ada", BY);
      if (motion == Motions.JOINT) bendBack(stage, api, witness);
      long tripsBefore = witness.guardCounter("deadmanTrips");
      long robotBefore = witness.diagnosed("velocity_lapses");
      try (var control = motion.begin(stage, api, witness, BY, i)) {
        long frozen = control.freeze();
        long pushesBefore = witness.diagnosed("pushes");
        millis[i] = motion.stillAfter(stage, witness, frozen);
        if (witness.told(stage, "pushes") == pushesBefore)
          undisturbed = Math.max(undisturbed, millis[i]);
        stage.await(
            "%s, lapse %d: the layer that stopped it to be known (%d setpoints taken)"
                .formatted(motion.kind(), i + 1, control.accepted()),
            Duration.ofSeconds(5),
            () ->
                witness.guardCounter("deadmanTrips") > tripsBefore
                    || witness.diagnosed("velocity_lapses") > robotBefore);
        layers.add(witness.guardCounter("deadmanTrips") > tripsBefore ? "guard" : "robot");
        stage.await("the end of the command", Duration.ofSeconds(20), () -> over(api, control));
      }
    }
    var row = row(verdict, motion.kind(), layers, millis, motion.withinMillis());
    row.put("slowestWithoutPushMillis", Math.rint(undisturbed));
    return row;
  }

  private static boolean over(Api api, HeldControl control) {
    var state = String.valueOf(Stage.object(api.get("/api/commands/" + control.id())).get("state"));
    return !state.equals("sent") && !state.equals("executing");
  }

  private static void toStart(Stage stage, Api api) {
    var reached =
        Stage.object(
            api.post(
                "/api/twins/ada/commands",
                """
                {"robot":"ada","by":"%s","expiresSeconds":2,"reach":{"tip":"left_hand",
                "frame":"base_link","pose":{"xMeters":0.30,"yMeters":0.25,"zMeters":0.10,"qw":1},
                "durationSeconds":2}}\
                """
                    .formatted(BY)));
    var end = Stage.object(api.get("/api/commands/" + reached.get("id") + "?wait=20s"));
    if (!"done".equals(end.get("state")))
      throw new IllegalStateException("the hand did not come to its start: " + end.get("why"));
  }

  private static void bendBack(Stage stage, Api api, Witness witness) {
    if (witness.angle(Motions.ELBOW) < 1.0) return;
    var moved = stage.move(api, "ada", BY, Motions.ELBOW, 0.4, 1.5);
    Stage.object(api.get("/api/commands/" + moved.get("id") + "?wait=20s"));
  }

  /** The twin's node is paused: its keep-alives of the lease end. */
  private static Map<String, Object> discrete(
      Stage stage, Verdict verdict, Api api, Witness witness, Child edge) {
    var millis = new double[stage.times(LAPSES)];
    var layers = new ArrayList<String>();
    for (int i = 0; i < millis.length; i++) {
      stage.lease(api, "ada", BY);
      Motions.watchArm(witness);
      double to = witness.angle(Motions.ELBOW) > 1.0 ? 0.1 : 2.2;
      var command = stage.move(api, "ada", BY, Motions.ELBOW, to, 4.5);
      if ("refused".equals(command.get("state")))
        throw new IllegalStateException("joint was not taken: " + command.get("why"));
      stage.await("the motion", Duration.ofSeconds(10), () -> witness.jointSpeed() > 0.15);
      millis[i] = nodePaused(stage, witness, edge, from -> jointRests(stage, witness, from));
      layers.add("guard");
      over(stage, api, command);
    }
    return row(verdict, "discrete", layers, millis, DISCRETE_WITHIN_MILLIS);
  }

  private static double jointRests(Stage stage, Witness witness, long fromNanos) {
    return witness.jointStillAfter(stage, fromNanos, Duration.ofSeconds(10));
  }

  /** There and back, each time to a place that it does not reach before its lapse. */
  private static Map<String, Object> navigations(
      Stage stage, Verdict verdict, Api api, Witness witness, Child edge) {
    var millis = new double[stage.times(LAPSES)];
    var layers = new ArrayList<String>();
    for (int i = 0; i < millis.length; i++) {
      stage.lease(api, "ada", BY);
      double x = witness.baseX() + (i % 2 == 0 ? FAR_METERS : -FAR_METERS);
      var command =
          stage.taken(
              api,
              BY,
              "\"navigate\":{\"frame\":\"odom\",\"xMeters\":%s,\"withinSeconds\":60}".formatted(x));
      stage.await("the base on its way", Duration.ofSeconds(10), () -> witness.baseSpeed() > GOES);
      millis[i] =
          nodePaused(stage, witness, edge, from -> witness.baseStillAfter(stage, from, RESTS));
      layers.add("guard");
      verdict
          .expect(
              "navigate %d: goes on until it lapses".formatted(i + 1),
              millis[i] > NAVIGATE_LAPSE_MILLIS - KEPT_MILLIS,
              millis[i])
          .expect(
              "navigate %d: ends far from its place".formatted(i + 1),
              Math.abs(x - witness.baseX()) > FAR_METERS / 4,
              x - witness.baseX());
      over(stage, api, command);
    }
    return row(verdict, "navigate", layers, millis, NAVIGATE_WITHIN_MILLIS);
  }

  /**
   * Once nothing renews the robot's lease any more.
   *
   * @param still milliseconds from an instant of the monotonic clock until the robot is still
   */
  private static double nodePaused(
      Stage stage, Witness witness, Child edge, LongToDoubleFunction still) {
    long tripsBefore = witness.guardCounter("deadmanTrips");
    long from = System.nanoTime();
    double millis;
    Stage.signal("-STOP", edge.pid());
    try {
      millis = still.applyAsDouble(from);
    } finally {
      Stage.signal("-CONT", edge.pid());
    }
    stage.await(
        "the guard's count",
        Duration.ofSeconds(5),
        () -> witness.guardCounter("deadmanTrips") > tripsBefore);
    return millis;
  }

  /** Waits until the twin knows the end of the command, and the robot takes another. */
  private static void over(Stage stage, Api api, Map<String, Object> command) {
    api.get("/api/commands/" + command.get("id") + "?wait=20s");
    stage.awaitCommandable(api, "ada");
  }

  /** Never cut half-way: without its lease holder a stance goes on to its end, and rests there. */
  private static Map<String, Object> stances(
      Stage stage, Verdict verdict, Api api, Witness witness, Child edge) {
    var millis = new double[stage.times(LAPSES)];
    var layers = new ArrayList<String>();
    witness.watch(KNEE, LEGS, LEGS_STILL);
    double upright = witness.angle(KNEE);
    for (int i = 0; i < millis.length; i++) {
      stage.lease(api, "ada", BY);
      boolean down = i % 2 == 0;
      var command =
          stage.taken(
              api, BY, "\"stance\":{\"stance\":\"%s\"}".formatted(down ? "squat" : "stand"));
      stage.await("the stance", Duration.ofSeconds(10), () -> witness.jointSpeed() > 0.15);
      millis[i] = nodePaused(stage, witness, edge, from -> jointRests(stage, witness, from));
      layers.add("its own end");
      double bent = witness.angle(KNEE) - upright;
      verdict.expect(
          "stance %d: reached, not cut half-way".formatted(i + 1),
          down ? bent > SQUATS_RAD : bent < SQUATS_RAD / 4,
          bent);
      over(stage, api, command);
    }
    return row(verdict, "stance", layers, millis, STANCE_WITHIN_MILLIS);
  }

  private static Map<String, Object> row(
      Verdict verdict, String kind, List<String> layers, double[] millis, double within) {
    var sorted = millis.clone();
    Arrays.sort(sorted);
    double p50 = sorted[sorted.length / 2];
    double p99 = sorted[Math.min(sorted.length - 1, (int) Math.ceil(sorted.length * 0.99) - 1)];
    verdict.expect(kind + ": at rest within " + within + " ms", p99 <= within, p99);
    return Out.fields(
        "class",
        kind,
        "lapses",
        sorted.length,
        "stoppedBy",
        layers.stream().distinct().sorted().toList(),
        "p50Millis",
        Math.rint(p50),
        "p99Millis",
        Math.rint(p99));
  }

  /** A hand that never lapses, behind a bad link. */
  private static void nuisance(
      Stage stage, Verdict verdict, Stage.Place place, Api api, Witness witness) {
    bendBack(stage, api, witness);
    var cable = stage.keep(new Relay(place.api(), stage.seed()));
    cable.weather(BAD_LINK);
    var far = stage.keep(new Api("http://127.0.0.1:" + cable.port()));
    long before = witness.guardTold(stage, "deadmanTrips");
    int seconds = stage.times(TELEOP_SECONDS);
    try (var control = Motions.JOINT.begin(stage, far, witness, BY, 0)) {
      for (int left = seconds; left > 0 && !over(api, control); left -= RENEWED_SECONDS) {
        stage.lease(api, "ada", BY);
        stage.pause(Duration.ofSeconds(Math.min(left, RENEWED_SECONDS)));
      }
      verdict
          .figure("teleopSeconds", seconds)
          .figure("setpoints", control.said())
          .figure("setpointsRefused", control.refused())
          .expect(
              "teleoperation still runs",
              !over(api, control),
              api.get("/api/commands/" + control.id()));
      if (!over(api, control)) {
        control.letGo();
        stage.await("the end of the command", Duration.ofSeconds(20), () -> over(api, control));
      }
    }
    long trips = witness.guardTold(stage, "deadmanTrips") - before;
    verdict.figure("nuisanceTrips", trips).expect("no needless trip", trips == 0, trips);
  }
}
