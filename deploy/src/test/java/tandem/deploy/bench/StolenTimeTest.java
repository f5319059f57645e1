package tandem.deploy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.deploy.bench.StolenTime.Jiffies;

class StolenTimeTest {
  @Test
  void shouldCountGuestsOnceAndStealByItself() {
    assertThat(StolenTime.parse("cpu  100 20 30 800 10 1 9 30 60 5"))
        .contains(new Jiffies(30, 1000));
    assertThat(StolenTime.parse("cpu  100 20 30 800 10 1 9 30")).contains(new Jiffies(30, 1000));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "cpu",
        "cpu ",
        "cpu0 1 2 3 4 5 6 7 8",
        "intr 1 2 3 4 5 6 7 8",
        "cpu  1 2 3 4 5 6 7",
        "cpu  1 2 3 4 5 6 7 -8",
        "cpu  1 2 -3 4 5 6 7 8",
        "cpu  1 2 3 4 5 6 7 eight",
        "cpu  1 2 3 4 5 6 7 0x8",
        "cpu  1 2 3 4 5 6 7 8.5",
        "cpu\t1\t2\t3\t4\t5\t6\t7\t8",
        "cpu  9223372036854775807 2 3 4 5 6 7 8",
        "cpu  1 2 3 4 5 6 7 9223372036854775808"
      })
  void shouldNotKnowWhatALineDoesNotSay(String line) {
    assertThat(StolenTime.parse(line)).isEmpty();
  }

  @Property
  void shouldTakeAnyText(@ForAll String text) {
    StolenTime.parse("cpu " + text)
        .ifPresent(found -> assertThat(found.stolen()).isBetween(0L, found.all()));
  }

  @Test
  void shouldBeTheShareOfWhatPassed() {
    var from = new Jiffies(100, 5_000);

    assertThat(StolenTime.percent(from, new Jiffies(103, 5_400))).hasValue(0.75);
    assertThat(StolenTime.percent(from, new Jiffies(100, 5_400))).hasValue(0);
    assertThat(StolenTime.percent(from, from)).as("no time passed").isEmpty();
    assertThat(StolenTime.percent(from, new Jiffies(99, 5_400))).as("went back").isEmpty();
    assertThat(StolenTime.percent(from, new Jiffies(103, 4_000))).as("went back").isEmpty();
    assertThat(StolenTime.percent(from, new Jiffies(200, 5_001))).as("more than all").isEmpty();
  }

  @Test
  void shouldStandInEachLineThatDoesNotTellItsOwnWindow() throws Exception {
    assumeThat(Path.of("/proc/stat")).isReadable();
    var told = new ArrayList<Map<String, Object>>();

    Benches.run(new TwoLines(), 1, told::add);

    assertThat((Double) told.get(0).get("stolenPercent")).isBetween(0.0, 100.0);
    assertThat(told.get(1)).containsEntry("stolenPercent", -1.0);
  }

  private record TwoLines() implements Bench {
    @Override
    public String name() {
      return "two-lines";
    }

    @Override
    public String about() {
      return "a line without and one with its own share of stolen time";
    }

    @Override
    public void run(double seconds, Consumer<Map<String, Object>> report) {
      pass();
      report.accept(line());
      pass();
      report.accept(line("stolenPercent", -1.0));
    }

    /** Until the kernel has counted on. */
    private static void pass() {
      var since = new StolenTime();
      Waiting.until(
          "a jiffy",
          10,
          () -> {
            var line = new HashMap<String, Object>();
            since.tell(line);
            return !line.isEmpty();
          });
    }
  }
}
