package tandem.proto.body;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class BodyTest {
  private static final String ARM =
      """
      <robot name="arm">
        <link name="base"/><link name="upper"/><link name="lower"/><link name="hand"/>
        <joint name="turn" type="revolute"><parent link="base"/><child link="upper"/>
          <origin xyz="0 0 1"/><axis xyz="0 0 1"/><limit lower="-3" upper="3" velocity="2" effort="10"/></joint>
        <joint name="lift" type="revolute"><parent link="upper"/><child link="lower"/>
          <axis xyz="0 2 0"/><limit lower="-2" upper="2" velocity="2" effort="10"/></joint>
        <joint name="bend" type="revolute"><parent link="lower"/><child link="hand_mount"/>
          <origin xyz="0.4 0 0"/><axis xyz="0 1 0"/><limit lower="-2.5" upper="2.5" velocity="2" effort="10"/></joint>
        <link name="hand_mount"/>
        <joint name="grip" type="fixed"><parent link="hand_mount"/><child link="hand"/>
          <origin xyz="0.3 0 0" rpy="0 0 1.5707963267948966"/></joint>
      </robot>
      """;
  private final Body arm = Urdf.parse(ARM);

  @Test
  void shouldPlaceTheHandStraightAheadAtZero() {
    var hand = arm.pose("hand", Map.of());

    assertThat(hand.x()).isCloseTo(0.7, within(1e-12));
    assertThat(hand.z()).isCloseTo(1.0, within(1e-12));
    assertThat(hand.qz()).isCloseTo(Math.sqrt(0.5), within(1e-12));
  }

  @Test
  void shouldTurnAboutEachAxisByTheRightHand() {
    var left = arm.pose("hand", Map.of("turn", Math.PI / 2));
    var down = arm.pose("hand", Map.of("lift", Math.PI / 2));

    assertThat(left.y()).isCloseTo(0.7, within(1e-12));
    assertThat(down.z()).isCloseTo(0.3, within(1e-12));
  }

  @Test
  void shouldApplyRollPitchYawAboutFixedAxes() {
    double[] v = Pose.ofRpy(0, 0, 0, Math.PI / 2, 0, Math.PI / 2).rotate(0, 1, 0);

    assertThat(v[0]).isCloseTo(0, within(1e-12));
    assertThat(v[2]).isCloseTo(1, within(1e-12));
  }

  @Property
  void shouldReachEveryPoseThatTheArmItselfCanTake(
      @ForAll @DoubleRange(min = -2.5, max = 2.5) double turn,
      @ForAll @DoubleRange(min = -1.2, max = 0.6) double lift,
      @ForAll @DoubleRange(min = 0.4, max = 1.8) double bend) {
    var target = arm.pose("hand", Map.of("turn", turn, "lift", lift, "bend", bend));
    var start = Map.of("turn", turn / 2, "lift", lift / 2, "bend", 1.0);

    var solution = InverseKinematics.solve(arm, "hand", target, false, start, Set.of(), 0.02);

    assertThat(solution.errorMeters()).isLessThan(1e-3);
    var positions = new HashMap<>(start);
    positions.putAll(solution.positions());
    assertThat(arm.pose("hand", positions).distanceTo(target)).isLessThan(1e-3);
    solution
        .positions()
        .forEach(
            (name, q) ->
                assertThat(q)
                    .isBetween(
                        arm.joint(name).limit().lower() + 0.02,
                        arm.joint(name).limit().upper() - 0.02));
  }

  @Property
  void shouldUndoAnyPose(
      @ForAll @DoubleRange(min = -3, max = 3) double x,
      @ForAll @DoubleRange(min = -3, max = 3) double roll,
      @ForAll @DoubleRange(min = -3, max = 3) double yaw) {
    var pose = Pose.ofRpy(x, 1, -x, roll, 0.3, yaw);

    assertThat(pose.then(pose.inverse()).distanceTo(Pose.IDENTITY)).isLessThan(1e-9);
    assertThat(pose.then(pose.inverse()).angleTo(Pose.IDENTITY)).isLessThan(1e-6);
  }

  @Test
  void shouldSayHowFarAnUnreachableTargetStaysAway() {
    var solution =
        InverseKinematics.solve(arm, "hand", Pose.shift(2, 0, 1), false, Map.of(), Set.of(), 0.02);

    assertThat(solution.reached()).isFalse();
    assertThat(solution.errorMeters()).isCloseTo(1.3, within(0.01));
  }

  @Test
  void shouldNameWhatIsWrongInADescription() {
    assertThatThrownBy(() -> Urdf.parse(ARM.replace("\"0.4 0 0\"", "\"0.4 0 NaN\"")))
        .hasMessage("URDF: joint 'bend': xyz: expected a finite number, found 'NaN'");
    assertThatThrownBy(() -> Urdf.parse(ARM.replace("child link=\"upper\"", "child link=\"x\"")))
        .hasMessage("URDF: joint 'turn': child link 'x' is not described");
    assertThatThrownBy(
            () -> Urdf.parse(ARM.replace("parent link=\"base\"", "parent link=\"hand\"")))
        .hasMessage("URDF: link 'upper' is its own ancestor");
    assertThatThrownBy(() -> Urdf.parse("<robot><link name='a'/>"))
        .hasMessageStartingWith("URDF: not well-formed");
    assertThatThrownBy(
            () ->
                Urdf.parse("<!DOCTYPE robot [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><robot/>"))
        .hasMessageContaining("DOCTYPE");
  }

  @Property
  void shouldRefuseNoiseWithAMessage(@ForAll String noise) {
    assertThatThrownBy(() -> Urdf.parse(noise)).isInstanceOf(IllegalArgumentException.class);
  }
}
