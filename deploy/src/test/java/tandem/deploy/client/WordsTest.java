package tandem.deploy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WordsTest {
  private static final Instant NOON = Instant.parse("2030-01-01T12:00:00Z");

  @Test
  void shouldReadDurationsWithTheirUnit() {
    assertThat(Words.duration("250ms")).isEqualTo(Duration.ofMillis(250));
    assertThat(Words.duration("1.5s")).isEqualTo(Duration.ofMillis(1500));
    assertThat(Words.duration("2m")).isEqualTo(Duration.ofMinutes(2));
    assertThat(Words.duration("7us")).isEqualTo(Duration.ofNanos(7000));
  }

  @Property
  void shouldReadEveryWholeNumberOfMilliseconds(@ForAll @IntRange(min = 0) int millis) {
    assertThat(Words.duration(millis + "ms")).isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void shouldReadTimesBeforeNowAndAbsoluteOnes() {
    assertThat(Words.time("-10s", NOON)).isEqualTo(NOON.minusSeconds(10));
    assertThat(Words.time("2029-12-31T00:00:00Z", NOON))
        .isEqualTo(Instant.parse("2029-12-31T00:00:00Z"));
  }

  @Test
  void shouldSayWhatIsExpectedOfAWordItCannotRead() {
    assertThatThrownBy(() -> Words.duration("2"))
        .hasMessageContaining("250ms")
        .hasMessageContaining("'2'");
    assertThatThrownBy(() -> Words.duration("-2s")).hasMessageContaining("'-2s'");
    assertThatThrownBy(() -> Words.time("noon", NOON)).hasMessageContaining("ISO-8601");
  }
}
