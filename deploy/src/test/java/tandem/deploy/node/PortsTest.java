package tandem.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PortsTest {
  @Test
  void shouldShiftDefaultsButNotExplicitPorts() {
    var ports = new Ports(100, Map.of("api", 9000, "zenoh", 0));

    assertThat(ports.of("api")).isEqualTo(9000);
    assertThat(ports.of("zenoh")).isZero();
    assertThat(ports.of("management")).isEqualTo(8658);
    assertThat(ports.of("guard", 2)).isEqualTo(7552);
    assertThat(new Ports(0, Map.of("guard", 0)).of("guard", 2)).isZero();
  }

  @Test
  void shouldNameThePortItDoesNotKnow() {
    assertThatThrownBy(() -> new Ports(0, Map.of("telnet", 23)))
        .hasMessageContaining("telnet")
        .hasMessageContaining("zenoh");
  }
}
