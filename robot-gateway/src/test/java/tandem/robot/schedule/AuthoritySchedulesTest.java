package tandem.robot.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthoritySchedulesTest {
  private static final int MOST_SEEDS = 3_000;

  @Test
  void shouldKeepItsPromisesUnderAThousandSchedules() {
    AuthoritySchedules.Report report = AuthoritySchedules.run(1, 1_000, 2);

    assertThat(report.violations()).isEmpty();
    assertThat(report.requests()).isGreaterThan(80_000);
    assertThat(report.applied()).isGreaterThan(4_000);
    assertThat(report.takes()).isGreaterThan(300);
    assertThat(report.faults()).isGreaterThan(4_000);
  }

  @Tag("slow")
  @Test
  void shouldKeepItsPromisesUnderAMillionSchedules() {
    assertThat(AuthoritySchedules.run(1, 1_000_000, 2).violations()).isEmpty();
  }

  /** Each found a hole once, among a million. */
  @ParameterizedTest
  @ValueSource(longs = {222_248, 527_020, 828_774, 836_612})
  void shouldKeepItsPromisesUnderTheSchedulesThatFoundAHole(long seed) {
    assertThat(AuthoritySchedules.run(seed, 1, 1).violations()).isEmpty();
  }

  @Test
  void shouldFindTheHolesAgainWhereTheyAreOpenedAgain() {
    assertThat(AuthoritySchedules.run(222_248, 1, 1, AuthorityMutation.OVERTAKEN).violations())
        .hasSize(1);
    assertThat(AuthoritySchedules.run(527_020, 1, 1, AuthorityMutation.STOPPED).violations())
        .hasSize(1);
  }

  @Test
  void shouldPlayTheSameScheduleForTheSameSeedOnAnyNumberOfThreads() {
    assertThat(AuthoritySchedules.run(77, 100, 1)).isEqualTo(AuthoritySchedules.run(77, 100, 3));
  }

  @Test
  void shouldTellAScheduleLineByLine() {
    List<String> lines = new ArrayList<>();

    AuthoritySchedules.Report told = AuthoritySchedules.replay(5, lines::add);

    assertThat(told).isEqualTo(AuthoritySchedules.run(5, 1, 1));
    assertThat(lines)
        .anyMatch(line -> line.contains("guard starts"))
        .anyMatch(line -> line.contains("LeaseGranted"))
        .anyMatch(line -> line.contains("faults cease"));
  }

  static List<AuthorityMutation> mutations() {
    return AuthorityMutation.all();
  }

  @ParameterizedTest
  @MethodSource("mutations")
  void shouldFindOutWhatIsBroken(AuthorityMutation mutation) {
    var caught = AuthoritySchedules.caught(mutation, 1, MOST_SEEDS);

    assertThat(caught).as("%s within %d schedules", mutation.name(), MOST_SEEDS).isPresent();
    long seed = caught.orElseThrow().seed();
    assertThat(AuthoritySchedules.run(seed, 1, 1, mutation).violations())
        .contains(caught.orElseThrow());
  }
}
