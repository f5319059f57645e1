package tandem.sim.robot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class RobotOptionsTest {
  @Test
  void shouldConnectToAllEndpointsThatAreNamed() {
    var options =
        RobotOptions.parse(
            "--zenoh-connect",
            "tcp/127.0.0.1:7447",
            "--zenoh-connect=tcp/127.0.0.1:7450",
            "--seed",
            "9");

    assertThat(options.endpoints()).containsExactly("tcp/127.0.0.1:7447", "tcp/127.0.0.1:7450");
    assertThat(options.name()).isEqualTo("ada");
    assertThat(options.seed()).isEqualTo(9);
    assertThat(RobotOptions.parse().endpoints()).containsExactly("tcp/127.0.0.1:7447");
  }

  @Test
  void shouldSayWhatIsWrong() {
    assertThatThrownBy(() -> RobotOptions.parse("--seed")).hasMessage("--seed: expected a value");
    assertThatThrownBy(() -> RobotOptions.parse("--seed", "x"))
        .hasMessage("--seed: expected a whole number, found x");
    assertThatThrownBy(() -> RobotOptions.parse("--name", "a/b")).hasMessageContaining("found a/b");
    assertThatThrownBy(() -> RobotOptions.parse("--walk", "1")).hasMessage("unknown option --walk");
    assertThatThrownBy(() -> RobotOptions.parse("--domain", "999")).hasMessageContaining("0..232");
  }
}
