package tandem.twin.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import akka.actor.testkit.typed.javadsl.ActorTestKit;
import akka.actor.typed.ActorRef;
import akka.actor.typed.SupervisorStrategy;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tandem.proto.codec.Json;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.SimulatorView;
import tandem.proto.v1.StreamView;
import tandem.proto.v1.TwinView;

class ManagementTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static ActorTestKit kit;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    kit =
        ActorTestKit.create(
            "management",
            ConfigFactory.parseString(
                    """
                    akka.actor.provider = cluster
                    akka.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                    akka.cluster.jmx.enabled = off
                    akka.management.http.port = 0
                    """)
                .withFallback(ConfigFactory.parseResources("tandem-telemetry.conf"))
                .withFallback(ConfigFactory.load()));
    var cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    port =
        Management.start(
                kit.system(),
                new Management.Sources(
                    "home",
                    () ->
                        CompletableFuture.completedFuture(
                            List.of(TwinView.newBuilder().setRobot("ada").build())),
                    () ->
                        List.of(
                            StreamView.newBuilder()
                                .setRobot("ada")
                                .setTopic("/ada/imu/data")
                                .setOffered(7)
                                .build()),
                    () -> List.of(SimulatorView.newBuilder().setId("ada-dream").build()),
                    () ->
                        List.of(
                            GuardStatus.newBuilder()
                                .setRobot("ada")
                                .putCounters("setpointsRefused", 4)
                                .build()),
                    Map.of("recorder.refused", () -> 3)))
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS);
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void shouldShowEveryActorWithItsMailboxRateTimesAndFailures() throws Exception {
    ActorRef<String> actor =
        kit.spawn(
            Behaviors.supervise(
                    Telemetry.<String>watched(
                        "Echo",
                        Behaviors.receiveMessage(
                            message -> {
                              if (message.equals("fail")) {
                                throw new IllegalStateException("asked to fail");
                              }
                              return Behaviors.same();
                            })))
                .onFailure(SupervisorStrategy.restart()),
            "echo");
    for (int i = 0; i < 100; i++) {
      actor.tell("hello");
    }
    actor.tell("fail");

    await(() -> ((Number) echo().get("restarts")).longValue() == 1);
    var echo = echo();
    assertThat(echo.get("kind")).isEqualTo("Echo");
    assertThat(((Number) echo.get("processed")).longValue()).isEqualTo(101);
    assertThat(((Number) echo.get("mailbox")).longValue()).isZero();
    assertThat(((Number) echo.get("p99Micros")).doubleValue()).isPositive();
    assertThat((String) echo.get("lastFailure")).contains("asked to fail");
    assertThat(echo.get("perSecond")).isNotNull();
  }

  @Test
  void shouldServeTheRoutesOfTheContract() throws Exception {
    assertThat(get("/tandem/twins")).contains("\"robot\":\"ada\"");
    assertThat(get("/tandem/streams")).contains("\"offered\":7");
    assertThat(get("/tandem/simulators")).contains("\"id\":\"ada-dream\"");
    assertThat(get("/tandem/sites")).contains("\"site\":\"home\"", "\"self\":true");
    assertThat(get("/cluster/members")).contains("\"selfNode\"");
    assertThat(get("/alive")).isEqualTo("OK");
    assertThat(get("/metrics"))
        .contains(
            "tandem_stream_offered{robot=\"ada\",topic=\"/ada/imu/data\"} 7.0",
            "tandem_guard_setpoints_refused{robot=\"ada\"} 4.0",
            "tandem_recorder_refused 3.0",
            "jvm_memory_used_bytes");
    await(() -> status("GET", "/ready") == 200);
  }

  @Test
  void shouldBeReadOnly() throws Exception {
    String self = Cluster.get(kit.system()).selfMember().address().toString();

    int answer = status("DELETE", "/cluster/members/" + java.net.URLEncoder.encode(self, "UTF-8"));

    assertThat(answer).isBetween(400, 499);
  }

  private static Map<?, ?> echo() {
    try {
      for (var actor : (List<?>) Json.parse(get("/tandem/actors"))) {
        if (((Map<?, ?>) actor).get("path").equals("/user/echo")) {
          return (Map<?, ?>) actor;
        }
      }
    } catch (IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
    throw new AssertionError("no actor /user/echo");
  }

  private static String get(String path) throws IOException, InterruptedException {
    return HTTP.send(request("GET", path), HttpResponse.BodyHandlers.ofString()).body();
  }

  private static int status(String method, String path) {
    try {
      return HTTP.send(request(method, path), HttpResponse.BodyHandlers.ofString()).statusCode();
    } catch (IOException | InterruptedException failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static HttpRequest request(String method, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .method(method, HttpRequest.BodyPublishers.noBody())
        .build();
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline of 60 s").isLessThan(deadline);
      Thread.yield();
    }
  }
}
