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
}
