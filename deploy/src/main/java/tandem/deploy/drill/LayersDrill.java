package tandem.deploy.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tandem.deploy.client.Out;
import tandem.deploy.node.Child;

/**
 * Console, node, guard and link are killed and paused, one by one, while the robot moves: who
 * stopped it, and when. What was paused goes on after 30 s, and nothing moves by it.
 */
final class LayersDrill implements Drill {
  private static final int PAUSE_SECONDS = 30;
  private static final double WITHIN_MILLIS = 3_000;
  private static final Duration AFTERWARDS = Duration.ofSeconds(3);
  private static final String BY = "drill";
  private static final String ROBOT = "robot's watchdog";

  /** The demo robot's own watchdog of a navigation, and what a base needs to come to rest. */
  private static final double NAVIGATION_WITHIN_MILLIS = 12_000 + Motions.VELOCITY.withinMillis();

  /** Farther than the base comes until then: 0.4 m/s. */
  private static final double FAR_METERS = 8;

  private static final double GOES = 0.3;

  /** What is broken. */
  private enum Layer {
    CONSOLE,
    NODE,
    GUARD,
    LINK
  }

  @Override
  public String name() {
    return "layers";
  }

  @Override
  public String about() {
    return "console, node (twin and gateway), guard and link, each killed and each paused for 30 s"
        + " while moving: who stopped the robot, and when; and the guard of a navigation";
  }

  @Override
  public Verdict run(Stage stage) {
    var verdict = new Verdict();
    var table = new ArrayList<Map<String, Object>>();
    for (var layer : Layer.values())
      for (var motion : List.of(Motions.VELOCITY, Motions.JOINT))
        for (boolean kill : new boolean[] {true, false})
          table.add(broken(stage, verdict, layer, motion, kill));
    for (boolean kill : new boolean[] {true, false}) table.add(navigating(stage, verdict, kill));
    return verdict.figure("layers", table);
  }

  /**
   * The robot's own stack leads the base: where its guard is gone, the next guard cancels what that
   * one sent, or the robot ends it by itself.
   */
  private static Map<String, Object> navigating(Stage outer, Verdict verdict, boolean kill) {
    String what = "GUARD %s, navigate".formatted(kill ? "killed" : "paused");
    try (var stage = outer.another()) {
      var place = stage.place("edge");
      stage.edge(place);
      var api = stage.api(place);
      var witness = stage.keep(new Witness("ada"));
      var scene = stage.emptyScene().toString();
      stage.robot(
          "ada",
          List.of("--base", "assisted", "--push", "none", "--model", scene),
          place.zenohEndpoint(),
          place.guardEndpoint(),
          witness.endpoint());
      stage.awaitCommandable(api, "ada");
      long guard = guardPid(place);
      stage.lease(api, "ada", BY);
      double x = witness.baseX() + FAR_METERS;
      stage.taken(
          api,
          BY,
          "\"navigate\":{\"frame\":\"odom\",\"xMeters\":%s,\"withinSeconds\":120}".formatted(x));
      stage.await("the base on its way", Duration.ofSeconds(10), () -> witness.baseSpeed() > GOES);
      long lapses = witness.diagnosed("navigate_lapses");
      long from = System.nanoTime();
      Stage.signal(kill ? "-KILL" : "-STOP", guard);
      double millis = witness.baseStillAfter(stage, from, Duration.ofSeconds(40));
      String by = whoEnded(stage, witness, lapses);
      verdict
          .expect(what + ": at rest within 14.5 s", millis <= NAVIGATION_WITHIN_MILLIS, millis)
          .expect(
              what + ": ends far from its place",
              x - witness.baseX() > FAR_METERS / 8,
              x - witness.baseX());
      if (!kill) verdict.expect(what + ": the robot's own end", by.equals(ROBOT), by);
      stage.pause(kill ? Motions.SETTLED : Duration.ofSeconds(stage.times(PAUSE_SECONDS)));
      var moved =
          Motions.VELOCITY.mostAfter(
              stage,
              witness,
              AFTERWARDS,
              () -> {
                if (!kill) Stage.signal("-CONT", guard);
              });
      verdict.expect(
          what + (kill ? ": it stays at rest" : ": nothing moves when it goes on"),
          Motions.VELOCITY.isNothing(moved),
          moved);
      long falls = witness.diagnosed("falls");
      verdict.expect(what + ": no fall", falls == 0, falls);
      return row(Layer.GUARD, kill, "navigate", by, millis, moved);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** The robot counts what it ends by itself; what it does not is the next guard's cancel. */
  private static String whoEnded(Stage stage, Witness witness, long lapses) {
    try {
      stage.await(
          "a watchdog that says that it was it",
          Duration.ofSeconds(3),
          () -> witness.diagnosed("navigate_lapses") > lapses);
    } catch (IllegalStateException nobody) {
      return "the next guard";
    }
    return ROBOT;
  }

  private static Map<String, Object> row(
      Layer layer, boolean kill, String kind, String by, double millis, Motions.Moved moved) {
    return Out.fields(
        "layer",
        layer.name().toLowerCase(java.util.Locale.ROOT),
        "how",
        kill ? "killed" : "paused",
        "class",
        kind,
        "stoppedBy",
        by,
        "millis",
        Math.rint(millis),
        "movedAfterwards",
        moved.toString());
  }

  /** Each on a stage of its own, so that one wound does not hide the next. */
  private static Map<String, Object> broken(
      Stage outer, Verdict verdict, Layer layer, Motions motion, boolean kill) {
    String what = "%s %s, %s".formatted(layer, kill ? "killed" : "paused", motion.kind());
    try (var stage = outer.another()) {
      var place = stage.place("edge");
      var edge = stage.edge(place);
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
      long guard = guardPid(place);
      stage.lease(api, "ada", BY);
      try (var control = motion.begin(stage, api, witness, BY, 0)) {
        long trips = witness.guardCounter("deadmanTrips");
        long lapses = witness.diagnosed("velocity_lapses");
        long from = System.nanoTime();
        wound(layer, kill, control, edge, guard, toNode, toGuard);
        double millis = motion.stillAfter(stage, witness, from);
        String by = whoStopped(stage, witness, layer == Layer.GUARD, trips, lapses);
        verdict.expect(what + ": at rest within 3 s", millis <= WITHIN_MILLIS, millis);
        stage.pause(kill ? Motions.SETTLED : Duration.ofSeconds(stage.times(PAUSE_SECONDS)));
        var moved =
            motion.mostAfter(
                stage,
                witness,
                AFTERWARDS,
                () -> {
                  if (!kill) heal(layer, edge, guard, toNode, toGuard);
                });
        verdict.expect(
            what + (kill ? ": it stays at rest" : ": nothing moves when it goes on"),
            motion.isNothing(moved),
            moved);
        long falls = witness.diagnosed("falls");
        verdict.expect(what + ": no fall", falls == 0, falls);
        return row(layer, kill, motion.kind(), by, millis, moved);
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void wound(
      Layer layer,
      boolean kill,
      HeldControl control,
      Child edge,
      long guard,
      Relay toNode,
      Relay toGuard) {
    switch (layer) {
      case CONSOLE -> {
        control.freeze();
        if (kill) control.close();
      }
      case NODE -> Stage.signal(kill ? "-KILL" : "-STOP", edge.pid());
      case GUARD -> Stage.signal(kill ? "-KILL" : "-STOP", guard);
      case LINK -> {
        for (var cable : List.of(toNode, toGuard)) {
          if (kill) {
            cable.cut();
          } else {
            cable.hold(Relay.Way.BACK);
          }
        }
      }
    }
  }

  private static void heal(Layer layer, Child edge, long guard, Relay toNode, Relay toGuard) {
    switch (layer) {
      case CONSOLE -> {}
      case NODE -> Stage.signal("-CONT", edge.pid());
      case GUARD -> Stage.signal("-CONT", guard);
      case LINK -> {
        toNode.release(Relay.Way.BACK);
        toGuard.release(Relay.Way.BACK);
      }
    }
  }

  /**
   * The guard counts its safe behaviour, the robot its own watchdog; else the motion ended. A guard
   * that was killed is started again and counts what it finds: it is not what stopped the robot.
   */
  private static String whoStopped(
      Stage stage, Witness witness, boolean guardIsGone, long trips, long lapses) {
    try {
      stage.await(
          "a layer that says that it was it",
          Duration.ofSeconds(3),
          () ->
              !guardIsGone && witness.guardCounter("deadmanTrips") > trips
                  || witness.diagnosed("velocity_lapses") > lapses);
    } catch (IllegalStateException nobody) {
      return "the last setpoint's own end";
    }
    return !guardIsGone && witness.guardCounter("deadmanTrips") > trips ? "guard" : ROBOT;
  }

  /** As the guard wrote it into its state directory. */
  private static long guardPid(Stage.Place place) throws java.io.IOException {
    var file = place.data().resolve("guards").resolve("ada").resolve("guard.pid");
    return Long.parseLong(java.nio.file.Files.readString(file).strip());
  }
}
