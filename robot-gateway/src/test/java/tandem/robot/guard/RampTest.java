package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import tandem.proto.body.Pose;
import tandem.proto.v1.CommandTarget;

/** Tips, led step by step. */
class RampTest {
  private static final double SLACK = 1e-9;

  /** Goals that jump about every few ticks of 20 ms. */
  @Property(tries = 200)
  void shouldKeepVelocityAndAccelerationOfATipWhateverItsGoalsAndEndAtRest(
      @ForAll @Size(min = 7, max = 70) byte[] jumps) {
    Ramp.Tip tip =
        Ramp.Tip.resting(
            CommandTarget.getDefaultInstance(), "base_link", "hand", Pose.IDENTITY, true);
    for (int i = 0; i + 7 <= jumps.length; i += 7) {
      Pose goal = Pose.shift(jumps[i] / 500.0, jumps[i + 1] / 500.0, jumps[i + 2] / 500.0);
      double angle = jumps[i + 3] / 50.0;
      goal = goal.then(Pose.turn(0.6, 0, 0.8, angle)).then(Pose.turn(0, 1, 0, jumps[i + 4] / 90.0));
      double share = 1 - Math.abs(jumps[i + 5]) / 200.0;
      tip = tip.towards(goal, true, share);
      for (int step = 0; step < 1 + Math.abs(jumps[i + 6]) % 20; step++) {
        tip = stepped(tip);
      }
    }
    Pose let = tip.pose();
    tip = tip.braking();
    int steps = 0;
    while (!tip.atRest() && steps++ < 100) {
      tip = stepped(tip);
    }

    assertThat(tip.atRest()).isTrue();
    assertThat(steps).as("0.11 s, and the last step that is not whole").isLessThanOrEqualTo(9);
    assertThat(tip.pose().distanceTo(let)).isLessThan(0.0145);
  }

  private static Ramp.Tip stepped(Ramp.Tip tip) {
    Ramp.Tip next = tip.step(0.02);
    double way = next.pose().distanceTo(tip.pose());
    double turn = next.pose().angleTo(tip.pose());
    assertThat(way).isLessThanOrEqualTo(0.25 * 0.02 + SLACK);
    assertThat(turn).isLessThanOrEqualTo(1.57 * 0.02 + 1e-7);
    assertThat(apart(next.metersPerSec(), tip.metersPerSec()))
        .isLessThanOrEqualTo(2.25 * 0.02 + SLACK);
    assertThat(apart(next.radPerSec(), tip.radPerSec()))
        .isLessThanOrEqualTo(2.25 / 0.25 * 1.57 * 0.02 + SLACK);
    return next;
  }

  private static double apart(Ramp.Vector one, Ramp.Vector other) {
    return new Ramp.Vector(one.x() - other.x(), one.y() - other.y(), one.z() - other.z()).length();
  }

  /** Whatever the ticks. */
  @Property(tries = 100)
  void shouldBringATipToItsGoal(@ForAll @Size(7) byte[] at) {
    Pose goal =
        Pose.shift(at[0] / 300.0, at[1] / 300.0, at[2] / 300.0)
            .then(Pose.turn(0, 0.6, 0.8, at[3] / 45.0));
    Ramp.Tip tip =
        Ramp.Tip.resting(
                CommandTarget.getDefaultInstance(), "base_link", "hand", Pose.IDENTITY, true)
            .towards(goal, true, 1);
    for (int step = 0; step < 1_000 && !tip.atRest(); step++) {
      tip = tip.step(0.01 + (at[4 + step % 3] & 3) * 0.01);
    }

    assertThat(tip.atRest()).isTrue();
    assertThat(tip.pose()).isEqualTo(goal);
  }
}
