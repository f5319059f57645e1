package tandem.sim.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PushesTest {
  @Test
  void shouldDeliverTheImpulseThatWasAskedFor() {
    var pushes = Pushes.parse("1.0:6:90,2.5:3:0", 1);
    var force = new double[2];
    double x = 0;
    double y = 0;
    for (int step = 0; step < 2000; step++) {
      pushes.forceAt(step * 0.002, force);
      x += force[0] * 0.002;
      y += force[1] * 0.002;
    }

    assertThat(x).isCloseTo(3, org.assertj.core.data.Offset.offset(0.07));
    assertThat(y).isCloseTo(6, org.assertj.core.data.Offset.offset(0.13));
    assertThat(pushes.count()).isEqualTo(2);
  }

  @Test
  void shouldRefuseAScriptItCannotRead() {
    for (String bad :
        new String[] {"1", "1:2", "a:b:c", "seeded:5", "seeded:9-3", "-1:2:3", "1:1e9:0", ""}) {
      assertThatThrownBy(() -> Pushes.parse(bad, 1))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("--push: expected none");
    }
  }
}
