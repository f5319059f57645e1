package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.Challenge;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.Stop;
import tandem.robot.Recorded;
import tandem.robot.door.CommandDoor;
import tandem.robot.inbound.GatewaySettings;
import tandem.robot.outbound.GuardDesk;
import tandem.zenoh.PutOptions;
import tandem.zenoh.Query;
import tandem.zenoh.Router;
import tandem.zenoh.RouterConfig;
import tandem.zenoh.Session;
import tandem.zenoh.SessionConfig;

/** A guard that others started, known by its configured key, and of another version. */
class OtherVersionTest {
  @TempDir Path directory;
  private final Recorded twin = new Recorded();
  private final List<GuardRequest> reached = new CopyOnWriteArrayList<>();

  private void answer(Query query, GuardKey key, Session session) {
    try (query) {
      GuardRequest request = GuardRequest.parseFrom(query.payload());
      GuardReply.Builder reply = GuardReply.newBuilder().setAccepted(true);
      if (request.hasChallenge()) {
        Challenge challenge = request.getChallenge();
        reply
            .setGuardZid(session.zid())
            .setSignature(
                ByteString.copyFrom(
                    key.sign(
                        challenge.getNonce().toByteArray(),
                        session.zid(),
                        challenge.getRouterZid())));
      } else {
        reached.add(request);
      }
      query.reply(query.key(), reply.build().toByteArray(), PutOptions.DEFAULT);
    } catch (InvalidProtocolBufferException malformed) {
      throw new AssertionError(malformed);
    }
  }

  private GuardReply ask(GuardRequest.Builder request) throws Exception {
    return twin.ports
        .get("eve")
        .request(request.setRobot("eve").build())
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  @Test
  void shouldSayNothingButStopToAGuardOfAnotherVersion() throws Exception {
    Path keys = Files.createDirectories(directory.resolve("keys"));
    GuardKey key = GuardKey.open(Files.createDirectories(directory.resolve("elsewhere")));
    Files.write(keys.resolve("eve.pub"), key.publicKey());
    var settings =
        new GatewaySettings.Guards(
            false, directory.resolve("none"), 0, false, Duration.ofSeconds(60), keys);
    CommandDoor door = new CommandDoor(true, false, (robot, topic, who) -> {});
    try (Router router = Router.listen(RouterConfig.on("tcp/127.0.0.1:0"));
        GuardDesk desk = new GuardDesk(settings, door, twin);
        Session guard = Session.open(SessionConfig.to(router.endpoint()))) {
      door.of(router);
      guard.declareQueryable("tandem/guard/eve/request", true, query -> answer(query, key, guard));
      desk.here("eve", "/eve", 0, router.local(), router, router.endpoint());
      twin.await("proven by its configured key", () -> twin.ports.containsKey("eve"));
      GuardStatus old = GuardStatus.newBuilder().setRobot("eve").setVersion("0.0.9").build();
      guard.put("tandem/guard/eve/status", old.toByteArray(), PutOptions.DEFAULT);
      twin.await("its status", () -> twin.statuses.containsKey("eve"));

      assertThat(twin.statuses.get("eve").getExpectedVersion())
          .as("the twin is told, and raises a hazard")
          .isEqualTo(Guard.VERSION);
      GuardReply grant = ask(GuardRequest.newBuilder().setGrant(Grant.getDefaultInstance()));
      GuardReply stop = ask(GuardRequest.newBuilder().setStop(Stop.newBuilder().setBy("bob")));

      assertThat(grant.getAccepted()).isFalse();
      assertThat(grant.getCode()).isEqualTo("tandem.guard.other-version");
      assertThat(grant.getWhy()).contains(Guard.VERSION, "0.0.9", "not sent");
      assertThat(stop.getAccepted()).isTrue();
      assertThat(reached).singleElement().satisfies(one -> assertThat(one.hasStop()).isTrue());
      guard.put(
          "tandem/guard/eve/status",
          old.toBuilder()
              .setVersion(Guard.VERSION)
              .setExpectedVersion("made up")
              .build()
              .toByteArray(),
          PutOptions.DEFAULT);
      twin.await(
          "the right version", () -> twin.statuses.get("eve").getVersion().equals(Guard.VERSION));
      assertThat(twin.statuses.get("eve").getExpectedVersion()).isEmpty();
      assertThat(ask(GuardRequest.newBuilder().setGrant(Grant.getDefaultInstance())).getAccepted())
          .isTrue();
    }
  }
}
