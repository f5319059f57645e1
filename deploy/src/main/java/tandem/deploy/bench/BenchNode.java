package tandem.deploy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import tandem.proto.v1.GuardLogRecord;
import tandem.robot.inbound.RosSampleReader;
import tandem.twin.TwinRuntime;
import tandem.twin.TwinSettings;
import tandem.twin.robot.RobotDoor;

/** A node without links, on a data directory of its own that goes away with {@link #delete}. */
final class BenchNode implements AutoCloseable {
  private final TwinRuntime runtime;

  private BenchNode(TwinRuntime runtime) {
    this.runtime = runtime;
  }

  static BenchNode start(Path data) throws IOException {
    var settings =
        TwinSettings.of(Map.of("data", data.toString(), "artery.port", 0, "management.port", -1));
    return new BenchNode(TwinRuntime.start(settings, new RosSampleReader()));
  }

  TwinRuntime runtime() {
    return runtime;
  }

  void admit(String robot) throws Exception {
    get(runtime.robots().admitted(new RobotDoor.Admission(robot, null, "bench", "/" + robot, 0)));
  }

  /** An event of usual size. */
  static GuardLogRecord record(long number) {
    return GuardLogRecord.newBuilder()
        .setNumber(number)
        .setKind("accepted")
        .setCommandId("bench-" + number)
        .setWhy("a record of the usual length, as a guard writes it for a command")
        .build();
  }

  static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  static void delete(Path data) throws IOException {
    try (var files = Files.walk(data)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
    }
  }

  @Override
  public void close() {
    runtime.close();
  }
}
