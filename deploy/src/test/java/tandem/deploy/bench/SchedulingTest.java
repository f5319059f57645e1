package tandem.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SchedulingTest {
  /** Of a kernel 6.x, after {@code chrt --rr 10}; the name is one that a process may choose. */
  private static final String STAT =
      "4711 (a) S 1 2 (b)) S 1 4711 4711 0 -1 4194304 170 0 0 0 0 0 0 0 -11 0 1 0 8341 2945024 384"
          + " 18446744073709551615 1 1 0 0 0 0 0 0 65536 1 0 0 17 1 10 2 0 0 0 0 0 0 0 0 0 0 0\n";

  @Test
  void shouldReadThePolicyBehindAnyName() {
    assertThat(Scheduling.parse(STAT)).contains(new Scheduling(2, 10, 0));
  }

  @Test
  void shouldStartAnotherProcessAlike() {
    assertThat(new Scheduling(2, 10, 0).launcher()).containsExactly("chrt", "--rr", "10");
    assertThat(new Scheduling(0, 0, 5).launcher()).as("inherited").isEmpty();
    assertThat(new Scheduling(2, 10, 0)).hasToString("SCHED_RR 10");
    assertThat(new Scheduling(0, 0, 5)).hasToString("SCHED_OTHER, nice 5");
  }

  @Property
  void shouldTakeAnyText(@ForAll String text) {
    Scheduling.parse(text);
    Scheduling.parse("1 (x) " + text + " 1".repeat(50));
  }

  @Test
  void shouldNotKnowAProcessThatIsNotThere() {
    assertThat(Scheduling.of(Long.MAX_VALUE)).isEmpty();
    assertThat(Scheduling.parse("4711 (java) S 1 2 3")).isEmpty();
    assertThat(Scheduling.parse(STAT.replace(" 10 2 0", " 10 two 0"))).isEmpty();
  }
}
