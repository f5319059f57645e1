package tandem.sim.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;
import tandem.sim.control.Navigation.Place;
import tandem.sim.control.Navigation.State;

class NavigationTest {
  private static final double STEP = 0.002;

  /** A base that takes velocities as {@link Assistance} does: each axis at its acceleration. */
  private static final class Base {
    double x;
    double y;
    double yaw;
    final double[] speed = new double[3];

    Place place() {
      return new Place(x, y, yaw);
    }

    double ground() {
      return Math.hypot(speed[0], speed[1]);
    }

    void step(Command.Velocity wanted) {
      double[] to = {wanted.x(), wanted.y(), wanted.turn()};
      for (int i = 0; i < 3; i++) {
        double most = (i == 2 ? 1.2 : 0.6) * STEP;
        speed[i] += Math.clamp(to[i] - speed[i], -most, most);
      }
      x += (Math.cos(yaw) * speed[0] - Math.sin(yaw) * speed[1]) * STEP;
      y += (Math.sin(yaw) * speed[0] + Math.cos(yaw) * speed[1]) * STEP;
      yaw += speed[2] * STEP;
    }
  }

  private static Command.Velocity step(Navigation navigation, Base base) {
    var wanted = navigation.next(STEP, base.place(), base.ground(), base.speed[2]);
    base.step(wanted);
    return wanted;
  }

  private static Navigation going(double x, double y, double yaw) {
    var navigation = new Navigation(new Place(x, y, yaw));
    assertThat(navigation.begin()).isTrue();
    return navigation;
  }

  @Property(tries = 300)
  void shouldEndAtRestAtAnyGoalNeverFasterThanItsLimits(
      @ForAll @DoubleRange(min = -100, max = 100) double x,
      @ForAll @DoubleRange(min = -100, max = 100) double y,
      @ForAll @DoubleRange(min = -7, max = 7) double yaw,
      @ForAll @DoubleRange(min = 0, max = 5) double far,
      @ForAll @DoubleRange(min = -4, max = 4) double direction,
      @ForAll @DoubleRange(min = -7, max = 7) double goalYaw) {
    var base = new Base();
    base.x = x;
    base.y = y;
    base.yaw = yaw;
    var goal = new Place(x + far * Math.cos(direction), y + far * Math.sin(direction), goalYaw);
    var navigation = going(goal.x(), goal.y(), goal.yaw());

    for (int i = 0; i < 60 / STEP && !navigation.state().ended(); i++) {
      var wanted = step(navigation, base);
      assertThat(Math.abs(wanted.x())).isLessThanOrEqualTo(Navigation.MOST_X);
      assertThat(Math.abs(wanted.y())).isLessThanOrEqualTo(Navigation.MOST_Y);
      assertThat(Math.abs(wanted.turn())).isLessThanOrEqualTo(Navigation.MOST_TURN);
    }
    assertThat(navigation.state()).isEqualTo(State.ARRIVED);
    for (int i = 0; i < 1 / STEP; i++) base.step(new Command.Velocity(0, 0, 0));

    assertThat(Math.hypot(goal.x() - base.x, goal.y() - base.y))
        .isLessThan(Navigation.NEAR_METERS + 0.01);
    assertThat(Math.abs(Math.IEEEremainder(goal.yaw() - base.yaw, 2 * Math.PI)))
        .isLessThan(Navigation.NEAR_RAD + 0.01);
    assertThat(base.ground()).isZero();
    assertThat(base.speed[2]).isZero();
  }

  @Test
  void shouldRestOnlyOnceItIsSlow() {
    var base = new Base();
    var navigation = going(5, 0, 0);
    while (base.x < 1) step(navigation, base);
    assertThat(base.ground()).isGreaterThan(0.35);
    assertThat(navigation.metersLeft()).isBetween(3.9, 4.1);
    assertThat(navigation.secondsLeft()).isBetween(9.7, 10.3);

    navigation.rest();

    navigation.interrupted("a zero that it wants itself");
    assertThat(navigation.state()).isEqualTo(State.RESTING);
    while (navigation.state() == State.RESTING) {
      assertThat(step(navigation, base)).isEqualTo(new Command.Velocity(0, 0, 0));
    }
    assertThat(navigation.state()).isEqualTo(State.RESTED);
    assertThat(base.ground()).isLessThan(Navigation.SLOW);
    assertThat(navigation.why()).isEmpty();
  }

  @Test
  void shouldComeToRestBeforeItIsBrokenWhereNobodyIsLeftToWantIt() {
    var base = new Base();
    var navigation = going(5, 0, 0);
    while (base.x < 1) step(navigation, base);

    navigation.rest("its client is gone");
    navigation.rest();

    assertThat(navigation.wanted()).isFalse();
    while (navigation.state() == State.RESTING) {
      assertThat(step(navigation, base)).isEqualTo(new Command.Velocity(0, 0, 0));
    }
    assertThat(navigation.state()).isEqualTo(State.BROKEN);
    assertThat(navigation.why()).isEqualTo("its client is gone");
    assertThat(base.ground()).isLessThan(Navigation.SLOW);
    var waiting = new Navigation(new Place(1, 0, 0));
    assertThat(waiting.wanted()).isTrue();
    waiting.rest("its client is gone");
    assertThat(waiting.state()).isEqualTo(State.BROKEN);
    assertThat(waiting.begin()).isFalse();
  }

  @Test
  void shouldGiveUpWhereItComesNoNearer() {
    var navigation = going(3, 0, 0);
    double seconds = 0;
    while (!navigation.state().ended()) {
      navigation.next(STEP, new Place(0, 0, 0), 0, 0);
      seconds += STEP;
    }

    assertThat(seconds).isBetween(9.9, 10.1);
    assertThat(navigation.state()).isEqualTo(State.BROKEN);
    assertThat(navigation.why()).isEqualTo("no nearer for 10 s; 3.00 m and 0.00 rad are left");
    assertThat(navigation.next(STEP, new Place(0, 0, 0), 0, 0))
        .isEqualTo(new Command.Velocity(0, 0, 0));
  }

  @Test
  void shouldNotBeginOnceCancelledAndEndOnlyOnce() {
    var navigation = new Navigation(new Place(1, 0, 0));
    navigation.rest();

    assertThat(navigation.begin()).isFalse();
    navigation.broken("too late");
    assertThat(navigation.state()).isEqualTo(State.RESTED);
    assertThatThrownBy(() -> new Navigation(new Place(0, Double.NaN, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("finite");
  }
}
