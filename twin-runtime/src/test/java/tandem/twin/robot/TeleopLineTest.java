package tandem.twin.robot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tandem.proto.command.TwinCommand;
import tandem.proto.v1.GuardReply;
import tandem.proto.v1.GuardRequest;
import tandem.proto.v1.GuardStatus;
import tandem.proto.v1.JointGoal;
import tandem.proto.v1.Setpoint;
import tandem.proto.v1.StreamStatus;
import tandem.proto.v1.TeleopSetpoint;
import tandem.proto.v1.TeleopState;
import tandem.proto.v1.TimeToken;
import tandem.proto.v1.VelocityTarget;

/** Setpoints on their way to a guard that answers when the test says so. */
class TeleopLineTest extends CoreStage {
  private static final String BOOT = "b".repeat(32);
  private final List<Setpoint> sent = new ArrayList<>();
  private final List<Setpoint> recorded = new ArrayList<>();
  private final List<CompletableFuture<GuardReply>> answers = new ArrayList<>();
  private final List<String> letGo = new ArrayList<>();
  private GuardPorts ports;
  private TeleopLine line;
  private boolean prompt;
  private long passed;
  private final List<CompletableFuture<GuardReply>> awaited = new ArrayList<>();

  @BeforeEach
  void open() {
    passed = 0;
    ports = new GuardPorts(() -> passed);
    ports.port("ada", this::request);
    ports.status(status(10_000));
    line =
        new TeleopLine(
            ports,
            (robot, setpoint) -> recorded.add(setpoint),
            (robot, id) -> letGo.add(id),
            () -> passed,
            answer -> {
              awaited.add(answer);
              return answer;
            });
    sent.clear();
    answers.clear();
    letGo.clear();
    recorded.clear();
    awaited.clear();
    prompt = true;
    live(hands(false));
    decide(stream("v", "anna", "velocity"));
    granted();
    guardAccepts("v");
    line.sync(state);
  }

  private CompletionStage<GuardReply> request(GuardRequest request) {
    assertThat(recorded).as("recorded before it is sent").contains(request.getSetpoint());
    sent.add(request.getSetpoint());
    var answer = new CompletableFuture<GuardReply>();
    answers.add(answer);
    if (prompt) answer.complete(accepted());
    return answer;
  }

  private static GuardStatus status(long tick) {
    return GuardStatus.newBuilder()
        .setRobot("ada")
        .setToken(TimeToken.newBuilder().setBootId(BOOT).setTickMillis(tick))
        .setStream(StreamStatus.newBuilder().setCommandId("v").setClamped(3))
        .build();
  }

  private static GuardReply accepted() {
    return GuardReply.newBuilder().setAccepted(true).setStatus(status(10_000)).build();
  }

  private static TeleopSetpoint held(long number, double vx, long tick) {
    return TeleopSetpoint.newBuilder()
        .setNumber(number)
        .setHeld(true)
        .setToken(TimeToken.newBuilder().setBootId(BOOT).setTickMillis(tick))
        .setVelocity(VelocityTarget.newBuilder().setVxMetersPerSec(vx).setWzRadPerSec(vx))
        .build();
  }

  private static TeleopSetpoint released(long number) {
    return TeleopSetpoint.newBuilder().setNumber(number).build();
  }

  private CompletableFuture<TeleopState> say(TeleopSetpoint setpoint) {
    return line.setpoint("ada", "v", setpoint).toCompletableFuture();
  }

  private static TeleopState now(CompletableFuture<TeleopState> answer) {
    return answer.orTimeout(20, TimeUnit.SECONDS).join();
  }

  @Test
  void shouldCountWhatItRefusesByItsReasonAndHoldsThatARuleHasEnded() {
    now(say(held(2, 0.2, 10_000)));
    now(say(held(1, 0.2, 10_000)));
    now(say(held(3, 0.2, 100)));
    now(say(released(4).toBuilder().setWhy("the gamepad was unplugged").build()));
    now(say(held(5, 0.2, 10_000)));

    assertThat(line.refusedAs("tandem.teleop.order")).isEqualTo(1);
    assertThat(line.refusedAs("tandem.teleop.too-old")).isEqualTo(1);
    assertThat(line.refusedAs("tandem.teleop.let-go")).isEqualTo(1);
    assertThat(TeleopLine.refusals().stream().mapToLong(line::refusedAs).sum())
        .isEqualTo(line.refused());
    assertThat(line.letGoByRule()).isEqualTo(1);
  }

  @Test
  void shouldAddTheAuthorityAndNothingElse() {
    var answer = now(say(held(1, 0.2, 10_000)));

    assertThat(answer.getAccepted()).isTrue();
    assertThat(answer.getNumber()).isEqualTo(1);
    assertThat(answer.getSpeedFactor()).isEqualTo(1);
    assertThat(answer.getClamped()).isEqualTo(3);
    assertThat(answer.getToken().getTickMillis()).isEqualTo(10_000);
    assertThat(sent)
        .containsExactly(
            Setpoint.newBuilder()
                .setCommandId("v")
                .setAuthority(
                    tandem.proto.v1.Authority.newBuilder()
                        .setTerm(1)
                        .setEpoch(command("v").epoch()))
                .setNumber(1)
                .setHeld(true)
                .setToken(TimeToken.newBuilder().setBootId(BOOT).setTickMillis(10_000))
                .setValidMillis(400)
                .setVelocity(VelocityTarget.newBuilder().setVxMetersPerSec(0.2).setWzRadPerSec(0.2))
                .build());
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "100, 1", "101, 0.5", "200, 0.5", "201, 0.25", "400, 0.25"})
  void shouldLeaveJointsAndTipsTheSpeedThatTheAgeAllows(long ageMillis, double share) {
    decide(stream("j", "anna", "joint"));
    guardAccepts("j");
    line.sync(state);
    var elbow = JointGoal.newBuilder().build();

    line.setpoint("ada", "j", held(1, 0, 10_000 - ageMillis).toBuilder().setJoint(elbow).build());

    assertThat(sent.getLast().getSpeedShare()).isEqualTo(share);
    assertThat(sent.getLast().getJoint()).as("the target itself").isEqualTo(elbow);
  }

  @Test
  void shouldKeepOneUnderWayAndSendTheNewestOfThoseThatWaited() {
    prompt = false;
    say(held(1, 1, 10_000));
    var second = say(held(2, 1, 10_000));
    var third = say(held(3, 1, 10_000));
    say(held(4, 1, 10_000));
    assertThat(now(second).getCode()).isEqualTo("tandem.teleop.replaced");
    assertThat(now(third).getCode()).isEqualTo("tandem.teleop.replaced");
    assertThat(sent).hasSize(1);
    answers.getFirst().complete(accepted());

    assertThat(sent).extracting(Setpoint::getNumber).containsExactly(1L, 4L);
    assertThat(line.replaced()).isEqualTo(2);
    assertThat(line.state("ada", "v").getReplaced()).isEqualTo(2);
  }

  @Test
  void shouldNeverReplaceALetGoAndTakeNothingAfterIt() {
    prompt = false;
    say(held(1, 1, 10_000));
    var go = say(released(2));
    assertThat(sent)
        .as("it does not wait for the answer before it")
        .extracting(Setpoint::getHeld)
        .containsExactly(true, false);
    assertThat(now(say(held(3, 1, 10_000))).getCode()).isEqualTo("tandem.teleop.let-go");
    answers.forEach(answer -> answer.complete(accepted()));

    assertThat(now(go).getAccepted()).isTrue();
    assertThat(sent).extracting(Setpoint::getHeld).containsExactly(true, false);
    assertThat(letGo).containsExactly("v");
  }

  @Test
  void shouldNarrowByTheAgeOfWhatThePersonSees() {
    say(held(1, 1, 10_000 - 120));
    say(held(2, 1, 10_000 - 250));
    var old = now(say(held(3, 1, 10_000 - 450)));
    var other =
        now(
            say(
                held(4, 1, 10_000).toBuilder()
                    .setToken(TimeToken.newBuilder().setBootId("c".repeat(32)))
                    .build()));

    assertThat(sent)
        .extracting(s -> s.getVelocity().getVxMetersPerSec())
        .containsExactly(0.5, 0.25);
    assertThat(old.getCode()).isEqualTo("tandem.teleop.too-old");
    assertThat(old.getSpeedFactor()).isZero();
    assertThat(old.getWhy()).contains("at most 400 ms are allowed; not sent");
    assertThat(other.getWhy()).contains("present boot");
    assertThat(now(say(released(5))).getAccepted()).as("letting go is never too old").isTrue();
  }

  @Property(tries = 300)
  void shouldNeverNarrowLessForMoreAge(
      @ForAll @DoubleRange(min = 0, max = 600) double age,
      @ForAll @DoubleRange(min = 0, max = 600) double trip,
      @ForAll @DoubleRange(min = 0, max = 200) double more) {
    double factor = SpeedRule.factor(age, trip);

    assertThat(factor).isIn(0.0, 0.25, 0.5, 1.0);
    assertThat(SpeedRule.factor(age + more, trip)).isLessThanOrEqualTo(factor);
    assertThat(SpeedRule.factor(trip, age)).isEqualTo(factor);
    assertThat(factor == 0).isEqualTo(Math.max(age, trip) > 400);
  }

  @Test
  void shouldRefuseWhatIsOutOfOrderOrOfAnotherKind() {
    say(held(5, 1, 10_000));
    assertThat(now(say(held(5, 1, 10_000))).getCode()).isEqualTo("tandem.teleop.order");
    assertThat(now(say(held(4, 1, 10_000))).getWhy()).contains("expected above 5");
    var joint = held(6, 0, 10_000).toBuilder().setJoint(JointGoal.getDefaultInstance()).build();
    assertThat(now(say(joint)).getCode()).isEqualTo("tandem.teleop.kind");
    assertThat(sent).hasSize(1);
  }

  @Test
  void shouldSayWhenTheGuardDoesNotAnswerAndGoOn() {
    prompt = false;
    var lost = say(held(1, 1, 10_000));
    passed = 250_000_000;
    awaited.getFirst().completeExceptionally(new TimeoutException());

    assertThat(now(lost).getCode()).isEqualTo("tandem.guard.no-answer");
    assertThat(now(lost).getWhy()).contains("it is not known whether it took it");
    prompt = true;
    ports.status(status(10_001));
    var next = now(say(held(2, 1, 10_001)));
    assertThat(next.getAccepted()).isTrue();
    assertThat(sent.getLast().getVelocity().getVxMetersPerSec())
        .as("narrowed, for the way was slow")
        .isLessThan(1);
    assertThat(line.unanswered()).isEqualTo(1);
  }

  @Test
  void shouldPassNothingOnceTheTwinSaysThatTheStreamIsOver() {
    prompt = false;
    say(held(1, 1, 10_000));
    var waiting = say(held(2, 1, 10_000));
    decide(new TwinCommand.Stop("s1", "ben", "look out", 1));
    line.sync(state);

    assertThat(now(waiting).getCode()).isEqualTo("tandem.teleop.not-open");
    assertThat(line.setpoint("ada", "v", held(3, 1, 10_000))).isNull();
    answers.getFirst().complete(accepted());
    assertThat(sent).hasSize(1);
  }

  @Test
  void shouldPassNothingToABodyThatHasFallen() {
    after(50);
    after(250);
    tilt = 1.4;
    after(50);
    after(250);
    line.sync(state);

    assertThat(line.streams()).isZero();
    assertThat(line.setpoint("ada", "v", held(1, 0.2, 10_000))).isNull();
    assertThat(sent).isEmpty();
  }

  @Test
  void shouldOpenNothingThatTheGuardHasNotAccepted() {
    decide(stream("w", "anna", "velocity"));
    granted();
    line.sync(state);

    assertThat(line.state("ada", "w")).isNull();
    guardAccepts("w");
    line.sync(state);
    assertThat(line.state("ada", "w")).isNotNull();
    assertThat(line.state("ada", "v")).as("superseded").isNull();
    line.forget("ada");
    assertThat(line.streams()).isZero();
  }
}
