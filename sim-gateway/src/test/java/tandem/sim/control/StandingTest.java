package tandem.sim.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.sim.Peers;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Kinematics;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;
import tandem.sim.body.Vec;
import tandem.sim.control.Command.Verdict;
import tandem.sim.engine.EngineModel;

/** The whole body in the engine, faster than real time. */
class StandingTest {
  private static final double STEP = 0.002;
  private static final Humanoid BODY = Humanoid.standard();
  private EngineModel model;

  @BeforeEach
  void load() {
    model = Peers.engine().compile("humanoid", Mjcf.write(BODY, Scene.rubble(1, 30), STEP, false));
  }

  @AfterEach
  void unload() {
    if (model != null) model.close();
  }

  private SimulatedHumanoid robot(Pushes pushes) {
    return new SimulatedHumanoid(BODY, model, STEP, pushes);
  }

  private static void run(SimulatedHumanoid robot, double seconds) {
    long until = robot.steps() + Math.round(seconds / STEP);
    while (robot.steps() < until) robot.step();
  }

  @ParameterizedTest
  @CsvSource({"3, 1", "6, 2", "9, 3", "9, 4"})
  void shouldStandUnderPushesAndBringTheHandToItsTarget(double impulse, long seed) {
    Vec[] targets = {
      new Vec(0.30, -0.25, 0.15),
      new Vec(0.35, -0.10, 0.30),
      new Vec(0.30, -0.35, 0.40),
      new Vec(0.36, -0.20, 0.05)
    };
    var kinematics = new Kinematics(BODY);
    try (var robot = robot(Pushes.seeded(seed, impulse, impulse))) {
      for (Vec target : targets) {
        var verdict =
            robot.command(
                new Command.Reach(Command.Hand.RIGHT, "base_link", target, Optional.empty()));
        assertThat(verdict).isEqualTo(new Verdict.Accepted(""));
        run(robot, 5);

        Vec hand = kinematics.framePose(BODY.frame("r_gripper"), robot.anglesRad()).position();
        assertThat(hand.minus(target).norm())
            .as("hand error at %.1f s", robot.seconds())
            .isLessThan(0.03);
      }
      assertThat(robot.pushes().count()).isGreaterThanOrEqualTo(2);
      assertThat(robot.falls().falls()).isZero();
    }
  }

  @Test
  void shouldSquatAndRise() {
    try (var robot = robot(Pushes.seeded(5, 4, 4))) {
      assertThat(robot.command(new Command.Stance("squat"))).isEqualTo(new Verdict.Accepted(""));
      run(robot, 5);
      assertThat(robot.base().position().z()).isCloseTo(0.5, offset(0.06));

      robot.command(new Command.Stance("stand"));
      run(robot, 5);
      assertThat(robot.base().position().z()).isCloseTo(0.8, offset(0.03));
      assertThat(robot.falls().fallen()).isFalse();
    }
  }

  @Test
  void shouldSayThatItFellWhenPushedTooHardAndRefuseToMoveThen() {
    try (var robot = robot(Pushes.script(List.of(new Pushes.Push(0.5, 40, 0.3))))) {
      run(robot, 4);

      assertThat(robot.falls().fallen()).isTrue();
      assertThat(robot.falls().falls()).isEqualTo(1);
      assertThat(robot.command(new Command.Stance("squat")))
          .isEqualTo(new Verdict.Refused("the robot has fallen; nothing moved"));
    }
  }

  /**
   * What the demo's story relies on: it bears the first ones, and no seed keeps it up to the end.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void shouldBearTheFirstOfRisingPushesAndFallToALaterOne(long seed) {
    try (var robot = robot(Pushes.none())) {
      run(robot, 1);
      robot.pushes().become(Pushes.parse("rising:8-4-40", seed), robot.seconds());

      long borne = 0;
      while (!robot.falls().fallen() && robot.seconds() < 40) {
        borne = robot.pushes().count();
        run(robot, 0.1);
      }

      assertThat(robot.falls().fallen()).as("%d pushes borne", borne).isTrue();
      assertThat(borne).isBetween(2L, 9L);
      robot.pushes().become(Pushes.none(), robot.seconds());
      run(robot, 4);
      assertThat(robot.pushes().count()).isLessThanOrEqualTo(borne + 1);
    }
  }

  @Test
  void shouldGiveTheSameBytesForTheSameSeedAndCommands() {
    byte[] one = played(21);

    assertThat(played(21)).isEqualTo(one);
    assertThat(played(22)).isNotEqualTo(one);
  }

  private byte[] played(long seed) {
    try (var robot = robot(Pushes.seeded(seed, 3, 6))) {
      run(robot, 1);
      robot.command(
          new Command.Reach(
              Command.Hand.LEFT, "base_link", new Vec(0.3, 0.25, 0.2), Optional.empty()));
      run(robot, 7);
      return robot.stateBytes();
    }
  }

  @Test
  void shouldHoldAtOnceWhenStoppedAndGoOnOnlyAfterRelease() {
    try (var robot = robot(Pushes.none())) {
      var reach =
          new Command.Reach(
              Command.Hand.LEFT, "base_link", new Vec(0.3, 0.2, 0.35), Optional.empty());
      robot.command(reach);
      run(robot, 0.6);
      assertThat(fastestArmJoint(robot)).isGreaterThan(0.3);

      robot.command(new Command.Stop(true));
      run(robot, 0.15);
      double[] held = robot.motion().reference().clone();
      run(robot, 1);

      assertThat(fastestArmJoint(robot)).isLessThan(0.02);
      assertThat(robot.motion().reference()).isEqualTo(held);
      assertThat(robot.command(reach))
          .isEqualTo(new Verdict.Refused("stop is latched; release it first; nothing moved"));

      robot.command(new Command.Stop(false));
      run(robot, 0.5);
      assertThat(robot.motion().reference()).isEqualTo(held);
      assertThat(robot.command(reach)).isEqualTo(new Verdict.Accepted(""));
    }
  }

  private static double fastestArmJoint(SimulatedHumanoid robot) {
    double fastest = 0;
    for (int j = 0; j < BODY.joints().size(); j++) {
      if (!BODY.joints().get(j).part().isLeg()) {
        fastest = Math.max(fastest, Math.abs(robot.speedsRadPerSec()[j]));
      }
    }
    return fastest;
  }

  @Test
  void shouldFollowATrajectorySmoothly() {
    try (var robot = robot(Pushes.none())) {
      run(robot, 1);
      int elbow = BODY.jointIndex("left_elbow");
      double from = robot.anglesRad()[elbow];
      robot.command(
          new Command.Trajectory(
              List.of("left_elbow"),
              List.of(
                  new Command.Point(0, new double[] {from}, new double[] {0}),
                  new Command.Point(1, new double[] {1.2}, new double[] {0})),
              0));
      double lastSpeed = 0;
      double worstJerk = 0;
      for (int i = 0; i < 500; i++) {
        robot.step();
        worstJerk = Math.max(worstJerk, Math.abs(robot.motion().speed()[elbow] - lastSpeed));
        lastSpeed = robot.motion().speed()[elbow];
      }
      run(robot, 0.5);

      assertThat(worstJerk / STEP).as("reference acceleration, rad/s^2").isLessThan(8);
      assertThat(robot.anglesRad()[elbow]).isCloseTo(1.2, offset(0.01));
    }
  }

  @Test
  void shouldFeelGravityLikeARealImuAndItsWeightUnderTheFeet() {
    try (var robot = robot(Pushes.none())) {
      run(robot, 4);

      assertThat(robot.acceleration().at(2)).isCloseTo(9.81, offset(0.1));
      double weight = -robot.leftForce().at(2) - robot.rightForce().at(2);
      double feet = 2 * BODY.link("l_foot").massKg();
      assertThat(weight).isCloseTo(9.81 * (BODY.massKg() - feet), offset(2.0));
    }
  }
}
