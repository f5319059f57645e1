package tandem.deploy.drill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tandem.deploy.client.Api;
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

  private static final double SWING_RAD = 1.2;
  private static final double SWING_SECONDS = 2.5;
  private static final String OWN_END = "its own end: the robot took nothing more";
  private static final String NEXT_GUARD = "guard: inherited";

  /** What is broken. */
  private enum Layer {
    CONSOLE,
    NODE,
    GUARD,
    LINK(Relay.Way.FORTH, Relay.Way.BACK),
    /** The robot is deaf, the guard sees it. */
    TO_ROBOT(Relay.Way.BACK),
    /** The guard is blind, the robot hears it. */
    FROM_ROBOT(Relay.Way.FORTH);

    private final List<Relay.Way> ways;

    Layer(Relay.Way... ways) {
      this.ways = List.of(ways);
    }

    /** Held while it is paused; the robot is who connected. */
    List<Relay.Way> ways() {
      return ways;
    }

    boolean oneWay() {
      return ways.size() == 1;
    }
  }

  @Override
  public String name() {
    return "layers";
  }

  @Override
  public String about() {
    return "console, node (twin and gateway), guard and link, each killed and each paused for 30 s"
        + " while moving, the link also in one direction: who stopped the robot, and when; and the"
        + " guard of a navigation";
  }

  @Override
  public Verdict run(Stage stage) {
    var verdict = new Verdict();
    var table = new ArrayList<Map<String, Object>>();
    for (var one : cases()) table.add(broken(stage, verdict, one));
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
      long lapses = witness.told(stage, "navigate_lapses");
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
      long falls = witness.told(stage, "falls");
      verdict.expect(what + ": no fall", falls == 0, falls);
      return row(Layer.GUARD, kill, "navigate", by, List.of(by), millis, moved);
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
      Layer layer,
      boolean kill,
      String kind,
      String by,
      List<String> said,
      double millis,
      Motions.Moved moved) {
    return Out.fields(
        "layer",
        layer.name().toLowerCase(java.util.Locale.ROOT),
        "how",
        kill ? "killed" : "paused",
        "class",
        kind,
        "stoppedBy",
        by,
        "said",
        said,
        "millis",
        Math.rint(millis),
        "movedAfterwards",
        moved.toString());
  }

  /**
   * One wound of one motion.
   *
   * @param goal a joint goal that is sent once, instead of a held control
   */
  private record Case(Layer layer, boolean kill, Motions motion, boolean goal) {
    String kind() {
      return goal ? "discrete" : motion.kind();
    }

    @Override
    public String toString() {
      return "%s %s, %s".formatted(layer, kill ? "killed" : "paused", kind());
    }

    /** A goal that is sent once ends by itself where no guard's word reaches the robot. */
    boolean goesOn() {
      return goal && layer != Layer.NODE;
    }

    /** Who has to have stopped the robot. */
    Set<String> expected() {
      return switch (layer) {
        case CONSOLE -> Set.of("guard: heartbeat-lapsed");
        case NODE -> Set.of(goal ? "guard: keep-alive-lapsed" : "guard: heartbeat-lapsed");
        case FROM_ROBOT -> Set.of("guard: not-measured");
        case GUARD, LINK, TO_ROBOT -> {
          String robot = motion == Motions.VELOCITY ? ROBOT : OWN_END;
          yield layer == Layer.GUARD && kill ? Set.of(robot, NEXT_GUARD) : Set.of(robot);
        }
      };
    }
  }

  private static List<Case> cases() {
    var cases = new ArrayList<Case>();
    for (var layer : Layer.values())
      for (var motion : List.of(Motions.VELOCITY, Motions.JOINT))
        for (boolean kill : layer.oneWay() ? new boolean[] {false} : new boolean[] {true, false})
          cases.add(new Case(layer, kill, motion, false));
    for (var layer : List.of(Layer.NODE, Layer.GUARD, Layer.LINK))
      cases.add(new Case(layer, layer == Layer.GUARD, Motions.JOINT, true));
    return cases;
  }

  /** Each on a stage of its own, so that one wound does not hide the next. */
  private static Map<String, Object> broken(Stage outer, Verdict verdict, Case one) {
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
      var hurt =
          new Hurt(edge, guardPid(place), List.of(toNode, toGuard), new GuardDiary(place, "ada"));
      stage.lease(api, "ada", BY);
      witness.told(stage, "velocity_lapses");
      try (var control = one.goal() ? null : one.motion().begin(stage, api, witness, BY, 0)) {
        if (one.goal()) swing(stage, api, witness);
        return broken(stage, verdict, one, witness, control, hurt);
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** What can be broken, and what tells of it. */
  private record Hurt(Child edge, long guard, List<Relay> links, GuardDiary diary) {}

  private static void swing(Stage stage, Api api, Witness witness) {
    Motions.watchArm(witness);
    double to = witness.angle(Motions.ELBOW) + SWING_RAD;
    var taken = stage.move(api, "ada", BY, Motions.ELBOW, to, SWING_SECONDS);
    if ("refused".equals(taken.get("state")))
      throw new IllegalStateException("the motion was not taken: " + taken.get("why"));
    stage.await("the motion", Duration.ofSeconds(10), () -> witness.jointSpeed() > 0.15);
  }

  private static Map<String, Object> broken(
      Stage stage, Verdict verdict, Case one, Witness witness, HeldControl control, Hurt hurt) {
    stage.await(
        one + ": the motion that is hurt",
        Duration.ofSeconds(5),
        () -> one.motion().moves(witness) && (control == null || !control.hasEnded()));
    long lapses = witness.diagnosed("velocity_lapses");
    long head = hurt.diary().head();
    long from = System.nanoTime();
    wound(one, control, hurt);
    double millis = one.motion().stillAfter(stage, witness, from);
    long taken = witness.told(stage, "accepted");
    double within = WITHIN_MILLIS + (one.goesOn() ? SWING_SECONDS * 1000 : 0);
    verdict.expect("%s: at rest within %.0f ms".formatted(one, within), millis <= within, millis);
    stage.pause(one.kill() ? Motions.SETTLED : Duration.ofSeconds(stage.times(PAUSE_SECONDS)));
    var said = new ArrayList<String>();
    if (witness.told(stage, "velocity_lapses") > lapses) said.add(ROBOT);
    boolean tookMore = witness.diagnosed("accepted") > taken;
    hurt.diary().endsSince(head).forEach(end -> said.add("guard: " + end));
    String by = whoStopped(one, said, tookMore);
    verdict.expect(one + ": stopped by " + one.expected(), one.expected().contains(by), by);
    long acceptedBefore = control == null ? 0 : control.accepted();
    long saidBefore = control == null ? 0 : control.said();
    long refusedBefore = control == null ? 0 : control.refused();
    var moved =
        one.motion()
            .mostAfter(
                stage,
                witness,
                AFTERWARDS,
                () -> {
                  if (!one.kill()) heal(one.layer(), control, hurt);
                });
    verdict.expect(
        one + (one.kill() ? ": it stays at rest" : ": nothing moves when it goes on"),
        one.motion().isNothing(moved),
        moved);
    if (one.layer() == Layer.CONSOLE && !one.kill()) {
      verdict
          .expect(one + ": it speaks again", control.said() > saidBefore, control.said())
          .expect(
              one + ": its words are refused, or its connection closed",
              control.closed() || control.refused() > refusedBefore,
              control.why())
          .expect(
              one + ": none of its words is taken",
              control.accepted() == acceptedBefore,
              control.accepted() - acceptedBefore);
    }
    long falls = witness.told(stage, "falls");
    verdict.expect(one + ": no fall", falls == 0, falls);
    return row(one.layer(), one.kill(), one.kind(), by, said, millis, moved);
  }

  private static void wound(Case one, HeldControl control, Hurt hurt) {
    String signal = one.kill() ? "-KILL" : "-STOP";
    switch (one.layer()) {
      case CONSOLE -> {
        control.freeze();
        if (one.kill()) control.close();
      }
      case NODE -> Stage.signal(signal, hurt.edge().pid());
      case GUARD -> Stage.signal(signal, hurt.guard());
      case LINK, TO_ROBOT, FROM_ROBOT -> {
        for (var cable : hurt.links()) {
          if (one.kill()) cable.cut();
          else one.layer().ways().forEach(cable::hold);
        }
      }
    }
  }

  private static void heal(Layer layer, HeldControl control, Hurt hurt) {
    switch (layer) {
      case CONSOLE -> control.goOn();
      case NODE -> Stage.signal("-CONT", hurt.edge().pid());
      case GUARD -> Stage.signal("-CONT", hurt.guard());
      case LINK, TO_ROBOT, FROM_ROBOT -> {
        for (var cable : hurt.links()) layer.ways().forEach(cable::release);
      }
    }
  }

  /**
   * By what was said. The guard's word counts where it still reaches the robot; where it does not,
   * and the robot counts no watchdog of its own, the motion came to its own end only if the robot
   * took nothing more since it rested.
   */
  private static String whoStopped(Case one, List<String> said, boolean tookMore) {
    var guards = said.stream().filter(word -> !word.equals(ROBOT)).toList();
    boolean reaches =
        switch (one.layer()) {
          case CONSOLE, NODE, FROM_ROBOT -> true;
          case GUARD, LINK, TO_ROBOT -> false;
        };
    if (reaches) return guards.isEmpty() ? "nobody tells" : guards.getFirst();
    if (said.contains(ROBOT)) return ROBOT;
    if (guards.contains(NEXT_GUARD)) return NEXT_GUARD;
    return tookMore ? "nobody tells, and the robot took more afterwards" : OWN_END;
  }

  /** As the guard wrote it into its state directory. */
  private static long guardPid(Stage.Place place) throws java.io.IOException {
    var file = place.data().resolve("guards").resolve("ada").resolve("guard.pid");
    return Long.parseLong(java.nio.file.Files.readString(file).strip());
  }
}
