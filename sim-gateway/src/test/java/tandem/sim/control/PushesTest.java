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
  void shouldRiseBySeedAndGiveWayToOthers() {
    var pushes = Pushes.none();
    var force = new double[2];
    pushes.become(Pushes.parse("rising:5-5-20", 3), 100);
    var strengths = new java.util.TreeSet<Double>();
    for (int step = 0; step < 10_000; step++) {
      pushes.forceAt(100 + step * 0.002, force);
      double newtons = Math.hypot(force[0], force[1]);
      if (newtons > 0) strengths.add((double) Math.round(newtons * Pushes.SECONDS));
    }

    assertThat(strengths).containsExactly(5.0, 10.0, 15.0, 20.0);
    assertThat(pushes.count()).isEqualTo(4);
    pushes.become(Pushes.parse("1:7:0", 3), 200);
    pushes.forceAt(200.5, force);
    assertThat(force[0]).isZero();
    pushes.forceAt(201, force);
    assertThat(force[0]).isCloseTo(70, org.assertj.core.data.Offset.offset(1e-9));
  }

  @Test
  void shouldRefuseAScriptItCannotRead() {
    for (String bad :
        new String[] {
          "1",
          "1:2",
          "a:b:c",
          "seeded:5",
          "seeded:9-3",
          "-1:2:3",
          "1:1e9:0",
          "rising:5",
          "rising:9-1-3",
          "rising:1-0-9",
          ""
        }) {
      assertThatThrownBy(() -> Pushes.parse(bad, 1))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("--push: expected none");
    }
  }
}
