package tandem.robot.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static tandem.robot.guard.GuardHarness.SECOND;
import static tandem.robot.guard.GuardHarness.elbow;
import static tandem.robot.guard.GuardHarness.leftHand;
import static tandem.robot.guard.GuardHarness.velocity;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import tandem.proto.body.Pose;
import tandem.proto.body.Urdf;
import tandem.proto.v1.Setpoint;

/** Robots that do not go where they are led. */
class FollowingTest {
  private final GuardHarness guard = new GuardHarness();

  FollowingTest() {
    guard.configure(GuardHarness.teleoperated());
    guard.baseSpeed = 0;
    guard.stillSince = 0;
    guard.grant(1, 1);
  }

  private void hold(long first, int count, Consumer<Setpoint.Builder> target) {
    for (long number = first; number < first + count; number++) {
      Setpoint.Builder setpoint = guard.setpoint(1, 1, 1, number);
      target.accept(setpoint);
      guard.set(setpoint);
      guard.pass(50_000_000);
    }
  }

  private void holdElbow(int count) {
    double[] goal = {0.5};
    hold(1, count, setpoint -> setpoint.setJoint(elbow(goal[0] += 0.04, 0)));
  }

  @Test
  void shouldEndAStreamOfAnArmThatIsBlockedAndHoldItWhereItIs() {
    guard.open(1, 1, 1, "joint");

    holdElbow(30);

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.counter("notFollowed")).isEqualTo(1);
    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.not-followed");
    assertThat(guard.logs("safe-behaviour").getFirst().why()).contains("elbow", "0.500 rad");
    GuardEffect.MoveJoints hold = guard.trajectories().getLast();
    assertThat(hold.endRad().get(hold.joints().indexOf("elbow"))).isEqualTo(0.5);
    assertThat(guard.points().getLast().positionsRad().get(1))
        .as("it is not pressed on for long")
        .isLessThan(1.4);
  }

  @Test
  void shouldHoldAnArmThatLagsWhereItRestsAfterTheLapse() {
    guard.open(1, 1, 1, "joint");
    holdElbow(6);
    assertThat(guard.points().getLast().positionsRad().get(1)).isGreaterThan(0.65);

    guard.pass(2 * SECOND);

    assertThat(guard.counter("deadmanTrips")).isEqualTo(1);
    assertThat(guard.trajectories()).isNotEmpty().allMatch(hold -> hold.endRad().get(1) == 0.5);
    assertThat(guard.state.halts()).isEmpty();
  }

  @Test
  void shouldHoldAnArmThatLagsWhereItRestsWhenLetGo() {
    guard.open(1, 1, 1, "joint");
    holdElbow(6);

    guard.set(guard.setpoint(1, 1, 1, 7).setHeld(false));
    guard.pass(2 * SECOND);

    assertThat(guard.logs("finished")).hasSize(1);
    assertThat(guard.trajectories()).isNotEmpty().allMatch(hold -> hold.endRad().get(1) == 0.5);
  }

  @Test
  void shouldSendNothingMoreToAnArmThatCameWhereItWasLed() {
    guard.follows = true;
    guard.open(1, 1, 1, "joint");
    holdElbow(6);
    guard.set(guard.setpoint(1, 1, 1, 7).setHeld(false));
    guard.pass(2 * SECOND);

    assertThat(guard.trajectories()).isEmpty();
  }

  /** A tip that is led upwards by so much every 50 ms. */
  private void lift(int count, double meters) {
    guard.input(new GuardInput.Described(Urdf.parse(StreamsTest.ARM)));
    guard.open(1, 1, 1, "reach");
    Pose at = guard.hand();
    double[] z = {at.z()};
    hold(1, count, setpoint -> setpoint.setReach(leftHand(at.x(), 0, z[0] += meters)));
  }

  @Test
  void shouldEndAStreamOfATipThatIsBlockedAndHoldItsJointsWhereTheyAre() {
    lift(40, 0.01);

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.counter("notFollowed")).isEqualTo(1);
    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.not-followed");
    assertThat(guard.logs("safe-behaviour").getFirst().why()).contains("the tip hand is measured");
    assertThat(guard.tips())
        .as("it is not pressed on for long")
        .allMatch(tip -> tip.pose().getZMeters() < guard.hand().z() + 0.3);
    assertThat(guard.tips().getLast().pose().getZMeters())
        .as("nor does its controller press on")
        .isEqualTo(guard.hand().z());
    assertThat(guard.trajectories()).isNotEmpty().allMatch(hold -> hold.endRad().get(1) == 0.5);
  }

  @Test
  void shouldEndAStreamOfATipThatIsNotTurned() {
    guard.input(new GuardInput.Described(Urdf.parse(StreamsTest.ARM)));
    guard.open(1, 1, 1, "reach");
    Pose[] at = {guard.hand()};

    hold(
        1,
        40,
        setpoint -> {
          at[0] = at[0].then(Pose.turn(0, 1, 0, 0.04));
          setpoint.setReach(
              leftHand(0, 0, 0)
                  .setWithOrientation(true)
                  .setPose(
                      tandem.proto.v1.Pose.newBuilder()
                          .setXMeters(at[0].x())
                          .setZMeters(at[0].z())
                          .setQy(at[0].qy())
                          .setQw(at[0].qw())));
        });

    assertThat(guard.counter("notFollowed")).isEqualTo(1);
    assertThat(guard.state.actives()).isEmpty();
  }

  @Test
  void shouldHoldATipThatLagsWhereItRestsWhenLetGo() {
    lift(5, 0.008);
    assertThat(guard.tips().getLast().pose().getZMeters()).isGreaterThan(guard.hand().z() + 0.02);

    guard.set(guard.setpoint(1, 1, 1, 6).setHeld(false));
    guard.pass(2 * SECOND);

    assertThat(guard.logs("finished")).hasSize(1);
    assertThat(guard.counter("notFollowed")).isZero();
    assertThat(guard.tips().getLast().pose().getZMeters()).isEqualTo(guard.hand().z());
    assertThat(guard.trajectories()).isNotEmpty().allMatch(hold -> hold.endRad().get(1) == 0.5);
    assertThat(guard.state.halts()).isEmpty();
  }

  @Test
  void shouldSendNothingMoreToATipThatCameWhereItWasLed() {
    guard.follows = true;
    lift(20, 0.012);
    guard.set(guard.setpoint(1, 1, 1, 21).setHeld(false));
    guard.pass(2 * SECOND);

    assertThat(guard.logs("finished")).hasSize(1);
    assertThat(guard.counter("notFollowed")).isZero();
    assertThat(guard.trajectories()).isEmpty();
  }

  @Test
  void shouldEndAStreamOfATipThatIsNotMeasuredAnyMore() {
    guard.follows = true;
    lift(5, 0.01);
    guard.measuredAgo = SECOND;

    guard.pass(40_000_000);

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.not-measured");
  }

  @Test
  void shouldEndAStreamOfABaseThatDoesNotMoveAndTellItToStand() {
    guard.open(1, 1, 1, "velocity");

    hold(1, 40, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.counter("notFollowed")).isEqualTo(1);
    assertThat(guard.twists().getLast().vx()).isZero();
  }

  @Test
  void shouldHavePatienceWithABaseThatStartsSlowly() {
    guard.open(1, 1, 1, "velocity");
    hold(1, 20, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));
    guard.baseSpeed = 0.1;
    hold(21, 40, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));

    assertThat(guard.state.actives()).hasSize(1);
    assertThat(guard.counter("notFollowed")).isZero();
  }

  @Test
  void shouldEndAStreamOfABaseThatIsNotHeardAnyMore() {
    guard.baseSpeed = Double.NaN;
    guard.open(1, 1, 1, "velocity");
    hold(1, 4, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));
    guard.measuredAgo = SECOND;

    hold(5, 2, setpoint -> setpoint.setVelocity(velocity(0.3, 0, 0)));

    assertThat(guard.state.actives()).isEmpty();
    assertThat(guard.logs("safe-behaviour").getFirst().code())
        .isEqualTo("tandem.guard.not-measured");
    guard.pass(2 * SECOND);
    assertThat(guard.twists().getLast().vx()).isZero();
  }

  @Test
  void shouldLeadJointsNoFasterThanTheShareThatIsLeft() {
    guard.follows = true;
    guard.open(1, 1, 1, "joint");
    double[] goal = {0.5};

    hold(1, 20, s -> s.setJoint(elbow(goal[0] += 0.012, 0)).setSpeedShare(0.25));

    assertThat(guard.points())
        .allSatisfy(
            point -> assertThat(point.velocitiesRadPerSec().get(1)).isLessThanOrEqualTo(0.25));
    assertThat(guard.points().getLast().velocitiesRadPerSec().get(1)).isCloseTo(0.25, within(0.03));
    assertThat(
            guard.set(guard.setpoint(1, 1, 1, 21).setJoint(elbow(0.7, 0)).setSpeedShare(1.5)).why())
        .contains("speed share");
  }

  @Test
  void shouldSayThatAHoldWasNotTaken() {
    guard.input(new GuardInput.GoalEnded("", "rejected", "joint knee is not mine"));

    assertThat(guard.counter("holdsRejected")).isEqualTo(1);
    assertThat(guard.logs("safe-behaviour").getFirst().why()).contains("joint knee is not mine");
  }
}
