package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RobotClockTest {
  private static final long MILLI = 1_000_000;

  @Test
  void shouldKnowTheRobotsClockWithinTwentyMillisecondsOrNotAtAll() {
    RobotClock clock = new RobotClock();
    assertThat(clock.at(0)).isEmpty();
    clock.answered(100 * MILLI, 130 * MILLI, 5_110 * MILLI);
    assertThat(clock.at(130 * MILLI)).as("30 ms wide").isEmpty();
    clock.answered(200 * MILLI, 230 * MILLI, 5_228 * MILLI);
    assertThat(clock.at(230 * MILLI).getAsLong())
        .as("both together are 12 ms wide")
        .isBetween(5_228 * MILLI, 5_240 * MILLI);
    clock.answered(300 * MILLI, 302 * MILLI, 9_000 * MILLI);
    assertThat(clock.at(302 * MILLI).getAsLong())
        .as("the clock was set")
        .isBetween(9_000 * MILLI, 9_002 * MILLI);
    assertThat(clock.at(302 * MILLI + 200_000_000_000L)).as("too old").isEmpty();
  }

  @Test
  void shouldKnowARobotThatAnswersNothingByItsSamplesAndNeverBeAheadOfIt() {
    RobotClock clock = new RobotClock();
    long ahead = 3_600_000 * MILLI;
    for (int i = 1; i <= 49; i++) {
      clock.heard(i * 10 * MILLI, i * 10 * MILLI - (i % 7 + 2) * MILLI + ahead);
    }
    assertThat(clock.at(500 * MILLI)).isEmpty();
    clock.heard(500 * MILLI, 480 * MILLI + ahead);
    assertThat(clock.at(600 * MILLI)).hasValue(598 * MILLI + ahead);

    clock.heard(5_000 * MILLI, 1_000 * MILLI + ahead); // held up: says nothing new
    assertThat(clock.at(5_000 * MILLI)).hasValue(4_998 * MILLI + ahead);
    for (int i = 1; i <= 3; i++) { // the clock was set back by a minute
      clock.heard(i * 11_000 * MILLI, (i * 11_000 - 60_002) * MILLI + ahead);
    }
    assertThat(clock.at(33_000 * MILLI)).hasValue((33_000 - 60_002) * MILLI + ahead);
  }
}
