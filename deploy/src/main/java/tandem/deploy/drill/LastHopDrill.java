package tandem.deploy.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tandem.deploy.client.Api;
import tandem.deploy.client.Out;

/**
 * What the guard said is held up on its way to the robot, from 0.1 to 30 s, and then let go all at
 * once. Where everything that waits is late by then, the robot, which rests, does not move. Where
 * some of it is not, that is executed by right: a velocity that is younger than 0.5 s, a trajectory
 * that has not ended yet. Then the robot gets no farther than the guard led it until the hand's
 * lapse, and rests in the time of its class.
 */
final class LastHopDrill implements Drill {
  /**
   * @param seconds bytes are held
   * @param quiet so long before the release the hand speaks for the last time, s
   */
  private record Held(double seconds, double quiet) {
    /** All that waits is late: the lapse is over, and what the guard braked with, too old. */
    boolean isLate() {
      return quiet >= LATE_SECONDS;
    }
  }

  private static final double LATE_SECONDS = 0.9;

  /** In the third and the fourth the hand's bytes are 0.3 to 0.6, and 0.5 to 0.9 s old. */
  private static final List<Held> HELD =
      List.of(
          new Held(0.1, 0),
          new Held(0.3, 0),
          new Held(0.6, 0.3),
          new Held(0.9, 0.5),
          new Held(1, LATE_SECONDS),
          new Held(3, LATE_SECONDS),
          new Held(10, LATE_SECONDS),
          new Held(30, LATE_SECONDS));

  /** So long both ends keep a link on which nothing comes; then it is closed, and what waits. */
  private static final double LINK_SECONDS = 10;

  private static final double LAPSE_SECONDS = 0.25;

  /** What a thing that is braked still goes, m or rad; and how late a busy machine is, s. */
  private static final double BRAKES = 0.05;

  private static final double BUSY_SECONDS = 0.1;

  private static final String BY = "drill";

  @Override
  public String name() {
    return "last-hop";
  }

  @Override
  public String about() {
    return "bytes between guard and robot held for 0.1 to 30 s and released: nothing late is"
        + " executed";
  }

  @Override
  public Verdict run(Stage stage) {
    var verdict = new Verdict();
    var place = stage.place("edge");
    stage.edge(place);
    var api = stage.api(place);
    var witness = stage.keep(new Witness("ada"));
    var toNode = stage.keep(new Relay(place.zenoh()));
    var toGuard = stage.keep(new Relay(place.guard()));
    stage.robot(
        "ada",
        List.of("--base", "assisted", "--push", "none"),
        toNode.endpoint(),
        toGuard.endpoint(),
        witness.endpoint());
    stage.awaitCommandable(api, "ada");
    witness.hearGuard(place.guardEndpoint());
    stage.lease(api, "ada", BY);
    var table = new ArrayList<Map<String, Object>>();
    for (var held : HELD) {
      for (var motion : List.of(Motions.VELOCITY, Motions.JOINT)) {
        stage.awaitCommandable(api, "ada");
        if (motion == Motions.JOINT && witness.angle(Motions.ELBOW) > 1.0) {
          var moved = stage.move(api, "ada", BY, Motions.ELBOW, 0.4, 1.5);
          api.get("/api/commands/" + moved.get("id") + "?wait=20s");
        }
        table.add(released(stage, verdict, api, witness, List.of(toNode, toGuard), motion, held));
      }
    }
    long falls = witness.told(stage, "falls");
    return verdict
        .figure("held", table)
        .figure("falls", falls)
        .expect("no fall", falls == 0, falls);
  }

  private static Map<String, Object> released(
      Stage stage,
      Verdict verdict,
      Api api,
      Witness witness,
      List<Relay> cables,
      Motions motion,
      Held held) {
    String what =
        "%s held %.1f s, quiet %.1f s: ".formatted(motion.kind(), held.seconds(), held.quiet());
    long refused = witness.told(stage, "refused");
    try (var control = motion.begin(stage, api, witness, BY, held.hashCode())) {
      long from = System.nanoTime();
      cables.forEach(cable -> cable.hold(Relay.Way.BACK));
      stage.pause(Duration.ofMillis(Math.round((held.seconds() - held.quiet()) * 1000)));
      long lastWord = control.freeze();
      stage.pause(Duration.ofMillis(Math.round(held.quiet() * 1000)));
      if (held.isLate()) {
        motion.stillAfter(stage, witness, System.nanoTime());
        stage.pause(
            Motions.SETTLED); // a base that has just stopped sways as it comes down on its feet
      }
      double really = (System.nanoTime() - from) / 1e9;
      var moved =
          motion.mostAfter(
              stage,
              witness,
              Duration.ofSeconds(2),
              () -> cables.forEach(cable -> cable.release(Relay.Way.BACK)));
      refused = witness.told(stage, "refused") - refused;
      double most = held.isLate() ? motion.nothing() : byRight(motion, held);
      if (held.isLate()) {
        verdict.expect(what + "nothing late", motion.isNothing(moved), moved);
        if (held.seconds() < LINK_SECONDS)
          verdict.expect(what + "what was late arrived and was refused", refused > 0, refused);
      } else {
        double rest = motion.stillAfter(stage, witness, lastWord);
        double within = motion.withinMillis() + held.seconds() * 1000;
        verdict
            .expect(what + "no farther than %.2f".formatted(most), moved.distance() < most, moved)
            .expect(what + "rests within %.0f ms".formatted(within), rest < within, rest);
      }
      return Out.fields(
          "class",
          motion.kind(),
          "heldSeconds",
          Math.rint(really * 10) / 10,
          "youngestOfTheHand",
          Math.rint((really - (lastWord - from) / 1e9) * 10) / 10,
          "movedAfterRelease",
          moved.toString(),
          "atMost",
          Math.rint(most * 1e3) / 1e3,
          "refusedByTheRobot",
          refused);
    }
  }

  /**
   * How far the robot may get after the release by what is not late: a base goes until the hand's
   * lapse, a joint to where the guard led it from the first held byte until then.
   */
  private static double byRight(Motions motion, Held held) {
    double lapse = Math.max(0, LAPSE_SECONDS - held.quiet());
    double goes =
        motion == Motions.VELOCITY ? lapse : held.seconds() - held.quiet() + LAPSE_SECONDS;
    return motion.nothing() + BRAKES + motion.perSecond() * (goes + BUSY_SECONDS);
  }
}
