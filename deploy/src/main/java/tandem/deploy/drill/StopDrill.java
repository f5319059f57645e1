package tandem.deploy.drill;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.GuardDoor;
import tandem.deploy.node.Child;
import tandem.proto.codec.Json;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.StopRequest;
import tandem.robot.inbound.RosSampleReader;
import tandem.twin.audit.Audit;

/**
 * The stop when nothing else works: disk full, node paused, lease held by another. A witness that
 * the robot connects to by itself sees when it stands still.
 */
final class StopDrill implements Drill {
  private static final double IN_EFFECT_MILLIS = 200;
  private static final String JOINT = "left_elbow";

  @Override
  public String name() {
    return "stop";
  }

  @Override
  public String about() {
    return "the stop with a full disk, with the node paused, and with another person's lease: in"
        + " effect within 200 ms, latched over restarts, in the journal afterwards";
  }

  @Override
  public Verdict run(Stage stage) throws Exception {
    var verdict = new Verdict();
    var place = stage.place("edge");
    var edge = stage.edge(place);
    var api = stage.api(place);
    try (var witness = new Witness("ada")) {
      witness.watch(JOINT);
      stage.robot("ada", place.zenohEndpoint(), place.guardEndpoint(), witness.endpoint());
      stage.awaitCommandable(api, "ada");

      anothersLease(stage, verdict, api, witness);
      paused(stage, verdict, api, witness, edge, place);
      edge.end(Duration.ofSeconds(20));
      edge = stage.edge(place);
      stage.awaitCommandable(api, "ada");
      latchedOverRestart(stage, verdict, api);
      release(stage, api);
      edge.end(Duration.ofSeconds(20));
      edge = stage.edge(place);
      stage.awaitCommandable(api, "ada");
      fullDisk(stage, verdict, api, witness, edge);
      edge.end(Duration.ofSeconds(20));
    }
    journaled(verdict, place);
    return verdict;
  }

  private void anothersLease(Stage stage, Verdict verdict, Api api, Witness witness) {
    api.post(
        "/api/twins/ada/lease",
        Json.print(
            LeaseRequest.newBuilder()
                .setRobot("ada")
                .setAction("acquire")
                .setBy("holder")
                .setForSeconds(60)));
    swing(stage, api, witness, "holder");
    report(verdict, "lease", stage, witness, () -> stop(api, "somebody else"));
    stage.awaitTwin(api, "ada", "latched", Duration.ofSeconds(5), StopDrill::latched);
    Map<String, Object> refused = stage.move(api, "ada", "holder", JOINT, 0.6, 1);
    verdict.expect(
        "lease: a latched stop refuses the holder",
        "refused".equals(refused.get("state")),
        refused);
    release(stage, api);
  }

  private void paused(
      Stage stage, Verdict verdict, Api api, Witness witness, Child edge, Stage.Place place)
      throws IOException, InterruptedException {
    swing(stage, api, witness, "holder");
    Stage.signal("-STOP", edge.pid());
    try {
      report(
          verdict,
          "paused",
          stage,
          witness,
          () -> GuardDoor.stop(place.guardEndpoint(), "ada", "drill", "paused", false));
    } finally {
      Stage.signal("-CONT", edge.pid());
    }
    stage.awaitTwin(
        api,
        "ada",
        "the stop in the twin after the pause",
        Duration.ofSeconds(20),
        StopDrill::latched);
  }

  private void latchedOverRestart(Stage stage, Verdict verdict, Api api) {
    var twin = Stage.twin(api, "ada");
    verdict.expect("latched after the restart of node and guard", latched(twin), twin.get("stop"));
    Map<String, Object> refused = stage.move(api, "ada", "holder", JOINT, 0.6, 1);
    verdict.expect(
        "motion is refused after the restart", "refused".equals(refused.get("state")), refused);
  }

  /** No file of the node may grow: every write of journal and recorder fails as on a full disk. */
  private void fullDisk(Stage stage, Verdict verdict, Api api, Witness witness, Child edge)
      throws IOException, InterruptedException {
    swing(stage, api, witness, "holder");
    fileSize(edge.pid(), "4096:");
    try {
      report(verdict, "fullDisk", stage, witness, () -> stop(api, "drill"));
      Map<String, Object> command = stage.move(api, "ada", "holder", JOINT, 0.6, 1);
      verdict
          .figure("fullDiskWhy", command.get("why"))
          .expect("fullDisk: motion is refused", "refused".equals(command.get("state")), command);
    } catch (CliFailure e) {
      // The twin says by an error that it could not write; that is a refusal too.
      verdict
          .figure("fullDiskWhy", e.getMessage())
          .expect(
              "fullDisk: the refusal names the journal",
              e.getMessage().contains("journal") && e.getMessage().contains("nothing was sent"),
              e.getMessage());
    } finally {
      fileSize(edge.pid(), "unlimited:");
    }
    stage.awaitTwin(
        api, "ada", "the stop in the journal afterwards", Stage.START, StopDrill::latched);
    var journal = api.get("/api/audit/verify?robot=ada");
    verdict.expect(
        "fullDisk: the journal is whole afterwards", journal.contains("\"ok\":true"), journal);
  }

  /** What an auditor finds on the stopped node's disk: each stop, by whom and why. */
  private static void journaled(Verdict verdict, Stage.Place place) {
    var found =
        Audit.ofStopped(place.data(), new RosSampleReader(), Map.of()).events("ada").stream()
            .map(SealedEvent::event)
            .filter(Event.StopLatched.class::isInstance)
            .map(Event.StopLatched.class::cast)
            .map(stop -> stop.by() + ": " + stop.why())
            .toList();
    verdict
        .figure("stopsInJournal", found)
        .expect("each stop is in the journal", found.size() >= 3, found);
  }

  private static void fileSize(long pid, String limit) throws IOException, InterruptedException {
    int code =
        new ProcessBuilder("prlimit", "--pid", Long.toString(pid), "--fsize=" + limit)
            .inheritIO()
            .start()
            .waitFor();
    if (code != 0)
      throw new IllegalStateException(
          "prlimit --fsize of process %d failed; the full disk was not tried".formatted(pid));
  }

  /** How long until whoever stops is told that the guard has it, and until the robot is still. */
  private static void report(
      Verdict verdict, String how, Stage stage, Witness witness, Runnable stop) {
    long from = System.nanoTime();
    stop.run();
    double answered = (System.nanoTime() - from) / 1e6;
    double still = witness.jointStillAfter(stage, from, Duration.ofSeconds(10));
    verdict
        .figure(how + "AnswerMillis", Math.round(answered * 10) / 10.0)
        .figure(how + "StillMillis", Math.round(still * 10) / 10.0)
        .expect(how + ": still within 200 ms", still <= IN_EFFECT_MILLIS, still);
  }

  private static boolean latched(Map<String, Object> twin) {
    return Boolean.TRUE.equals(Stage.at(twin, "stop", "latched"));
  }

  /** Starts a slow, long motion and waits until it is seen. */
  private static void swing(Stage stage, Api api, Witness witness, String by) {
    double at = Stage.joint(Stage.twin(api, "ada"), JOINT);
    Map<String, Object> command = stage.move(api, "ada", by, JOINT, at > 1.0 ? 0.1 : 2.2, 4);
    if ("refused".equals(command.get("state")))
      throw new IllegalStateException(
          "the motion to be stopped was refused: " + command.get("why"));
    stage.await(
        "the motion to be stopped",
        Duration.ofSeconds(10),
        () -> witness.jointSpeed() > 2 * Witness.STILL_RAD_PER_SEC);
  }

  private static void stop(Api api, String by) {
    var answer =
        Stage.object(
            api.post(
                "/api/twins/ada/stop",
                Json.print(StopRequest.newBuilder().setRobot("ada").setBy(by).setReason("drill"))));
    if (!Boolean.TRUE.equals(answer.get("confirmed")))
      throw new IllegalStateException(
          "stop of ada: expected the guard's acknowledgement, found " + answer);
  }

  private static void release(Stage stage, Api api) {
    api.post(
        "/api/twins/ada/stop",
        Json.print(
            StopRequest.newBuilder()
                .setRobot("ada")
                .setBy("drill")
                .setRelease(true)
                .setReason("the drill goes on")));
    stage.awaitTwin(api, "ada", "released", Duration.ofSeconds(10), twin -> !latched(twin));
  }
}
