package tandem.deploy.drill;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.GuardDoor;
import tandem.deploy.node.Child;
import tandem.proto.codec.Json;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.StopRequest;
import tandem.ros2.Qos;
import tandem.ros2.msg.JointState;
import tandem.ros2.node.Ros2Node;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;

/**
 * The stop when nothing else works: disk full, node paused, lease held by another. A witness that
 * the robot connects to by itself sees when it stands still.
 */
final class StopDrill implements Drill {
  private static final double IN_EFFECT_MILLIS = 200;
  private static final double STILL = 0.05;
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
    try (var witness = new Witness()) {
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
    }
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
    double millis = witness.timeToStill(stage, () -> stop(api, "somebody else"));
    report(verdict, "lease", millis);
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
    signal("-STOP", edge.pid());
    try {
      double millis =
          witness.timeToStill(
              stage, () -> GuardDoor.stop(place.guardEndpoint(), "ada", "drill", "paused", false));
      report(verdict, "paused", millis);
    } finally {
      signal("-CONT", edge.pid());
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
      double millis = witness.timeToStill(stage, () -> stop(api, "drill"));
      report(verdict, "fullDisk", millis);
      Map<String, Object> command = stage.move(api, "ada", "holder", JOINT, 0.6, 1);
      verdict
          .figure("fullDiskWhy", command.get("why"))
          .expect("fullDisk: motion is refused", "refused".equals(command.get("state")), command);
    } catch (CliFailure e) {
      // The twin says by an error that it could not write; that is a refusal too.
      verdict.figure("fullDiskWhy", e.getMessage());
    } finally {
      fileSize(edge.pid(), "unlimited:");
    }
    stage.awaitTwin(
        api, "ada", "the stop in the journal afterwards", Stage.START, StopDrill::latched);
    var journal = api.get("/api/audit/verify?robot=ada");
    verdict.expect(
        "fullDisk: the journal is whole afterwards", journal.contains("\"ok\":true"), journal);
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

  private static void report(Verdict verdict, String how, double millis) {
    verdict
        .figure(how + "StillMillis", Math.round(millis * 10) / 10.0)
        .expect(how + ": still within 200 ms", millis <= IN_EFFECT_MILLIS, millis);
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
        "the motion to be stopped", Duration.ofSeconds(10), () -> witness.speed() > 2 * STILL);
  }

  private static void stop(Api api, String by) {
    api.post(
        "/api/twins/ada/stop",
        Json.print(StopRequest.newBuilder().setRobot("ada").setBy(by).setReason("drill")));
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

  private static void signal(String which, long pid) throws IOException, InterruptedException {
    int code = new ProcessBuilder("kill", which, Long.toString(pid)).inheritIO().start().waitFor();
    if (code != 0)
      throw new IllegalStateException("signal " + which + " to process " + pid + " failed");
  }

  /** Hears the robot's joints on a link of its own. */
  private static final class Witness implements AutoCloseable {
    private final Router router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
    private final Ros2Node node = new Ros2Node(router.local(), 0, "/", "tandem_witness");
    private final AtomicLong speedMicros = new AtomicLong();
    private final AtomicLong stillSince = new AtomicLong();

    Witness() {
      node.subscribe(
          "/ada/joint_states", JointState.TYPE, Qos.reliable(10), s -> seen(s.message()));
    }

    private void seen(JointState message) {
      int index = message.name().indexOf(JOINT);
      if (index < 0) return;
      double speed = Math.abs(message.velocity().get(index));
      speedMicros.set(Math.round(speed * 1e6));
      if (speed >= STILL) stillSince.set(0);
      else stillSince.compareAndSet(0, System.nanoTime());
    }

    String endpoint() {
      return router.endpoint();
    }

    /** Of the joint, rad/s. */
    double speed() {
      return speedMicros.get() / 1e6;
    }

    /** Milliseconds from the call until the joint became and stayed still for 300 ms. */
    double timeToStill(Stage stage, Runnable stop) {
      long from = System.nanoTime();
      stop.run();
      stage.await(
          "stillness after the stop",
          Duration.ofSeconds(10),
          () -> {
            long since = stillSince.get();
            return since != 0 && System.nanoTime() - since > 300_000_000L;
          });
      return Math.max(0, (stillSince.get() - from) / 1e6);
    }

    @Override
    public void close() {
      node.close();
      router.close();
    }
  }
}
