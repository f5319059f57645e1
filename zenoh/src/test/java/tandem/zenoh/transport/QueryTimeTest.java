package tandem.zenoh.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class QueryTimeTest {
  @Test
  void shouldTakeNoLimitForADayAndNothingForTheDefault() {
    assertThat(Routing.queryMillis(0)).isEqualTo(10_000);
    assertThat(Routing.queryMillis(250)).isEqualTo(250);
    assertThat(Routing.queryMillis(-1)).as("all ones, as rmw_zenoh asks").isEqualTo(day());
    assertThat(Routing.queryMillis(Long.MAX_VALUE)).isEqualTo(day());
  }

  private static long day() {
    return Duration.ofDays(1).toMillis();
  }
}
