package tandem.sim.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tandem.sim.Peers;
import tandem.sim.body.Humanoid;
import tandem.sim.body.Mjcf;
import tandem.sim.body.Scene;

class EngineTest {
  private static final String BALL =
      """
      <mujoco><option timestep="0.002"/><worldbody>
        <geom name="floor" type="plane" size="5 5 0.1"/>
        <body name="ball" pos="0 0 1"><freejoint/><geom name="ball" type="sphere" size="0.1" mass="1"/>
          <site name="centre"/></body>
      </worldbody><sensor><accelerometer name="acceleration" site="centre"/></sensor></mujoco>
      """;
  private Engine engine;

  @BeforeEach
  void findEngine() {
    engine = Peers.engine();
  }

  @Test
  void shouldBeTheVersionThatTheBindingWasWrittenFor() {
    assertThat(engine.version()).isEqualTo(Engine.VERSION);
  }

  @Test
  void shouldLetAThingFallByGravity() {
    try (var model = engine.compile("ball", BALL);
        var data = model.newData()) {
      for (int i = 0; i < 100; i++) data.step();

      double t = data.get(StateField.TIME)[0];
      assertThat(t).isCloseTo(0.2, org.assertj.core.data.Offset.offset(1e-12));
      assertThat(data.get(StateField.QVEL)[2])
          .isCloseTo(-9.81 * t, org.assertj.core.data.Offset.offset(1e-9));
    }
  }

  @Test
  void shouldSetAndGetEveryStateField() {
    try (var model = engine.compile("ball", BALL);
        var data = model.newData()) {
      for (StateField field : StateField.values()) {
        var values = new double[model.size(field)];
        for (int i = 0; i < values.length; i++) values[i] = 0.25 * (i + 1);

        data.set(field, values);

        assertThat(data.get(field)).as(field.name()).isEqualTo(values);
      }
    }
  }

  @Test
  void shouldGoOnBitForBitInACopyOfTheState() {
    try (var model = engine.compile("ball", BALL);
        var one = model.newData();
        var two = model.newData()) {
      for (int i = 0; i < 400; i++) one.step();
      two.copy(StateField.INTEGRATION, one);
      for (int i = 0; i < 200; i++) {
        one.step();
        two.step();
      }

      assertThat(two.get(StateField.INTEGRATION)).isEqualTo(one.get(StateField.INTEGRATION));
    }
  }

  @Test
  void shouldGiveAWholeStepInTwoHalves() {
    try (var model = engine.compile("ball", BALL);
        var one = model.newData();
        var two = model.newData()) {
      for (int i = 0; i < 500; i++) {
        one.step();
        two.step1();
        two.step2();
      }

      assertThat(two.get(StateField.INTEGRATION)).isEqualTo(one.get(StateField.INTEGRATION));
    }
  }

  @Test
  void shouldMeasureDistancesByRays() {
    try (var model = engine.compile("ball", BALL);
        var data = model.newData()) {
      data.forward();
      var rays = data.rays(3, 50);
      rays.direction(0, 0, 0, -1);
      rays.direction(1, 0, 0, 1);
      rays.direction(2, Math.sqrt(0.5), 0, -Math.sqrt(0.5));
      rays.cast(0, 0, 3);

      assertThat(rays.distance(0)).isCloseTo(1.9, org.assertj.core.data.Offset.offset(1e-9));
      assertThat(rays.geom(0)).isEqualTo(model.require(EngineModel.Kind.GEOM, "ball"));
      assertThat(rays.incidence(0)).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-9));
      assertThat(rays.distance(1)).isNegative();
      assertThat(rays.distance(2))
          .isCloseTo(3 * Math.sqrt(2), org.assertj.core.data.Offset.offset(1e-9));
      assertThat(rays.incidence(2))
          .isCloseTo(Math.sqrt(0.5), org.assertj.core.data.Offset.offset(1e-9));
    }
  }

  @Test
  void shouldSayWhatIsWrongWithAModel() {
    assertThatThrownBy(
            () -> engine.compile("broken", "<mujoco><worldbody><bdy/></worldbody></mujoco>"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("model broken not loaded")
        .hasMessageContaining("bdy");
    assertThatThrownBy(() -> engine.compile("noise", "\u0000\u0001 no xml"))
        .isInstanceOf(EngineException.class);
  }

  @Test
  void shouldRefuseAStateOfTheWrongSize() {
    try (var model = engine.compile("ball", BALL);
        var data = model.newData()) {
      assertThatThrownBy(() -> data.set(StateField.QPOS, new double[3]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expected 7 doubles, found 3");
      assertThatThrownBy(() -> model.require(EngineModel.Kind.SENSOR, "nothing"))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("no sensor named nothing");
    }
  }

  @Test
  void shouldAgreeBitForBitWithTheEnginesOwnPythonApi(@TempDir Path folder) throws Exception {
    String xml = Mjcf.write(Humanoid.standard(), Scene.rubble(3, 20), 0.002, false);
    int steps = 500;
    var random = new SplittableRandom(5);
    try (var model = engine.compile("humanoid", xml);
        var data = model.newData()) {
      int controls = model.size(StateField.CTRL);
      int size = model.size(StateField.INTEGRATION);
      var asked = ByteBuffer.allocate(8 * steps * controls).order(ByteOrder.nativeOrder());
      var ours = ByteBuffer.allocate(8 * steps * size).order(ByteOrder.nativeOrder());
      var control = new double[controls];
      for (int step = 0; step < steps; step++) {
        for (int i = 0; i < controls; i++) control[i] = 40 * (random.nextDouble() - 0.5);
        for (double value : control) asked.putDouble(value);
        data.set(StateField.CTRL, control);
        data.step();
        for (double value : data.get(StateField.INTEGRATION)) ours.putDouble(value);
      }
      Path modelFile = Files.writeString(folder.resolve("model.xml"), xml);
      Path controlFile = Files.write(folder.resolve("controls.bin"), asked.array());
      Path stateFile = folder.resolve("states.bin");

      Peers.python("mujoco_steps.py", modelFile, controlFile, stateFile);

      byte[] theirs = Files.readAllBytes(stateFile);
      assertThat(theirs).hasSize(ours.capacity());
      assertThat(java.util.Arrays.mismatch(theirs, ours.array()))
          .as("first differing byte of %d steps of %d doubles", steps, size)
          .isEqualTo(-1);
    }
  }
}
