package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class BodyTrackerTest {
  private static final long MILLI = 1_000_000;
  private final BodyTracker body = new BodyTracker();

  @Test
  void shouldLearnTheWeightAndSeeABodyThatIsLifted() {
    long sequence = 0;
    for (long at = 0; at < 6_000; at += 10) {
      body.foot(new BodyTracker.Origin("l", sequence, -1, at * MILLI), true, 300);
      body.foot(new BodyTracker.Origin("r", sequence, -1, at * MILLI), false, 310);
      body.odometry(
          new BodyTracker.Origin("o", sequence++, -1, at * MILLI), 0, 0, 0, 1, 0, 0.01, 0);
    }
    assertThat(body.body().feet().weightNewtons()).isCloseTo(610, within(1.0));
    assertThat(body.body().posture(6_000 * MILLI, false)).isEqualTo("standing");
    assertThat(body.body().baseStill(6_000 * MILLI)).isTrue();

    for (long at = 6_000; at < 7_000; at += 10) {
      body.foot(new BodyTracker.Origin("l", sequence, -1, at * MILLI), true, 0);
      body.foot(new BodyTracker.Origin("r", sequence++, -1, at * MILLI), false, 1);
    }

    assertThat(body.body().posture(7_000 * MILLI, false)).isEqualTo("lifted");
  }

  private long odometry;
  private long millis;

  /** The base is brought to a height at an even pace; how the body is then. */
  private String to(double from, double to, long forMillis) {
    return to("o", from, to, 0, forMillis);
  }

  private String to(String publisher, double from, double to, double tiltRad, long forMillis) {
    for (long at = 20; at <= forMillis; at += 20) {
      millis += 20;
      body.odometry(
          new BodyTracker.Origin(publisher, odometry++, -1, millis * MILLI),
          Math.sin(tiltRad / 2),
          0,
          0,
          Math.cos(tiltRad / 2),
          from + (to - from) * at / forMillis,
          0,
          0);
    }
    return body.body().posture(millis * MILLI, false);
  }

  @Test
  void shouldSeeABodyThatSinksOntoItsKneesUprightUntilItIsUpAgain() {
    to(0.75, 0.75, 3_000);
    assertThat(to(0.75, 0.32, 500)).as("it may only dip").isEqualTo("standing");

    assertThat(to(0.32, 0.32, 300)).isEqualTo("fallen");
    assertThat(body.body().fall(millis * MILLI))
        .isEqualTo("the base is at a height of 0.32 m, it stood at 0.75 m");
    assertThat(to(0.32, 0.32, 60_000)).as("it does not get used to it").isEqualTo("fallen");
    assertThat(body.body().posture((millis + 600) * MILLI, false))
        .as("old news say nothing")
        .isEqualTo("standing");
    assertThat(to(0.32, 0.75, 1_000)).isEqualTo("standing");
  }

  @Test
  void shouldTakeNeitherStairsNorASquatForAFall() {
    to(0.75, 0.75, 3_000);
    assertThat(to(0.75, 4.35, 20_000)).as("up").isEqualTo("standing");
    assertThat(to(4.35, -2, 40_000)).as("down").isEqualTo("standing");
    to(-2, 0.75, 20_000);
    to(0.75, 0.75, 3_000);
    assertThat(to(0.75, 0.3, 3_000)).as("a squat").isEqualTo("standing");
  }

  @Test
  void shouldSeeNoFallByAHeightThatWasNeverThatOfAStandingBody() {
    assertThat(to(0, 0, 5_000)).as("no height in it").isEqualTo("standing");
    assertThat(to(0, 0.28, 1_000)).isEqualTo("standing");
    assertThat(to(0.28, 0.28, 3_000)).isEqualTo("standing");
    assertThat(to(0.28, 0, 300)).as("a low robot").isEqualTo("standing");
    to(0, 0, 500);
    to(0, 0.75, 300);
    assertThat(to(0.75, 0.2, 300)).as("never for a second").isEqualTo("standing");
    assertThat(to(0.2, 0.2, 500)).isEqualTo("standing");
  }

  @Test
  void shouldBeginAnewWhereTheOdometryDoes() {
    to(0.75, 0.75, 3_000);
    assertThat(to(0, 0, 1_000)).as("it jumps").isEqualTo("standing");
    to(0.75, 0.75, 3_000);
    assertThat(to("p", 0.3, 0.3, 0, 1_000)).as("another publisher").isEqualTo("standing");
    to("p", 0.75, 0.75, 0.8, 3_000);
    assertThat(to("p", 0.75, 0.3, 0, 500)).as("it never stood upright").isEqualTo("standing");
  }

  @Test
  void shouldNotTakeABaseForStillThatGoesOrStandsOnOneFoot() {
    body.odometry(new BodyTracker.Origin("o", 0, -1, 0), 0, 0, 0, 1, 0, 0.03, 0);
    assertThat(body.body().baseStill(MILLI)).isFalse();
    body.odometry(new BodyTracker.Origin("o", 1, -1, 1), 0, 0, 0, 1, 0, 0, 0);
    body.foot(new BodyTracker.Origin("l", 0, -1, 1), true, 600);
    body.foot(new BodyTracker.Origin("r", 0, -1, 1), false, 0);
    assertThat(body.body().baseStill(MILLI)).isFalse();
    body.odometry(new BodyTracker.Origin("o", 2, -1, 2), 0, 0, 0, 1, 0, Double.NaN, 0);
    assertThat(body.body().base().metersPerSec()).isZero();
  }

  @Test
  void shouldNotTakeSamplesForLateAfterTheRobotsClockWasSetBack() {
    long sequence = 0;
    for (long at = 1_000; at < 2_000; at += 10) {
      joints(sequence++, (at + 50_000) * MILLI, at + 5);
    }
    assertThat(body.body().fresh(2_000 * MILLI)).isTrue();

    for (long at = 2_000; at < 2_200; at += 10) {
      joints(sequence++, (at + 47_000) * MILLI, at + 5);
    }

    assertThat(body.body().fresh(2_200 * MILLI)).isTrue();
  }

  @Test
  void shouldStillTakeSamplesForLateThatAreHeldUpAfterTheClockWasSetBack() {
    long sequence = 0;
    for (long at = 1_000; at < 2_000; at += 10) {
      joints(sequence++, (at + 50_000) * MILLI, at + 5);
    }
    for (long at = 2_000; at < 2_100; at += 10) {
      joints(sequence++, (at + 47_000) * MILLI, at + 5);
    }

    for (long at = 2_100; at < 3_000; at += 10) {
      joints(sequence++, (at + 47_000) * MILLI, 3_000);
    }

    assertThat(body.body().joints().get("elbow").measuredNanos())
        .isCloseTo(2_995 * MILLI, within(2 * MILLI));
    assertThat(body.body().fresh("elbow", 3_200 * MILLI)).isFalse();
  }

  private void joints(long sequence, long sourceNanos, long receivedMillis) {
    body.joints(
        new BodyTracker.Origin("j", sequence, sourceNanos, receivedMillis * MILLI),
        java.util.List.of("elbow"),
        new double[] {0.001 * sequence});
  }

  @Test
  void shouldTellTheLatestTicks() {
    TickLateness lateness = new TickLateness();
    lateness.summarise();
    assertThat(lateness.p9999Millis()).isZero();
    lateness.late(50 * MILLI);
    for (int i = 0; i < TickLateness.KEPT; i++) {
      lateness.late(i == 7 ? 3 * MILLI : MILLI);
    }
    lateness.summarise();

    assertThat(lateness.p9999Millis()).isEqualTo(3);
    assertThat(lateness.worstMillis()).isEqualTo(50);
  }
}
