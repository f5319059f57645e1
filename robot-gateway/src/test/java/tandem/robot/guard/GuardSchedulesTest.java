package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GuardSchedulesTest {
  @Test
  void shouldKeepItsPromisesUnderAThousandSchedules() {
    GuardSchedules.Report report = GuardSchedules.run(1, 1_000);

    assertThat(report.violations()).isEmpty();
    assertThat(report.requests()).isGreaterThan(100_000);
    assertThat(report.applied()).isGreaterThan(5_000);
  }

  @Tag("slow")
  @Test
  void shouldKeepItsPromisesUnderAHundredThousandSchedules() {
    assertThat(GuardSchedules.run(1_000_000, 100_000).violations()).isEmpty();
  }

  @Test
  void shouldPlayTheSameScheduleForTheSameSeed() {
    assertThat(GuardSchedules.run(77, 20)).isEqualTo(GuardSchedules.run(77, 20));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "NONE",
        "OLD_SLOT",
        "SUPERSEDED_GOES_ON",
        "KEEP_ALIVE_IGNORED",
        "EXPIRED_AFTER_SYNC",
        "NAVIGATION_FORGOTTEN",
        "NAVIGATION_LEFT_OPEN",
        "CANCELLED_WHILE_IT_WAITED",
        "OVERTAKEN_BY_A_STOP"
      })
  void shouldFindOutAGuardThatIsBroken(GuardMutation mutation) {
    var caught = GuardSchedules.caught(mutation, 1, 400);

    assertThat(caught).as(mutation + " within 400 schedules").isPresent();
    assertThat(GuardSchedules.run(caught.orElseThrow().seed(), 1, mutation).violations())
        .contains(caught.orElseThrow());
  }
}
