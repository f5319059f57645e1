package tandem.deploy.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.node.Child;
import tandem.proto.codec.Json;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.LeaseRequest;

/**
 * From an operator's request to the guard's acceptance: an edge with its embedded journal, its
 * guard process and a demo robot, one command after another under one lease, through the API.
 *
 * <p>{@code operatorToGuard} begins before the request is sent, {@code acceptToGuard} with the
 * event of the twin's acceptance; both end where the node has the guard's answer (wall clock of one
 * machine, us). {@code wishToAccept} is the twin's own part, up to its decision.
 */
final class CommandAcceptBench implements Bench {
  private static final Duration START = Duration.ofSeconds(90);
  private static final String ROBOT = "bench";
  private static final String JOINT = "left_elbow";
  private static final double[] POSITIONS_RAD = {0.3, 0.4};

  @Override
  public String name() {
    return "command-accept";
  }

  @Override
  public String about() {
    return "operator's command to the guard's acceptance, embedded journal, real guard process";
  }

  @Override
  public void run(double seconds, Consumer<Map<String, Object>> report) throws Exception {
    Path data = Files.createTempDirectory("tandem-bench-command-");
    try (var edge =
        Child.start(
            "edge",
            List.of("-Xmx768m"),
            List.of(
                "edge",
                "--data",
                data.toString(),
                "--port",
                "zenoh=0",
                "--port",
                "api=0",
                "--port",
                "guard=0",
                "--port",
                "management=0",
                "--port",
                "artery=0"),
            line -> {})) {
      var ports = (Map<?, ?>) edge.awaitReady(START).get("ports");
      try (var robot = robot(ports);
          var api = new Api("http://127.0.0.1:" + ports.get("api"))) {
        var why = new AtomicReference<String>("it was never asked");
        try {
          Waiting.until(
              "the robot can be commanded", START.toSeconds(), () -> holds(api, robot, why));
        } catch (IllegalStateException never) {
          throw new IllegalStateException(never.getMessage() + "; last: " + why.get(), never);
        }
        measure(api, Math.min(2, seconds / 2), null); // warms up
        measure(api, seconds, report);
      }
    } finally {
      BenchNode.delete(data);
    }
  }

  private static Child robot(Map<?, ?> ports) {
    return Child.start(
        "robot",
        List.of("-Xmx512m"),
        List.of(
            "robot",
            "--name",
            ROBOT,
            "--seed",
            "1",
            "--push",
            "none",
            "--zenoh-connect",
            "tcp/127.0.0.1:" + ports.get("zenoh"),
            "--with-parent",
            Long.toString(ProcessHandle.current().pid())),
        line -> {});
  }

  /** The lease is held for long, which needs twin and guard. */
  private static boolean holds(Api api, Child robot, AtomicReference<String> why) {
    if (!robot.alive()) throw new IllegalStateException("the robot has ended");
    try {
      api.post(
          "/api/twins/" + ROBOT + "/lease",
          Json.print(
              LeaseRequest.newBuilder().setAction("acquire").setBy("bench").setForSeconds(600)));
      var view = move(api, POSITIONS_RAD[0]);
      why.set(String.valueOf(view.get("why")));
      return view.get("times") instanceof Map<?, ?> times && times.get("guardAccepted") != null;
    } catch (CliFailure | Api.Unreachable notYet) {
      why.set(notYet.getMessage());
      return false;
    }
  }

  private static Map<?, ?> move(Api api, double to) {
    return (Map<?, ?>)
        Json.parse(
            api.post(
                "/api/twins/" + ROBOT + "/commands",
                Json.print(
                    CommandRequest.newBuilder()
                        .setBy("bench")
                        .setExpiresSeconds(2)
                        .setJoint(
                            JointGoal.newBuilder()
                                .setDurationSeconds(2)
                                .addTargets(
                                    JointTarget.newBuilder()
                                        .setJoint(JOINT)
                                        .setPositionRad(to))))));
  }

  private void measure(Api api, double seconds, Consumer<Map<String, Object>> report) {
    var operator = new ArrayList<Double>();
    var wish = new ArrayList<Double>();
    var accept = new ArrayList<Double>();
    int refused = 0;
    String why = "";
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (int i = 0; System.nanoTime() < end; i++) {
      Instant asked = Instant.now();
      var view = move(api, POSITIONS_RAD[i % 2]);
      if (!(view.get("times") instanceof Map<?, ?> times) || times.get("guardAccepted") == null) {
        refused++; // a busy machine's newest sample may be too old to decide by
        why = view.get("state") + ": " + view.get("why");
        continue;
      }
      operator.add(millis(asked, times.get("guardAccepted")));
      wish.add(millis(asked, times.get("accepted")));
      accept.add(
          millis(Instant.parse(times.get("accepted").toString()), times.get("guardAccepted")));
    }
    if (operator.isEmpty())
      throw new IllegalStateException("no command was accepted; last: " + why);
    if (report == null) return;
    report.accept(
        line(
            "commands",
            operator.size(),
            "refused",
            refused,
            "operatorToGuardP50Ms",
            percentile(operator, 0.5),
            "operatorToGuardP99Ms",
            percentile(operator, 0.99),
            "acceptToGuardP50Ms",
            percentile(accept, 0.5),
            "acceptToGuardP99Ms",
            percentile(accept, 0.99),
            "wishToAcceptP50Ms",
            percentile(wish, 0.5),
            "wishToAcceptP99Ms",
            percentile(wish, 0.99)));
  }

  private static double millis(Instant from, Object to) {
    return Duration.between(from, Instant.parse(to.toString())).toNanos() / 1e6;
  }

  private static double percentile(List<Double> values, double share) {
    var sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int index = (int) Math.min(sorted.length - 1, Math.ceil(share * sorted.length));
    return Math.rint(sorted[index] * 1000) / 1000;
  }
}
