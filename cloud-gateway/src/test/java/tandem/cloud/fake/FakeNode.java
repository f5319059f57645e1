package tandem.cloud.fake;

import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tandem.cloud.http.ApiServer;
import tandem.cloud.http.ApiSettings;
import tandem.cloud.http.AuditDoor;
import tandem.cloud.http.Narration;

/** API and console on fake twins; from the command line for work on the pages: {@code PORT}. */
public final class FakeNode implements AutoCloseable {
  public final FakeTwins twins = new FakeTwins();
  private final ActorSystem<Void> system;
  private final ApiServer server;

  public FakeNode(int port) throws Exception {
    this(port, Optional.empty(), AuditDoor.closed("fake node: nothing is recorded"));
  }

  /** One that tells a story. */
  public FakeNode(int port, Optional<Narration> narration, AuditDoor audit) throws Exception {
    system =
        ActorSystem.create(
            Behaviors.empty(),
            "fake",
            ConfigFactory.parseString("akka.loglevel = WARNING, akka.log-dead-letters = off")
                .withFallback(ConfigFactory.load()));
    server =
        ApiServer.start(
                system,
                twins,
                audit,
                narration,
                ApiSettings.onLoopback(port, "test", List.of("cloud"), "test"))
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  public ApiServer server() {
    return server;
  }

  public ActorSystem<Void> system() {
    return system;
  }

  public String url() {
    return "http://127.0.0.1:" + server.port();
  }

  @Override
  public void close() {
    server.stop(Duration.ofSeconds(1)).toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
    twins.close();
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  public static void main(String[] arguments) throws Exception {
    var node = new FakeNode(arguments.length > 0 ? Integer.parseInt(arguments[0]) : 8080);
    System.out.println(node.url());
    node.system.getWhenTerminated().toCompletableFuture().get();
  }
}
