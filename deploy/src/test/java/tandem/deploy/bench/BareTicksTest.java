package tandem.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import tandem.robot.guard.Guard;

class BareTicksTest {
  private static final long MILLI = 1_000_000;

  @Test
  void shouldTickAndCountAsTheGuardDoes() throws Exception {
    assertThat(constant(Guard.class, "TICK_NANOS")).isEqualTo(BareTicks.TICK_NANOS);
    assertThat(constant(Class.forName("tandem.robot.guard.TickLateness"), "KEPT"))
        .isEqualTo(BareTicks.KEPT);
  }

  private static long constant(Class<?> of, String name) throws Exception {
    var field = of.getDeclaredField(name);
    field.setAccessible(true);
    return ((Number) field.get(null)).longValue();
  }

  @Test
  void shouldTellTheNewestAndTheWorst() {
    var ticks = new BareTicks();
    assertThat(ticks.lateness()).isEqualTo(new BareTicks.Lateness(0, 0, 0));
    ticks.late(50 * MILLI);
    ticks.late(MILLI);
    assertThat(ticks.lateness()).isEqualTo(new BareTicks.Lateness(2, 50, 50));
    for (int i = 0; i < BareTicks.KEPT; i++) ticks.late(i == 7 ? 3 * MILLI : MILLI);

    assertThat(ticks.lateness()).isEqualTo(new BareTicks.Lateness(BareTicks.KEPT, 3, 50));
  }

  @Test
  void shouldTickInAProcessOfItsOwnThatAnswersAndEnds() throws Exception {
    long pid;
    try (var control = TickControl.start(List.of())) {
      pid = control.pid();
      int first = control.lateness().ticks();
      Waiting.until("more ticks", 20, () -> ticks(control) > first);
      assertThat(Scheduling.of(pid)).isEqualTo(Scheduling.of(ProcessHandle.current().pid()));
    }
    Waiting.until(
        "its end", 20, () -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
  }

  private static int ticks(TickControl control) {
    try {
      return control.lateness().ticks();
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}
