package tandem.sim.body;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import tandem.sim.Peers;
import tandem.sim.engine.EngineException;

class ModelCheckTest {
  private static final Humanoid BODY = Humanoid.standard();

  @Test
  void shouldTakeAnotherSceneButNotAnotherBody() {
    var engine = Peers.engine();
    String good = Mjcf.write(BODY, Scene.empty(), 0.002, false);
    try (var model = engine.compile("good", good)) {
      assertThatCode(() -> ModelCheck.require(model, BODY, 0.002)).doesNotThrowAnyException();
      assertThatThrownBy(() -> ModelCheck.require(model, BODY, 0.004))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("timestep: expected 0.004 s, found 0.002");
    }
    String longer = good.replace("pos=\"0.0 0.0 -0.28\"", "pos=\"0.0 0.0 -0.30\"");
    try (var model = engine.compile("longer", longer)) {
      assertThatThrownBy(() -> ModelCheck.require(model, BODY, 0.002))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("the scene may differ, the body may not");
    }
  }
}
