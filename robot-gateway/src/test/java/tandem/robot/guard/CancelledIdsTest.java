package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CancelledIdsTest {
  private static final long MILLI = 1_000_000;

  @Test
  void shouldKeepEachIdForLongerThanATokenIsGoodFor() {
    CancelledIds ids = CancelledIds.NONE;
    for (int i = 0; i < 20_000; i++) {
      ids = ids.with("c-" + i, i * 3 * MILLI, List.of());
      int oldest = Math.max(0, i - 1_000);
      assertThat(ids.contains("c-" + oldest)).as("c-%d at %d", oldest, i).isTrue();
    }
    assertThat(ids.contains("c-10000")).as("30 s ago").isFalse();
  }

  @Test
  void shouldKeepTheNewestHoweverOldTheyAreAndWhatIsNeeded() {
    CancelledIds ids = CancelledIds.NONE.with("needed", 0, List.of());
    for (int i = 0; i < 1_000; i++) {
      ids = ids.with("c-" + i, i * 10_000 * MILLI, List.of("needed"));
      assertThat(ids.contains("c-" + Math.max(0, i - CancelledIds.ALWAYS + 1))).isTrue();
      assertThat(ids.contains("needed")).isTrue();
    }
    assertThat(ids.contains("c-800")).isFalse();
    assertThat(ids.lost(10_000_000 * MILLI)).isFalse();
  }

  @Test
  void shouldSayForAsLongAsItMattersThatOneFoundNoRoom() {
    CancelledIds ids = CancelledIds.NONE;
    for (int i = 0; i < CancelledIds.MOST; i++) {
      ids = ids.withUnseen("c-" + i, 0, List.of());
    }
    assertThat(ids.withUnseen("c-0", 0, List.of()).lost(0)).as("known already").isFalse();
    ids = ids.withUnseen("one more", 7 * MILLI, List.of());

    assertThat(ids.lost(7 * MILLI + CancelledIds.KEPT_NANOS)).isTrue();
    assertThat(ids.lost(8 * MILLI + CancelledIds.KEPT_NANOS)).isFalse();
    ids = ids.withUnseen("later", 8 * MILLI + CancelledIds.KEPT_NANOS, List.of());
    assertThat(ids.contains("later")).isTrue();
  }
}
