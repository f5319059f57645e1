package tandem.deploy.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tandem.deploy.client.Out;

/**
 * What the guard said is held up on its way to the robot, from 0.1 to 30 s, and then let go all at
 * once. Where everything that waits is late by then, the robot does not move (a base no faster than
 * 0.1 m/s, a joint no further than 0.1 rad); where it is not, it rests in the time of its class.
 */
final class LastHopDrill implements Drill {
  private static final double[] HELD_SECONDS = {0.1, 0.3, 1, 3, 10, 30};

  /**
   * After this without a held control all that waits is late: the lapse, and what a stamp may be.
   */
  private static final double QUIET_SECONDS = 0.9;

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
    for (double held : HELD_SECONDS) {
      for (var motion : List.of(Motions.VELOCITY, Motions.JOINT)) {
        stage.awaitCommandable(api, "ada");
        if (motion == Motions.JOINT && witness.angle(Motions.ELBOW) > 1.0) {
          var moved = stage.move(api, "ada", BY, Motions.ELBOW, 0.4, 1.5);
          api.get("/api/commands/" + moved.get("id") + "?wait=20s");
        }
        double moved;
        double really;
        try (var control = motion.begin(stage, api, witness, BY, table.size())) {
          long from = System.nanoTime();
          toNode.hold(Relay.Way.BACK);
          toGuard.hold(Relay.Way.BACK);
          boolean late = held > QUIET_SECONDS;
          double quiet = late ? QUIET_SECONDS : 0;
          stage.pause(Duration.ofMillis(Math.round((held - quiet) * 1000)));
          long lastWord = control.freeze();
          stage.pause(Duration.ofMillis(Math.round(quiet * 1000)));
          if (late) {
            motion.stillAfter(stage, witness, System.nanoTime());
            stage.pause(
                Motions.SETTLED); // a base that has just stopped sways as it comes down on its feet
          }
          really = (System.nanoTime() - from) / 1e9;
          moved =
              motion.mostAfter(
                  stage,
                  witness,
                  Duration.ofSeconds(2),
                  () -> {
                    toNode.release(Relay.Way.BACK);
                    toGuard.release(Relay.Way.BACK);
                  });
          String what = "%s held %.1f s: ".formatted(motion.kind(), held);
          if (late) {
            verdict.expect(what + "nothing late", moved < Motions.MOST, moved);
          } else {
            double rest = motion.stillAfter(stage, witness, lastWord);
            double within = motion.withinMillis() + held * 1000;
            verdict.expect(what + "rests within %.0f ms".formatted(within), rest < within, rest);
          }
        }
        table.add(
            Out.fields(
                "class",
                motion.kind(),
                "heldSeconds",
                Math.rint(really * 10) / 10,
                "movedAfterRelease",
                Math.rint(moved * 1e3) / 1e3));
      }
    }
    long falls = witness.diagnosed("falls");
    return verdict
        .figure("held", table)
        .figure("falls", falls)
        .expect("no fall", falls == 0, falls);
  }
}
