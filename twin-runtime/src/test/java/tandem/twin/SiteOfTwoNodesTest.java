package tandem.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tandem.twin.LocalSite.get;
import static tandem.twin.LocalSite.until;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.StopRequest;
import tandem.proto.v1.TwinView;
import tandem.twin.audit.Audit;
import tandem.twin.journal.PostgresJournal;
import tandem.twin.robot.RobotDoor;

/** Two nodes of one site over one PostgreSQL; twins live where their robots are in contact. */
class SiteOfTwoNodesTest {
  private static EmbeddedPostgres server;
  private static int databases;

  @TempDir Path data;
  private String url;
  private LocalSite first;
  private LocalSite second;

  @BeforeAll
  static void start() throws Exception {
    server = EmbeddedPostgres.builder().setServerConfig("fsync", "on").start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void begin() throws Exception {
    String database = "site" + ++databases;
    try (var admin = server.getPostgresDatabase().getConnection();
        var make = admin.createStatement()) {
      make.execute("CREATE DATABASE " + database);
    }
    url = server.getJdbcUrl("postgres", database);
    first = new LocalSite(data.resolve("one"), "ada", journal());
    second =
        new LocalSite(
            data.resolve("two"),
            "eve",
            with(journal(), "join", List.of("127.0.0.1:" + first.node.arteryPort())));
  }

  private Map<String, Object> journal() {
    return Map.of("journal.url", url, "journal.user", "postgres");
  }

  private static Map<String, Object> with(Map<String, Object> all, String key, Object value) {
    var more = new java.util.HashMap<>(all);
    more.put(key, value);
    return more;
  }

  @AfterEach
  void end() {
    if (second != null) second.close();
    if (first != null) first.close();
  }

  private static LeaseRequest.Builder lease(String action) {
    return LeaseRequest.newBuilder().setRobot("ada").setAction(action).setBy("anna");
  }

  private static CommandRequest move(double rad) {
    return CommandRequest.newBuilder()
        .setRobot("ada")
        .setBy("anna")
        .setJoint(LocalSite.goal(rad, 1))
        .build();
  }

  @Test
  void shouldAnswerOnEitherNodeForATwinOfTheOther() throws Exception {
    first.connect();
    second.connect();
    Twins far = second.node.twins();

    for (Twins twins : List.of(first.node.twins(), far)) {
      until(
          "both robots",
          () ->
              get(twins.list()).stream()
                  .map(TwinView::getRobot)
                  .toList()
                  .equals(List.of("ada", "eve")));
    }
    assertThat(get(far.show("ada")).getMode()).isEqualTo("live");
    assertThat(get(far.show("ada")).getJoints().getNamesList())
        .containsExactly("left_elbow", "right_elbow");
    assertThat(get(far.lease(lease("acquire").build())).getHolder()).isEqualTo("anna");
    var sent = get(far.command(move(0.5)));
    assertThat(sent.getState()).as("%s", sent).isIn("sent", "executing");
    first.positions = new double[] {0.5, 0};
    assertThat(get(far.await(sent.getId(), Duration.ofSeconds(10))).getState()).isEqualTo("done");
    assertThat(get(far.commands("ada", 5)).getFirst().getId()).isEqualTo(sent.getId());
    assertThat(get(far.streams("ada")).getFirst().getDelivered()).isPositive();
    assertThat(get(far.profile("ada")).getRobot()).isEqualTo("ada");
    assertThat(get(far.alarms())).isNotNull();
    assertThatThrownBy(() -> get(far.description("ada")))
        .hasRootCauseInstanceOf(Refused.class)
        .hasMessageContaining("has sent no robot_description");
    assertThat(get(far.stop(stop("ada"))).getLatched()).isTrue();
    assertThat(first.guard.latched).isTrue();
    assertThat(second.guard.latched).isFalse();
  }

  private static StopRequest stop(String robot) {
    return StopRequest.newBuilder().setRobot(robot).setBy("ben").setReason("look out").build();
  }

  @Test
  void shouldTellAWatcherOfATwinOfTheOtherNode() throws Exception {
    first.connect();
    var seen = new CopyOnWriteArrayList<TwinView>();
    get(second.node.twins().show("ada"));
    AutoCloseable watch = second.node.twins().watch("ada", seen::add);
    try {
      until("its values", () -> seen.stream().anyMatch(TwinView::hasJoints));
      first.positions = new double[] {0.25, 0};
      until(
          "newer values",
          () ->
              seen.stream()
                  .anyMatch(view -> view.getJoints().getPositionsRadList().contains(0.25)));
    } finally {
      watch.close();
    }
  }

  @Test
  void shouldSayOfAStrangerThatItWasNeverSeen() {
    for (var node : List.of(first, second)) {
      assertThatThrownBy(() -> get(node.node.twins().show("nobody")))
          .hasMessageContaining("nobody has never been seen here");
    }
  }

  @Test
  void shouldRefuseARobotThatAnotherNodeHasInContactAndTakeItOnceThatHearsNoMore()
      throws Exception {
    first.connect();
    var claim = new RobotDoor.Admission("ada", null, "elsewhere", "/ada", 0);

    assertThatThrownBy(() -> get(second.node.robots().admitted(claim)))
        .isInstanceOf(CompletionException.class)
        .hasMessageContaining("in contact with node");
    until(
        "the claim is in its journal",
        () ->
            get(first.node.twins().alarms()).stream()
                .anyMatch(alarm -> alarm.getKind().equals("name-conflict")));

    get(first.node.twins().lease(lease("acquire").setForSeconds(600).build()));
    long sequence = get(first.node.twins().show("ada")).getSequence();
    first.speaking = false;
    until(
        "admitted by the other node",
        () -> {
          try {
            get(second.node.robots().admitted(claim));
            return true;
          } catch (CompletionException stillThere) {
            return false;
          }
        });

    for (var node : List.of(first, second)) {
      var view = get(node.node.twins().show("ada"));
      assertThat(view.getSequence()).isGreaterThan(sequence);
      assertThat(view.getTerm()).isEqualTo(1);
    }
    verify();
  }

  @Test
  void shouldGoOnAtTheOtherNodeWhereItsOwnHasLeft() throws Exception {
    first.connect();
    get(first.node.twins().lease(lease("acquire").setForSeconds(600).build()));
    long sequence = get(first.node.twins().show("ada")).getSequence();
    get(second.node.twins().show("ada"));
    first.close();
    first = null;

    get(second.node.robots().admitted(new RobotDoor.Admission("ada", null, "moved", "/ada", 0)));
    var view = get(second.node.twins().show("ada"));
    assertThat(view.getSequence()).isGreaterThan(sequence);
    assertThat(view.getMode()).isEqualTo("live");
    verify();
  }

  private void verify() throws Exception {
    var verdicts =
        Audit.ofServer(
                data.resolve("two"),
                new PostgresJournal(url, "postgres", ""),
                LocalSite::read,
                Map.of())
            .verify("ada");
    assertThat(verdicts.getFirst().getFirstBad().getWhat()).as("%s", verdicts).isIn("", "segment");
  }
}
