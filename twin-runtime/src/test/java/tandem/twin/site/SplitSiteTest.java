package tandem.twin.site;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.twin.site.SiteNode.await;
import static tandem.twin.site.SiteNode.get;

import akka.actor.Address;
import akka.actor.ExtendedActorSystem;
import akka.remote.RemoteActorRefProvider;
import akka.remote.testkit.Blackhole;
import akka.remote.testkit.Direction;
import akka.remote.testkit.SetThrottle;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.FutureConverters;
import tandem.twin.journal.JournalDatabase;
import tandem.twin.journal.PostgresJournal;

/** Two nodes over one database, set up as a node with such a journal is; no life lines here. */
class SplitSiteTest {
  private EmbeddedPostgres server;
  private PostgresJournal place;
  private int[] ports;

  @BeforeEach
  void start() throws Exception {
    server =
        EmbeddedPostgres.builder()
            .setServerConfig("fsync", "on")
            .setServerConfig("synchronous_commit", "on")
            .start();
    place = new PostgresJournal(server.getJdbcUrl("postgres", "postgres"), "postgres", "");
    new JournalDatabase(place).close();
    ports = IntStream.of(free(), free()).sorted().toArray();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private static int free() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private Map<String, Object> node(int port) {
    var settings = new HashMap<String, Object>();
    settings.put("tandem.twin.journal.url", place.url());
    settings.put("tandem.twin.journal.user", "postgres");
    settings.put("akka.remote.artery.canonical.port", port);
    settings.put("akka.remote.artery.advanced.test-mode", "on");
    return settings;
  }

  private String owner() {
    try (var table = new LeaseTable(place, "tandem-akka-sbr", "nobody", Duration.ofSeconds(2), 5)) {
      var row = table.look();
      return row == null ? "" : row.owner();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static void cutOff(SiteNode node, Address other) {
    var provider =
        (RemoteActorRefProvider) ((ExtendedActorSystem) node.system.classicSystem()).provider();
    get(
        FutureConverters.asJava(
            provider
                .transport()
                .managementCommand(
                    new SetThrottle(other, Direction.bothDirection(), Blackhole.getInstance()))));
  }

  @Test
  void shouldLeaveExactlyOneOfTwoThatDoNotHearEachOther() throws Exception {
    try (var one = SiteNode.start(null, false, node(ports[0]));
        var other = SiteNode.start(one.address(), false, node(ports[1]))) {
      await("both up", () -> one.members() == 2 && other.members() == 2);
      CompletableFuture<?> oneEnds = one.system.getWhenTerminated().toCompletableFuture();
      CompletableFuture<?> otherEnds = other.system.getWhenTerminated().toCompletableFuture();

      cutOff(one, other.address());
      cutOff(other, one.address());

      get(CompletableFuture.anyOf(oneEnds, otherEnds));
      SiteNode alive = oneEnds.isDone() ? other : one;
      SiteNode ended = oneEnds.isDone() ? one : other;
      await("alone", () -> alive.statusOf(ended.address()).isEmpty());
      assertThat(oneEnds.isDone() && otherEnds.isDone()).isFalse();
      assertThat(alive.isUp(alive.address())).isTrue();
      assertThat(owner()).startsWith(alive.address().hostPort() + "#");
    }
  }

  /** The lower address dies: keeping the majority would take the survivor down, too. */
  @Test
  void shouldLetTheSurvivorLiveWhicheverItIs() throws Exception {
    try (var killed = SiteNode.Forked.start(null, false, node(ports[0]));
        var survivor = SiteNode.start(killed.address, false, node(ports[1]))) {
      await("both up", () -> survivor.members() == 2);

      killed.process.toHandle().destroyForcibly();

      await("alone", () -> survivor.statusOf(killed.address).isEmpty());
      assertThat(survivor.isUp(survivor.address())).isTrue();
      assertThat(owner()).startsWith(survivor.address().hostPort() + "#");
    }
  }

  /** Paused, not dead: it finds on its return that the other one has decided, and ends. */
  @Test
  void shouldEndAPausedNodeOnItsReturn() throws Exception {
    try (var paused = SiteNode.Forked.start(null, false, node(ports[0]));
        var survivor = SiteNode.start(paused.address, false, node(ports[1]))) {
      await("both up", () -> survivor.members() == 2);
      paused.signal("-STOP");
      await("alone", () -> survivor.statusOf(paused.address).isEmpty());

      paused.signal("-CONT");

      assertThat(get(paused.process.onExit()).exitValue()).isZero();
      assertThat(survivor.isUp(survivor.address())).isTrue();
    }
  }

  /** The lease is free again by then, and the paused node asks for it. */
  @Test
  void shouldEndANodeThatWasPausedForLongerThanTheLeaseWasHeld() throws Exception {
    var short1 = node(ports[1]);
    var short0 = node(ports[0]);
    String releaseAfter = "akka.cluster.split-brain-resolver.lease-majority.release-after";
    short0.put(releaseAfter, "1s");
    short1.put(releaseAfter, "1s");
    try (var paused = SiteNode.Forked.start(null, false, short0);
        var survivor = SiteNode.start(paused.address, false, short1)) {
      await("both up", () -> survivor.members() == 2);
      paused.signal("-STOP");
      await("alone", () -> survivor.statusOf(paused.address).isEmpty());
      await("released", () -> owner().isEmpty());

      paused.signal("-CONT");

      assertThat(get(paused.process.onExit()).exitValue()).isZero();
      assertThat(survivor.isUp(survivor.address())).isTrue();
    }
  }
}
