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

  @Mixin Main.Help help;
  @Mixin ApiOptions api;

  @Option(names = "--robot", paramLabel = "R", description = "A robot of the node, too.")
  String robot;

  @Option(
      names = {"-e", "--endpoint"},
      paramLabel = "EP",
      description =
          "Zenoh endpoint where the robot's graph is looked at, default tcp/127.0.0.1:7447.")
  String endpoint = "tcp/127.0.0.1:7447";

  @Option(names = "--domain", paramLabel = "N", description = "ROS domain, default 0.")
  int domain;

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
      if (robot != null) new RobotDoctor(robot, endpoint, domain, this::check).check(node);
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
