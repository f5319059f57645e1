package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.TimeToken;

class GuardPortsTest {
  private final GuardPorts ports = new GuardPorts();

  private static GuardStatus status(String boot, long tick, boolean latched) {
    return GuardStatus.newBuilder()
        .setRobot("eve")
        .setToken(TimeToken.newBuilder().setBootId(boot).setTickMillis(tick))
        .setStopLatched(latched)
        .build();
  }

  @Test
  void shouldNotLatchAgainByAStatusThatTheAnswerToAReleaseOvertook() {
    ports.port(
        "eve",
        request ->
            CompletableFuture.completedFuture(
                GuardReply.newBuilder()
                    .setAccepted(true)
                    .setStatus(status("a", 200, false))
                    .build()));
    ports.status(status("a", 150, true));
    ports.port("eve").request(GuardRequest.getDefaultInstance());

    ports.status(status("a", 190, true));

    assertThat(ports.seen("eve").status().getStopLatched()).isFalse();
    ports.status(status("b", 10, true));
    assertThat(ports.seen("eve").status().getStopLatched()).as("another boot counts anew").isTrue();
  }
}
