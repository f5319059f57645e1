package tandem.deploy.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tandem.deploy.client.Out;

/**
 * What the guard said is held up on its way to the robot, from 0.1 to 30 s, and then let go all at
 * once: nothing of it is executed late.
 */
final class LastHopDrill implements Drill {
  private static final double[] HELD_SECONDS = {0.1, 0.3, 1, 3, 10, 30};
  private static final double LATE_SECONDS = 0.5;
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
        try (var control = motion.begin(stage, api, witness, BY, table.size())) {
          toNode.hold(Relay.Way.BACK);
          toGuard.hold(Relay.Way.BACK);
          stage.pause(Duration.ofMillis(Math.round(held * 1000)));
          control.freeze();
          boolean late = held >= LATE_SECONDS;
          if (late) motion.stillAfter(stage, witness, System.nanoTime());
          double elbow = witness.angle(Motions.ELBOW);
          toNode.release(Relay.Way.BACK);
          toGuard.release(Relay.Way.BACK);
          double fastest = 0;
          long until = System.nanoTime() + Duration.ofSeconds(2).toNanos();
          while (System.nanoTime() < until) {
            fastest = Math.max(fastest, witness.baseSpeed());
            stage.pause(Duration.ofMillis(10));
          }
          moved =
              motion == Motions.VELOCITY ? fastest : Math.abs(witness.angle(Motions.ELBOW) - elbow);
          if (late)
            verdict.expect(
                "%s held %.1f s: nothing late".formatted(motion.kind(), held), moved < 0.1, moved);
        }
        table.add(
            Out.fields(
                "class",
                motion.kind(),
                "heldSeconds",
                held,
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
