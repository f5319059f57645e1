package tandem.deploy.story;

import static tandem.deploy.story.Theatre.ROBOT;
import static tandem.deploy.story.Theatre.age;
import static tandem.deploy.story.Theatre.angles;
import static tandem.deploy.story.Theatre.towards;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.deploy.drill.HeldControl;
import tandem.deploy.drill.Stage;
import tandem.proto.body.Pose;
import tandem.proto.v1.TeleopSetpoint;

/** The five scenes, in their order: after a fall the robot stays down, so that is the last. */
final class Scenes {
  private static final String HAND = "left_hand";
  private static final String ELBOW = "left_elbow";
  private static final String OTHER_ELBOW = "right_elbow";
  private static final Duration WITHIN = Theatre.PATIENCE;

  /** Where hands are led to, m in base_link. */
  private static final double[] FRONT = {0.32, 0.24, 0.20};

  private static final double[] HIGH = {0.28, 0.28, 0.42};

  /** What rests may still sway so far under pushes. */
  private static final double SWAY_RAD = 0.06;

  private static final double SWAY_METERS = 0.03;

  /** What on this stage is not as in the field; the console names it. */
  static final List<String> SIMPLIFIED =
      List.of(
          "scripted operators",
          "an emulated link (60 ± 20 ms each way)",
          "a relay as the cable",
          "a simulated robot, pushed by its own script",
          "an embedded journal",
          "all on one machine");

  private Scenes() {}

  static List<Scene> all() {
    return List.of(
        new Scene(
            "reach",
            "Teleoperated reach",
            "kim holds the lease and a stick and leads the left hand over a link of 60 ± 20 ms each"
                + " way. Every setpoint is a heartbeat; the guard leads the arm within its limits.",
            Scenes::reach),
        new Scene(
            "cable",
            "Cable pulled in mid-reach",
            "The hand is under way when robot and guard lose the node. The guard brings the arm to"
                + " rest by itself; the twin shows its last values, grey, with their age. kim still"
                + " holds the stick.",
            Scenes::cable),
        new Scene(
            "take",
            "Another operator takes the lease",
            "sam takes the robot from kim, with a reason. The guard revokes kim's authority first;"
                + " kim's stick stays pushed, and does nothing.",
            Scenes::take),
        new Scene(
            "stop",
            "Stop under push",
            "The robot is pushed while sam moves an arm. kim, without any lease, presses stop: it"
                + " latches. It is released by a person, with a reason, and nothing goes on by"
                + " itself.",
            Scenes::stop),
        new Scene(
            "fall",
            "Pushes rise to a real fall",
            "Each push is stronger than the last, until balance is lost. The twin sees it from tilt"
                + " and height alone, refuses every command, and the two seconds before are played"
                + " back from the recording.",
            Scenes::fall));
  }

  private static Seen reach(Theatre on) {
    on.awaitCommandable();
    on.kim.lease("acquire", "");
    long from = System.nanoTime();
    var grips = new Theatre.Grips();
    try (var stick =
        on.follow(
            on.kim,
            "reach",
            "the hand at its target",
            twin -> leading(on, twin, FRONT, 6),
            twin -> apart(on.hand(HAND, twin), FRONT) < 0.02,
            grips)) {
      double seconds = (System.nanoTime() - from) / 1e9;
      stick.letGo();
      var done =
          on.awaitCommand(stick.id(), "the end of the held reach", state -> state.equals("done"));
      double error = apart(on.hand(HAND, on.twin()), FRONT);
      return new Seen(
          "The hand arrived after %.1f s, %.0f mm off, by %d setpoints; what kim saw was %.0f ms old (median).%s"
              .formatted(
                  seconds,
                  error * 1e3,
                  stick.said(),
                  grips.ageMillis(),
                  grips.lapses() == 0
                      ? ""
                      : " Let go by rule and gripped anew on the way: %d."
                          .formatted(grips.lapses())),
          Out.fields(
              "seconds", rounded(seconds, 1),
              "handErrorMeters", rounded(error, 4),
              "setpoints", stick.said(),
              "refused", stick.refused(),
              "letGoByRule", grips.lapses(),
              "operatorAgeMsP50", rounded(grips.ageMillis(), 1),
              "guardRoundTripMs", rounded(grips.roundTripMillis(), 2),
              "state", done.get("state")));
    }
  }

  private static Seen cable(Theatre on) {
    on.awaitCommandable();
    var start = place(on.hand(HAND, on.twin()));
    try (var stick =
        on.follow(
            on.kim,
            "reach",
            "the hand under way",
            twin -> leading(on, twin, HIGH, 8),
            twin -> apart(on.hand(HAND, twin), start) > 0.06,
            new Theatre.Grips())) {
      long cut = System.nanoTime();
      var last = place(on.hand(HAND, on.twin()));
      on.cable.cut();
      on.awaitTwin("the twin silent", WITHIN, twin -> "silent".equals(twin.get("mode")));
      double silentAfter = (System.nanoTime() - cut) / 1e9;
      var old = on.awaitTwin("the shown values 4 s old", WITHIN, twin -> Theatre.age(twin) > 4_000);
      long saidInTheDark = stick.said();
      on.cable.mend();
      var back =
          on.awaitTwin(
              "the robot back",
              WITHIN,
              twin -> "live".equals(twin.get("mode")) && Theatre.age(twin) < 250);
      var found = place(on.hand(HAND, back));
      double moved = on.largest(Duration.ofSeconds(3), twin -> apart(on.hand(HAND, twin), found));
      expect(
          moved < SWAY_METERS,
          "nothing executed after the reconnect",
          "the hand moved by %.3f m".formatted(moved));
      double missing = apart(found, HIGH);
      expect(
          missing > 0.05,
          "a reach that ended where the cable was pulled",
          "the hand is %.3f m from its target".formatted(missing));
      var ended = on.awaitCommand(stick.id(), "the end of the interrupted reach", Theatre::isFinal);
      var guard = guardsWord(on, stick);
      var body = on.twin();
      expect(
          List.of("standing", "walking").contains(body.get("body")),
          "the robot on its feet",
          "its body is " + body.get("body"));
      return new Seen(
          "Silent after %.1f s, shown %.1f s old. On its own the guard had: %s. The arm ran out %.0f mm and rests %.0f mm short; after the reconnect it moved %.0f mm. The command is %s."
              .formatted(
                  silentAfter,
                  age(old) / 1e3,
                  guard,
                  apart(found, last) * 1e3,
                  missing * 1e3,
                  moved * 1e3,
                  ended.get("state")),
          Out.fields(
              "silentAfterSeconds", rounded(silentAfter, 2),
              "shownAgeMs", rounded(age(old), 0),
              "ranOutMeters", rounded(apart(found, last), 4),
              "shortOfTargetMeters", rounded(missing, 4),
              "movedAfterReconnectMeters", rounded(moved, 4),
              "setpointsUntilReconnect", saidInTheDark,
              "setpointsSaid", stick.said(),
              "commandState", ended.get("state"),
              "commandWhy", ended.get("why"),
              "guard", guard,
              "body", body.get("body")));
    }
  }

  /** What the guard's own log says about the lapse, once it is in the journal. */
  private static String guardsWord(Theatre on, HeldControl stick) {
    long until = System.nanoTime() + WITHIN.toNanos();
    while (true) {
      var events = on.explained(stick.id());
      for (var event : events) {
        String text = Out.toJson(event);
        if (text.contains("heartbeat-lapsed")
            && String.valueOf(event.get("manifest")).contains("GuardLogged"))
          return event.get("event") instanceof Map<?, ?> logged ? why(logged) : text;
      }
      if (System.nanoTime() > until)
        throw new NotSeen(
            "the guard's log of the lapse in the journal: not within %s; explained by %s"
                .formatted(
                    Theatre.words(WITHIN), events.stream().map(e -> e.get("manifest")).toList()));
      on.pause(Duration.ofMillis(200));
    }
  }

  private static String why(Map<?, ?> logged) {
    return logged.get("record") instanceof Map<?, ?> record && record.get("why") != null
        ? String.valueOf(record.get("why"))
        : Out.toJson(logged);
  }

  private static Seen take(Theatre on) {
    on.awaitCommandable();
    double start = angles(on.twin()).get(ELBOW);
    String reason = "the picture at kim's desk froze";
    Map<String, Object> ended;
    String refusal;
    double takeMillis;
    double drift;
    long saidAfter;
    try (var first =
        on.follow(
            on.kim,
            "joint",
            "kim's stick followed",
            twin -> swinging(twin, ELBOW, 0.35),
            twin -> Math.abs(angles(twin).get(ELBOW) - start) > 0.1,
            new Theatre.Grips())) {
      long said = first.said();
      long asked = System.nanoTime();
      on.sam.lease("take", reason);
      takeMillis = (System.nanoTime() - asked) / 1e6;
      on.awaitTwin(
          "the lease with sam", WITHIN, twin -> "sam".equals(Stage.at(twin, "lease", "holder")));
      ended = on.awaitCommand(first.id(), "the end of kim's stream", Theatre::isFinal);
      on.awaitTwin("the arm at rest", WITHIN, twin -> Math.abs(speed(twin, ELBOW)) < 0.05);
      double rest = angles(on.twin()).get(ELBOW);
      drift = on.largest(Duration.ofSeconds(2), twin -> Math.abs(angles(twin).get(ELBOW) - rest));
      saidAfter = first.said() - said;
      expect(drift < SWAY_RAD, "kim's stick dead", "the elbow moved by %.3f rad".formatted(drift));
      try (var again = on.kim.stick("joint")) {
        refusal = String.valueOf(again.command().get("why"));
        expect(
            !again.open() && refusal.contains("sam"),
            "kim refused, naming sam",
            "%s: %s".formatted(again.command().get("state"), refusal));
      }
    }
    double from = angles(on.twin()).get(OTHER_ELBOW);
    try (var second =
        on.follow(
            on.sam,
            "joint",
            "sam's stick followed",
            twin -> swinging(twin, OTHER_ELBOW, 0.25),
            twin -> Math.abs(angles(twin).get(OTHER_ELBOW) - from) > 0.2,
            new Theatre.Grips())) {
      second.letGo();
      on.awaitCommand(second.id(), "the end of sam's stream", state -> state.equals("done"));
    }
    return new Seen(
        "sam has it after %.0f ms. kim's stream is %s; %d more setpoints from kim moved the arm by %.3f rad. kim's next try: %s."
            .formatted(takeMillis, ended.get("state"), saidAfter, drift, refusal),
        Out.fields(
            "takeMillis", rounded(takeMillis, 0),
            "reason", reason,
            "firstStream", ended.get("state"),
            "firstStreamWhy", ended.get("why"),
            "setpointsAfterTake", saidAfter,
            "driftRad", rounded(drift, 4),
            "refusal", refusal));
  }

  private static Seen stop(Theatre on) {
    on.awaitCommandable();
    double start = angles(on.twin()).get(ELBOW);
    double aim = start > 0.8 ? start - 0.7 : start + 0.7;
    on.push("0.5:6:80,2.5:6:200,4.5:6:320,6.5:6:140,8.5:6:20,10.5:6:260");
    String moving = accepted(on, aim, 4.5);
    on.awaitTwin(
        "sam's arm under way", WITHIN, twin -> Math.abs(angles(twin).get(ELBOW) - start) > 0.15);
    long pressed = System.nanoTime();
    var stopped = on.kim.stop("a hand came near the arm");
    expect(
        Boolean.TRUE.equals(stopped.get("confirmed")),
        "the stop latched by the guard",
        Out.toJson(stopped));
    double latchMillis = (System.nanoTime() - pressed) / 1e6;
    on.awaitTwin(
        "the stop in effect",
        WITHIN,
        twin -> Boolean.TRUE.equals(Stage.at(twin, "stop", "inEffect")));
    double effectMillis = (System.nanoTime() - pressed) / 1e6;
    var ended = on.awaitCommand(moving, "the end of the stopped motion", Theatre::isFinal);
    var refused = on.sam.joint(ELBOW, aim, 4);
    expect(
        "refused".equals(refused.get("state")),
        "commands refused while the stop is latched",
        Out.toJson(refused));
    on.linger();
    String unreasoned = withoutReason(on);
    double held = angles(on.twin()).get(ELBOW);
    String reason = "the bystander has left";
    on.sam.release(reason);
    on.awaitTwin(
        "the stop released",
        WITHIN,
        twin -> Boolean.FALSE.equals(Stage.at(twin, "stop", "latched")));
    double moved =
        on.largest(Duration.ofMillis(2_500), twin -> Math.abs(angles(twin).get(ELBOW) - held));
    expect(
        moved < SWAY_RAD,
        "nothing that went on by itself after the release",
        "the elbow moved by %.3f rad".formatted(moved));
    expect(
        Math.abs(held - aim) > 0.1,
        "a motion that was stopped on its way",
        "the elbow is at its target");
    return new Seen(
        "Latched %.0f ms after kim pressed, still after %.0f ms, under pushes. sam was refused: %s. Without a reason no release; released because: %s. Afterwards the arm moved %.3f rad."
            .formatted(latchMillis, effectMillis, refused.get("why"), reason, moved),
        Out.fields(
            "latchedMillis", rounded(latchMillis, 0),
            "inEffectMillis", rounded(effectMillis, 0),
            "motion", ended.get("state"),
            "refusal", refused.get("why"),
            "refusalWithoutReason", unreasoned,
            "reason", reason,
            "movedAfterReleaseRad", rounded(moved, 4)));
  }

  /** The id of sam's motion; asked again where a push made the newest sample too old. */
  private static String accepted(Theatre on, double aim, double seconds) {
    Map<String, Object> view = Map.of();
    for (int attempt = 0; attempt < 20; attempt++) {
      view = on.sam.joint(ELBOW, aim, seconds);
      if (!"refused".equals(view.get("state"))) return String.valueOf(view.get("id"));
      if (!Stage.isForNow(view)) break;
      on.pause(Theatre.AGAIN);
    }
    throw new NotSeen("sam's motion was not taken: " + view.get("why"));
  }

  private static String withoutReason(Theatre on) {
    try {
      var view = on.sam.release("");
      throw new NotSeen("a release without a reason was taken: " + Out.toJson(view));
    } catch (CliFailure refused) {
      return refused.getMessage();
    }
  }

  private static Seen fall(Theatre on) {
    on.awaitCommandable();
    on.push("rising:8-4-40");
    var down =
        on.awaitTwin(
            "a fall that the twin sees",
            Duration.ofSeconds(60),
            twin -> "fallen".equals(twin.get("body")));
    var hazard = hazard(down);
    var at = Instant.parse(String.valueOf(hazard.get("since")));
    var refused = on.sam.joint(ELBOW, 0.5, 2);
    expect(
        "refused".equals(refused.get("state"))
            && String.valueOf(refused.get("why")).contains("fallen"),
        "commands refused because it has fallen",
        Out.toJson(refused));
    var span = new Theatre.Span(at.minusSeconds(2), at);
    var played = on.played(span);
    var postures = postures(played);
    expect(
        postures.size() >= 40,
        "two seconds of recorded postures",
        "%d of 51 steps".formatted(postures.size()));
    double first = tilt(postures.getFirst());
    double last = tilt(postures.getLast());
    expect(
        first < 0.6 && last > first + 0.3,
        "a recording that goes from upright to fallen",
        "tilt %.2f to %.2f rad".formatted(first, last));
    on.show(span);
    return new Seen(
        "The twin says: %s. sam was refused: %s. REPLAY: %d recorded postures of the 2 s before, tilt %.2f to %.2f rad."
            .formatted(hazard.get("text"), refused.get("why"), postures.size(), first, last),
        Out.fields(
            "hazard", hazard.get("text"),
            "since", at.toString(),
            "refusal", refused.get("why"),
            "replayFrom", span.from().toString(),
            "replayTo", span.to().toString(),
            "replayPostures", postures.size(),
            "tiltFirstRad", rounded(first, 3),
            "tiltLastRad", rounded(last, 3)));
  }

  private static Map<?, ?> hazard(Map<String, Object> twin) {
    if (twin.get("hazards") instanceof List<?> hazards)
      for (Object one : hazards)
        if (one instanceof Map<?, ?> hazard
            && "fallen".equals(hazard.get("kind"))
            && hazard.get("until") == null) return hazard;
    throw new NotSeen("hazard fallen of " + ROBOT + ": found " + twin.get("hazards"));
  }

  private static List<Map<?, ?>> postures(Map<String, Object> played) {
    var all = new ArrayList<Map<?, ?>>();
    if (played.get("postures") instanceof List<?> list)
      for (Object one : list) if (one instanceof Map<?, ?> posture) all.add(posture);
    return all;
  }

  /** Angle between the recorded body's and the world's vertical, rad. */
  private static double tilt(Map<?, ?> posture) {
    if (!(posture.get("orientation") instanceof Map<?, ?> q)) return Double.NaN;
    double x = ((Number) q.get("x")).doubleValue();
    double y = ((Number) q.get("y")).doubleValue();
    return Math.acos(Math.clamp(1 - 2 * (x * x + y * y), -1, 1));
  }

  /** From where the hand is to a place, smoothly, in so many seconds. */
  private static Function<Double, TeleopSetpoint.Builder> leading(
      Theatre on, Map<String, Object> twin, double[] to, double seconds) {
    var from = place(on.hand(HAND, twin));
    return since -> towards(HAND, between(from, to, since / seconds));
  }

  /** To and fro from where the joint is. */
  private static Function<Double, TeleopSetpoint.Builder> swinging(
      Map<String, Object> twin, String joint, double rad) {
    double from = angles(twin).get(joint);
    return since -> towards(joint, from + rad * (1 - Math.cos(0.9 * since)));
  }

  private static void expect(boolean holds, String wanted, String found) {
    if (!holds) throw new NotSeen("expected %s; %s".formatted(wanted, found));
  }

  private static double speed(Map<String, Object> twin, String joint) {
    if (Stage.at(twin, "joints", "names") instanceof List<?> names
        && Stage.at(twin, "joints", "velocitiesRadPerSec") instanceof List<?> speeds) {
      int index = names.indexOf(joint);
      if (index >= 0 && index < speeds.size()) return ((Number) speeds.get(index)).doubleValue();
    }
    return Double.NaN;
  }

  private static double[] place(Pose pose) {
    return new double[] {pose.x(), pose.y(), pose.z()};
  }

  private static double apart(Pose pose, double[] from) {
    return apart(place(pose), from);
  }

  private static double apart(double[] a, double[] b) {
    return Math.sqrt(
        (a[0] - b[0]) * (a[0] - b[0])
            + (a[1] - b[1]) * (a[1] - b[1])
            + (a[2] - b[2]) * (a[2] - b[2]));
  }

  /** Smoothly from one place to another while the share goes from 0 to 1. */
  private static double[] between(double[] from, double[] to, double share) {
    double s = Math.clamp(share, 0, 1);
    double eased = s * s * (3 - 2 * s);
    var at = new double[3];
    for (int i = 0; i < 3; i++) at[i] = from[i] + eased * (to[i] - from[i]);
    return at;
  }

  private static Double rounded(double value, int digits) {
    if (!Double.isFinite(value)) return null;
    double unit = Math.pow(10, digits);
    return Math.rint(value * unit) / unit;
  }
}
