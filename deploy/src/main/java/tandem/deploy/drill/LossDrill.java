package tandem.deploy.drill;

import java.time.Duration;
import java.util.Map;
import tandem.deploy.client.Api;

/** The robot dies, then its link is cut: the twin says so, refuses, and goes on by itself. */
final class LossDrill implements Drill {
  /** silence-after (1 s by default), and as much again for a busy machine to notice. */
  private static final double SILENT_SECONDS = 2;

  private static final int MOTION_SECONDS = 4;
  private static final String JOINT = "left_elbow";

  @Override
  public String name() {
    return "loss";
  }

  @Override
  public String about() {
    return "the robot dies, then its link is cut; the twin turns silent, refuses motion with the"
        + " reason, keeps the last values with their age, and goes on by itself";
  }

  @Override
  public Verdict run(Stage stage) {
    var verdict = new Verdict();
    var place = stage.place("edge");
    stage.edge(place);
    var api = stage.api(place);
    var cable = stage.keep(new Relay(place.zenoh()));
    var toGuard = stage.keep(new Relay(place.guard()));
    var robot = stage.robot("ada", cable.endpoint(), toGuard.endpoint());
    stage.awaitCommandable(api, "ada");

    underWay(stage, api);
    robot.kill();
    lost(stage, verdict, api, "death");
    stage.robot("ada", cable.endpoint(), toGuard.endpoint());
    back(stage, verdict, api, "death");

    underWay(stage, api);
    cable.cut();
    toGuard.cut();
    lost(stage, verdict, api, "cut");
    // The robot has no watchdog for joint goals: what it has been given, it ends by itself.
    stage.pause(Duration.ofSeconds(MOTION_SECONDS + 1));
    cable.mend();
    toGuard.mend();
    back(stage, verdict, api, "cut");
    return verdict;
  }

  /** A slow, long motion, so that something could go on by itself on return. */
  private static void underWay(Stage stage, Api api) {
    double from = Stage.joint(Stage.twin(api, "ada"), JOINT);
    var command = stage.move(api, "ada", "drill", JOINT, from > 1.0 ? 0.2 : 1.9, MOTION_SECONDS);
    if ("refused".equals(command.get("state")))
      throw new IllegalStateException(
          "the motion to be interrupted was refused: " + command.get("why"));
    stage.awaitTwin(
        api,
        "ada",
        "the motion to be interrupted",
        Duration.ofSeconds(10),
        twin -> Math.abs(Stage.joint(twin, JOINT) - from) > 0.05);
  }

  private static void lost(Stage stage, Verdict verdict, Api api, String how) {
    double silent =
        stage.awaitTwin(
            api,
            "ada",
            "silent after " + how,
            Duration.ofSeconds(20),
            t -> "silent".equals(t.get("mode")));
    Map<String, Object> first = Stage.twin(api, "ada");
    double angle = Stage.joint(first, JOINT);
    Map<String, Object> command =
        stage.move(api, "ada", "drill", JOINT, angle > 0.8 ? 0.4 : 1.2, 1);
    stage.pause(Duration.ofMillis(300));
    Map<String, Object> later = Stage.twin(api, "ada");
    verdict
        .figure(how + "SilentSeconds", silent)
        .figure(how + "Why", command.get("why"))
        .expect(how + ": silent within 2 s", silent <= SILENT_SECONDS, silent)
        .expect(how + ": motion is refused", "refused".equals(command.get("state")), command)
        .expect(
            how + ": the refusal says that the robot is silent",
            String.valueOf(command.get("why")).contains("silent"),
            command.get("why"))
        .expect(
            how + ": the last values stay",
            !Double.isNaN(angle) && angle == Stage.joint(later, JOINT),
            Stage.joint(later, JOINT))
        .expect(how + ": their age grows", age(later) > age(first), age(later));
  }

  private static void back(Stage stage, Verdict verdict, Api api, String how) {
    stage.awaitCommandable(api, "ada");
    stage.awaitTwin(
        api, "ada", "a sample since " + how, Stage.START, twin -> Math.abs(age(twin)) < 300);
    double before = Stage.joint(Stage.twin(api, "ada"), JOINT);
    stage.pause(Duration.ofSeconds(2));
    double after = Stage.joint(Stage.twin(api, "ada"), JOINT);
    verdict
        .figure(how + "DriftRad", Math.abs(after - before))
        .expect(
            how + ": nothing queued is executed on return", Math.abs(after - before) < 0.05, after);
    // The refused command must not move it, a new one must.
    Map<String, Object> command =
        stage.move(api, "ada", "drill", JOINT, after > 0.8 ? 0.5 : 1.0, 1.5);
    Map<String, Object> done =
        Stage.object(api.get("/api/commands/" + command.get("id") + "?wait=20s"));
    verdict.expect(how + ": commands go on", "done".equals(done.get("state")), done);
  }

  private static double age(Map<String, Object> twin) {
    return twin.get("ageMs") instanceof Number age ? age.doubleValue() : -1;
  }
}
