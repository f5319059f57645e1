package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.robot.guard.GuardHarness.SECOND;
import static tandem.robot.guard.GuardHarness.authority;
import static tandem.robot.guard.GuardHarness.velocity;

import java.util.List;
import org.junit.jupiter.api.Test;
import tandem.proto.v1.Cancel;
import tandem.proto.v1.Grant;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.Release;
import tandem.proto.v1.Stop;

/** A disk that takes its time, or never answers, and what does not wait for it. */
class SlowDiskTest {
  private final GuardHarness guard = new GuardHarness();
  private long tag = 1_000;

  SlowDiskTest() {
    guard.configure(GuardHarness.teleoperated());
    guard.follows = true;
    guard.baseSpeed = 0;
    guard.stillSince = 0;
    guard.grant(1, 1);
  }

  private long tell(GuardRequest.Builder request) {
    long replyTo = ++tag;
    guard.input(new GuardInput.Request(request.setRobot("eve").build(), true, replyTo));
    return replyTo;
  }

  private List<GuardEffect.Reply> replies(long replyTo) {
    return guard.replies.stream().filter(reply -> reply.replyTo() == replyTo).toList();
  }

  private static GuardRequest.Builder stop(String id) {
    return GuardRequest.newBuilder()
        .setStop(Stop.newBuilder().setBy("bob").setWhy("smoke").setRequestId(id));
  }

  @Test
  void shouldStopAtOnceWhateverTheDiskDoes() {
    guard.diskHangs = true;
    long moved = tell(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 1)));

    long stopped = tell(stop("s"));

    assertThat(guard.effects).anyMatch(effect -> effect.equals(new GuardEffect.TellStop(true)));
    assertThat(guard.state.memory().getStopLatched()).isTrue();
    assertThat(replies(moved).getFirst().code()).isEqualTo("tandem.guard.stopped");
    assertThat(replies(stopped)).isEmpty();
    guard.pass(GuardCore.HUNG_NANOS + 40_000_000);
    assertThat(replies(stopped)).hasSize(1);
    assertThat(replies(stopped).getFirst().accepted()).isTrue();
    assertThat(replies(stopped).getFirst().why()).contains("not on disk", "has not answered");

    guard.diskHangs = false;
    guard.pass(2 * SECOND);
    assertThat(guard.disk.getStopLatched()).isTrue();
    assertThat(guard.state.stored()).isTrue();
  }

  @Test
  void shouldLeadAStreamOnWhileTheDiskHangs() {
    guard.open(1, 1, 1, "velocity");
    guard.diskHangs = true;
    tell(
        GuardRequest.newBuilder()
            .setGrant(Grant.newBuilder().setAuthority(authority(1, 1)).setHolder("ann")));
    for (long number = 1; number <= 20; number++) {
      guard.set(guard.setpoint(1, 1, 1, number).setVelocity(velocity(0.3, 0, 0)));
      guard.pass(50_000_000);
    }

    assertThat(guard.counter("deadmanTrips")).isZero();
    assertThat(guard.twists().getLast().vx()).isGreaterThan(0.29);
  }

  @Test
  void shouldAnswerInOrderOnceTheDiskHasAnswered() {
    guard.diskHangs = true;
    long first =
        tell(
            GuardRequest.newBuilder()
                .setGrant(Grant.newBuilder().setAuthority(authority(1, 2)).setHolder("ann")));
    long second = tell(GuardRequest.newBuilder().setMotion(guard.motion(1, 2, 1)));
    long third = tell(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 1)));
    assertThat(guard.trajectories()).isEmpty();

    guard.diskHangs = false;
    guard.diskAnswers();

    assertThat(replies(first).getFirst().accepted()).isTrue();
    assertThat(replies(second).getFirst().accepted()).isTrue();
    assertThat(replies(third).getFirst().code()).isEqualTo("tandem.guard.stale-epoch");
    assertThat(guard.trajectories()).hasSize(1);
  }

  @Test
  void shouldNotReleaseAStopThatCameWhileTheReleaseWasBeingWritten() {
    guard.stop("s-1");
    guard.diskHangs = true;
    long released = tell(releaseOf(1));
    tell(stop("s-2"));
    guard.diskHangs = false;
    guard.diskAnswers();

    assertThat(replies(released).getFirst().accepted()).isFalse();
    assertThat(guard.state.memory().getStopLatched()).isTrue();
    assertThat(guard.disk.getStopLatched()).isTrue();
    assertThat(guard.state.releasesLeft()).isZero();
  }

  @Test
  void shouldNotReleaseAStopThatOvertookTheRelease() {
    guard.stop("s-1");
    guard.diskHangs = true;
    tell(
        GuardRequest.newBuilder()
            .setGrant(Grant.newBuilder().setAuthority(authority(1, 2)).setHolder("ann")));
    long released = tell(releaseOf(1));
    tell(stop("s-2"));
    guard.diskHangs = false;
    guard.diskAnswers();

    assertThat(replies(released).getFirst().code()).isEqualTo("tandem.guard.other-stop");
    assertThat(guard.state.memory().getStopLatched()).isTrue();
    assertThat(guard.disk.getStopLatched()).isTrue();
  }

  @Test
  void shouldAnswerEachOfTwoStopsThatWaitForTheDisk() {
    guard.diskHangs = true;
    long first = tell(stop("s-1"));
    long second = tell(stop("s-2"));
    guard.diskHangs = false;
    guard.diskAnswers();

    assertThat(replies(first)).singleElement().matches(GuardEffect.Reply::accepted);
    assertThat(replies(second)).singleElement().matches(GuardEffect.Reply::accepted);
  }

  @Test
  void shouldRefuseWhatTheDiskNeverAnswersAndSayWhatWasNotDone() {
    guard.diskHangs = true;
    long moved = tell(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 1)));
    guard.pass(GuardCore.HUNG_NANOS + 40_000_000);

    assertThat(replies(moved).getFirst().code()).isEqualTo("tandem.guard.not-stored");
    guard.diskHangs = false;
    guard.diskAnswers();
    guard.pass(2 * SECOND);
    assertThat(guard.trajectories()).as("it is not sent later").isEmpty();
    assertThat(guard.state.stored()).isTrue();
  }

  private static GuardRequest.Builder cancel(String id) {
    return GuardRequest.newBuilder()
        .setCancel(Cancel.newBuilder().setCommandId(id).setBy("bob").setWhy("no"));
  }

  @Test
  void shouldCancelWhatWaitsForTheDiskAtOnceAndSendNothingOfIt() {
    guard.diskHangs = true;
    long moved = tell(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 1)));

    long cancelled = tell(cancel("c-1-1-1"));

    assertThat(replies(cancelled)).singleElement().matches(GuardEffect.Reply::accepted);
    assertThat(replies(moved)).as("its authority is not on disk yet").isEmpty();
    guard.diskHangs = false;
    guard.diskAnswers();
    assertThat(replies(moved).getFirst().code()).isEqualTo("tandem.guard.cancelled");
    assertThat(replies(moved).getFirst().why())
        .contains("before it was sent (bob: no)", "nothing was sent to the robot");
    assertThat(guard.trajectories()).isEmpty();
    assertThat(guard.logs("refused").getLast().code()).isEqualTo("tandem.guard.cancelled");
    assertThat(guard.move(guard.motion(1, 1, 2)).accepted()).as("the next one").isTrue();
  }

  @Test
  void shouldCancelAllThatRunsWaitsForTheDiskOrBehindIt() {
    guard.open(1, 1, 1, "velocity");
    guard.set(guard.setpoint(1, 1, 1, 1).setVelocity(velocity(0.3, 0, 0)));
    guard.pass(SECOND / 10);
    guard.diskHangs = true;
    tell(
        GuardRequest.newBuilder()
            .setGrant(Grant.newBuilder().setAuthority(authority(1, 1)).setHolder("ann")));
    long behind = tell(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 2)));

    long cancelled = tell(cancel(""));

    assertThat(replies(cancelled)).singleElement().matches(GuardEffect.Reply::accepted);
    assertThat(guard.state.actives()).isEmpty();
    for (int i = 0; i < 100; i++) {
      tell(cancel("another-" + i));
    }
    guard.diskHangs = false;
    guard.diskAnswers();
    assertThat(replies(behind).getFirst().code()).isEqualTo("tandem.guard.cancelled");
    assertThat(guard.trajectories()).isEmpty();
  }

  @Test
  void shouldTakeACancelThoughAsMuchWaitsForTheDiskAsMay() {
    guard.move(guard.motion(1, 1, 1));
    guard.diskHangs = true;
    for (int i = 0; i < 66; i++) {
      tell(
          GuardRequest.newBuilder()
              .setGrant(Grant.newBuilder().setAuthority(authority(1, 1)).setHolder("ann")));
    }
    assertThat(guard.replies.getLast().code()).isEqualTo("tandem.guard.busy");

    long cancelled = tell(cancel("c-1-1-1"));

    assertThat(replies(cancelled)).singleElement().matches(GuardEffect.Reply::accepted);
    assertThat(guard.state.actives()).isEmpty();
  }

  @Test
  void shouldBringToRestWhatIsCancelledWhileTheLinkTakesIt() {
    guard.linkHangs = true;
    long moved = tell(GuardRequest.newBuilder().setMotion(guard.motion(1, 1, 1)));

    long cancelled = tell(cancel("c-1-1-1"));
    guard.input(new GuardInput.Published("c-1-1-1", true, ""));

    assertThat(replies(cancelled)).singleElement().matches(GuardEffect.Reply::accepted);
    assertThat(replies(moved)).singleElement().matches(GuardEffect.Reply::accepted);
    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.state.halts()).isNotEmpty();
    assertThat(guard.logs("cancelled").getLast().commandId()).isEqualTo("c-1-1-1");
  }

  @Test
  void shouldForgetANavigationThatIsCancelledBeforeItWasSent() {
    guard.configure(GuardHarness.navigating());
    guard.diskHangs = true;
    long moved = tell(GuardRequest.newBuilder().setMotion(guard.navigation(1, 1, 1)));

    long cancelled = tell(cancel("c-1-1-1"));
    guard.diskHangs = false;
    guard.diskAnswers();

    assertThat(replies(cancelled)).singleElement().matches(GuardEffect.Reply::accepted);
    assertThat(replies(moved).getFirst().code()).isEqualTo("tandem.guard.cancelled");
    assertThat(guard.effects).noneMatch(GuardEffect.NavigateTo.class::isInstance);
    assertThat(guard.disk.getNavigationsCount()).isZero();
    assertThat(guard.state.stored()).isTrue();
  }

  private GuardRequest.Builder releaseOf(long stop) {
    var release = Release.newBuilder().setBy("bob").setReason("seen").setStopNumber(stop);
    return GuardRequest.newBuilder().setRelease(release.setToken(guard.token(guard.now)));
  }
}
