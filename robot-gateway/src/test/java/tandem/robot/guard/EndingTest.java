package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.robot.guard.GuardHarness.SECOND;

import java.util.List;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.GuardRequest;

/** A guard that was told to end, and what was under way just then. */
class EndingTest {
  private final GuardHarness guard = new GuardHarness();

  EndingTest() {
    guard.configure(GuardHarness.teleoperated());
    guard.baseSpeed = 0;
    guard.stillSince = 0;
    guard.grant(1, 1);
  }

  private List<GuardEffect.Reply> ask(GuardRequest.Builder request, long replyTo) {
    guard.input(new GuardInput.Request(request.setRobot("eve").build(), true, replyTo));
    return guard.replies.stream().filter(reply -> reply.replyTo() == replyTo).toList();
  }

  @Test
  void shouldStartNothingThatWaitedForTheDiskWhenItWasToldToEnd() {
    guard.diskHangs = true;
    ask(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 1)), 1_001);
    ask(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 2)), 1_002);

    guard.input(new GuardInput.Ending("asked to"));
    guard.diskHangs = false;
    guard.diskAnswers();
    guard.pass(SECOND);

    assertThat(guard.trajectories()).isEmpty();
    assertThat(guard.replies)
        .filteredOn(reply -> reply.replyTo() > 1_000)
        .hasSize(2)
        .allMatch(reply -> reply.code().equals("tandem.guard.ending"));
    assertThat(GuardCore.atRest(guard.state)).isTrue();
  }

  @Test
  void shouldHoldWhatWasHandedToTheLinkWhenItWasToldToEnd() {
    guard.linkHangs = true;
    ask(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 1)), 1_001);
    assertThat(guard.trajectories()).hasSize(1);

    guard.input(new GuardInput.Ending("asked to"));
    guard.input(new GuardInput.Published("c-1-1-1", true, ""));

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.trajectories().getLast().commandId()).as("a hold").isEmpty();
    assertThat(guard.logs("safe-behaviour").getFirst().code()).isEqualTo("tandem.guard.ending");
  }
}
