package tandem.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tandem.twin.LocalSite.get;
import static tandem.twin.LocalSite.until;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.proto.codec.SealedEvent;
import tandem.proto.event.Event;
import tandem.proto.v1.CommandRequest;
import tandem.proto.v1.CommandView;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardRequest.RequestCase;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.JointTarget;
import tandem.proto.v1.LeaseRequest;
import tandem.proto.v1.LeaseView;
import tandem.proto.v1.StopRequest;
import tandem.proto.v1.StreamGoal;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.VelocityTarget;

/** Leases and held controls through the actor, the journal and a guard that obeys. */
class AuthorityTest {
  @TempDir Path data;

  private static LeaseRequest.Builder ask(String action, String by) {
    return LeaseRequest.newBuilder().setRobot("ada").setAction(action).setBy(by);
  }

  private static LeaseView lease(LocalSite site, LeaseRequest.Builder request) {
    return get(site.node.twins().lease(request.build()));
  }

  /** Again where a busy machine made the newest sample too old. */
  private static CommandView open(LocalSite site, String by, String kind) {
    var opened = new AtomicReference<CommandView>();
    until(
        "a fresh sample",
        () -> {
          opened.set(
              get(
                  site.node
                      .twins()
                      .command(
                          CommandRequest.newBuilder()
                              .setRobot("ada")
                              .setBy(by)
                              .setStream(StreamGoal.newBuilder().setKind(kind))
                              .build())));
          return !opened.get().getCode().equals("tandem.joints.stale");
        });
    return opened.get();
  }

  private static TeleopState say(LocalSite site, String id, TeleopSetpoint.Builder setpoint) {
    return get(
        site.node
            .twins()
            .setpoint("ada", id, setpoint.setToken(site.guard.status().getToken()).build()));
  }

  private static TeleopSetpoint.Builder joint(long number, boolean held) {
    return TeleopSetpoint.newBuilder()
        .setNumber(number)
        .setHeld(held)
        .setJoint(
            JointGoal.newBuilder()
                .addTargets(JointTarget.newBuilder().setJoint("left_elbow").setPositionRad(0.1)));
  }

  private static List<RequestCase> heard(LocalSite site, RequestCase... kinds) {
    return site.guard.heard.stream()
        .map(GuardRequest::getRequestCase)
        .filter(kind -> List.of(kinds).contains(kind))
        .toList();
  }

  @Test
  void shouldRevokeBeforeItGrantsATakeAndKillTheOldStream() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      lease(site, ask("acquire", "ben"));
      var stream = open(site, "ben", "joint");
      assertThat(stream.getState()).as(stream.toString()).isEqualTo("executing");
      assertThat(say(site, stream.getId(), joint(1, true)).getAccepted()).isTrue();

      var view = lease(site, ask("take", "anna").setReason("ben is asleep"));

      assertThat(view.getHolder()).isEqualTo("anna");
      assertThat(heard(site, RequestCase.GRANT, RequestCase.REVOKE))
          .containsExactly(RequestCase.GRANT, RequestCase.REVOKE, RequestCase.GRANT);
      long setpoints = site.guard.count(RequestCase.SETPOINT);
      var dead = say(site, stream.getId(), joint(2, true));
      assertThat(dead.getCode()).isEqualTo("tandem.teleop.not-open");
      assertThat(dead.getState()).isEqualTo("cancelled");
      assertThat(site.guard.count(RequestCase.SETPOINT)).isEqualTo(setpoints);
    }
  }

  @Test
  void shouldLeaveTheLeaseWhereTheGuardDoesNotAnswerTheRevocation() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      lease(site, ask("acquire", "ben"));
      site.guard.deafToRevoke = true;

      assertThatThrownBy(() -> lease(site, ask("take", "anna").setReason("x")))
          .cause()
          .isInstanceOf(Refused.class)
          .hasMessageContaining("the guard did not answer within");
      assertThat(site.show().getLease().getHolder()).isEqualTo("ben");
    }
  }

  @Test
  void shouldHandOverToWhoeverWishedAndShowTheWishMeanwhile() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      lease(site, ask("acquire", "ben"));
      var wished = lease(site, ask("request", "autonomy/walk").setReason("mission 7"));
      assertThat(wished.getWishesList())
          .extracting(w -> w.getBy())
          .containsExactly("autonomy/walk");
      assertThat(wished.getParts(0).getKeepAliveAgeMs()).isNotNegative();

      var given = lease(site, ask("hand-over", "ben").setTo("autonomy/walk"));

      assertThat(given.getHolder()).isEqualTo("autonomy/walk");
      assertThat(given.getWishesList()).isEmpty();
    }
  }

  @Test
  void shouldCarryAHeldControlToItsProofOfRestWithoutJournalingSetpoints() throws Exception {
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      var stream = open(site, "ben", "joint");
      assertThat(stream.getState()).as(stream.toString()).isEqualTo("executing");
      assertThat(stream.getForm()).isEqualTo("joint-stream");
      long before = site.show().getSequence();
      site.velocities = new double[] {0.3, 0};
      for (int i = 1; i <= 20; i++) {
        var answer = say(site, stream.getId(), joint(i, true));
        assertThat(answer.getAccepted()).as(answer.toString()).isTrue();
      }
      assertThat(site.guard.count(RequestCase.SETPOINT)).isEqualTo(20);
      var authority =
          site.guard.heard.stream()
              .filter(GuardRequest::hasMotion)
              .findFirst()
              .orElseThrow()
              .getMotion()
              .getAuthority();
      assertThat(site.guard.heard)
          .filteredOn(GuardRequest::hasSetpoint)
          .allMatch(r -> r.getSetpoint().getAuthority().equals(authority));
      assertThat(site.node.audit().events("ada").stream().skip(before).map(SealedEvent::event))
          .filteredOn(event -> !(event instanceof Event.OfSegment)) // the recorder's, at any time
          .as("no event for a setpoint; one for the first motion may stand there")
          .allMatch(Event.CommandFirstMotion.class::isInstance)
          .hasSizeLessThanOrEqualTo(1);

      say(site, stream.getId(), joint(21, false));
      site.velocities = new double[] {0, 0};
      var done = get(site.node.twins().await(stream.getId(), Duration.ofSeconds(10)));

      assertThat(done.getState()).as(done.toString()).isEqualTo("done");
      assertThat(done.getEvidence().getStream()).isEqualTo("/ada/joint_states");
      until("the lease for one command is released", () -> !site.show().getLease().hasHolder());
      assertThat(get(site.node.twins().streams("ada")))
          .filteredOn(s -> s.getTopic().equals("/ada/tandem/setpoints"))
          .singleElement()
          .satisfies(s -> assertThat(s.getDelivered()).isEqualTo(21));
    }
  }

  @Test
  void shouldCloseTheStreamAtAStopAndAfterARestart() throws Exception {
    String id;
    try (var site = new LocalSite(data, "ada", Map.of()).connect()) {
      id = open(site, "ben", "velocity").getId();
      get(site.node.twins().stop(StopRequest.newBuilder().setRobot("ada").setBy("eve").build()));
      var after =
          say(
              site,
              id,
              TeleopSetpoint.newBuilder()
                  .setNumber(1)
                  .setHeld(true)
                  .setVelocity(VelocityTarget.newBuilder().setVxMetersPerSec(0.1)));
      assertThat(after.getCode()).isEqualTo("tandem.teleop.not-open");
      assertThat(site.guard.count(RequestCase.SETPOINT)).isZero();
    }
    try (var again = new LocalSite(data, "ada", Map.of()).connect()) {
      assertThat(get(again.node.twins().teleop("ada", id)).getState()).isEqualTo("cancelled");
      assertThat(again.guard.count(RequestCase.SETPOINT)).isZero();
    }
  }
}
