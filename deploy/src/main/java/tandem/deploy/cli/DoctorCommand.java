package tandem.deploy.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;
import tandem.deploy.client.Out;
import tandem.proto.codec.Json;
import tandem.sim.engine.Engine;

/** {@code tandem doctor}: looks at what Tandem needs and says what is missing, with a hint. */
@Command(name = "doctor", description = "Checks this machine, the node, and with --robot a robot.")
final class DoctorCommand implements Callable<Integer> {
  private static final int JAVA = 25;
  private static final double GUARD_FRESH_MILLIS = 1000;

  @Mixin Main.Help help;
  @Mixin ApiOptions api;

  @Option(names = "--robot", paramLabel = "R")
  String robot;

  private final List<Map<String, Object>> checks = new ArrayList<>();

  @Override
  public Integer call() {
    check(
        "java",
        Runtime.version().feature() == JAVA,
        Runtime.version().toString(),
        "a JDK 25; set TANDEM_JAVA_HOME");
    checkEngine();
    checkData();
    checkNode();
    api.out().table(checks, "check", "ok", "found", "hint");
    return checks.stream().allMatch(one -> (Boolean) one.get("ok")) ? 0 : Main.FAILED;
  }

  private void checkEngine() {
    try {
      Engine.get();
      check("mujoco", true, System.getProperty("tandem.mujoco", "found by itself"), "");
    } catch (RuntimeException | LinkageError e) {
      check("mujoco", false, e.getMessage(), "./tandem build fetches it; only the demo needs it");
    }
  }

  private void checkData() {
    var data = Path.of(System.getProperty("user.home"), ".local", "share", "tandem");
    var at = data;
    while (at != null && !Files.exists(at)) at = at.getParent();
    boolean writable = at != null && Files.isWritable(at);
    try {
      long free = at == null ? 0 : Files.getFileStore(at).getUsableSpace() >> 20;
      check(
          "data directory",
          writable && free > 1024,
          "%s, %d MiB free%s".formatted(data, free, writable ? "" : ", not writable"),
          "--data names another; recording one humanoid takes some 2 MB/s");
    } catch (IOException e) {
      check("data directory", false, data + ": " + e.getMessage(), "--data names another");
    }
  }

  private void checkNode() {
    try (var node = api.open()) {
      var version = Json.parse(node.get("/api/version"));
      check("node", true, Out.toJson(version), "");
      if (robot != null) checkRobot(node);
    } catch (Api.Unreachable | CliFailure e) {
      check("node", false, e.getMessage(), "./tandem demo or ./tandem edge starts one");
      for (int port : new int[] {7447, 8080, 8558})
        check(
            "port " + port,
            !taken(port),
            taken(port) ? "taken by another program" : "free",
            "--port-offset N or --port NAME=N");
    }
  }

  private void checkRobot(Api node) {
    try {
      if (!(Json.parse(node.get(TwinCommands.path(robot))) instanceof Map<?, ?> twin))
        throw new CliFailure("the node's answer is no object");
      check(
          "robot in contact",
          "live".equals(twin.get("mode")),
          twin.get("mode"),
          "connect it to the node's Zenoh port, or the node to its router (--zenoh-connect)");
      Object seen = twin.get("lease") instanceof Map<?, ?> lease ? lease.get("guardSeenMs") : null;
      check(
          "guard heard",
          seen instanceof Number age && age.doubleValue() < GUARD_FRESH_MILLIS,
          seen == null ? "never" : seen + " ms ago",
          "the edge starts it; see guards/%s/guard.out in the data directory".formatted(robot));
      check(
          "guard path",
          "robot".equals(twin.get("guardPath")),
          twin.get("guardPath"),
          "the robot is reached through the node only: when that dies, the robot's own watchdog is"
              + " all that stops it; connect the robot to the guard's listener too");
      if (!(Json.parse(node.get(TwinCommands.path(robot) + "/profile"))
          instanceof Map<?, ?> profile)) throw new CliFailure("the node's answer is no object");
      check(
          "profile in use",
          !"proposed".equals(profile.get("source")),
          profile.get("source") + ", open: " + Out.toJson(profile.get("ambiguities")),
          "./tandem twin profile %s accept".formatted(robot));
    } catch (CliFailure e) {
      check("robot " + robot, false, e.getMessage(), "./tandem twin list");
    }
  }

  private static boolean taken(int port) {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void check(String name, boolean ok, Object found, String hint) {
    checks.add(Out.fields("check", name, "ok", ok, "found", found, "hint", ok ? "" : hint));
  }
}
