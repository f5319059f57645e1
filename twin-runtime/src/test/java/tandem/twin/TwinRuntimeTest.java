package tandem.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tandem.twin.LocalSite.get;
import static tandem.twin.LocalSite.goal;
import static tandem.twin.LocalSite.until;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.event.Event;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardRequest.RequestCase;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.StopRequest;
import tandem.twin.robot.TwinInlet;

class TwinRuntimeTest {
  @TempDir Path data;

  private static CommandView move(LocalSite site, String by, double to, double seconds) {
    return get(
        site.node
            .twins()
            .command(
                CommandRequest.newBuilder()
                    .setRobot("ada")
                    .setBy(by)
                    .setJoint(goal(to, seconds))
                    .build()));
  }

  @Test
  void shouldCarryACommandFromWishToEvidence() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      var sent = move(site, "anna", 0.5, 1);

      assertThat(sent.getState()).as(sent.toString()).isIn("sent", "executing");
      var motion =
          site.guard.heard.stream()
              .filter(r -> r.getRequestCase() == RequestCase.MOTION)
              .findFirst()
              .orElseThrow()
              .getMotion();
      assertThat(motion.getJournal().getSequence()).isPositive();
      assertThat(motion.getJournal().getHash().size()).isEqualTo(32);

      site.positions = new double[] {0.5, 0};
      var done = get(site.node.twins().await(sent.getId(), Duration.ofSeconds(10)));

      assertThat(done.getState()).as(done.toString()).isEqualTo("done");
      assertThat(done.getEvidence().getStream()).isEqualTo("/ada/joint_states");
      assertThat(done.getEvidence().getErrorRad()).isLessThan(0.02);
      until("the lease for one command is released", () -> !site.show().getLease().hasHolder());
    }
  }

  @Test
  void shouldLatchAStopWhileTheJournalIsFullAndRefuseMotion() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of("journal.max-bytes", 1 << 18)).connect()) {
      var inlet = (TwinInlet) site.node.robots();
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  get(
                      inlet.journal(
                          "ada", new Event.OperatorAction("anna", "note", "x".repeat(20_000))));
                }
              })
          .cause()
          .isInstanceOf(Refused.class);

      until(
          "refused at once",
          () -> move(site, "anna", 0.1, 1).getCode().equals("tandem.journal.unwritable"));
      long motions = site.guard.count(RequestCase.MOTION);
      var stop =
          get(
              site.node
                  .twins()
                  .stop(StopRequest.newBuilder().setRobot("ada").setBy("ben").build()));

      assertThat(stop.getLatched()).isTrue();
      assertThat(site.guard.latched).isTrue();
      assertThat(site.guard.count(RequestCase.MOTION)).isEqualTo(motions);
      assertThat(get(site.node.twins().show("ada")).getStop().getLatched()).isTrue();
      assertThat(get(site.node.twins().alarms()))
          .anySatisfy(alarm -> assertThat(alarm.getKind()).isEqualTo("journal-unwritable"));
    }
  }

  @Test
  void shouldSayThatAStopIsConfirmedOnlyWhenTheGuardHasIt() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      var request =
          StopRequest.newBuilder().setRobot("ada").setBy("ben").setRequestId("page.7").build();
      site.guard.silent = true;
      var noted = get(site.node.twins().stop(request));
      assertThat(noted.getLatched()).isTrue();
      assertThat(noted.getConfirmed()).isFalse();

      site.guard.silent = false;
      assertThat(get(site.node.twins().stop(request)).getConfirmed()).isTrue();
      assertThat(site.guard.heard)
          .filteredOn(GuardRequest::hasStop)
          .extracting(r -> r.getStop().getRequestId())
          .containsOnly("page.7");
      site.watched(view -> view.getStop().getConfirmed());
    }
  }

  @Test
  void shouldRearmAGuardThatLostItsState() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      site.guard.armed = false;
      until("refused", () -> move(site, "anna", 0.1, 1).getCode().equals("tandem.guard.unarmed"));
      assertThatThrownBy(() -> get(site.node.twins().rearm("ada", "cleo", "")))
          .cause()
          .hasMessageContaining("needs a reason");

      get(site.node.twins().rearm("ada", "cleo", "on its gantry"));

      assertThat(site.guard.count(RequestCase.REARM)).isEqualTo(1);
      until("moves again", () -> !move(site, "anna", 0.1, 1).getState().equals("refused"));
    }
  }

  @Test
  void shouldGoOnAfterARestartWithTheSameDigestAndSendNothingAgain() throws Exception {
    String digest;
    long sequence;
    String id;
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      get(
          site.node
              .twins()
              .lease(
                  LeaseRequest.newBuilder()
                      .setRobot("ada")
                      .setAction("acquire")
                      .setBy("anna")
                      .build()));
      id = move(site, "anna", 0.5, 30).getId();
      get(site.node.twins().stop(StopRequest.newBuilder().setRobot("ada").setBy("ben").build()));
      until("stop in effect", () -> site.show().getStop().getInEffect());
      var view = site.show();
      digest = view.getDigest();
      sequence = view.getSequence();
    }

    try (var again = new LocalSite(data, "ada", Map.of())) {
      var view = again.show();
      assertThat(view.getStop().getLatched()).isTrue();
      assertThat(view.getSequence()).isGreaterThanOrEqualTo(sequence);
      if (view.getSequence() == sequence) assertThat(view.getDigest()).isEqualTo(digest);
      assertThat(get(again.node.twins().await(id, Duration.ZERO)).getState())
          .isEqualTo("cancelled");
      again.connect();
      assertThat(again.guard.count(RequestCase.MOTION)).isZero();
    }
  }

  @Test
  void shouldTurnSilentAndEndTheCommandAsUnknown() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of("rules.silence-after", "300ms")).connect()) {
      var sent = move(site, "anna", 0.5, 30);
      site.speaking = false;

      assertThat(get(site.node.twins().await(sent.getId(), Duration.ofSeconds(10))).getState())
          .isEqualTo("unknown");
      var view = site.watched(v -> v.getMode().equals("silent"));
      assertThat(view.getJoints().getPositionsRadList()).containsExactly(0.0, 0.0);
      assertThat(move(site, "anna", 0.1, 1).getCode()).isEqualTo("tandem.robot.silent");

      site.speaking = true;
      site.watched(v -> v.getMode().equals("live"));
    }
  }

  @Test
  void shouldRefuseASecondNodeOnTheSameDataAndAnUnknownRobot() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of())) {
      assertThatThrownBy(() -> new LocalSite(data, "eve", Map.of()))
          .hasMessageContaining("another process uses it");
      assertThatThrownBy(() -> get(site.node.twins().show("nobody")))
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOfSatisfying(
              Refused.class, r -> assertThat(r.code()).isEqualTo("tandem.robot.unknown"));
    }
  }

  @Test
  void shouldSayWhichTwinIsCorruptWhileTheOthersGoOnAndStopStillWorks() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      get(
          site.node
              .robots()
              .admitted(new tandem.twin.robot.RobotDoor.Admission("eve", null, "t", "/eve", 0)));
    }
    try (var connection =
            java.sql.DriverManager.getConnection(
                "jdbc:sqlite:" + data.resolve("journal/journal.db"));
        var statement = connection.createStatement()) {
      statement.executeUpdate(
          "UPDATE event SET payload = CAST(X'00' AS BLOB)"
              + " WHERE persistence_id = 'RobotTwin|ada~1' AND sequence = 2");
    }

    try (var site = new LocalSite(data, "ada", Map.of())) {
      assertThatThrownBy(() -> get(site.node.twins().show("ada")))
          .cause()
          .isInstanceOf(Refused.class)
          .hasMessageContaining("robot ada term 1 sequence 2")
          .hasMessageContaining("its robot is not commanded");
      assertThat(get(site.node.twins().show("eve")).getMode()).isNotEmpty();
      assertThat(get(site.node.twins().list()))
          .extracting(view -> view.getRobot() + " " + view.getMode())
          .contains("ada closed");
      site.node.robots().guard("ada", site.guard);
      var stop =
          get(
              site.node
                  .twins()
                  .stop(StopRequest.newBuilder().setRobot("ada").setBy("ben").build()));
      assertThat(stop.getLatched()).isTrue();
      assertThat(stop.getConfirmed()).isTrue();
      assertThat(site.guard.latched).isTrue();
    }
  }
}
