package tandem.ros2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class QosTest {
  @Test
  void shouldLeaveOutWhatIsTheDefault() {
    assertThat(Qos.reliable(10).token()).isEqualTo("::,10:,:,:,,");
    assertThat(Qos.bestEffort(5).token()).isEqualTo("2::,5:,:,:,,");
    assertThat(Qos.latched(1).token()).isEqualTo(":1:,1:,:,:,,");
    assertThat(Qos.DEFAULT.token()).isEqualTo("::,:,:,:,,");
    assertThat(Qos.parseToken("::,:,:,:,,").depth()).isEqualTo(42);
  }

  @Property
  void shouldReadWhatItWrote(
      @ForAll Qos.Reliability reliability,
      @ForAll Qos.Durability durability,
      @ForAll Qos.History history,
      @ForAll Qos.Liveliness liveliness,
      @ForAll @IntRange(min = 0) int depth,
      @ForAll @IntRange(min = 0) int seconds,
      @ForAll @IntRange(min = 0, max = 999_999_999) int nanos) {
    Duration time = Duration.ofSeconds(seconds, nanos);
    Qos qos =
        new Qos(reliability, durability, history, depth, time, Qos.INFINITE, liveliness, time);

    assertThat(Qos.parseToken(qos.token())).isEqualTo(qos);
  }

  @Test
  void shouldSayWhichItemIsWrong() {
    assertThatThrownBy(() -> Qos.parseToken("::,10:,:,:,"))
        .hasMessageContaining("liveliness: expected 3 items");
    assertThatThrownBy(() -> Qos.parseToken("9::,10:,:,:,,")).hasMessageContaining("reliability");
    assertThatThrownBy(() -> Qos.parseToken("::,ten:,:,:,,")).hasMessageContaining("depth");
    assertThatThrownBy(() -> Qos.parseToken("")).hasMessageContaining("6 parts");
  }

  @Test
  void shouldWriteTheYamlOfARecording() {
    assertThat(Qos.bestEffort(5).rosbagYaml())
        .isEqualTo(
            """
            - history: keep_last
              depth: 5
              reliability: best_effort
              durability: volatile
              deadline:
                sec: 9223372036
                nsec: 854775807
              lifespan:
                sec: 9223372036
                nsec: 854775807
              liveliness: automatic
              liveliness_lease_duration:
                sec: 9223372036
                nsec: 854775807
              avoid_ros_namespace_conventions: false\
            """);
  }

  @Test
  void shouldKnowWhatWouldNotMatchOnDds() {
    assertThat(Qos.bestEffort(5).satisfies(Qos.reliable(5))).isFalse();
    assertThat(Qos.reliable(5).satisfies(Qos.bestEffort(5))).isTrue();
    assertThat(Qos.reliable(5).satisfies(Qos.latched(1))).isFalse();
    assertThat(Qos.latched(1).satisfies(Qos.reliable(5))).isTrue();
  }
}
