package tandem.sim.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tandem.sim.Peers;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;
import tandem.sim.control.Command.Verdict;
import tandem.sim.engine.EngineModel;

/** The assisted base in the engine, faster than real time. */
class AssistanceTest {
  private static final double STEP = 0.002;
  private static final Humanoid BODY = Humanoid.standard();
  private EngineModel model;
  private SimulatedHumanoid robot;

  @BeforeEach
  void load() {
    model = Peers.engine().compile("humanoid", Mjcf.write(BODY, Scene.rubble(1, 0), STEP, false));
    robot =
        new SimulatedHumanoid(
            BODY, model, STEP, Pushes.seeded(1, 3, 6), Optional.of(new Assistance(BODY)));
  }

  @AfterEach
  void unload() {
    if (robot != null) robot.close();
    if (model != null) model.close();
  }

  /** Sends the velocity every 50 ms, as a guard does. */
  private void drive(double vx, double vy, double turn, double seconds) {
    for (int i = 0; i < Math.round(seconds / 0.05); i++) {
      assertThat(robot.command(new Command.Velocity(vx, vy, turn)))
          .isEqualTo(new Verdict.Accepted(""));
      run(0.05);
    }
  }

  private void run(double seconds) {
    long until = robot.steps() + Math.round(seconds / STEP);
    while (robot.steps() < until) robot.step();
  }

  @Test
  void shouldGoWhereItIsSentUnderPushesAndStandByItselfAfterwards() {
    run(2);
    double from = robot.base().position().x();

    drive(0.3, 0, 0, 4);
    double speed = robot.baseVelocity().x();
    drive(0, 0, 0, 2);
    run(10);

    assertThat(speed).isCloseTo(0.3, offset(0.08));
    assertThat(robot.base().position().x() - from).isBetween(0.8, 1.4);
    assertThat(robot.baseVelocity().norm()).isLessThan(0.03);
    assertThat(robot.falls().falls()).isZero();
  }

  @Test
  void shouldTurnAndGoSideways() {
    run(1);
    drive(0, 0, 0.5, 3);
    assertThat(robot.base().orientation().yaw()).isBetween(0.9, 1.8);

    drive(0, 0.2, 0, 3);
    run(3);
    assertThat(robot.falls().falls()).isZero();
  }

  @Test
  void shouldComeToRestByItselfWhenNoNewerVelocityComes() {
    run(1);
    drive(0.3, 0, 0, 2);
    run(Assistance.WATCHDOG_SECONDS + 4);

    assertThat(robot.baseVelocity().norm()).isLessThan(0.03);
    assertThat(robot.assistance().orElseThrow().lapses()).isEqualTo(1);
  }

  @Test
  void shouldStopAndRefuseWhileTheStopIsLatched() {
    run(1);
    drive(0.3, 0, 0, 2);
    robot.command(new Command.Stop(true));
    assertThat(robot.command(new Command.Velocity(0.3, 0, 0))).isInstanceOf(Verdict.Refused.class);
    run(4);

    assertThat(robot.baseVelocity().norm()).isLessThan(0.03);
  }

  @Test
  void shouldRefuseWhatIsNoNumberAndClampWhatIsTooFast() {
    assertThat(robot.command(new Command.Velocity(Double.NaN, 0, 0)))
        .isInstanceOf(Verdict.Refused.class);
    assertThat(robot.command(new Command.Velocity(9, 0, 0)))
        .isEqualTo(new Verdict.Accepted("clamped to 0.50 m/s, 0.00 m/s, 0.00 rad/s"));
  }
}
