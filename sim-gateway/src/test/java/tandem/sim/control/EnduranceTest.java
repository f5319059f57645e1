package tandem.sim.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tandem.sim.Peers;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;
import tandem.sim.body.Vec;

/** Ten simulated minutes of the demo's pushes with reaches and stances; slow lane. */
@Tag("slow")
class EnduranceTest {
  private static final Humanoid BODY = Humanoid.standard();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void shouldStandTenMinutesUnderTheDemosPushes(long seed) {
    var engine = Peers.engine();
    var random = new SplittableRandom(seed);
    try (var model =
            engine.compile("endurance", Mjcf.write(BODY, Scene.rubble(seed, 60), 0.002, false));
        var robot = new SimulatedHumanoid(BODY, model, 0.002, Pushes.seeded(seed, 3, 6))) {
      for (int step = 0; step < 300_000; step++) {
        if (step % 2500 == 0) {
          boolean left = random.nextBoolean();
          robot.command(
              new Command.Reach(
                  left ? Command.Hand.LEFT : Command.Hand.RIGHT,
                  "base_link",
                  new Vec(
                      0.2 + 0.2 * random.nextDouble(),
                      (left ? 1 : -1) * (0.1 + 0.3 * random.nextDouble()),
                      0.4 * random.nextDouble()),
                  Optional.empty()));
        }
        if (step % 10_000 == 5_000) {
          String[] stances = {"squat", "crouch", "stand"};
          robot.command(new Command.Stance(stances[random.nextInt(3)]));
        }
        robot.step();
        assertThat(robot.falls().falls()).as("falls at %.1f s", robot.seconds()).isZero();
      }
      assertThat(robot.pushes().count()).isGreaterThan(100);
    }
  }
}
