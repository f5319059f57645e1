package tandem.deploy.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tandem.deploy.client.Api;
import tandem.deploy.client.CliFailure;

/** The edge is restarted while a foreign robot runs: what it latched is back. */
final class RestartDrill implements Drill {
  private static final double BACK_SECONDS = 2;
  private static final double END_SECONDS = 15;

  @Override
  public String name() {
    return "restart";
  }

  @Override
  public String about() {
    return "the edge is restarted while a foreign robot runs; robot_description and tf_static are"
        + " back within 2 s of its first new sample";
  }

  @Override
  public Verdict run(Stage stage) throws Exception {
    var verdict = new Verdict();
    var place = stage.place("edge");
    var edge = stage.edge(place);
    var api = stage.api(place);
    stage.keep(eve(place));
    stage.await("eve's description", Stage.START, () -> described(api));
    stage.await("eve's tf_static", Stage.START, () -> delivered(api, "/tf_static") > 0);

    long asked = System.nanoTime();
    edge.end(Duration.ofSeconds(30));
    double endSeconds = (System.nanoTime() - asked) / 1e9;
    int code = edge.ended().join();
    stage.edge(place);
    stage.await(
        "eve's samples after the restart",
        Stage.START,
        () -> delivered(api, "/eve/joint_states") > 0);
    double description =
        stage.await("description after the restart", Stage.START, () -> described(api));
    double transforms =
        description
            + stage.await(
                "tf_static after the restart", Stage.START, () -> delivered(api, "/tf_static") > 0);

    return verdict
        .figure("endSeconds", endSeconds)
        .figure("exitCode", code)
        .figure("descriptionSeconds", description)
        .figure("tfStaticSeconds", transforms)
        .expect("SIGTERM ends the edge with code 0", code == 0, code)
        .expect("SIGTERM ends the edge within 15 s", endSeconds <= END_SECONDS, endSeconds)
        .expect("robot_description is back within 2 s", description <= BACK_SECONDS, description)
        .expect("tf_static is back within 2 s", transforms <= BACK_SECONDS, transforms);
  }

  private static boolean described(Api api) {
    try {
      return api.get("/api/twins/eve/description").contains("<robot");
    } catch (CliFailure | Api.Unreachable e) {
      return false;
    }
  }

  /** Samples of eve's stream that came in since the edge started. */
  private static long delivered(Api api, String topic) {
    try {
      for (Map<String, Object> stream : api.list("/api/streams?robot=eve"))
        if (topic.equals(stream.get("topic")))
          return ((Number) stream.get("delivered")).longValue();
      return 0;
    } catch (CliFailure | Api.Unreachable e) {
      return 0;
    }
  }

  /** The foreign robot of the tests: the real Zenoh core in Python. */
  private static AutoCloseable eve(Stage.Place place) throws IOException {
    var home = Path.of(System.getProperty("tandem.home", "."));
    String python = System.getProperty("tandem.python", System.getenv("TANDEM_PYTHON"));
    if (python == null) python = home.resolve(".tandem/venv/bin/python").toString();
    if (!Files.isExecutable(Path.of(python)))
      throw new CliFailure(
          "drill restart: no Python with the real Zenoh core at %s; tools/python-env makes it"
              .formatted(python));
    var process =
        new ProcessBuilder(
                List.of(
                    python,
                    home.resolve("tools/peers/eve.py").toString(),
                    "--connect",
                    place.zenohEndpoint(),
                    "--seconds",
                    "0",
                    "--rate",
                    "100",
                    "--topics",
                    "joint_states",
                    "--latched"))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    return process::destroyForcibly;
  }
}
