package tandem.twin.stream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClockWatchTest {
  private static final long MS = 1_000_000L;
  private static final long HOUR = 3_600_000 * MS;
  private static final long SENDER_AHEAD = 1_700_000_000_000L * MS;

  private final ClockWatch watch = new ClockWatch();
  private long steps;
  private long lastStep;

  @Test
  void shouldNotTakeJitterForAStep() {
    for (int i = 0; i < 5_000; i++) {
      observe(2L * i, 2L * i + i % 7 * 12, 0);
    }

    assertThat(steps).isZero();
  }

  @Test
  void shouldNoticeAClockSetForwardAtOnce() {
    run(0, 100, 0);
    run(100, 101, HOUR);

    assertThat(steps).isEqualTo(1);
    assertThat(lastStep).isEqualTo(HOUR);
  }

  @Test
  void shouldNoticeAClockSetBackWithinASecond() {
    run(0, 100, 0);
    run(100, 700, -HOUR);

    assertThat(steps).isEqualTo(1);
    assertThat(lastStep).isEqualTo(-HOUR);
  }

  @Test
  void shouldNotTakeAStalledLinkThatCatchesUpForAStep() {
    run(0, 100, 0);
    for (int i = 100; i < 1_100; i++) { // two seconds come in one burst
      observe(2L * i, 2_200 + i / 100, 0);
    }
    run(1_101, 2_000, 0);

    assertThat(steps).isZero();
  }

  @Test
  void shouldNotTakeTheFirstSamplesWaitForAStep() {
    observe(0, 900, 0);
    observe(2, 900, 0);
    run(450, 2_000, 0);

    assertThat(steps).isZero();
  }

  @Test
  void shouldNoticeASmallStepOnceItKnowsTheDelay() {
    run(0, 6_000, 0);
    run(6_000, 6_001, 150 * MS);

    assertThat(steps).isEqualTo(1);
    assertThat(lastStep).isEqualTo(150 * MS);
  }

  @Test
  void shouldFollowAClockThatDrifts() {
    for (int i = 0; i < 400_000; i++) { // 500 ppm for 800 s: 400 ms in all
      observe(2L * i, 2L * i + i / 1_000, 0);
    }

    assertThat(steps).isZero();
  }

  @Test
  void shouldGiveTheOffsetAsAnInterval() {
    for (int i = 0; i < 100; i++) {
      long delay = (3 + i % 5) * MS;
      watch.observe(i * MS, i * MS + delay, 50 * MS + i * MS + delay);
    }

    assertThat(watch.lowNanos()).isEqualTo(53 * MS);
    assertThat(watch.highNanos()).isEqualTo(57 * MS);
  }

  private void run(int from, int to, long clockNanos) {
    for (int i = from; i < to; i++) {
      observe(2L * i, 2L * i + 1, clockNanos);
    }
  }

  private void observe(long sentMillis, long receivedMillis, long clockNanos) {
    long step =
        watch.observe(
            SENDER_AHEAD + sentMillis * MS + clockNanos,
            receivedMillis * MS,
            SENDER_AHEAD + receivedMillis * MS);
    if (step != 0) {
      steps++;
      lastStep = step;
    }
  }
}
