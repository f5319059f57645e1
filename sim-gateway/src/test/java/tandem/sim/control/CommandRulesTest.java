package tandem.sim.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Joint;
import tandem.sim.body.Pose;
import tandem.sim.body.Vec;
import tandem.sim.control.Command.Point;
import tandem.sim.control.Command.Trajectory;
import tandem.sim.control.CommandRules.Judgement;

class CommandRulesTest {
  private static final Humanoid BODY = Humanoid.standard();
  private static final double[] STAND = Stance.STAND.angles(BODY);
  private final CommandRules rules = new CommandRules(BODY);

  private static CommandRules.Situation standing() {
    return new CommandRules.Situation(
        10, STAND, new double[STAND.length], STAND, Pose.at(0, 0, Humanoid.STANDING_HEIGHT));
  }

  private static Point point(double at, double... positions) {
    return new Point(at, positions, new double[0]);
  }

  private String refusal(Trajectory goal) {
    return rules.judge(goal, standing()) instanceof Judgement.Refused(String why)
        ? why
        : "accepted";
  }

  @Test
  void shouldRefuseWhatItCannotUnderstandAndSayWhere() {
    assertThat(refusal(new Trajectory(List.of("left_elbow"), List.of(), 0)))
        .contains("points is empty");
    assertThat(refusal(new Trajectory(List.of(), List.of(point(1)), 0)))
        .contains("joint_names is empty");
    assertThat(refusal(new Trajectory(List.of("left_elbo"), List.of(point(1, 0.4)), 0)))
        .contains("joint_names[0]: unknown joint left_elbo")
        .endsWith("nothing moved");
    assertThat(
            refusal(
                new Trajectory(
                    List.of("left_elbow", "left_elbow"), List.of(point(1, 0.4, 0.4)), 0)))
        .contains("twice");
    assertThat(refusal(new Trajectory(List.of("left_elbow"), List.of(point(1, Double.NaN)), 0)))
        .contains("points[0].positions[0] is NaN");
    assertThat(
            refusal(
                new Trajectory(
                    List.of("left_elbow"),
                    List.of(
                        new Point(1, new double[] {0.4}, new double[] {Double.POSITIVE_INFINITY})),
                    0)))
        .contains("points[0].velocities[0] is Infinity");
    assertThat(refusal(new Trajectory(List.of("left_elbow"), List.of(point(1, 0.4, 0.5)), 0)))
        .contains("expected 1 values, found 2");
    assertThat(
            refusal(
                new Trajectory(List.of("left_elbow"), List.of(point(1, 0.4), point(1, 0.5)), 0)))
        .contains("points[1].time_from_start");
    assertThat(refusal(new Trajectory(List.of("left_elbow"), List.of(point(-1, 0.4)), 0)))
        .contains("points[0].time_from_start");
    assertThat(
            refusal(new Trajectory(List.of("left_elbow"), List.of(point(0, 2.0), point(1, 1)), 0)))
        .contains("starts 1.500 rad from its measured 0.500 rad");
    assertThat(refusal(new Trajectory(List.of("left_elbow"), List.of(point(1, 0.6)), -3)))
        .contains("it ended");
    assertThat(refusal(new Trajectory(List.of("left_knee"), List.of(point(1, 2.0)), 0)))
        .contains("left_knee belongs to the balance controller");
  }

  @Test
  void shouldClampToTheLimitsAndSaySo() {
    var judgement =
        rules.judge(new Trajectory(List.of("left_elbow"), List.of(point(2, 9)), 0), standing());

    assertThat(judgement).isInstanceOf(Judgement.Planned.class);
    var planned = (Judgement.Planned) judgement;
    assertThat(planned.note()).isEqualTo("clamped left_elbow 9.000 to 2.400 rad");
    assertThat(planned.plan().positionRad(0, 12)).isEqualTo(2.4);
  }

  @Test
  void shouldRefuseAReachThatNoArmCanMake() {
    var far =
        new Command.Reach(Command.Hand.LEFT, "base_link", new Vec(0.9, 0.3, 0.3), Optional.empty());
    var wrongFrame =
        new Command.Reach(Command.Hand.LEFT, "map", new Vec(0.3, 0.3, 0.3), Optional.empty());
    var inside = new Command.Reach(Command.Hand.LEFT, "", new Vec(0, 0, 0.3), Optional.empty());
    var noNumber =
        new Command.Reach(Command.Hand.LEFT, "", new Vec(0, Double.NaN, 0.3), Optional.empty());

    assertThat(rules.judge(far, standing()).toString()).contains("out of reach by");
    assertThat(rules.judge(wrongFrame, standing()).toString())
        .contains("expected base_link or odom, found map");
    assertThat(rules.judge(inside, standing()).toString()).contains("inside the robot's own torso");
    assertThat(rules.judge(noNumber, standing()).toString()).contains("NaN");
  }

  @Test
  void shouldUnderstandATargetInOdom() {
    var goal =
        new Command.Reach(Command.Hand.LEFT, "odom", new Vec(0.3, 0.25, 1.0), Optional.empty());
    var same =
        new Command.Reach(
            Command.Hand.LEFT, "base_link", new Vec(0.3, 0.25, 0.2), Optional.empty());

    var one = ((Judgement.Planned) rules.judge(goal, standing())).plan();
    var two = ((Judgement.Planned) rules.judge(same, standing())).plan();

    for (int i = 0; i < one.joints().length; i++) {
      assertThat(one.positionRad(i, 100))
          .isCloseTo(two.positionRad(i, 100), org.assertj.core.data.Offset.offset(1e-6));
    }
  }

  /** Whatever comes in, a reference stays inside the limits and below the speed limit. */
  @Property(tries = 200)
  void shouldNeverLeaveTheLimitsWhateverIsAsked(@ForAll long seed) {
    var random = new SplittableRandom(seed);
    var motion = new Motion(BODY, 0.002, java.util.Optional.empty());
    double seconds = 0;
    for (int command = 0; command < 4; command++) {
      var names = new java.util.ArrayList<String>();
      for (Joint joint : BODY.joints()) if (random.nextInt(3) == 0) names.add(joint.name());
      var points = new java.util.ArrayList<Point>();
      double at = 0;
      for (int p = 0; p < 1 + random.nextInt(3); p++) {
        at += 0.001 + 0.3 * random.nextDouble();
        double[] positions = random.doubles(names.size(), -4, 4).toArray();
        double[] velocities =
            random.nextBoolean() ? random.doubles(names.size(), -20, 20).toArray() : new double[0];
        if (random.nextInt(20) == 0 && positions.length > 0) positions[0] = Double.NaN;
        points.add(new Point(at, positions, velocities));
      }
      motion.apply(
          new Trajectory(names, points, random.nextDouble() - 0.3),
          seconds,
          STAND,
          Pose.IDENTITY,
          false);
      for (int step = 0; step < 150; step++) {
        double[] before = motion.reference().clone();
        motion.advance(seconds);
        seconds += 0.002;
        for (int j = 0; j < before.length; j++) {
          Joint joint = BODY.joints().get(j);
          assertThat(motion.reference()[j]).isBetween(joint.lowerRad(), joint.upperRad());
          assertThat(Math.abs(motion.reference()[j] - before[j]))
              .isLessThanOrEqualTo(joint.velocityRadPerSec() * 0.002 + 1e-12);
        }
      }
    }
  }
}
