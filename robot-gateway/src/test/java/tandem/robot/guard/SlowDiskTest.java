package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static tandem.robot.guard.GuardHarness.SECOND;
import static tandem.robot.guard.GuardHarness.authority;
import static tandem.robot.guard.GuardHarness.velocity;

import java.util.List;
import org.junit.jupiter.api.Test;
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

  private GuardRequest.Builder releaseOf(long stop) {
    var release = Release.newBuilder().setBy("bob").setReason("seen").setStopNumber(stop);
    return GuardRequest.newBuilder().setRelease(release.setToken(guard.token(guard.now)));
  }
}
